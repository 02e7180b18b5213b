#include "signing/format/log_policy.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>

#include "tests/unit/format/log_keys.h"

#define ORIGIN "log.example/1"

/* %L: the log's vkey; %M: another log's; %0 to %9: vkeys of witnesses, all under the name w. */
static struct buf policy_text(const char *pattern)
{
	struct buf out = {0};

	for (; *pattern; pattern++) {
		struct log_key k;

		if (*pattern != '%') {
			buf_put_byte(&out, (uint8_t)*pattern);
			continue;
		}
		pattern++;
		if (*pattern == 'L' || *pattern == 'M')
			k = log_key_make(*pattern == 'L' ? ORIGIN : "log.example/2", VKEY_ED25519,
			    (uint8_t)*pattern);
		else
			k = log_key_make("w", VKEY_COSIGNATURE, (uint8_t)*pattern);
		vkey_put(&k.vkey, &out);
		log_key_free(&k);
	}
	return out;
}

static struct log_key witness_key(unsigned i)
{
	return log_key_make("w", VKEY_COSIGNATURE, (uint8_t)('0' + i));
}

/* The example of tlog-policy. */
#define EXAMPLE                                       \
	"log %L\n"                                    \
	"\n"                                          \
	"witness X1 %1\n"                             \
	"witness X2 %2\n"                             \
	"witness X3 %3\n"                             \
	"group X-witnesses 2 X1 X2 X3\n"              \
	"\n"                                          \
	"witness Y1 %4\n"                             \
	"witness Y2 %5\n"                             \
	"witness Y3 %6\n"                             \
	"group Y-witnesses any Y1 Y2 Y3\n"            \
	"\n"                                          \
	"group X-and-Y all X-witnesses Y-witnesses\n" \
	"quorum X-and-Y\n"

Test(format_log_policy, the_quorum_of_the_example_is_as_its_text_says)
{
	AUTO(buf) text = policy_text(EXAMPLE);
	struct log_policy policy;
	struct err err = {0};

	cr_assert(log_policy_parse(buf_span(&text), &policy, &err).ok, "%s", err.message);
	cr_expect(policy.log_count == 1 && policy.witness_count == 6 && policy.group_count == 3);
	for (uint64_t set = 0; set < 64; set++) {
		unsigned x = (unsigned)((set & 1) + (set >> 1 & 1) + (set >> 2 & 1));
		bool expected = x >= 2 && (set >> 3) != 0;

		cr_expect_eq(log_policy_reached(&policy, set), expected, "set %lx", set);
		/* Bits that name no witness carry nothing. */
		cr_expect_eq(log_policy_reached(&policy, set | UINT64_C(0xffffffff) << 32),
		    expected, "set %lx", set);
	}
}

Test(format_log_policy, blanks_comments_urls_and_other_scripts_are_read)
{
	AUTO(buf)
	text = policy_text("# first\n"
			   "   \t \n"
			   " \t# \xe2\x84\xaa and \xff\n"
			   "\tlog  %L \t https://log.example/1/ \n"
			   "log %M\n"
			   "witness \xe2\x84\xaa %1 https://w.example/\n"
			   "witness K %2\n"
			   "quorum K\n"
			   "# behind\n");
	struct log_policy policy;
	struct err err = {0};

	cr_assert(log_policy_parse(buf_span(&text), &policy, &err).ok, "%s", err.message);
	cr_expect(span_equal_str(policy.logs[0].url, "https://log.example/1/"));
	cr_expect_eq(policy.logs[1].url.n, 0);
	cr_expect(span_equal_str(policy.witnesses[0].url, "https://w.example/"));
	cr_expect_eq(policy.quorum, 2, "the letter is not the Kelvin sign");
}

Test(format_log_policy, no_quorum_is_a_quorum_of_none)
{
	struct log_policy policy;
	struct err err = {0};

	cr_assert(log_policy_parse(SPAN_LITERAL("quorum none\n"), &policy, &err).ok);
	cr_expect(log_policy_reached(&policy, 0));
	cr_expect_eq(policy.log_count, 0);
}

