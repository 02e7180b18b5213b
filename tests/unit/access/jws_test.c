/* tests/unit/access/jws_test.c: every trick with a token that RFC 8725 tells of, each refused by
 * name. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/jws.h"
#include "base/algorithm.h"
#include "tests/lib/jwt.h"
#include "tests/lib/pki.h"

#define CLAIMS "{\"iss\":\"https://ci.example\",\"sub\":\"x\",\"iat\":1000,\"exp\":2000}"

/* The public key of `key` as a verifier has it. */
static struct jws_key verifier(EVP_PKEY *key, const char *algorithm, struct arena *arena)
{
	struct jws_key k = {.id = NULL};
	AUTO(buf) spki = {0};
	struct err err = {0};

	cr_assert(key_spki(key, &spki, &err).ok);
	cr_assert(jws_key_from_spki(buf_span(&spki), "k1", algorithm, arena, &k));
	return k;
}

static const char *read_code(const char *text)
{
	AUTO_REF(jws) t = NULL;
	struct err err = {0};

	return jws_read(span_str(text), &t, &err).ok ? "good" : err_code(&err);
}

/* ---- the header ---- */

static const struct header_case {
	const char *name, *header, *code;
} header_cases[] = {
    {"plain", "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}", "good"},
    {"github's", "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"x5t\":\"ykNaY4\",\"kid\":\"k1\"}", "good"},
    {"no kid", "{\"alg\":\"ES256\"}", "good"},
    {"none", "{\"alg\":\"none\"}", "jwt.algorithm"},
    {"None", "{\"alg\":\"None\"}", "jwt.algorithm"},
    {"NONE", "{\"alg\":\"NONE\"}", "jwt.algorithm"},
    {"empty", "{\"alg\":\"\"}", "jwt.algorithm"},
    {"absent", "{\"typ\":\"JWT\"}", "jwt.algorithm"},
    {"null", "{\"alg\":null}", "jwt.algorithm"},
    {"a list", "{\"alg\":[\"ES256\"]}", "jwt.algorithm"},
    {"HS256", "{\"alg\":\"HS256\",\"kid\":\"k1\"}", "jwt.algorithm"},
    {"HS512", "{\"alg\":\"HS512\",\"kid\":\"k1\"}", "jwt.algorithm"},
    {"PS256", "{\"alg\":\"PS256\",\"kid\":\"k1\"}", "jwt.algorithm"},
    {"RS512", "{\"alg\":\"RS512\",\"kid\":\"k1\"}", "jwt.algorithm"},
    {"lower case", "{\"alg\":\"es256\",\"kid\":\"k1\"}", "jwt.algorithm"},
    {"crit", "{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}", "jwt.critical"},
    {"crit empty", "{\"alg\":\"ES256\",\"crit\":[]}", "jwt.critical"},
    {"b64", "{\"alg\":\"ES256\",\"b64\":false}", "jwt.critical"},
    {"zip", "{\"alg\":\"ES256\",\"zip\":\"DEF\"}", "jwt.critical"},
    {"jku", "{\"alg\":\"ES256\",\"jku\":\"https://evil.example/k\"}", "jwt.own-key"},
    {"jwk", "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\"}}", "jwt.own-key"},
    {"x5u", "{\"alg\":\"ES256\",\"x5u\":\"https://evil.example/k\"}", "jwt.own-key"},
    {"x5c", "{\"alg\":\"ES256\",\"x5c\":[\"MIIB\"]}", "jwt.own-key"},
    {"another type", "{\"alg\":\"ES256\",\"typ\":\"logout+jwt\"}", "jwt.type"},
    {"type of no text", "{\"alg\":\"ES256\",\"typ\":1}", "jwt.type"},
    {"kid of no text", "{\"alg\":\"ES256\",\"kid\":7}", "jwt.key-id"},
    {"kid empty", "{\"alg\":\"ES256\",\"kid\":\"\"}", "jwt.key-id"},
    {"kid with a blank", "{\"alg\":\"ES256\",\"kid\":\"k1' OR 1=1\"}", "jwt.key-id"},
    {"kid with a NUL", "{\"alg\":\"ES256\",\"kid\":\"k1\\u0000\"}", "jwt.json"},
    {"alg twice", "{\"alg\":\"ES256\",\"alg\":\"none\"}", "jwt.json"},
    {"deep", "{\"alg\":\"ES256\",\"x\":[[1]]}", "jwt.json"},
    {"no object", "[\"ES256\"]", "jwt.json"},
    {"more behind", "{\"alg\":\"ES256\"}{}", "jwt.json"},
    {"no UTF-8", "{\"alg\":\"ES256\",\"x\":\"\xff\"}", "jwt.json"},
    {"nothing", "", "jwt.json"},
};

