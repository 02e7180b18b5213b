/* api/apply.h: many documents at once, all or nothing: handler of POST /api/v1/apply. */
#ifndef SIGNET_API_APPLY_H
#define SIGNET_API_APPLY_H

#include "api/route.h"

#define APPLY_BODY_MAX (1 << 20) /* a thousand documents */

struct apply_query {
	bool dry_run;
};
extern const struct field apply_fields[];

struct status apply_post(struct call *call, struct http_response *response, struct err *err);

#endif
