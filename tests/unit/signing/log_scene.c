#include "tests/unit/signing/log_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "signing/format/entry.h"
#include "sql/log.h"
#include "tests/lib/program.h"

static void must(struct status s, const struct err *err)
{
	if (!s.ok)
		cr_assert_fail("%s (%s)", err->message, err->cause);
}

static void make_key(struct scene *s)
{
	char path[128];
	struct err err = {0};

	snprintf(path, sizeof(path), "%s/pass", s->dir);
	must(file_create(path, SPAN_LITERAL("of the keys, in tests"), 0600, &err), &err);
	struct hsm_config config = {s->dir, path};
	must(hsm_open(&config, &s->hsm, &err), &err);
	must(hsm_key_generate(
		 s->hsm, "file:log.key", key_algorithm_by_name("Ed25519"), &s->key, &err),
	    &err);
}

void scene_open(struct scene *s)
{
	AUTO(buf) vkey = {0};
	struct err err = {0};

	*s = (struct scene){.dir = "/tmp/signet-log-XXXXXX"};
	cr_assert(mkdtemp(s->dir));
	s->database = pg_database_new(true);
	s->db = pg_open(&s->database);
	make_key(s);
	must(log_vkey(LOG_NAME, s->key, &s->vkey, &err), &err);
	vkey_put(&s->vkey, &vkey);
	must(log_origin_start(s->db, LOG_NAME, buf_cstr(&vkey), &err), &err);
	s->tree = log_tree_new();
}

void scene_close(struct scene *s)
{
	char command[96];

	log_tree_free(s->tree);
	hsm_key_free(s->key);
	hsm_close(s->hsm);
	db_close(s->db);
	pg_database_drop(&s->database);
	arena_free(&s->arena);
	snprintf(command, sizeof(command), "rm -rf %s", s->dir);
	cr_assert_eq(system(command), 0);
}

void scene_act(struct scene *s, size_t n)
{
	char sql[512];

	snprintf(sql, sizeof(sql),
	    "WITH e AS (INSERT INTO log_entry (at, kind, entry) SELECT now(), 'test.done',"
	    " convert_to('entry ' || i, 'UTF8') FROM generate_series(%lld, %lld) i RETURNING id)"
	    "INSERT INTO log_salt (entry_id, salt, record_kind, record_id)"
	    " SELECT id, sha256(id::text::bytea), 'test', id FROM e",
	    (long long)s->acts + 1, (long long)s->acts + (long long)n);
	s->acts += (int64_t)n;
	cr_assert_str_eq(pg_state_as(s->database.server, sql), "00000");
}

size_t scene_integrate(struct scene *s)
{
	struct log_round round;
	struct err err = {0};
	size_t added = 0;

	do {
		must(log_integrate(s->tree, s->db, &s->arena, &round, &err), &err);
		added += round.added;
	} while (round.added > 0 || round.more);
	return added;
}

struct log_state scene_state(struct scene *s)
{
	struct log_state state;
	struct err err = {0};

	must(log_state_read(s->db, &s->arena, &state, &err), &err);
	return state;
}

/* RFC 6962 section 2.1, word for word: no tile, no edge. */
static struct merkle_hash fold(const struct merkle_hash *leaves, size_t n)
{
	struct merkle_hash left, right;
	size_t k = 1;

	if (n == 0)
		return merkle_empty();
	if (n == 1)
		return leaves[0];
	while (k * 2 < n)
		k *= 2;
	left = fold(leaves, k);
	right = fold(leaves + k, n - k);
	return merkle_node(&left, &right);
}

struct merkle_hash scene_root_of_rows(struct scene *s, size_t n)
{
	struct log_state state = scene_state(s);
	struct log_waiting rows;
	struct merkle_hash *leaves = mem_array(n + 1, sizeof(*leaves)), root;
	struct err err = {0};

	must(log_copied_read(s->db, state.origin_id, 0, (int64_t)n, &s->arena, &rows, &err), &err);
	cr_assert_eq(rows.count, n);
	for (size_t i = 0; i < n; i++)
		leaves[i] = merkle_leaf(rows.entries[i]);
	root = fold(leaves, n);
	free(leaves);
	return root;
}

struct span scene_sign(struct scene *s)
{
	struct log_state state = scene_state(s);
	AUTO(buf) note = {0};
	struct err err = {0};
	struct log_checkpoint_row row = {.size = state.size, .root = state.root};
	struct span kept;

	must(log_checkpoint_sign(&state, s->key, &note, &err), &err);
	row.note = buf_cstr(&note);
	must(log_checkpoint_add(s->db, state.origin_id, &row, true, &err), &err);
	kept = arena_copy(&s->arena, buf_span(&note));
	return kept;
}
