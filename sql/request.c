/* sql/request.c: see request.h. */
#include "sql/request.h"

#include <inttypes.h>
#include <string.h>

#include "sql/db_internal.h"

/* Columns as request_get.sql, request_lock.sql and request_list.sql have them. */
enum column {
	ID,
	CREATED,
	EXPIRES,
	REQUESTER,
	PERSON,
	PERMISSIONS,
	TOKEN,
	ACTS,
	PRODUCTS,
	CHANNELS,
	METHOD,
	PATH,
	QUERY,
	IF_MATCH,
	IF_NONE_MATCH,
	CONTENT_TYPE,
	BODY,
	PLAN,
	DIGEST,
	DIFFERENCE,
	VERSION,
	STATE,
	CLOSED,
	CLOSED_BY
};

/* ---- reading ---- */

static const char *text_at(const struct sql_result *r, int row, int column, struct arena *arena)
{
	const char *text = sql_get_text(r, row, column);

	return text ? arena_strdup(arena, text) : NULL;
}

static const char *const *texts_at(
    const struct sql_result *r, int row, int column, struct arena *arena, size_t *ret_count)
{
	struct span element;
	const char **texts;
	size_t at = 0, n = 0;

	while (sql_get_element(r, row, column, &at, &element))
		n++;
	texts = arena_alloc(arena, (n + 1) * sizeof(*texts));
	at = 0;
	for (size_t i = 0; sql_get_element(r, row, column, &at, &element); i++)
		texts[i] = arena_strndup(arena, (const char *)element.p, element.n);
	*ret_count = n;
	return texts;
}

static void read_call(
    const struct sql_result *r, int row, struct arena *arena, struct stored_call *call)
{
	call->method = text_at(r, row, METHOD, arena);
	call->path = text_at(r, row, PATH, arena);
	call->query = text_at(r, row, QUERY, arena);
	call->if_match = text_at(r, row, IF_MATCH, arena);
	call->if_none_match = text_at(r, row, IF_NONE_MATCH, arena);
	call->content_type = text_at(r, row, CONTENT_TYPE, arena);
	call->body = arena_copy(arena, sql_get_bytes(r, row, BODY));
}

static struct status read_row(const struct sql_result *r, int row, struct arena *arena,
    struct request_row *out, struct err *err)
{
	out->id = sql_get_int(r, row, ID);
	out->created_at = sql_get_time(r, row, CREATED);
	out->expires_at = sql_get_time(r, row, EXPIRES);
	out->requester = text_at(r, row, REQUESTER, arena);
	out->person = text_at(r, row, PERSON, arena);
	if (!sql_is_null(r, row, PERMISSIONS))
		out->permissions = texts_at(r, row, PERMISSIONS, arena, &out->permission_count);
	out->token_id = sql_get_int(r, row, TOKEN);
	out->acts.kinds = texts_at(r, row, ACTS, arena, &out->acts.count);
	out->acts.products = texts_at(r, row, PRODUCTS, arena, &out->acts.count);
	out->acts.channels = texts_at(r, row, CHANNELS, arena, &out->acts.count);
	read_call(r, row, arena, &out->call);
	out->difference = text_at(r, row, DIFFERENCE, arena);
	out->policy_version = sql_get_int(r, row, VERSION);
	out->state = text_at(r, row, STATE, arena);
	out->closed_at = sql_get_time(r, row, CLOSED);
	out->closed_by = text_at(r, row, CLOSED_BY, arena);
	TRY(sql_get_digest(r, row, PLAN, &out->plan, err));
	return sql_get_digest(r, row, DIGEST, &out->digest, err);
}

/* Rows of several requests, ordered by request: those of one stand together. */
static int find_run(const struct sql_result *r, int64_t id, int *ret_count)
{
	int first = 0, n = 0;

	while (first < sql_rows(r) && sql_get_int(r, first, 0) != id)
		first++;
	while (first + n < sql_rows(r) && sql_get_int(r, first + n, 0) == id)
		n++;
	*ret_count = n;
	return first;
}

