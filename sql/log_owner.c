/* sql/log_owner.c: see log_owner.h. */
#include "sql/log_owner.h"

#include "sql/db_internal.h"

struct status log_numbers_jump(struct db *db, int64_t by, struct err *err)
{
	const struct sql_param params[] = {sql_int(by)};

	return sql_run(db, STATEMENT_log_numbers_jump, params, COUNT(params), NULL, err);
}

struct status log_origin_follow(struct db *db, const char *name, const char *vkey,
    int64_t predecessor_id, const char *predecessor, struct err *err)
{
	const struct sql_param params[] = {
	    sql_text(name), sql_text(vkey), sql_int(predecessor_id), sql_text(predecessor)};

	return sql_run(db, STATEMENT_log_origin_follow, params, COUNT(params), NULL, err);
}

struct status log_newest_of_kind(struct db *db, const char *kind, struct arena *arena,
    int64_t *ret_id, struct span *ret_entry, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_text(kind)};

	TRY(sql_run(db, STATEMENT_log_newest_of_kind, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_MISSING, "there is no log entry of kind %s", kind);
	*ret_id = sql_get_int(&r, 0, 0);
	*ret_entry = arena_copy(arena, sql_get_bytes(&r, 0, 1));
	return STATUS_OK;
}

struct status log_salt_erase(struct db *db, const char *record_kind, int64_t record_id,
    struct arena *arena, int64_t **ret_entries, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_text(record_kind), sql_int(record_id)};
	int64_t *entries;

	TRY(sql_run(db, STATEMENT_log_salt_erase, params, COUNT(params), &r, err));
	entries = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*entries));
	for (int i = 0; i < sql_rows(&r); i++)
		entries[i] = sql_get_int(&r, i, 0);
	*ret_entries = entries;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}