Test(format_log_policy, malformed_ones_are_refused_with_their_line)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
	    {"", "no quorum"},
	    {"log %L\n", "no quorum"},
	    {"quorum none", "line 1: does not end in a newline"},
	    {"quorum none\nquorum none\n", "line 2: a second quorum"},
	    {"quorum\n", "line 1: no name"},
	    {"quorum w1\nwitness w1 %1\n", "line 1: a name that no line before"},
	    {"witness w1 %1\nquorum w1 w1\n", "line 2: more words"},
	    {"quorum none none\n", "line 1: more words"},
	    {"QUORUM none\n", "line 1: not log, witness"},
	    {"policy x\nquorum none\n", "line 1: not log, witness"},
	    {"quorum none # why\n", "line 1: more words"},
	    {"log\nquorum none\n", "line 1: no vkey"},
	    {"log x\nquorum none\n", "line 1: vkey"},
	    {"log %L url more\nquorum none\n", "line 1: more words"},
	    {"log %L\nlog %L\nquorum none\n", "line 2: a log with this key"},
	    {"witness\nquorum none\n", "line 1: no name"},
	    {"witness w1\nquorum none\n", "line 1: no vkey"},
	    {"witness none %1\nquorum none\n", "line 1: the name \"none\""},
	    {"witness w1 %L\nquorum none\n", "line 1: not a key of a cosignature"},
	    {"witness w1 %1\nwitness w1 %2\nquorum w1\n", "line 2: this name"},
	    {"witness w1 %1\nwitness w2 %1\nquorum w1\n", "line 2: a witness with this key"},
	    {"witness w1 %1 url more\nquorum none\n", "line 1: more words"},
	    {"group\nquorum none\n", "line 1: no name"},
	    {"group g\nquorum none\n", "line 1: no threshold"},
	    {"group g any\nquorum none\n", "line 1: a threshold is at least 1"},
	    {"group g all\nquorum none\n", "line 1: a threshold is at least 1"},
	    {"witness w1 %1\ngroup none any w1\nquorum none\n", "line 2: the name \"none\""},
	    {"witness w1 %1\ngroup w1 any w1\nquorum none\n", "line 2: this name"},
	    {"witness w1 %1\ngroup g any none\nquorum g\n", "line 2: a name that no line"},
	    {"witness w1 %1\ngroup g any g\nquorum g\n", "line 2: a name that no line"},
	    {"witness w1 %1\ngroup g 0 w1\nquorum g\n", "line 2: a threshold is at least 1"},
	    {"witness w1 %1\ngroup g 2 w1\nquorum g\n", "line 2: a threshold is at least 1"},
	    {"witness w1 %1\ngroup g 01 w1\nquorum g\n", "line 2: a threshold is all, any"},
	    {"witness w1 %1\ngroup g ANY w1\nquorum g\n", "line 2: a threshold is all, any"},
	    {"witness w1 %1\ngroup g 18446744073709551617 w1\nquorum g\n", "line 2: a threshold"},
	    {"witness w1 %1\ngroup g any w1 w1\nquorum g\n", "line 2: a name that is a member"},
	    {"witness w1 %1\ngroup g any w1\ngroup h any w1 g\nquorum h\n",
		"line 3: a name that is a member"},
	    {"quorum none\r\n", "control characters"},
	    {"# \x7f\nquorum none\n", "control characters"},
	    {"# \x1b\nquorum none\n", "control characters"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) text = policy_text(cases[i].text);
		struct log_policy policy;
		struct err err = {0};

		cr_expect_not(log_policy_parse(buf_span(&text), &policy, &err).ok, "%zu", i);
		cr_expect_eq(err.kind, ERR_INPUT, "%zu", i);
		cr_expect(
		    strstr(err.message, cases[i].message), "%s: %s", cases[i].text, err.message);
	}
}

/* "strongly recommended that an implementation supports at least up to 32 logs, 32 witnesses, and
 * 32 groups" */
