#include "signing/format/cose.h"

#include "base/encode.h"
#include "signing/format/ecdsa.h"
#include "tests/unit/format/suit_keys.h"

static void hex(const char *text, struct buf *out)
{
	struct err err = {0};

	cr_assert(hex_decode(span_str(text), out, &err).ok);
}

/* RFC 9679 section 6: x, y, and the thumbprint of the key. */
Test(format_cose, the_key_id_is_the_thumbprint_of_the_rfc)
{
	AUTO(buf) point = {0};
	AUTO(buf) expected = {0};
	uint8_t kid[COSE_KID_SIZE];

	buf_put_byte(&point, 4);
	hex("65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d", &point);
	hex("1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c", &point);
	hex("496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec", &expected);
	cr_assert(cose_thumbprint(COSE_ES256, buf_span(&point), kid));
	cr_expect(span_equal(SPAN_OF(kid), buf_span(&expected)));
	cr_expect_not(cose_thumbprint(COSE_ES384, buf_span(&point), kid));
	cr_expect_not(cose_thumbprint(COSE_SHA256, buf_span(&point), kid));
}

Test(format_cose, algorithms_fit_by_kind)
{
	cr_expect(cose_algorithm_fits(COSE_ES256, COSE_ESP256));
	cr_expect(cose_algorithm_fits(COSE_ED25519, COSE_EDDSA));
	cr_expect(cose_algorithm_fits(COSE_ESP384, COSE_ES384));
	cr_expect_not(cose_algorithm_fits(COSE_ES256, COSE_ES384));
	cr_expect_not(cose_algorithm_fits(COSE_ML_DSA_44, COSE_ML_DSA_65));
	cr_expect_not(cose_algorithm_fits(COSE_SHA256, COSE_SHA256));
	cr_expect_not(cose_algorithm_fits(0, 0));
}

/* A tagged array whose protected header and rest are given; 64 octets of signature. */
static enum refusal read_sign1(struct span start, struct span header, struct span rest)
{
	static const uint8_t signature[66] = {0x58, 64};
	AUTO(buf) bytes = {0};
	struct cose_sign1 sign1 = {.kid = SPAN_NONE};
	struct cbor_in in;

	buf_put(&bytes, start);
	cbor_put_bytes(&bytes, header);
	buf_put(&bytes, rest);
	buf_put(&bytes, SPAN_OF(signature));
	in = cbor_in(buf_span(&bytes));
	cose_in_sign1(&in, &sign1);
	return cbor_in_end(&in);
}

#define START SPAN_LITERAL("\xd2\x84")
#define REST  SPAN_LITERAL("\xa0\xf6")

