/* sql/overdue.h: certificates that end soon, in order, and the alarms about those not renewed. */
#ifndef SIGNET_SQL_OVERDUE_H
#define SIGNET_SQL_OVERDUE_H

#include "base/span.h"
#include "sql/db.h"

struct overdue_mark { /* what was looked at: all up to this one */
	int64_t not_after, certificate_id;
};

struct overdue_row { /* strings and spans in the arena */
	int64_t id, not_after;
	bool overdue;
	int64_t device_id; /* of one that is overdue, like the rest */
	struct span serial;
	const char *device_serial, *product; /* product NULL: not in policy */
};

/* In a transaction whose election was won. */
struct status overdue_mark_get(
    struct db *db, int64_t label_id, int64_t now, struct overdue_mark *ret_mark, struct err *err);
struct status overdue_mark_put(
    struct db *db, int64_t label_id, const struct overdue_mark *mark, struct err *err);
/* The next behind the mark that end until `until`, at most `limit`: fewer says that none is left.
 */
struct status overdue_page(struct db *db, int64_t label_id, const struct overdue_mark *mark,
    int64_t until, int64_t limit, struct arena *arena, struct overdue_row **ret_rows,
    size_t *ret_count, struct err *err);
/* device_id 0: about several. The caller writes the log entry. */
struct status overdue_alarm(struct db *db, int64_t now, int64_t device_id, const char *detail,
    int64_t *ret_id, struct err *err);

#endif
