/* api/self.h: who am I, and who may what: handlers of /api/v1/whoami and /api/v1/can. */
#ifndef SIGNET_API_SELF_H
#define SIGNET_API_SELF_H

#include "api/route.h"

struct can_query {
	char *principal, *permission, *scope;
};
extern const struct field can_fields[];

struct status self_whoami(struct call *call, struct http_response *response, struct err *err);
/* Oneself: whoever one is. Others: with access.read. */
struct status self_can(struct call *call, struct http_response *response, struct err *err);

#endif
