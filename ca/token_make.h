/*
 * ca/token_make.h: make and revoke tokens of our own, each an act with its row and log entry.
 *
 * In the caller's transaction; the token leaves only after its commit. Whether the caller may make
 * tokens for others at all is the route's to ask; here it is asked that nobody makes credentials
 * for more than they hold.
 */
#ifndef SIGNET_CA_TOKEN_MAKE_H
#define SIGNET_CA_TOKEN_MAKE_H

#include "access/access.h"
#include "ca/token_keys.h"
#include "sql/token.h"

struct token_maker {
	struct db *db;
	struct token_keys *keys;
	const struct access *access;
	const struct rng *rng;
	int64_t now;
	struct arena *arena; /* of all that is returned */
};

struct token_wish {
	const struct actor *by;
	const struct principal *principal;  /* for whom */
	int64_t ttl;                        /* seconds; 0: TOKEN_TTL_STANDARD, or what is left */
	const struct str_list *permissions; /* narrowed to these; NULL: not narrowed */
	bool agreed;                        /* others have, as approval policy demands */
};

struct token_made {
	int64_t id;
	const char *jti, *token, *principal;
	int64_t expires_at;
};

/*
 * For oneself: no wider and no longer than the token that asks. For others: access_covers().
 * ERR_DENIED credential.exceeds, credential.bound, credential.principal. ERR_INPUT
 * credential.lifetime, credential.permission. ERR_BUSY credential.keys-away.
 */
struct status token_make(const struct token_maker *m, const struct token_wish *wish,
    struct token_made *ret_token, struct err *err);

/* Whom a token of another issuer stands for (access/oidc.h). */
struct token_exchange {
	const struct principal *principal;
	const char *person;     /* NULL: none is known */
	const char *created_by; /* "oidc:github" */
	const char *provenance; /* access/oidc_run.h; NULL: none */
	int64_t ttl;            /* 0: TOKEN_TTL_STANDARD */
};
/* A token for one request. */
struct status token_make_exchanged(const struct token_maker *m, const struct token_exchange *x,
    struct token_made *ret_token, struct err *err);
/* The same token again, signed anew: same jti, same end. */
struct status token_make_again(const struct token_maker *m, int64_t id, const char *jti,
    struct token_made *ret_token, struct err *err);

/* With all that were made by it. Revoking what is revoked, or ended, changes nothing. */
struct status token_unmake(
    const struct token_maker *m, const struct token_row *row, const char *who, struct err *err);

/* The set of permissions that a row gives: PERMISSION_ALL where it is not narrowed. */
uint64_t token_mask(const struct token_row *row);

#endif
