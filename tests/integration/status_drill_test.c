/*
 * What goes wrong around the servers while certificates are revoked: clocks that are set back, a
 * database that is away, a server that is cut off from it, or stands still. No list ever goes
 * backwards, nothing that was revoked is called good, and nobody has to be called.
 *
 * STATUS_AWAY_S: for how long the database is away (standard: 5).
 */
#include "tests/integration/status_scene.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/lib/relay.h"

#define HOUR 3600
/* Silence of the store after which nothing is answered from memory (ca/ocsp_cache.h), and a little.
 */
#define SILENCE_MS 2500

static const int both[] = {0, 1};

static void revoke_and_await(struct status_scene *s, int here, struct status_unit *u)
{
	const int64_t end = monotonic_ms() + PATIENCE_MS;
	int64_t begun;
	int status;

	/* A worker whose connection was lost says 503 until it tries the database again. */
	do {
		begun = monotonic_ms();
		status = status_act(s, here, u->id, "keyCompromise");
	} while (status == 503 && begun < end && usleep(100000) == 0);
	cr_assert_eq(status, 200);
	(void)status_await_bad(s, both, 2, u->certificate, begun);
}

static void watch_for(struct status_scene *s, X509 *certificate, struct status_watch *w, int64_t ms)
{
	const int64_t end = monotonic_ms() + ms;

	do
		for (int i = 0; i < FIXTURE_SERVERS; i++)
			status_watch(s, i, certificate, &w[i]);
	while (monotonic_ms() < end && usleep(20000) == 0);
}

static void await_word(struct status_scene *s, int server, X509 *certificate, enum ocsp_word word)
{
	const int64_t end = monotonic_ms() + PATIENCE_MS;
	enum ocsp_word said;

	while ((said = status_ocsp(s, server, certificate, false).word) != word) {
		cr_assert_lt(monotonic_ms(), end, "server %d says %s, not %s", server,
		    ocsp_word_name(said), ocsp_word_name(word));
		usleep(50000);
	}
}

/* ---- clocks ---- */

/*
 * Both servers with clocks of their own. They begin an hour ahead: so they can be set back without
 * being behind the administrator's token.
 */
static void clocks_start(struct status_scene *s)
{
	status_scene_start(s);
	cr_assert_eq(fixture_server_stop(&s->fixture, 0), 0);
	for (int i = 0; i < FIXTURE_SERVERS; i++) {
		s->fixture.servers[i].own_clock = true;
		fixture_clock_set(&s->fixture, i, HOUR);
		status_scene_join(s, i);
	}
}

Test(status_drill, a_clock_that_is_set_back_takes_nothing_back, .timeout = 600)
{
	/* Offsets of both clocks, one after the other. */
	static const int64_t steps[][FIXTURE_SERVERS] = {
	    {0, 0}, {HOUR, 0}, {0, HOUR}, {HOUR, HOUR}};
	struct status_scene s;
	struct status_watch watch[FIXTURE_SERVERS] = {0};
	struct status_unit first, units[COUNT(steps)];

	clocks_start(&s);
	status_unit_make(&s, 0, "CLOCK", &first);
	for (size_t i = 0; i < COUNT(steps); i++) {
		char name[40];

		snprintf(name, sizeof(name), "CLOCK-%zu", i);
		status_unit_make(&s, (int)(i % 2), name, &units[i]);
	}
	watch_for(&s, first.certificate, watch, 500);
	revoke_and_await(&s, 0, &first);
	for (size_t i = 0; i < COUNT(steps); i++) {
		watch_for(&s, first.certificate, watch, 200);
		for (int k = 0; k < FIXTURE_SERVERS; k++)
			fixture_clock_set(&s.fixture, k, steps[i][k]);
		watch_for(&s, first.certificate, watch, 200);
		revoke_and_await(&s, (int)(i % 2), &units[i]);
		watch_for(&s, units[i].certificate, watch, 200);
		/* What a server has said stays said by the one that follows it. */
		if (i == 0) {
			cr_assert_eq(fixture_server_stop(&s.fixture, 0), 0);
			status_scene_join(&s, 0);
		}
		for (int k = 0; k < FIXTURE_SERVERS; k++)
			cr_expect_eq(
			    status_ocsp(&s, k, first.certificate, true).word, OCSP_SAID_REVOKED);
	}
	for (int i = 0; i < FIXTURE_SERVERS; i++)
		cr_expect_gt(watch[i].seen, 10, "server %d was not watched", i);
	for (size_t i = 0; i < COUNT(steps); i++)
		status_unit_free(&units[i]);
	status_unit_free(&first);
	status_scene_stop(&s);
}

