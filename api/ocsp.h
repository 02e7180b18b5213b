/*
 * api/ocsp.h: OCSP over HTTP (RFC 6960 A, RFC 9919 5 to 7): handlers of /ocsp.
 *
 * Answers are 200 also where OCSP refuses, since its clients look no further than that; only what
 * is no request at all (media type, size) is refused by HTTP. What was signed may be cached for the
 * authority's ocsp_max_age; refusals never.
 */
#ifndef SIGNET_API_OCSP_H
#define SIGNET_API_OCSP_H

#include "api/route.h"
#include "ca/ocsp_request.h"

struct status ocsp_post(struct call *call, struct http_response *response, struct err *err);
struct status ocsp_get(struct call *call, struct http_response *response, struct err *err);
/* An error_shape for struct route. */
void ocsp_error_shape(const struct call *call, const struct err *err, struct http_response *r);

#endif
