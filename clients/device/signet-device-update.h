/*
 * signet-device-update.h: firmware for a device: find it, check it, install it, confirm it.
 *
 *     struct signet_update_settings s = {.directory = "/var/lib/device/update"};
 *     struct signet_update *u;  struct signet_update_offer offer;
 *     signet_update_open(&s, NULL, &u, &why);
 *     if (signet_update_check(u, device, &offer, &why) == SIGNET_DONE && offer.newer &&
 *         signet_update_install(u, device, NULL, &why) == SIGNET_DONE)
 *             reboot();                           ... and after the first good start:
 *     signet_update_confirm(u, &why);
 *
 *  - What may be installed is decided by the trust statement that was pinned in the factory, and by
 *    those that followed it by the old and the new quorum; never by a server.
 *  - A release comes as a bundle: manifest, signatures, approvals, log proof. All of it is checked
 *    before an octet of an image is asked for, the image while it arrives, and once more as it
 *    stands in the slot.
 *  - There are two slots. Switching is one record written; the confirmed image stays until another
 *    one is confirmed. Only confirming raises the counter below which nothing starts.
 *  - A power cut at any octet leaves a device that starts a verified image, and an update that the
 *    next call carries on with; downloads go on where they were.
 *  - A release to install must come with a checkpoint of the log that is not smaller than that of
 *    the confirmed one: a log grows, so a smaller one was rolled back. As large with another root:
 *    the log shows two histories. (Of the log that the trust statement names now; releases of a
 *    channel are published in the order of their numbers.)
 *
 * The handle, provisioning, starting and confirming: signet-device-slots.h. Strings that a call
 * returns live until the next one with the handle; NULL: there is none.
 */
#ifndef SIGNET_DEVICE_UPDATE_H
#define SIGNET_DEVICE_UPDATE_H

#include "signet-device-slots.h"

#ifdef __cplusplus
extern "C" {
#endif

struct signet_update_offer {
	bool newer;        /* `sequence` may be installed, as far as the server knows */
	bool must_leave;   /* what is confirmed here is recalled */
	uint64_t sequence; /* of the newest release of the channel; 0: there is none */
	const char *version;
	uint64_t here;      /* the sequence confirmed here; 0: none */
	uint64_t successor; /* that the recall list names, with must_leave; 0: none */
	const char *successor_version;
	uint64_t trust_version, recall_number; /* in force now */
};
/*
 * Ask the server, as the LDevID, for the newest release of the channel. Newer trust statements and
 * recall lists are taken up.
 */
enum signet_result signet_update_check(struct signet_update *update, struct signet_device *device,
    struct signet_update_offer *ret_offer, struct signet_reason *ret_reason);

struct signet_update_image {
	const char *component; /* its id */
	const char *file;
};

struct signet_update_check_row {
	const char *name;   /* "format" "signature" "trust" ... */
	const char *result; /* "ok" "refused" "not checked" */
	const char *text;   /* what was found */
};
#define SIGNET_UPDATE_CHECKS_MAX 12
struct signet_update_report {
	uint64_t sequence;
	const char *version; /* NULL: it did not get so far */
	size_t count;
	struct signet_update_check_row rows[SIGNET_UPDATE_CHECKS_MAX];
};
/* Check a bundle, and images that are at hand. Talks to nobody and changes nothing. */
enum signet_result signet_update_verify(struct signet_update *update, const char *bundle,
    const struct signet_update_image *images, size_t image_count,
    struct signet_update_report *ret_report, struct signet_reason *ret_reason);

struct signet_update_install {
	const char *bundle;                       /* file; NULL: the newest, from the server */
	const struct signet_update_image *images; /* at hand; others are fetched by their URI */
	size_t image_count;
	int tries;                       /* starts before it must be confirmed [3] */
	bool again;                      /* although its trial has failed before */
	int64_t rate_max;                /* octets in a second, when fetching; 0: any */
	struct signet_patience patience; /* `attempts` in a row without one octet more */
	void (*arrived)(void *context, const char *component, uint64_t octets, uint64_t of);
	void *context;
};
/*
 * Into the other slot, and switch: the next start tries it. NOT_DUE: nothing newer. device: NULL
 * with a bundle in a file; images need none.
 */
enum signet_result signet_update_install(struct signet_update *update, struct signet_device *device,
    const struct signet_update_install *how, struct signet_reason *ret_reason);

/* Take up a trust statement or a recall list from a file. NOT_DUE: it is in force already. */
enum signet_result signet_update_take(
    struct signet_update *update, const char *file, struct signet_reason *ret_reason);

#ifdef __cplusplus
}
#endif
#endif
