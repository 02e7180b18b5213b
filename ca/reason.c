#include "ca/reason.h"

const struct reason reasons[] = {
#define REASON_ROW(id, code, kind, rule, advice) {(code), (kind), (rule), (advice)},
    REASONS(REASON_ROW)
#undef REASON_ROW
	{NULL, ERR_NONE, NULL, NULL},
};
