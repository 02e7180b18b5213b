#include "signing/format/witness.h"

#include <criterion/criterion.h>

#include "tests/unit/format/log_keys.h"

#define HASH "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

Test(format_witness, a_request_is_read_back_as_written)
{
	struct witness_request request = {
	    .old_size = 20852014, .proof = {.count = 2}, .checkpoint = SPAN_LITERAL("c\n\nd\n")};
	struct witness_request back;
	AUTO(buf) body = {0};
	struct err err = {0};
	static const char expected[] = "old 20852014\n"
				       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
				       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
				       "\n"
				       "c\n\nd\n";

	witness_request_put(&request, &body);
	cr_expect(span_equal_str(buf_span(&body), expected));
	cr_assert(witness_request_parse(buf_span(&body), &back, &err).ok, "%s", err.message);
	cr_expect(back.old_size == request.old_size && back.proof.count == 2);
	cr_expect(span_equal(back.checkpoint, request.checkpoint));
}

Test(format_witness, malformed_requests_are_refused_with_their_line)
{
	static const struct {
		const char *body, *message;
	} cases[] = {
	    {"", "line 1"},
	    {"old 1", "line 1"},
	    {"old\n\nc\n", "line 1"},
	    {"old 01\n\nc\n", "line 1"},
	    {"old -1\n\nc\n", "line 1"},
	    {"Old 1\n\nc\n", "line 1"},
	    {"old  1\n\nc\n", "line 1"},
	    {"old 1 \n\nc\n", "line 1"},
	    {"old 1\n", "line 2"},
	    {"old 1\nc\n\n", "line 2"},
	    {"old 1\n" HASH "\n", "line 3"},
	    {"old 1\n" HASH "\n\n", "line 3"},
	    {"old 0\n" HASH "\n\nc\n", "without leaves"},
	};
	struct witness_request request;
	AUTO(buf) many = {0};
	struct err err = {0};

	for (size_t i = 0; i < COUNT(cases); i++) {
		err_clear(&err);
		cr_expect_not(
		    witness_request_parse(span_str(cases[i].body), &request, &err).ok, "%zu", i);
		cr_expect_eq(err.kind, ERR_INPUT, "%zu", i);
		cr_expect(strstr(err.message, cases[i].message), "%zu: %s", i, err.message);
	}
	/* "The client MUST NOT send more than 63 consistency proof lines." */
	buf_put_str(&many, "old 1\n");
	for (int i = 0; i < 64; i++)
		buf_put_str(&many, HASH "\n");
	buf_put_str(&many, "\nc\n");
	err_clear(&err);
	cr_expect_not(witness_request_parse(buf_span(&many), &request, &err).ok);
	cr_expect_eq(err.kind, ERR_TOO_LARGE);
	err_clear(&err);
	while (many.n <= WITNESS_REQUEST_MAX)
		buf_put_byte(&many, '\n');
	cr_expect_not(witness_request_parse(buf_span(&many), &request, &err).ok);
	cr_expect_eq(err.kind, ERR_TOO_LARGE);
}

Test(format_witness, the_size_in_a_conflict_is_one_decimal_line)
{
	static const char *const bad[] = {"", "7", "7\n\n", "7\n8\n", "07\n", "x\n", "7 \n", "\n"};
	uint64_t size = 0;
	struct err err = {0};

	cr_expect(witness_conflict_parse(SPAN_LITERAL("20852163\n"), &size, &err).ok);
	cr_expect_eq(size, 20852163);
	for (size_t i = 0; i < COUNT(bad); i++)
		cr_expect_not(witness_conflict_parse(span_str(bad[i]), &size, &err).ok, "%zu", i);
}

Test(format_witness, of_a_reply_only_the_lines_of_known_witnesses_are_taken)
{
	struct log_key known = log_key_make("w.example/1", VKEY_COSIGNATURE, 1),
		       second = log_key_make("w.example/2", VKEY_COSIGNATURE, 2),
		       stranger = log_key_make("w.example/3", VKEY_COSIGNATURE, 3);
	const struct vkey keys[] = {known.vkey, second.vkey};
	AUTO(buf) text = log_text("log.example/1", 0, merkle_empty());
	AUTO(buf) reply = {0};
	AUTO(buf) alone = {0};
	AUTO(buf) out = {0};
	struct note_seen seen[2];
	struct err err = {0};

	log_key_sign(&stranger, buf_span(&text), 10, &reply);
	cr_expect_not(
	    witness_reply_take(buf_span(&text), buf_span(&reply), keys, 2, seen, &out, &err).ok);
	cr_expect(err.kind == ERR_DENIED && out.n == 0);
	log_key_sign(&known, buf_span(&text), 11, &reply);
	log_key_sign(&known, buf_span(&text), 12, &reply);
	log_key_sign(&known, buf_span(&text), 12, &alone);
	cr_assert(
	    witness_reply_take(buf_span(&text), buf_span(&reply), keys, 2, seen, &out, &err).ok,
	    "%s", err.message);
	cr_expect(span_equal(buf_span(&out), buf_span(&alone)));
	cr_expect(seen[0].verified && seen[0].time == 12 && !seen[1].verified);
	/* A known one that is false spoils the reply. */
	log_key_sign(&second, SPAN_LITERAL("another text\n"), 13, &reply);
	buf_reset(&out);
	cr_expect_not(
	    witness_reply_take(buf_span(&text), buf_span(&reply), keys, 2, seen, &out, &err).ok);
	cr_expect(err.kind == ERR_DENIED && out.n == 0);
	log_key_free(&known);
	log_key_free(&second);
	log_key_free(&stranger);
}

Test(format_witness, a_reply_that_is_no_signature_lines_is_refused)
{
	static const char *const cases[] = {"", "\n", "ok\n", "\xe2\x80\x94 w AAAAAAA=", "\x01\n"};
	struct log_key known = log_key_make("w", VKEY_COSIGNATURE, 1);

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) out = {0};
		struct note_seen seen;
		struct err err = {0};

		cr_expect_not(witness_reply_take(SPAN_LITERAL("o\n"), span_str(cases[i]),
				  &known.vkey, 1, &seen, &out, &err)
				  .ok,
		    "%zu", i);
		cr_expect_eq(err.kind, ERR_INPUT, "%zu: %s", i, err.message);
	}
	log_key_free(&known);
}
