/*
 * ca/crl_by_hand.h: revocation lists of an authority whose key is at hand for a moment only, as a
 * root's is; and the revocation of authorities, which such lists are for.
 *
 * A root's list is made by `signetd init` and `signetd rollover`, together with the root, and anew
 * by `signetd crl`, before it ends or when an authority below it is revoked. In the caller's
 * transaction, all of them.
 */
#ifndef SIGNET_CA_CRL_BY_HAND_H
#define SIGNET_CA_CRL_BY_HAND_H

#include "ca/crl_publish.h"
#include "ca/policy.h"

/*
 * Every list of this authority, with the events of this transaction. p->reader is not used.
 * ERR_CONFLICT: somebody else has published meanwhile. ret_row: of the last of them.
 */
struct status crl_publish_by_hand(const struct crl_publisher *p, const struct policy *policy,
    const char *authority, struct hsm_key *key, struct crl_row *ret_row, struct err *err);

/*
 * In two steps, where the key is on another machine: the part to be signed of the list (of shard 0)
 * as it is now; and the list that came back, published. ERR_DENIED: it is not signed by that
 * authority, or no longer what the store says: make a new request.
 */
struct status crl_request_by_hand(const struct crl_publisher *p, const struct policy *policy,
    const char *authority, struct crl_file *ret_file, struct err *err);
struct status crl_import_by_hand(const struct crl_publisher *p, const struct policy *policy,
    const char *authority, struct span list, struct crl_row *ret_row, struct err *err);

struct authority_revocation {
	const char *authority; /* who is revoked */
	int reason;            /* RFC 5280 5.3.1 */
	int64_t invalidity_at; /* 0: not said */
	const char *who;
	int64_t now;
};
/*
 * Its certificate is revoked by the authority above it, and it issues nothing more, on no server.
 * ret_issuer: the one above; in the policy. Takes policy_lock().
 * ERR_MISSING: no such authority. ERR_CONFLICT: it is a root, or its issuer is not held here; or
 * it is revoked.
 */
struct status authority_revoke(struct db *db, const struct policy *policy,
    const struct authority_revocation *order, const struct rng *rng,
    const struct authority **ret_issuer, struct err *err);

#endif
