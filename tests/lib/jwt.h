/*
 * tests/lib/jwt.h: an issuer of tokens for tests: right, or wrong in any way that is asked for.
 *
 * By OpenSSL's own API and base64url written here, independent of the code under test. Failure ends
 * the test program.
 */
#ifndef SIGNET_TESTS_JWT_H
#define SIGNET_TESTS_JWT_H

#include <openssl/evp.h>

#include "base/span.h"

/* Append base64url of bytes. */
void jwt_base64url(struct span in, struct buf *out);
/* header.claims.signature, from JSON texts as they are; key NULL: an empty signature. */
void jwt_sign(const char *header, const char *claims, EVP_PKEY *key, struct buf *out);
/* The same with HMAC-SHA256 by these bytes. */
void jwt_sign_hmac(const char *header, const char *claims, struct span secret, struct buf *out);
/* {"kty":...,"kid":kid,<more>} of the public key; `more` like ",\"alg\":\"RS256\"", or "". */
void jwt_put_key(EVP_PKEY *key, const char *kid, const char *more, struct buf *out);
/* The whole set of one key. */
void jwt_put_set(EVP_PKEY *key, const char *kid, struct buf *out);

#endif
