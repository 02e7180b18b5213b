#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "ca/csr.h"
#include "tests/lib/pki.h"

/* A request in parts, each of which a test may replace; zero values are right. */
struct plan {
	const char *algorithm;   /* NULL: EC-P256 */
	const char *version;     /* DER; NULL: INTEGER 0 */
	struct span subject;     /* p NULL: CN=unit */
	struct span attributes;  /* contents of [0] */
	bool no_attributes;      /* not even [0] */
	struct span info_behind; /* inside the info, behind the attributes */
	struct span behind_info; /* inside the request, between info and algorithm */
	struct span behind_signature;
	struct span behind;     /* behind it all */
	struct span identifier; /* p NULL: the key's own */
	struct span spki;       /* p NULL: the key's */
	bool sign_other_bytes;
};

/* 30 SEQUENCE { SET { SEQUENCE { CN, UTF8String "unit" } } } */
static const uint8_t subject_unit[] = {
    0x30, 15, 0x31, 13, 0x30, 11, 6, 3, 0x55, 4, 3, 12, 4, 'u', 'n', 'i', 't'};

static void put_info(const struct plan *plan, EVP_PKEY *key, struct buf *out)
{
	struct err err = {0};
	size_t mark = der_begin(out, DER_SEQUENCE);
	if (plan->version)
		buf_put(out, span_str(plan->version));
	else
		der_put_uint(out, 0);
	buf_put(out, plan->subject.p ? plan->subject : SPAN_OF(subject_unit));
	if (plan->spki.p)
		buf_put(out, plan->spki);
	else
		cr_assert(key_spki(key, out, &err).ok);
	if (!plan->no_attributes)
		der_put(out, DER_CONTEXT_CONSTRUCTED | 0, plan->attributes);
	buf_put(out, plan->info_behind);
	der_end(out, mark);
}

static struct buf build(const struct plan *plan)
{
	const struct key_algorithm *a =
	    key_algorithm_by_name(plan->algorithm ? plan->algorithm : "EC-P256");
	struct err err = {0};
	struct buf out = {0};
	AUTO(buf) info = {0};
	AUTO(buf) signature = {0};
	AUTO_PTR(EVP_PKEY) key = pki_key(a->name);
	put_info(plan, key, &info);
	cr_assert(signature_make(key, a->signature,
	    plan->sign_other_bytes ? SPAN_LITERAL("other") : buf_span(&info), &signature, &err)
		      .ok);
	size_t mark = der_begin(&out, DER_SEQUENCE);
	buf_put(&out, buf_span(&info));
	buf_put(&out, plan->behind_info);
	buf_put(&out, plan->identifier.p ? plan->identifier : a->signature->identifier);
	der_put_bits(&out, buf_span(&signature));
	buf_put(&out, plan->behind_signature);
	der_end(&out, mark);
	buf_put(&out, plan->behind);
	return out;
}

static void expect_refused(const struct plan *plan, const char *code, const char *name)
{
	struct err err = {0};
	struct csr csr = {0};
	AUTO(buf) der = build(plan);
	cr_expect_not(csr_parse(buf_span(&der), &csr, &err).ok, "%s", name);
	cr_expect_str_eq(err_code(&err), code, "%s: %s: %s", name, err_code(&err), err.message);
	cr_expect_null(csr.der.p, "untouched on failure");
	cr_expect_eq(ERR_peek_error(), 0);
}

static void expect_accepted(const struct plan *plan, const char *name)
{
	struct err err = {0};
	struct csr csr;
	AUTO(buf) der = build(plan);
	cr_expect(csr_parse(buf_span(&der), &csr, &err).ok, "%s: %s: %s", name, err_code(&err),
	    err.message);
}

/* ---- attributes, written out ---- */

static void put_attribute(struct buf *out, const char *oid, struct span values)
{
	size_t mark = der_begin(out, DER_SEQUENCE);
	der_put_oid(out, oid);
	der_put(out, DER_SET, values);
	der_end(out, mark);
}

#define EXTENSION_REQUEST "1.2.840.113549.1.9.14"
#define CHALLENGE         "1.2.840.113549.1.9.7"
#define CHANGE_SUBJECT    "1.3.6.1.5.5.7.7.36"

