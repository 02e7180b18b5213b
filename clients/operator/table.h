/* clients/operator/table.h: rows and facts for people, aligned by what a terminal shows. */
#ifndef SIGNET_OPERATOR_TABLE_H
#define SIGNET_OPERATOR_TABLE_H

#include "clients/operator/text.h"

#define TABLE_COLUMNS_MAX 12

/*
 * Rows come in pages: table_print() writes those that were put since the last one, and keeps the
 * widths, so that the next page stands below the first. Start as {0}, then set columns and titles.
 */
struct table {
	size_t columns; /* up to TABLE_COLUMNS_MAX */
	const char *titles[TABLE_COLUMNS_MAX];
	bool right[TABLE_COLUMNS_MAX]; /* numbers end below each other */

	size_t widths[TABLE_COLUMNS_MAX];
	struct table_cell *cells;
	size_t count, room;
	bool titled;
	struct arena arena;
};

/* Cells from left to right, row by row. The text is made fit for a terminal here. */
void table_put(struct table *t, enum style style, struct span text);
void table_print(struct table *t, const struct screen *screen);
void table_free(struct table *t);
static inline void table_auto(struct table *t)
{
	table_free(t);
}

/* "name:     value", one below the other, names padded to `width`; more lines are indented. */
void fact_put(const struct screen *screen, int width, const char *name, struct span value);

#endif
