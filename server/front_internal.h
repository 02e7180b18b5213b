/*
 * server/front_internal.h: one connection: the network's side, our end of the socketpair, and what
 * is on its way between them. front.c, front_net.c, front_io.c
 */
#ifndef SIGNET_SERVER_FRONT_INTERNAL_H
#define SIGNET_SERVER_FRONT_INTERNAL_H

#include "server/loop_internal.h"

struct exchange;

enum front_state {
	FRONT_HANDSHAKE,
	FRONT_OPEN,
	FRONT_LINGER, /* we have said our last: read and drop until the client goes */
	FRONT_DEAD,
};

/* Bytes that could not go on yet. */
struct pending {
	uint8_t *p;
	size_t n, sent;
};

struct front {
	struct loop *loop;
	enum listener_kind listener;
	enum front_state state;
	SSL *ssl;         /* NULL: clear text, and libmicrohttpd has the socket itself */
	int net_fd;       /* clear text: ours only while lingering, else -1 */
	int pair_fd;      /* our end of the socketpair; -1: none (yet) */
	int http_fd;      /* libmicrohttpd's descriptor: key in by_fd; -1: none */
	bool http_holds;  /* between NOTIFY_STARTED and NOTIFY_CLOSED */
	bool net_eof;     /* the client has said its last */
	bool eof_passed;  /* ... and libmicrohttpd knows */
	bool pair_broken; /* libmicrohttpd reads no more */
	bool pair_eof;    /* libmicrohttpd has said its last */
	bool pair_ready;  /* it has written what we have not read: epoll says so */
	bool want_write;  /* SSL waits for room */
	bool described;   /* peer holds what the handshake proved */
	bool queued_again, buried;
	bool ticket_offered;
	bool net_emptied;        /* the last read took all that there was */
	bool net_ended;          /* ... and there will be no more */
	bool ending;             /* what is written now is the last */
	struct pending ahead;    /* read, but not yet by OpenSSL, when others read */
	struct pending up, down; /* towards libmicrohttpd, towards the client */
	struct exchange *exchange;
	struct watch net, pair;
	enum deadline deadline_kind;
	int64_t deadline;
	struct front *deadline_next, *deadline_prev;
	struct front *next; /* in again, dead */
	uint64_t acked;     /* bytes the client had taken at the last look */
	size_t lingered;
	struct peer peer;
	struct sockaddr_storage address;
	socklen_t address_n;
};

/* front.c */
void front_accept(struct loop *l, const struct core_listener *from, int fd,
    const struct sockaddr_storage *address, socklen_t n);
void front_event(struct front *f, enum watch_kind kind, uint32_t events);
void front_again(struct front *f);      /* look at it in the next turn */
void front_look(struct front *f);       /* that look */
void front_expire(struct front *f);     /* its deadline has come */
void front_end_gently(struct front *f); /* close_notify, FIN, linger */
void front_kill(struct front *f);       /* at once */
void front_evict(struct front *f);      /* at once, but with a close_notify: it was idle */
void front_free(struct front *f);
void front_http_closed(struct front *f);

/* front_net.c */
BIO_METHOD *front_net_method(void);   /* NULL: no memory */
bool front_net_join(struct front *f); /* its SSL reads and writes net_fd from now on */
void front_net_forget(struct front *f);

/* front_io.c */
void front_pump(struct front *f);
void front_set_events(struct front *f);
void front_rest(struct front *f); /* it is idle: free what only a busy one needs */

#endif
