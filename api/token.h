/*
 * api/token.h: tokens of our own: made, listed, revoked. Handlers of /api/v1/tokens.
 * ca/token_make.h
 *
 * Everybody makes, sees and revokes their own; for others' the row's word is not enough: the
 * handlers ask for token.create, token.read and token.revoke, without limits.
 */
#ifndef SIGNET_API_TOKEN_H
#define SIGNET_API_TOKEN_H

#include "api/page.h"
#include "api/route.h"
#include "ca/token_make.h"

#define TOKEN_BODY_MAX    4096  /* every permission by its name is 600 bytes */
#define EXCHANGE_BODY_MAX 24576 /* a token of 16 KiB, and JSON around it */

struct token_list_query {
	struct page_query page;
	char *principal;
	bool live;
};
struct token_body {
	char *principal; /* NULL: oneself */
	int64_t ttl;
	struct str_list permissions; /* empty: not narrowed */
};
struct exchange_body {
	char *token;
	int64_t ttl;
};
extern const struct field token_list_fields[], token_fields[], exchange_fields[];

struct status token_list_get(struct call *call, struct http_response *response, struct err *err);
struct status token_create(struct call *call, struct http_response *response, struct err *err);
struct status token_delete(struct call *call, struct http_response *response, struct err *err);
/*
 * api/token_exchange.c: a token of an outside issuer for one of ours, once. The same token with the
 * same Idempotency-Key is given the same again. Before the signature was good, whatever is wrong is
 * credential.refused; after that, the one who sent it is told.
 */
struct status token_exchange(struct call *call, struct http_response *response, struct err *err);

/* ---- for handlers of credentials ---- */
struct token_maker token_maker_of(struct call *call);
void token_answer(
    const struct call *call, const struct token_made *made, struct http_response *response);
/* Of making a credential for `principal`: oneself may, others need token.create and, where policy
 * asks for them, approvals. `what`: JSON, for approvers and the digest. */
struct status token_may_make(
    struct call *call, const char *principal, const char *what, struct err *err);
/* ERR_MISSING object.unknown. */
struct status token_principal(const struct call *call, const char *name,
    const struct principal **ret_principal, struct err *err);

#endif
