/*
 * ca/ocsp_board.h: which authorities this server speaks for, and with what.
 *
 * A board is made whole from a policy snapshot and the responders that there are, and shown to all
 * threads; nobody changes one that is shown. An authority is known by the hashes of its name and of
 * its key together: after a change of keys two may have one name.
 */
#ifndef SIGNET_CA_OCSP_BOARD_H
#define SIGNET_CA_OCSP_BOARD_H

#include <stdatomic.h>

#include "ca/ocsp_answer.h"
#include "ca/policy.h"

/* Where policy says nothing. */
#define OCSP_VALIDITY_STANDARD (12 * INT64_C(3600))
#define OCSP_MAX_AGE_STANDARD  INT64_C(60)

/* A delegated responder: key and certificate. Counted. */
struct ocsp_signer {
	atomic_int references;
	struct hsm_key *key;
	struct buf certificate;
	int64_t not_before, not_after;
	uint32_t number; /* of this process */
	bool quick;      /* signs in microseconds, in memory: a loop may do it */
};
/* Takes the key over, copies the certificate. */
struct ocsp_signer *ocsp_signer_new(struct hsm_key *key, struct span certificate,
    int64_t not_before, int64_t not_after, uint32_t number);
struct ocsp_signer *ocsp_signer_keep(struct ocsp_signer *s);
void ocsp_signer_release(struct ocsp_signer *s); /* NULL allowed */
DEFINE_AUTO_REF(ocsp_signer, ocsp_signer_release)

struct ocsp_issuer_hash {
	size_t n;
	uint8_t name[OCSP_HASH_SIZE_MAX], key[OCSP_HASH_SIZE_MAX];
};

struct ocsp_responder { /* of one authority's key */
	int64_t authority_id;
	struct ocsp_issuer_hash hashes[OCSP_HASHES];
	struct ocsp_signer *signer; /* a reference; NULL: none */
	bool offline;               /* ... and none is to come: the authority's key is never here */
	int64_t validity, max_age;  /* seconds */
	/* Of signer, validity and max_age: an answer with another mark is made anew. */
	uint32_t mark;
};

struct ocsp_board {
	atomic_int references;
	int64_t policy_version;
	size_t count;
	struct ocsp_responder responders[];
};
/* One row for each authority, without signers. */
struct ocsp_board *ocsp_board_new(const struct policy *policy);
struct ocsp_board *ocsp_board_keep(struct ocsp_board *b);
void ocsp_board_release(struct ocsp_board *b); /* NULL allowed */
DEFINE_AUTO_REF(ocsp_board, ocsp_board_release)

/* NULL: the issuer is none of ours. */
const struct ocsp_responder *ocsp_board_find(
    const struct ocsp_board *b, const struct ocsp_cert_id *cert);

#endif
