/*
 * clients/operator/offline_key.h: the keys that sign trust statements. They live on a machine of
 * their own, in files, and never on the server.
 *
 * The files are PKCS#8 under PBES2 with scrypt and AES-256-CBC, which openssl reads too.
 */
#ifndef SIGNET_OPERATOR_OFFLINE_KEY_H
#define SIGNET_OPERATOR_OFFLINE_KEY_H

#include "base/algorithm.h"
#include "signing/format/crypto_openssl.h"
#include "signing/format/suit_build.h"

struct offline_key {
	EVP_PKEY *key;
	const struct key_algorithm *algorithm;
	struct cose_key_owned public;
};
void offline_key_free(struct offline_key *k);
static inline void offline_key_auto(struct offline_key *k)
{
	offline_key_free(k);
}

/* A new key into a new file, mode 0600; one that is there is never written over. */
struct status offline_key_make(const char *algorithm, const struct secret *passphrase,
    const char *file, struct offline_key *ret_key, struct err *err);
/* Unencrypted files are refused: `passphrase` is always needed. */
struct status offline_key_load(const char *file, const struct secret *passphrase,
    struct offline_key *ret_key, struct err *err);

/* Append the raw signature over what cose_put_tbs() makes of these. */
struct status offline_key_sign(const struct offline_key *k, struct span aad, struct span payload,
    struct buf *ret_signature, struct err *err);

#endif
