#include "signing/format/bundle_verify.h"

#include <openssl/x509.h>

#include "base/encode.h"
#include "signing/format/entry.h"
#include "tests/unit/format/log_keys.h"
#include "tests/unit/format/naive_tree.h"
#include "tests/unit/format/trust_keys.h"

#define ORIGIN "log.example/releases"
#define SIZE   5
#define INDEX  3

/* Everything that a bundle is made of; a test changes one thing, then puts it together. */
struct fixture {
	struct tk t;
	struct log_key log, other_log;
	struct buf statement, manifest, envelope, certificate, record_bytes, entry, proof, file;
	struct trust trust;
	uint8_t salt[ENTRY_SALT_SIZE], digest[32], json[32], chain[32];
	struct release_record record;
	struct release_bundle bundle;
	const char *kind;
	const struct log_key *by;
	uint64_t least;
};

/* A self-signed certificate of a signing key. */
static void make_certificate(const struct sk_key *key, struct buf *out)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_NAME_new();
	uint8_t *der = NULL;
	int n;

	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"signer", -1, -1, 0);
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_set_subject_name(certificate, name);
	X509_set_issuer_name(certificate, name);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key->private);
	/* EdDSA and ML-DSA take the message whole. */
	X509_sign(certificate, key->private,
	    strcmp(key->native->evp_type, "EC") == 0 ? EVP_sha256() : NULL);
	n = i2d_X509(certificate, &der);
	cr_assert_gt(n, 0);
	buf_put(out, span(der, (size_t)n));
	OPENSSL_free(der);
	X509_NAME_free(name);
	X509_free(certificate);
}

static void make_record(struct fixture *f)
{
	struct suit_digest digest;
	AUTO(buf) whole = {0};
	struct cbor_in in;
	struct digest chain;

	suit_build_digest(buf_span(&f->manifest), &whole);
	in = cbor_in(buf_span(&whole));
	suit_in_digest(&in, &digest);
	memcpy(f->digest, digest.bytes.p, 32);
	chain = sha256(buf_span(&f->certificate));
	memcpy(f->chain, chain.bytes, 32);
	f->record = (struct release_record){.product = SPAN_LITERAL("X100"),
	    .channel = SPAN_LITERAL("stable"),
	    .version = SPAN_LITERAL("1.2.3"),
	    .sequence = 50,
	    .manifest_digest = SPAN_OF(f->digest),
	    .json_digest = SPAN_OF(f->json),
	    .chain_digest = SPAN_OF(f->chain),
	    .request_digest = SPAN_OF(f->json),
	    .kid_count = 1,
	    .kids = {f->t.kids[0]},
	    .approval_count = 2,
	    .approvals = {{SPAN_LITERAL("alice"), SPAN_LITERAL("release-manager"), 1},
		{SPAN_LITERAL("carol"), SPAN_LITERAL("release-manager"), 2}},
	    .requester = SPAN_LITERAL("ci"),
	    .person = SPAN_LITERAL("bob"),
	    .signed_at = 1700000000};
}

/* By key 0, which is of this algorithm. */
static void fixture_make_with(struct fixture *f, const char *first)
{
	*f = (struct fixture){.kind = RELEASE_RECORD_KIND};
	tk_make_with(&f->t, first);
	f->log = log_key_make(ORIGIN, VKEY_ED25519, 1);
	f->other_log = log_key_make(ORIGIN, VKEY_ED25519, 2);
	f->by = &f->log;
	f->t.build.log_origin = SPAN_LITERAL(ORIGIN);
	f->t.build.log_key = SPAN_OF(f->log.vkey.key);
	memset(f->salt, 7, sizeof(f->salt));
	sk_manifest(50, 2, &f->manifest);
	sk_envelope(buf_span(&f->manifest), f->t.keys, 1, &f->envelope);
	make_certificate(&f->t.keys[0], &f->certificate);
	make_record(f);
}

static void fixture_make(struct fixture *f)
{
	fixture_make_with(f, "ESP256");
}

static void fixture_free(struct fixture *f)
{
	struct buf *all[] = {&f->statement, &f->manifest, &f->envelope, &f->certificate,
	    &f->record_bytes, &f->entry, &f->proof, &f->file};

	for (size_t i = 0; i < COUNT(all); i++)
		buf_free(all[i]);
	tk_free(&f->t);
	log_key_free(&f->log);
	log_key_free(&f->other_log);
}

