/* sql/log.c: see log.h. */
#include "sql/log.h"

#include "sql/db_internal.h"

struct status log_line_make(const char *kind, int64_t at, const struct rng *rng, struct span record,
    struct log_line *ret_line, struct err *err)
{
	struct log_line l = {.kind = kind, .at = at};

	TRY(rng_fill(rng, l.salt, sizeof(l.salt), err));
	entry_encode(kind, at, l.salt, record, &l.entry);
	*ret_line = l;
	return STATUS_OK;
}

void log_line_free(struct log_line *l)
{
	buf_free(&l->entry);
}

struct status sql_log_append(struct db *db, const char *kind, int64_t at, const struct rng *rng,
    struct span record, const char *record_kind, int64_t record_id, struct err *err)
{
	AUTO(log_line)
	l = {0};

	TRY(log_line_make(kind, at, rng, record, &l, err));
	{
		const struct sql_param params[] = {sql_time(at), sql_text(kind),
		    sql_bytes(buf_span(&l.entry)), sql_bytes(SPAN_OF(l.salt)),
		    sql_text(record_kind), sql_int(record_id)};

		return sql_run(db, STATEMENT_log_append, params, COUNT(params), NULL, err);
	}
}
