/*
 * server/http.c: between libmicrohttpd and the route table.
 *
 * Every libmicrohttpd call is made on the loop's thread. A request goes NEW (its line is read),
 * BODY (its headers are judged), RUNNING (suspended, with a worker) or straight to DONE, REPLYING.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "server/exchange.h"

/* Runs in a row while libmicrohttpd says that it has more to do. */
#define RUNS_MAX 16
/* Beside the headers, libmicrohttpd's pool holds what it writes: 8 KiB carry most answers' head. */
#define POOL_EXTRA 8192
#define POOL_STEP  ((size_t)1024)
/* From version 1.0 on it can be told that nobody else calls it: it then needs no wake-ups. */
#if MHD_VERSION >= 0x00097707
#define ONE_THREAD MHD_USE_NO_THREAD_SAFETY
#else
#define ONE_THREAD 0
#endif
/* Connections that are ending still count for libmicrohttpd. */
#define CONNECTION_SLACK 1024

static struct front *front_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* ---- connections ---- */

bool http_add(struct front *f, int fd)
{
	struct loop *l = f->loop;

	if ((size_t)fd >= l->by_fd_size) {
		size_t size = ((size_t)fd + 256) * 2;

		l->by_fd = mem_grow(l->by_fd, size * sizeof(struct front *));
		memset(
		    l->by_fd + l->by_fd_size, 0, (size - l->by_fd_size) * sizeof(struct front *));
		l->by_fd_size = size;
	}
	/* Before the add: version 1.0 tells of the start later, 0.9 during the call. */
	l->by_fd[fd] = f;
	f->http_fd = fd;
	l->http_due = true;
	return MHD_add_connection(
		   l->daemon, fd, (const struct sockaddr *)&f->address, f->address_n) == MHD_YES;
}

static void on_connection(void *context, struct MHD_Connection *c, void **socket_context,
    enum MHD_ConnectionNotificationCode what)
{
	struct loop *l = context;
	struct front *f = *socket_context;
	int fd;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (f)
			front_http_closed(f);
		return;
	}
	fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	f = (size_t)fd < l->by_fd_size ? l->by_fd[fd] : NULL;
	*socket_context = f;
	if (f)
		f->http_holds = true;
	/* Its front may have died between the add and the start. */
	if (!f || f->state == FRONT_DEAD)
		shutdown(fd, SHUT_RDWR);
}

/* ---- requests ---- */

static void *on_request_line(void *context, const char *uri, struct MHD_Connection *c)
{
	struct front *f = front_of(c);

	(void)context;
	return f ? exchange_new(f, c, uri) : NULL;
}

static enum MHD_Result on_headers(struct exchange *x, const char *method)
{
	x->method = arena_strdup(&x->arena, method);
	x->refused = !exchange_open(x);
	if (x->refused && (x->no_keep_alive || exchange_has_body(x))) {
		x->complete = true;
		x->no_keep_alive = true;
		return reply_send(x);
	}
	/* A refusal without a body is sent at its end, like any answer: the connection goes on. */
	x->stage = STAGE_BODY;
	loop_deadline(x->front, DEADLINE_BODY);
	return MHD_YES;
}

static void keep_body(struct exchange *x, const char *p, size_t *n)
{
	size_t room = exchange_body_max(x) - x->body.n;

	if (*n > room)
		x->dropped += *n - room;
	buf_put(&x->body, span(p, *n < room ? *n : room));
	*n = 0;
}

/* The order matters: suspended first, then shown to a worker, which may be done at once. */
static enum MHD_Result hand_to_worker(struct exchange *x)
{
	struct loop *l = x->front->loop;
	struct core *core = l->core;
	const struct sockaddr *address = (const struct sockaddr *)&x->front->address;

	if (!shares_take(core->shares, address)) {
		exchange_refuse(x, REASON_SERVICE_BUSY,
		    "as many requests of this address are waiting as one address may have");
		return reply_send(x);
	}
	if (!queue_reserve(core->queue)) {
		shares_drop(core->shares, address);
		metric_add(core->config.api->metrics, METRIC_QUEUE_FULL, 1);
		exchange_refuse(
		    x, REASON_SERVICE_BUSY, "all workers are busy and the queue is full");
		return reply_send(x);
	}
	x->stage = STAGE_RUNNING;
	l->running_jobs++;
	loop_deadline(x->front, DEADLINE_NONE);
	MHD_suspend_connection(x->connection);
	queue_push(core->queue, &x->job);
	return MHD_YES;
}

