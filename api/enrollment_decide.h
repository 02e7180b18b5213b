/* api/enrollment_decide.h: approve and reject enrollments that wait. See ca/enroll_decide.h. */
#ifndef SIGNET_API_ENROLLMENT_DECIDE_H
#define SIGNET_API_ENROLLMENT_DECIDE_H

#include "api/route.h"

/*
 * Where approval policies name enrollment.approve, the call counts as the caller's approval of a
 * request whose requester is the device: 202 with the request until there are enough, then 200.
 */
struct status enrollment_approve(
    struct call *call, struct http_response *response, struct err *err);
/* Ends the request, too, where there is one. */
struct status enrollment_reject(struct call *call, struct http_response *response, struct err *err);

#endif
