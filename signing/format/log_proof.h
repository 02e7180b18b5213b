/*
 * signing/format/log_proof.h: all that proves, offline, that an entry stands in a log
 * (C2SP tlog-proof), a file named *.tlog-proof.
 *
 *   c2sp.org/tlog-proof@v1
 *   extra <base64>                   where there is any; not authenticated
 *   index <decimal>
 *   hashes, base64, none or more: from the leaf's sibling upwards
 *   (empty line)
 *   a checkpoint, verbatim
 */
#ifndef SIGNET_FORMAT_LOG_PROOF_H
#define SIGNET_FORMAT_LOG_PROOF_H

#include "signing/format/log_policy.h"

#define LOG_PROOF_EXTRA_MAX ((size_t)128 << 10) /* octets, before base64: two entries and more */
#define LOG_PROOF_SIZE_MAX  ((size_t)512 << 10) /* all of that, checkpoint included, in base64 */

struct log_proof {
	uint64_t index;
	struct merkle_proof path;
	struct span extra_base64; /* empty: none; well-formed otherwise; borrowed */
	struct span checkpoint;   /* with its signatures; borrowed */
};

/* Append in writing; extra_base64 is not looked at: `extra` is, and may be SPAN_NONE. */
void log_proof_put(const struct log_proof *proof, struct span extra, struct buf *out);
/*
 * ERR_INPUT: malformed (which line, and why); the checkpoint's own form is judged by
 * log_proof_verify(). ERR_TOO_LARGE: over one of the bounds above.
 */
MUST_USE struct status log_proof_parse(
    struct span file, struct log_proof *ret_proof, struct err *err);

/*
 * Does the entry stand in a log that the policy trusts? ret_checkpoint (which borrows from the
 * proof's) and ret_seen tell in which state, seen by whom. ERR_DENIED: it is not proven (and why).
 * ERR_INPUT, ERR_TOO_LARGE: the checkpoint is malformed, or index and hashes do not fit its size.
 */
MUST_USE struct status log_proof_verify(const struct log_proof *proof,
    const struct log_policy *policy, struct span entry, struct checkpoint *ret_checkpoint,
    struct log_policy_seen *ret_seen, struct err *err);

#endif
