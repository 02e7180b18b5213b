/*
 * clients/device/update_reason.h: what can go wrong with an update, beside reason.h; and the
 * refusals of signing/format/refusal.h as reasons, so that both are told in the same way.
 */
#ifndef SIGNET_DEVICE_UPDATE_REASON_H
#define SIGNET_DEVICE_UPDATE_REASON_H

#include "clients/device/reason.h"
#include "signing/format/refusal.h"

enum update_reason {
	WHY_UPDATE_NONE,
	WHY_UPDATE_STORE,
	WHY_UPDATE_FULL,
	WHY_UPDATE_LOCKED,
	WHY_UPDATE_SETTING,
	WHY_UPDATE_TRUST,
	WHY_UPDATE_VENDOR,
	WHY_UPDATE_BUNDLE,
	WHY_UPDATE_FILE,
	WHY_UPDATE_URI,
	WHY_UPDATE_SIZE,
	WHY_UPDATE_FAILED_BEFORE,
	WHY_UPDATE_CURRENT,
	WHY_UPDATE_RUNNING,
	WHY_UPDATE_CONFIRMED,
	WHY_UPDATE_OFFER,
	WHY_UPDATE_OTHER,
	WHY_UPDATE_CHANGED,
	WHY_DOWNLOAD_REFUSED,
	WHY_DOWNLOAD_FAILED,
	WHY_UPDATE_COUNT
};

extern const struct device_reason_row update_reasons[WHY_UPDATE_COUNT];
#define UPDATE_WHY(name) (&update_reasons[WHY_##name].reason)

bool update_reason_is(const struct err *err, enum update_reason why);

/* NULL: not one of the update's, nor a refusal. */
const struct device_reason_row *update_reason_of(const struct err *err);

/* The refusal as an error, with its own text. REFUSAL_NONE: it is all right. */
struct status update_refuse(struct err *err, enum refusal refusal);
/* The same with words of our own. */
struct status update_refuse_as(struct err *err, enum refusal refusal, const char *format, ...)
    PRINTF(3, 4);
/* Its reason, for err_refuse(). */
const struct reason *update_refusal_reason(enum refusal refusal);

#endif
