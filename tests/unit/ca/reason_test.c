/* The table of reasons, and the page that is made from it. */
#include <criterion/criterion.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ca/reason.h"

#define PAGE "docs/reasons.md"

/* To bring the page up to date: SIGNET_UPDATE_DOCS=1 make unit-ca */
Test(ca_reason, the_page_says_what_the_table_says)
{
	AUTO(buf) want = {0};
	AUTO(buf) have = {0};
	struct err err = {0};

	reasons_markdown(&want);
	if (getenv("SIGNET_UPDATE_DOCS"))
		cr_assert(file_replace(PAGE, buf_span(&want), 0644, &err).ok, "%s", err.message);
	cr_assert(file_read(PAGE, 1 << 20, &have, &err).ok, "%s", err.message);
	cr_expect(span_equal(buf_span(&want), buf_span(&have)),
	    PAGE " is behind ca/reason.h: SIGNET_UPDATE_DOCS=1 make unit-ca");
}

static bool is_code(const char *code)
{
	for (const char *c = code; *c; c++)
		if (!islower(*c) && !isdigit(*c) && *c != '.' && *c != '-')
			return false;
	return strchr(code, '.') != NULL;
}

Test(ca_reason, every_row_is_whole_and_its_code_its_own)
{
	for (const struct reason *r = reasons; r->code; r++) {
		cr_expect(is_code(r->code), "%s", r->code);
		cr_expect(r->kind != ERR_NONE && r->rule[0] && r->advice[0], "%s", r->code);
		for (const struct reason *other = reasons; other != r; other++)
			cr_expect_str_neq(other->code, r->code);
	}
	cr_expect_null(reasons[REASON_COUNT].code, "the ids end where the table ends");
}
