/* tests/unit/access/jwks_test.c: what of a key set is taken, and what spoils it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "access/jwks.h"
#include "tests/lib/jwt.h"
#include "tests/lib/pki.h"

static const struct key_case {
	const char *key, *more;
	uint32_t accepts; /* 0: ignored */
} key_cases[] = {
    {"RSA-2048", "", JWS_BIT(JWS_RS256)},
    {"RSA-2048", ",\"alg\":\"RS256\",\"use\":\"sig\"", JWS_BIT(JWS_RS256)},
    {"RSA-2048", ",\"key_ops\":[\"verify\"]", JWS_BIT(JWS_RS256)},
    {"RSA-2048", ",\"x5t\":\"aaaa\",\"x5c\":[\"MIIB\"]", JWS_BIT(JWS_RS256)},
    {"EC-P256", "", JWS_BIT(JWS_ES256)},
    {"EC-P384", ",\"alg\":\"ES384\"", JWS_BIT(JWS_ES384)},
    {"RSA-1024", "", 0},
    {"RSA-2048", ",\"alg\":\"ES256\"", 0},
    {"RSA-2048", ",\"alg\":\"RS512\"", 0},
    {"RSA-2048", ",\"alg\":\"HS256\"", 0},
    {"RSA-2048", ",\"alg\":\"none\"", 0},
    {"RSA-2048", ",\"alg\":1", 0},
    {"EC-P256", ",\"alg\":\"ES384\"", 0},
    {"EC-P256", ",\"alg\":\"RS256\"", 0},
    {"EC-P256", ",\"use\":\"enc\"", 0},
    {"EC-P256", ",\"use\":1", 0},
    {"EC-P256", ",\"key_ops\":[\"sign\"]", 0},
    {"EC-P256", ",\"key_ops\":[]", 0},
};

/* What the first key of the set accepts; 0: the set is refused. */
static uint32_t accepts(const char *set)
{
	AUTO(arena) arena = {0};
	struct jwks keys;
	struct err err = {0};

	if (!jwks_read(span_str(set), &arena, &keys, &err).ok) {
		cr_expect_str_eq(err_code(&err), "oidc.keys");
		return 0;
	}
	return keys.keys[0].accepts;
}

Test(access_jwks, a_key_is_taken_for_the_algorithm_of_its_kind_alone)
{
	for (size_t i = 0; i < COUNT(key_cases); i++) {
		const struct key_case *c = &key_cases[i];
		EVP_PKEY *key = pki_key(c->key);
		AUTO(buf) set = {0};

		buf_put_str(&set, "{\"keys\":[");
		jwt_put_key(key, "k1", c->more, &set);
		buf_put_str(&set, "]}");
		cr_expect_eq(accepts(buf_cstr(&set)), c->accepts, "%s%s", c->key, c->more);
		EVP_PKEY_free(key);
	}
}

/* Sets with nothing in them that could be used. */
static const char *const refused[] = {
    "",
    "[]",
    "{}",
    "{\"keys\":{}}",
    "{\"keys\":[]}",
    "{\"keys\":[1]}",
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\",\"kid\":\"a\"}]}",
    "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"a\"}]}",
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}]}",
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AAAA\",\"y\":\"AAAA\"}]}",
    /* a point that is not on the curve */
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
    "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}]}",
    "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
    "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"\"}]}",
    "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\"}]}",
    "{\"keys\":[],\"keys\":[]}",
    "{\"keys\":[[[[[[1]]]]]]}",
};

Test(access_jwks, a_set_with_nothing_in_it_is_refused)
{
	for (size_t i = 0; i < COUNT(refused); i++)
		cr_expect_eq(accepts(refused[i]), 0, "%s", refused[i]);
}

