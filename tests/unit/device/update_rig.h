/* tests/unit/device/update_rig.h: a maker, a device that is provisioned, and releases for it. */
#ifndef TEST_DEVICE_UPDATE_RIG_H
#define TEST_DEVICE_UPDATE_RIG_H

#include "clients/device/signet-device-update.h"
#include "tests/lib/maker.h"

struct update_rig {
	struct maker *maker;
	char dir[64], directory[96]; /* for files; of the update */
	char bundle[96];             /* the file that was written last */
	const char *download_ca;     /* file, set before update_rig_init; NULL: none */
	struct signet_update_settings settings;
	struct signet_hooks hooks;
	char progress[16384];
	int sleeps;
	struct signet_reason why;
	struct signet_update_status status; /* strings live until the next rig_... */
	struct signet_update_start start;
	struct signet_update_report report;
	struct signet_update *update; /* of the last status */
};

/* Provisioned with this statement as the first; NULL: a plain one. */
struct update_rig *update_rig_new(const struct maker_trust *trust);
/* Not provisioned. */
struct update_rig *update_rig_raw(void);
void update_rig_free(struct update_rig *rig);

/* Write a file below rig->dir; its path, until the next but three. */
const char *update_rig_file(struct update_rig *rig, const char *name, struct span bytes);
enum signet_result update_rig_init(struct update_rig *rig, const struct maker_trust *trust);

/* One component, "main", with this text as image. Fills `component`. */
struct maker_release update_rig_release(
    uint64_t sequence, const char *image, struct maker_component *component);
/* Write its bundle to rig->bundle. */
void update_rig_bundle(struct update_rig *rig, const struct maker_release *release);

/* Each opens the update anew, as a program does. */
enum signet_result update_rig_install(struct update_rig *rig,
    const struct signet_update_install *how); /* of rig->bundle, unless it names another */
/* Bundle and images into files, and install them. */
enum signet_result update_rig_deliver(struct update_rig *rig, const struct maker_release *release);
enum signet_result update_rig_take(struct update_rig *rig, struct span file);
enum signet_result update_rig_boot(struct update_rig *rig);
enum signet_result update_rig_confirm(struct update_rig *rig);
enum signet_result update_rig_rollback(struct update_rig *rig);
const struct signet_update_status *update_rig_status(struct update_rig *rig);
/* Deliver, start and confirm, all of which must go well. */
void update_rig_run(struct update_rig *rig, uint64_t sequence, const char *image);
/* Does the slot that starts hold this text as its first image? */
bool update_rig_runs(struct update_rig *rig, const char *image);

#endif
