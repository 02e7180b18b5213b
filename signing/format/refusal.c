#include "signing/format/refusal.h"

static const struct {
	const char *code, *text;
} refusals[] = {
#define REFUSAL_ROW(name, code, text) {code, text},
    REFUSALS(REFUSAL_ROW)
#undef REFUSAL_ROW
};

static unsigned row(enum refusal refusal)
{
	return (unsigned)refusal < REFUSAL_COUNT ? (unsigned)refusal : REFUSAL_CBOR_TYPE;
}

const char *refusal_code(enum refusal refusal)
{
	return refusals[row(refusal)].code;
}

const char *refusal_text(enum refusal refusal)
{
	return refusals[row(refusal)].text;
}