/* ---- the database ---- */

/* While nobody knows: nothing good of the revoked one, nor of another; lists as they were. */
static void expect_silence(struct status_scene *s, struct status_unit *bad,
    struct status_unit *good, struct status_watch *watch)
{
	for (int i = 0; i < FIXTURE_SERVERS; i++) {
		struct ocsp_said b = status_ocsp(s, i, bad->certificate, false);
		struct ocsp_said g = status_ocsp(s, i, good->certificate, false);

		cr_expect_eq(b.word, OCSP_SAID_LATER, "server %d: %s", i, ocsp_word_name(b.word));
		cr_expect_eq(g.word, OCSP_SAID_LATER, "server %d: %s", i, ocsp_word_name(g.word));
		cr_expect_eq(g.error, OCSP_RESPONSE_STATUS_TRYLATER);
		cr_expect(status_says_bad(s, i, SAYING_FULL, bad->certificate),
		    "server %d: its list is gone, or forgot", i);
		cr_expect_eq(status_act(s, i, good->id, "superseded"), 503, "server %d", i);
		status_watch(s, i, bad->certificate, &watch[i]);
	}
}

static void go_away(struct status_scene *s, bool killed, struct status_unit *bad,
    struct status_unit *good, struct status_watch *watch)
{
	const char *asked = getenv("STATUS_AWAY_S");
	const int64_t end = monotonic_ms() + 1000 * (asked ? atol(asked) : 5);

	if (killed)
		fixture_database_kill(&s->fixture);
	else
		fixture_database_stop(&s->fixture);
	usleep(SILENCE_MS * 1000);
	do
		expect_silence(s, bad, good, watch);
	while (monotonic_ms() < end && usleep(500000) == 0);
	fixture_database_start(&s->fixture);
}

Test(status_drill, without_the_database_nothing_is_called_good_and_all_comes_back, .timeout = 600)
{
	struct status_scene s;
	struct status_watch watch[FIXTURE_SERVERS] = {0};
	struct status_unit bad, good[2];
	char events[32];

	status_scene_start(&s);
	status_scene_join(&s, 1);
	status_unit_make(&s, 0, "BAD", &bad);
	status_unit_make(&s, 0, "GOOD-0", &good[0]);
	status_unit_make(&s, 0, "GOOD-1", &good[1]);
	revoke_and_await(&s, 0, &bad);
	for (int i = 0; i < 2; i++) {
		watch_for(&s, good[i].certificate, watch, 200);
		await_word(&s, 0, good[i].certificate, OCSP_SAID_GOOD);
		await_word(&s, 1, good[i].certificate, OCSP_SAID_GOOD);
		go_away(&s, i == 1, &bad, &good[i], watch);
		for (int k = 0; k < FIXTURE_SERVERS; k++) {
			await_word(&s, k, bad.certificate, OCSP_SAID_REVOKED);
			await_word(&s, k, good[i].certificate, OCSP_SAID_GOOD);
		}
		/* What was answered 503 was not done. */
		fixture_sql(
		    &s.fixture, "SELECT count(*) FROM status_change", events, sizeof(events));
		cr_expect_eq(atoi(events), 1 + i);
		revoke_and_await(&s, 1 - i, &good[i]);
		watch_for(&s, good[i].certificate, watch, 200);
	}
	status_unit_free(&bad);
	status_unit_free(&good[0]);
	status_unit_free(&good[1]);
	status_scene_stop(&s);
}

