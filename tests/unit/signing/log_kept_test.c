/* A node follows only a log that grew from what it saw. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "signing/log_kept.h"
#include "tests/unit/signing/log_scene.h"

TestSuite(signing_log_kept, .timeout = 120);

static struct log_kept load(struct scene *s)
{
	struct log_kept k;
	struct err err = {0};

	cr_assert(log_kept_load(s->dir, &k, &err).ok, "%s", err.message);
	return k;
}

static void keep_now(struct scene *s)
{
	struct log_kept k = load(s);
	struct err err = {0};

	cr_assert(log_kept_keep(&k, scene_sign(s), &err).ok, "%s", err.message);
	log_kept_free(&k);
}

/* "" or the message */
static const char *compare(struct scene *s)
{
	static struct err err;
	struct log_kept k = load(s);
	struct log_state state = scene_state(s);

	err = (struct err){0};
	(void)log_kept_compare(&k, s->db, &state, &s->vkey, &err).ok;
	log_kept_free(&k);
	return err.message;
}

Test(signing_log_kept, a_log_that_grew_is_followed)
{
	struct scene s;

	scene_open(&s);
	cr_expect_str_eq(compare(&s), "");
	for (int i = 0; i < 6; i++) {
		scene_act(&s, 120);
		scene_integrate(&s);
		cr_expect_str_eq(compare(&s), "");
		keep_now(&s);
		cr_expect_str_eq(compare(&s), "");
	}
	scene_close(&s);
}

Test(signing_log_kept, a_smaller_log_of_the_same_name_is_refused)
{
	struct scene s;

	scene_open(&s);
	scene_act(&s, 300);
	scene_integrate(&s);
	keep_now(&s);
	pg_exec(&s.database, "ALTER TABLE log_origin DISABLE TRIGGER ALL;"
			     "UPDATE log_origin SET size = 20");
	cr_expect(
	    strstr(compare(&s), "it has 20 entries of log " LOG_NAME ", and this node saw 300"),
	    "%s", compare(&s));
	cr_expect(strstr(compare(&s), "signetd restore"), "%s", compare(&s));
	scene_close(&s);
}

Test(signing_log_kept, a_fork_of_more_entries_is_refused)
{
	struct scene s;

	scene_open(&s);
	scene_act(&s, 300);
	scene_integrate(&s);
	keep_now(&s);
	/* The same database from a backup, with other acts since, and more of them. */
	pg_exec(&s.database,
	    "ALTER TABLE log_origin DISABLE TRIGGER ALL;"
	    "DELETE FROM log_leaf; DELETE FROM log_edge; DELETE FROM log_tile; DELETE FROM log_salt;"
	    "DELETE FROM log_entry WHERE id > 200; DELETE FROM log_checkpoint;"
	    "UPDATE log_origin SET size = 0, root = sha256(''), settled = 0, published = NULL");
	scene_act(&s, 400);
	log_tree_free(s.tree);
	s.tree = log_tree_new();
	cr_expect_eq(scene_integrate(&s), 600);
	cr_expect(strstr(compare(&s), "it was forked"), "%s", compare(&s));
	scene_close(&s);
}

static void follow_with(struct scene *s, struct span predecessor)
{
	AUTO(buf) sql = {0};

	buf_printf(&sql, "INSERT INTO log_origin (name, vkey, predecessor_id, predecessor) VALUES "
			 "('log.example/test/2', 'x', 1, convert_from('\\x");
	hex_encode(predecessor, &sql);
	buf_put_str(&sql, "', 'UTF8'))");
	pg_exec(&s->database, buf_cstr(&sql));
}

Test(signing_log_kept, a_new_log_is_followed_when_it_names_what_was_kept)
{
	struct scene s;

	scene_open(&s);
	scene_act(&s, 30);
	scene_integrate(&s);
	keep_now(&s);
	follow_with(&s, scene_sign(&s));
	cr_expect_str_eq(compare(&s), "");
	scene_close(&s);
}

Test(signing_log_kept, a_new_log_is_refused_when_it_names_less_than_was_kept)
{
	struct scene s;
	struct span old;

	scene_open(&s);
	scene_act(&s, 30);
	scene_integrate(&s);
	old = scene_sign(&s);
	scene_act(&s, 1);
	scene_integrate(&s);
	keep_now(&s);
	follow_with(&s, old);
	cr_expect(strstr(compare(&s), "not linked to log " LOG_NAME), "%s", compare(&s));
	scene_close(&s);
}

Test(signing_log_kept, what_is_no_checkpoint_is_not_taken_for_none)
{
	struct scene s;
	char path[128];
	struct log_kept k;
	struct err err = {0};

	scene_open(&s);
	snprintf(path, sizeof(path), "%s/" LOG_KEPT_FILE, s.dir);
	cr_assert(file_replace(path, SPAN_LITERAL("nonsense\n"), 0644, &err).ok);
	cr_expect_not(log_kept_load(s.dir, &k, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFIG);
	scene_close(&s);
}
