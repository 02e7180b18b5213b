/* clients/operator/list.h: what the API lists, page by page. */
#ifndef SIGNET_OPERATOR_LIST_H
#define SIGNET_OPERATOR_LIST_H

#include "clients/operator/call.h"
#include "clients/operator/table.h"

#define LIST_STANDARD 50
#define LIST_PAGE     500 /* the API's own bound */

enum column_form {
	COLUMN_TEXT,
	COLUMN_SHORT,  /* a digest: its first twelve characters */
	COLUMN_STATE,  /* coloured by what it means */
	COLUMN_STATUS, /* of a certificate; "expired" where it would be good */
	COLUMN_NUMBER, /* to the right */
};

struct column {
	const char *title;
	const char *path; /* in the item, "a.b" */
	enum column_form form;
	const char *otherwise; /* what an absent member stands for; NULL: a dash */
};

struct list_view {
	const char *path;             /* "/devices" */
	const struct column *columns; /* ended by title NULL; TABLE_COLUMNS_MAX at most */
};

/*
 * Calls each() with every item of a list, up to `limit` of them, page by page. `path` may carry a
 * query. each() returns EXIT_...; anything but EXIT_DONE ends it. ret_more: there are more.
 * page() is called behind each page; NULL: nobody.
 */
struct list_walk {
	const char *path;
	int64_t limit;
	int (*each)(void *context, const json_t *item);
	int (*page)(void *context);
	void *context;
};
int list_walk(struct call *c, const struct list_walk *walk, bool *ret_more);

/* Titles and alignment of a table that is new. */
void list_put_titles(struct table *t, const struct column *columns);
/* One cell of a table, from an item. */
void list_put_cell(struct table *t, const struct column *column, const json_t *item);
/* What --all and --limit ask for. False: call_usage() has said why not. */
bool list_limit(const struct call *c, int64_t *ret_limit);
/* Append the options that filter, as a query. */
void list_add_filters(const struct call *c, struct buf *url);
/* A whole list command: a table, or with --json an array. */
int list_run(struct call *c, const struct list_view *view, const char *path);

#endif
