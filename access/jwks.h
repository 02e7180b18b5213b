/*
 * access/jwks.h: a set of public keys as issuers publish it (RFC 7517, RFC 7518 section 6).
 *
 * Ignored, as RFC 7517 5 asks: keys of kinds that we do not know, for encryption, for algorithms
 * that are not taken, too small, not on their curve, with an alg that is not of their kind. Refused
 * as a whole: what is no set, is over a bound, or shows a private key.
 */
#ifndef SIGNET_ACCESS_JWKS_H
#define SIGNET_ACCESS_JWKS_H

#include "access/jws.h"

#define JWKS_SIZE_MAX ((size_t)256 << 10)
#define JWKS_KEYS_MAX 128 /* the largest that we know of has 6 */

struct jwks {
	struct jws_key *keys;
	size_t count;
	size_t ignored;
};

/* In the arena. ERR_BUSY oidc.keys: no set, over a bound, a private key in it, or no key left. */
struct status jwks_read(
    struct span text, struct arena *arena, struct jwks *ret_set, struct err *err);

/* For a policy document that holds a set: the same, and nothing is kept. */
struct status jwks_check(struct span text, struct err *err);

enum jwks_found {
	JWKS_NONE,
	JWKS_ONE,
	JWKS_SEVERAL /* two keys of one name: nobody can say which is meant */
};
enum jwks_found jwks_find(const struct jwks *set, const char *id, const struct jws_key **ret_key);

#endif
