/* api/openapi.c: see openapi.h. */
#include "api/openapi.h"

#include <string.h>

#include "api/perform.h"
#include "api/problem.h"
#include "base/json.h"

static const char *const methods[] = {[HTTP_GET] = "get",
    [HTTP_POST] = "post",
    [HTTP_PUT] = "put",
    [HTTP_PATCH] = "patch",
    [HTTP_DELETE] = "delete"};

static const char *const scopes[] = {[SCOPE_ANY] = "any",
    [SCOPE_GLOBAL] = "global",
    [SCOPE_PRODUCT] = "product",
    [SCOPE_CHANNEL] = "channel"};

/* ---- parameters ---- */

static void put_parameter(
    struct json *j, const char *in, const char *name, const char *help, bool required)
{
	json_object_begin(j, NULL);
	json_str(j, "name", name);
	json_str(j, "in", in);
	json_bool(j, "required", required);
	if (help)
		json_str(j, "description", help);
}

static void put_text_parameter(
    struct json *j, const char *in, const char *name, const char *help, bool required)
{
	put_parameter(j, in, name, help, required);
	json_object_begin(j, "schema");
	json_str(j, "type", "string");
	json_object_end(j);
	json_object_end(j);
}

/* The one {variable} of the path. */
static void put_variable(struct json *j, const char *path)
{
	const char *open = strchr(path, '{'), *close = open ? strchr(open, '}') : NULL;
	AUTO(buf) name = {0};

	if (!close)
		return;
	buf_put(&name, span(open + 1, (size_t)(close - open) - 1));
	put_text_parameter(j, "path", buf_cstr(&name), NULL, true);
}

static void put_parameters(struct json *j, const struct route *r)
{
	json_array_begin(j, "parameters");
	put_variable(j, r->path);
	for (const struct field *f = r->query; f && f->name; f++) {
		put_parameter(j, "query", f->name, f->help, f->required);
		schema_of_field(j, "schema", f);
		json_object_end(j);
	}
	if (r->flags & ROUTE_EDITS) {
		put_text_parameter(j, "header", "If-Match",
		    "the ETag of what is changed, or *; this or If-None-Match is required", false);
		put_text_parameter(
		    j, "header", "If-None-Match", "*: it must not be there yet", false);
	}
	if (r->flags & ROUTE_VERSIONED)
		put_text_parameter(
		    j, "header", "If-None-Match", "an ETag: 304 if unchanged", false);
	if (r->flags & ROUTE_CREATES)
		put_text_parameter(j, "header", "Idempotency-Key",
		    "1 to 64 visible ASCII characters: a retry is answered as the first time",
		    false);
	json_array_end(j);
}

/* ---- body ---- */

static void put_ref(struct json *j, const char *name, const char *where, const char *what)
{
	AUTO(buf) ref = {0};

	buf_printf(&ref, "#/components/%s/%s", where, what);
	json_object_begin(j, name);
	json_str(j, "$ref", buf_cstr(&ref));
	json_object_end(j);
}

static void put_body_schema(struct json *j, const struct route *r, bool json)
{
	AUTO(buf) name = {0};

	if (r->document && json) {
		buf_printf(&name, "%sDocument", r->answer);
		/* Its kind and name are those of the path. */
		json_object_begin(j, "schema");
		json_str(j, "type", "object");
		json_str(j, "description", buf_cstr(&name));
		json_object_end(j);
	} else if (r->body && json) {
		schema_of_fields(j, "schema", r->body);
	} else {
		json_object_begin(j, "schema");
		if (!json)
			json_str(j, "type", "string");
		json_object_end(j);
	}
}

static void put_body(struct json *j, const struct route *r)
{
	const char *type = r->content_type;
	AUTO(buf) one = {0};

	if (!type)
		return;
	json_object_begin(j, "requestBody");
	json_bool(j, "required", true);
	json_object_begin(j, "content");
	while (*type) {
		const size_t n = strcspn(type, ",");

		buf_reset(&one);
		buf_put(&one, span(type, n));
		json_object_begin(j, buf_cstr(&one));
		put_body_schema(j, r, strcmp(buf_cstr(&one), JSON) == 0);
		json_object_end(j);
		type += n + strspn(type + n, ", ");
	}
	json_object_end(j);
	json_int(j, "x-signet-body-max", (int64_t)r->body_max);
	json_object_end(j);
}

/* ---- answers ---- */

static void put_header(struct json *j, const char *name)
{
	json_object_begin(j, name);
	json_object_begin(j, "schema");
	json_str(j, "type", "string");
	json_object_end(j);
	json_object_end(j);
}

static void put_success(struct json *j, const struct route *r, int status, const char *answer)
{
	AUTO(buf) text = {0};

	buf_printf(&text, "%d", status);
	json_object_begin(j, buf_cstr(&text));
	json_str(j, "description", r->summary);
	if (r->flags & (ROUTE_VERSIONED | ROUTE_EDITS) && status != 204) {
		json_object_begin(j, "headers");
		put_header(j, "ETag");
		json_object_end(j);
	}
	if (answer || r->answer_type) {
		json_object_begin(j, "content");
		json_object_begin(j, r->answer_type ? r->answer_type : JSON);
		if (answer) {
			put_ref(j, "schema", "schemas", answer);
		} else {
			json_object_begin(j, "schema");
			json_str(j, "type", "string");
			json_object_end(j);
		}
		json_object_end(j);
		json_object_end(j);
	}
	json_object_end(j);
}

/* ---- which refusals a row can answer with ---- */

static bool any(const struct route *r)
{
	(void)r;
	return true;
}