static void attach_requirements(
    const struct sql_result *r, struct arena *arena, struct request_row *out)
{
	int n, first = find_run(r, out->id, &n);

	out->requirement_count = (size_t)n;
	out->requirements = arena_alloc(arena, (size_t)n * sizeof(*out->requirements));
	for (int i = 0; i < n; i++)
		out->requirements[i] =
		    (struct request_requirement){.policy = text_at(r, first + i, 1, arena),
			.act = text_at(r, first + i, 2, arena),
			.product = text_at(r, first + i, 3, arena),
			.channel = text_at(r, first + i, 4, arena),
			.role = text_at(r, first + i, 5, arena),
			.approvals = sql_get_int(r, first + i, 6)};
}

/* Columns as request_approvals.sql and approval_get.sql have them. */
static struct status read_verdict(const struct sql_result *r, int row, struct arena *arena,
    struct request_verdict *out, struct err *err)
{
	out->id = sql_get_int(r, row, 1);
	out->principal = text_at(r, row, 2, arena);
	out->approved = strcmp(sql_get_text(r, row, 3), "approved") == 0;
	out->at = sql_get_time(r, row, 4);
	out->comment = text_at(r, row, 6, arena);
	return sql_get_digest(r, row, 5, &out->digest, err);
}

static struct status attach_verdicts(
    const struct sql_result *r, struct arena *arena, struct request_row *out, struct err *err)
{
	int n, first = find_run(r, out->id, &n);

	out->verdict_count = (size_t)n;
	out->verdicts = arena_alloc(arena, (size_t)n * sizeof(*out->verdicts));
	for (int i = 0; i < n; i++)
		TRY(read_verdict(r, first + i, arena, &out->verdicts[i], err));
	return STATUS_OK;
}

static struct status attach(
    struct db *db, struct arena *arena, struct request_row *rows, size_t n, struct err *err)
{
	AUTO(buf) room = {0};
	AUTO(sql_result) requirements = {0};
	AUTO(sql_result) verdicts = {0};
	int64_t *ids = arena_alloc(arena, n * sizeof(*ids));
	struct sql_param param;

	for (size_t i = 0; i < n; i++)
		ids[i] = rows[i].id;
	param = sql_array_int(&room, ids, n);
	TRY(sql_run(db, STATEMENT_request_requirements, &param, 1, &requirements, err));
	TRY(sql_run(db, STATEMENT_request_approvals, &param, 1, &verdicts, err));
	for (size_t i = 0; i < n; i++) {
		attach_requirements(&requirements, arena, &rows[i]);
		TRY(attach_verdicts(&verdicts, arena, &rows[i], err));
	}
	return STATUS_OK;
}

/* The request, its requirements, its verdicts: one round trip. */
enum {
	PART_REQUEST,
	PART_REQUIREMENTS,
	PART_VERDICTS,
	PART_COUNT
};

static struct status read_parts(const struct sql_call *parts, int64_t id, struct arena *arena,
    struct request_row *ret_row, struct err *err)
{
	struct request_row row = {0};

	if (sql_rows(&parts[PART_REQUEST].result) == 0)
		return err_set(err, ERR_MISSING, "there is no request %" PRId64, id);
	TRY(read_row(&parts[PART_REQUEST].result, 0, arena, &row, err));
	attach_requirements(&parts[PART_REQUIREMENTS].result, arena, &row);
	TRY(attach_verdicts(&parts[PART_VERDICTS].result, arena, &row, err));
	*ret_row = row;
	return STATUS_OK;
}

static struct status read_one(struct db *db, enum sql_statement statement, int64_t id,
    struct arena *arena, struct request_row *ret_row, struct err *err)
{
	const struct sql_param params[] = {sql_int(id)};
	struct sql_call parts[PART_COUNT] = {
	    [PART_REQUEST] = {statement, params, COUNT(params), {0}},
	    [PART_REQUIREMENTS] = {STATEMENT_request_requirements_of, params, COUNT(params), {0}},
	    [PART_VERDICTS] = {STATEMENT_request_approvals_of, params, COUNT(params), {0}},
	};
	struct status done = sql_run_all(db, parts, COUNT(parts), err);

