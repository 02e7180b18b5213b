/*
 * ca/ldevid.h: certificates that this Signet issued to devices, when they come back.
 *
 * Renewal has two phases, so that a lost answer or a crash leaves no device without a certificate:
 * the new one is pending until an authenticated request on the device listener uses it. From then
 * on what it replaces stands back: the one that it renewed, and other renewals of that one that
 * nobody ever used (a device that lost an answer asks again with another key). The label says
 * whether they are left to expire or revoked as superseded; never while the new one is unused.
 * Of several renewals of one certificate, the one that is used first counts.
 */
#ifndef SIGNET_CA_LDEVID_H
#define SIGNET_CA_LDEVID_H

#include "base/clock.h"
#include "ca/certificate.h"
#include "ca/policy.h"
#include "sql/certificate_use.h"

/* Authorities of one name and key: a rollover may keep both. */
#define LDEVID_ISSUERS_MAX 8

struct ldevid {
	struct certificate_view view;
	const struct authority *issuer;      /* the first of those that it can be from */
	int64_t issuers[LDEVID_ISSUERS_MAX]; /* ids of all of them */
	size_t issuer_count;
};

/*
 * Does it say that an authority of ours issued it, retired ones too? Whether that is so, the store
 * knows. A manufacturer's authority may be one of ours: where the label (NULL: none) trusts it, its
 * leaves are IDevIDs.
 */
bool ldevid_recognise(const struct policy *policy, const struct label *label, struct span der,
    struct ldevid *ret_ldevid);

/* ERR_DENIED ldevid.revoked, ldevid.held by what is in force (NOT_REVOKED: nothing). */
struct status ldevid_check_revocation(int reason, const char *device, struct err *err);

struct ldevid_use {
	bool known; /* it is stored as a device's, byte for byte, and has not ended */
	int64_t id, device_id;
	bool first;        /* this was its first use */
	size_t superseded; /* certificates that were revoked for it */
};

/*
 * The same judgement by a row that was read already, with nothing noted: what the store knows as a
 * device's, byte for byte, speaks for it until notAfter. ERR_AUTH ldevid.not-stored, ERR_DENIED
 * ldevid.expired, and those of ldevid_use().
 */
struct status ldevid_judge(const struct ldevid *ldevid, const struct certificate_use_row *row,
    int64_t now, struct err *err);

/*
 * A device has authenticated with it: note that, in transactions of its own. ERR_DENIED: revoked,
 * held, its key compromised, or its device suspended or retired; nothing is noted then. What the
 * store does not know as a device's is not judged. ERR_DATABASE, ERR_CONFLICT: nothing was noted.
 */
struct status ldevid_use(struct db *db, const struct policy *policy, const struct ldevid *ldevid,
    int64_t now, const struct rng *rng, struct ldevid_use *ret_use, struct err *err);

#endif
