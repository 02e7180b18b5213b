/* clients/device/update_reason.c: see update_reason.h. */
#include "clients/device/update_reason.h"

#include <stdarg.h>
#include <stdio.h>

#define ROW(id, code, kind, result, transient, rule, advice) \
	[WHY_##id] = {{code, kind, rule, advice}, SIGNET_##result, transient}

const struct device_reason_row update_reasons[WHY_UPDATE_COUNT] = {
    ROW(UPDATE_NONE, "update.none", ERR_MISSING, STORE_FAILED, false,
	"a device is provisioned before it is updated", "run signet-device update init"),
    ROW(UPDATE_STORE, "update.store", ERR_INTERNAL, STORE_FAILED, false,
	"slots and state must be readable and writable", "check the directory and its owner"),
    ROW(UPDATE_FULL, "update.full", ERR_INTERNAL, STORE_FAILED, false,
	"the other slot must have room for the image",
	"make room, and install again: it goes on where it was"),
    ROW(UPDATE_LOCKED, "update.locked", ERR_CONFLICT, STORE_FAILED, false,
	"one program at a time updates", "wait for the other signet-device to end"),
    ROW(UPDATE_SETTING, "update.setting", ERR_INPUT, BAD_ARGUMENT, false,
	"a setting must be usable", ""),
    ROW(UPDATE_TRUST, "update.trust", ERR_DENIED, BAD_UPDATE, false,
	"the first trust statement is the one whose digest came by another way",
	"compare the digest with what `signet trust show` prints where it was signed"),
    ROW(UPDATE_VENDOR, "update.vendor", ERR_DENIED, BAD_ARGUMENT, false,
	"the trust statement must be of this vendor", "check --vendor-domain, and the statement"),
    ROW(UPDATE_BUNDLE, "update.bundle", ERR_INPUT, BAD_UPDATE, false,
	"a release comes as a bundle that can be read", "fetch it again"),
    ROW(UPDATE_FILE, "update.file", ERR_INPUT, BAD_ARGUMENT, false,
	"files that are named must be readable", "check the path"),
    ROW(UPDATE_URI, "update.uri", ERR_MISSING, BAD_ARGUMENT, false,
	"a component's image has a URI of http or https in the manifest, or is at hand",
	"name its file with --component ID=FILE"),
    ROW(UPDATE_SIZE, "update.size", ERR_TOO_LARGE, BAD_UPDATE, false,
	"an image has the size that the manifest says",
	"nothing was changed; report to whoever serves it"),
    ROW(UPDATE_FAILED_BEFORE, "update.failed-before", ERR_CONFLICT, REFUSED, false,
	"a release whose trial has failed is not tried again by itself",
	"wait for the next release, or give --again"),
    ROW(UPDATE_CURRENT, "update.current", ERR_CONFLICT, NOT_DUE, false, "what runs is the newest",
	""),
    ROW(UPDATE_RUNNING, "update.running", ERR_CONFLICT, NOT_DUE, false,
	"a trial that runs is confirmed or rolled back first",
	"run signet-device update confirm, or rollback"),
    ROW(UPDATE_CONFIRMED, "update.confirmed", ERR_CONFLICT, NOT_DUE, false,
	"only a trial needs confirming", ""),
    ROW(UPDATE_OFFER, "update.offer", ERR_INPUT, BAD_ANSWER, false,
	"the server tells of releases in the form that this device knows",
	"report it to the operator"),
    ROW(UPDATE_OTHER, "update.other", ERR_DENIED, REFUSED, false,
	"what is offered must be of this device's product and channel",
	"ask the operator which product this device is registered as"),
    ROW(UPDATE_CHANGED, "update.changed", ERR_BUSY, NETWORK, true,
	"what is fetched must be what was offered a moment ago", "try again"),
    ROW(DOWNLOAD_REFUSED, "download.refused", ERR_DENIED, BAD_ANSWER, false,
	"the image must be where the manifest says", "report it to whoever serves it"),
    ROW(DOWNLOAD_FAILED, "download.failed", ERR_BUSY, NETWORK, true, "an image must arrive whole",
	"install again: it goes on where it was"),
};

#define REFUSAL_ADVICE "nothing was changed; ask the maker for a release that this device may run"
#define REFUSAL_ROW(id, code, text) \
	[REFUSAL_##id] = {{code, ERR_DENIED, text, REFUSAL_ADVICE}, SIGNET_BAD_UPDATE, false},
static const struct device_reason_row refusals[REFUSAL_COUNT] = {REFUSALS(REFUSAL_ROW)};
#undef REFUSAL_ROW

bool update_reason_is(const struct err *err, enum update_reason why)
{
	return err->reason == &update_reasons[why].reason;
}

static const struct device_reason_row *find(
    const struct device_reason_row *rows, size_t count, const struct reason *reason)
{
	for (size_t i = 0; i < count; i++)
		if (reason == &rows[i].reason)
			return &rows[i];
	return NULL;
}

const struct device_reason_row *update_reason_of(const struct err *err)
{
	const struct device_reason_row *row =
	    find(update_reasons, COUNT(update_reasons), err->reason);

	return row ? row : find(refusals, COUNT(refusals), err->reason);
}

const struct reason *update_refusal_reason(enum refusal refusal)
{
	return &refusals[refusal].reason;
}

struct status update_refuse(struct err *err, enum refusal refusal)
{
	if (refusal == REFUSAL_NONE)
		return STATUS_OK;
	return err_refuse(err, update_refusal_reason(refusal), "%s", refusals[refusal].reason.rule);
}

struct status update_refuse_as(struct err *err, enum refusal refusal, const char *format, ...)
{
	char text[sizeof(err->message)];
	va_list args;

	if (refusal == REFUSAL_NONE)
		return STATUS_OK;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_refuse(
	    err, update_refusal_reason(refusal), "%s: %s", text, refusals[refusal].reason.rule);
}
