#include "signing/format/trust.h"

#include "tests/unit/format/trust_keys.h"

/* ---- quorums -------------------------------------------------------------------------------- */

static enum refusal accept(struct span in_force, struct span statement)
{
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	struct trust old, new;

	if (in_force.p)
		cr_assert_eq(trust_read(in_force, &old), REFUSAL_NONE);
	REFUSE_IF(trust_read(statement, &new));
	return trust_accept(&crypto, in_force.p ? &old : NULL, &new);
}

Test(format_trust, a_statement_is_accepted_by_its_quorum)
{
	struct tk t;
	AUTO(buf) none = {0};
	AUTO(buf) one = {0};
	AUTO(buf) two = {0};
	AUTO(buf) twice = {0};

	tk_make(&t);
	tk_statement(&t, (const struct sk_key *[]){&t.next[0]}, 1, &one);
	tk_statement(&t, (const struct sk_key *[]){&t.next[0], &t.next[2]}, 2, &two);
	tk_statement(&t, (const struct sk_key *[]){&t.next[0], &t.next[0]}, 2, &twice);
	tk_statement(&t, (const struct sk_key *[]){&t.keys[0], &t.keys[1]}, 2, &none);
	SK_CHECK(accept(SPAN_NONE, buf_span(&two)), REFUSAL_NONE, "two of three");
	SK_CHECK(accept(SPAN_NONE, buf_span(&one)), REFUSAL_TRUST_QUORUM_NEW, "one");
	SK_CHECK(accept(SPAN_NONE, buf_span(&twice)), REFUSAL_COSE_TWICE, "one, twice");
	SK_CHECK(accept(SPAN_NONE, buf_span(&none)), REFUSAL_TRUST_QUORUM_NEW, "release keys");
	tk_free(&t);
}

Test(format_trust, the_next_statement_needs_the_old_and_the_new_quorum)
{
	struct tk t, u;
	AUTO(buf) first = {0};
	AUTO(buf) all = {0};
	AUTO(buf) by_old = {0};
	AUTO(buf) by_new = {0};
	AUTO(buf) same = {0};
	AUTO(buf) other = {0};
	const struct sk_key *four[4];

	tk_make(&t);
	tk_make(&u);
	u.build.version = 2;
	four[0] = &t.next[0];
	four[1] = &t.next[1];
	four[2] = &u.next[1];
	four[3] = &u.next[2];
	tk_statement(&t, four, 2, &first);
	tk_statement(&u, four, 4, &all);
	tk_statement(&u, four, 2, &by_old);
	tk_statement(&u, four + 2, 2, &by_new);
	SK_CHECK(accept(buf_span(&first), buf_span(&all)), REFUSAL_NONE, "both");
	SK_CHECK(
	    accept(buf_span(&first), buf_span(&by_new)), REFUSAL_TRUST_QUORUM_OLD, "new alone");
	SK_CHECK(
	    accept(buf_span(&first), buf_span(&by_old)), REFUSAL_TRUST_QUORUM_NEW, "old alone");
	SK_CHECK(accept(buf_span(&all), buf_span(&first)), REFUSAL_TRUST_OLD, "back");
	SK_CHECK(accept(buf_span(&all), buf_span(&all)), REFUSAL_TRUST_OLD, "the same");
	u.build.product = SPAN_LITERAL("Y200");
	tk_statement(&u, four, 4, &other);
	SK_CHECK(accept(buf_span(&first), buf_span(&other)), REFUSAL_TRUST_PRODUCT, "product");
	tk_free(&t);
	tk_free(&u);
}

Test(format_trust, signatures_are_added_by_hand_after_hand)
{
	struct tk t;
	AUTO(buf) one = {0};
	AUTO(buf) two = {0};
	AUTO(buf) again = {0};
	AUTO(buf) signature = {0};
	AUTO(buf) stray = {0};
	struct signed_file read;
	struct cose_made made;
	struct err err = {0};

	tk_make(&t);
	tk_statement(&t, (const struct sk_key *[]){&t.next[0]}, 1, &one);
	cr_assert_eq(
	    signed_file_read(buf_span(&one), TRUST_AAD, REFUSAL_TRUST_FORMAT, &read), REFUSAL_NONE);
	made = sk_sign(&t.next[1], TRUST_AAD, read.payload, &signature);
	cr_assert(signed_file_add(buf_span(&one), &made, &two, &err).ok, "%s", err.message);
	SK_CHECK(accept(SPAN_NONE, buf_span(&two)), REFUSAL_NONE, "two");
	/* The same hand again takes the place of its first one. */
	cr_assert(signed_file_add(buf_span(&two), &made, &again, &err).ok);
	SK_CHECK(accept(SPAN_NONE, buf_span(&again)), REFUSAL_NONE, "again");
	cr_expect_eq(again.n, two.n);
	cr_expect_not(signed_file_add(SPAN_LITERAL("\xa0"), &made, &stray, &err).ok);
	cr_expect_eq(err.kind, ERR_INPUT);
	tk_free(&t);
}

