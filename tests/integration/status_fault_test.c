/*
 * Servers are killed while they publish a large list, and the disk under PostgreSQL is full: no
 * list goes backwards, nothing is half done, and all goes on by itself.
 *
 * STATUS_KILLS: how many kills (standard: 4). STATUS_ENTRIES: of the large list (standard: 40000).
 * STATUS_SEED repeats a run.
 */
#include "tests/integration/status_scene.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/clock.h"

static const int both[] = {0, 1};

static long setting(const char *name, long standard)
{
	const char *asked = getenv(name);

	return asked ? atol(asked) : standard;
}

static long long number(struct status_scene *s, const char *sql)
{
	char text[64];

	fixture_sql(&s->fixture, sql, text, sizeof(text));
	return atoll(text);
}

static void pause_ms(long ms)
{
	usleep((useconds_t)ms * 1000);
}

/* ---- kill -9 of who publishes ---- */

/* So many others are revoked already: a list that takes its time. */
static void fill_list(struct status_scene *s, long entries)
{
	char sql[640];

	snprintf(sql, sizeof(sql),
	    "WITH s AS (UPDATE crl_shard SET sequence = sequence + 1 WHERE shard = 0 AND "
	    "authority_id = (SELECT id FROM authority WHERE name = 'issuing') "
	    "RETURNING authority_id, sequence) "
	    "INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, "
	    "revoked_at, not_after, sequence) SELECT s.authority_id, '\\x7f'::bytea || "
	    "int8send(n), -n, 0, 1, now(), now() + interval '1 year', s.sequence "
	    "FROM s, generate_series(1, %ld) n",
	    entries);
	fixture_sql(&s->fixture, sql, NULL, 0);
	fixture_sql(&s->fixture, "NOTIFY signet_status", NULL, 0);
}

static void await_long_list(struct status_scene *s, long entries)
{
	const int64_t end = monotonic_ms() + 3 * PATIENCE_MS;
	struct status_list l;
	int n = 0;

	while (n < entries) {
		if (status_list_get(
			s->fixture.servers[0].public_port, LIST_FULL, s->fixture.issuing, &l)) {
			n = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(l.crl));
			status_list_free(&l);
		}
		cr_assert_lt(monotonic_ms(), end, "the large list is not published");
		pause_ms(100);
	}
}

/* The lock of who publishes (sql/election.h) is held. */
static bool publishes(struct status_scene *s)
{
	return number(s, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4 "
			 "AND objsubid = 2 AND granted") > 0;
}

/* 0, 1 or 2: which of them; both of them hits whoever it is. */
static bool strike(struct status_scene *s, int whom)
{
	const int64_t end = monotonic_ms() + 3000;
	bool hit = false;

	while (!hit && monotonic_ms() < end)
		hit = publishes(s);
	pause_ms(random() % 300);
	for (int i = 0; i < FIXTURE_SERVERS; i++)
		if (whom == i || whom == FIXTURE_SERVERS)
			fixture_server_kill(&s->fixture, i);
	return hit;
}

static void numbers_must_be_one_line(struct status_scene *s)
{
	cr_expect_eq(
	    number(s, "SELECT count(*) FROM (SELECT number, this_update, lag(this_update) OVER "
		      "(PARTITION BY authority_id, shard ORDER BY number) AS before FROM crl) x "
		      "WHERE before >= this_update"),
	    0, "thisUpdate did not rise");
	cr_expect_eq(
	    number(s, "SELECT count(*) FROM crl_shard s WHERE number <> (SELECT max(number) "
		      "FROM crl c WHERE c.authority_id = s.authority_id AND c.shard = s.shard)"),
	    0, "the last number is not that of the last list");
	cr_expect_eq(
	    number(s, "SELECT count(*) FROM crl c WHERE NOT EXISTS (SELECT FROM log_salt l "
		      "WHERE l.record_kind = 'crl' AND l.record_id = c.id)"),
	    0, "a list that the log does not know");
}

Test(status_fault, who_publishes_is_killed_and_another_goes_on, .timeout = 900)
{
	const long kills = setting("STATUS_KILLS", 4), entries = setting("STATUS_ENTRIES", 40000);
	const unsigned seed = (unsigned)setting("STATUS_SEED", time(NULL));
	struct status_scene s;
	struct status_watch watch[FIXTURE_SERVERS] = {0};
	int hits = 0;

	printf("status_fault: seed %u\n", seed);
	srandom(seed);
	status_scene_start(&s);
	status_scene_join(&s, 1);
	fill_list(&s, entries);
	await_long_list(&s, entries);
	for (long i = 0; i < kills; i++) {
		const int whom = (int)(i % 3), here = whom == 0;
		struct status_unit u;
		char name[40];
		int64_t begun;

		snprintf(name, sizeof(name), "KILL-%ld", i);
		status_unit_make(&s, here, name, &u);
		cr_assert_eq(status_act(&s, here, u.id, "keyCompromise"), 200);
		hits += strike(&s, whom);
		begun = monotonic_ms();
		for (int k = 0; k < FIXTURE_SERVERS; k++)
			if (whom != k && whom != FIXTURE_SERVERS)
				(void)status_await_bad(&s, &both[k], 1, u.certificate, begun);
		for (int k = 0; k < FIXTURE_SERVERS; k++)
			if (!s.fixture.servers[k].pid)
				status_scene_join(&s, k);
		(void)status_await_bad(&s, both, 2, u.certificate, monotonic_ms());
		for (int k = 0; k < FIXTURE_SERVERS; k++)
			status_watch(&s, k, u.certificate, &watch[k]);
		status_unit_free(&u);
	}
	printf("status_fault: %d of %ld kills while a list was published\n", hits, kills);
	cr_expect_gt(hits, 0, "nobody was killed while it published");
	numbers_must_be_one_line(&s);
	status_scene_stop(&s);
}

