#include "tests/lib/jwt.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool done, const char *what)
{
	if (!done) {
		fprintf(stderr, "tests/lib/jwt: %s\n", what);
		abort();
	}
}

void jwt_base64url(struct span in, struct buf *out)
{
	char *text = malloc(in.n / 3 * 4 + 8);
	int n;

	must(text != NULL, "malloc");
	n = EVP_EncodeBlock((unsigned char *)text, in.p, (int)in.n);
	for (int i = 0; i < n && text[i] != '='; i++)
		buf_put_byte(out, (uint8_t)(text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]));
	free(text);
}

static void put_input(const char *header, const char *claims, struct buf *out)
{
	jwt_base64url(span_str(header), out);
	buf_put_byte(out, '.');
	jwt_base64url(span_str(claims), out);
}

/* RFC 7518 3.4: r and s, each as long as the group. */
static void put_raw(const unsigned char *der, size_t n, int size, struct buf *out)
{
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)n);
	unsigned char raw[2 * 66];

	must(signature != NULL, "signature");
	must(BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, size) == size, "r");
	must(BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + size, size) == size, "s");
	ECDSA_SIG_free(signature);
	jwt_base64url(span(raw, (size_t)(2 * size)), out);
}

void jwt_sign(const char *header, const char *claims, EVP_PKEY *key, struct buf *out)
{
	unsigned char signature[1024];
	size_t n = sizeof(signature), start = out->n;
	EVP_MD_CTX *c;

	put_input(header, claims, out);
	if (!key) {
		buf_put_byte(out, '.');
		return;
	}
	c = EVP_MD_CTX_new();
	must(EVP_DigestSignInit(c, NULL,
		 EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_sha256(), NULL, key) == 1,
	    "sign");
	must(EVP_DigestSign(c, signature, &n, out->p + start, out->n - start) == 1, "sign");
	EVP_MD_CTX_free(c);
	buf_put_byte(out, '.');
	if (EVP_PKEY_is_a(key, "EC"))
		put_raw(signature, n, EVP_PKEY_get_bits(key) / 8, out);
	else
		jwt_base64url(span(signature, n), out);
}

void jwt_sign_hmac(const char *header, const char *claims, struct span secret, struct buf *out)
{
	unsigned char mac[32];
	unsigned int n = sizeof(mac);
	size_t start = out->n;

	put_input(header, claims, out);
	must(HMAC(EVP_sha256(), secret.p, (int)secret.n, out->p + start, out->n - start, mac, &n) !=
		 NULL,
	    "hmac");
	buf_put_byte(out, '.');
	jwt_base64url(span(mac, n), out);
}

static void put_number(EVP_PKEY *key, const char *parameter, int size, struct buf *out)
{
	BIGNUM *number = NULL;
	unsigned char bytes[1024];
	int n;

	must(EVP_PKEY_get_bn_param(key, parameter, &number) == 1, parameter);
	n = size ? size : BN_num_bytes(number);
	must(BN_bn2binpad(number, bytes, n) == n, parameter);
	BN_free(number);
	jwt_base64url(span(bytes, (size_t)n), out);
}

void jwt_put_key(EVP_PKEY *key, const char *kid, const char *more, struct buf *out)
{
	int size = EVP_PKEY_get_bits(key) / 8;

	buf_printf(out, "{\"kid\":\"%s\"", kid);
	if (EVP_PKEY_is_a(key, "EC")) {
		buf_printf(out, ",\"kty\":\"EC\",\"crv\":\"P-%d\",\"x\":\"", size * 8);
		put_number(key, OSSL_PKEY_PARAM_EC_PUB_X, size, out);
		buf_put_str(out, "\",\"y\":\"");
		put_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, size, out);
	} else {
		buf_put_str(out, ",\"kty\":\"RSA\",\"n\":\"");
		put_number(key, OSSL_PKEY_PARAM_RSA_N, 0, out);
		buf_put_str(out, "\",\"e\":\"");
		put_number(key, OSSL_PKEY_PARAM_RSA_E, 0, out);
	}
	buf_printf(out, "\"%s}", more);
}

void jwt_put_set(EVP_PKEY *key, const char *kid, struct buf *out)
{
	buf_put_str(out, "{\"keys\":[");
	jwt_put_key(key, kid, ",\"use\":\"sig\"", out);
	buf_put_str(out, "]}");
}
