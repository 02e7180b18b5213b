/*
 * api/refusal.h: what somebody reads who did not get what they asked for.
 *
 * text/plain, which RFC 8951 5 allows for EST and every client shows:
 *
 *   refused: the request has no challengePassword ...
 *   rule: RFC 7030 3.5: ...
 *   what to do: put the base64 of ...
 *   code: binding.absent
 *   enrollment: 0192...
 *
 * The code is in the X-Signet-Reason header too. The private cause stays here.
 */
#ifndef SIGNET_API_REFUSAL_H
#define SIGNET_API_REFUSAL_H

#include "api/route.h"

#define TEXT_PLAIN "text/plain; charset=utf-8"

/* An error_shape for struct route. */
void refusal_shape(const struct call *call, const struct err *err, struct http_response *r);

#endif
