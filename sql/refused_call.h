/* sql/refused_call.h: calls of the API that were refused, each with all that explains it. */
#ifndef SIGNET_SQL_REFUSED_CALL_H
#define SIGNET_SQL_REFUSED_CALL_H

#include "sql/db.h"

/* Strings of a row that was read live in the arena. NULL: none. */
struct refused_call {
	int64_t id, at;
	const char *principal; /* NULL: nobody known */
	const char *method, *path;
	int64_t status;
	const char *code, *rule, *message, *advice;
	const char *cause; /* what the caller was not told */
	const char *peer, *request_id;
};

/* Texts are well-formed UTF-8 without NUL (base/utf8.h: utf8_clean()). */
struct status refused_call_add(
    struct db *db, const struct refused_call *row, int64_t *ret_id, struct err *err);
/* ERR_MISSING. */
struct status refused_call_get(
    struct db *db, int64_t id, struct arena *arena, struct refused_call *ret_row, struct err *err);

struct refused_call_filter {
	int64_t before;               /* ids below this one; 0: from the newest */
	const char *principal, *code; /* NULL: any */
	int64_t limit;
};
struct status refused_call_list(struct db *db, const struct refused_call_filter *filter,
    struct arena *arena, struct refused_call **ret_rows, size_t *ret_count, struct err *err);

/* Of known callers, or of the others: keep the newest, none older than max_age seconds. */
struct status refused_call_purge(struct db *db, bool known, int64_t keep, int64_t older_than,
    int64_t *ret_removed, struct err *err);

#endif
