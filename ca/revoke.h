/*
 * ca/revoke.h: certificates that are no longer good, for a while or for good (RFC 5280 5.3.1).
 *
 *	good --revoke--> revoked               for ever
 *	good --hold--> held --resume--> good
 *	               held --revoke--> revoked, since the time of the hold
 *
 * Each change is an event with a log entry of its own (certificate.revoked, .held, .resumed; record
 * ca/status_record.h), in the transaction of whoever ordered it: what others read (lists, OCSP, the
 * judging of devices) follows from the rows that this writes. Nodes hear of it by `signet_status`.
 */
#ifndef SIGNET_CA_REVOKE_H
#define SIGNET_CA_REVOKE_H

#include "base/clock.h"
#include "sql/revocation.h"

/* RFC 5280 5.3.1, CRLReason. */
enum revocation_reason {
	REASON_UNSPECIFIED = 0,
	REASON_KEY_COMPROMISE = 1,
	REASON_CA_COMPROMISE = 2,
	REASON_AFFILIATION_CHANGED = 3,
	REASON_SUPERSEDED = 4,
	REASON_CESSATION_OF_OPERATION = 5,
	REASON_CERTIFICATE_HOLD = 6,
	REASON_REMOVE_FROM_CRL = 8,
	REASON_PRIVILEGE_WITHDRAWN = 9,
	REASON_AA_COMPROMISE = 10
};
extern const char *const revocation_reasons[]; /* their names, ended by NULL */
extern const char *const certificate_states[]; /* "good" "revoked" "held", ended by NULL */
/* "keyCompromise"; NULL: none has this number. */
const char *revocation_reason_name(int reason);
/* -1: none has this name. */
int revocation_reason_by_name(const char *name);
/* May a certificate be revoked for it, with this invalidity date (0: not said)? REFUSE
 * status.reason, status.invalidity. */
struct status revocation_check(int reason, int64_t invalidity_at, int64_t now, struct err *err);

#define STATUS_ORDER_MAX 1000 /* what one transaction does in a fraction of a second */

enum status_verb {
	STATUS_REVOKE,
	STATUS_HOLD,
	STATUS_RESUME
};

/* What shall happen to some certificates, in the caller's transaction. */
struct status_order {
	const int64_t *certificates; /* ids, any order; unknown ones are ERR_MISSING */
	size_t count;                /* at most STATUS_ORDER_MAX */
	enum status_verb change;
	int reason;            /* of STATUS_REVOKE */
	int64_t invalidity_at; /* of STATUS_REVOKE; 0: not said */
	const char *who;
	const char *person;  /* NULL: nobody else than who */
	int64_t request_id;  /* 0: none */
	int64_t mass_act_id; /* 0: none */
	int64_t now;
	bool skip_revoked; /* leave alone what is revoked for good, instead of refusing all */
};

/*
 * Rows, events, one log entry per event, public_key.compromised_at for keyCompromise, and a
 * notification. Idempotent: what already is as wanted is left alone and not counted; another
 * invalidity date is something else. REFUSE status.revoked: a revoked one is neither held nor
 * resumed nor revoked for another reason (except keyCompromise, which may follow any). REFUSE
 * status.suspended: its device's suspension holds it. REFUSE status.reason, status.invalidity.
 * ERR_MISSING. Where it fails, callers roll back. The rows of the shards stay locked until the
 * transaction ends: do this last.
 */
struct status status_change(struct db *db, const struct status_order *order, const struct rng *rng,
    size_t *ret_changed, struct err *err);

/*
 * All certificates of a device that have not expired, for its suspension, resumption, retirement
 * and reset: the same order without `certificates`. The caller holds the device's row. What is
 * revoked for good stays as it is; a resumption lifts what the suspension held, expired meanwhile
 * or not, and nothing else.
 */
struct status status_change_device(struct db *db, int64_t device_id,
    const struct status_order *order, const struct rng *rng, size_t *ret_changed, struct err *err);

#endif