static enum MHD_Result on_complete(struct exchange *x)
{
	x->complete = true;
	x->request.body = buf_span(&x->body);
	if (x->refused)
		return reply_send(x);
	if (x->dropped > 0) {
		exchange_refuse(x, REASON_HTTP_BODY_SIZE, "the body is larger than %zu bytes",
		    exchange_body_max(x));
		return reply_send(x);
	}
	if (x->route->place == ROUTE_WORKER)
		return hand_to_worker(x);
	exchange_run_here(x);
	if (x->route->place == ROUTE_EITHER && x->response.status == 0)
		return hand_to_worker(x);
	return reply_send(x);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *data, size_t *data_n, void **state)
{
	struct exchange *x = *state;

	(void)context;
	(void)c;
	(void)url;
	(void)version;
	if (!x)
		return MHD_NO;
	switch (x->stage) {
	case STAGE_NEW: return on_headers(x, method);
	case STAGE_BODY:
		if (*data_n == 0)
			return on_complete(x);
		keep_body(x, data, data_n);
		/* A chunked body without end: nothing more is owed to this client. */
		return x->dropped > LIMIT_LINGER_BYTES ? MHD_NO : MHD_YES;
	case STAGE_DONE: return reply_send(x);
	case STAGE_RUNNING:
	case STAGE_REPLYING: *data_n = 0; return MHD_YES;
	}
	return MHD_NO;
}

static void on_completed(
    void *context, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *state;
	struct front *f;

	(void)context;
	(void)c;
	*state = NULL;
	if (!x)
		return;
	f = x->front;
	reply_log(x, why != MHD_REQUEST_TERMINATED_COMPLETED_OK);
	exchange_free(x);
	f->exchange = NULL;
	/* TLS: idle once the front has passed the answer on. */
	if (!f->ssl && f->state == FRONT_OPEN)
		loop_deadline(f, DEADLINE_IDLE);
	front_again(f);
}

void http_finished(struct job *jobs)
{
	while (jobs) {
		struct exchange *x = (struct exchange *)jobs;

		jobs = jobs->next;
		x->stage = STAGE_DONE;
		x->front->loop->running_jobs--;
		x->front->loop->http_due = true;
		MHD_resume_connection(x->connection);
	}
}

void http_run(struct loop *l)
{
	MHD_UNSIGNED_LONG_LONG wait;

	for (int i = 0; i < RUNS_MAX; i++) {
		MHD_run(l->daemon);
		if (MHD_get_timeout(l->daemon, &wait) != MHD_YES || wait > 0)
			return;
	}
	l->http_due = true;
}

/* The path is decoded by us, once and strictly; its arguments not at all. */
static size_t leave_escaped(void *context, struct MHD_Connection *c, char *text)
{
	(void)context;
	(void)c;
	return strlen(text);
}

struct MHD_Daemon *http_daemon(struct loop *l)
{
	const struct limits *limits = &l->core->config.limits;
	size_t pool = (size_t)limits->header_bytes + POOL_EXTRA;

	/* No MHD_USE_ERROR_LOG: on AF_UNIX sockets it would tell of each failing TCP option. */
	return MHD_start_daemon(
	    MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | ONE_THREAD, 0,
	    NULL, NULL, on_request, l,                                                     //
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)limits->connections + CONNECTION_SLACK, //
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool,                                      //
	    MHD_OPTION_CONNECTION_MEMORY_INCREMENT, POOL_STEP,                             //
	    MHD_OPTION_CONNECTION_TIMEOUT, 0u,                                             //
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,                                               //
	    MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,                                          //
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, l,                                //
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, l,                                  //
	    MHD_OPTION_URI_LOG_CALLBACK, on_request_line, l,                               //
	    MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, l,                                //
	    MHD_OPTION_END);
}
