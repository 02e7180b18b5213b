/*
 * server/loop_internal.h: one thread with its epoll, its libmicrohttpd and its connections. loop.c
 */
#ifndef SIGNET_SERVER_LOOP_INTERNAL_H
#define SIGNET_SERVER_LOOP_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "server/core.h"
#include "server/queue.h"

struct front;

/* One TLS record: what SSL_read gives at most, and what one SSL_write should carry. */
#define RECORD_SIZE 16384

/* What epoll hands back: which part of whom. */
enum watch_kind {
	WATCH_LISTENER,
	WATCH_WAKE,
	WATCH_HTTP,
	WATCH_NET,
	WATCH_PAIR
};
struct watch {
	enum watch_kind kind;
	void *owner;
	uint32_t events; /* registered now */
};

/* A connection has one deadline at a time; those of a kind have one length, so a list keeps order.
 */
enum deadline {
	DEADLINE_NONE,
	DEADLINE_HANDSHAKE,
	DEADLINE_IDLE,
	DEADLINE_HEADER,
	DEADLINE_BODY,
	DEADLINE_WRITE,
	DEADLINE_LINGER,
	DEADLINE_COUNT
};

struct deadline_list {
	struct front *first, *last;
	int64_t length_ms;
};

/* Read from a client's socket, not yet by OpenSSL: front_net.c. */
struct ahead {
	struct front *owner; /* whose bytes these are; NULL: nobody's */
	size_t n, at;
	uint8_t bytes[RECORD_SIZE];
};

struct loop {
	struct core *core;
	pthread_t thread;
	bool running;
	int epoll_fd, wake_fd;
	struct watch wake, http, listeners[LISTENERS_MAX];
	struct completions *completions;
	struct MHD_Daemon *daemon;
	struct front **by_fd; /* who is behind libmicrohttpd's descriptor */
	size_t by_fd_size;
	struct deadline_list deadlines[DEADLINE_COUNT];
	struct front *again; /* to be looked at in the next turn */
	struct front *dead;  /* to be freed at the end of this turn */
	size_t fronts;       /* alive */
	size_t running_jobs; /* exchanges that are queued or with a worker */
	bool http_due;       /* libmicrohttpd has something to do */
	bool draining;       /* the listeners are gone */
	int64_t now_ms;
	atomic_int_fast64_t turned_ms; /* now_ms, for others */
	uint64_t id_state;             /* of request ids */
	BIO_METHOD *net_method;
	struct ahead ahead;
	uint8_t scratch[RECORD_SIZE];
};

void loop_deadline(struct front *f, enum deadline kind);
void loop_watch(struct loop *l, int fd, struct watch *w, uint32_t events);
void loop_wake(struct loop *l);
void *loop_main(void *context);
struct status loop_new(struct core *core, struct loop **ret_loop, struct err *err);
void loop_free(struct loop *l);

#endif
