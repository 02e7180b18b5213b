/*
 * sql/enrollment_first.h: the first certificate of a device needs no look where there is nothing to
 * see: one statement finds that out and writes.
 */
#ifndef SIGNET_SQL_ENROLLMENT_FIRST_H
#define SIGNET_SQL_ENROLLMENT_FIRST_H

#include "sql/enrollment.h"

/* The first certificate of a device, by its IDevID. Of `issue` what a look would have told is 0. */
struct enrollment_first {
	struct enrollment_issue issue;
	bool may_be_new;                      /* it need not have been announced */
	bool lists_required;                  /* of each issuer of the path, and current */
	const struct span *issuers, *serials; /* the path, path_count of each */
	size_t path_count;
};
/*
 * Durable on return, where ret_stored. Else nothing was stored, since the store knows something
 * that must be looked at: a device that has had a certificate or is not as announced, one of the
 * keys, something that waits, a revocation. ERR_CONFLICT, ERR_DATABASE as above.
 */
struct status enrollment_store_first(struct db *db, const struct enrollment_first *first,
    bool *ret_stored, int64_t *ret_id, struct err *err);

#endif
