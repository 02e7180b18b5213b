#include "signing/format/suit.h"

#include <stdio.h>

#include "tests/lib/shared.h"
#include "tests/unit/format/suit_keys.h"

/* Public half of the key that signs the draft's examples and libcsuit's. */
static const uint8_t example_point[65] = {4, 0x84, 0x96, 0x81, 0x1a, 0xae, 0x0b, 0xaa, 0xab, 0xd2,
    0x61, 0x57, 0x18, 0x9e, 0xec, 0xda, 0x26, 0xbe, 0xaa, 0x8b, 0xf1, 0x1b, 0x6f, 0x3f, 0xe6, 0xe2,
    0xb5, 0x65, 0x9c, 0x85, 0xdb, 0xc0, 0xad, 0x3b, 0x1f, 0x2a, 0x4b, 0x6c, 0x09, 0x81, 0x31, 0xc0,
    0xa3, 0x6d, 0xac, 0xd1, 0xd7, 0x8b, 0xd3, 0x81, 0xdc, 0xdf, 0xb0, 0x9c, 0x05, 0x2d, 0xb3, 0x39,
    0x91, 0xdb, 0x73, 0x38, 0xb4, 0xa8, 0x96};

static struct sk_ring example_ring(void)
{
	return (struct sk_ring){1, {{.kid = SPAN_LITERAL("example"),
				       .algorithm = COSE_ES256,
				       .key = SPAN_OF(example_point)}}};
}

/*
 * Every octet, every single bit of it and all of them at once; of a long signature every 16th
 * octet.
 */
static void refuses_every_flip(const char *what, const struct sk_ring *ring, struct span envelope,
    enum refusal (*judge)(const struct suit *suit))
{
	const struct span sparse = sk_long_signature(envelope);
	AUTO(buf) copy = {0};
	size_t accepted = 0;

	buf_put(&copy, envelope);
	for (size_t i = 0; i < copy.n; i++) {
		if (sk_left_out(sparse, envelope.p + i))
			continue;
		for (unsigned bit = 0; bit <= 8; bit++) {
			uint8_t flip = (uint8_t)(bit < 8 ? 1u << bit : 0xff);
			struct suit suit;
			enum refusal refusal;

			copy.p[i] ^= flip;
			refusal = sk_verify(ring, buf_span(&copy), &suit);
			if (refusal == REFUSAL_NONE && judge)
				refusal = judge(&suit);
			cr_expect_neq(refusal, REFUSAL_NONE, "%s: octet %zu, %02x", what, i, flip);
			accepted += refusal == REFUSAL_NONE;
			copy.p[i] ^= flip;
			cr_assert_leq(accepted, 3, "%s: and so on", what);
		}
	}
}

static void refuses_every_cut(const char *what, const struct sk_ring *ring, struct span envelope)
{
	struct suit suit;

	for (size_t n = 0; n < envelope.n; n++) {
		/* A copy of its own, so that a sanitizer sees a step beyond. */
		AUTO(buf) cut = {0};

		buf_put(&cut, span(envelope.p, n));
		cr_expect_neq(
		    sk_verify(ring, buf_span(&cut), &suit), REFUSAL_NONE, "%s cut at %zu", what, n);
	}
}

/* ---- examples of the draft ------------------------------------------------------------------ */

#define DRAFT "suit/manifest-spec/example"
static const struct {
	const char *name;
	uint64_t sequence;
	size_t components;
} examples[] = {
    {DRAFT "0.suit", 0, 1},
    {DRAFT "1.suit", 1, 1},
    {DRAFT "2.suit", 2, 1},
    {DRAFT "3.suit", 3, 1},
    {DRAFT "4.suit", 4, 3},
    {DRAFT "5.suit", 5, 2},
};

