#include "base/algorithm.h"

#include <criterion/criterion.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/der.h"

static const uint8_t message[] = "what is signed";

/* One key per algorithm and process: RSA-4096 takes its time. */
static EVP_PKEY *key_of(const char *name)
{
	struct err err = {0};
	EVP_PKEY *key = NULL;
	const struct key_algorithm *a = key_algorithm_by_name(name);
	cr_assert_not_null(a, "%s", name);
	cr_assert(key_generate(a, &key, &err).ok, "%s: %s", name, err.message);
	return key;
}

static struct buf spki_of(const char *name)
{
	struct err err = {0};
	struct buf spki = {0};
	EVP_PKEY *key = key_of(name);
	cr_assert(key_spki(key, &spki, &err).ok);
	EVP_PKEY_free(key);
	return spki;
}

static bool accepts(struct span spki)
{
	struct err err = {0};
	EVP_PKEY *key = NULL;
	const struct key_algorithm *a = NULL;
	bool ok = public_key_from_spki(spki, &a, &key, &err).ok;
	cr_assert_eq(ok, key != NULL);
	cr_assert(ok || err.kind == ERR_INPUT, "refusals are the sender's fault: %s", err.message);
	EVP_PKEY_free(key);
	return ok;
}

Test(algorithm, every_available_one_makes_signs_and_verifies)
{
	for (const struct key_algorithm *a = key_algorithms; a->name; a++) {
		if (!key_algorithm_available(a)) {
			fprintf(stderr, "skipped: this OpenSSL does not have %s\n", a->name);
			continue;
		}
		struct err err = {0};
		AUTO(buf) spki = {0};
		AUTO(buf) signature = {0};
		AUTO_PTR(EVP_PKEY) key = key_of(a->name);
		AUTO_PTR(EVP_PKEY) public_half = NULL;
		const struct key_algorithm *found = NULL;
		cr_assert(key_spki(key, &spki, &err).ok);
		cr_assert(public_key_from_spki(buf_span(&spki), &found, &public_half, &err).ok,
		    "%s: %s", a->name, err.message);
		cr_assert_str_eq(found->name, a->name);
		cr_assert(signature_make(key, a->signature, SPAN_OF(message), &signature, &err).ok);
		cr_assert(signature_verify(
		    public_half, a->signature, SPAN_OF(message), buf_span(&signature)));
		cr_assert_not(signature_verify(
		    public_half, a->signature, SPAN_LITERAL("another"), buf_span(&signature)));
		signature.p[signature.n / 2] ^= 1;
		cr_assert_not(signature_verify(
		    public_half, a->signature, SPAN_OF(message), buf_span(&signature)));
		cr_assert_eq(ERR_peek_error(), 0, "%s leaves the error queue empty", a->name);
	}
}

Test(algorithm, identifiers_are_those_that_openssl_writes)
{
	static const char *const names[] = {"EC-P256", "EC-P384", "Ed25519", "RSA-2048"};
	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO(buf) spki = spki_of(names[i]);
		struct span in = buf_span(&spki), body, identifier;
		cr_assert(der_take(&in, DER_SEQUENCE, &body));
		cr_assert(der_take_whole(&body, DER_SEQUENCE, &identifier));
		cr_assert(span_equal(identifier, key_algorithm_by_name(names[i])->identifier));
	}
}

Test(algorithm, signature_identifiers_are_found_and_others_are_not)
{
	for (const struct key_algorithm *a = key_algorithms; a->name; a++)
		cr_assert_eq(signature_algorithm_of(a->signature->identifier), a->signature);
	static const uint8_t sha1_with_rsa[] = {
	    0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 5, 5, 0};
	static const uint8_t ecdsa_with_null[] = {
	    0x30, 12, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2, 5, 0};
	/* RFC 4055 5: "MUST accept the parameters being absent as well as present" */
	static const uint8_t rsa_without_null[] = {
	    0x30, 11, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11};
	cr_assert_null(signature_algorithm_of(SPAN_OF(sha1_with_rsa)));
	cr_assert_null(signature_algorithm_of(SPAN_OF(ecdsa_with_null)));
	cr_assert_str_eq(signature_algorithm_of(SPAN_OF(rsa_without_null))->digest, "SHA256");
	cr_assert_null(signature_algorithm_of(SPAN_NONE));
}

