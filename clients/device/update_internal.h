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

/* ---- update_config.c: records ---- */

struct status update_config_load(struct signet_update *u, struct err *err);
struct status update_config_save(
    struct signet_update *u, const struct update_config *config, struct err *err);
/* Fill u->boot from the configuration. */
struct status update_config_apply(struct signet_update *u, struct err *err);

/* log.json: what is known of the log. */
struct update_log {
	char *key; /* hex; of the statement's log */
	int64_t size;
	char *root; /* hex */
};
struct status update_log_load(
    struct signet_update *u, struct update_log *ret_log, struct arena *arena, struct err *err);
struct status update_log_save(
    struct signet_update *u, const struct update_log *log, struct err *err);

/* offer.json: what the server said. */
struct update_offer {
	char *etag;
	int64_t sequence; /* 0: nothing is published */
	char *version, *bundle_digest;
	int64_t bundle_size;
	int64_t trust_version, recall_number;
};
/* Fails where there is none that can be read: then nothing is known. */
struct status update_offer_load(
    struct signet_update *u, struct update_offer *ret_offer, struct arena *arena);
struct status update_offer_save(
    struct signet_update *u, const struct update_offer *offer, struct err *err);

/* slot-x/incoming: which release is on its way into a slot. */
struct update_incoming {
	char *manifest;        /* digest, hex */
	struct str_list etags; /* by component; "": none */
};
struct status update_incoming_load(struct signet_update *u, unsigned slot,
    struct update_incoming *ret_incoming, struct arena *arena);
struct status update_incoming_save(struct signet_update *u, unsigned slot,
    const struct update_incoming *incoming, struct err *err);

/* ---- update.c ---- */

/* The end of a public call: whoever comes next may have the lock. */
enum signet_result update_finish(struct signet_update *u, const struct signet_device *d,
    struct status s, const struct err *err, struct signet_reason *ret_reason);
struct status update_state(struct signet_update *u, struct boot_state *ret_state, struct err *err);
/* Its octets, by the digest that the state holds: those of one of the places. */
struct status update_trust(struct signet_update *u, const struct boot_state *state,
    struct span *ret_file, struct trust *ret_trust, struct err *err);
/* ret_there false: no list is in force. */
struct status update_recall(struct signet_update *u, const struct boot_state *state,
    struct recall *ret_recall, bool *ret_there, struct err *err);
/* Write the file into the spare place and make it the one in force. */
struct status update_take_up(
    struct signet_update *u, enum boot_file file, struct span bytes, struct err *err);
PRINTF(2, 3) void update_progress(const struct signet_update *u, const char *format, ...);

/* ---- update_judge.c: may this be installed? ---- */

struct update_image {
	struct span id;
	unsigned component; /* index in the configuration */
	int algorithm;      /* COSE_SHA256 ... */
	struct span digest;
	uint64_t size;
	struct span uri; /* n 0: none */
};

struct update_release {
	struct bundle_seen seen;
	size_t image_count;
	struct update_image images[BOOT_COMPONENTS_MAX];
	struct update_log log; /* as it is once this is installed; strings are the arena's */
};

enum update_check {
	CHECK_FORMAT,
	CHECK_SIGNATURE,
	CHECK_DEVICE,
	CHECK_TRUST,
	CHECK_APPROVALS,
	CHECK_LOG,
	CHECK_RECALL,
	CHECK_SEQUENCE,
	CHECK_COMPONENTS,
	CHECK_COUNT
};
extern const char *const update_check_names[CHECK_COUNT];

struct update_judged {
	enum update_check failed; /* the one that was not passed; CHECK_COUNT: all were */
	char text[CHECK_COUNT][200];
};

/*
 * All that can be said without an image. `again`: a release whose trial failed may pass. ret_judged
 * is filled as far as it came. ret_release borrows from `file` and the handle's `said` arena.
 */
struct status update_judge(struct signet_update *u, struct span file, bool again,
    struct update_release *ret_release, struct update_judged *ret_judged, struct err *err);

/* ---- update_image.c, update_download.c: octets of an image ---- */

/* Where an image goes: a slot's file, or nowhere (fd -1) when it is only checked. */
struct update_sink {
	const struct update_image *image;
	int fd;
	uint64_t have; /* octets that stand there, hashed */
	EVP_MD_CTX *hash;
	struct err err;  /* why update_sink_put() failed */
	uint64_t synced; /* octets that are durable */
};

struct status update_sink_open(
    struct update_sink *s, const struct update_image *image, int fd, struct err *err);
void update_sink_close(struct update_sink *s);
static inline void update_sink_auto(struct update_sink *s)
{
	update_sink_close(s);
}
/* Take in what stands in the file already, as far as it can be of this image. */
struct status update_sink_resume(struct update_sink *s, struct err *err);
struct status update_sink_restart(struct update_sink *s, struct err *err);
/* WHY_UPDATE_SIZE: more than the image has; nothing of it is written. */
struct status update_sink_put(struct update_sink *s, struct span bytes, struct err *err);
/* Durable, whole, and of the digest: else "suit.image". */
struct status update_sink_end(struct update_sink *s, struct err *err);
/* All of a file. WHY_UPDATE_FILE. */
struct status update_sink_copy(struct update_sink *s, const char *path, struct err *err);

struct update_download {
	struct signet_update *update;
	struct update_sink *sink;
	const struct signet_update_install *how;
	const char *download_ca; /* NULL: the system's */
	char *etag;              /* of what stands in the sink; NULL: not known. Owned */
	/* Called before the first octet of a representation is written. */
	struct status (*began)(void *context, const char *etag, struct err *err);
	void *context;
};
/* Until the sink holds as many octets as the image has, or patience ends. */
struct status update_download(struct update_download *d, struct err *err);

/* ---- update_check.c: the server ---- */

/* Ask, and take up what is newer. */
struct status update_ask(struct signet_update *u, struct signet_device *d,
    struct update_offer *ret_offer, struct err *err);
/* The bundle that was offered. */
struct status update_fetch_bundle(struct signet_update *u, struct signet_device *d,
    const struct update_offer *offer, struct buf *out, struct err *err);

#endif
