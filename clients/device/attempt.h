/* clients/device/attempt.h: ask for a certificate, until there is one, a refusal, or no patience.
 */
#ifndef SIGNET_DEVICE_ATTEMPT_H
#define SIGNET_DEVICE_ATTEMPT_H

#include "clients/device/device_internal.h"

struct attempt {
	struct signet_device *device;
	enum device_operation operation;
	struct identity *shown; /* who asks: the IDevID, or the current LDevID */
	uint32_t same_key_as;   /* take the key of this generation; 0: a new one */
	struct retry *retry;
};

/*
 * Ask, with a key that is kept in the store as a pending generation, and stage what was issued: the
 * verified certificate is stored, state says PENDING_STAGED. WHY_PENDING and transient failures
 * leave the key for the next time; so does a refusal, since a later approval finds the key again.
 */
struct status attempt_run(struct attempt *a, struct err *err);

#endif
