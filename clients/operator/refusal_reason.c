/* clients/operator/refusal_reason.c: see refusal_reason.h. */
#include "clients/operator/refusal_reason.h"

#define ROW(name, code, text)                                                               \
	[REFUSAL_##name] = {code, ERR_DENIED, text,                                         \
	    "get the file anew from who made it, and look whether it is for this product, " \
	    "channel and statement: it may be damaged, altered, or made for something else"},
static const struct reason rows[REFUSAL_COUNT] = {REFUSALS(ROW)};

const struct reason *refusal_reason(enum refusal refusal)
{
	return &rows[refusal];
}

struct status(refusal_fail)(enum refusal refusal, const char *what, struct err *err)
{
	return err_refuse(err, refusal_reason(refusal), "%s: %s", what, refusal_text(refusal));
}