Test(format_suit, all_examples_of_the_draft_verify)
{
	struct sk_ring ring = example_ring();

	for (size_t i = 0; i < COUNT(examples); i++) {
		AUTO(buf) envelope = {0};
		struct suit suit;

		if (!shared_read(examples[i].name, &envelope))
			cr_skip_test("%s is not here", examples[i].name);
		SK_CHECK(sk_verify(&ring, buf_span(&envelope), &suit), REFUSAL_NONE, "%s",
		    examples[i].name);
		cr_expect_eq(suit.m.sequence, examples[i].sequence);
		cr_expect_eq(suit.m.component_count, examples[i].components);
		cr_expect_eq(suit.signers.count, 1);
		cr_expect(span_equal_str(suit.signers.kids[0], "example"));
	}
}

Test(format_suit, examples_with_any_octet_flipped_are_refused)
{
	struct sk_ring ring = example_ring();

	for (size_t i = 0; i < COUNT(examples); i++) {
		AUTO(buf) envelope = {0};

		if (!shared_read(examples[i].name, &envelope))
			cr_skip_test("%s is not here", examples[i].name);
		refuses_every_flip(examples[i].name, &ring, buf_span(&envelope), NULL);
		refuses_every_cut(examples[i].name, &ring, buf_span(&envelope));
	}
}

/* All 255 other values of every octet, of one example: what a single bit does not reach. */
Test(format_suit, an_example_with_any_octet_of_any_other_value_is_refused)
{
	struct sk_ring ring = example_ring();
	AUTO(buf) envelope = {0};
	struct suit suit;

	if (!shared_read(examples[0].name, &envelope))
		cr_skip_test("%s is not here", examples[0].name);
	for (size_t i = 0; i < envelope.n; i++) {
		uint8_t was = envelope.p[i];

		for (unsigned value = 0; value < 256; value++) {
			envelope.p[i] = (uint8_t)value;
			cr_expect((sk_verify(&ring, buf_span(&envelope), &suit) == REFUSAL_NONE) ==
				      (value == was),
			    "octet %zu, value %02x", i, value);
		}
		envelope.p[i] = was;
	}
}

Test(format_suit, a_severed_example_verifies_and_says_what_is_away)
{
	struct sk_ring ring = example_ring();
	AUTO(buf) envelope = {0};
	AUTO(buf) unsigned_one = {0};
	struct suit suit;
	bool away;

	if (!shared_read(DRAFT "2.severed.suit", &envelope) ||
	    !shared_read(DRAFT "2.severed.unsigned.suit", &unsigned_one))
		cr_skip_test("%s is not here", DRAFT "2.severed.suit");
	SK_CHECK(sk_verify(&ring, buf_span(&envelope), &suit), REFUSAL_NONE, "severed");
	cr_expect_null(suit_manifest_element(&suit.m, SUIT_INSTALL, &away).p);
	cr_expect(away);
	cr_expect_not_null(suit_manifest_element(&suit.m, SUIT_VALIDATE, &away).p);
	cr_expect_not(away);
	SK_CHECK(sk_verify(&ring, buf_span(&unsigned_one), &suit), REFUSAL_SUIT_UNSIGNED, "bare");
}

/* ESP256, the other name of the same signature; extensions are read and not run. */
Test(format_suit, examples_of_libcsuit_verify)
{
	static const struct {
		const char *name;
		bool tagged;
		int extension;
	} files[] = {
	    {"suit/libcsuit/suit_manifest_exp0.suit", true, 0},
	    {"suit/libcsuit/suit_manifest_exp1.suit", true, 0},
	    {"suit/libcsuit/suit_manifest_exp2A.suit", true, 0},
	    {"suit/libcsuit/suit_manifest_exp2B.suit", true, 0},
	    {"suit/libcsuit/suit_manifest_exp3.suit", true, 0},
	    {"suit/libcsuit/suit_manifest_expS0.suit", true, 5},
	    {"suit/libcsuit/suit_manifest_expU0.suit", true, 0},
	    {"suit/libcsuit/suit_manifest_expU.suit", false, 5},
	};
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	struct sk_ring ring = example_ring();
	struct cose_keys keys = sk_keys(&ring);

	for (size_t i = 0; i < COUNT(files); i++) {
		AUTO(buf) envelope = {0};
		struct suit suit;

		if (!shared_read(files[i].name, &envelope))
			cr_skip_test("%s is not here", files[i].name);
		SK_CHECK(suit_verify(&crypto, &keys, buf_span(&envelope), &suit),
		    files[i].tagged ? REFUSAL_NONE : REFUSAL_SUIT_TAG, "%s", files[i].name);
		SK_CHECK(suit_verify_untagged(&crypto, &keys, buf_span(&envelope), &suit),
		    files[i].tagged ? REFUSAL_CBOR_TYPE : REFUSAL_NONE, "%s", files[i].name);
		if (!files[i].tagged)
			cr_expect_eq(suit.m.extension, files[i].extension, "%s", files[i].name);
	}
}