static void put_many(struct buf *out, unsigned logs, unsigned witnesses, unsigned groups)
{
	for (unsigned i = 0; i < logs; i++) {
		struct log_key k = log_key_make("l", VKEY_ED25519, (uint8_t)(100 + i));

		buf_put_str(out, "log ");
		vkey_put(&k.vkey, out);
		buf_put_byte(out, '\n');
		log_key_free(&k);
	}
	for (unsigned i = 0; i < witnesses; i++) {
		struct log_key k = log_key_make("w", VKEY_COSIGNATURE, (uint8_t)(1 + i));

		buf_printf(out, "witness w%u ", i);
		vkey_put(&k.vkey, out);
		buf_put_byte(out, '\n');
		log_key_free(&k);
	}
	for (unsigned i = 0; i < groups && i < witnesses; i++)
		buf_printf(out, "group g%u any w%u\n", i, i);
	for (unsigned i = witnesses; i < groups; i++)
		buf_printf(out, "group g%u any g%u\n", i, i - 1);
	buf_printf(out, "quorum g%u\n", groups - 1);
}

Test(format_log_policy, thirty_two_of_each_fit_and_no_more)
{
	static const struct {
		unsigned logs, witnesses, groups;
		bool fits;
	} cases[] = {
	    {32, 32, 32, true}, {33, 32, 32, false}, {32, 33, 32, false}, {32, 32, 33, false}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) text = {0};
		struct log_policy policy;
		struct err err = {0};

		put_many(&text, cases[i].logs, cases[i].witnesses, cases[i].groups);
		cr_expect_eq(log_policy_parse(buf_span(&text), &policy, &err).ok, cases[i].fits,
		    "%zu: %s", i, err.message);
		if (!cases[i].fits) {
			cr_expect_eq(err.kind, ERR_TOO_LARGE);
			continue;
		}
		cr_expect(log_policy_reached(&policy, UINT64_C(1) << 31));
		cr_expect_not(log_policy_reached(&policy, (UINT64_C(1) << 31) - 1));
	}
	AUTO(buf) large = {0};
	struct log_policy policy;
	struct err err = {0};
	while (large.n <= LOG_POLICY_SIZE_MAX)
		buf_put_byte(&large, '\n');
	cr_expect_not(log_policy_parse(buf_span(&large), &policy, &err).ok);
	cr_expect_eq(err.kind, ERR_TOO_LARGE);
}

/* ---- checkpoints ---------------------------------------------------------------------------- */

/* Signed by a log, and cosigned by those witnesses. */
static struct buf checkpoint_by(const struct log_key *log, const char *origin, uint64_t witnesses)
{
	struct buf text = log_text(origin, 0, merkle_empty()), file = {0};

	note_put_text(buf_span(&text), &file);
	log_key_sign(log, buf_span(&text), 0, &file);
	for (unsigned i = 0; i < 6; i++)
		if (witnesses >> i & 1) {
			struct log_key k = witness_key(i + 1);

			log_key_sign(&k, buf_span(&text), 1000 + i, &file);
			log_key_free(&k);
		}
	buf_free(&text);
	return file;
}

Test(format_log_policy, a_checkpoint_holds_where_its_cosigners_reach_the_quorum)
{
	AUTO(buf) text = policy_text(EXAMPLE);
	struct log_key log = log_key_make(ORIGIN, VKEY_ED25519, 'L');
	struct log_policy policy;
	struct err err = {0};

	cr_assert(log_policy_parse(buf_span(&text), &policy, &err).ok);
	for (uint64_t set = 0; set < 64; set++) {
		AUTO(buf) file = checkpoint_by(&log, ORIGIN, set);
		struct log_policy_seen seen = {0};
		struct checkpoint c;
		bool holds;

		err_clear(&err);
		holds = log_policy_check(&policy, buf_span(&file), &c, &seen, &err).ok;
		cr_expect_eq(holds, log_policy_reached(&policy, set), "set %lx", set);
		if (!holds) {
			cr_expect_eq(err.kind, ERR_DENIED);
			cr_expect(strstr(err.message, "X-and-Y"), "%s", err.message);
			continue;
		}
		cr_expect_eq(seen.witnesses, set);
		for (unsigned i = 0; i < 6; i++)
			cr_expect_eq(seen.times[i], set >> i & 1 ? 1000 + i : 0);
	}
	log_key_free(&log);
}

