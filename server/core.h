/*
 * server/core.h: the machine that carries requests: loops, workers, listeners.
 *
 * A loop thread does TLS (OpenSSL, non-blocking) and HTTP (one libmicrohttpd daemon per loop,
 * external epoll); a worker does what blocks. A TLS connection's clear side is one end of a
 * socketpair, made at the first clear byte; clear-text sockets go to libmicrohttpd directly.
 *
 * The route table is api/route.h's, found at link time: tests bring their own.
 */
#ifndef SIGNET_SERVER_CORE_H
#define SIGNET_SERVER_CORE_H

#include "api/api.h"
#include "api/route.h"
#include "server/limit.h"
#include "server/tls.h"
#include "sql/db.h"

#define LISTENERS_MAX 8

struct core_listener {
	enum listener_kind kind;
	int fd; /* listening, non-blocking; the core closes it when it stops */
	bool tls;
};

struct core_config {
	int loops, workers;
	size_t queue_length;
	struct limits limits;
	struct core_listener listeners[LISTENERS_MAX];
	size_t listener_count;
	struct tls_set *tls;        /* borrowed */
	struct api *api;            /* borrowed */
	const struct db_config *db; /* borrowed; NULL: workers have no connection (tests) */
};

struct core;

/* Start all threads. ERR_CONFIG, ERR_INTERNAL; nothing runs then, the listeners stay open. */
struct status core_start(const struct core_config *config, struct core **ret_core, struct err *err);
/*
 * Stop: no new connections, idle ones end, open requests are answered with "Connection: close".
 * What is not done after drain_ms is cut off, but for what a worker has in hand. Frees core.
 */
void core_stop(struct core *core, int64_t drain_ms);
/* Connections open now, over all loops. */
size_t core_connections(struct core *core);
/* Has every loop turned within the last so many milliseconds? For the watchdog. */
bool core_turns(struct core *core, int64_t within_ms);

#endif
