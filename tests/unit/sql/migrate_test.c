/* tests/unit/sql/migrate_test.c */
#include <pthread.h>

#include <criterion/criterion.h>

#include "sql/migrate.h"
#include "tests/lib/pg.h"

static void count(void *context, int version, const char *name)
{
	(void)version;
	(void)name;
	++*(int *)context;
}

struct migrator {
	const char *conninfo;
	int applied;
	bool ok;
	struct err err;
};

static void *migrate_thread(void *context)
{
	struct migrator *m = context;
	const struct migrate_progress progress = {count, &m->applied};

	m->ok = migrate_run(m->conninfo, &progress, &m->err).ok;
	return NULL;
}

Test(sql_migrate, of_two_at_once_one_migrates_and_one_waits)
{
	struct pg_database d = pg_database_new(false);
	struct migrator m[2] = {{.conninfo = d.owner}, {.conninfo = d.owner}};
	pthread_t t[2];

	for (int i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&t[i], NULL, migrate_thread, &m[i]), 0);
	for (int i = 0; i < 2; i++) {
		pthread_join(t[i], NULL);
		cr_expect(m[i].ok, "%s: %s", m[i].err.message, m[i].err.cause);
	}
	cr_expect_eq(m[0].applied + m[1].applied, migrate_latest());
	cr_expect(m[0].applied == 0 || m[1].applied == 0, "%d and %d", m[0].applied, m[1].applied);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM schema_migration"), migrate_latest());
	pg_database_drop(&d);
}

Test(sql_migrate, a_second_run_does_nothing)
{
	struct pg_database d = pg_database_new(true);
	struct migrator m = {.conninfo = d.owner};

	migrate_thread(&m);
	cr_expect(m.ok, "%s: %s", m.err.message, m.err.cause);
	cr_expect_eq(m.applied, 0);
	pg_database_drop(&d);
}

Test(sql_migrate, another_content_is_refused_by_name)
{
	struct pg_database d = pg_database_new(true);
	struct migrator m = {.conninfo = d.owner};

	pg_exec(&d, "UPDATE schema_migration SET digest = sha256('other') WHERE version = 2");
	migrate_thread(&m);
	cr_expect(!m.ok);
	cr_expect_eq(m.err.kind, ERR_CONFIG);
	cr_expect(strstr(m.err.message, "0002_inventory"), "%s", m.err.message);
	pg_database_drop(&d);
}

Test(sql_migrate, a_gap_is_refused)
{
	struct pg_database d = pg_database_new(true);
	struct migrator m = {.conninfo = d.owner};

	pg_exec(&d, "DELETE FROM schema_migration WHERE version = 2");
	migrate_thread(&m);
	cr_expect(!m.ok);
	cr_expect_eq(m.err.kind, ERR_CONFIG);
	pg_database_drop(&d);
}

Test(sql_migrate, a_failed_one_leaves_nothing_behind)
{
	struct pg_database d = pg_database_new(false);
	struct migrator m = {.conninfo = d.owner};

	/* What 0002 wants to make last is there already. */
	pg_exec(&d, "CREATE TABLE trust_revoked (x int)");
	migrate_thread(&m);
	cr_expect(!m.ok);
	cr_expect_eq(m.err.kind, ERR_DATABASE);
	cr_expect(strstr(m.err.cause, "trust_revoked"), "%s", m.err.cause);
	cr_expect_eq(pg_number(&d, "SELECT max(version) FROM schema_migration"), 1);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM pg_class WHERE relname = 'device'"), 0);
	pg_exec(&d, "DROP TABLE trust_revoked");
	m.err = (struct err){0};
	migrate_thread(&m);
	cr_expect(m.ok, "%s: %s", m.err.message, m.err.cause);
	pg_database_drop(&d);
}

Test(sql_migrate, the_server_role_cannot_migrate)
{
	struct pg_database d = pg_database_new(false);
	struct migrator m = {.conninfo = d.server};

	migrate_thread(&m);
	cr_expect(!m.ok);
	pg_database_drop(&d);
}

/* ---- db_check_schema ---- */

static enum err_kind check(const struct pg_database *d, struct err *err)
{
	AUTO_REF(db) db = pg_open(d);

	return db_check_schema(db, err).ok ? ERR_NONE : err->kind;
}

Test(sql_check_schema, the_right_one_passes)
{
	struct pg_database d = pg_database_new(true);
	struct err err = {0};

	cr_expect_eq(check(&d, &err), ERR_NONE, "%s: %s", err.message, err.cause);
	pg_database_drop(&d);
}

Test(sql_check_schema, an_older_one_says_migrate)
{
	struct pg_database d = pg_database_new(true);
	struct err err = {0};

	pg_exec(&d,
	    "DELETE FROM schema_migration WHERE version = (SELECT max(version) FROM schema_migration)");
	cr_expect_eq(check(&d, &err), ERR_CONFIG);
	cr_expect(strstr(err.message, "older"), "%s", err.message);
	cr_expect(strstr(err.message, "signetd migrate"), "%s", err.message);
	pg_database_drop(&d);
}

Test(sql_check_schema, a_newer_one_says_so)
{
	struct pg_database d = pg_database_new(true);
	struct err err = {0};

	pg_exec(&d, "INSERT INTO schema_migration VALUES (999, '0999_future', '\\x00')");
	cr_expect_eq(check(&d, &err), ERR_CONFIG);
	cr_expect(strstr(err.message, "newer"), "%s", err.message);
	pg_database_drop(&d);
}

Test(sql_check_schema, an_empty_database_says_migrate)
{
	struct pg_database d = pg_database_new(false);
	struct err err = {0};

	cr_expect_eq(check(&d, &err), ERR_CONFIG);
	cr_expect(strstr(err.message, "no schema"), "%s", err.message);
	pg_database_drop(&d);
}