/* An Extension with a SAN of one dNSName "a". */
static const uint8_t extension_san[] = {
    0x30, 12, 6, 3, 0x55, 0x1d, 0x11, 4, 5, 0x30, 3, 0x82, 1, 'a'};
static const uint8_t san_value[] = {0x30, 3, 0x82, 1, 'a'};
static const uint8_t password[] = {DER_UTF8_STRING, 6, 's', 'e', 'c', 'r', 'e', 't'};

static struct buf extension_request(int copies)
{
	struct buf value = {0};
	size_t mark = der_begin(&value, DER_SEQUENCE);
	for (int i = 0; i < copies; i++)
		buf_put(&value, SPAN_OF(extension_san));
	der_end(&value, mark);
	return value;
}

Test(ca_csr, requests_of_openssl_are_read)
{
	static const char *const algorithms[] = {"EC-P256", "EC-P384", "ED25519", "RSA-2048"};
	for (size_t i = 0; i < COUNT(algorithms); i++) {
		struct err err = {0};
		struct csr csr;
		struct pki_csr want = {
		    .common_name = "unit", .challenge = "c2VjcmV0", .san = "DNS:a"};
		AUTO_PTR(EVP_PKEY) key = pki_key(algorithms[i]);
		AUTO(buf) der = {0};
		AUTO(buf) spki = {0};
		pki_csr(key, &want, &der);
		cr_assert(
		    csr_parse(buf_span(&der), &csr, &err).ok, "%s: %s", algorithms[i], err.message);
		cr_assert(key_spki(key, &spki, &err).ok);
		cr_expect(span_equal(csr.spki, buf_span(&spki)));
		cr_expect(span_equal(csr.san, SPAN_OF(san_value)));
		cr_expect(span_equal_str(csr.challenge_password, "c2VjcmV0"));
		cr_expect_null(csr.change_subject_name.p);
		cr_expect_str_eq(csr.key_algorithm->evp_type, csr.signature_algorithm->evp_type);
		struct digest digest = sha256(buf_span(&spki));
		cr_expect_eq(memcmp(&digest, &csr.key_digest, sizeof(digest)), 0);
	}
}

Test(ca_csr, every_available_algorithm_is_read)
{
	for (const struct key_algorithm *a = key_algorithms; a->name; a++) {
		struct err err = {0};
		struct csr csr;
		if (!key_algorithm_available(a)) {
			fprintf(stderr, "skipped: this OpenSSL does not have %s\n", a->name);
			continue;
		}
		AUTO(buf) der = build(&(struct plan){.algorithm = a->name});
		cr_assert(csr_parse(buf_span(&der), &csr, &err).ok, "%s: %s", a->name, err.message);
		cr_expect_eq(csr.key_algorithm, a);
		cr_expect_eq(csr.signature_algorithm, a->signature);
	}
}

Test(ca_csr, absent_and_empty_challenge_passwords_differ)
{
	struct err err = {0};
	struct csr csr;
	static const uint8_t empty[] = {DER_PRINTABLE_STRING, 0};
	AUTO(buf) attributes = {0};
	AUTO(buf) without = build(&(struct plan){0});
	cr_assert(csr_parse(buf_span(&without), &csr, &err).ok, "%s", err.message);
	cr_assert_null(csr.challenge_password.p);
	cr_assert_eq(csr.san.n, 0);
	put_attribute(&attributes, CHALLENGE, SPAN_OF(empty));
	AUTO(buf) with = build(&(struct plan){.attributes = buf_span(&attributes)});
	cr_assert(csr_parse(buf_span(&with), &csr, &err).ok, "%s", err.message);
	cr_assert_not_null(csr.challenge_password.p);
	cr_assert_eq(csr.challenge_password.n, 0);
}

Test(ca_csr, an_empty_subject_and_unknown_attributes_are_taken)
{
	static const uint8_t empty_name[] = {0x30, 0}, null[] = {5, 0};
	AUTO(buf) attributes = {0};
	AUTO(buf) request = extension_request(0);
	put_attribute(&attributes, "1.3.6.1.4.1.311.13.2.3", SPAN_OF(null));
	put_attribute(&attributes, "1.3.6.1.4.1.311.13.2.3", SPAN_OF(null));
	put_attribute(&attributes, EXTENSION_REQUEST, buf_span(&request));
	expect_accepted(
	    &(struct plan){.subject = SPAN_OF(empty_name), .attributes = buf_span(&attributes)},
	    "unknown attributes, no extensions");
}

