#include "signing/format/log_proof.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/encode.h"
#include "tests/unit/format/log_keys.h"
#include "tests/unit/format/naive_tree.h"

#define ORIGIN "log.example/1"
#define SIZE   11
#define INDEX  6
#define ENTRY  SPAN_LITERAL("entry 6")
#define HASH   "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

/* A log of SIZE entries, signed and cosigned, and the proof that INDEX stands in it. */
struct case_file {
	struct log_key log, witness;
	struct buf checkpoint, policy_text;
	struct log_policy policy;
	struct log_proof proof;
};

static void case_make(struct case_file *f)
{
	struct merkle_hash leaves[SIZE];
	struct buf text;
	struct err err = {0};

	*f = (struct case_file){.log = log_key_make(ORIGIN, VKEY_ED25519, 1),
	    .witness = log_key_make("w.example", VKEY_COSIGNATURE, 2)};
	for (size_t i = 0; i < SIZE; i++) {
		char entry[16];

		snprintf(entry, sizeof(entry), "entry %zu", i);
		leaves[i] = naive_leaf(span_str(entry));
	}
	text = log_text(ORIGIN, SIZE, naive_root(leaves, SIZE));
	note_put_text(buf_span(&text), &f->checkpoint);
	log_key_sign(&f->log, buf_span(&text), 0, &f->checkpoint);
	log_key_sign(&f->witness, buf_span(&text), 1234, &f->checkpoint);
	buf_free(&text);
	buf_put_str(&f->policy_text, "log ");
	vkey_put(&f->log.vkey, &f->policy_text);
	buf_put_str(&f->policy_text, "\nwitness w ");
	vkey_put(&f->witness.vkey, &f->policy_text);
	buf_put_str(&f->policy_text, "\nquorum w\n");
	cr_assert(
	    log_policy_parse(buf_span(&f->policy_text), &f->policy, &err).ok, "%s", err.message);
	f->proof.index = INDEX;
	f->proof.checkpoint = buf_span(&f->checkpoint);
	naive_path(INDEX, leaves, SIZE, &f->proof.path);
}

static void case_free(struct case_file *f)
{
	log_key_free(&f->log);
	log_key_free(&f->witness);
	buf_free(&f->checkpoint);
	buf_free(&f->policy_text);
}

static bool proves(
    const struct case_file *f, const struct log_proof *proof, struct span entry, struct err *err)
{
	struct log_policy_seen seen;
	struct checkpoint c;

	return log_proof_verify(proof, &f->policy, entry, &c, &seen, err).ok;
}

Test(format_log_proof, what_was_written_is_read_back_and_proves)
{
	static const struct span extras[] = {SPAN_LITERAL(""), SPAN_LITERAL("salt and record")};
	struct case_file f;

	case_make(&f);
	for (size_t i = 0; i < COUNT(extras); i++) {
		AUTO(buf) file = {0};
		AUTO(buf) extra = {0};
		struct log_proof back;
		struct log_policy_seen seen;
		struct checkpoint c;
		struct err err = {0};

		log_proof_put(&f.proof, extras[i], &file);
		cr_assert(log_proof_parse(buf_span(&file), &back, &err).ok, "%s", err.message);
		cr_expect_eq(back.index, INDEX);
		cr_expect_eq(back.path.count, f.proof.path.count);
		cr_expect(span_equal(back.checkpoint, f.proof.checkpoint));
		cr_assert(base64_decode(back.extra_base64, &extra, &err).ok);
		cr_expect(span_equal(buf_span(&extra), extras[i]));
		cr_assert(log_proof_verify(&back, &f.policy, ENTRY, &c, &seen, &err).ok, "%s",
		    err.message);
		cr_expect(c.tree.size == SIZE && span_equal_str(c.origin, ORIGIN));
		cr_expect(seen.witnesses == 1 && seen.times[0] == 1234);
	}
	case_free(&f);
}

