/* sql/archive.c: see archive.h. */
#include "sql/archive.h"

#include <inttypes.h>

#include "sql/db_internal.h"

struct status archive_due(struct db *db, int64_t window, struct archive_place *place,
    int64_t ret_ids[static ARCHIVE_BATCH_MAX], size_t *ret_count, bool *ret_end, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(place->id), sql_time(place->not_after),
	    sql_int(window), sql_int(ARCHIVE_BATCH_MAX)};
	size_t n = 0;
	int last;

	TRY(sql_run(db, STATEMENT_archive_due, params, COUNT(params), &r, err));
	last = sql_rows(&r) - 1;
	*ret_count = 0;
	*ret_end = last < 0;
	if (last < 0)
		return STATUS_OK;
	for (int i = 0; i < last && n < ARCHIVE_BATCH_MAX; i++)
		ret_ids[n++] = sql_get_int(&r, i, 0);
	/* A full batch may have left some of the window: go on behind its last one. */
	if (n == ARCHIVE_BATCH_MAX)
		last--;
	*place = (struct archive_place){sql_get_time(&r, last, 1), sql_get_int(&r, last, 2)};
	*ret_count = n;
	return STATUS_OK;
}

struct status archive_move(struct db *db, int64_t now, const int64_t *ids, size_t count,
    int64_t *ret_batch, struct err *err)
{
	AUTO(sql_result) added = {0};
	AUTO(sql_result) moved = {0};
	AUTO(buf) room = {0};
	const struct sql_param batch[] = {sql_time(now), sql_int((int64_t)count)};

	TRY(sql_run(db, STATEMENT_archive_batch_add, batch, COUNT(batch), &added, err));
	*ret_batch = sql_get_int(&added, 0, 0);
	const struct sql_param params[] = {sql_int(*ret_batch), sql_array_int(&room, ids, count)};

	TRY(sql_run(db, STATEMENT_archive_move, params, COUNT(params), &moved, err));
	if ((size_t)sql_rows(&moved) != count)
		return err_set(err, ERR_DATABASE, "%zu certificates may go, and %d went", count,
		    sql_rows(&moved));
	return STATUS_OK;
}

static struct archive_row read_row(const struct sql_result *r, int row, struct arena *arena)
{
	return (struct archive_row){
	    .id = sql_get_int(r, row, 0),
	    .authority_id = sql_get_int(r, row, 1),
	    .serial = arena_copy(arena, sql_get_bytes(r, row, 2)),
	    .der_digest = arena_copy(arena, sql_get_bytes(r, row, 3)),
	    .key_digest = arena_copy(arena, sql_get_bytes(r, row, 4)),
	    .not_before = sql_get_time(r, row, 5),
	    .not_after = sql_get_time(r, row, 6),
	    .issued_at = sql_get_time(r, row, 7),
	};
}

struct status archive_batch_get(struct db *db, int64_t batch, struct arena *arena,
    struct archive_batch *ret_batch, struct err *err)
{
	AUTO(sql_result) head = {0};
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(batch)};
	struct archive_batch b = {0};

	TRY(sql_run(db, STATEMENT_archive_batch_get, params, COUNT(params), &head, err));
	if (sql_rows(&head) == 0)
		return err_set(err, ERR_MISSING, "there is no batch %" PRId64, batch);
	TRY(sql_run(db, STATEMENT_archive_batch_rows, params, COUNT(params), &r, err));
	b.at = sql_get_time(&head, 0, 0);
	b.said = sql_get_int(&head, 0, 1);
	b.count = (size_t)sql_rows(&r);
	b.rows = arena_alloc(arena, b.count * sizeof(*b.rows));
	for (size_t i = 0; i < b.count; i++)
		b.rows[i] = read_row(&r, (int)i, arena);
	*ret_batch = b;
	return STATUS_OK;
}

struct status archive_batch_of(
    struct db *db, int64_t certificate, int64_t *ret_batch, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(certificate)};

	TRY(sql_run(db, STATEMENT_archive_batch_of, params, COUNT(params), &r, err));
	*ret_batch = sql_rows(&r) ? sql_get_int(&r, 0, 0) : 0;
	return STATUS_OK;
}

struct status archive_known(struct db *db, int64_t authority_id, struct span serial,
    int64_t *ret_id, int64_t *ret_not_after, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(authority_id), sql_bytes(serial)};

	TRY(sql_run(db, STATEMENT_archive_known, params, COUNT(params), &r, err));
	*ret_id = sql_rows(&r) ? sql_get_int(&r, 0, 0) : 0;
	*ret_not_after = sql_rows(&r) ? sql_get_time(&r, 0, 1) : 0;
	return STATUS_OK;
}
