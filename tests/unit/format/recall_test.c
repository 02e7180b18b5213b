#include "signing/format/recall.h"

#include "tests/unit/format/trust_keys.h"

static const uint64_t sequences[] = {17, 12, 4000000000000};

static struct recall_build recall_of(void)
{
	return (struct recall_build){.product = SPAN_LITERAL("X100"),
	    .channel = SPAN_LITERAL("stable"),
	    .number = 3,
	    .sequence_count = COUNT(sequences),
	    .sequences = sequences,
	    .has_successor = true,
	    .successor = 18,
	    .successor_version = SPAN_LITERAL("1.2.4"),
	    .created = 1700000000,
	    .class_id = SK_CLASS};
}

/* Trust statement of tk_make() or tk_make_with(), list by `key` of its keys. */
struct fixture {
	struct tk t;
	struct buf statement, list;
	struct trust trust;
};

static void fixture_make_with(
    struct fixture *f, const struct recall_build *build, unsigned key, const char *first)
{
	AUTO(buf) payload = {0};
	struct err err = {0};

	*f = (struct fixture){.statement = {0}};
	tk_make_with(&f->t, first);
	tk_statement(&f->t, (const struct sk_key *[]){&f->t.next[0]}, 1, &f->statement);
	cr_assert_eq(trust_read(buf_span(&f->statement), &f->trust), REFUSAL_NONE);
	cr_assert(recall_build_payload(build, &payload, &err).ok, "%s", err.message);
	tk_sign(RECALL_AAD, buf_span(&payload), (const struct sk_key *[]){&f->t.keys[key]}, 1,
	    &f->list);
}

static void fixture_make(struct fixture *f, const struct recall_build *build, unsigned key)
{
	fixture_make_with(f, build, key, "ESP256");
}

static void fixture_free(struct fixture *f)
{
	tk_free(&f->t);
	buf_free(&f->statement);
	buf_free(&f->list);
}

static enum refusal verify(const struct fixture *f, const char *channel, const uint8_t *class_id,
    uint64_t least, struct span list)
{
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	struct recall recall;

	REFUSE_IF(recall_read(list, &recall));
	return recall_verify(&crypto, &f->trust, span_str(channel),
	    class_id ? span(class_id, UUID_SIZE) : SPAN_NONE, least, &recall);
}

Test(format_recall, a_list_names_what_to_leave_and_the_successor)
{
	struct recall_build build = recall_of();
	struct fixture f;
	struct recall recall;

	fixture_make(&f, &build, 0);
	cr_assert_eq(recall_read(buf_span(&f.list), &recall), REFUSAL_NONE);
	cr_expect_eq(recall.number, 3);
	cr_expect(recall.has_successor);
	cr_expect_eq(recall.successor, 18);
	cr_expect(span_equal_str(recall.successor_version, "1.2.4"));
	for (size_t i = 0; i < COUNT(sequences); i++) {
		cr_expect(recall_has(&recall, sequences[i]));
		cr_expect_not(recall_has(&recall, sequences[i] + 1));
	}
	cr_expect_not(recall_has(&recall, 0));
	fixture_free(&f);
}

Test(format_recall, a_list_holds_for_its_channel_by_keys_that_may_recall)
{
	static const uint8_t other[UUID_SIZE] = {1};
	struct recall_build build = recall_of();
	struct fixture f, by_other;
	struct span list;

	fixture_make(&f, &build, 0);
	list = buf_span(&f.list);
	SK_CHECK(verify(&f, "stable", sk_class, 0, list), REFUSAL_NONE, "first");
	SK_CHECK(verify(&f, "stable", NULL, 3, list), REFUSAL_NONE, "the same again");
	SK_CHECK(verify(&f, "stable", NULL, 4, list), REFUSAL_RECALL_OLD, "older");
	SK_CHECK(verify(&f, "stable", other, 0, list), REFUSAL_RECALL_OTHER, "class");
	SK_CHECK(verify(&f, "beta", NULL, 0, list), REFUSAL_TRUST_CHANNEL, "channel");
	f.trust.product = SPAN_LITERAL("Y200");
	SK_CHECK(verify(&f, "stable", NULL, 0, list), REFUSAL_RECALL_OTHER, "product");
	fixture_make(&by_other, &build, 1);
	SK_CHECK(verify(&by_other, "stable", NULL, 0, buf_span(&by_other.list)), REFUSAL_TRUST_KEY,
	    "may not recall");
	fixture_free(&f);
	fixture_free(&by_other);
}

