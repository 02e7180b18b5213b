#include "signing/format/checkpoint.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/encode.h"
#include "tests/lib/shared.h"
#include "tests/unit/format/log_keys.h"
#include "tests/unit/format/naive_tree.h"
#include "tests/unit/format/tile_root.h"

#define ORIGIN     "log.example/1"
#define ROOT_TEXT  "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
#define EMPTY_ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

Test(format_checkpoint, what_was_written_is_read_back)
{
	static const char text[] = ORIGIN "\n20852163\n" ROOT_TEXT "\nextension\nanother one\n";
	struct checkpoint c;
	AUTO(buf) out = {0};
	struct err err = {0};

	cr_assert(checkpoint_parse(SPAN_LITERAL(text), &c, &err).ok, "%s", err.message);
	cr_expect(span_equal_str(c.origin, ORIGIN));
	cr_expect_eq(c.tree.size, 20852163);
	cr_expect_eq(c.tree.root.b[0], 0x0a);
	cr_expect(span_equal_str(c.extensions, "extension\nanother one\n"));
	checkpoint_put(&c, &out);
	cr_expect(span_equal(buf_span(&out), SPAN_LITERAL(text)));
}

Test(format_checkpoint, origins_may_have_spaces_and_plus)
{
	struct checkpoint c;
	struct err err = {0};

	cr_expect(
	    checkpoint_parse(SPAN_LITERAL("Go + sum database tree\n1\n" ROOT_TEXT "\n"), &c, &err)
		.ok,
	    "%s", err.message);
	cr_expect_eq(c.extensions.n, 0);
	cr_expect(checkpoint_parse(SPAN_LITERAL("o\n0\n" EMPTY_ROOT "\n"), &c, &err).ok);
	cr_expect(
	    checkpoint_parse(SPAN_LITERAL("o\n4611686018427387904\n" ROOT_TEXT "\n"), &c, &err).ok);
	cr_expect_eq(c.tree.size, MERKLE_SIZE_MAX);
}

Test(format_checkpoint, malformed_ones_are_refused_with_their_line)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
	    {"", "line 1"},
	    {"o", "line 1"},
	    {"\n1\n" ROOT_TEXT "\n", "line 1"},
	    {"o\x01\n1\n" ROOT_TEXT "\n", "line 1"},
	    {"o\n", "line 2"},
	    {"o\n\n" ROOT_TEXT "\n", "line 2"},
	    {"o\n01\n" ROOT_TEXT "\n", "line 2"},
	    {"o\n00\n" EMPTY_ROOT "\n", "line 2"},
	    {"o\n+1\n" ROOT_TEXT "\n", "line 2"},
	    {"o\n-1\n" ROOT_TEXT "\n", "line 2"},
	    {"o\n 1\n" ROOT_TEXT "\n", "line 2"},
	    {"o\n1 \n" ROOT_TEXT "\n", "line 2"},
	    {"o\n0x1\n" ROOT_TEXT "\n", "line 2"},
	    {"o\n1e3\n" ROOT_TEXT "\n", "line 2"},
	    {"o\n18446744073709551616\n" ROOT_TEXT "\n", "line 2"},
	    {"o\n99999999999999999999999\n" ROOT_TEXT "\n", "line 2"},
	    {"o\n1\n", "line 3"},
	    {"o\n1\n" ROOT_TEXT, "line 3"},
	    {"o\n1\n\n", "line 3"},
	    {"o\n1\nAAAA\n", "line 3"},
	    {"o\n1\n" ROOT_TEXT "AAAA\n", "line 3"},
	    {"o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", "line 3"},
	    {"o\n1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n", "line 3"},
	    {"o\n0\n" ROOT_TEXT "\n", "line 3"},
	    {"o\n1\n" ROOT_TEXT "\n\n", "line 4"},
	    {"o\n1\n" ROOT_TEXT "\nx", "line 4"},
	    {"o\n1\n" ROOT_TEXT "\nx\n\ny\n", "line 5"},
	    {"o\n1\n" ROOT_TEXT "\nx\x02\n", "control"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct checkpoint c = {.tree = {.size = 77}};
		struct err err = {0};

		cr_expect_not(checkpoint_parse(span_str(cases[i].text), &c, &err).ok, "%zu", i);
		cr_expect_eq(err.kind, ERR_INPUT, "%zu", i);
		cr_expect(strstr(err.message, cases[i].message), "%zu: %s", i, err.message);
		cr_expect_eq(c.tree.size, 77, "%zu: touched", i);
	}
}

Test(format_checkpoint, more_leaves_than_a_log_can_hold_are_refused)
{
	struct checkpoint c;
	struct err err = {0};

	cr_expect_not(
	    checkpoint_parse(SPAN_LITERAL("o\n4611686018427387905\n" ROOT_TEXT "\n"), &c, &err).ok);
	cr_expect_eq(err.kind, ERR_TOO_LARGE);
}

static bool opens(struct span file, const struct vkey *keys, size_t count, struct err *err)
{
	struct note note;
	struct checkpoint c;
	struct note_seen seen[2];

	return checkpoint_open(file, keys, count, &note, &c, seen, err).ok;
}

