/* tests/fuzz/fuzz_key.h: the P-256 key whose private half is 1: a signature of it proves nothing.
 */
#ifndef SIGNET_TESTS_FUZZ_KEY_H
#define SIGNET_TESTS_FUZZ_KEY_H

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <stdlib.h>

#include "base/algorithm.h"
#include "base/der.h"

static inline EVP_PKEY *fuzz_key(void)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	unsigned char point[65];
	BIGNUM *one = BN_new();
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	if (!group || !one || !build || !ctx || !BN_one(one) ||
	    EC_POINT_point2oct(group, EC_GROUP_get0_generator(group), POINT_CONVERSION_UNCOMPRESSED,
		point, sizeof(point), NULL) != sizeof(point) ||
	    !OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(
		build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) ||
	    !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, one))
		abort();
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	if (!params || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) <= 0)
		abort();
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(build);
	BN_free(one);
	EC_GROUP_free(group);
	return key;
}

/* SEQUENCE { signed, ecdsa-with-SHA256, signature over it }: the frame of requests and
 * certificates. */
static inline void fuzz_sign(EVP_PKEY *key, struct span inside, struct buf *out)
{
	const struct signature_algorithm *a = key_algorithm_by_name("EC-P256")->signature;
	struct err err = {0};
	AUTO(buf) signature = {0};

	if (!signature_make(key, a, inside, &signature, &err).ok)
		abort();
	size_t mark = der_begin(out, DER_SEQUENCE);
	buf_put(out, inside);
	buf_put(out, a->identifier);
	der_put_bits(out, buf_span(&signature));
	der_end(out, mark);
}

#endif
