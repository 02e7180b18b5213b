/* sql/token.c: see token.h. */
#include "sql/token.h"

#include "sql/db_internal.h"

/* A token has as many permissions as there are names at most; the table has two dozen. */
#define PERMISSIONS_MAX 64

static void take_permissions(
    const struct sql_result *r, int row, struct arena *arena, struct token_row *ret)
{
	const char **names;
	struct span name;
	size_t at = 0;

	ret->narrowed = !sql_is_null(r, row, 9);
	if (!ret->narrowed)
		return;
	names = arena_alloc(arena, PERMISSIONS_MAX * sizeof(*names));
	while (ret->permission_count < PERMISSIONS_MAX && sql_get_element(r, row, 9, &at, &name))
		names[ret->permission_count++] = arena_strndup(arena, (const char *)name.p, name.n);
	ret->permissions = names;
}

/* Columns as all of the queries have them. */
static void row_of(const struct sql_result *r, int row, struct arena *arena, struct token_row *ret)
{
	*ret = (struct token_row){
	    .id = sql_get_int(r, row, 0),
	    .principal = sql_get_copy(r, row, 1, arena),
	    .person = sql_get_copy(r, row, 2, arena),
	    .created_by = sql_get_copy(r, row, 3, arena),
	    .parent_id = sql_get_int(r, row, 4),
	    .created_at = sql_get_time(r, row, 5),
	    .expires_at = sql_get_time(r, row, 6),
	    .revoked_at = sql_get_time(r, row, 7),
	    .revoked_by = sql_get_copy(r, row, 8, arena),
	    .one_request = sql_get_bool(r, row, 10),
	    .request_id = sql_get_int(r, row, 11),
	    .release_id = sql_get_int(r, row, 12),
	    .provenance = sql_get_copy(r, row, 13, arena),
	};
	take_permissions(r, row, arena, ret);
}

struct status token_insert(struct db *db, const struct token_row *row, const struct digest *jti,
    int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	AUTO(buf) room = {0};
	const struct sql_param params[] = {sql_digest(jti), sql_text(row->principal),
	    sql_text(row->person), sql_text(row->created_by), sql_int_or_null(row->parent_id),
	    sql_time(row->created_at), sql_time(row->expires_at),
	    row->narrowed ? sql_array_text(&room, row->permissions, row->permission_count)
			  : sql_null(),
	    sql_bool(row->one_request), sql_text(row->provenance)};

	TRY(sql_run(db, STATEMENT_token_insert, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(
		    err, ERR_CONFLICT, "the token that asks for another has been revoked");
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

static struct status no_token(struct err *err)
{
	return err_set(err, ERR_MISSING, "there is no such token");
}

struct status token_find(struct db *db, const struct digest *jti, struct arena *arena,
    struct token_row *ret_row, int64_t *ret_policy_version, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_digest(jti)};

	TRY(sql_run(db, STATEMENT_token_find, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return no_token(err);
	row_of(&r, 0, arena, ret_row);
	*ret_policy_version = sql_get_int(&r, 0, 14);
	return STATUS_OK;
}

struct status token_get(
    struct db *db, int64_t id, struct arena *arena, struct token_row *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};

	TRY(sql_run(db, STATEMENT_token_get, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return no_token(err);
	row_of(&r, 0, arena, ret_row);
	return STATUS_OK;
}

struct status token_list(struct db *db, const struct token_filter *f, struct arena *arena,
    struct token_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_text(f->principal), sql_int_or_null(f->before),
	    sql_time_or_null(f->live_at), sql_int(f->limit)};
	struct token_row *rows;
	int n;

	TRY(sql_run(db, STATEMENT_token_list, params, COUNT(params), &r, err));
	n = sql_rows(&r);
	rows = arena_alloc(arena, (size_t)n * sizeof(*rows));
	for (int i = 0; i < n; i++)
		row_of(&r, i, arena, &rows[i]);
	*ret_rows = rows;
	*ret_count = (size_t)n;
	return STATUS_OK;
}

struct status token_revoke(
    struct db *db, int64_t id, const char *who, int64_t now, int64_t *ret_count, struct err *err)
{
	const struct sql_param params[] = {sql_int(id), sql_text(who), sql_time(now)};
	int64_t sum = 0, count;

	/* What was being made with it while we waited for its row is seen by the next look alone.
	 */
	do {
		AUTO(sql_result) r = {0};

		TRY(sql_run(db, STATEMENT_token_revoke, params, COUNT(params), &r, err));
		count = sql_get_int(&r, 0, 0);
		sum += count;
	} while (count > 0);
	*ret_count = sum;
	return STATUS_OK;
}

struct status token_revoke_all(
    struct db *db, const char *who, int64_t now, int64_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_text(who), sql_time(now)};

	TRY(sql_run(db, STATEMENT_token_revoke_all, params, COUNT(params), &r, err));
	*ret_count = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status token_bind_request(struct db *db, int64_t id, int64_t request_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id), sql_int(request_id)};

	TRY(sql_run(db, STATEMENT_token_bind_request, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_CONFLICT, "the token has made its one request already");
	return STATUS_OK;
}

struct status token_bind_release(struct db *db, int64_t id, int64_t release_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id), sql_int(release_id)};

	TRY(sql_run(db, STATEMENT_token_bind_release, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(
		    err, ERR_CONFLICT, "the token has made its one request, or another release");
	return STATUS_OK;
}

/* ---- tokens of others ---- */

struct status spent_token_insert(struct db *db, const struct spent_token *s, struct err *err)
{
	const struct sql_param params[] = {sql_digest(&s->digest), sql_digest(&s->token_digest),
	    sql_digest(s->has_retry ? &s->retry_digest : NULL), sql_int(s->token_id),
	    sql_text(s->jti), sql_time(s->expires_at)};

	return sql_run(db, STATEMENT_spent_token_insert, params, COUNT(params), NULL, err);
}

struct status spent_token_find(struct db *db, const struct digest *digest, struct arena *arena,
    struct spent_token *ret_spent, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_digest(digest)};
	struct spent_token spent = {.has_retry = false};

	TRY(sql_run(db, STATEMENT_spent_token_find, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_MISSING, "the token is not spent");
	TRY(sql_get_digest(&r, 0, 0, &spent.digest, err));
	TRY(sql_get_digest(&r, 0, 1, &spent.token_digest, err));
	spent.has_retry = !sql_is_null(&r, 0, 2);
	if (spent.has_retry)
		TRY(sql_get_digest(&r, 0, 2, &spent.retry_digest, err));
	spent.token_id = sql_get_int(&r, 0, 3);
	spent.jti = sql_get_copy(&r, 0, 4, arena);
	spent.expires_at = sql_get_time(&r, 0, 5);
	*ret_spent = spent;
	return STATUS_OK;
}

struct status spent_token_purge(struct db *db, int64_t now, int64_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_time(now)};

	TRY(sql_run(db, STATEMENT_spent_token_purge, params, COUNT(params), &r, err));
	*ret_count = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}
