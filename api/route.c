#include "api/route.h"

#include <string.h>
#include <strings.h>

#include "api/crl.h"
#include "api/device_reset.h"
#include "api/est.h"
#include "api/health.h"
#include "api/issuer.h"
#include "api/log_public.h"
#include "api/ocsp.h"
#include "api/perform.h"
#include "api/refusal.h"
#include "api/update.h"
#include "ca/reason.h"

/* An ML-DSA-87 request is about 10 kB encoded; GlobalSign's server has the same bound. */
#define EST_BODY_MAX 65536

/* A label or a name; nothing that we serve is longer. */
#define SEGMENT_MAX 128
/* What stands at the end is a value, the longest of which is an OCSP request. */
#define REST_MAX OCSP_GET_MAX

#define EST_ROW(verb, path_, place_, permission_, type, most, run, text)                \
	{                                                                               \
		.method = (verb), .path = (path_), .listeners = LISTENER_DEVICE,        \
		.place = (place_), .permission = (permission_), .content_type = (type), \
		.body_max = (most), .handler = (run), .error_shape = refusal_shape,     \
		.summary = (text)                                                       \
	}
#define EST_PAIR(verb, operation, place, permission, type, most, run, text)                     \
	EST_ROW(verb, "/.well-known/est/" operation, place, permission, type, most, run, text), \
	    EST_ROW(verb, "/.well-known/est/{label}/" operation, place, permission, type, most, \
		run, text)
#define EST_GET(operation, run, text) \
	EST_PAIR(HTTP_GET, operation, ROUTE_EITHER, PERMISSION_PUBLIC, NULL, 0, run, text)
#define EST_POST(operation, place, type, run, text) \
	EST_PAIR(HTTP_POST, operation, place, PERMISSION_DEVICE, type, EST_BODY_MAX, run, text)
#define MEMORY_GET(path_, where, run, text)                                                      \
	{                                                                                        \
		.method = HTTP_GET, .path = (path_), .listeners = (where), .place = ROUTE_LOOP,  \
		.permission = PERMISSION_PUBLIC, .handler = (run), .error_shape = refusal_shape, \
		.summary = (text)                                                                \
	}

#define UPDATE_GET(path_, run, text)                                                            \
	{                                                                                       \
		.method = HTTP_GET, .path = "/update/{channel}" path_,                          \
		.listeners = LISTENER_DEVICE, .place = ROUTE_WORKER,                            \
		.permission = PERMISSION_DEVICE, .handler = (run), .error_shape = update_shape, \
		.summary = (text)                                                               \
	}

