/*
 * tests/lib/pki.h: a manufacturer for tests: authorities, IDevIDs and requests, right or broken on
 * purpose.
 *
 * Made with OpenSSL's own API, independent of the code under test. Failure ends the test program.
 */
#ifndef SIGNET_TESTS_PKI_H
#define SIGNET_TESTS_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/span.h"

struct pki_authority {
	EVP_PKEY *key;
	X509 *certificate;
};

/* "EC-P256" "EC-P384" "Ed25519" "RSA-2048" "RSA-1024" */
EVP_PKEY *pki_key(const char *algorithm);

/* A self-signed CA, or one below `parent`. path_length -1: none. */
struct pki_authority pki_authority(
    const char *common_name, const struct pki_authority *parent, int path_length);
void pki_authority_free(struct pki_authority *a);

/* What an IDevID is to look like; zero values are right by IEEE 802.1AR. */
struct pki_idevid {
	const char *product;     /* subject OU, NULL: left out */
	const char *serial;      /* subject serialNumber, NULL: left out */
	const char *common_name; /* NULL: serial */
	int64_t not_before;      /* seconds from now; 0: an hour ago */
	int64_t not_after;       /* seconds from now; 0: 99991231235959Z */
	bool no_aki, no_key_usage, ca, critical_unknown, wrong_signature;
	const char *key_usage; /* NULL: "critical,digitalSignature" */
};
X509 *pki_idevid(const struct pki_authority *issuer, EVP_PKEY *key, const struct pki_idevid *want);

struct pki_csr {
	const char *common_name; /* NULL: empty subject */
	X509_NAME *subject;      /* instead of common_name */
	const char *challenge;   /* challengePassword text; NULL: none */
	const char *san;         /* OpenSSL syntax, "DNS:x"; NULL: none */
	bool wrong_signature;
};
/* PKCS#10 DER, appended. */
void pki_csr(EVP_PKEY *key, const struct pki_csr *want, struct buf *ret_der);

/* PEM text of a certificate or (clear) private key, appended. */
void pki_pem_certificate(X509 *certificate, struct buf *ret_pem);
void pki_pem_key(EVP_PKEY *key, struct buf *ret_pem);

#endif
