/*
 * signet-device-slots.h: what a device is, its two slots, and which image starts.
 *
 * Slots and state are files here, for hosts and for devices whose boot loader reads files; the same
 * rules on flash are libsignet-boot's (signet-boot.h). How images get here: signet-device-update.h,
 * which says more.
 *
 *     struct signet_update_settings s = {.directory = "/var/lib/device/update"};
 *     struct signet_update *u;
 *     signet_update_open(&s, NULL, &u, &why);
 *     signet_update_confirm(u, &why);             at every good start
 *
 * Handles as in signet-device.h: independent, for one thread at a time. Strings that a call returns
 * live until the next one with the handle; NULL: there is none.
 */
#ifndef SIGNET_DEVICE_SLOTS_H
#define SIGNET_DEVICE_SLOTS_H

#include "signet-device.h"

#ifdef __cplusplus
extern "C" {
#endif

struct signet_update;

struct signet_update_settings {
	const char *directory; /* of slots and state; must be given */
	/* "a" "b" "none": the slot that this program runs from. NULL: as signet_update_boot()
	 * noted. */
	const char *running;
};

/* What a device is; fixed for its life. Strings are copied. */
struct signet_update_product {
	const char *product, *channel;
	const char *model;             /* as in the product's policy; NULL: as `product` */
	const char *vendor_domain;     /* NULL: not compared with the trust statement's vendor */
	const char *const *components; /* ids, of 64 octets at most each; NULL: "main" alone */
	size_t component_count;        /* 0 to 4 */
	const char *trust_file;        /* the first trust statement */
	const char *trust_digest;      /* its SHA-256, 64 hex digits, from the paperwork */
	uint64_t counter;              /* the lowest sequence that may run */
	/* PEM: whom to believe where images are fetched by https; NULL: the system's authorities.
	 */
	const char *download_ca;
};

/* In the factory, once. Makes the directory. Cut short, it is called again. */
enum signet_result signet_update_init(const struct signet_update_settings *settings,
    const struct signet_update_product *product, struct signet_reason *ret_reason);

enum signet_result signet_update_open(const struct signet_update_settings *settings,
    const struct signet_hooks *hooks, struct signet_update **ret_update,
    struct signet_reason *ret_reason);
void signet_update_close(struct signet_update *update); /* NULL allowed */

/* The running trial is good; counter and confirmed image rise to it. NOT_DUE: there is none. */
enum signet_result signet_update_confirm(
    struct signet_update *update, struct signet_reason *ret_reason);
/* Give the trial up: the confirmed image starts next. Once confirmed, there is no way back. */
enum signet_result signet_update_rollback(
    struct signet_update *update, struct signet_reason *ret_reason);

struct signet_update_slot {
	uint64_t sequence; /* 0: no image */
	const char *slot;  /* "a" or "b" */
	const char *version;
	char digest[65]; /* of the manifest, hex */
};
struct signet_update_start {
	struct signet_update_slot image;
	const char *kind;         /* "confirmed" "trial" "rescue" */
	const char *trial_why;    /* code: why the trial does not start */
	bool recalled, unvouched; /* signet-boot.h */
};
/*
 * What a boot loader does, for hosts: choose, verify, take one try of a trial; and note which slot
 * is running. The image itself is at DIRECTORY/slot-<slot>/image-<number of the component>.
 */
enum signet_result signet_update_boot(struct signet_update *update,
    struct signet_update_start *ret_start, struct signet_reason *ret_reason);

struct signet_update_status {
	const char *product, *channel, *running; /* "a", "b" or NULL */
	struct signet_update_slot confirmed, trial;
	const char *phase; /* of the trial: "none" "staged" "started" "failed" */
	int tries;         /* that it has left */
	uint64_t counter, trust_version, recall_number;
	bool recalled; /* what is confirmed */
	char vendor_id[37], class_id[37];
};
enum signet_result signet_update_status(struct signet_update *update,
    struct signet_update_status *ret_status, struct signet_reason *ret_reason);

#ifdef __cplusplus
}
#endif
#endif
