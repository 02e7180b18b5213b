/*
 * access/jws.h: a signed JSON Web Token (RFC 7515, 7519), read strictly, then verified by libjwt.
 *
 * Order of things, against all that RFC 8725 tells of: form and size; header, whose alg must be in
 * our table (never none, never an HMAC) and which may bring no key of its own; claims, as JSON with
 * nothing let pass. Then the caller chooses the key by issuer and kid, and jws_verify() demands
 * that the token's algorithm is the key's before libjwt sees either.
 *
 * Until jws_verify() has said yes, nothing that the token says is true.
 */
#ifndef SIGNET_ACCESS_JWS_H
#define SIGNET_ACCESS_JWS_H

#include "access/reason_credential.h"
#include "base/span.h"

#define JWS_SIZE_MAX   16384 /* what CI systems issue has 2 KiB; headers are bounded at 24 KiB */
#define JWS_KEY_ID_MAX 256
#define JWS_DEPTH_MAX  8 /* of claims; GitLab's deepest have 3 */

enum jws_algorithm {
	JWS_RS256,
	JWS_ES256,
	JWS_ES384,
	JWS_ALGORITHMS
};
extern const char *const jws_algorithm_names[]; /* ended by NULL */
/* False: it is none of them ("none" and "HS256" are not). */
MUST_USE bool jws_algorithm_by_name(const char *name, enum jws_algorithm *ret_algorithm);
/* Set of algorithms: bit 1 << id. */
#define JWS_BIT(a) (1U << (a))

/* A public key that may verify. */
struct jws_key {
	char *id;         /* kid; "" where the set gives none */
	uint32_t accepts; /* set of algorithms: of the key's kind, and of its own "alg" where it has
			     one */
	char *pem;        /* SubjectPublicKeyInfo, for libjwt */
};
/*
 * From a SubjectPublicKeyInfo (DER), checked by base/algorithm.h: RSA of 2048 bits and more, EC
 * P-256 or P-384 on its curve. `algorithm` NULL: any of the kind; else the only one. In the arena.
 * False: not such a key, or the algorithm is not of its kind.
 */
MUST_USE bool jws_key_from_spki(struct span spki, const char *id, const char *algorithm,
    struct arena *arena, struct jws_key *ret_key);

struct jws;
/* ERR_AUTH or ERR_TOO_LARGE jwt.*; freed with jws_free(). */
struct status jws_read(struct span text, struct jws **ret_token, struct err *err);
void jws_free(struct jws *t);

enum jws_algorithm jws_algorithm(const struct jws *t);
const char *jws_key_id(const struct jws *t); /* NULL: the header has none */
/* jwt.algorithm: not one that the key accepts. jwt.signature. */
struct status jws_verify(const struct jws *t, const struct jws_key *key, struct err *err);

/* ---- claims ---- */
/* NULL: absent, or no string. Lives as the token. */
const char *jws_text(const struct jws *t, const char *claim);
/* False: absent, or no integer. */
MUST_USE bool jws_number(const struct jws *t, const char *claim, int64_t *ret_value);
/*
 * A string, an integer or a boolean as text ("true"), in the arena; NULL: absent, or something
 * else. GitLab writes its ids as strings, other issuers as numbers: both say the same.
 */
const char *jws_as_text(const struct jws *t, const char *claim, struct arena *arena);
/* RFC 7519 4.1.3: a string, or an array of strings. */
MUST_USE bool jws_is_for(const struct jws *t, const char *audience);

struct jws_times {
	int64_t now, skew; /* seconds */
	int64_t max_age;   /* of iat; 0: no bound but exp */
};
/* iat and exp must be there; nbf is heeded. jwt.claim, jwt.expired, jwt.not-yet, jwt.age. */
struct status jws_check_times(const struct jws *t, const struct jws_times *times, struct err *err);

DEFINE_AUTO_REF(jws, jws_free)

#endif
