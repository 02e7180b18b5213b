/* Keys of logs and witnesses for tests: Ed25519 from seeds, signed by OpenSSL. */
#ifndef SIGNET_TESTS_LOG_KEYS_H
#define SIGNET_TESTS_LOG_KEYS_H

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "signing/format/checkpoint.h"

struct log_key {
	EVP_PKEY *pkey;
	struct vkey vkey;
};

static inline void log_key_check(bool holds)
{
	if (!holds)
		abort();
}

static inline struct log_key log_key_make(const char *name, enum vkey_type type, uint8_t seed)
{
	struct log_key k;
	uint8_t private[32], public[32];
	size_t n = sizeof(public);
	struct err err = {0};

	memset(private, seed, sizeof(private));
	k.pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, private, sizeof(private));
	log_key_check(k.pkey && EVP_PKEY_get_raw_public_key(k.pkey, public, &n) == 1);
	log_key_check(vkey_make(span_str(name), type, public, &k.vkey, &err).ok);
	return k;
}

static inline void log_key_free(struct log_key *k)
{
	EVP_PKEY_free(k->pkey);
}

/* Append this key's signature line over text. */
static inline void log_key_sign(
    const struct log_key *k, struct span text, int64_t time, struct buf *note)
{
	uint8_t signature[64];
	size_t n = sizeof(signature);
	struct buf message = {0};
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	note_message(&k->vkey, text, time, &message);
	log_key_check(EVP_DigestSignInit(context, NULL, NULL, NULL, k->pkey) == 1 &&
		      EVP_DigestSign(context, signature, &n, message.p, message.n) == 1);
	note_put_signature(&k->vkey, time, signature, note);
	EVP_MD_CTX_free(context);
	buf_free(&message);
}

/* The text of a checkpoint. */
static inline struct buf log_text(const char *origin, uint64_t size, struct merkle_hash root)
{
	struct buf text = {0};
	struct checkpoint c = {.origin = span_str(origin), .tree = {size, root}};

	checkpoint_put(&c, &text);
	return text;
}

#endif
