/* sql/db.c: the life of a connection. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sql/db_internal.h"

#define STATEMENT_TIMEOUT_MS \
	10000 /* longer than any statement of a request, shorter than a client's patience */
#define LOCK_TIMEOUT_MS 5000
#define IDLE_TIMEOUT_MS 30000 /* a worker that hangs in a transaction must not hold its locks */
#define DELAY_FIRST_MS  200
#define DELAY_MOST_MS   5000

struct db *db_new(const struct db_config *config)
{
	struct db *db = mem_alloc(sizeof(*db));

	db->conninfo = mem_strdup(config->conninfo ? config->conninfo : "");
	db->application_name =
	    mem_strdup(config->application_name ? config->application_name : "signetd");
	db->statement_timeout_ms =
	    config->statement_timeout_ms ? config->statement_timeout_ms : STATEMENT_TIMEOUT_MS;
	return db;
}

struct status db_open(const struct db_config *config, struct db **ret_db, struct err *err)
{
	AUTO_REF(db) db = db_new(config);

	TRY(db_use(db, err));
	*ret_db = TAKE(db);
	return STATUS_OK;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	PQfinish(db->connection);
	free(db->conninfo);
	free(db->application_name);
	free(db->channel);
	free(db);
}

void db_drop(struct db *db)
{
	PQfinish(db->connection);
	db->connection = NULL;
	memset(db->prepared, 0, sizeof(db->prepared));
	db->missed = true;
}

/*
 * What a dead server left in the socket is found here, before a statement is lost to it: while a
 * connection is idle nothing but notices, notifications and the end can arrive.
 */
static bool still_there(struct db *db)
{
	struct pollfd p = {.fd = PQsocket(db->connection), .events = POLLIN};

	while (poll(&p, 1, 0) > 0) {
		if (!PQconsumeInput(db->connection) || PQstatus(db->connection) != CONNECTION_OK)
			return false;
	}
	return true;
}

static void ignore_notice(void *context, const char *message)
{
	(void)context;
	(void)message;
}

static struct status settings(struct db *db, PGconn *c, struct err *err)
{
	AUTO(buf) text = {0};
	char *quoted = db->channel ? PQescapeIdentifier(c, db->channel, strlen(db->channel)) : NULL;

	/* A commit is acknowledged only when it is durable, whatever the cluster's default. */
	buf_printf(&text,
	    "SET statement_timeout = %lld; SET lock_timeout = %d;"
	    "SET idle_in_transaction_session_timeout = %d; SET search_path = public, pg_temp;"
	    "SELECT set_config('synchronous_commit', 'on', false)"
	    " WHERE current_setting('synchronous_commit') IN ('off', 'local');",
	    (long long)db->statement_timeout_ms, LOCK_TIMEOUT_MS, IDLE_TIMEOUT_MS);
	if (quoted)
		buf_printf(&text, "LISTEN %s;", quoted);
	PQfreemem(quoted);
	return sql_script(c, buf_cstr(&text), err);
}

static struct status connect_now(struct db *db, struct err *err)
{
	/* What stands before dbname is a default that the conninfo may change. */
	const char *const keywords[] = {"connect_timeout", "keepalives_idle", "keepalives_interval",
	    "keepalives_count", "tcp_user_timeout", "dbname", "application_name", "client_encoding",
	    NULL};
	const char *const values[] = {
	    "5", "10", "5", "3", "15000", db->conninfo, db->application_name, "UTF8", NULL};
	PGconn *c = PQconnectdbParams(keywords, values, 1);
	struct status status;

	if (PQstatus(c) != CONNECTION_OK) {
		status = err_set(err, ERR_DATABASE, "the database is away");
		err_cause(err, "%s", PQerrorMessage(c));
	} else {
		PQsetNoticeProcessor(c, ignore_notice, NULL);
		status = settings(db, c, err);
	}
	if (!status.ok) {
		PQfinish(c);
		return status;
	}
	db->connection = c;
	return STATUS_OK;
}

static struct status reconnect(struct db *db, struct err *err)
{
	int64_t now = monotonic_ms();
	struct status status;

	if (now < db->retry_at) {
		status = err_set(err, ERR_DATABASE, "the database is away");
		err_cause(
		    err, "next attempt to connect in %lld ms", (long long)(db->retry_at - now));
		return status;
	}
	status = connect_now(db, err);
	if (status.ok) {
		db->delay = 0;
		db->retry_at = 0;
		return status;
	}
	db->delay = db->delay ? db->delay * 2 : DELAY_FIRST_MS;
	if (db->delay > DELAY_MOST_MS)
		db->delay = DELAY_MOST_MS;
	db->retry_at = monotonic_ms() + db->delay;
	return status;
}

