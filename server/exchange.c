#include "server/exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

/* More headers than any client of ours sends; the header bytes bound them as well. */
#define HEADERS_MAX 100

/* Behind this stands a value in base64, where a slash is a digit and leads nowhere: RFC 9919 5. */
#define VALUE_PREFIX "/ocsp/"

struct exchange *exchange_new(struct front *f, struct MHD_Connection *c, const char *uri)
{
	struct loop *l = f->loop;
	struct exchange *x = mem_alloc(sizeof(*x));
	uint64_t id = l->id_state;

	x->front = f;
	x->connection = c;
	x->uri = arena_strdup(&x->arena, uri);
	/* An odd stride from a random start: unique per loop for 2^64 requests. */
	l->id_state += UINT64_C(0x9e3779b97f4a7c15);
	snprintf(x->request.id, sizeof(x->request.id), "%016llx", (unsigned long long)id);
	x->request.arena = &x->arena;
	x->request.peer = &f->peer;
	x->request.started_us = monotonic_us();
	x->request.path = x->uri;
	f->exchange = x;
	return x;
}

void exchange_free(struct exchange *x)
{
	if (x->response.body_release)
		x->response.body_release(x->response.body_owner);
	policy_release(x->call.policy);
	buf_free(&x->body);
	arena_free(&x->arena);
	free(x);
}

