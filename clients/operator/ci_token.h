/*
 * clients/operator/ci_token.h: the ID token that a CI system signs for a job: what a pipeline has
 * instead of a secret.
 */
#ifndef SIGNET_OPERATOR_CI_TOKEN_H
#define SIGNET_OPERATOR_CI_TOKEN_H

#include "clients/operator/release_follow.h"

/* Is there one to be had? From --oidc-token-file, SIGNET_OIDC_TOKEN, or GitHub's endpoint. */
bool ci_token_offered(const struct call *c);
/*
 * It. On GitHub it is asked for, with --audience, $SIGNET_OIDC_AUDIENCE or the server's URL as its
 * audience, over https with the system's authorities (or those of $SSL_CERT_FILE): GitHub's server
 * is none of ours. Owned by the caller, who wipes it.
 */
struct status ci_token_get(const struct call *c, char **ret_token, struct err *err);
/*
 * Exchange it for a token of Signet's, under this Idempotency-Key: the same again, also in another
 * run of the program, gives the same. Wipes and frees `token`. ret_expires: seconds since 1970.
 */
int ci_token_exchange(
    struct follow *f, char *token, const char *key, char **ret_token, int64_t *ret_expires);

#endif