Test(format_trust, a_statement_with_any_octet_flipped_or_cut_off_is_refused)
{
	struct tk t;
	AUTO(buf) statement = {0};

	tk_make(&t);
	tk_statement(&t, (const struct sk_key *[]){&t.next[0], &t.next[1]}, 2, &statement);
	for (size_t i = 0; i < statement.n; i++) {
		for (unsigned bit = 0; bit <= 8; bit++) {
			uint8_t flip = (uint8_t)(bit < 8 ? 1u << bit : 0xff);

			statement.p[i] ^= flip;
			cr_expect_neq(accept(SPAN_NONE, buf_span(&statement)), REFUSAL_NONE,
			    "octet %zu, %02x", i, flip);
			statement.p[i] ^= flip;
		}
		cr_expect_neq(
		    accept(SPAN_NONE, span(statement.p, i)), REFUSAL_NONE, "cut at %zu", i);
	}
	tk_free(&t);
}

/* Keys of 1312 octets and signatures of 2420: every 16th octet stands for those around it. */
Test(format_trust, a_statement_signed_by_ml_dsa_44_is_accepted_whole_and_not_changed)
{
	struct tk t;
	AUTO(buf) statement = {0};
	AUTO(buf) other = {0};

	tk_make_with(&t, "ML-DSA-44");
	tk_statement(&t, (const struct sk_key *[]){&t.next[0], &t.next[1]}, 2, &statement);
	SK_CHECK(accept(SPAN_NONE, buf_span(&statement)), REFUSAL_NONE, "whole");
	tk_statement(&t, (const struct sk_key *[]){&t.next[1], &t.keys[0]}, 2, &other);
	SK_CHECK(accept(SPAN_NONE, buf_span(&other)), REFUSAL_TRUST_QUORUM_NEW, "no signer of it");
	for (size_t i = 0; i < statement.n; i += i < 64 || i + 64 > statement.n ? 1 : 16) {
		for (unsigned bit = 0; bit <= 8; bit++) {
			uint8_t flip = (uint8_t)(bit < 8 ? 1u << bit : 0xff);

			statement.p[i] ^= flip;
			cr_expect_neq(accept(SPAN_NONE, buf_span(&statement)), REFUSAL_NONE,
			    "octet %zu, %02x", i, flip);
			statement.p[i] ^= flip;
		}
		cr_expect_neq(
		    accept(SPAN_NONE, span(statement.p, i)), REFUSAL_NONE, "cut at %zu", i);
	}
	tk_free(&t);
}

/* From keys of today to keys of tomorrow, and on from there. */
Test(format_trust, signers_change_from_ed25519_to_ml_dsa)
{
	static const char *const keys[TK_KEYS] = {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "ES256"};
	static const char *const next[TK_NEXT] = {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};
	struct tk t, u;
	AUTO(buf) first = {0};
	AUTO(buf) both = {0};
	AUTO(buf) alone = {0};

	tk_make(&t);
	tk_make_by(&u, keys, next);
	u.build.version = 2;
	tk_statement(&t, (const struct sk_key *[]){&t.next[0], &t.next[1]}, 2, &first);
	tk_statement(&u, (const struct sk_key *[]){&t.next[0], &t.next[1], &u.next[1], &u.next[2]},
	    4, &both);
	tk_statement(&u, (const struct sk_key *[]){&u.next[0], &u.next[1]}, 2, &alone);
	SK_CHECK(accept(buf_span(&first), buf_span(&both)), REFUSAL_NONE, "both quorums");
	SK_CHECK(accept(buf_span(&first), buf_span(&alone)), REFUSAL_TRUST_QUORUM_OLD, "new alone");
	SK_CHECK(accept(SPAN_NONE, buf_span(&alone)), REFUSAL_NONE, "as the first");
	tk_free(&t);
	tk_free(&u);
}

/* ---- judgement ------------------------------------------------------------------------------ */

#define UNSEEN TRUST_APPROVALS_UNSEEN