const struct route routes[] = {
    /* clang-format off */
	EST_GET("cacerts", est_cacerts, "the CA certificates (RFC 7030 4.1)"),
	EST_GET("csrattrs", est_csrattrs, "what a request should hold (RFC 7030 4.5, RFC 9908)"),
	EST_POST("simpleenroll", ROUTE_WORKER, "application/pkcs10", est_simpleenroll,
	    "a certificate for a device with an IDevID (RFC 7030 4.2.1)"),
	EST_POST("simplereenroll", ROUTE_WORKER, "application/pkcs10", est_simplereenroll,
	    "a certificate for a device with an LDevID (RFC 7030 4.2.2)"),
	EST_POST("serverkeygen", ROUTE_LOOP, "application/pkcs10", est_not_offered,
	    "server-side key generation (RFC 7030 4.4): not offered"),
	EST_POST("fullcmc", ROUTE_LOOP, "application/pkcs7-mime", est_not_offered,
	    "full CMC (RFC 7030 4.3): not offered"),
	EST_ROW(HTTP_POST, "/.well-known/signet/reset", ROUTE_WORKER, PERMISSION_DEVICE, NULL, 0,
	    device_reset_post, "a device was reset by its holder: its LDevIDs are revoked"),
	UPDATE_GET("", update_get, "what a device is to run, and which lists there are"),
	UPDATE_GET("/bundle", update_bundle_get, "the newest release of the channel, with its proofs"),
	UPDATE_GET("/trust", update_trust_get, "which keys the product's devices believe"),
	UPDATE_GET("/recall", update_recall_get, "releases that devices must leave"),
	MEMORY_GET("/ca/{name}.cer", LISTENER_PUBLIC, issuer_certificate,
	    "the certificate of an authority (RFC 5280 4.2.2.1)"),
	MEMORY_GET("/crl/{path...}", LISTENER_PUBLIC, crl_public,
	    "revocation lists, full and delta (RFC 5280)"),
	{.method = HTTP_POST, .path = "/ocsp", .place = ROUTE_EITHER, .listeners = LISTENER_PUBLIC,
	    .permission = PERMISSION_PUBLIC, .content_type = "application/ocsp-request",
	    .body_max = OCSP_REQUEST_MAX, .handler = ocsp_post, .error_shape = ocsp_error_shape,
	    .summary = "the status of a certificate (RFC 6960, RFC 9919)"},
	{.method = HTTP_GET, .path = "/ocsp/{request...}", .place = ROUTE_EITHER,
	    .listeners = LISTENER_PUBLIC, .permission = PERMISSION_PUBLIC, .handler = ocsp_get,
	    .error_shape = ocsp_error_shape,
	    .summary = "the same, the request as base64 (RFC 9919 5)"},
	MEMORY_GET("/log/checkpoint", LISTENER_PUBLIC | LISTENER_OPERATOR, log_public_checkpoint,
	    "the log's signed tree head (C2SP tlog-tiles)"),
	MEMORY_GET("/log/vkey", LISTENER_PUBLIC | LISTENER_OPERATOR, log_public_vkey,
	    "the key that verifies it (C2SP signed-note)"),
	{.method = HTTP_GET, .path = "/log/tile/{path...}", .place = ROUTE_EITHER,
	    .listeners = LISTENER_PUBLIC | LISTENER_OPERATOR, .permission = PERMISSION_PUBLIC,
	    .handler = log_public_tile, .error_shape = refusal_shape,
	    .summary = "tiles and entry bundles of the log (C2SP tlog-tiles)"},
	MEMORY_GET("/healthz", LISTENER_DEVICE | LISTENER_OPERATOR, health_live,
	    "is the process alive?"),
	MEMORY_GET("/readyz", LISTENER_DEVICE | LISTENER_OPERATOR, health_ready,
	    "is the process fit to serve?"),
	MEMORY_GET("/metrics", LISTENER_OPERATOR, health_metrics, "numbers for Prometheus"),
    /* clang-format on */
    {.path = NULL},
};

/* Does a segment fit "text", "{variable}" or "{variable}text"? */
static bool segment_fits(struct span pattern, struct span text, struct span *ret_variable)
{
	const uint8_t *end;
	size_t tail;

	if (pattern.n == 0 || pattern.p[0] != '{')
		return span_equal(pattern, text);
	end = memchr(pattern.p, '}', pattern.n);
	if (!end)
		return false;
	tail = (size_t)(pattern.p + pattern.n - (end + 1));
	if (text.n <= tail || text.n - tail > SEGMENT_MAX)
		return false;
	if (!span_equal(span(end + 1, tail), span(text.p + text.n - tail, tail)))
		return false;
	*ret_variable = span(text.p, text.n - tail);
	return true;
}

/* Take what stands before the next '/'; false when nothing is left. */
static bool next_segment(struct span *path, struct span *ret_segment)
{
	const uint8_t *slash;
	size_t n;

	if (path->n == 0 || path->p[0] != '/')
		return false;
	*path = span(path->p + 1, path->n - 1);
	slash = path->n ? memchr(path->p, '/', path->n) : NULL;
	n = slash ? (size_t)(slash - path->p) : path->n;
	*ret_segment = span(path->p, n);
	*path = span(path->p + n, path->n - n);
	return true;
}

/* "{variable...}": all that is left of the path, which is something. */
static bool takes_rest(struct span pattern)
{
	static const char end[] = "...}";
	const size_t n = sizeof(end) - 1;

	return pattern.n > n + 1 && pattern.p[0] == '{' &&
	       memcmp(pattern.p + pattern.n - n, end, n) == 0;
}

static bool path_fits(const char *pattern, const char *path, struct span *ret_variable)
{
	struct span left = span_str(pattern), right = span_str(path);
	struct span a, b, variable = SPAN_NONE;

	while (next_segment(&left, &a)) {
		if (takes_rest(a) && right.n > 1 && right.n - 1 <= REST_MAX) {
			*ret_variable = span(right.p + 1, right.n - 1);
			return true;
		}
		if (!next_segment(&right, &b) || !segment_fits(a, b, &variable))
			return false;
	}
	if (right.n > 0)
		return false;
	*ret_variable = variable;
	return true;
}

