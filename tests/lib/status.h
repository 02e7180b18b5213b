/*
 * tests/lib/status.h: what a server says of certificates: lists and OCSP, asked over its public
 * listener and read by OpenSSL, as somebody would who trusts nothing but the authority's key.
 */
#ifndef SIGNET_TESTS_STATUS_H
#define SIGNET_TESTS_STATUS_H

#include "base/span.h"

#include <openssl/ocsp.h>
#include <openssl/x509.h>

struct status_list {
	X509_CRL *crl;
	int64_t number, base; /* base 0: a full list */
	int64_t this_update, next_update;
};
/* GET path. False: no list came, or not one that `issuer` signed. Freed with status_list_free(). */
MUST_USE bool status_list_get(
    int port, const char *path, X509 *issuer, struct status_list *ret_list);
void status_list_free(struct status_list *l);
/* Reason of the certificate's entry (0: unspecified); -1: it has none. */
int status_list_reason(const struct status_list *l, X509 *certificate);

enum ocsp_word {
	OCSP_SAID_NOTHING, /* no answer came */
	OCSP_SAID_LATER,   /* an error of OCSP's own: nothing about the certificate */
	OCSP_SAID_GOOD,
	OCSP_SAID_REVOKED,
	OCSP_SAID_UNKNOWN
};
struct ocsp_said {
	enum ocsp_word word;
	int error;  /* of OCSP_SAID_LATER: OCSPResponseStatus */
	int reason; /* of OCSP_SAID_REVOKED; -1: none is said */
	int64_t this_update, next_update;
};
/*
 * POST /ocsp about this certificate. `root`: what the responder must chain to. An answer that does
 * not verify, or is about something else, ends the test program.
 */
struct ocsp_said ocsp_ask(int port, X509 *root, X509 *issuer, X509 *certificate, bool nonce);
/* The same about any serial number. */
struct ocsp_said ocsp_ask_serial(
    int port, X509 *root, X509 *issuer, const ASN1_INTEGER *serial, bool nonce);
const char *ocsp_word_name(enum ocsp_word word);

#endif
