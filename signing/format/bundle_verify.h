/*
 * signing/format/bundle_verify.h: does a bundle hold, offline, against a trust statement? Hosts
 * only.
 *
 * Checked: envelope (suit_verify) with the statement's keys and grants; vendor; the record's
 * product, channel, sequence, manifest digest and kids against them; approvers; the chain against
 * the record, and its first key among those that signed (it informs only); the entry's kind and
 * commitment; the log's proof and checkpoint, under the statement's log. A statement that names no
 * log asks for no proof: then nothing speaks for record, approvals and chain but the server's word.
 */
#ifndef SIGNET_FORMAT_BUNDLE_VERIFY_H
#define SIGNET_FORMAT_BUNDLE_VERIFY_H

#include "base/err.h"
#include "signing/format/bundle.h"
#include "signing/format/log_proof.h"
#include "signing/format/release_record.h"
#include "signing/format/suit.h"
#include "signing/format/trust.h"

struct bundle_check {
	const struct trust *trust; /* accepted before */
	struct span channel;       /* the device's, or the one asked for */
	struct span class_id;      /* 16 octets, or SPAN_NONE: not known */
	uint64_t checkpoint_least; /* leaves of the largest checkpoint seen before; 0: none */
};

struct bundle_seen {
	struct release_bundle bundle;
	struct suit suit;
	struct release_record record;
	uint64_t log_size, log_index; /* 0 both: the statement names no log */
};

/*
 * ERR_DENIED: it does not hold; ERR_TOO_LARGE: over a bound. The message says what, ret_refusal why
 * as a code; it is REFUSAL_NONE on success. ret_seen borrows from `file`.
 */
MUST_USE struct status release_bundle_verify(const struct bundle_check *check, struct span file,
    struct bundle_seen *ret_seen, enum refusal *ret_refusal, struct err *err);

#endif
