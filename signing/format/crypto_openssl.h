/* signing/format/crypto_openssl.h: the readers' cryptography by OpenSSL, and keys for them. */
#ifndef SIGNET_FORMAT_CRYPTO_OPENSSL_H
#define SIGNET_FORMAT_CRYPTO_OPENSSL_H

#include "base/algorithm.h"
#include "signing/format/cose.h"

/* The running hash. Start as {0}; one for each thread; AUTO(crypto_openssl). */
struct crypto_openssl {
	EVP_MD_CTX *hash;
};

/* Good as long as `state`. ML-DSA where this OpenSSL has it. */
struct boot_crypto crypto_openssl(struct crypto_openssl *state);
void crypto_openssl_free(struct crypto_openssl *state);
static inline void crypto_openssl_auto(struct crypto_openssl *state)
{
	crypto_openssl_free(state);
}

/* "ES256" "ESP256" "ES384" "ESP384" "EdDSA" "Ed25519" "ML-DSA-44" ...; 0: not known. */
int cose_algorithm_by_name(const char *name);
const char *cose_algorithm_name(int algorithm); /* NULL: not known */
/* The algorithm that this key signs with by default: ESP256, ESP384, Ed25519, ML-DSA-n; 0: none. */
int cose_algorithm_of_key(const struct key_algorithm *a);
/* Its row of key_algorithms; NULL: not one of signatures. */
const struct key_algorithm *cose_key_algorithm(int algorithm);

/* A key with its memory. */
struct cose_key_owned {
	uint8_t kid[COSE_KID_SIZE];
	int algorithm;
	struct buf key; /* raw */
};

/*
 * From SubjectPublicKeyInfo; algorithm as cose_algorithm_of_key(). ERR_INPUT: malformed, or RSA,
 * which manifests are not signed with. Free with cose_key_owned_free().
 */
MUST_USE struct status cose_key_from_spki(
    struct span spki, struct cose_key_owned *ret_key, struct err *err);
void cose_key_owned_free(struct cose_key_owned *key);
static inline void cose_key_owned_auto(struct cose_key_owned *key)
{
	cose_key_owned_free(key);
}
struct cose_key cose_key_of(const struct cose_key_owned *key); /* borrows */
/* RFC 9679 section 3: SHA-256 of the key as COSE_Key, of required members only. */
MUST_USE bool cose_thumbprint(
    int algorithm, struct span key, uint8_t ret_kid[static COSE_KID_SIZE]);
/* Append SubjectPublicKeyInfo. False: not a key of an algorithm that is known here. */
MUST_USE bool cose_key_spki(int algorithm, struct span key, struct buf *out);
/*
 * A signature as hsm_sign() and signature_make() give it, as COSE has it: raw. Appends. ERR_INPUT.
 */
MUST_USE struct status cose_signature_from_native(
    int algorithm, struct span native, struct buf *out, struct err *err);

#endif
