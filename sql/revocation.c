/* sql/revocation.c: see revocation.h. */
#include "sql/revocation.h"

#include <inttypes.h>
#include <string.h>

#include "sql/db_internal.h"

#define HOLD 6 /* certificateHold, RFC 5280 5.3.1 */

static struct status_row row_at(const struct sql_result *r, int row, struct arena *arena)
{
	return (struct status_row){
	    .certificate_id = sql_get_int(r, row, 0),
	    .authority_id = sql_get_int(r, row, 1),
	    .serial = arena_copy(arena, sql_get_bytes(r, row, 2)),
	    .shard = sql_get_int(r, row, 3),
	    .sequence = sql_get_int(r, row, 4),
	    .known = !sql_is_null(r, row, 5),
	    .reason = (int)sql_get_int(r, row, 5),
	    .in_force = !sql_is_null(r, row, 5) && sql_get_bool(r, row, 6),
	    .invalidity_at = sql_get_time(r, row, 7),
	    .device_id = sql_get_int(r, row, 8),
	};
}

struct status status_lock(struct db *db, const int64_t *certificates, size_t count,
    struct arena *arena, struct status_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(buf) room = {0};
	const struct sql_param params[] = {sql_array_int(&room, certificates, count)};
	/* Each sees what the one before it waited for. */
	struct sql_call calls[] = {
	    {.statement = STATEMENT_status_shard_make, .params = params, .n = COUNT(params)},
	    {.statement = STATEMENT_status_shard_lock, .params = params, .n = COUNT(params)},
	    {.statement = STATEMENT_status_look, .params = params, .n = COUNT(params)},
	};
	const struct sql_result *found = &calls[2].result;

	TRY(sql_run_all(db, calls, COUNT(calls), err));
	*ret_count = (size_t)sql_rows(found);
	*ret_rows = arena_alloc(arena, *ret_count * sizeof(**ret_rows));
	for (size_t i = 0; i < *ret_count; i++)
		(*ret_rows)[i] = row_at(found, (int)i, arena);
	for (size_t i = 0; i < COUNT(calls); i++)
		sql_result_free(&calls[i].result);
	return STATUS_OK;
}

struct status status_columns_get(struct db *db, int64_t id, struct arena *arena,
    struct status_columns *ret_columns, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};

	TRY(sql_run(db, STATEMENT_status_change_get, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no status change %" PRId64, id);
	*ret_columns = (struct status_columns){
	    .certificate_id = sql_get_int(&r, 0, 0),
	    .authority_id = sql_get_int(&r, 0, 1),
	    .serial = arena_copy(arena, sql_get_bytes(&r, 0, 2)),
	    .change = sql_get_copy(&r, 0, 3, arena),
	    .reason = (int)sql_get_int(&r, 0, 4),
	    .at = sql_get_time(&r, 0, 5),
	    .invalidity_at = sql_get_time(&r, 0, 6),
	    .who = sql_get_copy(&r, 0, 7, arena),
	    .person = sql_get_copy(&r, 0, 8, arena),
	    .request_id = sql_get_int(&r, 0, 9),
	    .mass_act_id = sql_get_int(&r, 0, 10),
	    .device_id = sql_get_int(&r, 0, 11),
	    .sequence = sql_get_int(&r, 0, 12),
	};
	return STATUS_OK;
}

/* ---- events ---- */

/* Parameters that are arrays, and where they are built. */
struct columns {
	struct buf certificates, sequences, invalidities, entries, salts;
};

static void columns_auto(struct columns *c)
{
	buf_free(&c->certificates);
	buf_free(&c->sequences);
	buf_free(&c->invalidities);
	buf_free(&c->entries);
	buf_free(&c->salts);
}

static void fill_columns(
    const struct status_batch *b, struct columns *room, struct sql_param ret_params[static 5])
{
	AUTO(arena) arena = {0};
	int64_t *certificates = arena_alloc(&arena, b->count * sizeof(*certificates));
	int64_t *sequences = arena_alloc(&arena, b->count * sizeof(*sequences));
	int64_t *invalidities = arena_alloc(&arena, b->count * sizeof(*invalidities));
	struct span *entries = arena_alloc(&arena, b->count * sizeof(*entries));
	struct span *salts = arena_alloc(&arena, b->count * sizeof(*salts));

	for (size_t i = 0; i < b->count; i++) {
		const struct status_line *l = &b->lines[i];

		certificates[i] = l->certificate_id;
		sequences[i] = l->sequence;
		invalidities[i] = l->invalidity_at;
		entries[i] = buf_span(&l->log.entry);
		salts[i] = SPAN_OF(l->log.salt);
	}
	ret_params[0] = sql_array_int(&room->certificates, certificates, b->count);
	ret_params[1] = sql_array_int(&room->sequences, sequences, b->count);
	ret_params[2] = sql_array_int(&room->invalidities, invalidities, b->count);
	ret_params[3] = sql_array_bytes(&room->entries, entries, b->count);
	ret_params[4] = sql_array_bytes(&room->salts, salts, b->count);
}

struct status status_change_add(struct db *db, const struct status_batch *b, struct err *err)
{
	AUTO(columns) room = {0};
	const struct status_columns *c = b->common;
	const bool resumed = strcmp(c->change, "resumed") == 0;
	struct sql_param params[17] = {
	    [5] = sql_text(c->change),
	    [6] = sql_int4(c->reason),
	    [7] = sql_int4(resumed ? HOLD : c->reason), /* what was lifted stays to be seen */
	    [8] = resumed ? sql_time(c->at) : sql_null(),
	    [9] = sql_time(c->at),
	    [10] = sql_text(c->who),
	    [11] = sql_text(c->person),
	    [12] = sql_int_or_null(c->request_id),
	    [13] = sql_int_or_null(c->mass_act_id),
	    [14] = sql_int_or_null(c->device_id),
	    [15] = sql_text(b->lines[0].log.kind),
	    [16] = sql_bool(b->compromised),
	};
	struct sql_call calls[] = {
	    {.statement = STATEMENT_status_change_add, .params = params, .n = COUNT(params)},
	    {.statement = STATEMENT_status_tell},
	};
	int64_t written;

	fill_columns(b, &room, params);
	TRY(sql_run_all(db, calls, COUNT(calls), err));
	written = sql_get_int(&calls[0].result, 0, 0);
	sql_result_free(&calls[0].result);
	sql_result_free(&calls[1].result);
	if (written != (int64_t)b->count)
		return err_set(
		    err, ERR_INTERNAL, "%" PRId64 " of %zu events were written", written, b->count);
	return STATUS_OK;
}

struct status status_of_device(struct db *db, int64_t device_id, int64_t now, bool held_by_it,
    int64_t after, int64_t *ret_ids, size_t *count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(device_id), sql_time(now), sql_int(after),
	    sql_int((int64_t)*count), sql_bool(held_by_it)};

	TRY(sql_run(db, STATEMENT_status_of_device, params, COUNT(params), &r, err));
	*count = (size_t)sql_rows(&r);
	for (size_t i = 0; i < *count; i++)
		ret_ids[i] = sql_get_int(&r, (int)i, 0);
	return STATUS_OK;
}
