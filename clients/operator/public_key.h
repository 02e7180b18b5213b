/* clients/operator/public_key.h: public keys of manifests and statements, out of what people have.
 */
#ifndef SIGNET_OPERATOR_PUBLIC_KEY_H
#define SIGNET_OPERATOR_PUBLIC_KEY_H

#include "base/err.h"
#include "signing/format/crypto_openssl.h"

#define PUBLIC_KEY_FILE_MAX ((size_t)64 << 10)

/*
 * PEM, DER or base64 of SubjectPublicKeyInfo, a PEM certificate, or a JSON object with a member
 * public_key (or a document that has it) that is one of these. `name` is for messages. ERR_INPUT.
 */
struct status public_key_take(
    struct span bytes, const char *name, struct cose_key_owned *ret_key, struct err *err);
struct status public_key_read(const char *file, struct cose_key_owned *ret_key, struct err *err);
/* Append SubjectPublicKeyInfo as PEM. False: of no algorithm that is known here. */
MUST_USE bool public_key_pem(const struct cose_key *key, struct buf *out);

#endif
