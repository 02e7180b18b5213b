/*
 * clients/device/update_internal.h: the handle of an update, and what the files update_*.c share.
 *
 *     DIR/                     0700
 *       lock                   held by flock(2) while a program changes anything
 *       device.json            what this device is; written once
 *       state-0 state-1        the protected state (signet-boot.h), written in turn, in place
 *       trust-0 trust-1        trust statements: the one in force, and room for the next
 *       recall-0 recall-1      recall lists, likewise
 *       slot-a/ slot-b/        envelope, bundle, image-0 (by component), incoming (a download's
 * record) log.json               the largest checkpoint that came with a release installed
 *       offer.json             what the server said last
 *       running                the slot that was started last
 */
#ifndef SIGNET_DEVICE_UPDATE_INTERNAL_H
#define SIGNET_DEVICE_UPDATE_INTERNAL_H

#include "base/doc.h"
#include "base/encode.h"
#include "clients/device/boot/signet-boot-update.h"
#include "clients/device/device_internal.h"
#include "clients/device/signet-device-slots.h"
#include "clients/device/signet-device-update.h"
#include "clients/device/update_reason.h"
#include "signing/format/bundle_verify.h"
#include "signing/format/crypto_openssl.h"
#include "signing/format/recall.h"
#include "signing/format/uuid.h"

/* device.json. Strings are the arena's. */
struct update_config {
	char *product, *channel, *model, *vendor_id, *download_ca;
	struct str_list components;
};

#define UPDATE_FILES (BOOT_FILE_RECALL + 1)

struct signet_update {
	char *directory;
	int fd;      /* of the directory; -1: it is not there */
	int lock_fd; /* -1: not locked */
	struct signet_hooks hooks;
	struct update_config config;
	unsigned running; /* slot, or BOOT_NO_SLOT */
	struct crypto_openssl openssl;
	struct boot_crypto crypto;
	struct boot_flash flash;
	struct boot_device boot;
	struct span components[BOOT_COMPONENTS_MAX];
	struct buf files[UPDATE_FILES][BOOT_PLACES]; /* as signet-boot.h reads them */
	int images[BOOT_SLOTS][BOOT_COMPONENTS_MAX]; /* open for reading; -1: not */
	struct arena arena;
	struct arena said; /* what the last call returned */
};

extern const char *const update_slot_names[BOOT_SLOTS]; /* "a" "b" */

/* ---- update_store.c: files, and the flash that libsignet-boot sees ---- */

/* Open the directory; ret->fd stays -1 where it is not there, unless it is to be made. */
struct status update_directory_open(
    struct signet_update *u, const char *directory, bool make, struct err *err);
void update_directory_close(struct signet_update *u);
struct status update_lock(struct signet_update *u, struct err *err);
void update_unlock(struct signet_update *u); /* not locked: done */
/* Fill u->flash. */
void update_flash(struct signet_update *u);

/* Replace a file whole; durable on return. `name` is relative: "trust-0", "slot-a/envelope". */
struct status update_put(
    struct signet_update *u, const char *name, struct span bytes, struct err *err);
/* Append. ERR_MISSING: no such file. */
struct status update_get(
    struct signet_update *u, const char *name, size_t most, struct buf *out, struct err *err);
/* None there: done. Durable on return. */
struct status update_remove(struct signet_update *u, const char *name, struct err *err);
/* Sync a directory: "." or "slot-a". */
struct status update_sync(struct signet_update *u, const char *directory, struct err *err);
/* With errno: WHY_UPDATE_STORE, or WHY_UPDATE_FULL. */
struct status update_failed(struct err *err, const char *doing, const char *name);

#define UPDATE_NAME_MAX 48
void update_file_name(enum boot_file file, unsigned place, char ret_name[static UPDATE_NAME_MAX]);
void update_slot_file(unsigned slot, const char *name, char ret_name[static UPDATE_NAME_MAX]);
void update_image_name(unsigned slot, unsigned component, char ret_name[static UPDATE_NAME_MAX]);
/* For writing and reading, made where it is not there. The caller closes it. */
struct status update_image_open(
    struct signet_update *u, unsigned slot, unsigned component, int *ret_fd, struct err *err);
/* What is read of images from now on is what is written now. */
void update_images_forget(struct signet_update *u);

/* ---- update.c ---- */

/* The end of a public call: whoever comes next may have the lock. */
enum signet_result update_finish(struct signet_update *u, const struct signet_device *d,
    struct status s, const struct err *err, struct signet_reason *ret_reason);
struct status update_state(struct signet_update *u, struct boot_state *ret_state, struct err *err);
/* Its octets, by the digest that the state holds: those of one of the places. False: lost. */
bool update_in_force(struct signet_update *u, enum boot_file file, const struct boot_pin *pin,
    struct span *ret_octets);
struct status update_trust(struct signet_update *u, const struct boot_state *state,
    struct span *ret_file, struct trust *ret_trust, struct err *err);
/* ret_there false: no list is in force. */
struct status update_recall(struct signet_update *u, const struct boot_state *state,
    struct recall *ret_recall, bool *ret_there, struct err *err);
/* Write the file into the spare place and make it the one in force. */
struct status update_take_up(
    struct signet_update *u, enum boot_file file, struct span bytes, struct err *err);
PRINTF(2, 3) void update_progress(const struct signet_update *u, const char *format, ...);

#endif
