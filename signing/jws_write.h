/*
 * signing/jws_write.h: a manifest as JWS (RFC 7515), for whoever has JOSE at hand.
 *
 * One key: compact serialization. Several: general JSON serialization, a signature of each.
 * Headers: alg, kid (base64url of the COSE key thumbprint), typ, and x5c where the key has a chain.
 */
#ifndef SIGNET_SIGNING_JWS_WRITE_H
#define SIGNET_SIGNING_JWS_WRITE_H

#include "signing/signer.h"

#define JWS_MANIFEST_TYPE "signet-manifest+jws"

/* Append. ERR_KEY. */
struct status jws_write(struct signer_key *const *keys, size_t count, struct span payload,
    struct buf *out, struct err *err);

#endif
