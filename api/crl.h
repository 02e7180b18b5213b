/*
 * api/crl.h: revocation lists, for everybody, under /crl/ (RFC 5280, application/pkix-crl), and
 *what operators see of them.
 *
 *	/crl/NAME.crl             of authority NAME: its shard 0
 *	/crl/NAME/SHARD.crl       of one of several shards
 *	/crl/NAME/SHARD-delta.crl what changed (RFC 5280 5.2.4)
 *
 * From memory. ETag is the list's digest, Last-Modified its thisUpdate, which rises with each list;
 * max-age is bounded by policy (crl_max_age) and never lasts longer than the list does.
 */
#ifndef SIGNET_API_CRL_H
#define SIGNET_API_CRL_H

#include "api/page.h"
#include "api/route.h"

struct status crl_public(struct call *call, struct http_response *response, struct err *err);

struct crl_list_query {
	struct page_query page;
	char *authority; /* NULL: all */
};
extern const struct field crl_list_fields[];
struct status crl_list_get(struct call *call, struct http_response *response, struct err *err);

#endif
