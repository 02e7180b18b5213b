#include "api/refusal.h"

#include <stdlib.h>

#include "api/problem.h"

static const char *opening(enum err_kind kind, int status)
{
	if (kind == ERR_PENDING)
		return "accepted, not decided";
	return status >= 500 ? "failed" : "refused";
}

static const char *advice(const struct err *err, int status)
{
	if (err->reason)
		return err->reason->advice;
	return status >= 500 ? "try again later; the fault is on this side" : NULL;
}

static struct span render(
    const struct err *err, int status, const char *reference, struct arena *arena)
{
	AUTO(buf) text = {0};
	const char *cure = advice(err, status);

	buf_printf(&text, "%s: %s\n", opening(err->kind, status), err->message);
	if (err->reason)
		buf_printf(&text, "rule: %s\n", err->reason->rule);
	if (cure)
		buf_printf(&text, "what to do: %s\n", cure);
	buf_printf(&text, "code: %s\n", err_code(err));
	if (reference && reference[0])
		buf_printf(&text, "enrollment: %s\n", reference);
	return arena_copy(arena, buf_span(&text));
}

static bool wants_retry_after(int status)
{
	return status == 202 || status == 429 || status == 503;
}

/*
 * Who was turned away together must not come back together. Request ids are spread evenly: each
 * waits up to RETRY_AFTER_SPREAD longer where nobody said how long, and up to a quarter longer for
 * somebody's approval. A limit of one device alone is told as it is.
 */
static int64_t spread(const struct http_request *request, int status, int64_t retry_after)
{
	const int64_t least = retry_after > 0 ? retry_after : RETRY_AFTER_STANDARD;
	const int64_t most = retry_after <= 0 ? RETRY_AFTER_SPREAD
			     : status == 202  ? retry_after / 4
					      : 0;

	return least + (int64_t)(strtoull(request->id, NULL, 16) % (uint64_t)(most + 1));
}

static void shape(const struct http_request *request, const struct err *err, const char *reference,
    int64_t retry_after, struct http_response *r)
{
	struct arena *arena = request->arena;
	int status = http_status_of(err->kind);

	http_respond(r, status, TEXT_PLAIN, render(err, status, reference, arena));
	r->reason_code = err_code(err);
	http_add_header(r, "X-Signet-Reason", arena_strdup(arena, r->reason_code));
	/*
	 * RFC 7030 4.2.3: with 202 "the server MUST include a Retry-After header";
	 * seconds, since the clocks of devices are wrong.
	 */
	if (wants_retry_after(status))
		http_add_header(r, "Retry-After",
		    arena_printf(arena, "%lld", (long long)spread(request, status, retry_after)));
	/*
	 * RFC 9110 15.5.2: a 401 "MUST send a WWW-Authenticate header field". No password would
	 * help here, so none is asked for: the scheme names what is wanted instead.
	 */
	if (status == 401)
		http_add_header(r, "WWW-Authenticate", "TLS-Client-Certificate realm=\"est\"");
}

void refusal_shape(const struct call *call, const struct err *err, struct http_response *r)
{
	shape(call->request, err, call->reference, call->retry_after, r);
}

void route_refuse(const struct http_request *request, const struct err *err, const char *allow,
    struct http_response *response)
{
	if (span_starts(span_str(request->path), "/api/"))
		problem_refuse(request, err, &(struct problem_members){0}, response);
	else
		shape(request, err, NULL, 0, response);
	if (allow)
		http_add_header(response, "Allow", allow);
}
