/*
 * sql/db.h: one connection to PostgreSQL, owned by one thread.
 *
 * sql/ is the only folder that knows SQL. Statements are files, sql/queries/NAME.sql,
 * compiled in and prepared on first use on each connection; parameters are always
 * separate and binary or text as the typed function says. A lost connection is made anew
 * on the next use, with back-off; until then ERR_DATABASE comes at once.
 */
#ifndef SIGNET_SQL_DB_H
#define SIGNET_SQL_DB_H

#include "base/err.h"
#include "base/span.h"

struct db;

struct db_config {
	const char *conninfo;         /* libpq string or URI */
	int64_t statement_timeout_ms; /* 0: 10,000 */
	const char *application_name; /* seen in pg_stat_activity; NULL: "signetd" */
};

/* Connects now. ERR_DATABASE. */
struct status db_open(const struct db_config *config, struct db **ret_db, struct err *err);
/* Makes the struct without connecting: the first use connects. Never fails. */
struct db *db_new(const struct db_config *config);
void db_close(struct db *db);
/* Is it there? One round trip, reconnecting where due. ERR_DATABASE. */
struct status db_ping(struct db *db, struct err *err);
/* Is the schema the one this program was built for? ERR_CONFIG says which is newer. */
struct status db_check_schema(struct db *db, struct err *err);

struct status db_begin(struct db *db, struct err *err);
struct status db_commit(struct db *db, struct err *err); /* ERR_DATABASE: outcome may be unknown */
void db_rollback(struct db *db);                         /* no-op outside a transaction */
bool db_in_transaction(const struct db *db);
/* Did the last failure come of a race with somebody else's transaction? Repeat it from the start.
 */
bool db_retryable(const struct db *db);
/*
 * Within a transaction: what is done behind the mark can be undone alone. One mark at a time; it
 * ends with db_unmark() or, undone, with db_undo().
 */
struct status db_mark(struct db *db, struct err *err);
struct status db_unmark(struct db *db, struct err *err);
void db_undo(struct db *db);

/* Wait for NOTIFY on `channel` up to timeout_ms. ret_notified false on time-out. */
struct status db_listen(struct db *db, const char *channel, struct err *err);
struct status db_wait(struct db *db, int timeout_ms, bool *ret_notified, struct err *err);
/* For a thread that must stop: the socket to poll together with others; -1 when not connected. */
int db_socket(const struct db *db);

DEFINE_AUTO_REF(db, db_close)

#endif