/* ---- the disk is full ---- */

#define DISK_MB 224

/* Every row of an event is there, or none. */
static void expect_no_half(struct status_scene *s, long long events)
{
	cr_expect_eq(number(s, "SELECT count(*) FROM status_change"), events);
	cr_expect_eq(
	    number(s, "SELECT count(*) FROM log_salt WHERE record_kind = 'status-change'"), events);
	cr_expect_eq(number(s, "SELECT count(*) FROM revocation"), events);
}

/* The segment of the write-ahead log ends: the next one finds no room. */
static void end_segment(struct status_scene *s)
{
	char conninfo[320];
	PGconn *c;

	snprintf(conninfo, sizeof(conninfo), "%.*spostgres",
	    (int)(strstr(s->fixture.owner, "user=") + 5 - s->fixture.owner), s->fixture.owner);
	for (int i = 0; i < 8; i++) {
		c = PQconnectdb(conninfo);
		PQclear(PQexec(c, "CREATE TABLE IF NOT EXISTS signet_filler (t text)"));
		PQclear(PQexec(c, "SELECT pg_switch_wal()"));
		PQfinish(c);
	}
}

#define UNITS 12

/* Revoke until the disk says no. What was answered 200 is done, all else is not. */
static size_t revoke_until_refused(
    struct status_scene *s, struct status_unit *units, size_t from, bool *ret_refused)
{
	size_t i = from;
	int status = 200;

	*ret_refused = false;
	while (i < UNITS && status == 200) {
		status = status_act(s, (int)(i % 2), units[i].id, "superseded");
		cr_assert(status == 200 || status == 503, "a revocation is answered %d", status);
		i += status == 200;
	}
	*ret_refused = status == 503;
	return i;
}

static void expect_all_bad(
    struct status_scene *s, struct status_unit *units, size_t count, struct status_watch *watch)
{
	for (size_t i = 0; i < count; i++) {
		for (int k = 0; k < FIXTURE_SERVERS; k++) {
			struct ocsp_said said = status_ocsp(s, k, units[i].certificate, i % 2);

			cr_expect(said.word == OCSP_SAID_REVOKED || said.word == OCSP_SAID_LATER,
			    "unit %zu: server %d says %s", i, k, ocsp_word_name(said.word));
			status_watch(s, k, units[i].certificate, &watch[k]);
		}
	}
}

Test(status_fault, a_full_disk_is_said_and_nothing_is_half_done, .timeout = 600)
{
	struct status_scene s = {0};
	struct status_watch watch[FIXTURE_SERVERS] = {0};
	struct status_unit units[UNITS];
	bool refused;
	size_t done;
	int64_t begun;

	if (!fixture_start_on_disk(&s.fixture, DISK_MB))
		cr_skip_test("no mount namespaces here");
	status_scene_equip(&s);
	status_scene_join(&s, 1);
	for (size_t i = 0; i < UNITS; i++) {
		char name[40];

		snprintf(name, sizeof(name), "DISK-%zu", i);
		status_unit_make(&s, (int)(i % 2), name, &units[i]);
	}
	begun = monotonic_ms();
	cr_assert_eq(status_act(&s, 0, units[0].id, "superseded"), 200);
	(void)status_await_bad(&s, both, 2, units[0].certificate, begun);
	fixture_disk_fill(&s.fixture);
	done = revoke_until_refused(&s, units, 1, &refused);
	if (!refused)
		end_segment(&s);
	done = revoke_until_refused(&s, units, done, &refused);
	cr_expect(refused, "the disk was never full: nothing is shown");
	pause_ms(2500);
	expect_all_bad(&s, units, done, watch);
	fixture_disk_empty(&s.fixture);
	/* A supervisor's part. */
	if (!fixture_database_runs(&s.fixture))
		fixture_database_start(&s.fixture);
	begun = monotonic_ms();
	while (status_act(&s, 0, units[done].id, "superseded") != 200 ||
	       status_act(&s, 1, units[done].id, "superseded") != 200) {
		cr_assert_lt(monotonic_ms(), begun + PATIENCE_MS, "it does not come back");
		pause_ms(200);
	}
	for (size_t i = 0; i <= done; i++)
		(void)status_await_bad(&s, both, 2, units[i].certificate, begun);
	expect_all_bad(&s, units, done + 1, watch);
	expect_no_half(&s, (long long)done + 1);
	numbers_must_be_one_line(&s);
	printf("status_fault: refused after %zu revocations\n", done);
	for (size_t i = 0; i < UNITS; i++)
		status_unit_free(&units[i]);
	status_scene_stop(&s);
}
