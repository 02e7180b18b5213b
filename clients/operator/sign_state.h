/*
 * clients/operator/sign_state.h: what signet sign keeps in its output directory to go on with, when
 * it was killed, or did not wait long enough.
 *
 * DIR/.signet-sign.json, mode 0600: a token stands in it until the release is there. Written beside
 * the old one and renamed, so that it is old or new.
 */
#ifndef SIGNET_OPERATOR_SIGN_STATE_H
#define SIGNET_OPERATOR_SIGN_STATE_H

#include "base/err.h"
#include "base/span.h"

struct sign_state {
	char plan[65];         /* SHA-256 of the server's URL and what is to be signed, hex */
	char run[33];          /* random: Idempotency-Keys are made of it */
	char *token;           /* got for the CI's; NULL: none; wiped on free */
	int64_t token_expires; /* seconds since 1970 */
	int64_t release, sign_request, publish_request; /* numbers; 0: none */
	bool done;                                      /* all files are there, and verified */
};
void sign_state_free(struct sign_state *s);
void sign_state_drop_token(struct sign_state *s);
static inline void sign_state_auto(struct sign_state *s)
{
	sign_state_free(s);
}

/*
 * What is kept in `directory` for this plan; else, or where it is about another one, a new state
 * with a new `run`. Not yet written.
 */
struct status sign_state_load(const char *directory, const char plan[static 65],
    struct sign_state *ret_state, struct err *err);
struct status sign_state_store(
    const char *directory, const struct sign_state *state, struct err *err);

#endif
