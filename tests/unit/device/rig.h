/* tests/unit/device/rig.h: a responder, a directory and a device that is about to talk to it. */
#ifndef TEST_DEVICE_RIG_H
#define TEST_DEVICE_RIG_H

#include "clients/device/signet-device-reset.h"
#include "clients/device/signet-device.h"
#include "tests/unit/device/responder.h"

struct rig {
	struct responder *r;
	char dir[64], store[96], idevid_cert[96], idevid_key[96], root_file[96], pin[65];
	struct signet_settings settings; /* with pin */
	struct signet_settings later;    /* only the store */
	struct signet_hooks hooks;
	int64_t now; /* 0: the real time */
	int64_t slept_ms[32];
	int sleeps;
	void (*on_sleep)(struct rig *rig);
	char progress[8192];
	struct signet_reason why;
	struct signet_status status;  /* strings are valid until the next rig_status */
	struct signet_device *device; /* of the last rig_status */
};

struct rig *rig_new(int tls_version);
void rig_free(struct rig *rig);
enum signet_result rig_enroll(struct rig *rig, const struct signet_enrollment *how);
enum signet_result rig_renew(struct rig *rig, const struct signet_renewal *how);
enum signet_result rig_reset(struct rig *rig, const struct signet_reset *how);
/* Open anew and ask; fills rig->status. */
struct signet_status *rig_status(struct rig *rig);
/* The certificate that is current, as other programs read it; NULL: none. */
X509 *rig_current(const struct rig *rig);

#endif
