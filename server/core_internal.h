/*
 * server/core_internal.h: the core and its exchanges, for loop.c, front.c, http.c, worker.c,
 * core.c.
 *
 * Who touches what: a front and its exchange belong to their loop's thread. While an exchange
 * is queued or with a worker (STAGE_RUNNING), the worker alone touches its request, response
 * and error; the loop reads the front's sockets but leaves the exchange alone.
 */
#ifndef SIGNET_SERVER_CORE_INTERNAL_H
#define SIGNET_SERVER_CORE_INTERNAL_H

#include "ca/policy.h"
#include "server/front_internal.h"
#include "server/loop_internal.h"

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
