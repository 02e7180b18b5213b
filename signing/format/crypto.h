/*
 * signing/format/crypto.h: the cryptography that the readers here ask of whoever integrates them.
 *
 * A device gives its own (a library's, or its hardware's); on hosts it is OpenSSL's
 * (crypto_openssl.h). Algorithms are COSE's numbers.
 */
#ifndef SIGNET_FORMAT_CRYPTO_H
#define SIGNET_FORMAT_CRYPTO_H

#include "base/span.h"

enum cose_algorithm {
	COSE_SHA256 = -16,
	COSE_SHA384 = -43,
	COSE_SHA512 = -44,
	COSE_ES256 = -7,  /* P-256 with SHA-256 */
	COSE_ESP256 = -9, /* the same, fully specified: RFC 9864 */
	COSE_ES384 = -35, /* P-384 with SHA-384 */
	COSE_ESP384 = -51,
	COSE_EDDSA = -8, /* with the curve Ed25519 only */
	COSE_ED25519 = -19,
	COSE_ML_DSA_44 = -48,
	COSE_ML_DSA_65 = -49,
	COSE_ML_DSA_87 = -50,
};

#define CRYPTO_DIGEST_MAX 64 /* octets: SHA-512 */

/*
 * Every call is given `context`. One hash runs at a time; it may be started anew without having
 * been ended. Spans are valid during the call only.
 */
struct boot_crypto {
	/* False: not an algorithm that is had here. */
	bool (*hash_start)(void *context, int algorithm);
	bool (*hash_more)(void *context, const uint8_t *p, size_t n);
	/* ret_digest has room for CRYPTO_DIGEST_MAX. */
	bool (*hash_end)(void *context, uint8_t *ret_digest, size_t *ret_n);
	/* Can signatures of this algorithm be verified here? What cannot counts as not signed. */
	bool (*has)(void *context, int algorithm);
	/*
	 * The message is the parts one behind the other. Key: an uncompressed point of 65 or 97
	 * octets, or the raw key of Ed25519 (32) or ML-DSA. Signature: r and s, of fixed length;
	 * else raw. Lengths were checked. True: it verifies.
	 */
	bool (*verify)(void *context, int algorithm, struct span key, const struct span *parts,
	    size_t count, struct span signature);
	void *context;
};

#endif
