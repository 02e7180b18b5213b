/* sql/migrate.c: see migrate.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sql/db_internal.h"
#include "sql/migrate.h"
#include "sql/migrate_internal.h"

#define MIGRATE_LOCK    "8316291910762520429" /* "signet_m" */
#define POSTGRES_OLDEST 150000

DEFINE_AUTO_PTR(PGconn, PQfinish)
DEFINE_AUTO_PTR(PGresult, PQclear)

int migrate_latest(void)
{
	int latest = 0;

	for (const struct migration *m = migrations; m->version; m++)
		latest = m->version;
	return latest;
}

static void digest_text(const struct migration *m, char text[static 2 * SHA256_SIZE + 1])
{
	struct digest d = sha256(span_str(m->text));

	hex_text(SPAN_OF(d.bytes), text);
}

/* An applied migration, as the table has it, must be ours. */
static struct status check_applied(
    int version, const char *name, const char *digest, struct err *err)
{
	char ours[2 * SHA256_SIZE + 1];

	for (const struct migration *m = migrations; m->version; m++) {
		if (m->version != version)
			continue;
		digest_text(m, ours);
		if (strcmp(ours, digest) == 0)
			return STATUS_OK;
		return err_set(err, ERR_CONFIG,
		    "migration %s was applied with another content (sha256 %.12s..., ours %.12s...): the"
		    " database belongs to another build",
		    name, digest, ours);
	}
	return err_set(err, ERR_CONFIG,
	    "the database's schema is newer (has %s, this program knows up to %d): install the newer"
	    " program",
	    name, migrate_latest());
}

/* Check what is there; ret_version: the newest, 0 for an empty database. Text results. */
static struct status check_all(PGconn *c, int *ret_version, struct err *err)
{
	AUTO_PTR(PGresult)
	pg = PQexec(c,
	    "SELECT version, name, encode(digest, 'hex') FROM schema_migration ORDER BY version");
	int version = 0;

	if (PQresultStatus(pg) != PGRES_TUPLES_OK) {
		const char *state = PQresultErrorField(pg, PG_DIAG_SQLSTATE);

		if (state && strcmp(state, "42P01") == 0) /* undefined_table */
			(void)err_set(
			    err, ERR_CONFIG, "the database has no schema: run signetd migrate");
		else
			(void)err_set(err, ERR_DATABASE, "the schema's version cannot be read");
		err_cause(err, "%s", PQerrorMessage(c));
		return STATUS_FAILED;
	}
	for (int i = 0; i < PQntuples(pg); i++) {
		int v = atoi(PQgetvalue(pg, i, 0));

		TRY(check_applied(v, PQgetvalue(pg, i, 1), PQgetvalue(pg, i, 2), err));
		if (v != version + 1)
			return err_set(
			    err, ERR_CONFIG, "migration %d is missing below %d", version + 1, v);
		version = v;
	}
	*ret_version = version;
	return STATUS_OK;
}

static struct status record(PGconn *c, const struct migration *m, struct err *err)
{
	AUTO(buf) text = {0};
	char digest[2 * SHA256_SIZE + 1];

	digest_text(m, digest);
	/* Number, name and hex are ours: nothing to escape. */
	buf_printf(&text,
	    "INSERT INTO schema_migration (version, name, digest)"
	    " VALUES (%d, '%s', '\\x%s')",
	    m->version, m->name, digest);
	return sql_script(c, buf_cstr(&text), err);
}

static struct status apply_one(PGconn *c, const struct migration *m, struct err *err)
{
	struct status status = sql_script(c, "BEGIN", err);

	if (status.ok)
		status = sql_script(c, m->text, err);
	if (status.ok)
		status = record(c, m, err);
	if (status.ok)
		status = sql_script(c, "COMMIT", err);
	if (!status.ok) {
		char cause[sizeof(err->cause)];

		snprintf(cause, sizeof(cause), "%s", err->cause);
		err_clear(err);
		(void)err_set(
		    err, ERR_DATABASE, "migration %s failed, nothing of it was kept", m->name);
		err_cause(err, "%s", cause);
	}
	return status;
}

static struct status connect_owner(const char *conninfo, PGconn **ret_connection, struct err *err)
{
	AUTO_PTR(PGconn) c = PQconnectdb(conninfo);

	if (PQstatus(c) != CONNECTION_OK) {
		(void)err_set(err, ERR_DATABASE, "the database is away");
		err_cause(err, "%s", PQerrorMessage(c));
		return STATUS_FAILED;
	}
	if (PQserverVersion(c) < POSTGRES_OLDEST)
		return err_set(err, ERR_CONFIG, "PostgreSQL %d is too old, 15 is needed",
		    PQserverVersion(c) / 10000);
	*ret_connection = TAKE(c);
	return STATUS_OK;
}

struct status migrate_run(
    const char *conninfo, const struct migrate_progress *progress, struct err *err)
{
	AUTO_PTR(PGconn) c = NULL;
	int version = 0;

	TRY(connect_owner(conninfo, &c, err));
	/* Waits as long as another one migrates; the lock falls with the connection. */
	TRY(sql_script(c,
	    "SET client_min_messages = warning; SET search_path = public, pg_temp;"
	    "SET statement_timeout = 0; SET lock_timeout = 0;"
	    "SELECT pg_advisory_lock(" MIGRATE_LOCK ")",
	    err));
	TRY(sql_script(c,
	    "CREATE TABLE IF NOT EXISTS schema_migration (version integer PRIMARY KEY,"
	    " name text NOT NULL, digest bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
	    err));
	TRY(check_all(c, &version, err));
	for (const struct migration *m = migrations; m->version; m++) {
		if (m->version <= version)
			continue;
		TRY(apply_one(c, m, err));
		if (progress && progress->applied)
			progress->applied(progress->context, m->version, m->name);
	}
	return STATUS_OK;
}

struct status db_check_schema(struct db *db, struct err *err)
{
	int version = 0;

	TRY(db_use(db, err));
	TRY(check_all(db->connection, &version, err));
	if (version < migrate_latest())
		return err_set(err, ERR_CONFIG,
		    "the database's schema is older (%d, this program needs %d): run signetd migrate",
		    version, migrate_latest());
	return STATUS_OK;
}