static void put_proof(struct fixture *f)
{
	struct merkle_hash leaves[SIZE];
	AUTO(buf) checkpoint = {0};
	struct log_proof proof = {.index = INDEX};
	struct buf text;

	for (size_t i = 0; i < SIZE; i++)
		leaves[i] = naive_leaf(i == INDEX ? buf_span(&f->entry) : SPAN_LITERAL("other"));
	text = log_text(ORIGIN, SIZE, naive_root(leaves, SIZE));
	note_put_text(buf_span(&text), &checkpoint);
	log_key_sign(f->by, buf_span(&text), 0, &checkpoint);
	naive_path(INDEX, leaves, SIZE, &proof.path);
	proof.checkpoint = buf_span(&checkpoint);
	log_proof_put(&proof, SPAN_NONE, &f->proof);
	buf_free(&text);
}

static void put_together(struct fixture *f)
{
	tk_statement(&f->t, (const struct sk_key *[]){&f->t.next[0]}, 1, &f->statement);
	cr_assert_eq(trust_read(buf_span(&f->statement), &f->trust), REFUSAL_NONE);
	release_record_put(&f->record, &f->record_bytes);
	entry_encode(f->kind, 1700000000, f->salt, buf_span(&f->record_bytes), &f->entry);
	put_proof(f);
	f->bundle = (struct release_bundle){.envelope = buf_span(&f->envelope),
	    .certificate_count = 1,
	    .certificates = {buf_span(&f->certificate)},
	    .entry = buf_span(&f->entry),
	    .salt = SPAN_OF(f->salt),
	    .record = buf_span(&f->record_bytes),
	    .proof = buf_span(&f->proof)};
	release_bundle_put(&f->bundle, &f->file);
}

static enum refusal verify(const struct fixture *f, struct span file, struct bundle_seen *ret_seen)
{
	struct bundle_check check = {.trust = &f->trust,
	    .channel = SPAN_LITERAL("stable"),
	    .class_id = SPAN_OF(sk_class),
	    .checkpoint_least = f->least};
	struct bundle_seen seen;
	enum refusal refusal;
	struct err err = {0};
	bool good = release_bundle_verify(&check, file, &seen, &refusal, &err).ok;

	cr_expect_eq(good, refusal == REFUSAL_NONE);
	cr_expect_eq(good, err.kind == ERR_NONE, "%s", err.message);
	if (good && ret_seen)
		*ret_seen = seen;
	return refusal;
}

Test(format_release_bundle, a_whole_bundle_holds)
{
	struct bundle_seen seen;
	struct fixture f;

	fixture_make(&f);
	put_together(&f);
	SK_CHECK(verify(&f, buf_span(&f.file), &seen), REFUSAL_NONE, "whole");
	cr_expect_eq(seen.log_size, SIZE);
	cr_expect_eq(seen.log_index, INDEX);
	cr_expect_eq(seen.suit.m.sequence, 50);
	cr_expect_eq(seen.record.approval_count, 2);
	cr_expect(span_equal_str(seen.record.approvals[1].approver, "carol"));
	fixture_free(&f);
}

Test(format_release_bundle, a_bundle_with_any_octet_flipped_or_cut_off_is_refused)
{
	struct fixture f;

	fixture_make(&f);
	put_together(&f);
	for (size_t i = 0; i < f.file.n; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			f.file.p[i] ^= (uint8_t)(1u << bit);
			cr_expect_neq(verify(&f, buf_span(&f.file), NULL), REFUSAL_NONE,
			    "octet %zu, bit %u", i, bit);
			f.file.p[i] ^= (uint8_t)(1u << bit);
		}
		cr_expect_neq(verify(&f, span(f.file.p, i), NULL), REFUSAL_NONE, "cut at %zu", i);
	}
	fixture_free(&f);
}

static void holds_by(const char *algorithm)
{
	struct bundle_seen seen;
	struct fixture f;

	fixture_make_with(&f, algorithm);
	put_together(&f);
	SK_CHECK(verify(&f, buf_span(&f.file), &seen), REFUSAL_NONE, "%s", algorithm);
	cr_expect(cose_signed_by(&seen.suit.signers, f.t.kids[0]));
	fixture_free(&f);
}

Test(format_release_bundle, a_bundle_by_ml_dsa_44_holds)
{
	holds_by("ML-DSA-44");
}

Test(format_release_bundle, a_bundle_by_ml_dsa_65_holds)
{
	holds_by("ML-DSA-65");
}

Test(format_release_bundle, a_bundle_by_ml_dsa_87_holds)
{
	holds_by("ML-DSA-87");
}

