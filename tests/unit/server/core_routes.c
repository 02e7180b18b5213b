/* The table that the linker takes here instead of api/route.c's. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/server/core_fixture.h"

static struct status small(struct call *call, struct http_response *r, struct err *err)
{
	(void)call;
	(void)err;
	http_respond(r, 200, "text/plain", SPAN_LITERAL("hello"));
	return STATUS_OK;
}

static struct status slow(struct call *call, struct http_response *r, struct err *err)
{
	usleep((useconds_t)strtoul(call->segment, NULL, 10) * 1000);
	return small(call, r, err);
}

static struct status big(struct call *call, struct http_response *r, struct err *err)
{
	uint8_t *p = mem_alloc(BIG_BODY);

	(void)call;
	(void)err;
	memset(p, 'b', BIG_BODY);
	http_respond(r, 200, "application/octet-stream", span(p, BIG_BODY));
	r->body_owner = p;
	r->body_release = free;
	return STATUS_OK;
}

static struct status echo(struct call *call, struct http_response *r, struct err *err)
{
	(void)err;
	http_respond(r, 200, "text/plain", arena_copy(call->request->arena, call->request->body));
	return STATUS_OK;
}

static struct status refuse(struct call *call, struct http_response *r, struct err *err)
{
	(void)call;
	(void)r;
	return err_set(err, ERR_DENIED, "not you");
}

/* "TLSv1.3 exporter=32 unique=0 certificate=N chain=N" */
static struct status peer(struct call *call, struct http_response *r, struct err *err)
{
	const struct peer *p = call->request->peer;

	(void)err;
	http_respond(r, 200, "text/plain",
	    span_str(arena_printf(call->request->arena,
		"version=%x exporter=%zu unique=%zu certificate=%zu chain=%d address=%s",
		(unsigned)p->tls_version, p->tls_exporter_n, p->tls_unique_n, p->certificate_der.n,
		p->chain ? sk_X509_num(p->chain) : 0, p->address)));
	return STATUS_OK;
}

static void shape(const struct call *call, const struct err *err, struct http_response *r)
{
	http_respond(r, http_status_of(err->kind), "text/plain",
	    span_str(arena_strdup(call->request->arena, err->message)));
	if (r->status == 503)
		http_add_header(r, "Retry-After", "1");
}

#define EVERYWHERE (LISTENER_DEVICE | LISTENER_PUBLIC)
#define ROW_GET(path_, place_, run)                                                              \
	{                                                                                        \
		.method = HTTP_GET, .path = (path_), .listeners = EVERYWHERE, .place = (place_), \
		.permission = PERMISSION_PUBLIC, .handler = (run), .error_shape = shape,         \
		.summary = ""                                                                    \
	}
#define ROW_POST(path_, place_, run)                                                              \
	{                                                                                         \
		.method = HTTP_POST, .path = (path_), .listeners = EVERYWHERE, .place = (place_), \
		.permission = PERMISSION_PUBLIC, .content_type = "text/plain",                    \
		.body_max = ECHO_MAX, .handler = (run), .error_shape = shape, .summary = ""       \
	}

const struct route routes[] = {
    ROW_GET("/small", ROUTE_LOOP, small),
    ROW_GET("/big", ROUTE_LOOP, big),
    ROW_GET("/work", ROUTE_WORKER, small),
    ROW_GET("/slow/{ms}", ROUTE_WORKER, slow),
    ROW_GET("/huge", ROUTE_WORKER, big),
    ROW_GET("/peer", ROUTE_WORKER, peer),
    ROW_GET("/refused", ROUTE_WORKER, refuse),
    ROW_POST("/echo", ROUTE_WORKER, echo),
    ROW_POST("/sink", ROUTE_LOOP, small),
    {.path = NULL},
};

static bool fits(
    const char *pattern, const char *path, struct arena *arena, const char **ret_segment)
{
	const char *variable = strchr(pattern, '{');

	if (!variable)
		return strcmp(pattern, path) == 0;
	if (strncmp(pattern, path, (size_t)(variable - pattern)) != 0)
		return false;
	*ret_segment = arena_strdup(arena, path + (variable - pattern));
	return true;
}

struct status route_find(enum listener_kind listener, enum http_method method, const char *path,
    struct arena *arena, const struct route **ret_route, const char **ret_segment,
    const char **ret_allow, struct err *err)
{
	(void)listener;
	for (const struct route *r = routes; r->path; r++) {
		if (!fits(r->path, path, arena, ret_segment))
			continue;
		*ret_allow = r->method == HTTP_GET ? "GET, HEAD" : "POST";
		if (r->method != method && !(method == HTTP_HEAD && r->method == HTTP_GET))
			return err_set(err, ERR_METHOD, "wrong method");
		*ret_route = r;
		return STATUS_OK;
	}
	return err_set(err, ERR_MISSING, "no such path");
}

struct status route_accepts(const struct route *route, const char *content_type, struct err *err)
{
	if (!route->content_type ||
	    (content_type && strcmp(content_type, route->content_type) == 0))
		return STATUS_OK;
	return err_set(err, ERR_MEDIA, "wrong type");
}

void route_run(const struct route *route, struct call *call, struct http_response *response,
    struct err *ret_err)
{
	if (!route->handler(call, response, ret_err).ok)
		route->error_shape(call, ret_err, response);
}
