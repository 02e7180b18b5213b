/* clients/operator/show.h: one thing for people: facts, one below the other, in a good order. */
#ifndef SIGNET_OPERATOR_SHOW_H
#define SIGNET_OPERATOR_SHOW_H

#include "clients/operator/call.h"
#include "clients/operator/table.h"

struct show_row {
	const char *title;
	const char *path; /* in the object, "a.b" */
};

/*
 * Print the rows that the object has, then every other member of it, as the server orders them;
 * what has structure follows as YAML. rows: ended by title NULL.
 */
void show_object(const struct screen *out, const struct show_row *rows, const json_t *object);
/* The members of `document` beside those of the item, kind first; freed by the caller. */
json_t *show_flattened(const char *kind, const json_t *item);
/* The rows alone. */
void show_rows(const struct screen *out, const struct show_row *rows, const json_t *object);
/* A table of a list's items under a heading; nothing where there are none. */
struct column;
void show_table(const struct screen *out, const char *heading, const struct column *columns,
    const json_t *items);
/* Differences of a policy document: [{path, old, new}], "-" and "+" lines. */
void show_difference(const struct screen *out, const json_t *difference, size_t indent);

#endif
