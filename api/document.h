/*
 * api/document.h: documents of policy, one by one: handlers of /api/v1/labels, /roles and so on.
 *
 * Every kind is served by the same handlers; the row's `document` says which. The body of PUT is
 * the document itself; its kind and name are those of the path, and may be left out.
 */
#ifndef SIGNET_API_DOCUMENT_H
#define SIGNET_API_DOCUMENT_H

#include "api/page.h"
#include "api/route.h"

#define DOCUMENT_BODY_MAX (256 << 10) /* a trust anchor with its certificate is a tenth of that */

struct document_list_query {
	struct page_query page;
};
extern const struct field document_list_fields[];

struct status document_list_get(struct call *call, struct http_response *response, struct err *err);
struct status document_one_get(struct call *call, struct http_response *response, struct err *err);
struct status document_put(struct call *call, struct http_response *response, struct err *err);
struct status document_delete(struct call *call, struct http_response *response, struct err *err);

#endif