Test(algorithm, one_that_this_openssl_lacks_is_a_configuration_error)
{
	static const struct key_algorithm absent = {.name = "Falcon", .evp_type = "Falcon-none"};
	struct err err = {0};
	EVP_PKEY *key = NULL;
	cr_assert_not(key_algorithm_available(&absent));
	cr_assert_not(key_generate(&absent, &key, &err).ok);
	cr_assert_eq(err.kind, ERR_CONFIG);
	cr_assert_null(key);
	cr_assert_eq(ERR_peek_error(), 0);
}

Test(algorithm, unknown_name_is_null)
{
	cr_assert_null(key_algorithm_by_name("EC-P512"));
	cr_assert_null(key_algorithm_by_name(""));
}

Test(algorithm, key_and_signature_algorithm_must_fit)
{
	struct err err = {0};
	AUTO(buf) signature = {0};
	AUTO_PTR(EVP_PKEY) ec = key_of("EC-P256");
	const struct signature_algorithm *rsa = key_algorithm_by_name("RSA-2048")->signature;
	cr_assert_not(signature_make(ec, rsa, SPAN_OF(message), &signature, &err).ok);
	cr_assert_eq(signature.n, 0);
	err_clear(&err);
	const struct signature_algorithm *ecdsa = key_algorithm_by_name("EC-P256")->signature;
	cr_assert(signature_make(ec, ecdsa, SPAN_OF(message), &signature, &err).ok);
	cr_assert_not(signature_verify(ec, rsa, SPAN_OF(message), buf_span(&signature)));
}

/* ---- SubjectPublicKeyInfo that must be refused, one per defect ---- */

struct defect {
	const char *name;
	size_t offset; /* of the octet that is changed, in a P-256 SPKI of 91 octets */
	uint8_t value;
};

Test(algorithm, defective_p256_keys_are_refused)
{
	static const struct defect defects[] = {
	    {"not a sequence", 0, 0x31},
	    {"length over the end", 1, 0x5a},
	    {"length short of the end", 1, 0x58},
	    {"another key type", 12, 0x02},
	    {"another curve", 22, 0x06},
	    {"no bit string", 23, 0x04},
	    {"unused bits", 25, 0x01},
	    {"compressed point", 26, 0x02},
	    {"hybrid point", 26, 0x06},
	    {"point off the curve", 90, 0x00},
	};
	for (size_t i = 0; i < COUNT(defects); i++) {
		AUTO(buf) spki = spki_of("EC-P256");
		cr_assert_eq(spki.n, 91);
		cr_assert(accepts(buf_span(&spki)));
		uint8_t *at = &spki.p[defects[i].offset];
		*at = *at == defects[i].value ? (uint8_t)(defects[i].value + 1) : defects[i].value;
		cr_expect_not(accepts(buf_span(&spki)), "%s", defects[i].name);
	}
}

Test(algorithm, bytes_behind_or_missing_are_refused)
{
	AUTO(buf) spki = spki_of("EC-P256");
	for (size_t n = 0; n < spki.n; n++)
		cr_expect_not(accepts(span(spki.p, n)), "cut at %zu", n);
	buf_put_byte(&spki, 0);
	cr_expect_not(accepts(buf_span(&spki)));
}