/* ---- a server alone ---- */

enum apart {
	APART_SILENT, /* packets get lost */
	APART_BROKEN, /* connections break, and none are made */
	APART_STILL,  /* the server itself stands still, as a machine that is moved */
	APARTS
};

struct cut {
	pid_t relay;
	char directory[96], target[160], database[256];
};

/* Server 1 has a way to the database of its own. */
static void cut_make(struct status_scene *s, struct cut *c)
{
	const char *host = strstr(s->fixture.database, "host=") + 5;

	snprintf(c->target, sizeof(c->target), "%.*s", (int)strcspn(host, " "), host);
	snprintf(c->directory, sizeof(c->directory), "%s/way", s->fixture.dir);
	snprintf(
	    c->database, sizeof(c->database), "host=%s%s", c->directory, host + strcspn(host, " "));
	c->relay = relay_start(c->directory, c->target);
	s->fixture.servers[1].database = c->database;
}

static void apart(struct status_scene *s, struct cut *c, enum apart how)
{
	switch (how) {
	case APART_SILENT: relay_hang(c->relay); break;
	case APART_BROKEN: relay_stop(c->relay); break;
	default: kill(s->fixture.servers[1].pid, SIGSTOP);
	}
}

static void together(struct status_scene *s, struct cut *c, enum apart how)
{
	switch (how) {
	case APART_SILENT: relay_go_on(c->relay); break;
	case APART_BROKEN: c->relay = relay_start(c->directory, c->target); break;
	default: kill(s->fixture.servers[1].pid, SIGCONT);
	}
}

/* Whatever it is asked by whom: it does not know. */
static void expect_not_good(struct status_scene *s, X509 *certificate, struct status_watch *w)
{
	for (int i = 0; i < 4; i++) {
		struct ocsp_said said = status_ocsp(s, 1, certificate, i % 2);

		cr_expect_neq(said.word, OCSP_SAID_GOOD, "called good");
		status_watch(s, 1, certificate, w);
	}
}

static void be_apart(struct status_scene *s, struct cut *c, enum apart how, struct status_watch *w)
{
	static const int alone[] = {0}, other[] = {1};
	struct status_unit u;
	char name[40];
	int64_t begun;

	snprintf(name, sizeof(name), "APART-%d", how);
	status_unit_make(s, 1, name, &u);
	await_word(s, 1, u.certificate, OCSP_SAID_GOOD);
	apart(s, c, how);
	begun = monotonic_ms();
	cr_assert_eq(status_act(s, 0, u.id, "keyCompromise"), 200);
	(void)status_await_bad(s, alone, 1, u.certificate, begun);
	while (monotonic_ms() < begun + SILENCE_MS)
		usleep(50000);
	for (int i = 0; i < 5 && how != APART_STILL; i++) {
		expect_not_good(s, u.certificate, w);
		usleep(200000);
	}
	together(s, c, how);
	begun = monotonic_ms();
	for (int i = 0; i < 10; i++)
		expect_not_good(s, u.certificate, w);
	(void)status_await_bad(s, other, 1, u.certificate, begun);
	status_unit_free(&u);
}

Test(status_drill, a_server_that_is_cut_off_does_not_call_good_what_was_revoked, .timeout = 600)
{
	struct status_scene s;
	struct status_watch watch = {0};
	struct cut cut;

	status_scene_start(&s);
	cut_make(&s, &cut);
	status_scene_join(&s, 1);
	for (int how = 0; how < APARTS; how++)
		be_apart(&s, &cut, (enum apart)how, &watch);
	cr_expect_gt(watch.seen, 10);
	cr_expect_eq(fixture_server_stop(&s.fixture, 1), 0);
	relay_stop(cut.relay);
	status_scene_stop(&s);
}
