/* sql/crl.c: see crl.h. */
#include "sql/crl.h"

#include <inttypes.h>
#include <stdlib.h>

#include "sql/db_internal.h"

/* A statement carries so much at once: two copies of it are in memory for the time. */
#define CHUNK_SIZE ((size_t)1 << 20)

/* ---- publications ---- */

/* Entries, bytes and digest, in three columns. */
static struct status part_at(
    const struct sql_result *r, int row, int column, struct crl_part *ret_part, struct err *err)
{
	struct crl_part p = {.there = !sql_is_null(r, row, column)};

	if (p.there) {
		p.entries = sql_get_int(r, row, column);
		p.bytes = sql_get_int(r, row, column + 1);
		TRY(sql_get_digest(r, row, column + 2, &p.digest, err));
	}
	*ret_part = p;
	return STATUS_OK;
}

static struct status full_at(
    const struct sql_result *r, int i, struct crl_state *s, struct err *err)
{
	s->full = (struct crl_row){.authority_id = s->authority_id, .shard = s->shard};
	if (sql_is_null(r, i, 6))
		return STATUS_OK;
	s->full.id = sql_get_int(r, i, 6);
	s->full.number = sql_get_int(r, i, 7);
	s->full.sequence = sql_get_int(r, i, 8);
	TRY(sql_get_digest(r, i, 9, &s->full.scope, err));
	s->full.this_update = sql_get_time(r, i, 10);
	s->full.next_update = sql_get_time(r, i, 11);
	s->full.made_at = sql_get_time(r, i, 12);
	s->full.build_ms = sql_get_int(r, i, 13);
	return part_at(r, i, 14, &s->full.full, err);
}

static struct status delta_at(
    const struct sql_result *r, int i, struct crl_state *s, struct err *err)
{
	s->delta = (struct crl_row){.authority_id = s->authority_id, .shard = s->shard};
	if (sql_is_null(r, i, 17))
		return STATUS_OK;
	s->delta.id = sql_get_int(r, i, 17);
	s->delta.number = sql_get_int(r, i, 18);
	s->delta.sequence = sql_get_int(r, i, 19);
	s->delta.this_update = sql_get_time(r, i, 20);
	s->delta.next_update = sql_get_time(r, i, 21);
	s->delta.base_number = sql_get_int(r, i, 22);
	return part_at(r, i, 23, &s->delta.delta, err);
}

struct status crl_states_read(struct db *db, struct arena *arena, struct crl_state **ret_states,
    size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	struct crl_state *states;

	TRY(sql_run(db, STATEMENT_crl_states, NULL, 0, &r, err));
	states = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*states));
	for (int i = 0; i < sql_rows(&r); i++) {
		struct crl_state *s = &states[i];

		s->authority_id = sql_get_int(&r, i, 0);
		s->shard = sql_get_int(&r, i, 1);
		s->sequence = sql_get_int(&r, i, 2);
		s->number = sql_get_int(&r, i, 3);
		s->floor = sql_get_int(&r, i, 4);
		s->alarmed = sql_get_int(&r, i, 5);
		TRY(full_at(&r, i, s, err));
		TRY(delta_at(&r, i, s, err));
	}
	*ret_states = states;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

struct status crl_shards_add(struct db *db, int64_t authority_id, int64_t count, struct err *err)
{
	const struct sql_param params[] = {sql_int(authority_id), sql_int4((int32_t)count)};

	return sql_run(db, STATEMENT_crl_shards_add, params, COUNT(params), NULL, err);
}

struct status crl_urls_read(struct db *db, struct arena *arena, struct crl_url_row **ret_urls,
    size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	struct crl_url_row *urls;

	TRY(sql_run(db, STATEMENT_crl_urls, NULL, 0, &r, err));
	urls = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*urls));
	for (int i = 0; i < sql_rows(&r); i++)
		urls[i] =
		    (struct crl_url_row){sql_get_int(&r, i, 0), sql_get_copy(&r, i, 1, arena)};
	*ret_urls = urls;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

