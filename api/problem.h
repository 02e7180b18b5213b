/*
 * api/problem.h: refusals of the API: application/problem+json (RFC 9457).
 *
 *	{"type": "about:blank", "title": "Forbidden", "status": 403,
 *	 "detail": "nobody gave bob device.register for product x100", "code": "access.denied",
 *	 "rule": "...", "advice": "...", "instance": "/api/v1/refused-calls/17",
 *	 "request_id": "0123456789abcdef"}
 *
 * `code` is stable; the instance is there where the refusal was recorded. The code is in the
 * X-Signet-Reason header too. The private cause stays here.
 */
#ifndef SIGNET_API_PROBLEM_H
#define SIGNET_API_PROBLEM_H

#include "api/route.h"

#define API_PREFIX   "/api/v1"
#define JSON         "application/json"
#define PROBLEM_JSON "application/problem+json"

/* An error_shape for struct route. */
void problem_shape(const struct call *call, const struct err *err, struct http_response *r);
/* The same where there is no call yet. */
struct problem_members {
	const char *instance; /* NULL: none */
	const char *errors;   /* JSON array; NULL: none */
	int64_t retry_after;  /* seconds; 0: the standard where one is due */
};
void problem_refuse(const struct http_request *request, const struct err *err,
    const struct problem_members *members, struct http_response *r);
/* "Forbidden" for 403: the phrases of RFC 9110. */
const char *problem_title(int status);

#endif
