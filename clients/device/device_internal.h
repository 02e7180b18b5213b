/* clients/device/device_internal.h: the handle, and the steps that device.c, trust.c and enroll.c
 * share. */
#ifndef SIGNET_DEVICE_INTERNAL_H
#define SIGNET_DEVICE_INTERNAL_H

#include "clients/device/est.h"
#include "clients/device/reason.h"
#include "clients/device/retry.h"
#include "clients/device/signet-device-reset.h"
#include "clients/device/state.h"

struct signet_device {
	struct store *store;
	struct device_config config; /* strings are the arena's */
	struct device_state state;
	struct certs anchors;      /* empty until the server's trust is settled */
	char *store_path;          /* absolute; the arena's */
	char *ca_file;             /* a setting of this run; the arena's */
	bool pin_given;            /* by a setting of this run */
	struct signet_hooks hooks; /* none of them NULL */
	struct est_said said;      /* by the last answer */
	struct arena arena;
	struct arena status_arena; /* what the last status call returned */
};

/* What the caller gave, and the system's for what it did not. */
struct signet_hooks device_hooks(const struct signet_hooks *given);
/* Turn our error into the caller's. d: NULL where no server was asked. */
enum signet_result device_finish(
    const struct signet_device *d, struct status s, const struct err *err, struct signet_reason *r);

/* Somebody's certificate chain and its key. */
struct identity {
	struct certs chain;
	struct device_key *key;
};
void identity_free(struct identity *i);
static inline void identity_auto(struct identity *i)
{
	identity_free(i);
}
/* A generation of the store, whole. ERR_MISSING. */
struct status identity_load(
    struct signet_device *d, uint32_t generation, struct identity *ret, struct err *err);
/* WHY_NO_IDENTITY: none is configured. WHY_IDEVID. */
struct status identity_idevid(struct signet_device *d, struct identity *ret, struct err *err);

PRINTF(2, 3) void device_progress(const struct signet_device *d, const char *format, ...);
struct device_time device_time_now(const struct signet_device *d);
/* A verified certificate shows that it is at least this late. Durable with the next state_save. */
void device_time_proven(struct signet_device *d, int64_t seconds);

/* Anchors from the store; none is no error. */
struct status trust_load(struct signet_device *d, struct err *err);
/* Settle whom to trust: stored anchors, a CA file, or by pin from the server. Saves what is new. */
struct status trust_ready(struct signet_device *d, struct err *err);

/*
 * cacerts of a verified server may bring the root that follows ours (RFC 7030 section 4.1.3): it is
 * taken in when the list also holds NewWithOld, that is, when our own anchors vouch for the new
 * root's key.
 */
struct status trust_learn(struct signet_device *d, const struct certs *offered, struct err *err);

struct status enroll_run(
    struct signet_device *d, const struct signet_enrollment *how, struct err *err);
struct status renew_run(struct signet_device *d, const struct signet_renewal *how, struct err *err);
struct status status_run(
    struct signet_device *d, struct signet_status *ret_status, struct err *err);
/* When renewal is due: with `remaining` percent of the lifetime left; 0: when the server asked for
 * it, if it did, else with RENEWAL_REMAINING. */
int64_t renewal_due(const struct signet_device *d, uint32_t generation, X509 *cert, int remaining);
#define RENEWAL_REMAINING 33
/* Keep the server's wish, if it is one for this certificate. Durable with the next state_save. */
void renewal_wished(struct signet_device *d, uint32_t generation, X509 *cert);

struct status reset_run(struct signet_device *d, const struct signet_reset *how, struct err *err);
/*
 * Before anything else is done: refused while a reset is under way. One of which only the server
 * does not know yet is told once more, and then it is over. With the store locked.
 */
struct status reset_settle(struct signet_device *d, struct err *err);

#endif
