/* clients/operator/refusal_reason.h: what signing/format's readers refuse, as reasons for people.
 */
#ifndef SIGNET_OPERATOR_REFUSAL_REASON_H
#define SIGNET_OPERATOR_REFUSAL_REASON_H

#include "base/err.h"
#include "signing/format/refusal.h"

/* The row with the refusal's code; `refusal` is none of REFUSAL_NONE. */
const struct reason *refusal_reason(enum refusal refusal);
/* Refuse: "WHAT: what was broken". */
struct status refusal_fail(enum refusal refusal, const char *what, struct err *err);
#define refusal_fail(...)                                                      \
	((void)(refusal_fail)(__VA_ARGS__), STATUS_FAILED) /* as in base/err.h \
							    */

#endif