Test(format_log_proof, the_form_is_as_specified)
{
	struct log_proof proof = {
	    .index = 73894, .path = {.count = 2}, .checkpoint = SPAN_LITERAL("checkpoint\n")};
	static const char zero[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
	AUTO(buf) file = {0};
	AUTO(buf) expected = {0};

	log_proof_put(&proof, SPAN_LITERAL("x"), &file);
	buf_printf(&expected, "c2sp.org/tlog-proof@v1\nextra eA==\nindex 73894\n%s%s\ncheckpoint\n",
	    zero, zero);
	cr_expect(span_equal(buf_span(&file), buf_span(&expected)));
}

Test(format_log_proof, malformed_ones_are_refused_with_their_line)
{
	static const struct {
		const char *file, *message;
	} cases[] = {
	    {"", "line 1"},
	    {"c2sp.org/tlog-proof@v2\nindex 1\n\nc\n", "line 1"},
	    {"c2sp.org/tlog-proof@v1 \nindex 1\n\nc\n", "line 1"},
	    {" c2sp.org/tlog-proof@v1\nindex 1\n\nc\n", "line 1"},
	    {"c2sp.org/tlog-proof@v1\r\nindex 1\r\n\r\nc\n", "line 1"},
	    {"c2sp.org/tlog-proof@v1\n", "line 2"},
	    {"c2sp.org/tlog-proof@v1\nindex 1", "line 2"},
	    {"c2sp.org/tlog-proof@v1\nindex\n\nc\n", "line 2"},
	    {"c2sp.org/tlog-proof@v1\nindex \n\nc\n", "line 2"},
	    {"c2sp.org/tlog-proof@v1\nindex 01\n\nc\n", "line 2"},
	    {"c2sp.org/tlog-proof@v1\nindex -1\n\nc\n", "line 2"},
	    {"c2sp.org/tlog-proof@v1\nindex  1\n\nc\n", "line 2"},
	    {"c2sp.org/tlog-proof@v1\nindex 18446744073709551616\n\nc\n", "line 2"},
	    {"c2sp.org/tlog-proof@v1\nextra\nindex 1\n\nc\n", "line 2"},
	    {"c2sp.org/tlog-proof@v1\nextra \nindex 1\n\nc\n", "line 2"},
	    {"c2sp.org/tlog-proof@v1\nextra AAA\nindex 1\n\nc\n", "line 2"},
	    {"c2sp.org/tlog-proof@v1\nextra AAAA\n", "line 3"},
	    {"c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 1\n\nc\n", "line 3"},
	    {"c2sp.org/tlog-proof@v1\nindex 1\nextra AAAA\n\nc\n", "line 3"},
	    {"c2sp.org/tlog-proof@v1\nindex 1\n", "line 3"},
	    {"c2sp.org/tlog-proof@v1\nindex 1\n" HASH, "line 3"},
	    {"c2sp.org/tlog-proof@v1\nindex 1\n" HASH "\n", "line 4"},
	    {"c2sp.org/tlog-proof@v1\nindex 1\n" HASH " \n\nc\n", "line 3"},
	    {"c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nc\n", "line 3"},
	    {"c2sp.org/tlog-proof@v1\nindex 1\n" HASH "\n\n", "line 4"},
	    {"c2sp.org/tlog-proof@v1\nindex 1\n\n", "line 3"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct log_proof proof = {.index = 77};
		struct err err = {0};

		cr_expect_not(log_proof_parse(span_str(cases[i].file), &proof, &err).ok, "%zu", i);
		cr_expect_eq(err.kind, ERR_INPUT, "%zu", i);
		cr_expect(strstr(err.message, cases[i].message), "%zu: %s", i, err.message);
		cr_expect_eq(proof.index, 77, "%zu: touched", i);
	}
}

Test(format_log_proof, bounds_hold)
{
	struct log_proof proof;
	struct err err = {0};
	AUTO(buf) file = {0};

	buf_put_str(&file, "c2sp.org/tlog-proof@v1\nindex 1\n");
	for (int i = 0; i < MERKLE_PROOF_MAX + 1; i++)
		buf_put_str(&file, HASH "\n");
	buf_put_str(&file, "\nc\n");
	cr_expect_not(log_proof_parse(buf_span(&file), &proof, &err).ok);
	cr_expect_eq(err.kind, ERR_TOO_LARGE, "%s", err.message);
	err_clear(&err);
	buf_reset(&file);
	buf_put_str(&file, "c2sp.org/tlog-proof@v1\nextra ");
	for (size_t i = 0; i <= LOG_PROOF_EXTRA_MAX; i += 3)
		buf_put_str(&file, "AAAA");
	buf_put_str(&file, "\nindex 1\n\nc\n");
	cr_expect_not(log_proof_parse(buf_span(&file), &proof, &err).ok);
	cr_expect_eq(err.kind, ERR_TOO_LARGE, "%s", err.message);
	err_clear(&err);
	while (file.n <= LOG_PROOF_SIZE_MAX)
		buf_put_byte(&file, '\n');
	cr_expect_not(log_proof_parse(buf_span(&file), &proof, &err).ok);
	cr_expect_eq(err.kind, ERR_TOO_LARGE);
}

Test(format_log_proof, what_is_not_proven_is_refused)
{
	struct case_file f;
	struct log_proof bad;
	struct err err = {0};

	case_make(&f);
	cr_expect_not(proves(&f, &f.proof, SPAN_LITERAL("entry 7"), &err), "another entry");
	cr_expect_eq(err.kind, ERR_DENIED);
	for (uint64_t index = 0; index < SIZE + 2; index++) {
		bad = f.proof;
		bad.index = index;
		cr_expect_eq(proves(&f, &bad, ENTRY, &err), index == INDEX, "index %lu", index);
	}
	bad = f.proof;
	bad.path.count--;
	cr_expect_not(proves(&f, &bad, ENTRY, &err), "a hash less");
	bad = f.proof;
	bad.path.count++;
	cr_expect_not(proves(&f, &bad, ENTRY, &err), "a hash more");
	bad = f.proof;
	bad.path.hashes[1].b[5] ^= 4;
	cr_expect_not(proves(&f, &bad, ENTRY, &err), "another hash");
	f.policy.quorum = 0;
	cr_expect(proves(&f, &f.proof, ENTRY, &err));
	f.policy.log_count = 0;
	cr_expect_not(proves(&f, &f.proof, ENTRY, &err), "no log is trusted");
	case_free(&f);
}

Test(format_log_proof, no_truncated_or_altered_file_proves)
{
	struct case_file f;
	struct log_proof proof;
	AUTO(buf) file = {0};

	case_make(&f);
	log_proof_put(&f.proof, SPAN_NONE, &file);
	for (size_t n = 0; n < file.n; n++) {
		struct err err = {0};

		cr_expect_not(log_proof_parse(span(file.p, n), &proof, &err).ok &&
				  proves(&f, &proof, ENTRY, &err),
		    "cut at %zu", n);
	}
	for (size_t bit = 0; bit < 8 * file.n; bit++) {
		struct err err = {0};

		file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_expect_not(log_proof_parse(buf_span(&file), &proof, &err).ok &&
				  proves(&f, &proof, ENTRY, &err),
		    "bit %zu", bit);
		file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	case_free(&f);
}
