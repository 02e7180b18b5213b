/* clients/device/certs.h: lists of certificates, how they arrive, and what stands in them. */
#ifndef SIGNET_DEVICE_CERTS_H
#define SIGNET_DEVICE_CERTS_H

#include <openssl/x509.h>

#include "base/encode.h"
#include "base/err.h"
#include "base/span.h"

#define CERTS_MAX 64 /* in one list: several hierarchies in the middle of a rollover */

DEFINE_AUTO_PTR(X509, X509_free)

/* Owned. Start as {0}. */
struct certs {
	X509 *items[CERTS_MAX];
	size_t count;
};

void certs_free(struct certs *list);
static inline void certs_auto(struct certs *list)
{
	certs_free(list);
}
/* Takes `cert` over, also on failure. ERR_TOO_LARGE over CERTS_MAX. */
struct status certs_add(struct certs *list, X509 *cert, struct err *err);
/* One more reference to a certificate that stays with its owner. */
X509 *cert_share(X509 *cert);

/* All certificates of a PEM text, which may hold other things as well. ERR_INPUT: none, or damaged.
 */
struct status certs_from_pem(struct span pem, struct certs *list, struct err *err);
void cert_to_pem(X509 *cert, struct buf *out);
/*
 * All certificates of a certs-only CMS message (RFC 5652 SignedData without content and signers,
 * RFC 7030 sections 4.1.3 and 4.2.3), strictly DER. ERR_INPUT; the list is then as it was.
 */
struct status certs_from_cms(struct span der, struct certs *list, struct err *err);

struct digest cert_digest(X509 *cert);
void cert_times(X509 *cert, int64_t *ret_not_before, int64_t *ret_not_after);
void cert_spki(X509 *cert, struct buf *out);    /* whole DER */
void cert_subject(X509 *cert, struct buf *out); /* Name, whole DER */
/* GeneralNames DER; false: none. */
bool cert_san(X509 *cert, struct buf *out, bool *ret_critical);
/* The text of serialNumber (2.5.4.5) in the subject; false: none. */
bool cert_unit_serial(X509 *cert, struct buf *out);
bool cert_self_issued(X509 *cert);
/* RFC 2253 text, and the certificate's serial number in hex, for people. */
void cert_name_text(const X509_NAME *name, struct buf *out);
void cert_number_text(X509 *cert, struct buf *out);

#endif
