/* api/problem.c: see problem.h. */
#include "api/problem.h"

#include "base/json.h"

static const struct {
	int status;
	const char *title;
} titles[] = {
    {202, "Accepted"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {503, "Service Unavailable"},
};

const char *problem_title(int status)
{
	for (size_t i = 0; i < COUNT(titles); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Internal Server Error";
}

static struct span render(const struct http_request *q, const struct err *err, int status,
    const struct problem_members *m)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_str(&j, "type", "about:blank");
	json_str(&j, "title", problem_title(status));
	json_int(&j, "status", status);
	json_str(&j, "detail", err->message);
	json_str(&j, "code", err_code(err));
	if (err->reason) {
		json_str(&j, "rule", err->reason->rule);
		json_str(&j, "advice", err->reason->advice);
	} else if (status >= 500) {
		json_str(&j, "advice", "try again later; the fault is on this side");
	}
	if (m->errors)
		json_raw(&j, "errors", span_str(m->errors));
	if (m->instance)
		json_str(&j, "instance", m->instance);
	json_str(&j, "request_id", q->id);
	json_object_end(&j);
	buf_put_str(&text, "\n");
	return arena_copy(q->arena, buf_span(&text));
}

static bool wants_retry_after(int status)
{
	return status == 429 || status == 503;
}

void problem_refuse(const struct http_request *request, const struct err *err,
    const struct problem_members *members, struct http_response *r)
{
	const int status = http_status_of(err->kind);
	struct arena *arena = request->arena;

	*r = (struct http_response){0};
	http_respond(r, status, PROBLEM_JSON, render(request, err, status, members));
	r->reason_code = err_code(err);
	http_add_header(r, "X-Signet-Reason", arena_strdup(arena, r->reason_code));
	http_add_header(r, "Cache-Control", "no-store");
	if (wants_retry_after(status))
		http_add_header(r, "Retry-After",
		    arena_printf(arena, "%lld",
			(long long)(members->retry_after > 0 ? members->retry_after
							     : RETRY_AFTER_STANDARD)));
	/* RFC 6750 3: the challenge names the scheme; which credentials would do is no secret. */
	if (status == 401)
		http_add_header(r, "WWW-Authenticate", "Bearer realm=\"signet\"");
}

void problem_shape(const struct call *call, const struct err *err, struct http_response *r)
{
	const struct problem_members members = {
	    .instance = call->reference ? arena_printf(call->request->arena,
					      API_PREFIX "/refused-calls/%s", call->reference)
					: NULL,
	    .errors = call->faults,
	    .retry_after = call->retry_after,
	};

	problem_refuse(call->request, err, &members, r);
}