/* ---- ours ----------------------------------------------------------------------------------- */

static void verifies_by(const char *algorithm)
{
	AUTO(buf) manifest = {0};
	AUTO(buf) envelope = {0};
	struct sk_ring ring = {0};
	struct sk_key key;
	struct suit suit;

	sk_key_need(algorithm, &key);
	sk_manifest(7, 2, &manifest);
	sk_envelope(buf_span(&manifest), &key, 1, &envelope);
	sk_ring_add(&ring, &key);
	SK_CHECK(sk_verify(&ring, buf_span(&envelope), &suit), REFUSAL_NONE, "%s", algorithm);
	cr_expect_eq(suit.m.sequence, 7);
	cr_expect(span_equal_str(suit_component_name(&suit.m, 1), "radio"));
	cr_expect(cose_signed_by(&suit.signers, sk_kid(&key)));
	sk_key_free(&key);
}

Test(format_suit, ours_verify_by_every_algorithm_that_all_have)
{
	static const char *const algorithms[] = {
	    "ES256", "ESP256", "Ed25519", "EdDSA", "ES384", "ESP384"};

	for (size_t i = 0; i < COUNT(algorithms); i++)
		verifies_by(algorithms[i]);
}

Test(format_suit, ours_verify_by_ml_dsa_44)
{
	verifies_by("ML-DSA-44");
}

Test(format_suit, ours_verify_by_ml_dsa_65)
{
	verifies_by("ML-DSA-65");
}

Test(format_suit, ours_verify_by_ml_dsa_87)
{
	verifies_by("ML-DSA-87");
}

static void flips_by(const char *algorithm)
{
	AUTO(buf) manifest = {0};
	AUTO(buf) envelope = {0};
	struct sk_ring ring = {0};
	struct sk_key key;

	sk_key_need(algorithm, &key);
	sk_manifest(7, 1, &manifest);
	sk_envelope(buf_span(&manifest), &key, 1, &envelope);
	sk_ring_add(&ring, &key);
	refuses_every_flip(algorithm, &ring, buf_span(&envelope), NULL);
	refuses_every_cut(algorithm, &ring, buf_span(&envelope));
	sk_key_free(&key);
}

Test(format_suit, es256_with_any_octet_flipped_is_refused)
{
	flips_by("ES256");
}

Test(format_suit, esp256_with_any_octet_flipped_is_refused)
{
	flips_by("ESP256");
}

Test(format_suit, ed25519_with_any_octet_flipped_is_refused)
{
	flips_by("Ed25519");
}

Test(format_suit, es384_with_any_octet_flipped_is_refused)
{
	flips_by("ES384");
}

Test(format_suit, ml_dsa_44_with_any_octet_flipped_is_refused)
{
	flips_by("ML-DSA-44");
}

static enum refusal both_signed(const struct suit *suit)
{
	return suit->signers.count == 2 ? REFUSAL_NONE : REFUSAL_TRUST_SIGNERS;
}

