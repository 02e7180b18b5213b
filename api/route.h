/*
 * api/route.h: every path that Signet serves, in one constant table.
 *
 * server/ asks for the route as soon as the request line and headers are read,
 * so that bodies that nobody wants are refused before they are sent.
 */
#ifndef SIGNET_API_ROUTE_H
#define SIGNET_API_ROUTE_H

#include "api/http.h"

enum listener_kind {
	LISTENER_DEVICE = 1,   /* EST and updates, client certificates */
	LISTENER_OPERATOR = 2, /* API */
	LISTENER_PUBLIC = 4,   /* clear HTTP: CRL, OCSP, AIA, log */
	LISTENER_PAGES = 8,    /* public https: MUD */
};

/* Where a handler runs. */
enum route_place {
	ROUTE_LOOP,   /* never blocks: memory only */
	ROUTE_WORKER, /* may use the database and keys */
};

struct api; /* api/api.h: what handlers may reach */
struct call {
	struct api *api;
	struct db *db;         /* a worker's connection; NULL on the loop */
	struct policy *policy; /* the snapshot that this request is judged by */
	const struct http_request *request;
	const char *segment; /* text of the one {variable} path segment, or NULL */
	/* Set by a handler, for the answer's error shape: */
	const char *reference; /* id of the record that explains the outcome; NULL: none */
	int64_t retry_after;   /* seconds; 0: RETRY_AFTER_STANDARD where one is due */
};

#define RETRY_AFTER_STANDARD 5 /* seconds: for what is ours and should pass soon */

/* Fill the response, or fail with err: the caller turns that into the route's error shape. */
typedef struct status (*route_handler)(
    struct call *call, struct http_response *response, struct err *err);

struct route {
	enum http_method method;
	/* ".../est/{label}/simpleenroll", "/ca/{name}.cer"; one {variable} at most */
	const char *path;
	unsigned listeners; /* enum listener_kind, or'ed */
	enum route_place place;
	const char *permission; /* "public", or "device" for what EST decides itself; never NULL */
	const char *content_type; /* what a body must be; NULL: no body is read */
	size_t body_max;          /* bytes; a constant with its reason beside the table */
	route_handler handler;
	void (*error_shape)(
	    const struct call *call, const struct err *err, struct http_response *r);
	const char *summary; /* one line, for docs */
};

extern const struct route routes[]; /* ended by path NULL */

/*
 * Find the route. ERR_MISSING (404): no such path on this listener. ERR_METHOD (405): the path is
 * there, the method is not; ret_allow then holds "GET, HEAD", in the arena. HEAD goes where GET
 * goes.
 */
struct status route_find(enum listener_kind listener, enum http_method method, const char *path,
    struct arena *arena, const struct route **ret_route, const char **ret_segment,
    const char **ret_allow, struct err *err);

/* Does the request's Content-Type fit the route (type/subtype, any case, parameters ignored)?
 * ERR_MEDIA. */
struct status route_accepts(const struct route *route, const char *content_type, struct err *err);

/* Run it: handler, then error shape where it failed. Never fails itself. */
void route_run(const struct route *route, struct call *call, struct http_response *response,
    struct err *ret_err);

/* For refusals before there is a route or a policy (404, 405, 413, 503 queue full): text/plain. */
void route_refuse(
    const struct err *err, const char *allow, struct arena *arena, struct http_response *response);

#endif
