/*
 * sql/statistic.h: how many certificates and devices there are, without counting them.
 *
 * Triggers write what each statement changes (sql/migrations/0016_inventory.sql); a job puts that
 * together now and then, so that reading stays quick. Texts live in the arena.
 */
#ifndef SIGNET_SQL_STATISTIC_H
#define SIGNET_SQL_STATISTIC_H

#include "base/span.h"
#include "sql/db.h"
#include "sql/scope.h"

struct statistic_row {
	const char *kind;      /* "certificate" "device" */
	const char *authority; /* NULL: devices have none */
	const char *product;   /* NULL: no device's */
	const char *state; /* "issued" (ever) "revoked" "held" "archived", or a device's state */
	int64_t count;
};
/* Ordered by kind, authority and product; those of no product first. */
struct status statistic_list(struct db *db, const struct scope *scope, struct arena *arena,
    struct statistic_row **ret_rows, size_t *ret_count, struct err *err);

/* Put together what has changed; ret_changes: so many rows of change. */
struct status statistic_fold(struct db *db, int64_t *ret_changes, struct err *err);

struct statistic_drift {
	struct statistic_row row; /* count: as kept */
	int64_t counted;
};
/*
 * Counts everything, which takes seconds at ten million rows, and says where the kept counts
 * differ; `mend`: puts them right. What is written meanwhile is in neither.
 */
struct status statistic_drift(struct db *db, bool mend, struct arena *arena,
    struct statistic_drift **ret_rows, size_t *ret_count, struct err *err);

#endif
