/*
 * sql/enrollment.h: what the store knows of an enrollment, and what it keeps of one.
 *
 * One look, a judgement in ca/enroll.c, one write. The write repeats the premises that a race could
 * break and fails as a whole where one no longer holds. sql/enrollment_first.h does without the
 * look; sql/enrollment_wait.h has those that wait for somebody.
 */
#ifndef SIGNET_SQL_ENROLLMENT_H
#define SIGNET_SQL_ENROLLMENT_H

#include "base/encode.h"
#include "sql/db.h"

enum device_state {
	DEVICE_ABSENT,
	DEVICE_MADE,
	DEVICE_CLAIMED,
	DEVICE_ENROLLED,
	DEVICE_SUSPENDED,
	DEVICE_RETIRED
};
enum key_kind {
	KEY_ABSENT,
	KEY_IDEVID,
	KEY_LDEVID,
	KEY_SERVER
};
enum wait_state {
	WAIT_NONE,
	WAIT_OPEN,
	WAIT_APPROVED,
	WAIT_REJECTED,
	WAIT_REDEEMED
};

struct enrollment_key {
	enum key_kind kind; /* KEY_ABSENT: never seen */
	int64_t device_id;  /* 0: no device's */
	bool compromised;
};

struct enrollment_look {   /* zeroed: nothing known */
	int64_t device_id; /* 0: none */
	enum device_state state;
	bool has_idevid_key;
	struct digest idevid_key;
	int64_t product_id;
	char serial[65];
	struct enrollment_key key;     /* the one to be certified */
	struct enrollment_key own_key; /* the one that authenticates */
	int64_t revoked;               /* certificates of the path that their issuers revoked */
	int64_t stale;                 /* issuers of the path without a current list */
	int64_t certificate_id;        /* renewal: the one that authenticates; 0: not stored */
	struct buf certificate;        /* its DER as stored */
	int certificate_reason;       /* RFC 5280 5.3.1: why it is revoked or held; -1: it is not */
	bool certificate_used;        /* not the first time that it authenticates */
	int64_t certificate_renews;   /* the one that it renewed; 0: none */
	int64_t profile_id, label_id; /* of that one */
	int64_t resend_id;            /* issued lately for the same request; 0: none */
	struct buf resend;
	int64_t wait_id; /* 0: none that counts */
	enum wait_state wait;
	struct digest wait_idevid;
	int64_t version;  /* of the device: rises with each certificate and change */
	bool announced;   /* known before it came, not since it came to an open label */
	int64_t limit_at; /* when the first of its newest device_limit was issued; 0: fewer yet */
};
void enrollment_look_free(struct enrollment_look *l);
static inline void enrollment_look_auto(struct enrollment_look *l)
{
	enrollment_look_free(l);
}

struct enrollment_query {
	const char *label;
	int64_t label_id;
	struct digest key;
	int64_t now;
	int64_t resend_after; /* what was issued later than this is sent again */
	int64_t device_limit; /* see limit_at; 1 at least */
	/* with an IDevID */
	int64_t product_id;
	const char *product, *serial;
	struct digest idevid_key;
	const struct span *issuers, *serials; /* the path, path_count of each */
	size_t path_count;
	/* with an LDevID */
	const int64_t
	    *authorities; /* that bear its issuer's name and key, authority_count of them */
	size_t authority_count;
	struct span certificate_serial;
};
struct status enrollment_look_idevid(struct db *db, const struct enrollment_query *query,
    struct enrollment_look *ret_look, struct err *err);
struct status enrollment_look_ldevid(struct db *db, const struct enrollment_query *query,
    struct enrollment_look *ret_look, struct err *err);

/* What every row has. Strings NULL: not known. */
struct enrollment_row {
	int64_t now;
	const char *label, *operation, *outcome;
	const char *reason_code, *rule, *message, *advice;
	int64_t device_id; /* 0: not known */
	const char *product, *serial;
	const struct digest *key, *idevid; /* NULL: not known */
	int64_t certificate_id;            /* resent: which */
	const char *peer_address, *request_id;
	bool stranger;
};

struct enrollment_issue {
	struct enrollment_row row;
	int64_t product_id;
	const struct digest *idevid_key;  /* NULL: a renewal */
	bool idevid_key_known, key_known; /* held by this device already */
	int64_t authority_id, profile_id, label_id;
	struct span certificate_serial, subject, certificate;
	const char *subject_text; /* RFC 4514, to find it by */
	int32_t shard;
	const char *key_algorithm; /* name of base/algorithm.h */
	int64_t not_before, not_after;
	int64_t renews;      /* 0: none */
	int64_t approval_id; /* 0: none; must be approved still */
	int64_t version;     /* of the device as looked at: still so, or somebody came first */
	struct span log_entry, salt;
	/* The device was never enrolled: its move is logged, too; p NULL: it was. */
	struct span enrolled_entry, enrolled_salt;
};
/*
 * Durable on return. ERR_CONFLICT: what was judged no longer holds and nothing was stored: look
 * again. ERR_DATABASE: nothing is known.
 */
struct status enrollment_store_issued(
    struct db *db, const struct enrollment_issue *issue, int64_t *ret_id, struct err *err);

struct enrollment_alarm {
	const char *kind; /* NULL: none */
	const char *detail;
	struct span log_entry, salt;
};
/* Refused, failed or resent. ret_alarmed: the alarm is new (one an hour for a device and kind). */
struct status enrollment_record(struct db *db, const struct enrollment_row *row,
    const struct enrollment_alarm *alarm, int64_t *ret_id, bool *ret_alarmed, struct err *err);

#endif