Test(access_jwks, an_exponent_of_three_is_ignored)
{
	EVP_PKEY *key = pki_key("RSA-2048");
	AUTO(buf) set = {0};
	char *e;

	jwt_put_set(key, "k1", &set);
	e = strstr(buf_cstr(&set), "\"e\":\"AQAB\"");
	cr_assert_not_null(e);
	memcpy(e, "\"e\":\"AAAD\"", 10);
	cr_expect_eq(accepts(buf_cstr(&set)), 0);
	EVP_PKEY_free(key);
}

Test(access_jwks, keys_that_nobody_knows_do_not_spoil_the_others)
{
	EVP_PKEY *key = pki_key("EC-P256");
	AUTO(arena) arena = {0};
	AUTO(buf) set = {0};
	struct jwks keys;
	struct err err = {0};

	buf_put_str(&set, "{\"keys\":[{\"kty\":\"new\"},{\"kty\":\"oct\",\"k\":\"x\"},");
	jwt_put_key(key, "k1", "", &set);
	buf_put_str(&set, "],\"more\":1}");
	cr_assert(jwks_read(buf_span(&set), &arena, &keys, &err).ok, "%s", err.message);
	cr_expect_eq(keys.count, 1);
	cr_expect_eq(keys.ignored, 2);
	EVP_PKEY_free(key);
}

Test(access_jwks, a_set_that_shows_a_private_key_is_refused_whole)
{
	EVP_PKEY *key = pki_key("EC-P256");
	AUTO(buf) set = {0};

	buf_put_str(&set, "{\"keys\":[");
	jwt_put_key(key, "k1", "", &set);
	buf_put_str(&set, ",");
	jwt_put_key(key, "k2", ",\"d\":\"AAAA\"", &set);
	buf_put_str(&set, "]}");
	cr_expect_eq(accepts(buf_cstr(&set)), 0);
	EVP_PKEY_free(key);
}

Test(access_jwks, sets_are_bounded_in_keys_and_bytes)
{
	EVP_PKEY *key = pki_key("EC-P256");
	AUTO(buf) set = {0};
	AUTO(buf) large = {0};

	buf_put_str(&set, "{\"keys\":[");
	for (int i = 0; i <= JWKS_KEYS_MAX; i++) {
		jwt_put_key(key, "k", "", &set);
		buf_put_str(&set, i < JWKS_KEYS_MAX ? "," : "]}");
	}
	cr_expect_eq(accepts(buf_cstr(&set)), 0);
	jwt_put_set(key, "k1", &large);
	while (large.n <= JWKS_SIZE_MAX)
		buf_put_byte(&large, ' ');
	cr_expect_eq(accepts(buf_cstr(&large)), 0);
	large.n = JWKS_SIZE_MAX;
	cr_expect_neq(accepts(buf_cstr(&large)), 0);
	EVP_PKEY_free(key);
}

Test(access_jwks, a_name_of_two_keys_is_nobodys)
{
	EVP_PKEY *one = pki_key("EC-P256"), *two = pki_key("RSA-2048");
	AUTO(arena) arena = {0};
	AUTO(buf) set = {0};
	const struct jws_key *key;
	struct jwks keys;
	struct err err = {0};

	buf_put_str(&set, "{\"keys\":[");
	jwt_put_key(one, "same", "", &set);
	buf_put_str(&set, ",");
	jwt_put_key(two, "same", "", &set);
	buf_put_str(&set, ",");
	jwt_put_key(two, "other", "", &set);
	buf_put_str(&set, "]}");
	cr_assert(jwks_read(buf_span(&set), &arena, &keys, &err).ok);
	cr_expect_eq(jwks_find(&keys, "same", &key), JWKS_SEVERAL);
	cr_expect_eq(jwks_find(&keys, "other", &key), JWKS_ONE);
	cr_expect_eq(jwks_find(&keys, "othe", &key), JWKS_NONE);
	cr_expect_eq(jwks_find(&keys, "../other", &key), JWKS_NONE);
	cr_expect_eq(jwks_find(&keys, "OTHER", &key), JWKS_NONE);
	EVP_PKEY_free(one);
	EVP_PKEY_free(two);
}
