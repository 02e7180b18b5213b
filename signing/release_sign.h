/*
 * signing/release_sign.h: what signing a release would do, who agreed, and doing it.
 * signing/release.h says what releases are.
 */
#ifndef SIGNET_SIGNING_RELEASE_SIGN_H
#define SIGNET_SIGNING_RELEASE_SIGN_H

#include "signing/release.h"

struct request_row; /* sql/request.h */

struct release_plan {
	struct digest digest;
	const char *difference; /* JSON array of one object, for approvers */
	/* for release_sign(): */
	const struct channel *channel;
	size_t key_count;
	struct signer_key *keys[CHANNEL_KEYS_MAX];
};
void release_plan_free(struct release_plan *p);
static inline void release_plan_auto(struct release_plan *p)
{
	release_plan_free(p);
}
/*
 * What signing it would do, judged by policy as it is now: channel, requester, source, keys and
 * formats, and that product and channel are still what the manifest says. `by`: who asks.
 */
struct status release_plan(const struct release_context *c, const struct release_product *product,
    const struct release_row *row, const struct release_actor *by, struct arena *arena,
    struct release_plan *ret_plan, struct err *err);

struct release_approver {
	const char *name, *role;
	int64_t at;
};
/* The approvals that it is signed by: those of the request that is redeemed. */
struct release_evidence {
	const struct digest *request_digest; /* NULL: none was needed */
	const struct release_approver *approvers;
	size_t approver_count;
};
/*
 * From a stored request: who approved and by which of the roles that it required, each person once.
 * In the arena. `row` NULL: none was needed.
 */
struct release_evidence release_evidence_of(
    const struct access *access, const struct request_row *row, int64_t now, struct arena *arena);
/*
 * Sign in every format of the channel with every key, and store it with record and log entry. One
 * that is signed already is left as it is. ret_row: as it is then. ERR_KEY. Nothing may leave
 * before the commit.
 */
struct status release_sign(const struct release_context *c, const struct release_row *row,
    const struct release_plan *plan, const struct release_evidence *evidence,
    const struct release_actor *by, struct arena *arena, struct release_row *ret_row,
    struct err *err);

#endif
