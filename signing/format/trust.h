/*
 * signing/format/trust.h: the statement that tells a product's devices which keys to believe. No
 * heap, no library.
 *
 *   statement = 55799({0: "signet-trust", 1: bstr payload, 2: [1* bstr COSE_Sign1]})
 *   payload   = {0: 1, 1: product, 2: version, 3: vendor id, 4: [1* key], 5: [1* grant],
 *                6: [* kid], 7: {0: threshold, 1: [1* key]}, 8: null / [origin, Ed25519 key],
 *                9: created}
 *   key       = [kid, algorithm, public key], ascending by kid
 *   grant     = {0: [1* kid], 1: how many of them must have signed, 2: [1* channel],
 *                3: first sequence, ? 4: last sequence, 5: approvals at least, 6: may recall}
 *
 * Signatures are over the payload's octets with external_aad "signet-trust". It alone authorises:
 * no certificate does.
 */
#ifndef SIGNET_FORMAT_TRUST_H
#define SIGNET_FORMAT_TRUST_H

#include "signing/format/cose.h"

#define TRUST_SIZE_MAX     ((size_t)64 << 10) /* some ML-DSA keys and signatures */
#define TRUST_KEYS_MAX     32
#define TRUST_GRANTS_MAX   32
#define TRUST_CHANNELS_MAX 16 /* of one grant */
#define TRUST_NEXT_MAX     8  /* keys that sign statements: COSE_SIGNATURES_MAX */
#define TRUST_AAD          SPAN_LITERAL("signet-trust")

/* A run of CBOR items, `count` of them. */
struct trust_items {
	struct span items;
	size_t count;
};

/* The frame of trust statements and recall lists. */
struct signed_file {
	struct span name; /* TRUST_AAD, RECALL_AAD */
	struct span payload;
	struct trust_items signatures; /* bstr COSE_Sign1 each */
};

struct trust {
	struct signed_file file;
	struct span product;
	uint64_t version;      /* 1 and up */
	struct span vendor_id; /* 16 octets */
	struct trust_items keys, grants, revoked;
	uint32_t next_threshold;
	struct trust_items next;         /* keys of this and the next statement's signers */
	struct span log_origin, log_key; /* p NULL: no log's proof is asked for */
	uint64_t created;                /* seconds since 1970 */
};

struct trust_grant {
	struct trust_items kids, channels;
	uint32_t signers;     /* how many of the kids must have signed */
	uint64_t first, last; /* sequence numbers, both included */
	uint32_t approvals;
	bool may_recall;
};

/* `other`: it has another name. */
MUST_USE enum refusal signed_file_read(
    struct span file, struct span name, enum refusal other, struct signed_file *ret_file);
/* What verifies of its signatures with these keys; as cose_verify_all(). */
MUST_USE enum refusal signed_file_verify(const struct boot_crypto *crypto,
    const struct signed_file *file, const struct trust_items *keys,
    struct cose_signers *ret_signers);

/*
 * Structure alone; nothing is verified. Borrows from `file`. Every kid that a grant names is among
 * the keys; thresholds can be reached; a log is named where a grant asks for approvals.
 */
MUST_USE enum refusal trust_read(struct span file, struct trust *ret_trust);
/* The i-th, false: there are no more. */
bool trust_key(const struct trust *trust, size_t i, struct cose_key *ret_key);
bool trust_next_key(const struct trust *trust, size_t i, struct cose_key *ret_key);
bool trust_grant(const struct trust *trust, size_t i, struct trust_grant *ret_grant);
bool trust_revoked(const struct trust *trust, struct span kid);
bool trust_channel(const struct trust_grant *grant, struct span channel);
/* For cose_verify_all() and suit_verify(): the keys of `4`, or those of `7`. */
struct cose_keys trust_keys(const struct trust *trust);
struct cose_keys trust_next_keys(const struct trust *trust);

/*
 * May `statement` take the place of the one in force? Signed by its quorum and its own, newer, of
 * the same product. In force NULL: a first one, which whoever gives it must have pinned; its own
 * quorum must have signed. TRUST_QUORUM_OLD, TRUST_QUORUM_NEW, TRUST_OLD, TRUST_PRODUCT,
 * COSE_SIGNATURE.
 */
MUST_USE enum refusal trust_accept(
    const struct boot_crypto *crypto, const struct trust *in_force, const struct trust *statement);

enum trust_purpose {
	TRUST_INSTALL,   /* revoked keys count for nothing */
	TRUST_CONFIRMED, /* boot what is confirmed: keys revoked since do not stop it */
	TRUST_RECALL,    /* a recall list: only grants that may recall; sequence is not looked at */
};

#define TRUST_APPROVALS_UNSEEN UINT32_MAX /* only an envelope is at hand, which tells of none */

struct trust_question {
	enum trust_purpose purpose;
	struct span channel;
	uint64_t sequence;
	const struct cose_signers *signers; /* verified with trust_keys() of the same statement */
	uint32_t approvals;                 /* distinct persons, or TRUST_APPROVALS_UNSEEN */
};

/*
 * Does one grant allow it? Else the refusal of the grant that came nearest: TRUST_KEY,
 * TRUST_REVOKED, TRUST_CHANNEL, TRUST_RANGE, TRUST_SIGNERS, TRUST_APPROVALS.
 */
MUST_USE enum refusal trust_judge(const struct trust *trust, const struct trust_question *question);

#endif
