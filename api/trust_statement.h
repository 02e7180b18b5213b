/*
 * api/trust_statement.h: trust statements: taken in, listed, handed out. Handlers of
 * /api/v1/trust-statements. signing/trust_publish.h checks them.
 */
#ifndef SIGNET_API_TRUST_STATEMENT_H
#define SIGNET_API_TRUST_STATEMENT_H

#include "api/page.h"
#include "api/route.h"

#define TRUST_BODY_MAX 65536 /* TRUST_SIZE_MAX of signing/format/trust.h */

struct trust_list_query {
	struct page_query page;
	char *product;
};
extern const struct field trust_list_fields[];

/* The body is the file. 201, or 200 where it is the newest already. */
struct status trust_post(struct call *call, struct http_response *response, struct err *err);
struct status trust_list_get(struct call *call, struct http_response *response, struct err *err);
struct status trust_one_get(struct call *call, struct http_response *response, struct err *err);

#endif