Test(format_log_policy, only_a_log_of_the_policy_under_its_own_name_counts)
{
	AUTO(buf) text = policy_text("log %L\nlog %M\nquorum none\n");
	struct log_key keys[] = {log_key_make(ORIGIN, VKEY_ED25519, 'L'),
	    log_key_make("log.example/2", VKEY_ED25519, 'M'),
	    log_key_make("log.example/3", VKEY_ED25519, 'N'),
	    log_key_make(ORIGIN, VKEY_ED25519, 'N')};
	static const struct {
		const char *name;
		size_t key;
		const char *origin;
		bool holds;
	} cases[] = {
	    {"the first", 0, ORIGIN, true},
	    {"the second", 1, "log.example/2", true},
	    {"the second for the first", 1, ORIGIN, false},
	    {"the first under a name of nobody", 0, "log.example/9", false},
	    {"a third that is not trusted", 2, "log.example/3", false},
	    {"a stranger's key under the name of the first", 3, ORIGIN, false},
	};
	struct log_policy policy;
	struct err err = {0};

	cr_assert(log_policy_parse(buf_span(&text), &policy, &err).ok);
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) file = checkpoint_by(&keys[cases[i].key], cases[i].origin, 0);
		struct log_policy_seen seen;
		struct checkpoint c;

		err_clear(&err);
		cr_expect_eq(log_policy_check(&policy, buf_span(&file), &c, &seen, &err).ok,
		    cases[i].holds, "%s: %s", cases[i].name, err.message);
		if (cases[i].holds)
			cr_expect_eq(seen.log, cases[i].key);
		else
			cr_expect_eq(err.kind, ERR_DENIED);
	}
	for (size_t i = 0; i < COUNT(keys); i++)
		log_key_free(&keys[i]);
}

Test(format_log_policy, a_false_cosignature_of_a_known_witness_refuses_the_checkpoint)
{
	AUTO(buf) text = policy_text("log %L\nwitness w1 %1\nquorum none\n");
	struct log_key log = log_key_make(ORIGIN, VKEY_ED25519, 'L'), witness = witness_key(1);
	AUTO(buf) file = checkpoint_by(&log, ORIGIN, 0);
	struct log_policy policy;
	struct log_policy_seen seen;
	struct checkpoint c;
	struct err err = {0};

	cr_assert(log_policy_parse(buf_span(&text), &policy, &err).ok);
	cr_expect(log_policy_check(&policy, buf_span(&file), &c, &seen, &err).ok);
	log_key_sign(&witness, SPAN_LITERAL("another text\n"), 9, &file);
	cr_expect_not(log_policy_check(&policy, buf_span(&file), &c, &seen, &err).ok);
	cr_expect_eq(err.kind, ERR_DENIED);
	log_key_free(&log);
	log_key_free(&witness);
}

Test(format_log_policy, a_quorum_of_one_witness_is_that_witness)
{
	AUTO(buf) text = policy_text("log %L\nwitness w1 %1\nwitness w2 %2\nquorum w2\n");
	struct log_key log = log_key_make(ORIGIN, VKEY_ED25519, 'L');
	struct log_policy policy;
	struct log_policy_seen seen;
	struct checkpoint c;
	struct err err = {0};

	cr_assert(log_policy_parse(buf_span(&text), &policy, &err).ok);
	AUTO(buf) first = checkpoint_by(&log, ORIGIN, 1);
	cr_expect_not(log_policy_check(&policy, buf_span(&first), &c, &seen, &err).ok);
	cr_expect(strstr(err.message, "witness"), "%s", err.message);
	AUTO(buf) second = checkpoint_by(&log, ORIGIN, 2);
	cr_expect(log_policy_check(&policy, buf_span(&second), &c, &seen, &err).ok);
	log_key_free(&log);
}
