/* sql/mass_act.c: see mass_act.h. */
#include "sql/mass_act.h"

#include <inttypes.h>

#include "sql/db_internal.h"

const char *const mass_act_states[] = {"running", "done", "failed", "canceled", NULL};

/* ---- selections ---- */

#define SELECTION_PARAMS 13
#define PARAM_AFTER      11

/* As mass_selection has them. `within` must live until the statement has run. */
static void put_selector(const struct mass_selector *s, int64_t after, struct buf *within,
    struct sql_param ret_params[static SELECTION_PARAMS])
{
	const struct sql_param params[SELECTION_PARAMS] = {
	    sql_int_or_null(s->certificate_id),
	    sql_int_or_null(s->device_id),
	    sql_int_or_null(s->product_id),
	    sql_text(s->batch),
	    sql_int_or_null(s->authority_id),
	    s->key_digest.n ? sql_bytes(s->key_digest) : sql_null(),
	    sql_text(s->algorithm),
	    sql_time_or_null(s->issued_after),
	    sql_time_or_null(s->issued_before),
	    s->within.all ? sql_null() : sql_array_int(within, s->within.ids, s->within.count),
	    sql_time(s->valid_at),
	    sql_int(after),
	    sql_int(s->newest),
	};

	for (size_t i = 0; i < SELECTION_PARAMS; i++)
		ret_params[i] = params[i];
}

struct status mass_selection_newest(struct db *db, int64_t *ret_newest, struct err *err)
{
	AUTO(sql_result) r = {0};

	TRY(sql_run(db, STATEMENT_mass_selection_newest, NULL, 0, &r, err));
	*ret_newest = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

static void read_counts(const struct sql_result *r, struct arena *arena, struct mass_found *out)
{
	out->count = (size_t)sql_rows(r);
	out->counts = arena_alloc(arena, out->count * sizeof(*out->counts));
	for (size_t i = 0; i < out->count; i++)
		out->counts[i] = (struct mass_count){
		    .product_id = sql_get_int(r, (int)i, 0),
		    .product = sql_get_copy(r, (int)i, 1, arena),
		    .authority_id = sql_get_int(r, (int)i, 2),
		    .authority = sql_get_copy(r, (int)i, 3, arena),
		    .certificates = sql_get_int(r, (int)i, 4),
		    .already = sql_get_int(r, (int)i, 5),
		};
}

struct status mass_selection_count(struct db *db, const struct mass_selector *s,
    struct arena *arena, struct mass_found *ret_found, struct err *err)
{
	AUTO(buf) within = {0};
	AUTO(sql_result) counts = {0};
	AUTO(sql_result) sum = {0};
	struct sql_param params[SELECTION_PARAMS];
	struct mass_found found = {0};

	put_selector(s, 0, &within, params);
	TRY(sql_run(db, STATEMENT_mass_selection_count, params, COUNT(params), &counts, err));
	TRY(sql_run(db, STATEMENT_mass_selection_sum, params, COUNT(params), &sum, err));
	read_counts(&counts, arena, &found);
	found.certificates = sql_get_int(&sum, 0, 0);
	found.devices = sql_get_int(&sum, 0, 1);
	TRY(sql_get_digest(&sum, 0, 2, &found.digest, err));
	found.unknown = sql_get_int(&sum, 0, 3);
	*ret_found = found;
	return STATUS_OK;
}

struct status mass_selection_page(struct db *db, const struct mass_selector *s, int64_t after,
    int64_t *ret_ids, size_t *count, struct err *err)
{
	AUTO(buf) within = {0};
	AUTO(sql_result) r = {0};
	struct sql_param params[SELECTION_PARAMS + 1];

	put_selector(s, after, &within, params);
	params[SELECTION_PARAMS] = sql_int((int64_t)*count);
	TRY(sql_run(db, STATEMENT_mass_selection_page, params, COUNT(params), &r, err));
	*count = (size_t)sql_rows(&r);
	for (size_t i = 0; i < *count; i++)
		ret_ids[i] = sql_get_int(&r, (int)i, 0);
	return STATUS_OK;
}

/* ---- acts ---- */

static struct sql_param product_array(
    const struct mass_found *found, struct buf *room, struct arena *arena)
{
	int64_t *ids = arena_alloc(arena, found->count * sizeof(*ids));

	for (size_t i = 0; i < found->count; i++)
		ids[i] = found->counts[i].product_id;
	return sql_array_int(room, ids, found->count);
}

struct status mass_act_add(
    struct db *db, const struct mass_act_new *a, int64_t *ret_id, struct err *err)
{
	AUTO(buf) within = {0};
	AUTO(buf) products = {0};
	AUTO(arena) arena = {0};
	AUTO(sql_result) r = {0};
	struct sql_param params[22] = {
	    [12] = sql_time(a->now),
	    [13] = sql_text(a->who),
	    [14] = sql_text(a->person),
	    [15] = sql_int_or_null(a->request_id),
	    [16] = sql_text(a->text),
	    [17] = sql_digest(&a->found->digest),
	    [18] = sql_int(a->found->certificates),
	    [19] = product_array(a->found, &products, &arena),
	    [20] = sql_int4(a->reason),
	    [21] = sql_time_or_null(a->invalidity_at),
	};

