/* tests/lib/pg.c: see pg.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "sql/migrate.h"
#include "tests/lib/pg.h"
#include "tests/lib/place.h"

/* For the processes of one run: the directory of their cluster, and the program that runs them. */
#define SHARED     "SIGNET_TEST_CLUSTER"
#define SHARED_RUN "SIGNET_TEST_CLUSTER_RUN"
/* The database there that new ones are copied from. */
#define MIGRATED "migrated"

static void die(const char *what, const char *why)
{
	fprintf(stderr, "tests/lib/pg: %s: %s\n", what, why);
	abort();
}

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	if (system(command) != 0)
		die("failed", command);
}

/*
 * Tests run from the top of the tree. The watcher ends the cluster when the run is gone without
 * having said so; it must not keep the run's output open.
 */
static void start_cluster(const char *directory, pid_t run)
{
	shell("deploy/private-postgres start %s >/dev/null", directory);
	shell("(setsid sh -c 'while kill -0 %ld 2>/dev/null && [ -d %s ]; do sleep 1; done;"
	      " if [ -d %s ]; then deploy/private-postgres stop %s; rm -rf %s; fi'"
	      " </dev/null >/dev/null 2>&1 &)",
	    (long)run, directory, directory, directory, directory);
}

static void end_cluster(const char *directory)
{
	shell("[ ! -d %s ] || { deploy/private-postgres stop %s && rm -rf %s; }", directory,
	    directory, directory);
}

/*
 * In the program that runs the tests, before it runs any: name the place. Its children, which run
 * the tests whatever the runner, inherit the name; who never asks for a database makes nothing.
 */
__attribute__((constructor)) static void name_cluster(void)
{
	char directory[96], run[32];
	uint64_t unique;

	if (getenv(SHARED))
		return;
	if (getrandom(&unique, sizeof(unique), 0) != sizeof(unique))
		die("no random name", strerror(errno));
	snprintf(run, sizeof(run), "%ld", (long)getpid());
	snprintf(directory, sizeof(directory), "%s/signet-cluster-%s-%016" PRIx64, place_top(), run,
	    unique);
	setenv(SHARED, directory, 1);
	setenv(SHARED_RUN, run, 1);
}

/* And when that program ends; children that end are not it. */
__attribute__((destructor)) static void drop_cluster(void)
{
	const char *directory = getenv(SHARED), *run = getenv(SHARED_RUN);

	if (directory && run && atol(run) == (long)getpid())
		end_cluster(directory);
}

static void conninfo(
    char *out, size_t size, const char *cluster, const char *name, const char *role)
{
	snprintf(out, size, "host=%.200s/socket dbname=%s user=%s", cluster, name, role);
}

static PGconn *connect_to(const char *info)
{
	PGconn *c = PQconnectdb(info);

	if (PQstatus(c) != CONNECTION_OK)
		die(info, PQerrorMessage(c));
	return c;
}

static void run_sql(const char *info, const char *sql)
{
	PGconn *c = connect_to(info);
	PGresult *r = PQexec(c, sql);
	ExecStatusType s = PQresultStatus(r);

	if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
		die(sql, PQerrorMessage(c));
	PQclear(r);
	PQfinish(c);
}

static void migrate(const char *owner)
{
	struct err err = {0};

	if (!migrate_run(owner, NULL, &err).ok)
		die(err.message, err.cause);
}

/*
 * What the shared cluster holds outlives no test, so nothing waits for a disk there; whoever wants
 * to see what is durable takes a cluster apart. Migrated once: databases for tests are copies.
 */
static void prepare_shared(const char *cluster)
{
	char postgres[320], owner[320];

	conninfo(postgres, sizeof(postgres), cluster, "postgres", "postgres");
	conninfo(owner, sizeof(owner), cluster, MIGRATED, "signet_owner");
	run_sql(postgres, "ALTER SYSTEM SET fsync = off");
	run_sql(postgres, "SELECT pg_reload_conf()");
	run_sql(postgres, "CREATE DATABASE " MIGRATED " OWNER signet_owner");
	migrate(owner);
}

