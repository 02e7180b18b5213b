/* access/reason_credential.c: see reason_credential.h. */
#include "access/reason_credential.h"

const struct reason credential_reasons[] = {
#define REASON_ROW(id, code, kind, rule, advice) {(code), (kind), (rule), (advice)},
    REASONS_CREDENTIALS(REASON_ROW)
#undef REASON_ROW
	{NULL, ERR_NONE, NULL, NULL},
};
