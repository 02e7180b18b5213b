/* tests/unit/device/mint.h: keys and certificates for tests, made in memory with OpenSSL. */
#ifndef TEST_DEVICE_MINT_H
#define TEST_DEVICE_MINT_H

#include <openssl/x509.h>

#include "base/span.h"
#include "clients/device/certs.h"

struct mint_wish {
	const char *cn;
	const char *unit_serial;  /* serialNumber in the subject; NULL: none */
	const X509_NAME *subject; /* instead of the two above */
	EVP_PKEY *key;            /* whose public part goes in */
	X509 *issuer;             /* NULL: self-signed by `key` */
	EVP_PKEY *issuer_key;
	int64_t not_before, not_after; /* 0: an hour ago, in ten years */
	bool ca;
	const char *san;       /* "DNS:localhost,IP:127.0.0.1"; NULL: none */
	const char *eku;       /* "clientAuth"; NULL: none */
	const char *key_usage; /* NULL: what fits */
};

EVP_PKEY *mint_key(void); /* EC P-256 */
X509 *mint_cert(const struct mint_wish *w);
/* A certs-only CMS message. */
void mint_certs_only(X509 *const *certs, size_t count, struct buf *out);
void mint_write_cert(const char *path, X509 *cert);
void mint_write_key(const char *path, EVP_PKEY *key);
void mint_pin(X509 *cert, char text[static 65]);

#endif