static struct buf rsa_spki(struct span modulus, struct span exponent)
{
	struct buf out = {0};
	AUTO(buf) key = {0};
	size_t inner = der_begin(&key, DER_SEQUENCE);
	der_put_unsigned(&key, modulus);
	der_put_unsigned(&key, exponent);
	der_end(&key, inner);
	size_t outer = der_begin(&out, DER_SEQUENCE);
	buf_put(&out, key_algorithm_by_name("RSA-2048")->identifier);
	der_put_bits(&out, buf_span(&key));
	der_end(&out, outer);
	return out;
}

Test(algorithm, rsa_sizes_and_exponents_are_bounded)
{
	static const uint8_t f4[] = {1, 0, 1}, three[] = {3}, even[] = {1, 0, 2},
			     most[] = {255, 255, 255, 255, 255, 255, 255, 255},
			     nine[] = {1, 0, 0, 0, 0, 0, 0, 0, 1};
	uint8_t big[2048] = {0};
	const struct {
		const char *name;
		size_t octets;
		uint8_t first, last;
		struct span exponent;
		const char *row; /* NULL: refused */
	} cases[] = {
	    {"2048 bits", 256, 0x80, 1, SPAN_OF(f4), "RSA-2048"},
	    {"2047 bits", 256, 0x7f, 1, SPAN_OF(f4), NULL},
	    {"1024 bits", 128, 0x80, 1, SPAN_OF(f4), NULL},
	    {"3071 bits", 384, 0x7f, 1, SPAN_OF(f4), "RSA-2048"},
	    {"3072 bits", 384, 0x80, 1, SPAN_OF(f4), "RSA-3072"},
	    {"8192 bits", 1024, 0x80, 1, SPAN_OF(f4), "RSA-4096"},
	    {"8193 bits", 1025, 0x01, 1, SPAN_OF(f4), NULL},
	    {"even modulus", 256, 0x80, 2, SPAN_OF(f4), NULL},
	    {"exponent 3", 256, 0x80, 1, SPAN_OF(three), NULL},
	    {"even exponent", 256, 0x80, 1, SPAN_OF(even), NULL},
	    {"exponent 2^64 - 1", 256, 0x80, 1, SPAN_OF(most), "RSA-2048"},
	    {"exponent above 2^64", 256, 0x80, 1, SPAN_OF(nine), NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {0};
		const struct key_algorithm *a = NULL;
		memset(big, 0x55, sizeof(big));
		big[0] = cases[i].first;
		big[cases[i].octets - 1] = cases[i].last;
		AUTO(buf) spki = rsa_spki(span(big, cases[i].octets), cases[i].exponent);
		bool ok = key_algorithm_of_spki(buf_span(&spki), &a, &err).ok;
		cr_expect_eq(ok, cases[i].row != NULL, "%s", cases[i].name);
		if (ok && cases[i].row)
			cr_expect_str_eq(a->name, cases[i].row, "%s", cases[i].name);
		cr_expect_eq(accepts(buf_span(&spki)), cases[i].row != NULL, "%s", cases[i].name);
	}
}

Test(algorithm, a_key_of_the_wrong_length_is_refused)
{
	AUTO(buf) spki = {0};
	static const uint8_t short_key[31] = {1};
	size_t mark = der_begin(&spki, DER_SEQUENCE);
	buf_put(&spki, key_algorithm_by_name("Ed25519")->identifier);
	der_put_bits(&spki, SPAN_OF(short_key));
	der_end(&spki, mark);
	cr_assert_not(accepts(buf_span(&spki)));
}

Test(algorithm, unknown_algorithms_are_named_by_their_oid)
{
	struct err err = {0};
	AUTO(buf) spki = {0};
	EVP_PKEY *key = EVP_EC_gen("secp256k1");
	const struct key_algorithm *a = NULL;
	cr_assert(key_spki(key, &spki, &err).ok);
	EVP_PKEY_free(key);
	cr_assert_not(key_algorithm_of_spki(buf_span(&spki), &a, &err).ok);
	cr_assert_not_null(strstr(err.message, "1.2.840.10045.2.1"), "%s", err.message);
}
