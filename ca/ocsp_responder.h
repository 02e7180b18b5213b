/*
 * ca/ocsp_responder.h: delegated responders: made, found again, renewed (RFC 6960 4.2.2.2).
 *
 * Each node has a key of its own for each authority, file:ocsp-NODE-AUTHORITY.key, and a
 * certificate for it that the authority's key has signed: for 14 days, renewed after seven. It is
 * stored and logged as every certificate. When it is revoked or its key compromised, the next key
 * is file:ocsp-NODE-AUTHORITY-2.key, and so on.
 */
#ifndef SIGNET_CA_OCSP_RESPONDER_H
#define SIGNET_CA_OCSP_RESPONDER_H

#include "base/clock.h"
#include "ca/ocsp_board.h"
#include "sql/ocsp.h"

/* Keys of one responder, one after the other, each of which was given up. */
#define OCSP_RESPONDER_KEYS_MAX 9

struct ocsp_responder_context {
	struct db *db;
	struct hsm *hsm;
	const struct clock *clock;
	const struct rng *rng;
	const char *node;
	uint32_t next_number; /* of signers; counted up */
};

/* Is it time for another? */
bool ocsp_signer_is_due(const struct ocsp_signer *s, int64_t now);
/*
 * The responder of this authority and node, from the store, or made. Fails where one is due and
 * cannot be had: ret_signer is then what serves until its end, or NULL. ERR_KEY: the authority's
 * key is not here.
 */
struct status ocsp_responder_keep(struct ocsp_responder_context *c, struct authority *a,
    struct ocsp_signer **ret_signer, struct err *err);

/* "ocsp": an authority for which this node cannot answer. With its log entry, in one commit. */
struct status ocsp_responder_alarm(const struct ocsp_responder_context *c,
    const struct authority *a, const char *why, struct err *err);

#endif
