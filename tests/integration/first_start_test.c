/* The first steps of an installation, each taken by two machines at once. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/lib/fixture.h"
#include "tests/lib/pg.h"
#include "tests/lib/place.h"
#include "tests/lib/program.h"

#define ORDERS_MOST 4

/* How many of the commands, all started at once, ended with 0; what they said goes to the log. */
static int at_once(
    const char *log, const char *const orders[][3], const char *const *configs, int n)
{
	pid_t pids[ORDERS_MOST];
	int done = 0;

	for (int i = 0; i < n; i++)
		pids[i] = program_start(log, "signetd", "--config", configs[i], orders[i][0],
		    orders[i][1], orders[i][2], NULL);
	for (int i = 0; i < n; i++)
		done += program_wait(pids[i]) == 0;
	return done;
}

static bool said(const char *log, const char *what)
{
	AUTO(buf) text = {0};
	struct err err = {0};

	cr_assert(file_read(log, 1 << 20, &text, &err).ok, "%s", err.message);
	return strstr(buf_cstr(&text), what) != NULL;
}

Test(at_once, one_of_many_is_the_first_administrator, .timeout = 600)
{
	static const char *const orders[ORDERS_MOST][3] = {
	    {"admin", "alice"}, {"admin", "bob"}, {"admin", "carol"}, {"admin", "alice"}};
	const char *configs[ORDERS_MOST];
	char config[128], log[128], text[16];
	struct fixture f;

	fixture_start(&f);
	snprintf(config, sizeof(config), "%s/signetd-0.yaml", f.dir);
	snprintf(log, sizeof(log), "%s/admin.log", f.dir);
	for (int i = 0; i < ORDERS_MOST; i++)
		configs[i] = config;
	cr_expect_eq(at_once(log, orders, configs, ORDERS_MOST), 1);
	cr_expect(said(log, "bootstrap"));
	fixture_sql(&f, "SELECT count(*) FROM access_document WHERE kind = 'principal'", text,
	    sizeof(text));
	cr_expect_str_eq(text, "1");
	fixture_sql(&f, "SELECT count(*) FROM token", text, sizeof(text));
	cr_expect_str_eq(text, "1");
	fixture_stop(&f);
}

/* ---- an empty database ---- */

#define MACHINES 2

struct start {
	struct pg_database database;
	char dir[64], log[96], configs[MACHINES][96];
	const char *paths[MACHINES];
};

static void write_file(const char *path, const char *text)
{
	struct err err = {0};

	cr_assert(file_replace(path, span_str(text), 0600, &err).ok, "%s", err.message);
}

/* Machine i has the keys of its own, or those of another. */
static void configure(struct start *s, int i, int keys)
{
	AUTO(buf) text = {0};
	char path[96];

	snprintf(path, sizeof(path), "%s/keys-%d", s->dir, keys);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/state-%d", s->dir, i);
	mkdir(path, 0755);
	buf_printf(&text,
	    "listeners: {device: '127.0.0.1:0', operator: '127.0.0.1:0', public: '127.0.0.1:0'}\n"
	    "database: {server: \"%s\", owner: \"%s\"}\n"
	    "keys: {directory: %s/keys-%d, passphrase_file: %s/passphrase}\n"
	    "tls: {names: [localhost], addresses: [127.0.0.1], node: n%d}\n"
	    "limits: {handshake_rate: 0}\n" /* everybody here has one address */
	    "state_directory: %s/state-%d\n"
	    "ports_file: %s/ports-%d\n",
	    s->database.server, s->database.owner, s->dir, keys, s->dir, i, s->dir, i, s->dir, i);
	snprintf(s->configs[i], sizeof(s->configs[i]), "%s/signetd-%d.yaml", s->dir, i);
	write_file(s->configs[i], buf_cstr(&text));
	s->paths[i] = s->configs[i];
}

