/*
 * base/algorithm.h: keys and signatures by name.
 *
 * One table row per key algorithm. Names are data: policy, YAML, SQL and logs
 * use `name`; code asks OpenSSL by the names in the row, so that what the
 * library does not have (ML-DSA before OpenSSL 3.5) is a clear error and no #if.
 */
#ifndef SIGNET_BASE_ALGORITHM_H
#define SIGNET_BASE_ALGORITHM_H

#include <openssl/evp.h>

#include "base/err.h"
#include "base/span.h"

struct key_algorithm {
	const char *name;     /* "EC-P256" "EC-P384" "Ed25519" "RSA-2048" "RSA-3072" "RSA-4096"
				 "ML-DSA-44" ... */
	const char *evp_type; /* for EVP_PKEY_CTX_new_from_name: "EC" "ED25519" "RSA" "ML-DSA-44" */
	const char *evp_group; /* EC: "P-256"; else NULL */
	int bits;              /* RSA: modulus bits; else 0 */
	const struct signature_algorithm
	    *signature; /* what this key signs with, by default and on the wire */
	struct span
	    identifier; /* AlgorithmIdentifier of its SubjectPublicKeyInfo, DER with its header */
	size_t public_size; /* octets of the public key in its BIT STRING; 0: varies (RSA) */
};

struct signature_algorithm {
	const char *name;       /* "ecdsa-with-SHA256" */
	const char *digest;     /* "SHA256"; NULL for pure schemes */
	struct span identifier; /* AlgorithmIdentifier, DER with its SEQUENCE header */
	const char *evp_type;   /* of the keys that it fits: "EC" "RSA" "ED25519" "ML-DSA-44" ... */
};

extern const struct key_algorithm key_algorithms[]; /* ended by name NULL */

/* NULL: not known. */
const struct key_algorithm *key_algorithm_by_name(const char *name);
/* Does this OpenSSL have it? */
bool key_algorithm_available(const struct key_algorithm *a);

/*
 * Which algorithm is this SubjectPublicKeyInfo (DER)? Structure is checked strictly:
 * AlgorithmIdentifier parameters as the standards say, EC point uncompressed and of the right
 * length, RSA modulus 2048..8192 bits (a size without a row of its own gets the row of the next
 * smaller size) with odd exponent 65537 .. 2^64 - 1. ERR_INPUT: malformed or not one of the table.
 */
struct status key_algorithm_of_spki(
    struct span spki, const struct key_algorithm **ret_algorithm, struct err *err);

/*
 * A public key for verifying from SPKI DER. Quick on OpenSSL 3.0 as well (not through its
 * decoders). The EC point is checked to be on the curve. ERR_INPUT; freed with EVP_PKEY_free.
 */
struct status public_key_from_spki(struct span spki, const struct key_algorithm **ret_algorithm,
    EVP_PKEY **ret_key, struct err *err);

/* Make a key pair. ERR_CONFIG: not in this OpenSSL. */
struct status key_generate(const struct key_algorithm *a, EVP_PKEY **ret_key, struct err *err);

/* SubjectPublicKeyInfo DER of a key, appended. */
struct status key_spki(EVP_PKEY *key, struct buf *out, struct err *err);

/* The signature algorithm for an AlgorithmIdentifier (whole DER, byte-exact); NULL: unknown.
 * Includes those we verify but never make (ecdsa-with-SHA384 with P-256, RSA with SHA-384/512). */
const struct signature_algorithm *signature_algorithm_of(struct span identifier);

/*
 * Verify `signature` over `message`. False: bad signature, or algorithm and key do not fit.
 * Leaves OpenSSL's error queue as it was. Thread-safe, with a key shared among threads too.
 */
MUST_USE bool signature_verify(
    EVP_PKEY *key, const struct signature_algorithm *a, struct span message, struct span signature);
/* Sign with a key in memory: for hsm/'s file back end, the device's file store and tests. Appends.
 */
struct status signature_make(EVP_PKEY *key, const struct signature_algorithm *a,
    struct span message, struct buf *out, struct err *err);

DEFINE_AUTO_PTR(EVP_PKEY, EVP_PKEY_free)

#endif
