/* sql/value.c: C values as PostgreSQL's binary parameters and back. */
#include <stdlib.h>
#include <string.h>

#include "sql/db_internal.h"

/* timestamptz counts microseconds since 2000-01-01. */
#define EPOCH_2000 INT64_C(946684800)
/* Type numbers of array elements, fixed in pg_type. */
#define OID_BYTEA 17
#define OID_INT8  20
#define OID_TEXT  25

struct sql_param sql_null(void)
{
	return (struct sql_param){.shape = SQL_NULL};
}

struct sql_param sql_int(int64_t value)
{
	return (struct sql_param){.shape = SQL_INT8, .number = value};
}

struct sql_param sql_int_or_null(int64_t value)
{
	return value ? sql_int(value) : sql_null();
}

struct sql_param sql_int4(int32_t value)
{
	return (struct sql_param){.shape = SQL_INT4, .number = value};
}

struct sql_param sql_bool(bool value)
{
	return (struct sql_param){.shape = SQL_BOOL, .number = value};
}

struct sql_param sql_time(int64_t seconds)
{
	return sql_int((seconds - EPOCH_2000) * 1000000);
}

struct sql_param sql_time_or_null(int64_t seconds)
{
	return seconds ? sql_time(seconds) : sql_null();
}

struct sql_param sql_text(const char *s)
{
	return s ? sql_bytes(span(s, strlen(s))) : sql_null();
}

struct sql_param sql_bytes(struct span s)
{
	return s.p ? (struct sql_param){.shape = SQL_BORROWED, .bytes = s} : sql_null();
}

struct sql_param sql_digest(const struct digest *d)
{
	return d ? sql_bytes(SPAN_OF(d->bytes)) : sql_null();
}

/* ---- arrays: dimensions, has-nulls, element type, (length, lower bound), then each length and
 * bytes ---- */

static void put_int4(struct buf *out, size_t value)
{
	const uint8_t b[4] = {
	    (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};

	buf_put(out, SPAN_OF(b));
}

static void put_int8(struct buf *out, uint64_t value)
{
	put_int4(out, (size_t)(value >> 32));
	put_int4(out, (size_t)(value & 0xffffffff));
}

static void array_head(struct buf *out, size_t element_type, size_t n)
{
	put_int4(out, n ? 1 : 0);
	put_int4(out, 0);
	put_int4(out, element_type);
	if (n) {
		put_int4(out, n);
		put_int4(out, 1);
	}
}

static void array_element(struct buf *out, struct span s)
{
	put_int4(out, s.n);
	buf_put(out, s);
}

struct sql_param sql_array_text(struct buf *room, const char *const *items, size_t n)
{
	array_head(room, OID_TEXT, n);
	for (size_t i = 0; i < n; i++)
		array_element(room, span_str(items[i]));
	return sql_bytes(buf_span(room));
}

struct sql_param sql_array_bytes(struct buf *room, const struct span *items, size_t n)
{
	array_head(room, OID_BYTEA, n);
	for (size_t i = 0; i < n; i++)
		array_element(room, items[i]);
	return sql_bytes(buf_span(room));
}

struct sql_param sql_array_int(struct buf *room, const int64_t *items, size_t n)
{
	array_head(room, OID_INT8, n);
	for (size_t i = 0; i < n; i++) {
		put_int4(room, 8);
		put_int8(room, (uint64_t)items[i]);
	}
	return sql_bytes(buf_span(room));
}

/* ---- results ---- */

void sql_result_free(struct sql_result *r)
{
	PQclear(r->pg);
	r->pg = NULL;
}

int sql_rows(const struct sql_result *r)
{
	return PQntuples(r->pg);
}

bool sql_is_null(const struct sql_result *r, int row, int column)
{
	return PQgetisnull(r->pg, row, column) != 0;
}

static uint64_t big_endian(const uint8_t *p, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | p[i];
	return value;
}

int64_t sql_get_int(const struct sql_result *r, int row, int column)
{
	struct span s = sql_get_bytes(r, row, column);

	if (!s.p)
		return 0;
	if (s.n == 4)
		return (int32_t)big_endian(s.p, 4);
	if (s.n != 8)
		abort();
	return (int64_t)big_endian(s.p, 8);
}

bool sql_get_bool(const struct sql_result *r, int row, int column)
{
	struct span s = sql_get_bytes(r, row, column);

	if (s.p && s.n != 1)
		abort();
	return s.p && s.p[0];
}

int64_t sql_get_time(const struct sql_result *r, int row, int column)
{
	int64_t us;

	if (sql_is_null(r, row, column))
		return 0;
	us = sql_get_int(r, row, column);
	/* Round down, also before 2000. */
	return EPOCH_2000 + us / 1000000 - (us % 1000000 < 0);
}

const char *sql_get_text(const struct sql_result *r, int row, int column)
{
	return sql_is_null(r, row, column) ? NULL : PQgetvalue(r->pg, row, column);
}

const char *sql_get_copy(const struct sql_result *r, int row, int column, struct arena *arena)
{
	const char *text = sql_get_text(r, row, column);

	return text ? arena_strdup(arena, text) : NULL;
}

struct span sql_get_bytes(const struct sql_result *r, int row, int column)
{
	if (sql_is_null(r, row, column))
		return SPAN_NONE;
	return span(PQgetvalue(r->pg, row, column), (size_t)PQgetlength(r->pg, row, column));
}

struct status sql_get_digest(
    const struct sql_result *r, int row, int column, struct digest *ret_digest, struct err *err)
{
	struct span s = sql_get_bytes(r, row, column);

	if (s.n != SHA256_SIZE)
		return err_set(
		    err, ERR_INTERNAL, "a stored digest has %zu bytes, not %d", s.n, SHA256_SIZE);
	memcpy(ret_digest->bytes, s.p, SHA256_SIZE);
	return STATUS_OK;
}

bool sql_get_element(
    const struct sql_result *r, int row, int column, size_t *at, struct span *ret_element)
{
	struct span s = sql_get_bytes(r, row, column);
	size_t head = 20, n;

	if (s.n < head) /* NULL, or no dimension: empty */
		return false;
	if (*at == 0)
		*at = head;
	if (s.n - *at < 4)
		return false;
	n = (size_t)big_endian(s.p + *at, 4);
	if (n > s.n - *at - 4)
		abort();
	*ret_element = span(s.p + *at + 4, n);
	*at += 4 + n;
	return true;
}
