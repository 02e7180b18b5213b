/*
 * ca/ocsp_request.h: read what an OCSP client asks (RFC 6960 4.1, RFC 9919 3.1, RFC 9654), by one
 * strict pass over DER without allocating: every span points into the input.
 *
 * Signatures and requestorName are read over: RFC 9919 3.1.2 has servers "handle such requests as
 * if the requestorName field were absent". Extensions that are not understood are ignored unless
 * they are critical; those of single requests likewise.
 */
#ifndef SIGNET_CA_OCSP_REQUEST_H
#define SIGNET_CA_OCSP_REQUEST_H

#include "base/der.h"

/* 16 certificates, a nonce, a signature with its chain; RFC 9919 asks for one certificate. */
#define OCSP_REQUEST_MAX 8192
/* Of the base64 in a GET, as it came: RFC 9919 5 sends what is longer than 255 octets by POST. */
#define OCSP_GET_MAX 2048
/* Each may cost a look into the store. */
#define OCSP_CERTS_MAX 16
/* RFC 9654 2.1: "a maximum length of 128 octets". */
#define OCSP_NONCE_MAX 128

/* With what an issuer is named. */
enum ocsp_hash {
	OCSP_SHA1,
	OCSP_SHA256,
	OCSP_SHA384,
	OCSP_SHA512,
	OCSP_HASHES /* none of these: names nobody that we know */
};
#define OCSP_HASH_SIZE_MAX 64

/* Digest of this kind; the number of octets. */
size_t ocsp_hash_of(enum ocsp_hash hash, struct span bytes, uint8_t out[static OCSP_HASH_SIZE_MAX]);
/* Its AlgorithmIdentifier, DER. */
struct span ocsp_hash_identifier(enum ocsp_hash hash);

/*
 * SHA-1 and SHA-256, each with its parameters absent or NULL, as both are in use: DER spells the
 * rest of a CertID in one way only, so that these are all that there are of one certificate.
 */
#define OCSP_SPELLINGS 4

struct ocsp_cert_id {
	struct span whole; /* DER, echoed as it came */
	enum ocsp_hash hash;
	unsigned spelling; /* below OCSP_SPELLINGS; that: a rare one */
	struct span name_hash, key_hash;
	/* As certificates have it: octets without leading zeros, at least one. n = 0: one that no
	 * certificate can have (RFC 5280 4.1.2.2: positive, at most 20 octets). */
	struct span serial;
};

struct ocsp_request {
	struct ocsp_cert_id certs[OCSP_CERTS_MAX];
	size_t count;      /* at least one */
	struct span nonce; /* n = 0: none */
};

/* ERR_INPUT ocsp.request, ocsp.nonce. */
struct status ocsp_request_read(struct span der, struct ocsp_request *ret, struct err *err);

/*
 * The DER in a GET's path, appended: what stands behind ".../ocsp/", percent-decoded once, in the
 * standard alphabet. A slash before it is one too many of the URL's; inside, slashes are digits.
 * ERR_INPUT ocsp.request.
 */
struct status ocsp_get_read(const char *text, struct buf *ret_der, struct err *err);

/* CertID DER, appended: for staples and tests. */
void ocsp_cert_id_put(struct buf *out, enum ocsp_hash hash, struct span issuer_name,
    struct span issuer_spki, struct span serial);
/* The bits of a public key, which key hashes are made over. False: no SubjectPublicKeyInfo. */
MUST_USE bool ocsp_key_bits(struct span spki, struct span *ret_bits);

#endif
