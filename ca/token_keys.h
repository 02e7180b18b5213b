/*
 * ca/token_keys.h: sign our own tokens, and check them.
 *
 * JWT (RFC 7519), ES256, iss urn:signet:..., aud "signet", sub the principal, jti 128 random bits,
 * kid a digest of the key. The key stands behind hsm/; a node that lacks it checks tokens all the
 * same, by the public keys in the store. Keys that were retired check for as long as a token of
 * theirs can live. Thread-safe.
 */
#ifndef SIGNET_CA_TOKEN_KEYS_H
#define SIGNET_CA_TOKEN_KEYS_H

#include "ca/service_key.h"

#define TOKEN_AUDIENCE     "signet"
#define TOKEN_TTL_MAX      86400
#define TOKEN_TTL_STANDARD 3600
#define TOKEN_TTL_LEAST    60
#define TOKEN_CLOCK_SKEW   60 /* between nodes */
#define TOKEN_JTI_SIZE     33 /* 32 hex digits and NUL */

struct token_keys;
struct token_keys *token_keys_new(void);    /* none yet: everything is ERR_BUSY */
void token_keys_free(struct token_keys *k); /* NULL allowed */
DEFINE_AUTO_REF(token_keys, token_keys_free)
/*
 * Read the keys anew, make the first where there is none. ERR_DATABASE: what was loaded stays.
 * That this node cannot sign is no failure here: token_sign() says why.
 */
struct status token_keys_load(
    struct token_keys *k, const struct service_key_context *c, struct err *err);
/* Have keys been read at all? Until then no token can be checked. */
bool token_keys_known(struct token_keys *k);
/* Can this node sign? False: why not. */
bool token_keys_can_sign(struct token_keys *k, char *why, size_t size);

struct token_claims {
	const char *jti; /* 32 lower-case hex digits */
	const char *principal;
	int64_t issued_at, expires_at;
};
/* Appended. ERR_BUSY credential.keys-away. ERR_KEY. */
struct status token_sign(
    struct token_keys *k, const struct token_claims *claims, struct buf *out, struct err *err);
/*
 * Form, signature, issuer, audience and times; whether it is revoked is the store's to say
 * (sql/token.h). ERR_AUTH jwt.*, ERR_BUSY credential.keys-away. A token that fails early costs a
 * signature check too, so that time tells nothing. Strings in the arena.
 */
struct status token_verify(struct token_keys *k, struct span text, int64_t now, struct arena *arena,
    struct token_claims *ret_claims, struct err *err);

#endif