	if (done.ok)
		done = read_parts(parts, id, arena, ret_row, err);
	for (size_t i = 0; i < COUNT(parts); i++)
		sql_result_free(&parts[i].result);
	return done;
}

struct status request_get(
    struct db *db, int64_t id, struct arena *arena, struct request_row *ret_row, struct err *err)
{
	return read_one(db, STATEMENT_request_get, id, arena, ret_row, err);
}

struct status request_lock(
    struct db *db, int64_t id, struct arena *arena, struct request_row *ret_row, struct err *err)
{
	return read_one(db, STATEMENT_request_lock, id, arena, ret_row, err);
}

struct status request_list(struct db *db, const struct request_filter *f, struct arena *arena,
    struct request_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(buf) room = {0};
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int_or_null(f->before), sql_text(f->state),
	    sql_text(f->act), sql_text(f->requester),
	    f->all_products ? sql_null() : sql_array_text(&room, f->products, f->product_count),
	    sql_text(f->own), sql_int(f->limit)};
	struct request_row *rows;
	size_t n;

	TRY(sql_run(db, STATEMENT_request_list, params, COUNT(params), &r, err));
	n = (size_t)sql_rows(&r);
	rows = arena_alloc(arena, n * sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		TRY(read_row(&r, (int)i, arena, &rows[i], err));
	TRY(attach(db, arena, rows, n, err));
	*ret_rows = rows;
	*ret_count = n;
	return STATUS_OK;
}

struct status approval_get(struct db *db, int64_t id, struct arena *arena, int64_t *ret_request_id,
    struct request_verdict *ret_verdict, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};
	struct request_verdict verdict;

	TRY(sql_run(db, STATEMENT_approval_get, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no approval %" PRId64, id);
	TRY(read_verdict(&r, 0, arena, &verdict, err));
	*ret_request_id = sql_get_int(&r, 0, 0);
	*ret_verdict = verdict;
	return STATUS_OK;
}

struct status request_count_open(
    struct db *db, const char *requester, int64_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_text(requester)};

	TRY(sql_run(db, STATEMENT_request_count_open, params, COUNT(params), &r, err));
	*ret_count = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

/* ---- writing ---- */

static struct status insert(
    struct db *db, const struct request_row *q, int64_t *ret_id, struct err *err)
{
	AUTO(buf) permissions = {0};
	AUTO(buf) acts = {0};
	AUTO(buf) products = {0};
	AUTO(buf) channels = {0};
	AUTO(sql_result) r = {0};
	const struct stored_call *c = &q->call;
	const struct sql_param params[] = {sql_time(q->created_at), sql_time(q->expires_at),
	    sql_text(q->requester), sql_text(q->person),
	    q->permissions ? sql_array_text(&permissions, q->permissions, q->permission_count)
			   : sql_null(),
	    sql_int_or_null(q->token_id), sql_array_text(&acts, q->acts.kinds, q->acts.count),
	    sql_array_text(&products, q->acts.products, q->acts.count),
	    sql_array_text(&channels, q->acts.channels, q->acts.count), sql_text(c->method),
	    sql_text(c->path), sql_text(c->query), sql_text(c->if_match),
	    sql_text(c->if_none_match), sql_text(c->content_type), sql_bytes(c->body),
	    sql_digest(&q->plan), sql_digest(&q->digest), sql_text(q->difference),
	    sql_int(q->policy_version)};

	TRY(sql_run(db, STATEMENT_request_add, params, COUNT(params), &r, err));
	*ret_id = sql_rows(&r) == 1 ? sql_get_int(&r, 0, 0) : 0;
	return STATUS_OK;
}

/* One array out of one member of every requirement. */
static struct sql_param member(struct buf *room, const struct request_row *q, size_t offset)
{
	AUTO(arena) arena = {0};
	const char **texts = arena_alloc(&arena, q->requirement_count * sizeof(*texts));

	for (size_t i = 0; i < q->requirement_count; i++)
		memcpy(&texts[i], (const char *)&q->requirements[i] + offset, sizeof(texts[i]));
	return sql_array_text(room, texts, q->requirement_count);
}

static struct status insert_requirements(
    struct db *db, int64_t id, const struct request_row *q, struct err *err)
{
	AUTO(arena) arena = {0};
	AUTO(buf) policy = {0};
	AUTO(buf) act = {0};
	AUTO(buf) product = {0};
	AUTO(buf) channel = {0};
	AUTO(buf) role = {0};
	AUTO(buf) counts = {0};
	int64_t *numbers = arena_alloc(&arena, q->requirement_count * sizeof(*numbers));

	for (size_t i = 0; i < q->requirement_count; i++)
		numbers[i] = q->requirements[i].approvals;
	const struct sql_param params[] = {sql_int(id),
	    member(&policy, q, offsetof(struct request_requirement, policy)),
	    member(&act, q, offsetof(struct request_requirement, act)),
	    member(&product, q, offsetof(struct request_requirement, product)),
	    member(&channel, q, offsetof(struct request_requirement, channel)),
	    member(&role, q, offsetof(struct request_requirement, role)),
	    sql_array_int(&counts, numbers, q->requirement_count)};

	return sql_run(db, STATEMENT_request_require, params, COUNT(params), NULL, err);
}

struct status request_add(
    struct db *db, const struct request_row *row, int64_t *ret_id, struct err *err)
{
	int64_t id;

	TRY(insert(db, row, &id, err));
	if (id && row->requirement_count > 0)
		TRY(insert_requirements(db, id, row, err));
	*ret_id = id;
	return STATUS_OK;
}

struct status request_open_same(struct db *db, const char *requester, const char *person,
    const struct digest *digest, int64_t *ret_id, int64_t *ret_expires_at, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_text(requester), sql_text(person), sql_digest(digest)};

	TRY(sql_run(db, STATEMENT_request_open_same, params, COUNT(params), &r, err));
	*ret_id = sql_rows(&r) == 1 ? sql_get_int(&r, 0, 0) : 0;
	*ret_expires_at = sql_rows(&r) == 1 ? sql_get_time(&r, 0, 1) : 0;
	return STATUS_OK;
}

