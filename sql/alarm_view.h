/* sql/alarm_view.h: alarms as people look at them. */
#ifndef SIGNET_SQL_ALARM_VIEW_H
#define SIGNET_SQL_ALARM_VIEW_H

#include "base/span.h"
#include "sql/db.h"
#include "sql/scope.h"

struct alarm_row { /* strings live in the arena; NULL, 0: none */
	int64_t id, at;
	const char *kind;
	int64_t device_id;
	const char *product, *serial;
	int64_t enrollment_id;
	const char *detail;
};

struct alarm_filter {
	struct scope scope; /* names */
	const char *kind;   /* NULL: any */
	int64_t device_id;  /* 0: any */
	int64_t before;     /* ids below this one; 0: from the newest */
	int64_t limit;
};
struct status alarm_list(struct db *db, const struct alarm_filter *filter, struct arena *arena,
    struct alarm_row **ret_rows, size_t *ret_count, struct err *err);

#endif
