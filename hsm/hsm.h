/*
 * hsm/hsm.h: keys behind a wall.
 *
 * A URI becomes a handle; the one primitive is *sign these bytes with this
 * algorithm*. No private key leaves this folder: TLS alone may ask for more
 * (hsm_key_use_for_tls). Handles are safe to use from many threads at once.
 *
 * URIs: "file:NAME.key" is PKCS#8, encrypted (PBES2 with AES-CBC and scrypt; written with
 * N=2^14 r=8 p=5, which `openssl pkey` reads; on reading also PBKDF2 with at least 600,000 rounds;
 * what is weaker is refused), mode 0600, in the key directory. NAME has [A-Za-z0-9._-], no '/',
 * does not start with '.'. "pkcs11:..." (RFC 7512) is refused by name until the token back end is
 * there.
 */
#ifndef SIGNET_HSM_HSM_H
#define SIGNET_HSM_HSM_H

#include <openssl/ssl.h>

#include "base/algorithm.h"
#include "base/err.h"
#include "base/span.h"

struct hsm;
struct hsm_key;

struct hsm_config {
	const char *key_directory;   /* where file: URIs live; mode 0700, ours or root's */
	const char *passphrase_file; /* path, or NULL: $CREDENTIALS_DIRECTORY/signet-key-passphrase
					(systemd) */
};

/* Reads the passphrase lazily, when the first file key is opened or made. */
struct status hsm_open(const struct hsm_config *config, struct hsm **ret_hsm, struct err *err);
void hsm_close(struct hsm *h);

/* ERR_MISSING: no such key. ERR_KEY: wrong passphrase, unreadable, wrong mode, weak encryption. */
struct status hsm_key_open(
    struct hsm *h, const char *uri, struct hsm_key **ret_key, struct err *err);
/*
 * ERR_CONFLICT: there is one already; it stays. ERR_CONFIG: algorithm not in this OpenSSL, or the
 * passphrase is shorter than 12 characters. Durable on return.
 */
struct status hsm_key_generate(struct hsm *h, const char *uri, const struct key_algorithm *a,
    struct hsm_key **ret_key, struct err *err);
/* Take over an existing PEM private key (encrypted with `passphrase`, or clear: NULL). */
struct status hsm_key_import(struct hsm *h, const char *uri, struct span pem,
    const struct secret *passphrase, struct hsm_key **ret_key, struct err *err);
void hsm_key_free(struct hsm_key *k);

const struct key_algorithm *hsm_key_algorithm(const struct hsm_key *k);
struct span hsm_key_spki(const struct hsm_key *k); /* SubjectPublicKeyInfo DER, lives as the key */

/* Append the signature over `message` with the key's own signature algorithm. ERR_KEY: it refused.
 */
struct status hsm_sign(struct hsm_key *k, struct span message, struct buf *out, struct err *err);

/* Let a listener authenticate with this key. */
struct status hsm_key_use_for_tls(struct hsm_key *k, SSL_CTX *tls, struct err *err);

DEFINE_AUTO_REF(hsm, hsm_close)
DEFINE_AUTO_REF(hsm_key, hsm_key_free)

#endif
