/* clients/device/update_judge.h: may this release be installed? */
#ifndef SIGNET_DEVICE_UPDATE_JUDGE_H
#define SIGNET_DEVICE_UPDATE_JUDGE_H

#include "clients/device/update_internal.h"

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

#endif