	/* It has no `after`, and `newest` in its place. */
	struct sql_param selection[SELECTION_PARAMS];

	put_selector(a->selector, 0, &within, selection);
	for (size_t i = 0; i < PARAM_AFTER; i++)
		params[i] = selection[i];
	params[PARAM_AFTER] = selection[SELECTION_PARAMS - 1];
	TRY(sql_run(db, STATEMENT_mass_act_add, params, COUNT(params), &r, err));
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

static const char *const *read_names(
    const struct sql_result *r, int row, int column, struct arena *arena, size_t *ret_count)
{
	struct span name;
	size_t at = 0, n = 0;
	const char **names;

	while (sql_get_element(r, row, column, &at, &name))
		n++;
	names = arena_alloc(arena, n * sizeof(*names));
	*ret_count = n;
	at = n = 0;
	while (sql_get_element(r, row, column, &at, &name))
		names[n++] = arena_strndup(arena, (const char *)name.p, name.n);
	return names;
}

static struct status read_act(const struct sql_result *r, int row, struct arena *arena,
    struct mass_act_row *out, struct err *err)
{
	*out = (struct mass_act_row){
	    .id = sql_get_int(r, row, 0),
	    .created_at = sql_get_time(r, row, 1),
	    .who = sql_get_copy(r, row, 2, arena),
	    .person = sql_get_copy(r, row, 3, arena),
	    .request_id = sql_get_int(r, row, 4),
	    .selector = sql_get_copy(r, row, 5, arena),
	    .total = sql_get_int(r, row, 7),
	    .reason = (int)sql_get_int(r, row, 8),
	    .invalidity_at = sql_get_time(r, row, 9),
	    .state = sql_get_copy(r, row, 10, arena),
	    .cursor = sql_get_int(r, row, 11),
	    .done = sql_get_int(r, row, 12),
	    .revoked = sql_get_int(r, row, 13),
	    .ended_at = sql_get_time(r, row, 14),
	    .ended_by = sql_get_copy(r, row, 15, arena),
	    .failure = sql_get_copy(r, row, 16, arena),
	    .newest = sql_get_int(r, row, 17),
	    .valid_at = sql_get_time(r, row, 18),
	    .of_no_product = sql_get_bool(r, row, 20),
	};
	out->products = read_names(r, row, 19, arena, &out->product_count);
	return sql_get_digest(r, row, 6, &out->digest, err);
}

static struct status read_one(struct db *db, enum sql_statement statement, int64_t id,
    struct arena *arena, struct mass_act_row *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};

