/* api/ocsp.c: see ocsp.h. */
#include "api/ocsp.h"

#include "api/api.h"
#include "api/refusal.h"
#include "ca/ocsp.h"
#include "ca/reason.h"

#define RESPONSE_TYPE "application/ocsp-response"

static void release(void *answer)
{
	ocsp_answer_release(answer);
}

/* RFC 9919 7.2; Content-Length and Date are the server's. */
static void send_answer(
    const struct call *call, struct ocsp_answer *answer, struct http_response *response)
{
	http_add_header(response, "Last-Modified", answer->last_modified);
	http_add_header(response, "Expires", answer->expires);
	http_add_header(response, "ETag", answer->etag);
	http_add_header(response, "Cache-Control", answer->cache_control);
	response->body_owner = answer;
	response->body_release = release;
	if (call->request->method != HTTP_POST &&
	    http_none_match_holds(call->request, answer->etag))
		http_respond(response, 304, NULL, SPAN_NONE);
	else
		http_respond(response, 200, RESPONSE_TYPE, buf_span(&answer->der));
}

static void count(struct metrics *metrics, const struct ocsp_result *result)
{
	static const enum metric by_status[] = {
	    [OCSP_GOOD] = METRIC_OCSP_GOOD,
	    [OCSP_REVOKED] = METRIC_OCSP_REVOKED,
	    [OCSP_UNKNOWN] = METRIC_OCSP_UNKNOWN,
	};

	metric_add(metrics, by_status[result->answer->status], 1);
	metric_add(metrics,
	    result->origin == OCSP_FROM_CACHE ? METRIC_OCSP_CACHED : METRIC_OCSP_SIGNED, 1);
}

static struct status answer(
    struct call *call, struct span der, struct http_response *response, struct err *err)
{
	struct ocsp_result result;

	if (!call->api->ocsp)
		return REFUSE(err, OCSP_STALE, "no status is kept here");
	TRY(ocsp_respond(call->api->ocsp, call->db, der, &result, err));
	if (!result.answer)
		return STATUS_OK; /* a worker asks the database, and signs */
	count(call->api->metrics, &result);
	send_answer(call, result.answer, response);
	return STATUS_OK;
}

struct status ocsp_post(struct call *call, struct http_response *response, struct err *err)
{
	return answer(call, call->request->body, response, err);
}

struct status ocsp_get(struct call *call, struct http_response *response, struct err *err)
{
	AUTO(buf) der = {0};

	TRY(ocsp_get_read(call->segment, &der, err));
	return answer(call, buf_span(&der), response, err);
}

/* ---- refusals ---- */

static enum ocsp_error error_of(enum err_kind kind)
{
	switch (kind) {
	case ERR_INPUT: return OCSP_MALFORMED;
	case ERR_MISSING: return OCSP_UNAUTHORIZED;
	case ERR_BUSY:
	case ERR_LIMIT:
	case ERR_KEY:
	case ERR_DATABASE: return OCSP_TRY_LATER;
	default: return OCSP_INTERNAL;
	}
}

static enum metric metric_of(enum ocsp_error error)
{
	switch (error) {
	case OCSP_MALFORMED: return METRIC_OCSP_MALFORMED;
	case OCSP_UNAUTHORIZED: return METRIC_OCSP_UNAUTHORIZED;
	case OCSP_TRY_LATER: return METRIC_OCSP_TRY_LATER;
	case OCSP_INTERNAL: break;
	}
	return METRIC_OCSP_INTERNAL;
}

void ocsp_error_shape(const struct call *call, const struct err *err, struct http_response *r)
{
	const enum ocsp_error error = error_of(err->kind);

	if (err->kind == ERR_MEDIA || err->kind == ERR_TOO_LARGE) {
		refusal_shape(call, err, r);
		return;
	}
	metric_add(call->api->metrics, metric_of(error), 1);
	http_respond(r, 200, RESPONSE_TYPE, ocsp_error_answer(error));
	r->reason_code = err_code(err);
	/* RFC 9919 7.2: an unsuccessful answer is not for caches. */
	http_add_header(r, "Cache-Control", "no-store");
}