static bool not_public(const struct route *r)
{
	return r->permission != PERMISSION_PUBLIC;
}

static bool has_permission(const struct route *r)
{
	return r->permission < PERMISSION_COUNT;
}

static bool has_variable(const struct route *r)
{
	return strchr(r->path, '{') != NULL;
}

static bool has_body(const struct route *r)
{
	return r->content_type != NULL;
}

static bool acts(const struct route *r)
{
	return (r->flags & ROUTE_ACT) != 0;
}

static bool edits(const struct route *r)
{
	return (r->flags & ROUTE_EDITS) != 0;
}

static const struct {
	int status;
	bool (*can)(const struct route *r);
} refusals[] = {
    {400, any},
    {401, not_public},
    {403, has_permission},
    {404, has_variable},
    {409, acts},
    {412, edits},
    {413, has_body},
    {415, has_body},
    {422, acts},
    {428, edits},
    {429, not_public},
    {503, any},
};

static void put_responses(struct json *j, const struct route *r)
{
	json_object_begin(j, "responses");
	if (r->dry_answer)
		put_success(j, r, 200, r->dry_answer);
	put_success(j, r, r->status ? r->status : 200, r->answer);
	if (r->flags & ROUTE_RAW && r->document)
		put_success(j, r, 201, r->answer);
	if (r->flags & ROUTE_ACT && r->permission != PERMISSION_PUBLIC)
		put_ref(j, "202", "responses", "Requested");
	if (r->flags & ROUTE_VERSIONED)
		put_ref(j, "304", "responses", "Unchanged");
	for (size_t i = 0; i < COUNT(refusals); i++) {
		AUTO(buf) status = {0};

		buf_printf(&status, "%d", refusals[i].status);
		if (refusals[i].can(r))
			put_ref(j, buf_cstr(&status), "responses", "Refused");
	}
	put_ref(j, "default", "responses", "Refused");
	json_object_end(j);
}

/* ---- operations ---- */

static void put_security(struct json *j, const struct route *r)
{
	static const char *const schemes[] = {"bearer", "certificate"};

	json_array_begin(j, "security");
	for (size_t i = 0; r->permission != PERMISSION_PUBLIC && i < COUNT(schemes); i++) {
		json_object_begin(j, NULL);
		json_array_begin(j, schemes[i]);
		json_array_end(j);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_operation(struct json *j, const struct route *r)
{
	json_object_begin(j, methods[r->method]);
	json_str(j, "operationId", r->operation);
	json_str(j, "summary", r->summary);
	json_str(j, "x-signet-permission", permission_name(r->permission));
	json_str(j, "x-signet-scope", scopes[r->scope]);
	put_security(j, r);
	put_parameters(j, r);
	put_body(j, r);
	put_responses(j, r);
	json_object_end(j);
}

static bool first_of_path(const struct route *table, const struct route *r)
{
	for (const struct route *other = table; other < r; other++)
		if (strcmp(other->path, r->path) == 0)
			return false;
	return true;
}

static void put_paths(struct json *j, const struct route *table)
{
	json_object_begin(j, "paths");
	for (const struct route *r = table; r->path; r++) {
		if (!r->operation || !first_of_path(table, r))
			continue;
		json_object_begin(j, r->path);
		for (const struct route *same = r; same->path; same++)
			if (same->operation && strcmp(same->path, r->path) == 0)
				put_operation(j, same);
		json_object_end(j);
	}
	json_object_end(j);
}

/* ---- the rest ---- */

static void put_response(
    struct json *j, const char *name, const char *help, const char *type, const char *schema)
{
	json_object_begin(j, name);
	json_str(j, "description", help);
	if (type) {
		json_object_begin(j, "content");
		json_object_begin(j, type);
		put_ref(j, "schema", "schemas", schema);
		json_object_end(j);
		json_object_end(j);
	}
	json_object_end(j);
}

static void put_schemes(struct json *j)
{
	json_object_begin(j, "securitySchemes");
	json_object_begin(j, "bearer");
	json_str(j, "type", "http");
	json_str(j, "scheme", "bearer");
	json_str(j, "bearerFormat", "JWT");
	json_object_end(j);
	json_object_begin(j, "certificate");
	json_str(j, "type", "mutualTLS");
	json_str(j, "description", "a client certificate of an authority for operators");
	json_object_end(j);
	json_object_end(j);
}

static void put_components(struct json *j)
{
	json_object_begin(j, "components");
	schema_components(j);
	json_object_begin(j, "responses");
	put_response(j, "Refused", "refused: the code says why, the advice what to do",
	    PROBLEM_JSON, "Problem");
	put_response(j, "Requested",
	    "policy asks for approvals: the call is kept as a request, which Location names", JSON,
	    "Requested");
	put_response(j, "Unchanged", "it is as If-None-Match says", NULL, NULL);
	json_object_end(j);
	put_schemes(j);
	json_object_end(j);
}

void openapi_write(const struct route *table, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_str(&j, "openapi", "3.1.0");
	json_object_begin(&j, "info");
	json_str(&j, "title", "Signet");
	json_str(&j, "version", SIGNET_VERSION);
	json_str(&j, "description",
	    "A certificate authority and signing server for device makers. docs/api.md is the "
	    "guide.");
	json_object_end(&j);
	put_paths(&j, table);
	put_components(&j);
	json_object_end(&j);
}

struct status openapi_get(struct call *call, struct http_response *response, struct err *err)
{
	AUTO(buf) text = {0};

	(void)err;
	openapi_write(api_routes, &text);
	call_answer(call, response, &text);
	return STATUS_OK;
}