static void flips_by_both(const char *one, const char *other)
{
	AUTO(buf) manifest = {0};
	AUTO(buf) envelope = {0};
	struct sk_ring ring = {0};
	struct sk_key keys[2];
	struct suit suit;

	sk_key_need(one, &keys[0]);
	sk_key_need(other, &keys[1]);
	sk_manifest(7, 2, &manifest);
	sk_envelope(buf_span(&manifest), keys, 2, &envelope);
	sk_ring_add(&ring, &keys[0]);
	sk_ring_add(&ring, &keys[1]);
	SK_CHECK(sk_verify(&ring, buf_span(&envelope), &suit), REFUSAL_NONE, "both");
	SK_CHECK(both_signed(&suit), REFUSAL_NONE, "both");
	refuses_every_flip("two", &ring, buf_span(&envelope), both_signed);
	sk_key_free(&keys[0]);
	sk_key_free(&keys[1]);
}

Test(format_suit, two_signatures_that_both_must_be_there_with_any_octet_flipped_are_refused)
{
	flips_by_both("ESP256", "Ed25519");
}

Test(format_suit, es256_and_ml_dsa_44_that_both_must_be_there_with_any_octet_flipped_are_refused)
{
	flips_by_both("ES256", "ML-DSA-44");
}

/* ---- keys ----------------------------------------------------------------------------------- */

Test(format_suit, signatures_count_by_key)
{
	AUTO(buf) manifest = {0};
	AUTO(buf) envelope = {0};
	AUTO(buf) twice = {0};
	struct sk_key keys[3];
	struct sk_ring ring = {0};
	struct suit suit;

	cr_assert(sk_key_make("ESP256", &keys[0]) && sk_key_make("Ed25519", &keys[1]) &&
		  sk_key_make("ESP384", &keys[2]));
	sk_manifest(1, 1, &manifest);
	sk_envelope(buf_span(&manifest), keys, 2, &envelope);

	SK_CHECK(sk_verify(&ring, buf_span(&envelope), &suit), REFUSAL_SUIT_UNSIGNED, "no keys");
	sk_ring_add(&ring, &keys[2]);
	SK_CHECK(sk_verify(&ring, buf_span(&envelope), &suit), REFUSAL_SUIT_UNSIGNED, "a stranger");
	sk_ring_add(&ring, &keys[1]);
	SK_CHECK(sk_verify(&ring, buf_span(&envelope), &suit), REFUSAL_NONE, "one of two is known");
	cr_expect_eq(suit.signers.count, 1);
	/* A known key ID with another key: its signature does not verify, and nothing is believed.
	 */
	sk_ring_add(&ring, &keys[0]);
	ring.keys[2].key = SPAN_OF(example_point);
	SK_CHECK(sk_verify(&ring, buf_span(&envelope), &suit), REFUSAL_COSE_SIGNATURE, "forged");
	ring.keys[2].algorithm = COSE_ES384;
	SK_CHECK(
	    sk_verify(&ring, buf_span(&envelope), &suit), REFUSAL_COSE_ALGORITHM, "other kind");

	ring.count = 0;
	sk_ring_add(&ring, &keys[0]);
	sk_envelope(buf_span(&manifest), (struct sk_key[]){keys[0], keys[0]}, 2, &twice);
	SK_CHECK(sk_verify(&ring, buf_span(&twice), &suit), REFUSAL_COSE_TWICE, "twice");
	sk_key_free(&keys[0]);
	sk_key_free(&keys[1]);
	sk_key_free(&keys[2]);
}

static bool has_no_edwards(void *context, int algorithm)
{
	(void)context;
	return algorithm != COSE_ED25519;
}

Test(format_suit, a_signature_that_cannot_be_verified_here_counts_for_nothing)
{
	AUTO(crypto_openssl) state = {0};
	struct boot_crypto crypto = crypto_openssl(&state);
	AUTO(buf) manifest = {0};
	AUTO(buf) envelope = {0};
	struct sk_ring ring = {0};
	struct cose_keys from = sk_keys(&ring);
	struct sk_key keys[2];
	struct suit suit;

	cr_assert(sk_key_make("ESP256", &keys[0]) && sk_key_make("Ed25519", &keys[1]));
	sk_manifest(1, 1, &manifest);
	sk_envelope(buf_span(&manifest), keys, 2, &envelope);
	sk_ring_add(&ring, &keys[0]);
	sk_ring_add(&ring, &keys[1]);
	crypto.has = has_no_edwards;
	SK_CHECK(suit_verify(&crypto, &from, buf_span(&envelope), &suit), REFUSAL_NONE, "one left");
	cr_expect_eq(suit.signers.count, 1);
	cr_expect(cose_signed_by(&suit.signers, sk_kid(&keys[0])));
	sk_key_free(&keys[0]);
	sk_key_free(&keys[1]);
}

