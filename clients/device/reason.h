/*
 * clients/device/reason.h: everything that can go wrong on a device, in one table.
 *
 * Each row has a stable code, the result that the public interface gives for it, whether trying
 * again may help by itself, the rule that was broken and what a person can do.
 */
#ifndef SIGNET_DEVICE_REASON_H
#define SIGNET_DEVICE_REASON_H

#include "base/err.h"
#include "clients/device/signet-device.h"

enum device_reason {
	WHY_ARGUMENT,
	WHY_SERVER_URL,
	WHY_LABEL,
	WHY_ALGORITHM,
	WHY_STORE,
	WHY_STORE_OPEN_TO_OTHERS,
	WHY_STORE_LOCKED,
	WHY_NO_IDENTITY,
	WHY_IDEVID,
	WHY_NO_TRUST,
	WHY_PIN,
	WHY_CA_FILE,
	WHY_NETWORK_NAME,
	WHY_NETWORK_CONNECT,
	WHY_NETWORK_TIMEOUT,
	WHY_NETWORK_BROKEN,
	WHY_TLS_UNTRUSTED,
	WHY_TLS_REFUSED,
	WHY_TLS_FAILED,
	WHY_TLS_BINDING,
	WHY_ANSWER_TOO_LARGE,
	WHY_ANSWER_TYPE,
	WHY_ANSWER_MALFORMED,
	WHY_CSRATTRS,
	WHY_PENDING,
	WHY_BUSY,
	WHY_REFUSED_IDENTITY,
	WHY_REFUSED,
	WHY_SERVER_FAILED,
	WHY_CERT_COUNT,
	WHY_CERT_KEY,
	WHY_CERT_CHAIN,
	WHY_CERT_VALIDITY,
	WHY_CERT_IDENTITY,
	WHY_CERT_USAGE,
	WHY_NEW_IDENTITY_REFUSED,
	WHY_NOT_DUE,
	WHY_RESET_UNFINISHED,
	WHY_RESET_NONE,
	WHY_RESET_DATA,
	WHY_RESET_ERASE,
	WHY_COUNT
};

struct device_reason_row {
	struct reason reason;
	enum signet_result result;
	bool transient; /* another attempt may succeed by itself */
};

extern const struct device_reason_row device_reasons[WHY_COUNT];
#define WHY(name) (&device_reasons[WHY_##name].reason)

/* The row that an error names; NULL where it names none of ours. */
const struct device_reason_row *device_reason_of(const struct err *err);
bool device_reason_is(const struct err *err, enum device_reason why);
bool device_reason_transient(const struct err *err);
enum signet_result device_result(const struct err *err);
/* Pass on what failed below: under its own reason where it has one of ours, else under this one. */
struct status device_wrap(struct err *err, const struct reason *reason, const struct err *below);

#endif