static void start_new(struct start *s)
{
	char path[96];

	signal(SIGPIPE, SIG_IGN); /* who is asked whether it is ready may not be, and hang up */
	*s = (struct start){.database = pg_database_new(false)};
	place_new("first", s->dir, sizeof(s->dir));
	snprintf(s->log, sizeof(s->log), "%s/log", s->dir);
	snprintf(path, sizeof(path), "%s/passphrase", s->dir);
	write_file(path, "a passphrase of the keys\n");
	for (int i = 0; i < MACHINES; i++)
		configure(s, i, i);
}

static void start_free(struct start *s)
{
	program_must(NULL, "rm", "-rf", s->dir, NULL);
	pg_database_drop(&s->database);
}

static int init_at_once(struct start *s)
{
	pid_t pids[MACHINES];
	char passphrase[96];
	int done = 0, winner = -1;

	snprintf(passphrase, sizeof(passphrase), "%s/passphrase", s->dir);
	for (int i = 0; i < MACHINES; i++)
		pids[i] = program_start(s->log, "signetd", "--config", s->configs[i], "init",
		    "--name", "Test", "--root-passphrase-file", passphrase, NULL);
	for (int i = 0; i < MACHINES; i++) {
		if (program_wait(pids[i]) != 0)
			continue;
		winner = i;
		done++;
	}
	cr_assert_eq(done, 1, "%d machines made a hierarchy", done);
	return winner;
}

static void expect_one_hierarchy(struct start *s, int winner)
{
	char path[96];

	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM authority"), 2);
	snprintf(path, sizeof(path), "%s/keys-%d/issuing.key", s->dir, winner);
	cr_expect(file_exists(path));
	snprintf(path, sizeof(path), "%s/keys-%d/issuing.key", s->dir, 1 - winner);
	cr_expect_not(file_exists(path), "a key of no authority was left behind");
}

static bool ready(struct start *s, int i)
{
	char path[96], text[64];
	AUTO(buf) ports = {0};
	struct err err = {0};
	struct fixture f = {0};
	const char *at;

	snprintf(path, sizeof(path), "%s/ports-%d", s->dir, i);
	if (!file_read(path, 4096, &ports, &err).ok)
		return false;
	at = strstr(buf_cstr(&ports), "SIGNET_OPERATOR_PORT=");
	f.servers[0].operator_port = at ? atoi(at + strlen("SIGNET_OPERATOR_PORT=")) : 0;
	return fixture_get(&f, 0, "/readyz", text, sizeof(text)) == 200;
}

static void run_at_once(struct start *s)
{
	pid_t pids[MACHINES];

	for (int i = 0; i < MACHINES; i++)
		pids[i] = program_start(s->log, "signetd", "--config", s->configs[i], "run", NULL);
	for (int i = 0; i < MACHINES; i++) {
		bool up = false;

		for (int k = 0; k < 1200 && !up; k++, usleep(50000))
			up = ready(s, i);
		cr_expect(up, "server %d is not ready", i);
	}
	for (int i = 0; i < MACHINES; i++)
		kill(pids[i], SIGTERM);
	for (int i = 0; i < MACHINES; i++)
		cr_expect_eq(program_wait(pids[i]), 0);
}

Test(at_once, two_machines_start_on_an_empty_database, .timeout = 600)
{
	static const char *const migrate[MACHINES][3] = {{"migrate"}, {"migrate"}};
	struct start s;
	int winner;

	start_new(&s);
	cr_expect_eq(at_once(s.log, migrate, s.paths, MACHINES), MACHINES);
	winner = init_at_once(&s);
	expect_one_hierarchy(&s, winner);
	/* The other one gets the keys, as operations.md says. */
	configure(&s, 1 - winner, winner);
	run_at_once(&s);
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM log_origin"), 1);
	cr_expect_eq(pg_number(&s.database, "SELECT max(index) + 1 - count(*) FROM log_leaf"), 0);
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM service_key"), 2);
	start_free(&s);
}
