/*
 * ca/device_reset.h: a device forgets who it was here, and says so: factory reset.
 *
 *	enrolled -> claimed    if it was announced, else -> made
 *
 * All its LDevIDs are revoked (cessationOfOperation), with an entry of the reset (device.reset) and
 * one of each certificate, in one transaction. It keeps its IDevID, by which it may enroll again
 * where a label lets it. Asked again, since the answer was lost, it is told so once more. Suspended
 * and retired devices are refused: a thief does not get rid of a suspension by a reset.
 */
#ifndef SIGNET_CA_DEVICE_RESET_H
#define SIGNET_CA_DEVICE_RESET_H

#include "ca/policy.h"
#include "ca/trust.h"

struct reset_request {
	const struct policy *policy;
	struct credentials credentials; /* LDevID or IDevID, proven by TLS */
	const struct clock *clock;
	const struct rng *rng;
};

struct reset_reply {
	bool vouched; /* product and serial are those of a device that proved who it is */
	char product[IDENTITY_TEXT_MAX + 1], serial[IDENTITY_TEXT_MAX + 1];
	char state[16]; /* of the device now; "" where it was never seen here */
	size_t revoked; /* certificates, by this call */
	bool changed;   /* false: there was nothing to do */
};

/* Durable on return. Refusals: ca/reason_reset.h and those of ca/trust.h. */
struct status device_reset(struct db *db, const struct reset_request *request,
    struct reset_reply *ret_reply, struct err *err);

#endif
