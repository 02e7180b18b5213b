/*
 * server/limit.h: what a stranger may take of us: connections, time, bytes, handshakes.
 *
 * Every bound has a standard value here with its reason; the configuration may move it.
 */
#ifndef SIGNET_SERVER_LIMIT_H
#define SIGNET_SERVER_LIMIT_H

#include <sys/socket.h>

#include "base/base.h"

/* 10,000 idle TLS connections take about 400 MB: what a small machine can spare. */
#define LIMIT_CONNECTIONS 10000
/* One ECDSA handshake costs about a millisecond: one address gets at most a twentieth of a core. */
#define LIMIT_HANDSHAKE_RATE 50
/* A factory line behind one address starts its shift with all stations at once. */
#define LIMIT_HANDSHAKE_BURST 200
/* Half of the standard queue: one address cannot fill it, and a gateway for many devices has room.
 */
#define LIMIT_REQUESTS_PER_ADDRESS 128
/* Request line and headers; a bearer token may have 16 KiB, as CI systems issue them. */
#define LIMIT_HEADER_BYTES 24576
/* The largest body of any route; each route states its own, lower bound. */
#define LIMIT_BODY_BYTES 1048576
/* Two round trips and a slow signature on an 8-bit device, on a bad mobile link. */
#define LIMIT_HANDSHAKE_SECONDS 20
/* A kilobyte of headers at 50 bytes/s. */
#define LIMIT_HEADER_SECONDS 20
/* 64 KiB at 1 KiB/s. */
#define LIMIT_BODY_SECONDS 60
/* Between requests: long enough for the round trips of an enrollment, short for a hoarder. */
#define LIMIT_IDLE_SECONDS 60
/* A reader that takes nothing for so long is gone. */
#define LIMIT_WRITE_SECONDS 30
/* After our last byte: time for the client to read it before the socket goes. */
#define LIMIT_LINGER_SECONDS 2
/*
 * Bytes read and dropped in that time: twice the largest body that any route takes. A client that
 * is cut off while it still sends may lose the answer that says why.
 */
#define LIMIT_LINGER_BYTES (2 * 1024 * 1024)

struct limits {
	int64_t connections;
	int64_t handshake_rate; /* per second and address; 0: no limit */
	int64_t handshake_burst;
	int64_t requests_per_address; /* queued or with a worker; 0: no limit */
	int64_t header_bytes;
	int64_t body_bytes;
	int64_t handshake_seconds, header_seconds, body_seconds, idle_seconds, write_seconds;
};

/* All of the above at their standard values. */
struct limits limits_standard(void);

/*
 * Token buckets by address, in a table of fixed size: IPv4 by address, IPv6 by /64, since that is
 * what one subscriber has. A full set gives up the bucket that has the most tokens, which is the
 * one whose loss forgives least. Thread-safe.
 */
struct limiter;
struct limiter *limiter_new(int64_t rate, int64_t burst, uint64_t seed);
void limiter_free(struct limiter *l); /* NULL allowed */
/* Take one token. False: none left. Addresses other than IPv4 and IPv6 always pass. */
MUST_USE bool limiter_take(struct limiter *l, const struct sockaddr *address, int64_t now_ms);

/*
 * How many requests of each address, as above, are queued or with a worker: at most `most`. The
 * table has `capacity` places, for as many requests as there can be at once. Thread-safe.
 */
struct shares;
struct shares *shares_new(int64_t most, size_t capacity, uint64_t seed);
void shares_free(struct shares *s); /* NULL allowed */
/* False: it has its share. True: to be given back by shares_drop(). */
MUST_USE bool shares_take(struct shares *s, const struct sockaddr *address);
void shares_drop(struct shares *s, const struct sockaddr *address);

#endif