	TRY(sql_run(db, statement, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no mass revocation %" PRId64, id);
	return read_act(&r, 0, arena, ret_row, err);
}

struct status mass_act_get(
    struct db *db, int64_t id, struct arena *arena, struct mass_act_row *ret_row, struct err *err)
{
	return read_one(db, STATEMENT_mass_act_get, id, arena, ret_row, err);
}

struct status mass_act_lock(
    struct db *db, int64_t id, struct arena *arena, struct mass_act_row *ret_row, struct err *err)
{
	return read_one(db, STATEMENT_mass_act_lock, id, arena, ret_row, err);
}

struct status mass_act_take(
    struct db *db, struct arena *arena, struct mass_act_row *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};

	TRY(sql_run(db, STATEMENT_mass_act_take, NULL, 0, &r, err));
	if (sql_rows(&r) == 0) {
		*ret_row = (struct mass_act_row){0};
		return STATUS_OK;
	}
	return read_act(&r, 0, arena, ret_row, err);
}

static void read_within(
    const struct sql_result *r, int column, struct arena *arena, struct scope *out)
{
	struct span bytes;
	size_t at = 0, n = 0;
	int64_t *ids;

	*out = (struct scope){.all = sql_is_null(r, 0, column)};
	while (sql_get_element(r, 0, column, &at, &bytes))
		n++;
	ids = arena_alloc(arena, n * sizeof(*ids));
	at = 0;
	while (sql_get_element(r, 0, column, &at, &bytes)) {
		uint64_t id = 0;

		for (size_t i = 0; i < bytes.n; i++)
			id = id << 8 | bytes.p[i];
		ids[out->count++] = (int64_t)id;
	}
	out->ids = ids;
}

struct status mass_act_selector(struct db *db, int64_t id, struct arena *arena,
    struct mass_selector *ret_selector, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};

	TRY(sql_run(db, STATEMENT_mass_act_selector, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no mass revocation %" PRId64, id);
	*ret_selector = (struct mass_selector){
	    .certificate_id = sql_get_int(&r, 0, 0),
	    .device_id = sql_get_int(&r, 0, 1),
	    .product_id = sql_get_int(&r, 0, 2),
	    .batch = sql_get_copy(&r, 0, 3, arena),
	    .authority_id = sql_get_int(&r, 0, 4),
	    .key_digest = arena_copy(arena, sql_get_bytes(&r, 0, 5)),
	    .algorithm = sql_get_copy(&r, 0, 6, arena),
	    .issued_after = sql_get_time(&r, 0, 7),
	    .issued_before = sql_get_time(&r, 0, 8),
	    .valid_at = sql_get_time(&r, 0, 10),
	    .newest = sql_get_int(&r, 0, 11),
	};
	read_within(&r, 9, arena, &ret_selector->within);
	return STATUS_OK;
}

struct status mass_act_list(struct db *db, const struct mass_act_filter *f, struct arena *arena,
    struct mass_act_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	AUTO(buf) room = {0};
	const struct sql_param params[] = {sql_int(f->before), sql_int(f->limit),
	    f->scope.all ? sql_null() : sql_array_int(&room, f->scope.ids, f->scope.count),
	    sql_text(f->state)};
	struct mass_act_row *rows;

	TRY(sql_run(db, STATEMENT_mass_act_list, params, COUNT(params), &r, err));
	rows = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++)
		TRY(read_act(&r, i, arena, &rows[i], err));
	*ret_rows = rows;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

struct status mass_act_step(
    struct db *db, int64_t id, int64_t cursor, int64_t done, int64_t revoked, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_int(id), sql_int(cursor), sql_int(done), sql_int(revoked)};

	TRY(sql_run(db, STATEMENT_mass_act_step, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_CONFLICT, "mass revocation %" PRId64 " runs no more", id);
	return STATUS_OK;
}

struct status mass_act_end(struct db *db, int64_t id, const char *state, int64_t now,
    const char *by, const char *failure, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_int(id), sql_text(state), sql_time(now), sql_text(by), sql_text(failure)};

	TRY(sql_run(db, STATEMENT_mass_act_end, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_CONFLICT, "mass revocation %" PRId64 " runs no more", id);
	return STATUS_OK;
}