Test(format_suit, a_manifest_known_by_its_digest_needs_no_signer)
{
	AUTO(crypto_openssl) state = {0};
	struct boot_crypto crypto = crypto_openssl(&state);
	AUTO(buf) manifest = {0};
	AUTO(buf) envelope = {0};
	AUTO(buf) digest = {0};
	struct suit suit;
	struct span known;

	sk_manifest(9, 1, &manifest);
	suit_build_digest(buf_span(&manifest), &digest);
	known = span(digest.p + digest.n - 32, 32);
	suit_build_envelope(buf_span(&manifest), NULL, 0, &envelope);
	SK_CHECK(
	    suit_read_known(&crypto, known, buf_span(&envelope), &suit), REFUSAL_NONE, "known");
	cr_expect_eq(suit.m.sequence, 9);
	cr_expect_eq(suit.signers.count, 0);
	digest.p[digest.n - 1] ^= 1;
	SK_CHECK(suit_read_known(&crypto, known, buf_span(&envelope), &suit), REFUSAL_SUIT_DIGEST,
	    "other");
}

/* ---- structure ------------------------------------------------------------------------------ */

/* An envelope of these members, in CBOR, signed over what the manifest then is. */
static void with_envelope(
    const char *what, const char *members, size_t n, unsigned pairs, enum refusal expected)
{
	static const uint8_t manifest[] = "\xa3\x01\x01\x02\x01\x03\x47\xa1\x02\x81\x81\x42hi";
	AUTO(buf) signed_part = {0};
	AUTO(buf) envelope = {0};
	struct sk_ring ring = {0};
	struct sk_key key;
	struct suit suit;

	cr_assert(sk_key_make("ESP256", &key));
	sk_ring_add(&ring, &key);
	sk_envelope(span(manifest, sizeof(manifest) - 1), &key, 1, &signed_part);
	cr_assert(signed_part.p[2] == 0xa2);
	buf_put(&envelope, buf_span(&signed_part));
	envelope.p[2] = (uint8_t)(0xa0 | (2 + pairs));
	buf_put(&envelope, span(members, n));
	SK_CHECK(sk_verify(&ring, buf_span(&envelope), &suit), expected, "%s", what);
	sk_key_free(&key);
}