Test(access_jws, a_header_of_a_trick_is_refused_by_its_name)
{
	EVP_PKEY *p256 = pki_key("EC-P256"), *rsa = pki_key("RSA-2048");

	for (size_t i = 0; i < COUNT(header_cases); i++) {
		const struct header_case *c = &header_cases[i];
		AUTO(buf) token = {0};

		jwt_sign(c->header, CLAIMS, strstr(c->header, "RS256") ? rsa : p256, &token);
		cr_expect_str_eq(read_code(buf_cstr(&token)), c->code, "%s: %s", c->name,
		    read_code(buf_cstr(&token)));
	}
	EVP_PKEY_free(p256);
	EVP_PKEY_free(rsa);
}

Test(access_jws, a_key_id_is_bounded)
{
	EVP_PKEY *key = pki_key("EC-P256");

	for (int n = JWS_KEY_ID_MAX; n <= JWS_KEY_ID_MAX + 1; n++) {
		char header[JWS_KEY_ID_MAX + 64], id[JWS_KEY_ID_MAX + 2];
		AUTO(buf) token = {0};

		memset(id, 'k', sizeof(id));
		id[n] = '\0';
		snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":\"%s\"}", id);
		jwt_sign(header, CLAIMS, key, &token);
		cr_expect_str_eq(
		    read_code(buf_cstr(&token)), n == JWS_KEY_ID_MAX ? "good" : "jwt.key-id");
	}
	EVP_PKEY_free(key);
}

/* ---- the form ---- */

#define HEADER "eyJhbGciOiJFUzI1NiJ9" /* {"alg":"ES256"} */
#define EMPTY  "e30"                  /* {} */
/* 64 bytes of zero */
#define ZEROS \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct form_case {
	const char *text, *code;
} form_cases[] = {
    {HEADER "." EMPTY "." ZEROS, "good"},
    {"", "jwt.form"},
    {".", "jwt.form"},
    {"..", "jwt.json"},
    {HEADER "." EMPTY, "jwt.form"},
    {HEADER "." EMPTY "." ZEROS ".", "jwt.form"},
    {HEADER "." EMPTY "." ZEROS "." EMPTY, "jwt.form"},
    {HEADER "=." EMPTY "." ZEROS, "jwt.form"},
    {" " HEADER "." EMPTY "." ZEROS, "jwt.form"},
    {HEADER "." EMPTY "." ZEROS "\n", "jwt.form"},
    {HEADER "." EMPTY "." ZEROS "=", "jwt.form"},
    {HEADER "./30." ZEROS, "jwt.form"},
    {HEADER ".e31." ZEROS, "jwt.form"}, /* bits behind the last byte: another text for {} */
    {HEADER "." EMPTY ".", "jwt.signature"},
    {HEADER "." EMPTY ".AAAA", "jwt.signature"},
    {HEADER "." EMPTY "." ZEROS "AAAA", "jwt.signature"},
};

Test(access_jws, a_token_has_one_form)
{
	for (size_t i = 0; i < COUNT(form_cases); i++)
		cr_expect_str_eq(read_code(form_cases[i].text), form_cases[i].code, "%s: %s",
		    form_cases[i].text, read_code(form_cases[i].text));
}

/* The copy was as long as the text before the NUL, and wiped as long as the whole. */
Test(access_jws, a_token_with_a_nul_inside_is_wiped_within_its_bounds)
{
	static const char text[] = HEADER "\0." EMPTY "." ZEROS;
	AUTO_REF(jws) t = NULL;
	struct err err = {0};

	cr_expect(!jws_read(SPAN_LITERAL(text), &t, &err).ok);
	cr_expect_str_eq(err_code(&err), "jwt.form");
	err_clear(&err);
	cr_expect(!jws_read(SPAN_NONE, &t, &err).ok);
	cr_expect_str_eq(err_code(&err), "jwt.form");
}

Test(access_jws, a_token_over_16_kib_is_not_looked_at)
{
	AUTO(buf) token = {0};

	while (token.n <= JWS_SIZE_MAX)
		buf_put_byte(&token, 'A');
	cr_expect_str_eq(read_code(buf_cstr(&token)), "jwt.size");
}

