/*
 * sql/list_internal.h: how lists of ten million rows stay quick, whatever they are filtered by.
 *
 * A list walks the one index that its filters leave least of, in the order of the list, and looks
 * at no more than LIST_WINDOW rows of it for one page; the other filters are applied to these. So a
 * page can be short, or empty, and say all the same where to go on.
 */
#ifndef SIGNET_SQL_LIST_INTERNAL_H
#define SIGNET_SQL_LIST_INTERNAL_H

#include "sql/db_internal.h"
#include "sql/list.h"

#define LIST_WINDOW 2000

/* Candidates as a walk has found them: ids, and their places in the order. */
struct list_walk {
	int64_t ids[LIST_WINDOW];
	size_t id_count; /* rows that stand for nothing have no id */
	size_t looked;   /* at so many rows */
	struct list_place last;
};
/* From a statement that answers with id, and what the order is by in column `major` (-1: the id
 * alone). */
void list_walk_read(const struct sql_result *r, int major, bool time, struct list_walk *ret_walk);

/*
 * Between which ids those stand that came at `after` or later, and before `before` (0: whenever).
 * By an index over blocks: `statement` gives the lowest id of a span of time.
 */
struct status list_ids_between(struct db *db, enum sql_statement statement, int64_t after,
    int64_t before, int64_t *ret_from, int64_t *ret_until, struct err *err);

/*
 * Of `found` rows, which were asked for as limit + 1: how many are shown, and where it goes on:
 * behind the last one shown, or behind the last one looked at.
 */
size_t list_end(size_t found, int64_t limit, size_t window, const struct list_walk *walk,
    const struct list_place *places, struct list_next *ret_next);

#endif
