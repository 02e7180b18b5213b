/*
 * signing/format/cose.h: signatures of COSE_Sign1 (RFC 9052) over a payload that stands elsewhere.
 *
 *   18([bstr {1: algorithm, ? 4: key ID}, {}, nil, signature])
 *
 * Signed is Sig_structure = ["Signature1", protected, external_aad, payload]; it is handed to the
 * integrator's cryptography in parts and never put together. No heap, no library.
 */
#ifndef SIGNET_FORMAT_COSE_H
#define SIGNET_FORMAT_COSE_H

#include "signing/format/cbor_fields.h"
#include "signing/format/crypto.h"

#define COSE_KID_SIZE       32 /* RFC 9679: SHA-256 thumbprint of the key */
#define COSE_KID_MAX        64 /* what others take as key ID */
#define COSE_SIGNATURES_MAX 8  /* over one payload: two algorithms, four hands */

/* A key that signatures are verified with. */
struct cose_key {
	struct span kid;
	int algorithm;
	struct span key; /* raw, as crypto.h says */
};

/*
 * Where keys come from: the i-th of them, false where there are no more. Keys are asked for by
 * rising i from 0, over and over; what it gives must live as long as what was verified is used.
 */
struct cose_keys {
	bool (*get)(const void *context, size_t i, struct cose_key *ret_key);
	const void *context;
};

struct cose_sign1 {
	int algorithm;
	struct span kid;       /* n 0: none */
	struct span protected; /* contents of the bstr */
	struct span signature;
};

/* Whose signatures verified: each key once. */
struct cose_signers {
	size_t count;
	struct span kids[COSE_SIGNATURES_MAX];
};

/* Are these two names of one kind of signature, as ES256 and ESP256 are? */
bool cose_algorithm_fits(int key_algorithm, int algorithm);
/* COSE_KEY: no algorithm of signatures that is known here, or a key of another length than its. */
MUST_USE enum refusal cose_key_check(const struct cose_key *key);
/* Take one from a reader: tag and array, without a bstr around it. */
void cose_in_sign1(struct cbor_in *in, struct cose_sign1 *ret_sign1);
/* COSE_SIGNATURE, COSE_ALGORITHM. */
MUST_USE enum refusal cose_verify(const struct boot_crypto *crypto, const struct cose_sign1 *sign1,
    const struct cose_key *key, struct span external_aad, struct span payload);
/*
 * Verify `count` signatures, each a bstr with a COSE_Sign1 in it, and say whose verified. Those
 * under unknown key IDs, or of algorithms that are not had here, are ignored. Those that name no
 * key count for the first key they verify with. COSE_SIGNATURE: one of a known key does not verify,
 * and nothing is to be believed. COSE_TWICE.
 */
MUST_USE enum refusal cose_verify_all(const struct boot_crypto *crypto,
    const struct cose_keys *keys, struct span signatures, size_t count, struct span external_aad,
    struct span payload, struct cose_signers *ret_signers);
bool cose_signed_by(const struct cose_signers *signers, struct span kid);

#endif