Test(format_checkpoint, it_opens_by_the_key_of_the_log_it_names_and_no_other)
{
	struct log_key log = log_key_make(ORIGIN, VKEY_ED25519, 1),
		       other = log_key_make("log.example/2", VKEY_ED25519, 1),
		       witness = log_key_make("w.example", VKEY_COSIGNATURE, 2);
	const struct vkey both[] = {log.vkey, witness.vkey};
	AUTO(buf) text = log_text(ORIGIN, 0, merkle_empty());
	AUTO(buf) file = {0};
	struct err err = {0};

	note_put_text(buf_span(&text), &file);
	log_key_sign(&witness, buf_span(&text), 5, &file);
	cr_expect_not(opens(buf_span(&file), both, 2, &err), "cosigned, but not signed");
	cr_expect(err.kind == ERR_DENIED && strstr(err.message, "not signed by the log"));
	log_key_sign(&other, buf_span(&text), 0, &file);
	err_clear(&err);
	cr_expect_not(opens(buf_span(&file), &other.vkey, 1, &err), "of another log");
	cr_expect(err.kind == ERR_DENIED && strstr(err.message, "another log"), "%s", err.message);
	log_key_sign(&log, buf_span(&text), 0, &file);
	cr_expect(opens(buf_span(&file), both, 2, &err));
	cr_expect(opens(buf_span(&file), &log.vkey, 1, &err));
	log_key_free(&log);
	log_key_free(&other);
	log_key_free(&witness);
}

/* ---- published ------------------------------------------------------------------------------ */

Test(format_checkpoint, the_published_examples_are_read)
{
	static const char *const names[] = {
	    "tlog/c2sp/tlog-checkpoint-example.txt", "tlog/c2sp/tlog-cosignature-example.txt"};

	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO(buf) file = {0};
		struct note note;
		struct checkpoint c;
		struct err err = {0};

		if (!shared_read(names[i], &file))
			cr_skip_test("%s is not here", names[i]);
		cr_assert(note_parse(buf_span(&file), &note, &err).ok, "%s", err.message);
		cr_assert(checkpoint_parse(note.text, &c, &err).ok, "%s", err.message);
		cr_expect(span_equal_str(c.origin, "example.com/behind-the-sofa"));
		cr_expect_eq(c.tree.size, 20852163);
	}
}

#define TESSERA_SIZE 15

static struct span tessera_file(const char *name, size_t size, struct buf *out)
{
	char path[100];

	if (size)
		snprintf(path, sizeof(path), "tlog/tessera-log/tile/%s/000.p/%zu", name, size);
	else
		snprintf(path, sizeof(path), "tlog/tessera-log/%s", name);
	if (!shared_read(path, out))
		cr_skip_test("%s is not here", path);
	return buf_span(out);
}

struct tessera {
	struct vkey key;
	struct merkle_hash leaves[TESSERA_SIZE];
	struct merkle_tree trees[TESSERA_SIZE + 1];
};

static void tessera_open(struct tessera *t)
{
	AUTO(buf) vkey = {0};
	struct err err = {0};

	cr_assert(vkey_parse(span_trim(tessera_file("log.vkey", 0, &vkey)), &t->key, &err).ok, "%s",
	    err.message);
	for (size_t size = 0; size <= TESSERA_SIZE; size++) {
		char name[32];
		struct note note;
		struct note_seen seen;
		struct checkpoint c;
		AUTO(buf) file = {0};

		snprintf(name, sizeof(name), "checkpoint.%zu", size);
		cr_assert(checkpoint_open(
			      tessera_file(name, 0, &file), &t->key, 1, &note, &c, &seen, &err)
			      .ok,
		    "%s: %s", name, err.message);
		cr_assert_eq(c.tree.size, size);
		t->trees[size] = c.tree;
	}
}

static struct status tessera_read(void *context, const struct tile *tile,
    struct merkle_hash ret_hashes[static TILE_WIDTH], struct err *err)
{
	const struct tessera *t = context;

	if (tile->level || tile->index || tile->width > TESSERA_SIZE)
		return err_set(err, ERR_MISSING, "no such tile");
	memcpy(ret_hashes, t->leaves, tile->width * sizeof(*ret_hashes));
	return STATUS_OK;
}

/* A log made by others: each bundle gives the tile's hashes, each tile the root that was signed. */
Test(format_checkpoint, the_published_log_agrees_with_its_checkpoints)
{
	struct tessera t;
	const struct merkle_source source = {tessera_read, &t};
	struct err err = {0};

	tessera_open(&t);
	for (size_t size = 1; size <= TESSERA_SIZE; size++) {
		AUTO(buf) bundle = {0};
		AUTO(buf) tile = {0};
		struct span rest = tessera_file("entries", size, &bundle), entry;
		struct merkle_hash root;

		for (size_t i = 0; i < size; i++) {
			cr_assert(bundle_take(&rest, &entry, &err).ok);
			t.leaves[i] = merkle_leaf(entry);
		}
		cr_expect_eq(rest.n, 0);
		cr_expect(span_equal(span(t.leaves, size * 32), tessera_file("0", size, &tile)));
		cr_assert(tile_root(&source, size, &root, &err).ok);
		cr_expect(merkle_equal(&root, &t.trees[size].root), "%zu", size);
	}
	for (size_t m = 1; m <= TESSERA_SIZE; m++)
		for (size_t n = m; n <= TESSERA_SIZE; n++) {
			struct merkle_proof proof;

			cr_assert(merkle_prove_consistency(&source, m, n, &proof, &err).ok);
			cr_expect(merkle_verify_consistency(
				      &t.trees[m], &t.trees[n], proof.hashes, proof.count, &err)
				      .ok,
			    "%zu to %zu: %s", m, n, err.message);
		}
}
