#include "ca/reason.h"

#include "ca/crl_lint.h"
#include "ca/lint.h"

const struct reason reasons[] = {
#define REASON_ROW(id, code, kind, rule, advice) {(code), (kind), (rule), (advice)},
    REASONS(REASON_ROW)
#undef REASON_ROW
	{NULL, ERR_NONE, NULL, NULL},
};

/* A table cell: a bar would end it. */
static void put_cell(struct buf *out, const char *text)
{
	buf_put_byte(out, ' ');
	for (; *text; text++) {
		if (*text == '|')
			buf_put_byte(out, '\\');
		buf_put_byte(out, (uint8_t)*text);
	}
	buf_put_str(out, " |");
}

void reasons_markdown(struct buf *out)
{
	buf_put_str(out,
	    "# Reasons\n\n"
	    "Every refusal carries one of these codes: in its text, in the `X-Signet-Reason` header, "
	    "in the log\nand in its enrollment (`signetd enrollment explain ID`). Codes are stable. "
	    "This page is made from\n`ca/reason.h`.\n\n"
	    "| code | rule | what to do |\n|---|---|---|\n");
	for (const struct reason *r = reasons; r->code; r++) {
		buf_printf(out, "| `%s` |", r->code);
		put_cell(out, r->rule);
		put_cell(out, r->advice);
		buf_put_str(out, "\n");
	}
	buf_put_str(out,
	    "\n## Lints\n\nRules over every certificate about to be signed. A finding is our fault, "
	    "never the requester's:\nnothing is signed, an alarm is recorded, the client gets 500.\n\n"
	    "| code | source |\n|---|---|\n");
	for (const struct lint *l = lints; l->name; l++) {
		buf_printf(out, "| `lint.%s` |", l->name);
		put_cell(out, l->source);
		buf_put_str(out, "\n");
	}
	buf_put_str(out,
	    "\nRules over every revocation list about to be signed; where one finds something, the list "
	    "before stays.\n\n| code | source |\n|---|---|\n");
	for (const struct crl_lint_row *l = crl_lints; l->name; l++) {
		buf_printf(out, "| `lint.%s` |", l->name);
		put_cell(out, l->source);
		buf_put_str(out, "\n");
	}
}
