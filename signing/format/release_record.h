/*
 * signing/format/release_record.h: what the log entry `release.signed` commits to.
 *
 *   record = {1: 1, 2: product, 3: channel, 4: version, 5: sequence, 6: SHA-256 of the manifest
 *             (the octets within its SUIT_Digest), 7: SHA-256 of the JSON manifest, 8: [* kid,
 *             ascending], 9: SHA-256 of the chain's certificates one behind the other, 10: digest
 *             of the request / null, 11: [* [approver, role, time]], 12: requester,
 *             13: person behind the requester / null, 14: time of signing}
 */
#ifndef SIGNET_FORMAT_RELEASE_RECORD_H
#define SIGNET_FORMAT_RELEASE_RECORD_H

#include "signing/format/cose.h"

#define RELEASE_RECORD_MAX           ((size_t)32 << 10)
#define RELEASE_RECORD_NAME_MAX      256 /* octets of a person's name or role */
#define RELEASE_RECORD_APPROVALS_MAX 32
#define RELEASE_RECORD_KIND          "release.signed" /* of the log entry */

struct release_approval {
	struct span approver, role;
	uint64_t time; /* seconds since 1970 */
};

struct release_record {
	struct span product, channel, version;
	uint64_t sequence;
	struct span manifest_digest; /* 32 octets, as the three below */
	struct span json_digest;
	struct span chain_digest;
	struct span request_digest; /* p NULL: none was needed */
	size_t kid_count;
	struct span kids[COSE_SIGNATURES_MAX]; /* COSE_KID_SIZE octets each */
	size_t approval_count;
	struct release_approval approvals[RELEASE_RECORD_APPROVALS_MAX];
	struct span requester;
	struct span person; /* p NULL: none */
	uint64_t signed_at; /* seconds since 1970 */
};

/* Freestanding; borrows from `cbor`. Approvers are not judged: release_record_judge(). */
MUST_USE enum refusal release_record_read(struct span cbor, struct release_record *ret_record);
/* Each approver once, and neither requester nor person among them: else BUNDLE_APPROVER. */
MUST_USE enum refusal release_record_judge(const struct release_record *record);
/* Append. What is given must fit what is read: kids ascending, names without control
 * characters, those of product, channel and version of ASCII. */
void release_record_put(const struct release_record *record, struct buf *out);

#endif