/* RFC 6402 2.8 */
Test(ca_csr, change_subject_name_is_handed_on_whole)
{
	struct err err = {0};
	struct csr csr;
	static const uint8_t change[] = {0x30, 3, 0x82, 1, 'b'};
	AUTO(buf) attributes = {0};
	put_attribute(&attributes, CHANGE_SUBJECT, SPAN_OF(change));
	AUTO(buf) der = build(&(struct plan){.attributes = buf_span(&attributes)});
	cr_assert(csr_parse(buf_span(&der), &csr, &err).ok, "%s", err.message);
	cr_assert(span_equal(csr.change_subject_name, SPAN_OF(change)));
}

Test(ca_csr, defects_of_the_frame_are_refused)
{
	static const uint8_t null[] = {5, 0}, not_a_name[] = {0x30, 2, 5, 0},
			     set_of_nothing[] = {0x30, 2, 0x31, 0};
	const struct {
		const char *name;
		struct plan plan;
	} cases[] = {
	    {"bytes behind", {.behind = SPAN_OF(null)}},
	    {"bytes behind the signature", {.behind_signature = SPAN_OF(null)}},
	    {"bytes before the algorithm", {.behind_info = SPAN_OF(null)}},
	    {"bytes behind the attributes", {.info_behind = SPAN_OF(null)}},
	    {"version 1", {.version = "\x02\x01\x01"}},
	    {"version -1", {.version = "\x02\x01\xff"}},
	    {"no version", {.version = ""}},
	    {"no attributes [0]", {.no_attributes = true}},
	    {"subject is not a name", {.subject = SPAN_OF(not_a_name)}},
	    {"an RDN without attributes", {.subject = SPAN_OF(set_of_nothing)}},
	    {"attribute is not a sequence", {.attributes = SPAN_OF(null)}},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_refused(&cases[i].plan, "csr.malformed", cases[i].name);
}

Test(ca_csr, every_truncation_is_refused)
{
	AUTO(buf) der = build(&(struct plan){0});
	for (size_t n = 0; n < der.n; n++) {
		struct err err = {0};
		struct csr csr;
		cr_expect_not(csr_parse(span(der.p, n), &csr, &err).ok, "cut at %zu", n);
		cr_expect_str_eq(err_code(&err), "csr.malformed");
	}
}

/* Whatever bit falls over: refused, or it was not signed and not read (nothing of a CSR is that).
 */
Test(ca_csr, every_flipped_bit_is_refused)
{
	AUTO(buf) der = build(&(struct plan){0});
	for (size_t bit = 0; bit < der.n * 8; bit++) {
		struct err err = {0};
		struct csr csr;
		der.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_expect_not(csr_parse(buf_span(&der), &csr, &err).ok, "bit %zu", bit);
		der.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

Test(ca_csr, defects_of_attributes_are_refused)
{
	static const uint8_t integer[] = {2, 1, 0}, null[] = {5, 0}, empty_sequence[] = {0x30, 0},
			     two_passwords[] = {12, 1, 'a', 12, 1, 'b'},
			     bmp_password[] = {0x1e, 2, 0, 'a'},
			     san_not_a_list[] = {0x30, 13, 0x30, 11, 6, 3, 0x55, 0x1d, 0x11, 4, 4,
				 0x82, 2, 'a', 'b'},
			     san_empty[] = {
				 0x30, 11, 0x30, 9, 6, 3, 0x55, 0x1d, 0x11, 4, 2, 0x30, 0};
	AUTO(buf) one = extension_request(1);
	AUTO(buf) twice = extension_request(2);
	AUTO(buf) two_values = {0};
	buf_put(&two_values, buf_span(&one));
	buf_put(&two_values, buf_span(&one));
	const struct {
		const char *name, *oid;
		struct span values;
		int times;
	} cases[] = {
	    {"two extensionRequests", EXTENSION_REQUEST, buf_span(&one), 2},
	    {"extensionRequest of two values", EXTENSION_REQUEST, buf_span(&two_values), 1},
	    {"extensionRequest of none", EXTENSION_REQUEST, SPAN_NONE, 1},
	    {"extensionRequest is an INTEGER", EXTENSION_REQUEST, SPAN_OF(integer), 1},
	    {"an extension twice", EXTENSION_REQUEST, buf_span(&twice), 1},
	    {"SAN is not a list", EXTENSION_REQUEST, SPAN_OF(san_not_a_list), 1},
	    {"SAN is empty", EXTENSION_REQUEST, SPAN_OF(san_empty), 1},
	    {"two challengePasswords", CHALLENGE, SPAN_OF(password), 2},
	    {"challengePassword of two values", CHALLENGE, SPAN_OF(two_passwords), 1},
	    {"challengePassword as BMPString", CHALLENGE, SPAN_OF(bmp_password), 1},
	    {"challengePassword is NULL", CHALLENGE, SPAN_OF(null), 1},
	    {"two ChangeSubjectNames", CHANGE_SUBJECT, buf_span(&one), 2},
	    {"ChangeSubjectName is empty", CHANGE_SUBJECT, SPAN_OF(empty_sequence), 1},
	    {"seventeen attributes", "1.2.3.4", SPAN_OF(null), 17},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) attributes = {0};
		for (int n = 0; n < cases[i].times; n++)
			put_attribute(&attributes, cases[i].oid, cases[i].values);
		expect_refused(&(struct plan){.attributes = buf_span(&attributes)}, "csr.attribute",
		    cases[i].name);
	}
}

Test(ca_csr, challenge_password_is_bounded)
{
	uint8_t text[256];
	memset(text, 'a', sizeof(text));
	for (size_t n = 255; n <= 256; n++) {
		AUTO(buf) value = {0};
		AUTO(buf) attributes = {0};
		der_put(&value, DER_UTF8_STRING, span(text, n));
		put_attribute(&attributes, CHALLENGE, buf_span(&value));
		const struct plan plan = {.attributes = buf_span(&attributes)};
		if (n == 255)
			expect_accepted(&plan, "255 octets");
		else
			expect_refused(&plan, "csr.attribute", "256 octets");
	}
}

Test(ca_csr, defects_of_key_and_signature_are_refused)
{
	static const uint8_t sha1[] = {0x30, 11, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1, 5, 0};
	struct span rsa = key_algorithm_by_name("RSA-2048")->signature->identifier;
	struct span sha384 = key_algorithm_by_name("EC-P384")->signature->identifier;
	AUTO(buf) other = {0};
	AUTO(buf) weak = {0};
	struct err err = {0};
	AUTO_PTR(EVP_PKEY) key = pki_key("EC-P256");
	AUTO_PTR(EVP_PKEY) small = EVP_RSA_gen(1024);
	cr_assert(key_spki(key, &other, &err).ok && key_spki(small, &weak, &err).ok);
	expect_refused(
	    &(struct plan){.sign_other_bytes = true}, "csr.signature", "other bytes signed");
	expect_refused(
	    &(struct plan){.spki = buf_span(&other)}, "csr.signature", "another's key inside");
	expect_refused(&(struct plan){.spki = buf_span(&weak)}, "csr.key", "RSA of 1024 bits");
	expect_refused(&(struct plan){.identifier = SPAN_OF(sha1)}, "csr.algorithm", "SHA-1");
	expect_refused(
	    &(struct plan){.identifier = rsa}, "csr.algorithm", "RSA's name on an EC key");
	expect_refused(&(struct plan){.identifier = sha384}, "csr.signature", "another digest");
}

Test(ca_csr, over_the_bound_is_too_large)
{
	struct err err = {0};
	struct csr csr;
	AUTO(buf) der = build(&(struct plan){0});
	while (der.n <= CSR_DER_MAX)
		buf_put_byte(&der, 0);
	cr_assert_not(csr_parse(buf_span(&der), &csr, &err).ok);
	cr_assert_eq(err.kind, ERR_TOO_LARGE);
	cr_assert_str_eq(err_code(&err), "csr.size");
}