static const struct claims_case {
	const char *claims, *code;
} claims_cases[] = {
    {"{}", "good"},
    {"{\"a\":[[[[[[[1]]]]]]]}", "good"},
    {"{\"a\":[[[[[[[[1]]]]]]]]}", "jwt.json"},
    {"{\"a\":\"[[[[[[[[[[[[[[[[[[[[\"}", "good"},
    {"{\"a\":\"\\\"[[[[[[[[[[[[[[[[[[[[\"}", "good"},
    {"{\"sub\":\"a\",\"sub\":\"b\"}", "jwt.json"},
    {"{\"sub\":\"a\",\"s\\u0075b\":\"b\"}", "jwt.json"},
    {"{\"a\":{\"b\":1,\"b\":2}}", "jwt.json"},
    {"{\"exp\":99999999999999999999}", "jwt.json"},
    {"[]", "jwt.json"},
    {"null", "jwt.json"},
    {"{\"a\":NaN}", "jwt.json"},
    {"{'a':1}", "jwt.json"},
    {"{\"a\":1,}", "jwt.json"},
};

Test(access_jws, claims_are_json_with_nothing_let_pass)
{
	EVP_PKEY *key = pki_key("EC-P256");

	for (size_t i = 0; i < COUNT(claims_cases); i++) {
		AUTO(buf) token = {0};

		jwt_sign("{\"alg\":\"ES256\"}", claims_cases[i].claims, key, &token);
		cr_expect_str_eq(read_code(buf_cstr(&token)), claims_cases[i].code, "%s: %s",
		    claims_cases[i].claims, read_code(buf_cstr(&token)));
	}
	EVP_PKEY_free(key);
}

/* jansson lets it pass; libjwt, which sees a C string, would read something else. */
Test(access_jws, a_nul_behind_a_number_is_refused)
{
	AUTO(buf) token = {0};

	jwt_base64url(SPAN_LITERAL("{\"alg\":\"ES256\"}"), &token);
	buf_put_byte(&token, '.');
	jwt_base64url(SPAN_LITERAL("{\"iat\":1\0,\"exp\":2}"), &token);
	buf_put_str(&token, "." ZEROS);
	cr_expect_str_eq(read_code(buf_cstr(&token)), "jwt.json");
}

/* ---- the signature ---- */

static const char *verify_code(struct span token, const struct jws_key *key)
{
	AUTO_REF(jws) t = NULL;
	struct err err = {0};

	cr_assert(jws_read(token, &t, &err).ok, "%s", err.message);
	return jws_verify(t, key, &err).ok ? "good" : err_code(&err);
}

static const struct signing {
	const char *key, *algorithm;
} signings[] = {{"EC-P256", "ES256"}, {"EC-P384", "ES384"}, {"RSA-2048", "RS256"}};

/* The claims of one token with the signature of another. */
static void put_mixed(const struct buf *claims_of, const struct buf *signature_of, struct buf *out)
{
	const uint8_t *end = memrchr(claims_of->p, '.', claims_of->n);
	const uint8_t *tail = memrchr(signature_of->p, '.', signature_of->n);

	buf_put(out, span(claims_of->p, (size_t)(end - claims_of->p)));
	buf_put(out, span(tail, (size_t)(signature_of->p + signature_of->n - tail)));
}

Test(access_jws, each_algorithm_verifies_its_own_claims_alone)
{
	for (size_t i = 0; i < COUNT(signings); i++) {
		AUTO(arena) arena = {0};
		AUTO(buf) token = {0};
		AUTO(buf) other = {0};
		AUTO(buf) mixed = {0};
		EVP_PKEY *key = pki_key(signings[i].key);
		struct jws_key k = verifier(key, signings[i].algorithm, &arena);
		char header[64];

		snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", signings[i].algorithm);
		jwt_sign(header, CLAIMS, key, &token);
		jwt_sign(header, "{\"sub\":\"admin\"}", key, &other);
		cr_expect_str_eq(verify_code(buf_span(&token), &k), "good");
		cr_expect_str_eq(verify_code(buf_span(&other), &k), "good");
		put_mixed(&other, &token, &mixed);
		cr_expect_str_eq(verify_code(buf_span(&mixed), &k), "jwt.signature");
		EVP_PKEY_free(key);
	}
}

