/*
 * signet-device-reset.h: factory reset: a device forgets who it was, and tells the server.
 *
 *     struct signet_reset r = {.data = "/var/lib/product"};
 *     if (signet_device_reset(d, &r, &why) == SIGNET_DONE) ...
 *
 * The server is told first, by the LDevID or else the IDevID: it revokes all LDevIDs of the device.
 * Then LDevIDs, keys, trust anchors, records and the product's own data are overwritten, where the
 * medium lets us, and removed. The IDevID stays, and where it lies. What was begun is finished,
 * however often the power goes: until then enroll and renew refuse, with code reset.unfinished. A
 * program that may have been cut off calls it with if_begun when it starts.
 */
#ifndef SIGNET_DEVICE_RESET_H
#define SIGNET_DEVICE_RESET_H

#include "signet-device.h"

#ifdef __cplusplus
extern "C" {
#endif

struct signet_reset {
	/*
	 * Erase although the server cannot be reached, or refuses. One that could not be reached is
	 * told later by the IDevID, if there is one: by the next call with if_begun, or before the
	 * next enrollment.
	 */
	bool force;
	bool if_begun; /* only go on with one that was begun; NOT_DUE: none is under way */
	/* A directory that is emptied, whole; it may hold neither store nor IDevID. NULL: none. */
	const char *data;
	/* Called after the identity is gone, again after a power cut; false: it failed. NULL: none.
	 */
	bool (*erase)(void *context);
	void *context;
	struct signet_patience patience;
};

/*
 * DONE: erased. REFUSED, NETWORK and the like: the server did not take it, nothing was erased, the
 * device goes on as it was. STORE_FAILED: something could not be erased; call it again. The handle
 * is then that of an empty store.
 */
enum signet_result signet_device_reset(
    struct signet_device *device, const struct signet_reset *how, struct signet_reason *ret_reason);

#ifdef __cplusplus
}
#endif
#endif
