/*
 * access/oidc.h: whom a token of an outside issuer stands for: a CI's run, mostly.
 *
 * Pinned issuers (policy's oidc-issuer documents) and rules (oidc-rule) decide; the values are
 * compared whole. Runs for pull and merge requests may execute a stranger's code: GitHub's
 * event_name "pull_request..." and GitLab's pipeline_source "merge_request_event" (whose
 * project_... claims are then the fork's) are taken only by a rule that names that event.
 */
#ifndef SIGNET_ACCESS_OIDC_H
#define SIGNET_ACCESS_OIDC_H

#include "access/access.h"
#include "access/jwks_cache.h"

struct oidc_identity {
	const struct oidc_issuer *issuer; /* of the snapshot */
	const struct oidc_rule *rule;
	const struct principal *principal;
	const char *person;     /* as in struct actor; NULL: the issuer's document names no claim */
	const char *provenance; /* access/oidc_run.h; NULL: it is of no repository */
	const char *jti;        /* in the arena */
	int64_t ends;           /* exp with the skew allowed for: after it nobody takes the token */
};

/*
 * All of it: read, issuer, algorithm, key, signature, audience, times, rules. ERR_AUTH jwt.*,
 * ERR_DENIED oidc.*, ERR_BUSY oidc.keys. ret_trusted: the signature was good, so that the one who
 * sent it may be told what else was wrong; set on failure too. May block (jwks_cache.h).
 */
struct status oidc_authenticate(const struct access *a, struct jwks_cache *keys, struct span token,
    int64_t now, struct arena *arena, bool *ret_trusted, struct oidc_identity *ret_identity,
    struct err *err);

/*
 * Does `value` (a claim's, whole) fit the pattern? Exactly; a '*' at the pattern's end, behind '/'
 * or
 * ':', stands for one character and more. Never for claims whose name ends in "_id": 12* is not
 * 123456.
 */
MUST_USE bool oidc_claim_fits(const char *claim, const char *pattern, const char *value);

#endif