struct status crl_get(struct db *db, int64_t id, struct crl_row *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};
	struct crl_row row = {.id = id};

	TRY(sql_run(db, STATEMENT_crl_get, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(
		    err, ERR_MISSING, "there is no publication %" PRId64 " of a list", id);
	row.authority_id = sql_get_int(&r, 0, 0);
	row.shard = sql_get_int(&r, 0, 1);
	row.number = sql_get_int(&r, 0, 2);
	row.sequence = sql_get_int(&r, 0, 3);
	TRY(sql_get_digest(&r, 0, 4, &row.scope, err));
	row.this_update = sql_get_time(&r, 0, 5);
	row.next_update = sql_get_time(&r, 0, 6);
	row.made_at = sql_get_time(&r, 0, 7);
	row.build_ms = sql_get_int(&r, 0, 8);
	TRY(part_at(&r, 0, 9, &row.full, err));
	row.base_number = sql_get_int(&r, 0, 12);
	TRY(part_at(&r, 0, 13, &row.delta, err));
	*ret_row = row;
	return STATUS_OK;
}

/* ---- what a list is made of ---- */

struct status crl_snapshot(struct db *db, struct err *err)
{
	return sql_run(db, STATEMENT_crl_snapshot, NULL, 0, NULL, err);
}

struct status crl_sequence_read(
    struct db *db, int64_t authority_id, int64_t shard, int64_t *ret_sequence, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(authority_id), sql_int4((int32_t)shard)};

	TRY(sql_run(db, STATEMENT_crl_sequence, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_MISSING, "authority %" PRId64 " has no shard %" PRId64,
		    authority_id, shard);
	*ret_sequence = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status crl_base_find(struct db *db, const struct crl_base_order *o, int64_t *ret_number,
    int64_t *ret_sequence, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(o->authority_id), sql_int4((int32_t)o->shard),
	    sql_digest(o->scope), sql_time(o->now), sql_int(o->sequence), sql_int(o->floor)};
	bool found;

	TRY(sql_run(db, STATEMENT_crl_base, params, COUNT(params), &r, err));
	found = sql_rows(&r) == 1;
	*ret_number = found ? sql_get_int(&r, 0, 0) : 0;
	*ret_sequence = found ? sql_get_int(&r, 0, 1) : 0;
	return STATUS_OK;
}

struct crl_reader {
	struct db *db;
	struct sql_result rows;
	int next;
	bool open; /* the cursor is there */
};

static struct status open_reader(struct db *db, enum sql_statement statement,
    const struct sql_param *params, size_t n, struct crl_reader **ret_reader, struct err *err)
{
	struct crl_reader *r;

	TRY(sql_run(db, statement, params, n, NULL, err));
	r = mem_alloc(sizeof(*r));
	r->db = db;
	r->open = true;
	*ret_reader = r;
	return STATUS_OK;
}

struct status crl_read_full(struct db *db, int64_t authority_id, int64_t shard,
    int64_t ended_before, struct crl_reader **ret_reader, struct err *err)
{
	const struct sql_param params[] = {
	    sql_int(authority_id), sql_int4((int32_t)shard), sql_time(ended_before)};

	return open_reader(db, STATEMENT_crl_entries_full, params, COUNT(params), ret_reader, err);
}

struct status crl_read_delta(struct db *db, int64_t authority_id, int64_t shard, int64_t since,
    struct crl_reader **ret_reader, struct err *err)
{
	const struct sql_param params[] = {
	    sql_int(authority_id), sql_int4((int32_t)shard), sql_int(since)};

	return open_reader(db, STATEMENT_crl_entries_delta, params, COUNT(params), ret_reader, err);
}

struct status crl_read_next(
    struct crl_reader *r, bool *ret_there, struct crl_read_row *ret_row, struct err *err)
{
	*ret_there = false;
	if (r->open && (!r->rows.pg || r->next >= sql_rows(&r->rows))) {
		sql_result_free(&r->rows);
		r->next = 0;
		TRY(sql_run(r->db, STATEMENT_crl_entries_next, NULL, 0, &r->rows, err));
		if (sql_rows(&r->rows) == 0) {
			r->open = false;
			return sql_run(r->db, STATEMENT_crl_entries_close, NULL, 0, NULL, err);
		}
	}
	if (!r->open)
		return STATUS_OK;
	*ret_there = true;
	ret_row->serial = sql_get_bytes(&r->rows, r->next, 0);
	ret_row->revoked_at = sql_get_time(&r->rows, r->next, 1);
	ret_row->reason = (int)sql_get_int(&r->rows, r->next, 2);
	ret_row->invalidity_at = sql_get_time(&r->rows, r->next, 3);
	r->next++;
	return STATUS_OK;
}

/* A cursor that is left open ends with its transaction. */
void crl_reader_free(struct crl_reader *r)
{
	if (!r)
		return;
	sql_result_free(&r->rows);
	free(r);
}

/* ---- publishing ---- */

static void put_part(const struct crl_part *p, struct sql_param to[static 3])
{
	to[0] = p->there ? sql_int(p->entries) : sql_null();
	to[1] = p->there ? sql_int(p->bytes) : sql_null();
	to[2] = sql_digest(p->there ? &p->digest : NULL);
}

struct status crl_add(struct db *db, const struct crl_row *row, int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	struct sql_param params[16] = {sql_int(row->authority_id), sql_int4((int32_t)row->shard),
	    sql_int(row->number), sql_int(row->sequence), sql_digest(&row->scope),
	    sql_time(row->this_update), sql_time(row->next_update), sql_time(row->made_at),
	    sql_int4((int32_t)row->build_ms)};

	put_part(&row->full, params + 9);
	params[12] = row->delta.there ? sql_int(row->base_number) : sql_null();
	put_part(&row->delta, params + 13);
	TRY(sql_run(db, STATEMENT_crl_add, params, COUNT(params), &r, err));
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status crl_chunks_add(
    struct db *db, int64_t id, bool delta, struct span list, struct err *err)
{
	for (int32_t part = 0; list.n > 0; part++) {
		const size_t n = list.n < CHUNK_SIZE ? list.n : CHUNK_SIZE;
		const struct sql_param params[] = {
		    sql_int(id), sql_bool(delta), sql_int4(part), sql_bytes(span(list.p, n))};

		TRY(sql_run(db, STATEMENT_crl_chunk_add, params, COUNT(params), NULL, err));
		list = span(list.p + n, list.n - n);
	}
	return STATUS_OK;
}

struct status crl_take(struct db *db, const struct crl_row *row, int64_t number_before,
    bool *ret_taken, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(row->authority_id),
	    sql_int4((int32_t)row->shard), sql_int(number_before), sql_int(row->number),
	    sql_int(row->id), sql_bool(row->full.there), sql_bool(row->delta.there)};

	TRY(sql_run(db, STATEMENT_crl_take, params, COUNT(params), &r, err));
	*ret_taken = sql_rows(&r) == 1;
	return STATUS_OK;
}

struct status status_notify(struct db *db, struct err *err)
{
	return sql_run(db, STATEMENT_status_tell, NULL, 0, NULL, err);
}

struct status crl_alarmed(struct db *db, int64_t authority_id, int64_t shard, int64_t number,
    bool *ret_first, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_int(authority_id), sql_int4((int32_t)shard), sql_int(number)};

	TRY(sql_run(db, STATEMENT_crl_alarmed, params, COUNT(params), &r, err));
	*ret_first = sql_rows(&r) == 1;
	return STATUS_OK;
}

/* ---- serving ---- */

struct status crl_chunk_get(struct db *db, int64_t id, bool delta, int64_t part, struct buf *out,
    bool *ret_there, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id), sql_bool(delta), sql_int4((int32_t)part)};

	TRY(sql_run(db, STATEMENT_crl_chunk_get, params, COUNT(params), &r, err));
	*ret_there = sql_rows(&r) == 1;
	if (*ret_there)
		buf_put(out, sql_get_bytes(&r, 0, 0));
	return STATUS_OK;
}

struct status crl_numbers_jump(struct db *db, int64_t by, struct err *err)
{
	const struct sql_param params[] = {sql_int(by)};

	return sql_run(db, STATEMENT_crl_numbers_jump, params, COUNT(params), NULL, err);
}
