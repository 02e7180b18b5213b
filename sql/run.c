/* sql/run.c: named statements: prepare once, run, say why not. */
#include <stdio.h>
#include <string.h>

#include "sql/db_internal.h"

/* ---- failures ---- */

static const struct {
	const char *state; /* SQLSTATE, or its class of two characters */
	enum err_kind kind;
	bool retryable;
	bool stale; /* what was prepared no longer fits: connect anew */
	const char *message;
} failures[] = {
    {"23505", ERR_CONFLICT, false, false, "there is one already"},
    {"23503", ERR_CONFLICT, false, false,
	"what it refers to is not there, or is still referred to"},
    {"23P01", ERR_CONFLICT, false, false, "at odds with what is stored"},
    {"40001", ERR_DATABASE, true, false, "another transaction came first"},
    {"40P01", ERR_DATABASE, true, false, "another transaction came first"},
    {"55P03", ERR_DATABASE, true, false, "another transaction holds a lock for too long"},
    {"57014", ERR_DATABASE, false, false, "the database did not answer in time"},
    {"25P03", ERR_DATABASE, false, false, "the transaction took too long"},
    {"25P02", ERR_DATABASE, false, false, "the transaction has failed already"},
    {"0A000", ERR_DATABASE, false, true, "the schema has changed"},
    {"26000", ERR_DATABASE, false, true, "the connection lost its statements"},
    {"08", ERR_DATABASE, false, false, "the database is away"},
    {"53", ERR_DATABASE, false, false, "the database is out of room"},
    {"57", ERR_DATABASE, false, false, "the database is away"},
    {"58", ERR_DATABASE, false, false, "the database has a fault"},
    {"25006", ERR_DATABASE, false, true, "the database is read-only (a standby?)"},
};

static void keep_constraint(struct db *db, const PGresult *pg)
{
	const char *name = PQresultErrorField(pg, PG_DIAG_CONSTRAINT_NAME);

	snprintf(db->constraint, sizeof(db->constraint), "%s", name ? name : "");
}

static struct status failure_of_state(
    struct db *db, const char *state, const PGresult *pg, struct err *err)
{
	for (size_t i = 0; i < COUNT(failures); i++) {
		if (strncmp(state, failures[i].state, strlen(failures[i].state)) != 0)
			continue;
		db->retryable = failures[i].retryable;
		(void)err_set(err, failures[i].kind, "%s", failures[i].message);
		err_cause(err, "%s", PQresultErrorMessage(pg));
		if (failures[i].stale)
			db_drop(db);
		return STATUS_FAILED;
	}
	(void)err_set(err, ERR_INTERNAL, "the database refused a statement");
	err_cause(err, "%s", PQresultErrorMessage(pg));
	return STATUS_FAILED;
}

struct status db_failed(struct db *db, const PGresult *pg, struct err *err)
{
	const char *state = pg ? PQresultErrorField(pg, PG_DIAG_SQLSTATE) : NULL;

	keep_constraint(db, pg);
	db->retryable = false;
	if (state && PQstatus(db->connection) != CONNECTION_BAD)
		return failure_of_state(db, state, pg, err);
	(void)err_set(err, ERR_DATABASE, "the database is away");
	err_cause(err, "%s", PQerrorMessage(db->connection));
	db_drop(db);
	return STATUS_FAILED;
}

const char *sql_constraint(const struct db *db)
{
	return db->constraint;
}

bool sql_retryable(const struct db *db)
{
	return db->retryable;
}

bool db_retryable(const struct db *db)
{
	return db->retryable;
}

struct status sql_script(PGconn *connection, const char *text, struct err *err)
{
	PGresult *pg = PQexec(connection, text);
	ExecStatusType s = PQresultStatus(pg);
	struct status status = STATUS_OK;

	if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK) {
		status = err_set(err, ERR_DATABASE, "the database refused a command");
		err_cause(err, "%s", PQerrorMessage(connection));
	}
	PQclear(pg);
	return status;
}

/* ---- statements ---- */

struct wire {
	const char *values[SQL_PARAMS_MAX];
	int lengths[SQL_PARAMS_MAX];
	int formats[SQL_PARAMS_MAX];
	uint8_t numbers[SQL_PARAMS_MAX][8];
};

static int put_number(uint8_t *out, int64_t number, int width)
{
	for (int i = 0; i < width; i++)
		out[i] = (uint8_t)((uint64_t)number >> (8 * (width - 1 - i)));
	return width;
}

static void wire_params(const struct sql_param *params, size_t n, struct wire *w)
{
	static const int widths[] = {[SQL_INT8] = 8, [SQL_INT4] = 4, [SQL_BOOL] = 1};

	for (size_t i = 0; i < n; i++) {
		const struct sql_param *p = &params[i];

		w->formats[i] = 1;
		w->lengths[i] = 0;
		w->values[i] = NULL;
		if (p->shape == SQL_NULL)
			continue;
		if (p->shape == SQL_BORROWED) {
			w->values[i] = (const char *)p->bytes.p;
			w->lengths[i] = (int)p->bytes.n;
			continue;
		}
		w->values[i] = (const char *)w->numbers[i];
		w->lengths[i] = put_number(w->numbers[i], p->number, widths[p->shape]);
	}
}