/* Key 0 and key 2 have signed, as the record says: neither signature can be left away. */
static void sign_by_both(struct fixture *f)
{
	const struct sk_key both[] = {f->t.keys[2], f->t.keys[0]};
	const bool first = memcmp(f->t.kids[0].p, f->t.kids[2].p, COSE_KID_SIZE) < 0;

	buf_reset(&f->envelope);
	sk_envelope(buf_span(&f->manifest), both, 2, &f->envelope);
	f->record.kids[0] = f->t.kids[first ? 0 : 2];
	f->record.kids[1] = f->t.kids[first ? 2 : 0];
	f->record.kid_count = 2;
}

/* The bundle as it is, but by this key alone. */
static void left_away(const struct fixture *f, const struct sk_key *by, enum refusal expected)
{
	struct release_bundle parts = f->bundle;
	AUTO(buf) alone = {0};
	AUTO(buf) file = {0};

	sk_envelope(buf_span(&f->manifest), by, 1, &alone);
	parts.envelope = buf_span(&alone);
	release_bundle_put(&parts, &file);
	SK_CHECK(verify(f, buf_span(&file), NULL), expected, "%s", by->native->name);
}

/* The other key alone is granted nothing, the first alone is. */
Test(format_release_bundle, es256_and_ml_dsa_44_must_both_have_signed_and_nothing_be_changed)
{
	struct fixture f;
	struct span sparse;

	fixture_make_with(&f, "ML-DSA-44");
	sign_by_both(&f);
	put_together(&f);
	SK_CHECK(verify(&f, buf_span(&f.file), NULL), REFUSAL_NONE, "both");
	sparse = sk_long_signature(buf_span(&f.file));
	for (size_t i = 0; i < f.file.n; i++) {
		if (sk_left_out(sparse, f.file.p + i))
			continue;
		f.file.p[i] ^= 1;
		cr_expect_neq(verify(&f, buf_span(&f.file), NULL), REFUSAL_NONE, "octet %zu", i);
		f.file.p[i] ^= 1;
	}
	left_away(&f, &f.t.keys[0], REFUSAL_BUNDLE_RECORD);
	left_away(&f, &f.t.keys[2], REFUSAL_TRUST_SIGNERS);
	fixture_free(&f);
}

/* ---- one thing wrong ------------------------------------------------------------------------ */

static void as_it_is(struct fixture *f)
{
	(void)f;
}

static void one_approval(struct fixture *f)
{
	f->record.approval_count = 1;
}

static void approver_twice(struct fixture *f)
{
	f->record.approvals[1].approver = f->record.approvals[0].approver;
}

static void requester_approves(struct fixture *f)
{
	f->record.requester = SPAN_LITERAL("carol");
}

static void person_approves(struct fixture *f)
{
	f->record.person = SPAN_LITERAL("alice");
}

static void other_product(struct fixture *f)
{
	f->record.product = SPAN_LITERAL("Y200");
}

static void other_channel(struct fixture *f)
{
	f->record.channel = SPAN_LITERAL("beta");
}

static void other_sequence(struct fixture *f)
{
	f->record.sequence = 51;
}

static void other_digest(struct fixture *f)
{
	f->digest[0] ^= 1;
}

static void key_not_recorded(struct fixture *f)
{
	f->record.kid_count = 0;
}

static void recorded_key_has_not_signed(struct fixture *f)
{
	f->record.kids[0] =
	    memcmp(f->t.kids[0].p, f->t.kids[1].p, 32) < 0 ? f->t.kids[0] : f->t.kids[1];
	f->record.kids[1] = f->record.kids[0].p == f->t.kids[0].p ? f->t.kids[1] : f->t.kids[0];
	f->record.kid_count = 2;
}

static void other_chain(struct fixture *f)
{
	f->chain[0] ^= 1;
}

static void chain_of_a_stranger(struct fixture *f)
{
	struct digest digest;

	buf_reset(&f->certificate);
	make_certificate(&f->t.keys[2], &f->certificate);
	digest = sha256(buf_span(&f->certificate));
	memcpy(f->chain, digest.bytes, 32);
}

static void other_kind(struct fixture *f)
{
	f->kind = "release.created";
}

static void other_log(struct fixture *f)
{
	f->by = &f->other_log;
}

static void rolled_back(struct fixture *f)
{
	f->least = SIZE + 1;
}

static void revoked(struct fixture *f)
{
	f->t.revoked[0] = f->t.kids[0];
	f->t.build.revoked_count = 1;
}

static void other_vendor(struct fixture *f)
{
	f->t.build.vendor_id[0] ^= 1;
}

static void unknown_key(struct fixture *f)
{
	buf_reset(&f->envelope);
	sk_envelope(buf_span(&f->manifest), f->t.next, 1, &f->envelope);
}

