/* sql/policy.c: see policy.h. */
#include "sql/policy.h"

#include <string.h>

#include "sql/db_internal.h"

/* ---- reading ---- */

enum column {
	KIND,
	ID,
	NAME,
	SPEC,
	VERSION,
	CERTIFICATE,
	PARENT,
	CHAIN,
	LINKS,
	REVOKED
};

static void read_list(const struct sql_result *r, int row, enum column column, struct arena *arena,
    struct span **ret_list, size_t *ret_count)
{
	struct span element, *list;
	size_t at = 0, count = 0;

	while (sql_get_element(r, row, (int)column, &at, &element))
		count++;
	list = arena_alloc(arena, count * sizeof(*list));
	at = 0;
	for (size_t i = 0; i < count && sql_get_element(r, row, (int)column, &at, &element); i++)
		list[i] = arena_copy(arena, element);
	*ret_list = list;
	*ret_count = count;
}

static void read_row(
    const struct sql_result *r, int row, struct arena *arena, struct policy_row *out)
{
	out->kind = arena_strdup(arena, sql_get_text(r, row, KIND));
	out->id = sql_get_int(r, row, ID);
	out->name = arena_strdup(arena, sql_get_text(r, row, NAME));
	out->spec = arena_strdup(arena, sql_get_text(r, row, SPEC));
	out->version = sql_get_int(r, row, VERSION);
	out->certificate = arena_copy(arena, sql_get_bytes(r, row, CERTIFICATE));
	out->parent_id = sql_get_int(r, row, PARENT);
	read_list(r, row, CHAIN, arena, &out->chain, &out->chain_count);
	read_list(r, row, LINKS, arena, &out->links, &out->link_count);
	out->revoked = sql_get_bool(r, row, REVOKED);
}

struct status policy_rows_read(
    struct db *db, struct arena *arena, struct policy_rows *ret_rows, struct err *err)
{
	AUTO(sql_result) r = {0};
	struct policy_rows rows = {0};

	TRY(sql_run(db, STATEMENT_policy_read, NULL, 0, &r, err));
	rows.rows = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*rows.rows));
	for (int i = 0; i < sql_rows(&r); i++) {
		if (strcmp(sql_get_text(&r, i, KIND), "version") == 0)
			rows.version = sql_get_int(&r, i, VERSION);
		else
			read_row(&r, i, arena, &rows.rows[rows.count++]);
	}
	*ret_rows = rows;
	return STATUS_OK;
}

static struct status read_version(
    struct db *db, enum sql_statement statement, int64_t *ret_version, struct err *err)
{
	AUTO(sql_result) r = {0};

