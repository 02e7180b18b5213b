/* api/refused.h: calls that were refused, and why: handlers of /api/v1/refused-calls. */
#ifndef SIGNET_API_REFUSED_H
#define SIGNET_API_REFUSED_H

#include "api/page.h"
#include "api/route.h"

struct refused_list_query {
	struct page_query page;
	char *principal, *code;
};
extern const struct field refused_list_fields[];

struct status refused_list_get(struct call *call, struct http_response *response, struct err *err);
struct status refused_one_get(struct call *call, struct http_response *response, struct err *err);

#endif