Test(format_trust, one_grant_must_allow_all_of_it)
{
	static const struct {
		const char *what, *channel;
		uint64_t sequence;
		const char *signers;
		uint32_t approvals;
		enum trust_purpose purpose;
		enum refusal expected;
	} cases[] = {
	    {"key 0", "stable", 10, "0", 2, TRUST_INSTALL, REFUSAL_NONE},
	    {"key 0, approvals unseen", "stable", 99, "0", UNSEEN, TRUST_INSTALL, REFUSAL_NONE},
	    {"too early", "stable", 9, "0", 2, TRUST_INSTALL, REFUSAL_TRUST_RANGE},
	    {"too late", "stable", 100, "0", 2, TRUST_INSTALL, REFUSAL_TRUST_RANGE},
	    {"other channel", "beta", 10, "0", 2, TRUST_INSTALL, REFUSAL_TRUST_CHANNEL},
	    {"unknown channel", "nightly", 10, "12", 2, TRUST_INSTALL, REFUSAL_TRUST_CHANNEL},
	    {"part of a name", "stabl", 10, "0", 2, TRUST_INSTALL, REFUSAL_TRUST_CHANNEL},
	    {"one approval", "stable", 10, "0", 1, TRUST_INSTALL, REFUSAL_TRUST_APPROVALS},
	    {"nobody", "stable", 10, "", 2, TRUST_INSTALL, REFUSAL_TRUST_KEY},
	    {"two of three", "beta", 1, "13", 0, TRUST_INSTALL, REFUSAL_NONE},
	    {"all three", "beta", 1, "321", 0, TRUST_INSTALL, REFUSAL_NONE},
	    {"one of three", "beta", 1, "2", 0, TRUST_INSTALL, REFUSAL_TRUST_SIGNERS},
	    {"one of each grant", "beta", 1, "02", 0, TRUST_INSTALL, REFUSAL_TRUST_SIGNERS},
	    {"recall by key 0", "stable", 0, "0", UNSEEN, TRUST_RECALL, REFUSAL_NONE},
	    {"recall, other channel", "beta", 0, "0", UNSEEN, TRUST_RECALL, REFUSAL_TRUST_CHANNEL},
	    {"recall by who may not", "beta", 0, "12", UNSEEN, TRUST_RECALL, REFUSAL_TRUST_KEY},
	};
	struct tk t;
	AUTO(buf) statement = {0};
	struct trust trust;

	tk_make(&t);
	tk_statement(&t, (const struct sk_key *[]){&t.next[0]}, 1, &statement);
	cr_assert_eq(trust_read(buf_span(&statement), &trust), REFUSAL_NONE);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cose_signers signers = tk_signers(&t, cases[i].signers);
		struct trust_question q = {.purpose = cases[i].purpose,
		    .channel = span_str(cases[i].channel),
		    .sequence = cases[i].sequence,
		    .signers = &signers,
		    .approvals = cases[i].approvals};

		SK_CHECK(trust_judge(&trust, &q), cases[i].expected, "%s", cases[i].what);
	}
	tk_free(&t);
}

Test(format_trust, a_revoked_key_installs_nothing_and_what_is_confirmed_goes_on)
{
	static const struct {
		const char *what, *signers;
		enum trust_purpose purpose;
		enum refusal expected;
	} cases[] = {
	    {"the revoked", "0", TRUST_INSTALL, REFUSAL_TRUST_REVOKED},
	    {"the revoked, confirmed", "0", TRUST_CONFIRMED, REFUSAL_NONE},
	    {"the revoked, recalling", "0", TRUST_RECALL, REFUSAL_TRUST_REVOKED},
	    {"two, one of them revoked", "12", TRUST_INSTALL, REFUSAL_TRUST_REVOKED},
	    {"two others and the revoked", "123", TRUST_INSTALL, REFUSAL_NONE},
	};
	struct tk t;
	AUTO(buf) statement = {0};
	struct trust trust;

	tk_make(&t);
	t.revoked[0] = t.kids[0];
	t.revoked[1] = t.kids[1];
	t.build.revoked_count = 2;
	tk_statement(&t, (const struct sk_key *[]){&t.next[0]}, 1, &statement);
	cr_assert_eq(trust_read(buf_span(&statement), &trust), REFUSAL_NONE);
	cr_expect(trust_revoked(&trust, t.kids[0]));
	cr_expect_not(trust_revoked(&trust, t.kids[2]));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cose_signers signers = tk_signers(&t, cases[i].signers);
		struct trust_question q = {.purpose = cases[i].purpose,
		    .channel = SPAN_LITERAL("stable"),
		    .sequence = 50,
		    .signers = &signers,
		    .approvals = UNSEEN};

		SK_CHECK(trust_judge(&trust, &q), cases[i].expected, "%s", cases[i].what);
	}
	tk_free(&t);
}

