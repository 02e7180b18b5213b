/*
 * server/core_internal.h: the structs of the core, for loop.c, front.c, http.c, worker.c, core.c.
 *
 * Who touches what: a front and its exchange belong to their loop's thread. While an exchange
 * is queued or with a worker (STAGE_RUNNING), the worker alone touches its request, response
 * and error; the loop reads the front's sockets but leaves the exchange alone.
 */
#ifndef SIGNET_SERVER_CORE_INTERNAL_H
#define SIGNET_SERVER_CORE_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "ca/policy.h"
#include "server/core.h"
#include "server/queue.h"

/* One TLS record: what SSL_read gives at most, and what one SSL_write should carry. */
#define RECORD_SIZE 16384

struct core {
	struct core_config config;
	struct queue *queue;
	struct limiter *limiter;
	struct shares *shares; /* of the queue and the workers, by address */
	struct loop **loops;
	pthread_t *workers;
	int worker_count;
	atomic_size_t connections;
	atomic_bool stopping;
	atomic_int_fast64_t drain_until; /* monotonic ms, once stopping */
};

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

enum stage {
	STAGE_NEW,     /* the request line is there */
	STAGE_BODY,    /* accepted, the body comes */
	STAGE_RUNNING, /* suspended: queued or with a worker */
	STAGE_DONE,    /* the response is ready to be given to libmicrohttpd */
	STAGE_REPLYING,
};

struct exchange {
	struct job job; /* first member: a job is its exchange */
	struct front *front;
	struct MHD_Connection *connection;
	enum stage stage;
	bool complete; /* wholly read, or nothing more of it is wanted */
	bool no_keep_alive;
	bool refused; /* before its body: the response is filled */
	struct arena arena;
	char *uri; /* as it came, with its query */
	const char *method;
	struct http_request request;
	struct http_response response;
	struct err err;
	const struct route *route;
	struct call call;
	struct buf body;
	size_t dropped; /* body bytes beyond the bound */
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

/* loop.c */
void loop_deadline(struct front *f, enum deadline kind);
void loop_watch(struct loop *l, int fd, struct watch *w, uint32_t events);
void loop_wake(struct loop *l);
void *loop_main(void *context);
struct status loop_new(struct core *core, struct loop **ret_loop, struct err *err);
void loop_free(struct loop *l);

/* http.c */
struct MHD_Daemon *http_daemon(struct loop *l);
void http_finished(struct job *jobs); /* what workers have finished */
void http_run(struct loop *l);
bool http_add(struct front *f, int fd); /* takes fd over, also when it fails */

/* reply.c */
enum MHD_Result reply_send(struct exchange *x);
void reply_log(const struct exchange *x, bool aborted);

/* worker.c */
void *worker_main(void *context);

#endif
