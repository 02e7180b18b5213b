/* sql/document_view.h: documents of policy that are in force, as people look at them. */
#ifndef SIGNET_SQL_DOCUMENT_VIEW_H
#define SIGNET_SQL_DOCUMENT_VIEW_H

#include "base/span.h"
#include "sql/db.h"

struct document_row { /* in the arena */
	const char *name;
	struct span spec; /* JSON */
	int64_t version, updated_at;
	struct span certificate; /* of an authority, DER; else n = 0 */
};
/* Those of one kind behind a name (NULL: from the first), by name. */
struct status document_list(struct db *db, const char *kind, const char *after, int64_t limit,
    struct arena *arena, struct document_row **ret_rows, size_t *ret_count, struct err *err);
/* ERR_MISSING. */
struct status document_get(struct db *db, const char *kind, const char *name, struct arena *arena,
    struct document_row *ret_row, struct err *err);

#endif