void exchange_refuse(struct exchange *x, enum reason_id why, const char *format, ...)
{
	char message[sizeof(x->err.message)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	if (!err_refuse(&x->err, &reasons[why], "%s", message).ok && x->route &&
	    x->route->error_shape)
		x->route->error_shape(&x->call, &x->err, &x->response);
	else
		route_refuse(&x->request, &x->err, NULL, &x->response);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool path_decode(const char *raw, size_t n, char *out)
{
	bool slashes =
	    n > strlen(VALUE_PREFIX) && strncmp(raw, VALUE_PREFIX, strlen(VALUE_PREFIX)) == 0;

	if (n == 0 || raw[0] != '/')
		return false;
	for (size_t i = 0; i < n; i++) {
		int high, low;

		if (raw[i] != '%') {
			*out++ = raw[i];
			continue;
		}
		high = i + 2 < n ? hex_digit(raw[i + 1]) : -1;
		low = i + 2 < n ? hex_digit(raw[i + 2]) : -1;
		if (high < 0 || low < 0 || (high == 0 && low == 0) ||
		    (high * 16 + low == '/' && !slashes))
			return false;
		*out++ = (char)(high * 16 + low);
		i += 2;
	}
	*out = '\0';
	return true;
}

static bool set_path(struct exchange *x)
{
	const char *query = strchr(x->uri, '?');
	size_t n = query ? (size_t)(query - x->uri) : strlen(x->uri);
	char *path = arena_alloc(&x->arena, n + 1);

	x->request.query = query ? query + 1 : NULL;
	if (!path_decode(x->uri, n, path) || !utf8_valid(span_str(path)))
		return false;
	x->request.path = path;
	return true;
}

struct header_list {
	struct http_header *items;
	size_t count;
};

static enum MHD_Result add_header(
    void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct header_list *list = context;

	(void)kind;
	if (list->count == HEADERS_MAX)
		return MHD_NO;
	list->items[list->count++] = (struct http_header){name, value ? value : ""};
	return MHD_YES;
}

/* Names and values stay in libmicrohttpd's pool as long as the request. */
static bool set_headers(struct exchange *x)
{
	int n = MHD_get_connection_values(x->connection, MHD_HEADER_KIND, NULL, NULL);
	struct header_list list = {NULL, 0};

	if (n > HEADERS_MAX)
		return false;
	list.items = arena_alloc(&x->arena, (size_t)(n > 0 ? n : 1) * sizeof(*list.items));
	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, add_header, &list);
	x->request.headers = list.items;
	x->request.header_count = list.count;
	return true;
}

/* What handlers see of TLS; worked out at the first request, since many connections make none. */
static void describe_peer(struct front *f)
{
	if (f->ssl && !f->described)
		tls_describe_peer(f->ssl, &f->peer);
	f->described = true;
}

static bool find_route(struct exchange *x)
{
	const char *allow = NULL;

	if (route_find(x->front->listener, x->request.method, x->request.path, &x->arena, &x->route,
		&x->call.segment, &allow, &x->err)
		.ok)
		return true;
	route_refuse(&x->request, &x->err, allow, &x->response);
	return false;
}

/* The length that the client declares; SIZE_MAX when it is chunked and says none. */
static size_t declared_length(const struct exchange *x)
{
	const char *length = http_header(&x->request, "Content-Length");

	if (http_header(&x->request, "Transfer-Encoding"))
		return SIZE_MAX;
	/* libmicrohttpd has checked that it is a number. */
	return length ? (size_t)strtoull(length, NULL, 10) : 0;
}

bool exchange_has_body(const struct exchange *x)
{
	return declared_length(x) != 0;
}

size_t exchange_body_max(const struct exchange *x)
{
	size_t most = (size_t)x->front->loop->core->config.limits.body_bytes;

	return x->route->body_max < most ? x->route->body_max : most;
}

/*
 * RFC 9112 6.3: a request with both a length and a transfer coding "ought to be handled as an
 * error", and one with several lengths MUST be: whoever stands before us may have read it
 * otherwise.
 */
static bool framing_is_clear(const struct exchange *x)
{
	size_t lengths = 0, codings = 0;

	for (size_t i = 0; i < x->request.header_count; i++) {
		lengths += strcasecmp(x->request.headers[i].name, "Content-Length") == 0;
		codings += strcasecmp(x->request.headers[i].name, "Transfer-Encoding") == 0;
	}
	return lengths + codings <= 1;
}

/* RFC 9110 10.1.1: a server may refuse before "100 (Continue)": nobody sends what nobody wants. */
static bool judge_body(struct exchange *x)
{
	size_t declared = declared_length(x), most = exchange_body_max(x);

	if (!x->route->content_type) {
		if (declared > 0)
			exchange_refuse(
			    x, REASON_HTTP_BODY_SIZE, "no body is read at %.64s", x->request.path);
		return declared == 0;
	}
	if (!route_accepts(x->route, http_header(&x->request, "Content-Type"), &x->err).ok) {
		x->route->error_shape(&x->call, &x->err, &x->response);
		return false;
	}
	if (declared != SIZE_MAX && declared > most) {
		exchange_refuse(x, REASON_HTTP_BODY_SIZE,
		    "a body of %zu bytes; at most %zu are read", declared, most);
		return false;
	}
	if (declared != SIZE_MAX)
		buf_reserve(&x->body, declared);
	return true;
}

bool exchange_open(struct exchange *x)
{
	struct api *api = x->front->loop->core->config.api;

	x->call.api = api;
	x->call.request = &x->request;
	x->request.method = http_method_by_name(x->method);
	if (!set_headers(x)) {
		x->no_keep_alive = true;
		exchange_refuse(x, REASON_HTTP_HEADERS, "more than %d headers", HEADERS_MAX);
		return false;
	}
	if (!framing_is_clear(x)) {
		x->no_keep_alive = true;
		exchange_refuse(x, REASON_HTTP_FRAMING, "it is not clear where the body ends");
		return false;
	}
	if (!set_path(x)) {
		exchange_refuse(
		    x, REASON_HTTP_TARGET, "the path is not a path, or its escapes are wrong");
		return false;
	}
	if (!find_route(x))
		return false;
	describe_peer(x->front);
	x->call.policy = api->policies ? policy_current(api->policies) : NULL;
	return judge_body(x);
}

void exchange_run_here(struct exchange *x)
{
	struct api *api = x->call.api;
	int64_t begun = monotonic_us();

	route_run(x->route, &x->call, &x->response, &x->err);
	metric_time(api->metrics, TIMER_LOOP, monotonic_us() - begun);
}