	TRY(sql_run(db, statement, NULL, 0, &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_INTERNAL, "policy has no version");
	*ret_version = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status policy_version_read(struct db *db, int64_t *ret_version, struct err *err)
{
	return read_version(db, STATEMENT_policy_version, ret_version, err);
}

/* An advisory lock of our own space, beside those of sql/election.c and sql/service_key.c: rows
 * that are locked by many at once are written by each of them, this is not. */
#define LOCK_SPACE 0x5367706f /* "Sgpo" */

static struct status lock_and_read(struct db *db, enum sql_statement lock,
    enum sql_statement version, int64_t *ret_version, struct err *err)
{
	const struct sql_param params[] = {sql_int4(LOCK_SPACE), sql_int4(0)};
	/* Apart: a statement sees what was there when it began, and the lock may have waited. */
	struct sql_call calls[] = {{lock, params, COUNT(params), {0}}, {version, NULL, 0, {0}}};
	struct status done = sql_run_all(db, calls, COUNT(calls), err);

	if (done.ok && sql_rows(&calls[1].result) != 1)
		done = err_set(err, ERR_INTERNAL, "policy has no version");
	else if (done.ok)
		*ret_version = sql_get_int(&calls[1].result, 0, 0);
	for (size_t i = 0; i < COUNT(calls); i++)
		sql_result_free(&calls[i].result);
	return done;
}

struct status policy_lock(struct db *db, int64_t *ret_version, struct err *err)
{
	return lock_and_read(
	    db, STATEMENT_policy_lock_all, STATEMENT_policy_lock, ret_version, err);
}

struct status policy_hold(struct db *db, int64_t *ret_version, struct err *err)
{
	return lock_and_read(db, STATEMENT_policy_hold, STATEMENT_policy_version, ret_version, err);
}

/* ---- writing ---- */

/* Kinds that have a table of their own; access_document holds the others and knows which. */
static const struct {
	const char *kind;
	enum sql_statement put;
} tables[] = {
    {"authority", STATEMENT_authority_update},
    {"profile", STATEMENT_profile_put},
    {"trust-anchor", STATEMENT_trust_anchor_put},
    {"product", STATEMENT_product_put},
    {"label", STATEMENT_label_put},
};

static enum sql_statement put_statement(const char *kind)
{
	for (size_t i = 0; i < COUNT(tables); i++)
		if (strcmp(tables[i].kind, kind) == 0)
			return tables[i].put;
	return STATEMENT_access_document_put;
}

struct status policy_row_put(struct db *db, const struct policy_row *row, const char *manufacturer,
    const char *model, int64_t now, int64_t *ret_id, struct err *err)
{
	struct sql_param params[6] = {
	    sql_text(row->name), sql_text(row->spec), sql_int(row->version), sql_time(now)};
	AUTO(sql_result) r = {0};
	const enum sql_statement put = put_statement(row->kind);
	size_t n = 4;

	if (put == STATEMENT_product_put) {
		params[n++] = sql_text(manufacturer);
		params[n++] = sql_text(model);
	} else if (put == STATEMENT_access_document_put) {
		params[n++] = sql_text(row->kind);
	}
	TRY(sql_run(db, put, params, n, &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_MISSING, "there is no %s '%s'", row->kind, row->name);
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status policy_row_remove(struct db *db, const char *kind, const char *name, int64_t version,
    int64_t now, struct err *err)
{
	const struct sql_param params[] = {
	    sql_text(name), sql_int(version), sql_time(now), sql_text(kind)};
	AUTO(sql_result) r = {0};

	TRY(sql_run(db, STATEMENT_access_document_remove, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_MISSING, "there is no %s '%s'", kind, name);
	return STATUS_OK;
}

struct status policy_bump(struct db *db, int64_t version, int64_t now, struct err *err)
{
	const struct sql_param params[] = {sql_int(version), sql_time(now)};

	return sql_run(db, STATEMENT_policy_bump, params, COUNT(params), NULL, err);
}

struct status policy_change_add(
    struct db *db, const struct policy_change_row *row, int64_t *ret_id, struct err *err)
{
	const struct sql_param params[] = {sql_time(row->at), sql_text(row->who),
	    sql_int(row->version), sql_text(row->kind), sql_text(row->name),
	    sql_bytes(row->record)};
	AUTO(sql_result) r = {0};

	TRY(sql_run(db, STATEMENT_policy_change_add, params, COUNT(params), &r, err));
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status alarm_add(struct db *db, const char *kind, const char *detail, int64_t at,
    int64_t *ret_id, struct err *err)
{
	const struct sql_param params[] = {sql_time(at), sql_text(kind), sql_text(detail)};
	AUTO(sql_result) r = {0};

	TRY(sql_run(db, STATEMENT_alarm_add, params, COUNT(params), &r, err));
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

/* ---- authorities ---- */

struct status policy_authority_insert(struct db *db, const struct authority_new *a, int64_t version,
    int64_t now, int64_t *ret_id, struct err *err)
{
	AUTO(buf) room = {0};
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_text(a->name), sql_text(a->spec), sql_int(version),
	    sql_time(now), sql_bytes(a->certificate), sql_bytes(a->subject), sql_bytes(a->ski),
	    sql_int_or_null(a->parent_id), sql_array_bytes(&room, a->chain, a->chain_count)};

	if (!sql_run(db, STATEMENT_authority_insert, params, COUNT(params), &r, err).ok) {
		if (err->kind != ERR_CONFLICT ||
		    strcmp(sql_constraint(db), "authority_name_key") != 0)
			return STATUS_FAILED;
		err_clear(err);
		return err_set(err, ERR_CONFLICT, "there is an authority '%s' already", a->name);
	}
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status policy_authority_link_insert(struct db *db, const struct authority_link_new *link,
    int64_t version, int64_t now, int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(link->authority_id), sql_int(link->issuer_id),
	    sql_bytes(link->certificate), sql_int(version), sql_time(now)};

	TRY(sql_run(db, STATEMENT_authority_link_insert, params, COUNT(params), &r, err));
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status policy_authority_revoke(struct db *db, int64_t id, int64_t now, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id), sql_time(now)};

	return sql_run(db, STATEMENT_authority_revoke, params, COUNT(params), &r, err);
}

/* ---- devices ---- */

#define DEVICES_AT_ONCE \
	5000 /* a statement of some hundred kilobytes, well within statement_timeout */

static struct status add_some(struct db *db, int64_t product_id, const char *batch,
    const char *const *serials, size_t n, int64_t now, struct arena *arena, const char **added,
    size_t *count, struct err *err)
{
	AUTO(buf) room = {0};
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_int(product_id), sql_array_text(&room, serials, n), sql_time(now), sql_text(batch)};

	TRY(sql_run(db, STATEMENT_device_add_many, params, COUNT(params), &r, err));
	for (int i = 0; i < sql_rows(&r); i++)
		added[(*count)++] = arena_strdup(arena, sql_get_text(&r, i, 0));
	return STATUS_OK;
}

struct status device_add_many(struct db *db, int64_t product_id, const char *batch,
    const char *const *serials, size_t n, int64_t now, struct arena *arena, const char ***ret_new,
    size_t *ret_new_count, struct err *err)
{
	const char **added = arena_alloc(arena, n * sizeof(*added));
	size_t count = 0;

	for (size_t i = 0; i < n; i += DEVICES_AT_ONCE) {
		size_t some = n - i < DEVICES_AT_ONCE ? n - i : DEVICES_AT_ONCE;

		TRY(add_some(
		    db, product_id, batch, serials + i, some, now, arena, added, &count, err));
	}
	*ret_new = added;
	*ret_new_count = count;
	return STATUS_OK;
}
