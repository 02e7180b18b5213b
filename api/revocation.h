/* api/revocation.h: one certificate revoked, held or resumed: POST /api/v1/certificates/{id}/... */
#ifndef SIGNET_API_REVOCATION_H
#define SIGNET_API_REVOCATION_H

#include "api/route.h"

#define REVOKE_BODY_MAX 4096 /* two members */

struct revoke_body {
	char *reason;
	int64_t invalidity_at; /* 0: not said */
};
extern const struct field revoke_fields[];

/* Each answers with the certificate; what already is as wanted stays as it is. */
struct status certificate_revoke(
    struct call *call, struct http_response *response, struct err *err);
struct status certificate_hold(struct call *call, struct http_response *response, struct err *err);
struct status certificate_resume(
    struct call *call, struct http_response *response, struct err *err);

/* Of a reason's name, to revoke for. REFUSE status.reason. */
struct status revocation_reason_read(const char *name, int *ret_reason, struct err *err);

#endif
