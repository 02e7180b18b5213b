#include "api/http.h"

#include <string.h>
#include <strings.h>

#include "base/encode.h"

const char *http_header(const struct http_request *q, const char *name)
{
	for (size_t i = 0; i < q->header_count; i++)
		if (strcasecmp(q->headers[i].name, name) == 0)
			return q->headers[i].value;
	return NULL;
}

void http_respond(struct http_response *r, int status, const char *content_type, struct span body)
{
	r->status = status;
	r->content_type = content_type;
	r->body = body;
}

/* Handlers set a handful; a ninth would be a fault of ours, and is left out rather than overrun. */
void http_add_header(struct http_response *r, const char *name, const char *value)
{
	if (r->header_count < COUNT(r->headers))
		r->headers[r->header_count++] = (struct http_header){name, value};
}

const char *http_response_header(const struct http_response *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (strcmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

/* A list of entity tags, compared weakly, or "*". Ours hold no comma and no quote inside. */
bool http_none_match_holds(const struct http_request *q, const char *etag)
{
	const char *held = http_header(q, "If-None-Match");

	return held && (strcmp(held, "*") == 0 || strstr(held, etag) != NULL);
}

void http_respond_cached(const struct http_request *q, struct http_response *r,
    const char *content_type, const char *cache_control, struct span body)
{
	struct digest d = sha256(body);
	char hex[2 * SHA256_SIZE + 1];
	const char *etag;

	hex_text(SPAN_OF(d.bytes), hex);
	etag = arena_printf(q->arena, "\"%s\"", hex);
	http_add_header(r, "ETag", etag);
	http_add_header(r, "Cache-Control", cache_control);
	if (http_none_match_holds(q, etag))
		http_respond(r, 304, NULL, SPAN_NONE);
	else
		http_respond(r, 200, content_type, body);
}

static const char *const method_names[] = {[HTTP_GET] = "GET",
    [HTTP_HEAD] = "HEAD",
    [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",
    [HTTP_PATCH] = "PATCH",
    [HTTP_DELETE] = "DELETE",
    [HTTP_OTHER] = "?"};

const char *http_method_name(enum http_method method)
{
	return method_names[method];
}

enum http_method http_method_by_name(const char *name)
{
	for (int i = HTTP_GET; i < HTTP_OTHER; i++)
		if (strcmp(name, method_names[i]) == 0)
			return (enum http_method)i;
	return HTTP_OTHER;
}

int http_status_of(enum err_kind kind)
{
	switch (kind) {
	case ERR_INPUT: return 400;
	case ERR_AUTH: return 401;
	case ERR_DENIED: return 403;
	case ERR_MISSING: return 404;
	case ERR_METHOD: return 405;
	case ERR_CONFLICT: return 409;
	case ERR_STALE: return 412;
	case ERR_UNFIT: return 422;
	case ERR_BLIND: return 428;
	case ERR_TOO_LARGE: return 413;
	case ERR_MEDIA: return 415;
	case ERR_RANGE: return 416;
	case ERR_LIMIT: return 429;
	case ERR_PENDING: return 202;
	case ERR_BUSY:
	case ERR_DATABASE:
	case ERR_KEY: return 503;
	case ERR_NONE:
	case ERR_CONFIG:
	case ERR_INTERNAL: break;
	}
	return 500;
}
