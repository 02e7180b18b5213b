/* sql/release.c: see release.h. */
#include "sql/release.h"

#include <inttypes.h>

#include "sql/db_internal.h"

#define NEWEST INT64_MAX /* "before this id" */

/* ---- reading ---- */

/* NULL: SPAN_NONE. */
static struct span bytes_at(const struct sql_result *r, int i, int column, struct arena *arena)
{
	return sql_is_null(r, i, column) ? SPAN_NONE
					 : arena_copy(arena, sql_get_bytes(r, i, column));
}

/* Columns as every query here lists them, from `at` on. */
static struct status read_row(const struct sql_result *r, int i, int at, struct arena *arena,
    struct release_row *out, struct err *err)
{
	*out = (struct release_row){.id = sql_get_int(r, i, at),
	    .product_id = sql_get_int(r, i, at + 1),
	    .product = sql_get_copy(r, i, at + 2, arena),
	    .channel = sql_get_copy(r, i, at + 3, arena),
	    .version = sql_get_copy(r, i, at + 4, arena),
	    .sequence = sql_get_int(r, i, at + 5),
	    .class_id = bytes_at(r, i, at + 6, arena),
	    .spec = sql_get_copy(r, i, at + 7, arena),
	    .provenance = sql_get_copy(r, i, at + 8, arena),
	    .manifest = bytes_at(r, i, at + 9, arena),
	    .json_manifest = bytes_at(r, i, at + 10, arena),
	    .created_at = sql_get_time(r, i, at + 13),
	    .created_by = sql_get_copy(r, i, at + 14, arena),
	    .created_person = sql_get_copy(r, i, at + 15, arena),
	    .state = sql_get_copy(r, i, at + 16, arena),
	    .request_id = sql_get_int(r, i, at + 17),
	    .revision = sql_get_int(r, i, at + 18)};
	TRY(sql_get_digest(r, i, at + 11, &out->manifest_digest, err));
	return sql_get_digest(r, i, at + 12, &out->json_digest, err);
}

/* ret_row->id 0: there is none. */
static struct status read_one(struct db *db, enum sql_statement statement,
    const struct sql_param *params, size_t n, struct arena *arena, struct release_row *ret_row,
    struct err *err)
{
	AUTO(sql_result) r = {0};
	struct release_row row = {0};

	TRY(sql_run(db, statement, params, n, &r, err));
	if (sql_rows(&r) == 1)
		TRY(read_row(&r, 0, 0, arena, &row, err));
	*ret_row = row;
	return STATUS_OK;
}

struct status release_get(
    struct db *db, int64_t id, struct arena *arena, struct release_row *ret_row, struct err *err)
{
	const struct sql_param params[] = {sql_int(id)};
	struct release_row row;

	TRY(read_one(db, STATEMENT_release_get, params, COUNT(params), arena, &row, err));
	if (row.id == 0)
		return err_set(err, ERR_MISSING, "there is no release %" PRId64, id);
	*ret_row = row;
	return STATUS_OK;
}

struct status release_find(struct db *db, int64_t product_id, const char *channel,
    const char *version, struct arena *arena, struct release_row *ret_row, struct err *err)
{
	const struct sql_param params[] = {
	    sql_int(product_id), sql_text(channel), sql_text(version)};

	return read_one(db, STATEMENT_release_find, params, COUNT(params), arena, ret_row, err);
}

struct status release_of_request(struct db *db, int64_t request_id, struct arena *arena,
    struct release_row *ret_row, struct err *err)
{
	const struct sql_param params[] = {sql_int(request_id)};

	return read_one(
	    db, STATEMENT_release_of_request, params, COUNT(params), arena, ret_row, err);
}

struct status release_list(struct db *db, const struct release_filter *f, struct arena *arena,
    struct release_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(buf) products = {0};
	AUTO(buf) channels = {0};
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(f->before ? f->before : NEWEST),
	    sql_int(f->limit),
	    f->all ? sql_null() : sql_array_text(&products, f->products, f->count),
	    f->all ? sql_null() : sql_array_text(&channels, f->channels, f->count),
	    sql_text(f->product), sql_text(f->channel), sql_text(f->state), sql_text(f->version)};
	struct release_row *rows;
	size_t n;

	TRY(sql_run(db, STATEMENT_release_list, params, COUNT(params), &r, err));
	n = (size_t)sql_rows(&r);
	rows = arena_alloc(arena, n * sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		TRY(read_row(&r, (int)i, 0, arena, &rows[i], err));
	*ret_rows = rows;
	*ret_count = n;
	return STATUS_OK;
}

/* ---- steps ---- */

static struct release_step step_at(const struct sql_result *r, int i, struct arena *arena)
{
	return (struct release_step){.id = sql_get_int(r, i, 0),
	    .release_id = sql_get_int(r, i, 1),
	    .step = sql_get_copy(r, i, 2, arena),
	    .at = sql_get_time(r, i, 3),
	    .who = sql_get_copy(r, i, 4, arena),
	    .person = sql_get_copy(r, i, 5, arena),
	    .request_id = sql_get_int(r, i, 6),
	    .digest = bytes_at(r, i, 7, arena)};
}

struct status release_steps(struct db *db, int64_t release_id, struct arena *arena,
    struct release_step **ret_steps, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(release_id)};
	struct release_step *steps;

	TRY(sql_run(db, STATEMENT_release_steps, params, COUNT(params), &r, err));
	steps = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*steps));
	for (int i = 0; i < sql_rows(&r); i++)
		steps[i] = step_at(&r, i, arena);
	*ret_steps = steps;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

