/*
 * signing/signer.h: the keys that sign releases, opened once and kept.
 *
 * A signing-key document (access/release_policy.h) names a key behind hsm/ and says which public
 * key it is: one that leads to another key signs nothing. Thread-safe.
 */
#ifndef SIGNET_SIGNING_SIGNER_H
#define SIGNET_SIGNING_SIGNER_H

#include "access/release_policy.h"
#include "hsm/hsm.h"
#include "signing/format/crypto_openssl.h"
#include "signing/format/suit_build.h"

#define SIGNER_CHAIN_MAX 4 /* certificates of one key */

struct signer;
struct signer *signer_new(struct hsm *hsm); /* borrowed for its life */
void signer_free(struct signer *s);         /* keys that are still held stay good */
DEFINE_AUTO_REF(signer, signer_free)

/* A key that is open. What is here does not change. */
struct signer_key {
	int algorithm; /* as its document says: COSE_ES256, COSE_ESP256, ... */
	const struct key_algorithm *kind;
	uint8_t kid[COSE_KID_SIZE];
	struct cose_key public; /* with the algorithm above */
	size_t chain_count;
	struct span
	    chain[SIGNER_CHAIN_MAX]; /* DER, its own certificate first; none where it has none */
};

/*
 * ERR_KEY release.key: this node has no such key, or another one under that name. Give back with
 * signer_key_free().
 */
struct status signer_open(struct signer *s, const struct signing_key *document,
    struct signer_key **ret_key, struct err *err);
void signer_key_free(struct signer_key *k);
DEFINE_AUTO_REF(signer_key, signer_key_free)

/* Sign these octets with the key's own algorithm, as hsm_sign() gives it (ECDSA: DER). Appends. */
struct status signer_sign(
    const struct signer_key *k, struct span message, struct buf *out, struct err *err);
/* The same raw: ECDSA as r and s, what COSE and JOSE have. */
struct status signer_sign_raw(
    const struct signer_key *k, struct span message, struct buf *out, struct err *err);
/* A COSE signature over `payload`; appended to `room`, which ret_made borrows from. */
struct status signer_cose(const struct signer_key *k, struct span external_aad, struct span payload,
    struct buf *room, struct cose_made *ret_made, struct err *err);

#endif
