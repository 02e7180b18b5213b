/*
 * signing/cms_write.h: a detached signature in CMS (RFC 5652), DER: SignedData over content that
 * stands elsewhere, with signed attributes and the signers' certificates.
 *
 * EC keys sign by the digest of their curve, Ed25519 with SHA-512 (RFC 8419 3.1). Keys of other
 * kinds, or without a certificate, are left out.
 */
#ifndef SIGNET_SIGNING_CMS_WRITE_H
#define SIGNET_SIGNING_CMS_WRITE_H

#include "signing/signer.h"

/* Is the key one that signs here? */
bool cms_takes(const struct signer_key *k);
/* Append. ERR_KEY: the key refused. ERR_INTERNAL: no key that cms_takes(). */
struct status cms_write(struct signer_key *const *keys, size_t count, struct span content,
    int64_t signed_at, struct buf *out, struct err *err);

#endif