Test(format_cose, only_detached_signatures_with_algorithm_and_key_id_are_read)
{
	static const struct {
		const char *what;
		struct span start, header, rest;
		enum refusal expected;
	} cases[] = {
	    {"algorithm", START, SPAN_LITERAL("\xa1\x01\x26"), REST, REFUSAL_NONE},
	    {"and key id", START, SPAN_LITERAL("\xa2\x01\x26\x04\x41k"), REST, REFUSAL_NONE},
	    {"no header", START, SPAN_LITERAL(""), REST, REFUSAL_CBOR_END},
	    {"no algorithm", START, SPAN_LITERAL("\xa1\x04\x41k"), REST, REFUSAL_CBOR_MISSING},
	    {"critical", START, SPAN_LITERAL("\xa2\x01\x26\x02\x81\x04"), REST,
		REFUSAL_COSE_CRITICAL},
	    {"content type", START, SPAN_LITERAL("\xa2\x01\x26\x03\x00"), REST,
		REFUSAL_COSE_HEADER},
	    {"algorithm twice", START, SPAN_LITERAL("\xa2\x01\x26\x01\x26"), REST,
		REFUSAL_CBOR_DUPLICATE},
	    {"algorithm by name", START,
		SPAN_LITERAL("\xa1\x01\x65"
			     "ES256"),
		REST, REFUSAL_CBOR_TYPE},
	    {"octets behind the header", START, SPAN_LITERAL("\xa1\x01\x26\x00"), REST,
		REFUSAL_CBOR_TRAILING},
	    {"unprotected header", START, SPAN_LITERAL("\xa1\x01\x26"),
		SPAN_LITERAL("\xa1\x04\x41k\xf6"), REFUSAL_COSE_HEADER},
	    {"payload within", START, SPAN_LITERAL("\xa1\x01\x26"), SPAN_LITERAL("\xa0\x41x"),
		REFUSAL_COSE_TYPE},
	    {"no tag", SPAN_LITERAL("\x84"), SPAN_LITERAL("\xa1\x01\x26"), REST, REFUSAL_COSE_TYPE},
	    {"COSE_Sign", SPAN_LITERAL("\xd8\x62\x84"), SPAN_LITERAL("\xa1\x01\x26"), REST,
		REFUSAL_COSE_TYPE},
	    {"COSE_Mac0", SPAN_LITERAL("\xd1\x84"), SPAN_LITERAL("\xa1\x01\x26"), REST,
		REFUSAL_COSE_TYPE},
	    {"five elements", SPAN_LITERAL("\xd2\x85"), SPAN_LITERAL("\xa1\x01\x26"), REST,
		REFUSAL_COSE_TYPE},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		SK_CHECK(read_sign1(cases[i].start, cases[i].header, cases[i].rest),
		    cases[i].expected, "%s", cases[i].what);
}

/* Lengths at which the head of an octet string grows. */
Test(format_cose, payloads_of_any_length_verify_and_other_context_does_not)
{
	static const size_t lengths[] = {0, 1, 23, 24, 255, 256, 65535, 65536};
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	struct sk_key key;
	struct cose_key public;

	cr_assert(sk_key_make("ESP256", &key));
	public = cose_key_of(&key.public);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		AUTO(buf) payload = {0};
		AUTO(buf) signature = {0};
		AUTO(buf) bytes = {0};
		struct cose_sign1 sign1;
		struct cose_made made;
		struct cbor_in in;

		while (payload.n < lengths[i])
			buf_put_byte(&payload, 'x');
		made = sk_sign(&key, SPAN_LITERAL("one"), buf_span(&payload), &signature);
		cose_put_sign1(&made, &bytes);
		in = cbor_in(buf_span(&bytes));
		cose_in_sign1(&in, &sign1);
		cr_assert_eq(cbor_in_end(&in), REFUSAL_NONE);
		SK_CHECK(
		    cose_verify(&crypto, &sign1, &public, SPAN_LITERAL("one"), buf_span(&payload)),
		    REFUSAL_NONE, "%zu octets", lengths[i]);
		SK_CHECK(
		    cose_verify(&crypto, &sign1, &public, SPAN_LITERAL("two"), buf_span(&payload)),
		    REFUSAL_COSE_SIGNATURE, "%zu octets", lengths[i]);
	}
	sk_key_free(&key);
}

Test(format_cose, keys_of_a_wrong_length_are_refused)
{
	static const uint8_t zeros[3000];
	static const struct {
		int algorithm;
		size_t right;
	} rows[] = {{COSE_ES256, 65}, {COSE_ESP384, 97}, {COSE_ED25519, 32}, {COSE_ML_DSA_44, 1312},
	    {COSE_ML_DSA_65, 1952}, {COSE_ML_DSA_87, 2592}};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t n = rows[i].right - 1; n <= rows[i].right + 1; n++) {
			struct cose_key key = {.algorithm = rows[i].algorithm, .key = {zeros, n}};

			SK_CHECK(cose_key_check(&key),
			    n == rows[i].right ? REFUSAL_NONE : REFUSAL_COSE_KEY, "%d, %zu",
			    rows[i].algorithm, n);
		}
}

Test(format_cose, ecdsa_signatures_change_their_form_and_back)
{
	static const struct {
		const char *der, *raw; /* raw NULL: refused */
	} cases[] = {
	    {"3006020101020102", "0000000100000002"},
	    {"300a020500ffffffff020100", "ffffffff00000000"},
	    {"3006020101020102ff", NULL},
	    {"3008020600ffffffffff020100", NULL},
	    {"300702020001020102", NULL},
	    {"3006020181020102", NULL},
	    {"3003020101", NULL},
	    {"3009020101020102020103", NULL},
	    {"", NULL},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) der = {0};
		AUTO(buf) raw = {0};
		AUTO(buf) expected = {0};
		AUTO(buf) back = {0};
		struct err err = {0};

		hex(cases[i].der, &der);
		cr_expect_eq(ecdsa_raw_from_der(buf_span(&der), 4, &raw, &err).ok,
		    cases[i].raw != NULL, "%s", cases[i].der);
		if (!cases[i].raw) {
			cr_expect_eq(err.kind, ERR_INPUT);
			cr_expect_eq(raw.n, 0);
			continue;
		}
		hex(cases[i].raw, &expected);
		cr_expect(span_equal(buf_span(&raw), buf_span(&expected)), "%s", cases[i].der);
		ecdsa_der_from_raw(buf_span(&raw), &back);
		cr_expect(span_equal(buf_span(&back), buf_span(&der)), "%s", cases[i].der);
	}
}
