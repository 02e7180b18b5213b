/*
 * api/route.h: every path that Signet serves, in two constant tables.
 *
 * server/ asks for the route as soon as the request line and headers are read,
 * so that bodies that nobody wants are refused before they are sent.
 *
 * A row with an `operation` is one of the API's (api/perform.h): who calls is authenticated, the
 * row's permission demanded, query and body are bound by the row's field tables, the answer is
 * JSON, a refusal is a problem (api/problem.h). /api/v1/openapi.json is made from the same rows.
 */
#ifndef SIGNET_API_ROUTE_H
#define SIGNET_API_ROUTE_H

#include "access/access.h"
#include "api/http.h"
#include "base/doc.h"
#include "base/encode.h"

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
	ROUTE_EITHER, /* on the loop first, without a database; without an answer: on a worker */
};

enum route_flag {
	/* In one transaction, committed before the answer leaves, and run again from the start when
	 * it lost a race: the handler must not leave traces outside. */
	ROUTE_ACT = 1,
	ROUTE_CREATES = 2,   /* takes an Idempotency-Key: what was answered is answered again */
	ROUTE_EDITS = 4,     /* wants If-Match, or If-None-Match: * for what shall be new */
	ROUTE_VERSIONED = 8, /* answers have an ETag; If-None-Match may be asked with */
	ROUTE_SECRET = 16,   /* the answer must not be stored: a retry is told so */
	ROUTE_LIST = 32,     /* takes limit and after; answers {"items": [...], "next": ...} */
	ROUTE_RAW = 64,      /* the body is not bound: the handler reads request->body itself */
};

/* Whose binding is enough for the row's permission. */
enum route_scope {
	SCOPE_ANY, /* one, however limited: lists show what it reaches, the handler asks the rest */
	SCOPE_GLOBAL,  /* one without limits */
	SCOPE_PRODUCT, /* as SCOPE_ANY; the handler calls call_may() with the product */
	SCOPE_CHANNEL, /* the same of product and channel: limited to channels is enough, too */
};

/* What a call must find, or fails (RFC 9110 13.1). */
struct condition {
	bool given;
	bool absent;     /* If-None-Match: *: it must not be there */
	int64_t version; /* If-Match: it must be this one; 0: whichever it is, but there */
};

struct api;         /* api/api.h: what handlers may reach */
struct approval;    /* signing/approval.h */
struct request_row; /* sql/request.h */
struct route;
struct call {
	struct api *api;
	struct db *db;         /* a worker's connection; NULL on the loop */
	struct policy *policy; /* the snapshot that this request is judged by */
	const struct http_request *request;
	const char *segment; /* text of the one {variable} path segment, or NULL */
	/* The API's: */
	const struct route *route;
	struct actor actor;                /* who calls */
	const void *input;                 /* the body, bound by route->body; NULL: none */
	const void *query;                 /* the query parameters, bound by route->query */
	struct condition condition;        /* ROUTE_EDITS */
	struct approval *approval;         /* a stored call is redeemed; NULL: called by a client */
	const struct request_row *pending; /* wants approvals: call_require() set it, and failed */
	/* Called in the transaction that stores it as a request. NULL: nothing is to be done. */
	struct status (*on_stored)(struct call *call, int64_t request_id, struct err *err);
	int64_t made_id; /* of a release that was made, or found again; 0: none */
	bool committed;  /* what was done is durable */
	/* Set by a handler, for the answer's error shape: */
	const char *faults; /* JSON array: what was wrong where, a problem's `errors`; NULL: none */
	const char *reference; /* id of the record that explains the outcome; NULL: none */
	int64_t retry_after;   /* seconds; 0: RETRY_AFTER_STANDARD where one is due */
};

#define RETRY_AFTER_STANDARD 5  /* seconds: for what is ours and should pass soon */
#define RETRY_AFTER_SPREAD   25 /* and so many more at most: devices come by the million */

/* Fill the response, or fail with err: the caller turns that into the route's error shape. */
typedef struct status (*route_handler)(
    struct call *call, struct http_response *response, struct err *err);

struct route {
	enum http_method method;
	/* ".../est/{label}/simpleenroll", "/ca/{name}.cer", "/log/tile/{path...}" (all the rest
	 * of the path, slashes too); one {variable} at most */
	const char *path;
	unsigned listeners; /* enum listener_kind, or'ed */
	enum route_place place;
	enum permission permission; /* PERMISSION_DEVICE: EST decides itself */
	/* What a body must be; several: "application/json, text/csv"; NULL: no body is read */
	const char *content_type;
	size_t body_max; /* bytes; a constant with its reason beside the table */
	route_handler handler;
	void (*error_shape)(
	    const struct call *call, const struct err *err, struct http_response *r);
	const char *summary; /* one line, for docs */
	/* The API's: */
	const char *operation; /* operationId: "listDevices"; NULL: not of the API */
	unsigned flags;        /* enum route_flag, or'ed */
	enum route_scope scope;
	const struct field *body; /* of a JSON object; offsets within body_size; NULL: not bound */
	size_t body_size;
	const char *document;      /* kind of policy document that the body is; NULL: none */
	const struct field *query; /* ended by name NULL; NULL: no parameter is taken */
	size_t query_size;
	const char *answer_type; /* media type of success; NULL: application/json */
	const char *answer;      /* name of the answer's shape (api/answer.h); NULL: no body */
	const char *dry_answer;  /* of a dry run, with status 200; NULL: there is none */
	int status;              /* of success; 0: 200 */
};

extern const struct route routes[];     /* EST and what else is no API; ended by path NULL */
extern const struct route api_routes[]; /* the API; ended by path NULL */

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

/* For refusals before there is a route or a policy (404, 405, 413, 503): text, or a problem. */
void route_refuse(const struct http_request *request, const struct err *err, const char *allow,
    struct http_response *response);

#endif
