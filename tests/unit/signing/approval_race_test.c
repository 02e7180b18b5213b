/* tests/unit/signing/approval_race_test.c: two at once, each on a connection of its own. */
#include "tests/unit/signing/approval_scene.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

TestSuite(approval_race, .timeout = 120);

#define ROUNDS 20

struct runner {
	struct approval_scene *s;
	struct db *db;
	enum scene_step step;
	int64_t id;
	const char *who;
	pthread_barrier_t *start;
	pthread_t thread;
	struct status done;
	struct err err;
};

static void *run(void *context)
{
	struct runner *r = context;

	pthread_barrier_wait(r->start);
	r->done = scene_step(r->s, r->db, r->step, r->id, r->who, &r->err);
	return NULL;
}

static void race(struct runner *r, size_t n)
{
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, (unsigned)n);
	for (size_t i = 0; i < n; i++) {
		r[i].start = &start;
		r[i].db = pg_open(&r[i].s->database);
		cr_assert_eq(pthread_create(&r[i].thread, NULL, run, &r[i]), 0);
	}
	for (size_t i = 0; i < n; i++) {
		pthread_join(r[i].thread, NULL);
		db_close(r[i].db);
	}
	pthread_barrier_destroy(&start);
}

static int64_t ask(struct approval_scene *s, int round)
{
	struct request_row asked = scene_asked(s);
	char path[32];

	snprintf(path, sizeof path, "/api/v1/labels/%d", round);
	asked.call.path = path;
	return scene_ask(s, &asked);
}

static void approve(struct approval_scene *s, int64_t id, const char *who)
{
	struct err err = {0};

	cr_assert(scene_step(s, s->db, STEP_APPROVE, id, who, &err).ok, "%s", err.message);
}

Test(approval_race, two_approvers_at_once_both_count)
{
	struct approval_scene *s = approval_scene_new();

	for (int i = 0; i < ROUNDS; i++) {
		int64_t id = ask(s, i);
		struct runner r[] = {{.s = s, .step = STEP_APPROVE, .id = id, .who = "bob"},
		    {.s = s, .step = STEP_APPROVE, .id = id, .who = "carol"}};
		struct request_row row;

		race(r, 2);
		cr_expect(
		    r[0].done.ok && r[1].done.ok, "%s %s", r[0].err.message, r[1].err.message);
		row = scene_row(s, id);
		cr_expect(approval_ready(&s->access, &row, SCENE_NOW));
	}
	approval_scene_free(s);
}

Test(approval_race, the_same_approver_twice_at_once_counts_once)
{
	struct approval_scene *s = approval_scene_new();

	for (int i = 0; i < ROUNDS; i++) {
		int64_t id = ask(s, i);
		struct runner r[] = {{.s = s, .step = STEP_APPROVE, .id = id, .who = "bob"},
		    {.s = s, .step = STEP_APPROVE, .id = id, .who = "bob"}};

		race(r, 2);
		cr_expect_eq(r[0].done.ok + r[1].done.ok, 1);
		cr_expect_str_eq(err_code(&r[r[0].done.ok].err), "approval.twice");
		cr_expect_eq(scene_row(s, id).verdict_count, 1);
	}
	approval_scene_free(s);
}

Test(approval_race, of_many_redeemers_exactly_one_does_it)
{
	struct approval_scene *s = approval_scene_new();

	for (int i = 0; i < ROUNDS; i++) {
		int64_t id = ask(s, i);
		struct runner r[] = {{.s = s, .step = STEP_REDEEM, .id = id, .who = "alice"},
		    {.s = s, .step = STEP_REDEEM, .id = id, .who = "alice"},
		    {.s = s, .step = STEP_REDEEM, .id = id, .who = "bob"},
		    {.s = s, .step = STEP_REDEEM, .id = id, .who = "carol"}};
		int done = 0;

		approve(s, id, "bob");
		approve(s, id, "carol");
		race(r, COUNT(r));
		for (size_t n = 0; n < COUNT(r); n++) {
			done += r[n].done.ok;
			if (!r[n].done.ok)
				cr_expect_str_eq(err_code(&r[n].err), "request.ended", "%s (%s)",
				    r[n].err.message, r[n].err.cause);
		}
		cr_expect_eq(done, 1);
	}
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM log_entry WHERE kind = 'request.redeemed'"),
	    ROUNDS);
	approval_scene_free(s);
}

