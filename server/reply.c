#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/exchange.h"

/* The request is not wanted any more, but the client may still be sending it. */
static void keep_socket_for_linger(struct front *f)
{
	if (!f->ssl && f->net_fd < 0 && f->http_fd >= 0)
		f->net_fd = dup(f->http_fd);
}

static struct MHD_Response *make(struct exchange *x)
{
	struct http_response *r = &x->response;
	void *body;
	struct MHD_Response *m;

	/* libmicrohttpd only reads it; PERSISTENT: it outlives the response, see on_completed. */
	memcpy(&body, &r->body.p, sizeof(body));
	m = MHD_create_response_from_buffer(r->body.n, body, MHD_RESPMEM_PERSISTENT);
	if (!m)
		return NULL;
	if (r->content_type)
		MHD_add_response_header(m, "Content-Type", r->content_type);
	for (size_t i = 0; i < r->header_count; i++)
		MHD_add_response_header(m, r->headers[i].name, r->headers[i].value);
	MHD_add_response_header(m, "X-Request-Id", x->request.id);
	if (x->no_keep_alive || r->close || atomic_load(&x->front->loop->core->stopping))
		MHD_add_response_header(m, "Connection", "close");
	return m;
}

/* Who fetches or is told to wait comes back; who got its certificate does so in months. */
static void offer_ticket(struct exchange *x)
{
	struct front *f = x->front;

	if (!f->ssl || f->ticket_offered || f->state != FRONT_OPEN)
		return;
	if (x->request.method == HTTP_POST && x->response.status == 200)
		return;
	f->ticket_offered = true;
	tls_offer_ticket(f->ssl);
}

enum MHD_Result reply_send(struct exchange *x)
{
	struct MHD_Response *m = make(x);
	enum MHD_Result queued;

	if (!m)
		return MHD_NO;
	offer_ticket(x);
	if (x->no_keep_alive)
		keep_socket_for_linger(x->front);
	x->stage = STAGE_REPLYING;
	if (x->front->state == FRONT_OPEN)
		loop_deadline(x->front, DEADLINE_WRITE);
	queued = MHD_queue_response(x->connection, (unsigned)x->response.status, m);
	MHD_destroy_response(m);
	return queued;
}

static const char *listener_name(enum listener_kind kind)
{
	switch (kind) {
	case LISTENER_DEVICE: return "device";
	case LISTENER_OPERATOR: return "operator";
	case LISTENER_PUBLIC: return "public";
	case LISTENER_PAGES: return "pages";
	}
	return "?";
}

static void count(struct metrics *metrics, int status)
{
	metric_add(metrics,
	    status >= 500   ? METRIC_REQUESTS_5XX
	    : status >= 400 ? METRIC_REQUESTS_4XX
			    : METRIC_REQUESTS_2XX,
	    1);
}

static enum log_level level_of(const struct exchange *x)
{
	if (x->err.kind == ERR_INTERNAL || x->err.kind == ERR_CONFIG || x->err.kind == ERR_KEY)
		return LOG_ERROR;
	return x->response.status >= 500 ? LOG_WARN : LOG_INFO;
}

#define FIELDS_MAX 11

static void add_text(struct log_field *fields, size_t *n, const char *name, const char *text)
{
	if (text && text[0])
		fields[(*n)++] = LOG_STR(name, text);
}

void reply_log(const struct exchange *x, bool aborted)
{
	const struct api *api = x->front->loop->core->config.api;
	const struct http_response *r = &x->response;

	struct log_field fields[FIELDS_MAX] = {
	    {"id", x->request.id, 0},
	    LOG_STR("listener", listener_name(x->front->listener)),
	    {"address", x->front->peer.address, 0},
	    LOG_STR("method", x->method),
	    LOG_STR("path", x->request.path),
	    LOG_INT("status", r->status),
	    LOG_INT("bytes", r->body.n),
	    LOG_INT("us", monotonic_us() - x->request.started_us),
	};
	size_t n = 8;

	if (r->status)
		count(api->metrics, r->status);
	add_text(fields, &n, "code", r->reason_code);
	add_text(fields, &n, "why", x->err.message);
	add_text(fields, &n, "cause", x->err.cause);
	log_write(api->log, level_of(x), aborted ? "request cut off" : "request", fields, n);
}