struct status release_step_get(struct db *db, int64_t id, struct arena *arena,
    struct release_step *ret_step, struct release_row *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};

	TRY(sql_run(db, STATEMENT_release_step_get, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no step %" PRId64 " of a release", id);
	TRY(read_row(&r, 0, 8, arena, ret_row, err));
	*ret_step = step_at(&r, 0, arena);
	return STATUS_OK;
}

/* ---- what was signed ---- */

struct status release_signature_get(struct db *db, int64_t release_id, struct arena *arena,
    struct release_signature *ret_signature, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(release_id)};

	TRY(sql_run(db, STATEMENT_release_signature_get, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "release %" PRId64 " is not signed", release_id);
	*ret_signature = (struct release_signature){.step_id = sql_get_int(&r, 0, 0),
	    .signed_at = sql_get_time(&r, 0, 1),
	    .record = bytes_at(&r, 0, 2, arena),
	    .chain = bytes_at(&r, 0, 3, arena),
	    .suit = bytes_at(&r, 0, 4, arena),
	    .jws = bytes_at(&r, 0, 5, arena),
	    .cms = bytes_at(&r, 0, 6, arena)};
	return STATUS_OK;
}

struct status release_bundle_get(struct db *db, int64_t release_id, struct arena *arena,
    struct span *ret_bytes, struct digest *ret_sha256, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(release_id)};

	TRY(sql_run(db, STATEMENT_release_bundle_get, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(
		    err, ERR_MISSING, "release %" PRId64 " was not published", release_id);
	TRY(sql_get_digest(&r, 0, 1, ret_sha256, err));
	*ret_bytes = bytes_at(&r, 0, 0, arena);
	return STATUS_OK;
}

struct status release_newest(struct db *db, int64_t product_id, const char *channel,
    struct arena *arena, struct release_newest *ret_newest, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(product_id), sql_text(channel)};
	struct release_newest n = {0};

	TRY(sql_run(db, STATEMENT_release_newest, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 1) {
		n.id = sql_get_int(&r, 0, 0);
		n.sequence = sql_get_int(&r, 0, 1);
		n.version = sql_get_copy(&r, 0, 2, arena);
		TRY(sql_get_digest(&r, 0, 3, &n.sha256, err));
		n.size = sql_get_int(&r, 0, 4);
	}
	*ret_newest = n;
	return STATUS_OK;
}

struct status release_published(
    struct db *db, int64_t product_id, const char *channel, int64_t *ret_sequence, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(product_id), sql_text(channel)};

	TRY(sql_run(db, STATEMENT_release_published, params, COUNT(params), &r, err));
	*ret_sequence = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

/* ---- writing ---- */

struct status release_look(struct db *db, int64_t product_id, const char *channel,
    const char *version, int64_t supersedes, struct arena *arena, struct release_look *ret_look,
    struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_int(product_id), sql_text(channel), sql_text(version), sql_int(supersedes)};
	struct release_look look = {0};

	TRY(sql_run(db, STATEMENT_release_look, params, COUNT(params), &r, err));
	look.superseded_there = sql_get_bool(&r, 0, 0);
	look.sequence = sql_get_int(&r, 0, 1);
	if (!sql_is_null(&r, 0, 2))
		TRY(read_row(&r, 0, 2, arena, &look.same, err));
	*ret_look = look;
	return STATUS_OK;
}

struct status release_add(struct db *db, const struct release_row *row, const struct log_line *line,
    int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(row->product_id), sql_text(row->product),
	    sql_text(row->channel), sql_text(row->version), sql_int(row->sequence),
	    sql_bytes(row->class_id), sql_text(row->spec), sql_text(row->provenance),
	    sql_bytes(row->manifest), sql_digest(&row->manifest_digest),
	    sql_bytes(row->json_manifest), sql_digest(&row->json_digest), sql_time(row->created_at),
	    sql_text(row->created_by), sql_text(row->created_person), sql_text(line->kind),
	    sql_bytes(buf_span(&line->entry)), sql_bytes(SPAN_OF(line->salt))};

	TRY(sql_run(db, STATEMENT_release_add, params, COUNT(params), &r, err));
	*ret_id = sql_rows(&r) == 1 ? sql_get_int(&r, 0, 0) : 0;
	return STATUS_OK;
}

struct status release_move(
    struct db *db, const struct release_move *m, int64_t *ret_step_id, struct err *err)
{
	static const struct release_signature none;
	AUTO(sql_result) r = {0};
	const struct release_signature *g = m->signature ? m->signature : &none;
	const struct release_step *s = &m->step;
	const struct sql_param params[] = {sql_int(m->release_id), sql_int(m->revision),
	    sql_text(m->state), sql_int_or_null(m->request_id), sql_text(s->step), sql_time(s->at),
	    sql_text(s->who), sql_text(s->person), sql_int_or_null(s->request_id),
	    sql_bytes(s->digest), sql_text(m->line->kind), sql_bytes(buf_span(&m->line->entry)),
	    sql_bytes(SPAN_OF(m->line->salt)), sql_bytes(g->record), sql_bytes(g->chain),
	    sql_bytes(g->suit), sql_bytes(g->jws), sql_bytes(g->cms), sql_bytes(m->bundle),
	    m->bundle.p ? sql_digest(&m->bundle_sha256) : sql_null()};

	TRY(sql_run(db, STATEMENT_release_move, params, COUNT(params), &r, err));
	*ret_step_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}