Test(format_recall, a_trust_signature_is_none_over_a_recall_list)
{
	struct recall_build build = recall_of();
	struct fixture f;
	AUTO(buf) payload = {0};
	AUTO(buf) signature = {0};
	AUTO(buf) list = {0};
	struct cose_made made;
	struct err err = {0};

	fixture_make(&f, &build, 0);
	cr_assert(recall_build_payload(&build, &payload, &err).ok);
	made = sk_sign(&f.t.keys[0], TRUST_AAD, buf_span(&payload), &signature);
	recall_build_file(buf_span(&payload), &made, 1, &list);
	SK_CHECK(verify(&f, "stable", NULL, 0, buf_span(&list)), REFUSAL_COSE_SIGNATURE, "context");
	fixture_free(&f);
}

Test(format_recall, a_list_with_any_octet_flipped_or_cut_off_is_refused)
{
	struct recall_build build = recall_of();
	struct fixture f;

	fixture_make(&f, &build, 0);
	for (size_t i = 0; i < f.list.n; i++) {
		for (unsigned bit = 0; bit <= 8; bit++) {
			uint8_t flip = (uint8_t)(bit < 8 ? 1u << bit : 0xff);

			f.list.p[i] ^= flip;
			cr_expect_neq(verify(&f, "stable", sk_class, 0, buf_span(&f.list)),
			    REFUSAL_NONE, "octet %zu, %02x", i, flip);
			f.list.p[i] ^= flip;
		}
		cr_expect_neq(verify(&f, "stable", sk_class, 0, span(f.list.p, i)), REFUSAL_NONE,
		    "cut at %zu", i);
	}
	fixture_free(&f);
}

Test(format_recall, a_list_by_ml_dsa_44_holds_and_not_changed)
{
	struct recall_build build = recall_of();
	struct span sparse;
	struct fixture f;

	fixture_make_with(&f, &build, 0, "ML-DSA-44");
	sparse = sk_long_signature(buf_span(&f.list));
	cr_assert_eq(sparse.n, 2420);
	SK_CHECK(verify(&f, "stable", sk_class, 0, buf_span(&f.list)), REFUSAL_NONE, "whole");
	for (size_t i = 0; i < f.list.n; i++) {
		if (sk_left_out(sparse, f.list.p + i))
			continue;
		f.list.p[i] ^= 1;
		cr_expect_neq(verify(&f, "stable", sk_class, 0, buf_span(&f.list)), REFUSAL_NONE,
		    "octet %zu", i);
		f.list.p[i] ^= 1;
	}
	fixture_free(&f);
}

Test(format_recall, lists_that_nobody_would_read_are_not_written)
{
	static const uint64_t twice[] = {1, 1}, many[RECALL_SEQUENCES_MAX + 1] = {0};
	struct recall_build cases[] = {
	    recall_of(), recall_of(), recall_of(), recall_of(), recall_of()};
	static const enum refusal expected[] = {REFUSAL_CBOR_DUPLICATE, REFUSAL_CBOR_COUNT,
	    REFUSAL_RECALL_SUCCESSOR, REFUSAL_CBOR_TYPE, REFUSAL_CBOR_TEXT};

	cases[0].sequences = twice;
	cases[0].sequence_count = 2;
	cases[1].sequences = many;
	cases[1].sequence_count = COUNT(many);
	cases[2].successor = sequences[0];
	cases[3].number = 0;
	cases[4].channel = SPAN_LITERAL("");
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) payload = {0};
		struct err err = {0};

		cr_expect_not(recall_build_payload(&cases[i], &payload, &err).ok, "row %zu", i);
		cr_expect_not_null(
		    strstr(err.message, refusal_code(expected[i])), "row %zu: %s", i, err.message);
	}
}

Test(format_recall, an_empty_list_recalls_nothing)
{
	struct recall_build build = recall_of();
	struct fixture f;
	struct recall recall;

	build.sequence_count = 0;
	build.has_successor = false;
	build.successor_version = SPAN_NONE;
	fixture_make(&f, &build, 0);
	cr_assert_eq(recall_read(buf_span(&f.list), &recall), REFUSAL_NONE);
	cr_expect_not(recall_has(&recall, 0));
	cr_expect_not(recall.has_successor);
	cr_expect_null(recall.successor_version.p);
	fixture_free(&f);
}