static bool went_well(const PGresult *pg)
{
	ExecStatusType s = PQresultStatus(pg);

	return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

static struct status prepare(struct db *db, enum sql_statement statement, struct err *err)
{
	struct status status = STATUS_OK;
	PGresult *pg;

	if (db->prepared[statement])
		return STATUS_OK;
	pg = PQprepare(
	    db->connection, sql_texts[statement].name, sql_texts[statement].text, 0, NULL);
	if (went_well(pg))
		db->prepared[statement] = true;
	else
		status = db_failed(db, pg, err);
	PQclear(pg);
	return status;
}

struct status sql_run(struct db *db, enum sql_statement statement, const struct sql_param *params,
    size_t n, struct sql_result *ret_result, struct err *err)
{
	struct wire w;
	PGresult *pg;
	struct status status = STATUS_OK;

	if (n > SQL_PARAMS_MAX)
		return err_set(err, ERR_INTERNAL, "%zu parameters are too many", n);
	TRY(db_use(db, err));
	TRY(prepare(db, statement, err));
	wire_params(params, n, &w);
	pg = PQexecPrepared(
	    db->connection, sql_texts[statement].name, (int)n, w.values, w.lengths, w.formats, 1);
	if (!went_well(pg))
		status = db_failed(db, pg, err);
	else if (ret_result)
		ret_result->pg = TAKE(pg);
	PQclear(pg);
	return status;
}

/* ---- several in one round trip ---- */

static struct status send_all(
    struct db *db, const struct sql_call *calls, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct wire w;

		wire_params(calls[i].params, calls[i].n, &w);
		if (!PQsendQueryPrepared(db->connection, sql_texts[calls[i].statement].name,
			(int)calls[i].n, w.values, w.lengths, w.formats, 1))
			return db_failed(db, NULL, err);
	}
	if (!PQpipelineSync(db->connection))
		return db_failed(db, NULL, err);
	return STATUS_OK;
}

/* One statement's result, and the NULL that ends it. */
static struct status receive(struct db *db, struct sql_result *ret_result, struct err *err)
{
	PGresult *pg = PQgetResult(db->connection), *more;
	struct status status = STATUS_OK;

	if (went_well(pg))
		ret_result->pg = TAKE(pg);
	else if (PQresultStatus(pg) == PGRES_PIPELINE_ABORTED)
		status = err_set(err, ERR_INTERNAL, "skipped after a failure");
	else
		status = db_failed(db, pg, err);
	PQclear(pg);
	while (db->connection && (more = PQgetResult(db->connection)) != NULL)
		PQclear(more);
	return status;
}

static struct status receive_all(struct db *db, struct sql_call *calls, size_t n, struct err *err)
{
	struct status first = STATUS_OK;
	PGresult *sync;
	bool synced;

	for (size_t i = 0; i < n && db->connection; i++) {
		struct err later = {0};
		struct status s = receive(db, &calls[i].result, first.ok ? err : &later);

		if (first.ok)
			first = s;
	}
	if (!db->connection)
		return STATUS_FAILED;
	sync = PQgetResult(db->connection);
	synced = PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
	/* The implicit transaction commits at the sync: a deferred failure is reported in its
	 * place. */
	if (!synced)
		first = first.ok ? db_failed(db, sync, err) : first;
	PQclear(sync);
	return first;
}

struct status sql_run_all(struct db *db, struct sql_call *calls, size_t n, struct err *err)
{
	struct status status;

	if (n > SQL_CALLS_MAX)
		return err_set(err, ERR_INTERNAL, "%zu statements are too many", n);
	TRY(db_use(db, err));
	for (size_t i = 0; i < n; i++) {
		calls[i].result.pg = NULL;
		if (calls[i].n > SQL_PARAMS_MAX)
			return err_set(
			    err, ERR_INTERNAL, "%zu parameters are too many", calls[i].n);
		TRY(prepare(db, calls[i].statement, err));
	}
	if (!PQenterPipelineMode(db->connection))
		return err_set(
		    err, ERR_INTERNAL, "no pipeline: %s", PQerrorMessage(db->connection));
	status = send_all(db, calls, n, err);
	if (status.ok)
		status = receive_all(db, calls, n, err);
	/* Out of step, whatever the cause: start anew rather than mistake one answer for another.
	 */
	if (db->connection && !PQexitPipelineMode(db->connection))
		db_drop(db);
	for (size_t i = 0; !status.ok && i < n; i++)
		sql_result_free(&calls[i].result);
	return status;
}
