/* tests/unit/sql/private_postgres_test.c: deploy/private-postgres, where it is easy to get wrong.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "sql/db.h"

#define SCRIPT "deploy/private-postgres"

struct place {
	char top[64];
	char directory[300];
	char text[2048]; /* what the last run printed */
};

static void place_make(struct place *p, const char *below)
{
	snprintf(p->top, sizeof(p->top), "/tmp/signet-place-XXXXXX");
	cr_assert_not_null(mkdtemp(p->top));
	cr_assert_eq(chmod(p->top, 0755), 0);
	snprintf(p->directory, sizeof(p->directory), "%s/%s", p->top, below);
}

static int run(struct place *p, const char *act)
{
	char command[512];
	FILE *f;
	size_t n;

	snprintf(command, sizeof(command), SCRIPT " %s %s 2>&1", act, p->directory);
	f = popen(command, "r");
	cr_assert_not_null(f);
	n = fread(p->text, 1, sizeof(p->text) - 1, f);
	p->text[n] = 0;
	return pclose(f);
}

static void place_drop(struct place *p)
{
	char command[128];

	cr_expect_eq(run(p, "stop"), 0, "%s", p->text);
	snprintf(command, sizeof(command), "rm -rf %s", p->top);
	cr_expect_eq(system(command), 0);
}

/* The value between quotes behind SIGNET_DATABASE=. */
static void server_conninfo(const struct place *p, char *out, size_t size)
{
	const char *begin = strstr(p->text, "\nSIGNET_DATABASE='"), *end;

	cr_assert_not_null(begin, "%s", p->text);
	begin += strlen("\nSIGNET_DATABASE='");
	end = strchr(begin, '\'');
	cr_assert_not_null(end);
	snprintf(out, size, "%.*s", (int)(end - begin), begin);
}

static bool answers(const struct place *p)
{
	char conninfo[512];
	const struct db_config config = {.conninfo = conninfo};
	struct err err = {0};
	struct db *db = NULL;
	bool ok;

	server_conninfo(p, conninfo, sizeof(conninfo));
	ok = db_open(&config, &db, &err).ok && db_ping(db, &err).ok;
	cr_expect(ok, "%s (%s)", err.message, err.cause);
	db_close(db);
	return ok;
}

static pid_t postmaster(const struct place *p)
{
	char path[400];
	long pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/data/postmaster.pid", p->directory);
	f = fopen(path, "r");
	cr_assert(f && fscanf(f, "%ld", &pid) == 1);
	fclose(f);
	return (pid_t)pid;
}

Test(private_postgres, start_is_idempotent_and_stop_leaves_nothing_running, .timeout = 120)
{
	struct place p;
	pid_t pid;

	place_make(&p, "pg");
	cr_assert_eq(run(&p, "start"), 0, "%s", p.text);
	pid = postmaster(&p);
	cr_assert_eq(run(&p, "start"), 0, "%s", p.text);
	cr_expect_eq(postmaster(&p), pid);
	cr_expect(answers(&p));
	cr_expect_eq(run(&p, "status"), 0);
	cr_expect_eq(run(&p, "stop"), 0, "%s", p.text);
	cr_expect_neq(run(&p, "status"), 0);
	cr_expect_eq(run(&p, "stop"), 0, "%s", p.text);
	place_drop(&p);
}

/* A socket's path has 107 bytes. */
Test(private_postgres, a_long_path_is_no_obstacle, .timeout = 120)
{
	char below[160];
	struct place p;

	memset(below, 'x', sizeof(below) - 1);
	below[sizeof(below) - 1] = 0;
	place_make(&p, below);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(run(&p, "start"), 0, "%s", p.text);
		cr_expect(answers(&p));
		cr_expect_eq(run(&p, "stop"), 0, "%s", p.text);
	}
	place_drop(&p);
}

/* Its pid file names a process that is dead, or a zombie, or somebody else by now. */
Test(private_postgres, after_a_kill_it_starts_again_with_its_data, .timeout = 120)
{
	struct place p;

	place_make(&p, "pg");
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(run(&p, "start"), 0, "%s", p.text);
		cr_expect(answers(&p));
		cr_assert_eq(kill(postmaster(&p), SIGKILL), 0);
	}
	cr_assert_eq(run(&p, "start"), 0, "%s", p.text);
	place_drop(&p);
}

Test(private_postgres, nobody_else_may_enter_and_nothing_listens_on_the_network, .timeout = 120)
{
	char path[400], command[512];
	struct place p;
	struct stat st;

	place_make(&p, "pg");
	cr_assert_eq(run(&p, "start"), 0, "%s", p.text);
	snprintf(path, sizeof(path), "%s", p.directory);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 077, 0);
	/* Line 6 of the pid file: the address that it listens on. */
	snprintf(command, sizeof(command), "[ -z \"$(sed -n 6p %s/data/postmaster.pid)\" ]",
	    p.directory);
	cr_expect_eq(system(command), 0);
	snprintf(
	    command, sizeof(command), "grep -q '^fsync = on' %s/data/postgresql.conf", p.directory);
	cr_expect_eq(system(command), 0);
	place_drop(&p);
}

Test(private_postgres, wrong_usage_ends_with_2)
{
	cr_expect_eq(system(SCRIPT " start 2>/dev/null") >> 8, 2);
	cr_expect_eq(system(SCRIPT " dance /tmp/x 2>/dev/null") >> 8, 2);
}