struct status db_use(struct db *db, struct err *err)
{
	/* A new connection would run the rest of a lost transaction as if it stood alone. */
	if (db->in_transaction && !db->connection)
		return err_set(err, ERR_DATABASE, "the database went away during a transaction");
	if (db->in_transaction)
		return STATUS_OK;
	if (db->connection && still_there(db))
		return STATUS_OK;
	if (db->connection)
		db_drop(db);
	return reconnect(db, err);
}

struct status db_ping(struct db *db, struct err *err)
{
	TRY(db_use(db, err));
	return sql_run(db, STATEMENT_ping, NULL, 0, NULL, err);
}

/* ---- transactions ---- */

static struct status command(struct db *db, const char *text, const char *want_tag, struct err *err)
{
	PGresult *pg = PQexec(db->connection, text);
	struct status status = STATUS_OK;

	if (PQresultStatus(pg) != PGRES_COMMAND_OK)
		status = db_failed(db, pg, err);
	else if (strcmp(PQcmdStatus(pg), want_tag) != 0)
		status =
		    err_set(err, ERR_DATABASE, "the transaction had failed and was rolled back");
	PQclear(pg);
	return status;
}

struct status db_begin(struct db *db, struct err *err)
{
	if (db->in_transaction)
		return err_set(err, ERR_INTERNAL, "a transaction within a transaction");
	TRY(db_use(db, err));
	TRY(command(db, "BEGIN", "BEGIN", err));
	db->in_transaction = true;
	return STATUS_OK;
}

struct status db_commit(struct db *db, struct err *err)
{
	struct status status;

	if (!db->in_transaction)
		return err_set(err, ERR_INTERNAL, "commit outside a transaction");
	status = db_use(db, err);
	if (status.ok)
		status = command(db, "COMMIT", "COMMIT", err);
	db->in_transaction = false;
	return status;
}

void db_rollback(struct db *db)
{
	struct err ignored = {0};

	if (!db->in_transaction)
		return;
	if (db->connection && !command(db, "ROLLBACK", "ROLLBACK", &ignored).ok && db->connection)
		db_drop(db);
	db->in_transaction = false;
}

bool db_in_transaction(const struct db *db)
{
	return db->in_transaction;
}

struct status db_mark(struct db *db, struct err *err)
{
	if (!db->in_transaction)
		return err_set(err, ERR_INTERNAL, "a mark outside a transaction");
	TRY(db_use(db, err));
	return command(db, "SAVEPOINT mark", "SAVEPOINT", err);
}

struct status db_unmark(struct db *db, struct err *err)
{
	TRY(db_use(db, err));
	return command(db, "RELEASE SAVEPOINT mark", "RELEASE", err);
}

void db_undo(struct db *db)
{
	struct err ignored = {0};

	/* Where that fails, so does the commit. */
	if (db->connection && command(db, "ROLLBACK TO SAVEPOINT mark", "ROLLBACK", &ignored).ok)
		(void)command(db, "RELEASE SAVEPOINT mark", "RELEASE", &ignored).ok;
}

/* ---- notifications ---- */

int db_socket(const struct db *db)
{
	return db->connection ? PQsocket(db->connection) : -1;
}

struct status db_listen(struct db *db, const char *channel, struct err *err)
{
	free(db->channel);
	db->channel = mem_strdup(channel);
	/* A new connection listens by itself; one that is there is made anew, which is rare and
	 * simple. */
	if (db->connection)
		db_drop(db);
	TRY(db_use(db, err));
	db->missed = false;
	return STATUS_OK;
}

static bool take_notifications(struct db *db)
{
	bool any = db->missed;
	PGnotify *n;

	db->missed = false;
	while ((n = PQnotifies(db->connection)) != NULL) {
		any = true;
		PQfreemem(n);
	}
	return any;
}

/* The end of a connection may arrive in two pieces; what wakes us need not be a notification. */
struct status db_wait(struct db *db, int timeout_ms, bool *ret_notified, struct err *err)
{
	int64_t deadline = monotonic_ms() + timeout_ms, left = timeout_ms;
	struct pollfd p = {.events = POLLIN};
	bool notified;

	TRY(db_use(db, err));
	while (!(notified = take_notifications(db)) && left > 0) {
		p.fd = PQsocket(db->connection);
		(void)poll(&p, 1, (int)left);
		TRY(db_use(db, err)); /* reads what came; a lost connection is made anew */
		left = deadline - monotonic_ms();
	}
	*ret_notified = notified;
	return STATUS_OK;
}
