/* api/ocsp_responder.h: what operators see of OCSP responders: handler of /api/v1/ocsp-responders.
 */
#ifndef SIGNET_API_OCSP_RESPONDER_H
#define SIGNET_API_OCSP_RESPONDER_H

#include "api/page.h"
#include "api/route.h"

struct ocsp_list_query {
	struct page_query page;
	char *authority, *node; /* NULL: all */
};
extern const struct field ocsp_list_fields[];

struct status ocsp_list_get(struct call *call, struct http_response *response, struct err *err);

#endif
