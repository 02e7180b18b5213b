/*
 * server/staple.h: the OCSP answer about our own certificate that goes with a TLS handshake (RFC
 * 6066 8, RFC 8446 4.4.2.1). Thread-safe.
 *
 * Stapled is only what is about the very certificate of that connection, has not ended, and while
 * the store is heard of: a certificate that was revoked is not called good.
 */
#ifndef SIGNET_SERVER_STAPLE_H
#define SIGNET_SERVER_STAPLE_H

#include <openssl/ssl.h>

#include "ca/ocsp.h"

struct staple;
struct staple *staple_new(struct ocsp *ocsp); /* borrowed */
void staple_free(struct staple *s);           /* NULL allowed */
/* Connections of this context get it from now on; staple must outlive tls. */
void staple_use(struct staple *s, SSL_CTX *tls);

/* The certificate in use has changed: what there was is about another. Copied by reference. */
void staple_set_certificate(struct staple *s, X509 *certificate);
/* A reference, NULL: none yet; counted up with each change. */
X509 *staple_certificate(struct staple *s, uint64_t *ret_change);
/* About the certificate of that change; takes the answer over, NULL: none. */
void staple_put(struct staple *s, uint64_t change, struct ocsp_answer *answer);

#endif
