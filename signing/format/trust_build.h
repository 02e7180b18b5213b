/*
 * signing/format/trust_build.h: write trust statements and recall lists. Hosts only.
 *
 * Payload first; each key signs cose_put_tbs(algorithm, kid, TRUST_AAD or RECALL_AAD, payload);
 * then the file is put together. Adding a signature: read the file (trust_read), put it anew.
 */
#ifndef SIGNET_FORMAT_TRUST_BUILD_H
#define SIGNET_FORMAT_TRUST_BUILD_H

#include "base/err.h"
#include "signing/format/recall.h"
#include "signing/format/suit_build.h"

/* A grant as it is written; kids of COSE_KID_SIZE octets in any order. */
struct trust_build_grant {
	size_t kid_count, channel_count;
	const struct span *kids, *channels;
	uint32_t signers;
	uint64_t first;
	uint64_t last; /* UINT64_MAX: open */
	uint32_t approvals;
	bool may_recall;
};

struct trust_build {
	struct span product;
	uint64_t version;
	uint8_t vendor_id[UUID_SIZE];
	size_t key_count, grant_count, revoked_count, next_count;
	const struct cose_key *keys; /* in any order, as all here */
	const struct trust_build_grant *grants;
	const struct span *revoked;
	uint32_t next_threshold;
	const struct cose_key *next;
	struct span log_origin, log_key; /* p NULL: none */
	uint64_t created;
};

/* Append the payload. ERR_INPUT: trust_read() would not take it, and why. */
MUST_USE struct status trust_build_payload(
    const struct trust_build *build, struct buf *out, struct err *err);
/* Append the statement with these signatures. */
void trust_build_file(
    struct span payload, const struct cose_made *made, size_t count, struct buf *out);

struct recall_build {
	struct span product, channel;
	uint64_t number;
	size_t sequence_count;
	const uint64_t *sequences; /* in any order, each once */
	bool has_successor;
	uint64_t successor;
	struct span successor_version; /* p NULL: none */
	uint64_t created;
	uint8_t class_id[UUID_SIZE];
};

MUST_USE struct status recall_build_payload(
    const struct recall_build *build, struct buf *out, struct err *err);
void recall_build_file(
    struct span payload, const struct cose_made *made, size_t count, struct buf *out);

/*
 * Append `file` (a trust statement or a recall list) with one signature more; one by the same key
 * is replaced. ERR_INPUT: it is neither, or has COSE_SIGNATURES_MAX.
 */
MUST_USE struct status signed_file_add(
    struct span file, const struct cose_made *made, struct buf *out, struct err *err);

#endif
