/*
 * api/page.h: lists, a page at a time, by keyset: a cursor says behind which row to go on.
 *
 * Cursors are opaque to clients, and not trusted: one that is malformed or of another kind of list
 * is refused; whatever one says, a list shows only what its caller may see.
 */
#ifndef SIGNET_API_PAGE_H
#define SIGNET_API_PAGE_H

#include "base/doc.h"
#include "base/json.h"

#define PAGE_LIMIT_MAX      500 /* an answer stays below a megabyte */
#define PAGE_LIMIT_STANDARD "50"
_Static_assert(PAGE_LIMIT_MAX <= 500, "docs/api.md says so");

/* The first member of every list's query struct, and the first rows of its field table. */
struct page_query {
	int64_t limit;
	char *after; /* cursor; NULL: from the start */
};
#define PAGE_FIELDS                                                                               \
	{.name = "limit",                                                                         \
	    .type = FIELD_INT,                                                                    \
	    .offset = offsetof(struct page_query, limit),                                         \
	    .standard = PAGE_LIMIT_STANDARD,                                                      \
	    .min = 1,                                                                             \
	    .max = PAGE_LIMIT_MAX,                                                                \
	    .help = "items on a page"},                                                           \
	{                                                                                         \
		.name = "after", .type = FIELD_STR, .offset = offsetof(struct page_query, after), \
		.min = 1, .max = 200, .help = "cursor: the `next` of the page before"             \
	}

/* The id that the cursor stands at; 0: from the start. ERR_INPUT query.cursor. */
struct status page_after_id(const struct page_query *page, int64_t *ret_id, struct err *err);
/* The name; NULL: from the start. */
struct status page_after_name(
    const struct page_query *page, struct arena *arena, const char **ret_name, struct err *err);

/* A time and an id: of lists that are ordered by time. 0 and 0: from the start. */
struct status page_after_moment(
    const struct page_query *page, int64_t *ret_time, int64_t *ret_id, struct err *err);

/* Write the list's end: the cursor of the last item, or null where there is no more. */
void page_next_id(struct json *j, bool more, int64_t last_id);
void page_next_name(struct json *j, bool more, const char *last_name);
void page_next_moment(struct json *j, bool more, int64_t last_time, int64_t last_id);

#endif
