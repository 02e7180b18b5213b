/* sql/device_view.h: devices as people look at them and move them from state to state. */
#ifndef SIGNET_SQL_DEVICE_VIEW_H
#define SIGNET_SQL_DEVICE_VIEW_H

#include "base/span.h"
#include "sql/db.h"
#include "sql/list.h"
#include "sql/scope.h"

/* Strings and spans live in the arena. Times in seconds since 1970; 0: none. */
struct device_row {
	int64_t id;
	const char *product, *serial;
	const char *state; /* "made" "claimed" "enrolled" "suspended" "retired" */
	bool announced;
	int64_t created_at, first_enrolled_at;
	int64_t issuances;                          /* certificates that it has had */
	struct span idevid_key, idevid_certificate; /* SHA-256; n = 0: not seen yet */
	int64_t version;                            /* rises with each change */
	const char *batch;                          /* NULL: none */
};
extern const char *const device_states[]; /* ended by NULL */

/* Filters are and'ed; NULL, 0, n = 0: any. */
struct device_filter {
	struct scope scope; /* ids */
	const char *state, *serial, *batch;
	struct span key; /* SHA-256 of an SPKI that it has, or had */
	int64_t made_after, made_before;
	/* Of its first certificate. Either of these: those first that enrolled first; else newest
	 * first. */
	int64_t enrolled_after, enrolled_before;
	struct list_place
	    after;     /* where to go on; the major is first_enrolled_at where the order is by it */
	int64_t limit; /* rows of a page */
};
/* Is a list with this filter ordered by first_enrolled_at? */
bool device_by_enrollment(const struct device_filter *f);
/* At most `limit` rows. ret_next says where to go on; see sql/list.h. */
struct status device_list(struct db *db, const struct device_filter *filter, struct arena *arena,
    struct device_row **ret_rows, size_t *ret_count, struct list_next *ret_next, struct err *err);
/* ERR_MISSING. */
struct status device_get(
    struct db *db, int64_t id, struct arena *arena, struct device_row *ret_row, struct err *err);
/* The same in a transaction, until whose end nobody else changes it. */
struct status device_lock(
    struct db *db, int64_t id, struct arena *arena, struct device_row *ret_row, struct err *err);
struct status device_move(
    struct db *db, int64_t id, const char *state, int64_t *ret_version, struct err *err);

#endif
