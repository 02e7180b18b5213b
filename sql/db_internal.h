/*
 * sql/db_internal.h: how a typed function of sql/ runs its statement.
 *
 *	AUTO(sql_result) r = {0};
 *	const struct sql_param params[] = {sql_int(product_id), sql_text(serial)};
 *	TRY(sql_run(db, STATEMENT_device_find, params, COUNT(params), &r, err));
 *	if (sql_rows(&r) == 1) id = sql_get_int(&r, 0, 0);
 *
 * The statement is sql/queries/device_find.sql. It is prepared on its first use on each
 * connection. Parameters and results are binary, so types must be exact: where PostgreSQL cannot
 * see the type from a column, write the cast ($1::bigint). What travels how:
 *   sql_int bigint, sql_int4 integer, sql_bool boolean, sql_time timestamptz (seconds since 1970),
 *   sql_text text, json, ..., sql_bytes bytea, sql_array_... text[], bytea[], bigint[].
 */
#ifndef SIGNET_SQL_DB_INTERNAL_H
#define SIGNET_SQL_DB_INTERNAL_H

#include <libpq-fe.h>

#include "base/encode.h"
#include "sql/db.h"

#include "sql_queries.h" /* made by sql/embed.sh: enum sql_statement */

struct db {
	char *conninfo;
	char *application_name;
	int64_t statement_timeout_ms;
	PGconn *connection;             /* NULL: not connected */
	bool prepared[STATEMENT_COUNT]; /* on this connection */
	bool in_transaction; /* stays true when the connection is lost, until rolled back */
	int64_t retry_at;    /* monotonic milliseconds: not before then */
	int64_t delay;       /* milliseconds between attempts, 0 after a success */
	char *channel;       /* LISTENed to again on a new connection; NULL: none */
	bool missed;         /* a new connection: notifications may have been lost */
	char constraint[64];
	bool retryable;
};

struct sql_text {
	const char *name;
	const char *text;
};
extern const struct sql_text sql_texts[STATEMENT_COUNT];

enum sql_shape {
	SQL_NULL,
	SQL_BORROWED,
	SQL_INT8,
	SQL_INT4,
	SQL_BOOL
};

struct sql_param {
	enum sql_shape shape;
	struct span bytes; /* SQL_BORROWED: must live until the statement has run */
	int64_t number;
};
#define SQL_PARAMS_MAX 40

struct sql_param sql_null(void);
struct sql_param sql_int(int64_t value);
struct sql_param sql_int_or_null(int64_t value); /* 0 gives NULL: for ids that may be absent */
struct sql_param sql_int4(int32_t value);
struct sql_param sql_bool(bool value);
struct sql_param sql_time(int64_t seconds);
struct sql_param sql_time_or_null(int64_t seconds);  /* 0 gives NULL */
struct sql_param sql_text(const char *s);            /* NULL gives NULL */
struct sql_param sql_bytes(struct span s);           /* p NULL gives NULL */
struct sql_param sql_digest(const struct digest *d); /* NULL gives NULL */
/* Arrays are built into `room`, which must live until the statement has run. */
struct sql_param sql_array_text(struct buf *room, const char *const *items, size_t n);
struct sql_param sql_array_bytes(struct buf *room, const struct span *items, size_t n);
struct sql_param sql_array_int(struct buf *room, const int64_t *items, size_t n);

struct sql_result {
	PGresult *pg;
};
void sql_result_free(struct sql_result *r);
static inline void sql_result_auto(struct sql_result *r)
{
	sql_result_free(r);
}

/*
 * Run one statement. ret_result may be NULL where only success counts.
 * ERR_CONFLICT: unique or foreign key or exclusion violated; sql_constraint() says which.
 * ERR_DATABASE: not reached, timed out, or lost a race (sql_retryable()): repeat the transaction.
 * ERR_INTERNAL: the statement itself is wrong. err->cause has PostgreSQL's words.
 */
struct status sql_run(struct db *db, enum sql_statement statement, const struct sql_param *params,
    size_t n, struct sql_result *ret_result, struct err *err);

/*
 * Several statements in one round trip. Outside a transaction they are one: all or nothing, durable
 * on return. The first failure is reported and the rest is skipped; results are then empty.
 */
struct sql_call {
	enum sql_statement statement;
	const struct sql_param *params;
	size_t n;
	struct sql_result result; /* out; freed by the caller */
};
#define SQL_CALLS_MAX 8
struct status sql_run_all(struct db *db, struct sql_call *calls, size_t n, struct err *err);

/* Of the last failure on this connection. */
const char *sql_constraint(const struct db *db); /* "" where none */
bool sql_retryable(const struct db *db);         /* serialization failure or deadlock */

int sql_rows(const struct sql_result *r);
bool sql_is_null(const struct sql_result *r, int row, int column);
/* Readers trust the query's types; a wrong width aborts, since it is a mistake in our source. */
int64_t sql_get_int(
    const struct sql_result *r, int row, int column); /* bigint or integer; NULL: 0 */
bool sql_get_bool(const struct sql_result *r, int row, int column);
int64_t sql_get_time(const struct sql_result *r, int row, int column); /* seconds; NULL: 0 */
const char *sql_get_text(
    const struct sql_result *r, int row, int column); /* NULL: NULL; lives as r */
const char *sql_get_copy(
    const struct sql_result *r, int row, int column, struct arena *arena);  /* NULL: NULL */
struct span sql_get_bytes(const struct sql_result *r, int row, int column); /* NULL: SPAN_NONE */
struct status sql_get_digest(const struct sql_result *r, int row, int column,
    struct digest *ret_digest, struct err *err); /* ERR_INTERNAL: not 32 bytes */
/* Elements of a bytea[] or text[], one after the other: *at starts at 0. False at the end. */
bool sql_get_element(
    const struct sql_result *r, int row, int column, size_t *at, struct span *ret_element);

/* The connection, made anew where it is lost and due. For functions of sql/ that call libpq
 * themselves. */
struct status db_use(struct db *db, struct err *err);
void db_drop(struct db *db); /* close it: the next use connects again */
/* Turn a failed result into an error; drops the connection where it is lost. Does not clear pg. */
struct status db_failed(struct db *db, const PGresult *pg, struct err *err);

/* Text of our own, several statements allowed, no parameters: migrations and settings. */
struct status sql_script(PGconn *connection, const char *text, struct err *err);

#endif