/* ---- what cannot be written ----------------------------------------------------------------- */

static void wrong_product(struct tk *t)
{
	t->build.product = SPAN_LITERAL("");
}

static void wrong_version(struct tk *t)
{
	t->build.version = 0;
}

static void wrong_key_twice(struct tk *t)
{
	t->key_rows[1] = t->key_rows[0];
}

static void wrong_key_size(struct tk *t)
{
	t->key_rows[0].key.n--;
}

static void wrong_algorithm(struct tk *t)
{
	t->key_rows[0].algorithm = COSE_SHA256;
}

static void wrong_reference(struct tk *t)
{
	t->kids[0] = t->next_rows[0].kid;
}

static void wrong_kid_twice(struct tk *t)
{
	t->kids[2] = t->kids[1];
}

static void wrong_signers(struct tk *t)
{
	t->grants[1].signers = 4;
}

static void wrong_no_signers(struct tk *t)
{
	t->grants[0].signers = 0;
}

static void wrong_no_grants(struct tk *t)
{
	t->build.grant_count = 0;
}

static void wrong_threshold(struct tk *t)
{
	t->build.next_threshold = 4;
}

static void wrong_no_threshold(struct tk *t)
{
	t->build.next_threshold = 0;
}

static void wrong_log_key(struct tk *t)
{
	t->build.log_key = SPAN_LITERAL("short");
}

/* Nobody could tell whether anybody approved. */
static void wrong_no_log(struct tk *t)
{
	t->build.log_origin = t->build.log_key = SPAN_NONE;
}

Test(format_trust, a_statement_that_nobody_would_read_is_not_written)
{
	static const struct {
		void (*spoil)(struct tk *t);
		enum refusal expected;
	} cases[] = {
	    {wrong_product, REFUSAL_CBOR_TEXT},
	    {wrong_version, REFUSAL_CBOR_TYPE},
	    {wrong_key_twice, REFUSAL_CBOR_DUPLICATE},
	    {wrong_key_size, REFUSAL_COSE_KEY},
	    {wrong_algorithm, REFUSAL_COSE_KEY},
	    {wrong_reference, REFUSAL_TRUST_REFERENCE},
	    {wrong_kid_twice, REFUSAL_CBOR_DUPLICATE},
	    {wrong_signers, REFUSAL_TRUST_THRESHOLD},
	    {wrong_no_signers, REFUSAL_TRUST_THRESHOLD},
	    {wrong_no_grants, REFUSAL_CBOR_COUNT},
	    {wrong_threshold, REFUSAL_TRUST_THRESHOLD},
	    {wrong_no_threshold, REFUSAL_TRUST_THRESHOLD},
	    {wrong_log_key, REFUSAL_CBOR_TYPE},
	    {wrong_no_log, REFUSAL_TRUST_UNPROVEN},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) payload = {0};
		struct err err = {0};
		struct tk t;

		tk_make(&t);
		cases[i].spoil(&t);
		cr_expect_not(trust_build_payload(&t.build, &payload, &err).ok, "row %zu", i);
		cr_expect_not_null(strstr(err.message, refusal_code(cases[i].expected)),
		    "row %zu: %s", i, err.message);
		cr_expect_eq(payload.n, 0);
		tk_free(&t);
	}
}

Test(format_trust, other_files_are_not_trust_statements)
{
	AUTO(buf) big = {0};
	struct trust trust;

	while (big.n <= TRUST_SIZE_MAX)
		buf_put_byte(&big, 0);
	SK_CHECK(trust_read(buf_span(&big), &trust), REFUSAL_TRUST_SIZE, "big");
	SK_CHECK(trust_read(SPAN_NONE, &trust), REFUSAL_TRUST_FORMAT, "nothing");
	SK_CHECK(trust_read(SPAN_LITERAL("\xd9\xd9\xf7\xa1\x00\x6d"
					 "signet-recall"),
		     &trust),
	    REFUSAL_TRUST_FORMAT, "a recall list");
	SK_CHECK(trust_read(SPAN_LITERAL("\xd9\xd9\xf7\xa1\x00\x6c"
					 "signet-trust"),
		     &trust),
	    REFUSAL_CBOR_MISSING, "a name alone");
}
