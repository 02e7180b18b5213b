/*
 * Key sets as issuers, or who stands between, send them. Every key that is taken is one by
 * OpenSSL's own reading: EC of its curve or RSA of 2048 bits and more, for algorithms of its kind.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "access/jwks.h"
#include "base/algorithm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check(const struct jws_key *k)
{
	BIO *in = BIO_new_mem_buf(k->pem, -1);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(in, NULL, NULL, NULL);
	const int bits = key ? EVP_PKEY_get_bits(key) : 0;

	must(key != NULL);
	if (EVP_PKEY_is_a(key, "RSA"))
		must(bits >= 2048 && k->accepts == JWS_BIT(JWS_RS256));
	else
		must(EVP_PKEY_is_a(key, "EC") &&
		     k->accepts == (bits == 256 ? JWS_BIT(JWS_ES256) : JWS_BIT(JWS_ES384)));
	EVP_PKEY_free(key);
	BIO_free(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) arena = {0};
	struct err err = {0};
	struct jwks set;

	if (!jwks_read(span(data, size), &arena, &set, &err).ok) {
		must(err.reason == &credential_reasons[WHY_OIDC_KEYS]);
		return 0;
	}
	must(set.count > 0 && set.count <= JWKS_KEYS_MAX);
	for (size_t i = 0; i < set.count; i++)
		check(&set.keys[i]);
	ERR_clear_error();
	return 0;
}
