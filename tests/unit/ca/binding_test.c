/* RFC 7030 3.5: what is present is verified, and a label may require it. */
#include <criterion/criterion.h>
#include <openssl/ssl.h>

#include "base/encode.h"
#include "ca/binding.h"
#include "ca/policy.h"

static const uint8_t unique[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const uint8_t exporter[32] = {0xff, 0x3e, 0x3f};

enum sent {
	SENT_NOTHING,
	SENT_EMPTY,
	SENT_UNIQUE,
	SENT_EXPORTER,
	SENT_OTHER,
	SENT_RAW,
	SENT_SHORT
};

struct binding_case {
	const char *name;
	int rule, version;
	bool ems;
	enum sent sent;
	const char *want_code; /* NULL: passes */
	bool want_linked;
};

#define V12 TLS1_2_VERSION
#define V13 TLS1_3_VERSION

static const struct binding_case cases[] = {
    {"1.3 linked", POP_REQUIRED, V13, true, SENT_EXPORTER, NULL, true},
    {"1.2 linked", POP_REQUIRED, V12, true, SENT_UNIQUE, NULL, true},
    {"1.3 required and absent", POP_REQUIRED, V13, true, SENT_NOTHING, "binding.absent", false},
    {"1.2 required and absent", POP_REQUIRED, V12, true, SENT_NOTHING, "binding.absent", false},
    {"1.2 required without ems", POP_REQUIRED, V12, false, SENT_UNIQUE, "binding.unavailable",
	false},
    {"1.3 optional and absent", POP_OPTIONAL, V13, true, SENT_NOTHING, NULL, false},
    {"1.3 optional and right", POP_OPTIONAL, V13, true, SENT_EXPORTER, NULL, true},
    {"1.3 optional and of another session", POP_OPTIONAL, V13, true, SENT_OTHER, "binding.mismatch",
	false},
    {"1.2 optional, right, without ems proves nothing", POP_OPTIONAL, V12, false, SENT_UNIQUE, NULL,
	false},
    {"1.2 optional, wrong, without ems", POP_OPTIONAL, V12, false, SENT_OTHER, "binding.mismatch",
	false},
    {"1.3 with the value of 1.2", POP_OPTIONAL, V13, true, SENT_UNIQUE, "binding.mismatch", false},
    {"1.2 with the value of 1.3", POP_OPTIONAL, V12, true, SENT_EXPORTER, "binding.mismatch",
	false},
    {"empty", POP_OPTIONAL, V13, true, SENT_EMPTY, "binding.malformed", false},
    {"a password, no base64", POP_OPTIONAL, V13, true, SENT_RAW, "binding.malformed", false},
    {"first octets only", POP_OPTIONAL, V13, true, SENT_SHORT, "binding.mismatch", false},
    {"off and wrong", POP_OFF, V13, true, SENT_OTHER, NULL, false},
    {"off and a password", POP_OFF, V12, false, SENT_RAW, NULL, false},
};

static struct span text_of(enum sent sent, struct buf *room)
{
	uint8_t other[32] = {0xff, 0x3e, 0x3e};

	switch (sent) {
	case SENT_NOTHING: return SPAN_NONE;
	case SENT_EMPTY: return SPAN_LITERAL("");
	case SENT_RAW: return SPAN_LITERAL("hunter-2!");
	case SENT_UNIQUE: base64_encode(SPAN_OF(unique), room); break;
	case SENT_EXPORTER: base64_encode(SPAN_OF(exporter), room); break;
	case SENT_OTHER: base64_encode(SPAN_OF(other), room); break;
	case SENT_SHORT: base64_encode(span(exporter, 9), room); break;
	}
	return buf_span(room);
}

Test(ca_binding, is_judged_by_version_and_rule)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct binding_case *c = &cases[i];
		const struct channel_binding session = {
		    c->version, c->ems, SPAN_OF(unique), SPAN_OF(exporter)};
		AUTO(buf) room = {0};
		struct err err = {0};
		bool linked = true;
		bool ok =
		    binding_check(c->rule, &session, text_of(c->sent, &room), &linked, &err).ok;

		cr_expect_eq(ok, c->want_code == NULL, "%s: %s", c->name, err.message);
		cr_expect_eq(linked, c->want_linked, "%s", c->name);
		if (c->want_code)
			cr_expect_str_eq(err_code(&err), c->want_code, "%s", c->name);
	}
}

Test(ca_binding, without_a_value_of_the_session_nothing_matches)
{
	const struct channel_binding session = {V12, true, SPAN_NONE, SPAN_OF(exporter)};
	struct err err = {0};
	bool linked;

	cr_assert_not(
	    binding_check(POP_OPTIONAL, &session, SPAN_LITERAL("AAAA"), &linked, &err).ok);
	cr_expect_str_eq(err_code(&err), "binding.unavailable");
}
