/*
 * clients/operator/problem.h: a refusal, told so that the operator knows what to do.
 *
 *   signet: refused: device 7 is retired
 *     where:  PATCH /devices/7
 *     rule:   ...
 *     to do:  ...
 *     code:   device.state
 *     more:   signet refusal explain 12
 */
#ifndef SIGNET_OPERATOR_PROBLEM_H
#define SIGNET_OPERATOR_PROBLEM_H

#include "clients/operator/call.h"

/* An answer of 300 or more: problem+json (RFC 9457), or whatever else stands in for it. */
void problem_print(const struct screen *to, const struct client_request *request,
    const struct client_reply *reply);
/* What failed on this side. */
void problem_print_own(const struct screen *to, const struct err *err);
void problem_print_own_json(const struct screen *to, const struct err *err);
/* 202: policy wants approvals; what was asked for is now a request. */
void problem_print_request(const struct call *c, const json_t *answer);

#endif