struct status request_close(
    struct db *db, int64_t id, const char *state, const char *by, int64_t now, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_int(id), sql_text(state), sql_time(now), sql_text(by)};

	TRY(sql_run(db, STATEMENT_request_close, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_CONFLICT, "request %" PRId64 " is not open", id);
	return STATUS_OK;
}

struct status request_overdue(struct db *db, int64_t now, int64_t limit, struct arena *arena,
    int64_t **ret_ids, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_time(now), sql_int(limit)};
	size_t n;

	TRY(sql_run(db, STATEMENT_request_overdue, params, COUNT(params), &r, err));
	n = (size_t)sql_rows(&r);
	*ret_ids = arena_alloc(arena, n * sizeof(**ret_ids));
	for (size_t i = 0; i < n; i++)
		(*ret_ids)[i] = sql_get_int(&r, (int)i, 0);
	*ret_count = n;
	return STATUS_OK;
}

struct status approval_add(struct db *db, int64_t request_id, const struct request_verdict *v,
    int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(request_id), sql_text(v->principal),
	    sql_text(v->approved ? "approved" : "rejected"), sql_time(v->at),
	    sql_digest(&v->digest), sql_text(v->comment)};

	if (!sql_run(db, STATEMENT_approval_add, params, COUNT(params), &r, err).ok) {
		if (err->kind != ERR_CONFLICT ||
		    strcmp(sql_constraint(db), "approval_request_id_principal_key") != 0)
			return STATUS_FAILED;
		err_clear(err);
		return err_set(err, ERR_CONFLICT, "'%s' has decided on request %" PRId64 " already",
		    v->principal, request_id);
	}
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}