Test(access_jws, another_key_of_the_kind_does_not_verify)
{
	for (size_t i = 0; i < COUNT(signings); i++) {
		AUTO(arena) arena = {0};
		AUTO(buf) token = {0};
		EVP_PKEY *key = pki_key(signings[i].key), *other = pki_key(signings[i].key);
		struct jws_key k = verifier(other, NULL, &arena);
		char header[64];

		snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", signings[i].algorithm);
		jwt_sign(header, CLAIMS, key, &token);
		cr_expect_str_eq(verify_code(buf_span(&token), &k), "jwt.signature");
		EVP_PKEY_free(key);
		EVP_PKEY_free(other);
	}
}

Test(access_jws, a_key_takes_only_the_algorithm_of_its_kind)
{
	AUTO(arena) arena = {0};
	struct jws_key keys[COUNT(signings)];

	for (size_t i = 0; i < COUNT(signings); i++) {
		EVP_PKEY *key = pki_key(signings[i].key);

		keys[i] = verifier(key, NULL, &arena);
		EVP_PKEY_free(key);
	}
	for (size_t i = 0; i < COUNT(signings); i++) {
		EVP_PKEY *key = pki_key(signings[i].key);
		AUTO(buf) token = {0};
		char header[64];

		snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", signings[i].algorithm);
		jwt_sign(header, CLAIMS, key, &token);
		for (size_t k = 0; k < COUNT(keys); k++)
			cr_expect_str_eq(verify_code(buf_span(&token), &keys[k]),
			    k == i ? "jwt.signature" : "jwt.algorithm", "%s by %s",
			    signings[i].algorithm, signings[k].key);
		EVP_PKEY_free(key);
	}
}

/* CVE-2015-9235: the public key is no secret, and so no HMAC's key. */
Test(access_jws, an_hmac_with_the_public_key_is_refused)
{
	AUTO(arena) arena = {0};
	EVP_PKEY *key = pki_key("RSA-2048");
	struct jws_key k = verifier(key, NULL, &arena);
	AUTO(buf) token = {0};

	jwt_sign_hmac("{\"alg\":\"HS256\",\"kid\":\"k1\"}", CLAIMS, span_str(k.pem), &token);
	cr_expect_str_eq(read_code(buf_cstr(&token)), "jwt.algorithm");
	/* And one that says RS256 and carries an HMAC. */
	buf_reset(&token);
	jwt_sign_hmac("{\"alg\":\"RS256\",\"kid\":\"k1\"}", CLAIMS, span_str(k.pem), &token);
	cr_expect_str_eq(verify_code(buf_span(&token), &k), "jwt.signature");
	EVP_PKEY_free(key);
}

/* CVE-2022-21449: a signature of zeros fits every message where nobody looks. */
Test(access_jws, a_signature_of_zeros_is_refused)
{
	AUTO(arena) arena = {0};
	EVP_PKEY *key = pki_key("EC-P256");
	struct jws_key k = verifier(key, NULL, &arena);

	cr_expect_str_eq(
	    verify_code(SPAN_LITERAL(HEADER "." EMPTY "." ZEROS), &k), "jwt.signature");
	EVP_PKEY_free(key);
}

Test(access_jws, a_der_signature_is_no_jws_signature)
{
	AUTO(buf) token = {0};
	AUTO(buf) spki = {0};

	jwt_base64url(SPAN_LITERAL("{\"alg\":\"ES256\"}"), &token);
	buf_put_str(&token, "." EMPTY ".");
	for (int i = 0; i < 70; i++)
		buf_put_byte(&spki, 0x30);
	jwt_base64url(buf_span(&spki), &token);
	cr_expect_str_eq(read_code(buf_cstr(&token)), "jwt.signature");
}

static const char *const weak[] = {"RSA-1024", "Ed25519"};

Test(access_jws, a_key_that_is_weak_or_of_another_kind_is_no_verifier)
{
	AUTO(arena) arena = {0};

	for (size_t i = 0; i < COUNT(weak); i++) {
		EVP_PKEY *key = pki_key(weak[i]);
		AUTO(buf) spki = {0};
		struct jws_key k;
		struct err err = {0};

		cr_assert(key_spki(key, &spki, &err).ok);
		cr_expect(
		    !jws_key_from_spki(buf_span(&spki), "k1", NULL, &arena, &k), "%s", weak[i]);
		EVP_PKEY_free(key);
	}
}

/* ---- claims ---- */

static struct jws *token_of(const char *claims)
{
	EVP_PKEY *key = pki_key("EC-P256");
	AUTO(buf) token = {0};
	struct jws *t = NULL;
	struct err err = {0};

