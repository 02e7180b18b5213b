/*
 * ca/certs_only.h: certificates in the degenerate CMS that EST calls certs-only.
 * RFC 5652 5.1, RFC 7030 4.1.3; nothing is signed: version 1, no digest algorithms, no signers.
 */
#ifndef SIGNET_CA_CERTS_ONLY_H
#define SIGNET_CA_CERTS_ONLY_H

#include "base/span.h"

/* Append the ContentInfo DER with these certificates (DER, at least one), in this order. */
void certs_only_encode(const struct span *certificates, size_t count, struct buf *out);
/* Append its base64, unwrapped: a body as EST sends it (strongSwan's reader wants no line ends). */
void certs_only_base64(const struct span *certificates, size_t count, struct buf *out);

#endif