/* The first test that comes starts it, the others wait. */
static const char *shared_cluster(void)
{
	const char *directory = getenv(SHARED), *run = getenv(SHARED_RUN);
	char path[128];
	struct stat st;
	int lock;

	if (!directory || !run)
		die("no cluster", "the program did not set " SHARED);
	snprintf(path, sizeof(path), "%s/started", directory);
	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		die(directory, strerror(errno));
	lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX) != 0)
		die("no lock", strerror(errno));
	if (stat(path, &st) != 0) {
		start_cluster(directory, (pid_t)atol(run));
		prepare_shared(directory);
		shell("touch %s", path);
	}
	close(lock);
	return directory;
}

static struct pg_database database_in(const char *cluster, const char *name)
{
	struct pg_database d = {0};

	snprintf(d.name, sizeof(d.name), "%s", name);
	conninfo(d.owner, sizeof(d.owner), cluster, name, "signet_owner");
	conninfo(d.server, sizeof(d.server), cluster, name, "signet_server");
	conninfo(d.superuser, sizeof(d.superuser), cluster, name, "postgres");
	return d;
}

/* Who may do what with a database stands outside of it: CREATE DATABASE does not copy that. */
static void copy_rights(const char *postgres, const char *name)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
	    "UPDATE pg_database SET datacl = m.datacl FROM pg_database m"
	    " WHERE pg_database.datname = '%s' AND m.datname = '" MIGRATED "'",
	    name);
	run_sql(postgres, sql);
}

struct pg_database pg_database_new(bool migrated)
{
	static int counter;
	const char *cluster = shared_cluster();
	char name[64], sql[192], info[320];

	snprintf(name, sizeof(name), "t%ld_%d", (long)getpid(), counter++);
	snprintf(sql, sizeof(sql),
	    "CREATE DATABASE %s OWNER signet_owner TEMPLATE %s STRATEGY file_copy", name,
	    migrated ? MIGRATED : "template1");
	conninfo(info, sizeof(info), cluster, "postgres", "postgres");
	run_sql(info, sql);
	if (migrated)
		copy_rights(info, name);
	return database_in(cluster, name);
}

void pg_database_drop(struct pg_database *d)
{
	char sql[160], info[320];

	if (d->cluster[0]) {
		end_cluster(d->cluster);
	} else {
		snprintf(sql, sizeof(sql), "DROP DATABASE %s WITH (FORCE)", d->name);
		conninfo(info, sizeof(info), shared_cluster(), "postgres", "postgres");
		run_sql(info, sql);
	}
	*d = (struct pg_database){0};
}

struct db *pg_open(const struct pg_database *d)
{
	const struct db_config config = {.conninfo = d->server};
	struct db *db = NULL;
	struct err err = {0};

	if (!db_open(&config, &db, &err).ok)
		die(err.message, err.cause);
	return db;
}

void pg_exec(const struct pg_database *d, const char *sql)
{
	run_sql(d->superuser, sql);
}

const char *pg_state_as(const char *info, const char *sql)
{
	static char state[6];
	PGconn *c = connect_to(info);
	PGresult *r = PQexec(c, sql);
	const char *s = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	snprintf(state, sizeof(state), "%s", s ? s : "00000");
	PQclear(r);
	PQfinish(c);
	return state;
}

const char *pg_value(const struct pg_database *d, const char *sql)
{
	static char value[4096];
	PGconn *c = connect_to(d->superuser);
	PGresult *r = PQexec(c, sql);

	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		die(sql, PQerrorMessage(c));
	snprintf(value, sizeof(value), "%s", PQntuples(r) ? PQgetvalue(r, 0, 0) : "");
	PQclear(r);
	PQfinish(c);
	return value;
}

long long pg_number(const struct pg_database *d, const char *sql)
{
	return atoll(pg_value(d, sql));
}

/* ---- apart ---- */

struct pg_database pg_database_apart(void)
{
	char directory[64];
	struct pg_database d;

	place_new("cluster", directory, sizeof(directory));
	start_cluster(directory, getpid());
	d = database_in(directory, "signet");
	migrate(d.owner);
	snprintf(d.cluster, sizeof(d.cluster), "%s", directory);
	return d;
}

void pg_stop(const struct pg_database *d)
{
	shell("deploy/private-postgres stop %s", d->cluster);
}

void pg_start(const struct pg_database *d)
{
	shell("deploy/private-postgres start %s >/dev/null", d->cluster);
}

void pg_restart(const struct pg_database *d)
{
	pg_stop(d);
	pg_start(d);
}
