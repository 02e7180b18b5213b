/* sql/log.c: see log.h. */
#include "sql/log.h"

#include "sql/db_internal.h"

void log_line_free(struct log_line *l)
{
	buf_free(&l->entry);
}

struct status sql_log_append(struct db *db, const struct log_line *line, const char *record_kind,
    int64_t record_id, struct err *err)
{
	const struct sql_param params[] = {sql_time(line->at), sql_text(line->kind),
	    sql_bytes(buf_span(&line->entry)), sql_bytes(SPAN_OF(line->salt)),
	    sql_text(record_kind), sql_int(record_id)};

	return sql_run(db, STATEMENT_log_append, params, COUNT(params), NULL, err);
}