Test(format_release_bundle, what_does_not_fit_is_refused_by_name)
{
	static const struct {
		const char *what;
		void (*spoil)(struct fixture *f);
		enum refusal expected;
	} cases[] = {
	    {"as it is", as_it_is, REFUSAL_NONE},
	    {"one approval", one_approval, REFUSAL_TRUST_APPROVALS},
	    {"approver twice", approver_twice, REFUSAL_BUNDLE_APPROVER},
	    {"requester approves", requester_approves, REFUSAL_BUNDLE_APPROVER},
	    {"person approves", person_approves, REFUSAL_BUNDLE_APPROVER},
	    {"other product", other_product, REFUSAL_BUNDLE_RECORD},
	    {"other channel", other_channel, REFUSAL_BUNDLE_RECORD},
	    {"other sequence", other_sequence, REFUSAL_BUNDLE_RECORD},
	    {"other digest", other_digest, REFUSAL_BUNDLE_RECORD},
	    {"key not recorded", key_not_recorded, REFUSAL_BUNDLE_RECORD},
	    {"signature left away", recorded_key_has_not_signed, REFUSAL_BUNDLE_RECORD},
	    {"other chain", other_chain, REFUSAL_BUNDLE_CHAIN},
	    {"chain of a stranger", chain_of_a_stranger, REFUSAL_BUNDLE_CHAIN},
	    {"other kind", other_kind, REFUSAL_BUNDLE_ENTRY},
	    {"other log", other_log, REFUSAL_BUNDLE_PROOF},
	    {"checkpoint rolled back", rolled_back, REFUSAL_BUNDLE_CHECKPOINT},
	    {"revoked", revoked, REFUSAL_TRUST_REVOKED},
	    {"other vendor", other_vendor, REFUSAL_SUIT_VENDOR},
	    {"unknown key", unknown_key, REFUSAL_SUIT_UNSIGNED},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture f;

		fixture_make(&f);
		cases[i].spoil(&f);
		put_together(&f);
		SK_CHECK(
		    verify(&f, buf_span(&f.file), NULL), cases[i].expected, "%s", cases[i].what);
		fixture_free(&f);
	}
}

/* A part of one bundle in another: each is whole by itself. */
Test(format_release_bundle, parts_of_another_bundle_are_refused)
{
	struct fixture f, other;
	struct release_bundle parts[5];
	static const enum refusal expected[] = {REFUSAL_BUNDLE_RECORD, REFUSAL_BUNDLE_ENTRY,
	    REFUSAL_BUNDLE_ENTRY, REFUSAL_BUNDLE_ENTRY, REFUSAL_BUNDLE_PROOF};

	fixture_make(&f);
	put_together(&f);
	fixture_make(&other);
	buf_reset(&other.manifest);
	buf_reset(&other.envelope);
	sk_manifest(51, 2, &other.manifest);
	sk_envelope(buf_span(&other.manifest), f.t.keys, 1, &other.envelope);
	memset(other.salt, 8, sizeof(other.salt));
	other.record = f.record;
	other.record.version = SPAN_LITERAL("1.2.4");
	put_together(&other);
	for (size_t i = 0; i < COUNT(parts); i++)
		parts[i] = f.bundle;
	parts[0].envelope = other.bundle.envelope;
	parts[1].record = other.bundle.record;
	parts[2].salt = other.bundle.salt;
	parts[3].entry = other.bundle.entry;
	parts[4].proof = other.bundle.proof;
	for (size_t i = 0; i < COUNT(parts); i++) {
		AUTO(buf) file = {0};

		release_bundle_put(&parts[i], &file);
		SK_CHECK(verify(&f, buf_span(&file), NULL), expected[i], "part %zu", i);
	}
	fixture_free(&other);
	fixture_free(&f);
}

Test(format_release_bundle, other_files_are_not_bundles)
{
	AUTO(buf) big = {0};
	struct release_bundle bundle;

	while (big.n <= BUNDLE_SIZE_MAX)
		buf_put_byte(&big, 0);
	SK_CHECK(release_bundle_read(buf_span(&big), &bundle), REFUSAL_BUNDLE_SIZE, "big");
	SK_CHECK(release_bundle_read(SPAN_NONE, &bundle), REFUSAL_BUNDLE_FORMAT, "nothing");
	SK_CHECK(release_bundle_read(SPAN_LITERAL("\xd9\xd9\xf7\xa1\x00\x6d"
						  "signet-recall"),
		     &bundle),
	    REFUSAL_BUNDLE_FORMAT, "a recall list");
	SK_CHECK(release_bundle_read(SPAN_LITERAL("\xd9\xd9\xf7\xa2\x00\x6d"
						  "signet-bundle\x01\x02"),
		     &bundle),
	    REFUSAL_CBOR_VERSION, "another version");
}
