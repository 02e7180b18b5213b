/* sql/certificate_use.h: a certificate of a device that is presented, and its first use. */
#ifndef SIGNET_SQL_CERTIFICATE_USE_H
#define SIGNET_SQL_CERTIFICATE_USE_H

#include "base/span.h"
#include "sql/db.h"

#define NOT_REVOKED (-1)

struct certificate_use_row { /* texts and spans in the arena */
	int64_t id, device_id, label_id;
	int64_t renews; /* 0: none */
	bool used;
	const char *state, *device; /* the device's state; its product and serial number */
	int reason;                 /* RFC 5280 5.3.1 of what is in force; NOT_REVOKED */
	bool compromised;           /* its key */
	struct span der;
};

/* issuers: ids of the authorities that bear the issuer's name and key. ret_found false: none. */
struct status certificate_use_look(struct db *db, const int64_t *issuers, size_t count,
    struct span serial, struct arena *arena, bool *ret_found, struct certificate_use_row *ret_row,
    struct err *err);

/* ret_first false: it was used before. */
struct status certificate_use(
    struct db *db, int64_t id, int64_t now, bool *ret_first, struct err *err);

/*
 * In a transaction: the device is the caller's until its end, and whoever judged it by an older
 * look loses a race.
 */
struct status certificate_use_lock(struct db *db, int64_t device_id, struct err *err);

/* What stands back for one that is used; at most `most`, of which a device has no more. */
struct status certificate_superseded(struct db *db, const struct certificate_use_row *used,
    int64_t now, int64_t *ret_ids, size_t most, size_t *ret_count, struct err *err);

#endif