/* Whoever comes first ends it; the other is told so. The row and the log say one thing. */
static void against(enum scene_step a, const char *who_a, enum scene_step b, const char *who_b,
    const char *state_a, const char *state_b)
{
	struct approval_scene *s = approval_scene_new();

	for (int i = 0; i < ROUNDS; i++) {
		int64_t id = ask(s, i);
		struct runner r[] = {{.s = s, .step = a, .id = id, .who = who_a},
		    {.s = s, .step = b, .id = id, .who = who_b}};
		const char *state;

		approve(s, id, "bob");
		approve(s, id, "carol");
		race(r, 2);
		state = scene_row(s, id).state;
		cr_expect_eq(
		    r[0].done.ok + r[1].done.ok, 1, "%s / %s", r[0].err.message, r[1].err.message);
		cr_expect_str_eq(state, r[0].done.ok ? state_a : state_b);
	}
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM log_entry WHERE kind IN ('request.redeemed', "
			 "'request.withdrawn', 'request.rejected')"),
	    ROUNDS);
	approval_scene_free(s);
}

Test(approval_race, redeeming_against_withdrawing)
{
	against(STEP_REDEEM, "bob", STEP_WITHDRAW, "alice", "redeemed", "withdrawn");
}

Test(approval_race, redeeming_against_rejecting)
{
	against(STEP_REDEEM, "alice", STEP_REJECT, "gina", "redeemed", "rejected");
}

/* Approving ends nothing: after a withdrawal it is refused, before it it stands. */
Test(approval_race, approving_against_withdrawing)
{
	struct approval_scene *s = approval_scene_new();

	for (int i = 0; i < ROUNDS; i++) {
		int64_t id = ask(s, i);
		struct runner r[] = {{.s = s, .step = STEP_APPROVE, .id = id, .who = "bob"},
		    {.s = s, .step = STEP_WITHDRAW, .id = id, .who = "alice"}};
		struct request_row row;

		race(r, 2);
		row = scene_row(s, id);
		cr_expect(r[1].done.ok, "%s", r[1].err.message);
		cr_expect_str_eq(row.state, "withdrawn");
		cr_expect_eq(row.verdict_count, (size_t)r[0].done.ok);
		if (!r[0].done.ok)
			cr_expect_str_eq(err_code(&r[0].err), "request.ended");
	}
	approval_scene_free(s);
}

Test(approval_race, an_overdue_request_is_marked_once_and_never_approved)
{
	struct approval_scene *s = approval_scene_new();

	for (int i = 0; i < ROUNDS; i++) {
		int64_t id = ask(s, i);
		struct runner r[] = {{.s = s, .step = STEP_APPROVE, .id = id, .who = "bob"},
		    {.s = s, .step = STEP_EXPIRE, .id = id, .who = "alice"},
		    {.s = s, .step = STEP_EXPIRE, .id = id, .who = "alice"}};
		struct request_row row;

		s->context.now += SCENE_WAIT;
		race(r, COUNT(r));
		row = scene_row(s, id);
		cr_expect(!r[0].done.ok);
		cr_expect_str_eq(err_code(&r[0].err), "request.expired", "%s", r[0].err.message);
		cr_expect_eq(row.verdict_count, 0);
		if (strcmp(row.state, "open") == 0) /* the approver held its row: next turn */
			cr_expect(scene_step(s, s->db, STEP_EXPIRE, id, "alice", &r[1].err).ok);
	}
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM log_entry WHERE kind = 'request.expired'"),
	    ROUNDS);
	approval_scene_free(s);
}

struct asker {
	struct approval_scene *s;
	struct approval_context context;
	int64_t id;
	pthread_t thread;
	struct status done;
	struct err err;
};

static void *ask_at_once(void *context)
{
	struct asker *a = context;
	const struct request_row asked = scene_asked(a->s);

	a->done = db_begin(a->context.db, &a->err);
	if (a->done.ok)
		a->done = approval_request(&a->context, &asked, SCENE_WAIT, &a->id, &a->err);
	if (a->done.ok)
		a->done = db_commit(a->context.db, &a->err);
	return NULL;
}

/* The first has inserted and not committed when the second asks: it waits, and finds it. */
Test(approval_race, the_same_call_twice_at_once_is_one_request)
{
	struct approval_scene *s = approval_scene_new();
	const struct request_row asked = scene_asked(s);
	struct asker other = {.s = s, .context = {pg_open(&s->database), SCENE_NOW, &s->rng}};
	struct err err = {0};
	int64_t id = 0;

	cr_assert(db_begin(s->db, &err).ok);
	cr_assert(approval_request(&s->context, &asked, SCENE_WAIT, &id, &err).ok);
	cr_assert_eq(pthread_create(&other.thread, NULL, ask_at_once, &other), 0);
	while (pg_number(&s->database, "SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
		(void)usleep(1000);
	cr_assert(db_commit(s->db, &err).ok);
	pthread_join(other.thread, NULL);
	cr_expect(other.done.ok, "%s (%s)", other.err.message, other.err.cause);
	cr_expect_eq(other.id, id);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM request"), 1);
	db_close(other.context.db);
	approval_scene_free(s);
}