static const char *method_name(enum http_method method)
{
	static const char *const names[] = {
	    [HTTP_GET] = "GET, HEAD",
	    [HTTP_POST] = "POST",
	    [HTTP_PUT] = "PUT",
	    [HTTP_PATCH] = "PATCH",
	    [HTTP_DELETE] = "DELETE",
	};

	return names[method];
}

static bool method_fits(const struct route *route, enum http_method method)
{
	return route->method == method || (route->method == HTTP_GET && method == HTTP_HEAD);
}

static struct status refuse_method(const struct buf *allow, const char *path, struct arena *arena,
    const char **ret_allow, struct err *err)
{
	*ret_allow = arena_strndup(arena, (const char *)allow->p, allow->n);
	return REFUSE(err, HTTP_METHOD, "%.64s is served, but only with %s", path, *ret_allow);
}

/* What one table has for the path: the row, or in `allow` the methods that there are. */
static const struct route *search(const struct route *table, enum listener_kind listener,
    enum http_method method, const char *path, struct span *ret_variable, struct buf *allow)
{
	for (const struct route *r = table; r->path; r++) {
		if (!(r->listeners & listener) || !path_fits(r->path, path, ret_variable))
			continue;
		if (method_fits(r, method))
			return r;
		buf_printf(allow, "%s%s", allow->n ? ", " : "", method_name(r->method));
	}
	return NULL;
}

struct status route_find(enum listener_kind listener, enum http_method method, const char *path,
    struct arena *arena, const struct route **ret_route, const char **ret_segment,
    const char **ret_allow, struct err *err)
{
	AUTO(buf) allow = {0};
	struct span variable = SPAN_NONE;
	const struct route *found = search(routes, listener, method, path, &variable, &allow);

	if (!found)
		found = search(api_routes, listener, method, path, &variable, &allow);
	if (!found && allow.n > 0)
		return refuse_method(&allow, path, arena, ret_allow, err);
	if (!found)
		return REFUSE(err, HTTP_PATH, "nothing is served at %.128s", path);
	*ret_route = found;
	*ret_segment =
	    variable.p ? arena_strndup(arena, (const char *)variable.p, variable.n) : NULL;
	return STATUS_OK;
}

/* One of the types in "application/json, application/yaml". */
static bool type_listed(struct span type, const char *listed)
{
	size_t n;

	for (; *listed; listed += n + strspn(listed + n, ", ")) {
		n = strcspn(listed, ",");
		if (n == type.n && strncasecmp(listed, (const char *)type.p, n) == 0)
			return true;
	}
	return false;
}

struct status route_accepts(const struct route *route, const char *content_type, struct err *err)
{
	struct span type = span_str(content_type);
	const uint8_t *parameters;

	if (!route->content_type)
		return STATUS_OK;
	if (!content_type)
		return REFUSE(
		    err, HTTP_MEDIA_TYPE, "no Content-Type; this takes %s", route->content_type);
	parameters = type.n ? memchr(type.p, ';', type.n) : NULL;
	if (parameters)
		type.n = (size_t)(parameters - type.p);
	if (!type_listed(span_trim(type), route->content_type))
		return REFUSE(err, HTTP_MEDIA_TYPE, "Content-Type %.64s; this takes %s",
		    content_type, route->content_type);
	return STATUS_OK;
}

void route_run(const struct route *route, struct call *call, struct http_response *response,
    struct err *ret_err)
{
	struct status done;

	if (route->operation) {
		perform(route, call, response, ret_err);
		return;
	}
	done = route->permission == PERMISSION_DEVICE ? acts_go_on(call, ret_err) : STATUS_OK;
	if (done.ok)
		done = route->handler(call, response, ret_err);
	if (route->place == ROUTE_EITHER && !call->db && done.ok && response->status == 0)
		return; /* a worker will know */
	if (done.ok && response->status == 0)
		done = err_set(ret_err, ERR_INTERNAL, "%s gave no answer", route->path);
	if (!done.ok)
		route->error_shape(call, ret_err, response);
}
