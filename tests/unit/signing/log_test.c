/* The log grows: each committed entry once, in batches, whoever does it. */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "sql/election.h"
#include "sql/log.h"
#include "tests/unit/signing/log_scene.h"

TestSuite(signing_log, .timeout = 120);

static void expect_whole(struct scene *s, size_t n)
{
	struct log_state state = scene_state(s);
	struct merkle_hash root = scene_root_of_rows(s, n);

	cr_expect_eq(state.size, (int64_t)n, "%lld, not %zu", (long long)state.size, n);
	cr_expect_arr_eq(state.root.bytes, root.b, 32);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM log_entry e WHERE NOT EXISTS "
					     "(SELECT FROM log_leaf l WHERE l.entry_id = e.id)"),
	    0);
}

Test(signing_log, every_size_has_the_root_of_its_entries)
{
	static const size_t steps[] = {1, 1, 1, 5, 247, 1, 1, 254, 256, 1, 300, 1000};
	struct scene s;
	size_t n = 0;

	scene_open(&s);
	for (size_t i = 0; i < COUNT(steps); i++) {
		scene_act(&s, steps[i]);
		n += steps[i];
		cr_expect_eq(scene_integrate(&s), steps[i]);
		expect_whole(&s, n);
	}
	scene_close(&s);
}

Test(signing_log, more_than_a_batch_is_taken_in_several)
{
	struct scene s;

	scene_open(&s);
	scene_act(&s, LOG_BATCH_MAX + 1234);
	cr_expect_eq(scene_integrate(&s), LOG_BATCH_MAX + 1234);
	expect_whole(&s, LOG_BATCH_MAX + 1234);
	scene_close(&s);
}

Test(signing_log, an_integrator_that_starts_anew_goes_on_where_the_tree_is)
{
	struct scene s;

	scene_open(&s);
	for (size_t n = 0; n < 700; n += 100) {
		scene_act(&s, 100);
		log_tree_free(s.tree);
		s.tree = log_tree_new();
		cr_expect_eq(scene_integrate(&s), 100);
	}
	expect_whole(&s, 700);
	scene_close(&s);
}

/* Nobody is held up by who is slow, and who is slow is not forgotten. */
Test(signing_log, a_late_transaction_holds_up_nobody_and_gets_a_later_index)
{
	struct scene s;
	struct db *late;
	struct log_line line = {.kind = "test.late", .at = 1800000000};
	struct err err = {0};

	scene_open(&s);
	late = pg_open(&s.database);
	buf_put_str(&line.entry, "late");
	cr_assert(db_begin(late, &err).ok);
	cr_assert(sql_log_append(late, &line, "test", 1, &err).ok, "%s", err.cause);
	for (int i = 0; i < 5; i++) {
		scene_act(&s, 10);
		cr_expect_eq(scene_integrate(&s), 10);
	}
	cr_expect_eq(pg_number(&s.database, "SELECT settled FROM log_origin"), 0);
	cr_assert(db_commit(late, &err).ok);
	cr_expect_eq(scene_integrate(&s), 1);
	expect_whole(&s, 51);
	cr_expect_eq(pg_number(&s.database, "SELECT index FROM log_leaf WHERE entry_id = 1"), 50);
	log_line_free(&line);
	db_close(late);
	scene_close(&s);
}

static long long settled(struct scene *s)
{
	return pg_number(&s->database, "SELECT settled FROM log_origin");
}

Test(signing_log, the_search_moves_on_when_no_smaller_id_can_come)
{
	struct scene s;

	scene_open(&s);
	/* Transactions of other tests in the cluster hold it up for a while. */
	for (int i = 0; i < 200 && settled(&s) < 20; i++) {
		scene_act(&s, 10);
		cr_expect_eq(scene_integrate(&s), 10);
		usleep(10000);
	}
	cr_expect_geq(settled(&s), 20);
	cr_expect_lt(settled(&s), s.acts);
	scene_close(&s);
}

Test(signing_log, one_that_is_not_elected_leaves_the_work)
{
	struct scene s;
	struct db *other;
	struct log_round round;
	struct err err = {0};
	bool elected = false;

	scene_open(&s);
	other = pg_open(&s.database);
	cr_assert(db_begin(other, &err).ok);
	cr_assert(election_try(other, ELECTION_LOG, &elected, &err).ok && elected);
	scene_act(&s, 3);
	cr_assert(log_integrate(s.tree, s.db, &s.arena, &round, &err).ok);
	cr_expect(round.busy);
	cr_expect_eq(round.state.size, 0);
	db_rollback(other); /* a closed connection's lock may stay for a moment */
	db_close(other);
	cr_expect_eq(scene_integrate(&s), 3);
	scene_close(&s);
}