#define WITH(what, members, pairs, expected) \
	with_envelope(what, members, sizeof(members) - 1, pairs, REFUSAL_##expected)

Test(format_suit, an_envelope_has_nothing_that_is_not_bound)
{
	WITH("as it is", "", 0, NONE);
	WITH("octets behind", "\x00", 0, CBOR_TRAILING);
	WITH("text that no digest names", "\x17\x41\xa0", 1, SUIT_SEVERED);
	WITH("install that no digest names", "\x14\x43\x82\x03\x0f", 1, SUIT_SEVERED);
	WITH("manifest twice", "\x03\x41\xa0", 1, CBOR_DUPLICATE);
	WITH("authentication behind the manifest", "\x02\x41\xa0", 1, CBOR_ORDER);
	WITH("delegation behind", "\x01\x41\xa0", 1, CBOR_ORDER);
	WITH("unknown element", "\x18\x20\x41\xa0", 1, SUIT_ELEMENT);
	WITH("integrated payload",
	    "\x64"
	    "#app\x41\xa0",
	    1, CBOR_TYPE);
	WITH("indefinite length", "\x17\x5f\x41\xa0\xff", 1, CBOR_INDEFINITE);
	WITH("key written long", "\x18\x17\x41\xa0", 1, CBOR_LONG);
}

static void with_manifest(const char *what, const char *manifest, size_t n, enum refusal expected)
{
	AUTO(buf) envelope = {0};
	struct sk_ring ring = {0};
	struct sk_key key;
	struct suit suit;

	cr_assert(sk_key_make("Ed25519", &key));
	sk_ring_add(&ring, &key);
	sk_envelope(span(manifest, n), &key, 1, &envelope);
	SK_CHECK(sk_verify(&ring, buf_span(&envelope), &suit), expected, "%s", what);
	sk_key_free(&key);
}

#define MANIFEST(what, octets, expected) \
	with_manifest(what, octets, sizeof(octets) - 1, REFUSAL_##expected)
#define COMMON "\x03\x47\xa1\x02\x81\x81\x42hi"

Test(format_suit, a_signed_manifest_is_still_refused_for_its_form)
{
	MANIFEST("least", "\xa3\x01\x01\x02\x01" COMMON, NONE);
	MANIFEST("empty", "", CBOR_END);
	MANIFEST("other version", "\xa3\x01\x02\x02\x01" COMMON, CBOR_VERSION);
	MANIFEST("no sequence number", "\xa2\x01\x01" COMMON, CBOR_MISSING);
	MANIFEST("no common", "\xa2\x01\x01\x02\x01", CBOR_MISSING);
	MANIFEST("octets behind", "\xa3\x01\x01\x02\x01" COMMON "\x00", CBOR_TRAILING);
	MANIFEST("sequence number negative", "\xa3\x01\x01\x02\x20" COMMON, CBOR_TYPE);
	MANIFEST("sequence number written long", "\xa3\x01\x01\x02\x18\x01" COMMON, CBOR_LONG);
	MANIFEST("unordered", "\xa3\x02\x01\x01\x01" COMMON, CBOR_MISSING);
	MANIFEST("duplicate", "\xa4\x01\x01\x02\x01\x02\x01" COMMON, CBOR_DUPLICATE);
	MANIFEST("unknown", "\xa4\x01\x01\x02\x01" COMMON "\x18\x63\x00", SUIT_ELEMENT);
	MANIFEST("no components", "\xa3\x01\x01\x02\x01\x03\x43\xa1\x02\x80", CBOR_COUNT);
	MANIFEST("dependencies", "\xa3\x01\x01\x02\x01\x03\x43\xa1\x01\xa0", SUIT_UNSUPPORTED);
	MANIFEST(
	    "half a command", "\xa4\x01\x01\x02\x01" COMMON "\x07\x44\x83\x03\x0f\x03", CBOR_COUNT);
	MANIFEST("no commands", "\xa4\x01\x01\x02\x01" COMMON "\x07\x41\x80", CBOR_COUNT);
	MANIFEST("bytes behind commands", "\xa4\x01\x01\x02\x01" COMMON "\x07\x44\x82\x03\x0f\x00",
	    CBOR_TRAILING);
	MANIFEST("deep",
	    "\xa4\x01\x01\x02\x01" COMMON "\x07\x4b\x82\x14\x81\x81\x81\x81\x81\x81\x81\x81\x00",
	    CBOR_DEPTH);
	MANIFEST("duplicate in an argument",
	    "\xa4\x01\x01\x02\x01" COMMON "\x07\x47\x82\x14\xa2\x0e\x01\x0e\x01", CBOR_DUPLICATE);
	MANIFEST("length bomb",
	    "\xa4\x01\x01\x02\x01" COMMON "\x07\x4b\x82\x14\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
	    CBOR_END);
	MANIFEST("severed by an unknown digest",
	    "\xa4\x01\x01\x02\x01" COMMON "\x14\x82\x31\x41\x00", SUIT_ALGORITHM);
}

Test(format_suit, too_large_an_envelope_is_refused_unread)
{
	AUTO(buf) big = {0};
	struct sk_ring ring = {0};
	struct suit suit;

	buf_put(&big, SPAN_LITERAL("\xd8\x6b"));
	while (big.n <= SUIT_ENVELOPE_MAX)
		buf_put_byte(&big, 0);
	SK_CHECK(sk_verify(&ring, buf_span(&big), &suit), REFUSAL_SUIT_SIZE, "big");
}