	jwt_sign("{\"alg\":\"ES256\"}", claims, key, &token);
	EVP_PKEY_free(key);
	cr_assert(jws_read(buf_span(&token), &t, &err).ok, "%s", err.message);
	return t;
}

static const struct time_case {
	const char *claims;
	int64_t now;
	const char *code;
} time_cases[] = {
    {"{\"iat\":1000,\"exp\":2000}", 1000, "good"},
    {"{\"iat\":1000,\"exp\":2000}", 940, "good"},
    {"{\"iat\":1000,\"exp\":2000}", 939, "jwt.not-yet"},
    {"{\"iat\":1000,\"exp\":1300}", 1359, "good"},
    {"{\"iat\":1000,\"exp\":1300}", 1360, "jwt.expired"},
    {"{\"iat\":1000,\"exp\":2000}", 1660, "good"},
    {"{\"iat\":1000,\"exp\":2000}", 1661, "jwt.age"},
    {"{\"iat\":1000,\"nbf\":1200,\"exp\":2000}", 1139, "jwt.not-yet"},
    {"{\"iat\":1000,\"nbf\":1200,\"exp\":2000}", 1140, "good"},
    {"{\"iat\":1000,\"nbf\":900,\"exp\":2000}", 930, "jwt.not-yet"},
    {"{\"exp\":2000}", 1000, "jwt.claim"},
    {"{\"iat\":1000}", 1000, "jwt.claim"},
    {"{\"iat\":\"1000\",\"exp\":2000}", 1000, "jwt.claim"},
    {"{\"iat\":1000,\"exp\":2000.5}", 1000, "jwt.claim"},
    {"{\"iat\":1000,\"exp\":2000,\"nbf\":null}", 1000, "jwt.claim"},
    {"{\"iat\":-1,\"exp\":2000}", 1000, "jwt.claim"},
    {"{\"iat\":1000,\"exp\":9223372036854775807}", 1000, "jwt.claim"},
    {"{\"iat\":-9223372036854775808,\"exp\":2000}", 1000, "jwt.claim"},
};

Test(access_jws, a_token_has_its_time)
{
	for (size_t i = 0; i < COUNT(time_cases); i++) {
		const struct time_case *c = &time_cases[i];
		const struct jws_times times = {.now = c->now, .skew = 60, .max_age = 600};
		AUTO_REF(jws) t = token_of(c->claims);
		struct err err = {0};
		const char *code = jws_check_times(t, &times, &err).ok ? "good" : err_code(&err);

		cr_expect_str_eq(
		    code, c->code, "%s at %lld: %s", c->claims, (long long)c->now, code);
	}
}

static const struct audience_case {
	const char *claims;
	bool good;
} audience_cases[] = {
    {"{\"aud\":\"https://signet.example\"}", true},
    {"{\"aud\":[\"x\",\"https://signet.example\"]}", true},
    {"{\"aud\":[]}", false},
    {"{\"aud\":[[\"https://signet.example\"]]}", false},
    {"{\"aud\":\"https://signet.example/\"}", false},
    {"{\"aud\":\"https://signet.example.evil\"}", false},
    {"{\"aud\":\"HTTPS://signet.example\"}", false},
    {"{\"aud\":{\"https://signet.example\":1}}", false},
    {"{\"aud\":null}", false},
    {"{}", false},
};

Test(access_jws, an_audience_is_met_whole)
{
	for (size_t i = 0; i < COUNT(audience_cases); i++) {
		AUTO_REF(jws) t = token_of(audience_cases[i].claims);

		cr_expect_eq(jws_is_for(t, "https://signet.example"), audience_cases[i].good, "%s",
		    audience_cases[i].claims);
	}
}

Test(access_jws, ids_are_texts_whether_quoted_or_not)
{
	AUTO_REF(jws) t = token_of("{\"a\":\"12\",\"b\":12,\"c\":true,\"d\":1.5,\"e\":[12]}");
	AUTO(arena) arena = {0};

	cr_expect_str_eq(jws_as_text(t, "a", &arena), "12");
	cr_expect_str_eq(jws_as_text(t, "b", &arena), "12");
	cr_expect_str_eq(jws_as_text(t, "c", &arena), "true");
	cr_expect_null(jws_as_text(t, "d", &arena));
	cr_expect_null(jws_as_text(t, "e", &arena));
	cr_expect_null(jws_as_text(t, "f", &arena));
}