/* The tree was grown by another between two rounds of this one. */
Test(signing_log, two_integrators_in_turns_make_one_tree)
{
	struct scene s;
	struct log_tree *mine, *other = log_tree_new();

	scene_open(&s);
	mine = s.tree;
	for (int i = 0; i < 10; i++) {
		scene_act(&s, 77);
		s.tree = i % 2 ? mine : other;
		cr_expect_eq(scene_integrate(&s), 77);
	}
	expect_whole(&s, 770);
	s.tree = mine;
	log_tree_free(other);
	scene_close(&s);
}

Test(signing_log, nothing_is_built_on_a_tree_that_was_changed)
{
	struct scene s;
	struct log_round round;
	struct err err = {0};

	scene_open(&s);
	scene_act(&s, 300);
	scene_integrate(&s);
	pg_exec(&s.database,
	    "UPDATE log_edge SET bytes = set_byte(bytes, 5, get_byte(bytes, 5) # 1)"
	    " WHERE level = 0");
	scene_act(&s, 1);
	log_tree_free(s.tree);
	s.tree = log_tree_new();
	cr_expect_not(log_integrate(s.tree, s.db, &s.arena, &round, &err).ok);
	cr_expect(strstr(err.message, "does not have its root"), "%s", err.message);
	cr_expect_eq(scene_state(&s).size, 300);
	scene_close(&s);
}

Test(signing_log, the_checkpoint_is_a_note_of_the_committed_tree)
{
	struct scene s;
	struct span note_text;
	struct note note;
	struct note_seen seen;
	struct checkpoint c;
	struct log_state state;
	struct err err = {0};

	scene_open(&s);
	scene_act(&s, 42);
	scene_integrate(&s);
	note_text = scene_sign(&s);
	state = scene_state(&s);
	cr_assert(
	    checkpoint_open(note_text, &s.vkey, 1, &note, &c, &seen, &err).ok, "%s", err.message);
	cr_expect_eq(c.tree.size, 42);
	cr_expect_arr_eq(c.tree.root.b, state.root.bytes, 32);
	cr_expect_eq(state.checkpoint, 42);
	cr_expect_eq(state.published, 42);
	scene_close(&s);
}

/* One an hour is kept of those older than a day, the last of each, and what a witness signed. */
Test(signing_log, old_checkpoints_are_thinned_out_and_others_stay)
{
	struct scene s;
	int64_t gone = 0;
	struct err err = {0};

	scene_open(&s);
	pg_exec(&s.database,
	    "INSERT INTO log_checkpoint (origin_id, size, root, note, at)"
	    " SELECT 1, i, sha256('x'), 'n', date_trunc('hour', now()) - interval '50 hours'"
	    "  + i * interval '10 minutes' FROM generate_series(0, 299) i;"
	    "INSERT INTO log_cosignature (origin_id, size, witness, line) VALUES (1, 7, 'w', 'l')");
	cr_assert(log_checkpoint_thin(s.db, &gone, &err).ok, "%s", err.message);
	cr_expect_gt(gone, 100);
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM log_checkpoint"), 300 - gone);
	cr_expect_eq(
	    pg_number(&s.database, "SELECT count(*) FROM log_checkpoint WHERE size = 7"), 1);
	cr_expect_eq(
	    pg_number(&s.database, "SELECT count(*) FROM log_checkpoint WHERE size = 5"), 1);
	cr_expect_eq(
	    pg_number(&s.database, "SELECT count(*) FROM log_checkpoint WHERE size = 4"), 0);
	cr_expect_eq(pg_number(&s.database,
			 "SELECT count(*) FROM log_checkpoint WHERE at > now() - interval '1 day'"),
	    pg_number(&s.database, "SELECT 300 - count(*) FROM generate_series(0, 299) i"
				   " WHERE date_trunc('hour', now()) - interval '50 hours'"
				   " + i * interval '10 minutes' <= now() - interval '1 day'"));
	cr_assert(log_checkpoint_thin(s.db, &gone, &err).ok);
	cr_expect_eq(gone, 0);
	scene_close(&s);
}
