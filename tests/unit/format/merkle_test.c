#include "signing/format/merkle.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>

#include "base/doc.h"
#include "base/encode.h"
#include "tests/lib/shared.h"
#include "tests/unit/format/naive_tree.h"
#include "tests/unit/format/tile_root.h"

#define ALL_SIZES 300

/* ---- a store of tiles ----------------------------------------------------------------------- */

struct store {
	struct buf levels[TILE_LEVELS];
	unsigned reads, writes;
	struct tile read[2 * TILE_LEVELS]; /* of the call at hand */
};

static void store_free(struct store *s)
{
	for (size_t i = 0; i < TILE_LEVELS; i++)
		buf_free(&s->levels[i]);
}

static struct status store_write(
    void *context, const struct tile *tile, const struct merkle_hash *hashes, struct err *err)
{
	struct store *s = context;
	struct buf *level = &s->levels[tile->level];
	size_t at = (size_t)tile->index * TILE_WIDTH * sizeof(*hashes);

	(void)err;
	s->writes++;
	cr_assert_eq(tile->kind, TILE_HASHES);
	cr_assert(tile->width >= 1 && tile->width <= TILE_WIDTH);
	cr_assert_leq(at, level->n, "a gap before tile %u/%lu", tile->level, tile->index);
	cr_assert_lt(level->n - at, tile->width * sizeof(*hashes), "a tile that did not grow");
	level->n = at;
	buf_put(level, span(hashes, tile->width * sizeof(*hashes)));
	return STATUS_OK;
}

static struct status store_read(void *context, const struct tile *tile,
    struct merkle_hash ret_hashes[static TILE_WIDTH], struct err *err)
{
	struct store *s = context;
	size_t at = (size_t)tile->index * TILE_WIDTH * sizeof(*ret_hashes);
	size_t n = tile->width * sizeof(*ret_hashes);

	cr_assert(tile->kind == TILE_HASHES && tile->width >= 1);
	cr_assert_lt(s->reads, COUNT(s->read));
	for (unsigned i = 0; i < s->reads; i++)
		cr_assert(s->read[i].level != tile->level || s->read[i].index != tile->index,
		    "tile %u/%lu is read twice", tile->level, tile->index);
	s->read[s->reads++] = *tile;
	if (at + n > s->levels[tile->level].n)
		return err_set(err, ERR_MISSING, "no tile %u/%lu of width %u", tile->level,
		    tile->index, tile->width);
	memcpy(ret_hashes, s->levels[tile->level].p + at, n);
	return STATUS_OK;
}

static struct merkle_source source_of(struct store *s)
{
	s->reads = 0;
	return (struct merkle_source){store_read, s};
}

static struct merkle_hash *make_leaves(size_t n)
{
	struct merkle_hash *leaves = mem_array(n, sizeof(*leaves));

	for (size_t i = 0; i < n; i++) {
		char entry[32];

		snprintf(entry, sizeof(entry), "entry %zu", i);
		leaves[i] = merkle_leaf(span_str(entry));
	}
	return leaves;
}

/* Batches of pseudo-random sizes, the edge read anew from the store now and then. */
static void grow(struct store *s, const struct merkle_hash *leaves, size_t size, size_t most)
{
	struct merkle_edge *edge = mem_alloc(sizeof(*edge));
	const struct merkle_sink sink = {store_write, s};
	uint32_t random = 7;
	struct err err = {0};

	while (edge->size < size) {
		size_t n = (random = random * 1664525 + 1013904223) / 65536 % most + 1;

		if (n > size - edge->size)
			n = (size_t)(size - edge->size);
		if (random & 0x8000) {
			uint64_t here = edge->size;
			struct merkle_source source = source_of(s);

			memset(edge, 0xa5, sizeof(*edge));
			cr_assert(
			    merkle_edge_load(&source, here, edge, &err).ok, "%s", err.message);
		}
		cr_assert(merkle_edge_append(edge, leaves + edge->size, n, &sink, &err).ok);
	}
	free(edge);
}

static void expect_same_proof(const struct merkle_proof *ours, const struct merkle_proof *naive,
    const char *what, size_t from, size_t size)
{
	cr_assert_eq(ours->count, naive->count, "%s %zu of %zu: %zu hashes, not %zu", what, from,
	    size, ours->count, naive->count);
	cr_assert(memcmp(ours->hashes, naive->hashes, ours->count * sizeof(ours->hashes[0])) == 0,
	    "%s %zu of %zu", what, from, size);
}

static void check_inclusion(
    struct store *s, const struct merkle_hash *leaves, size_t index, const struct merkle_tree *tree)
{
	struct merkle_proof ours = {0}, naive = {0};
	struct merkle_source source = source_of(s);
	struct err err = {0};

	cr_assert(
	    merkle_prove_inclusion(&source, index, tree->size, &ours, &err).ok, "%s", err.message);
	naive_path(index, leaves, (size_t)tree->size, &naive);
	expect_same_proof(&ours, &naive, "leaf", index, (size_t)tree->size);
	cr_assert(
	    merkle_verify_inclusion(tree, index, &leaves[index], ours.hashes, ours.count, &err).ok,
	    "leaf %zu of %lu: %s", index, tree->size, err.message);
}

static void check_consistency(struct store *s, const struct merkle_hash *leaves,
    const struct merkle_tree *old, const struct merkle_tree *tree)
{
	struct merkle_proof ours = {0}, naive = {0};
	struct merkle_source source = source_of(s);
	struct err err = {0};

	cr_assert(merkle_prove_consistency(&source, old->size, tree->size, &ours, &err).ok, "%s",
	    err.message);
	if (old->size && old->size < tree->size)
		naive_subproof((size_t)old->size, leaves, (size_t)tree->size, true, &naive);
	expect_same_proof(&ours, &naive, "from", (size_t)old->size, (size_t)tree->size);
	if (old->size == 0 && tree->size) /* proves nothing */
		cr_assert_eq(ours.count, 0);
	else
		cr_assert(merkle_verify_consistency(old, tree, ours.hashes, ours.count, &err).ok,
		    "%lu to %lu: %s", old->size, tree->size, err.message);
}

/* ---- claims --------------------------------------------------------------------------------- */

/* RFC 6962 2.1: the hash of an empty list is that of an empty string; the others of zero octets. */
Test(format_merkle, hashes_are_prefixed_as_in_the_rfc)
{
	static const struct {
		const char *name, *hex;
	} known[] = {
	    {"empty", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	    {"leaf", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
	};
	struct merkle_hash hash[] = {merkle_empty(), merkle_leaf(SPAN_NONE)}, node, naive;
	char hex[65];

	for (size_t i = 0; i < COUNT(known); i++) {
		hex_text(SPAN_OF(hash[i].b), hex);
		cr_expect_str_eq(hex, known[i].hex, "%s", known[i].name);
	}
	node = merkle_node(&hash[0], &hash[1]);
	naive = naive_node(hash[0], hash[1]);
	cr_expect(merkle_equal(&node, &naive));
	cr_expect_not(merkle_equal(&node, &hash[0]));
}

Test(format_merkle, an_entry_of_any_length_is_one_leaf)
{
	static uint8_t entry[70000];

	for (size_t n = 0; n < sizeof(entry); n = n < 200 ? n + 1 : n * 3 / 2) {
		struct merkle_hash ours = merkle_leaf(span(entry, n)),
				   naive = naive_leaf(span(entry, n));

		cr_expect(merkle_equal(&ours, &naive), "%zu octets", n);
	}
}

struct forest {
	struct merkle_hash *leaves;
	struct merkle_tree trees[ALL_SIZES + 1];
	struct store store;
};

static void forest_make(struct forest *f)
{
	f->leaves = make_leaves(ALL_SIZES);
	f->store = (struct store){0};
	grow(&f->store, f->leaves, ALL_SIZES, 40);
	for (size_t n = 0; n <= ALL_SIZES; n++)
		f->trees[n] = (struct merkle_tree){n, naive_root(f->leaves, n)};
}

static void forest_free(struct forest *f)
{
	store_free(&f->store);
	free(f->leaves);
}

Test(format_merkle, every_inclusion_proof_up_to_300_leaves_is_as_the_recursive_definition_has_it)
{
	struct forest f;

	forest_make(&f);
	for (size_t n = 0; n <= ALL_SIZES; n++) {
		struct merkle_source source = source_of(&f.store);
		struct merkle_hash root;
		struct err err = {0};

		cr_assert(tile_root(&source, n, &root, &err).ok, "%s", err.message);
		cr_assert(merkle_equal(&root, &f.trees[n].root), "root of %zu", n);
		for (size_t i = 0; i < n; i++)
			check_inclusion(&f.store, f.leaves, i, &f.trees[n]);
	}
	forest_free(&f);
}

Test(format_merkle, every_consistency_proof_up_to_300_leaves_is_as_the_recursive_definition_has_it)
{
	struct forest f;

	forest_make(&f);
	for (size_t n = 0; n <= ALL_SIZES; n++)
		for (size_t i = 0; i <= n; i++)
			check_consistency(&f.store, f.leaves, &f.trees[i], &f.trees[n]);
	forest_free(&f);
}

/* 140,000 leaves reach level 2: 256 x 256 = 65,536. */
Test(format_merkle, large_trees_agree_with_the_recursive_definition)
{
	enum {
		SIZE = 140000,
		ROUNDS = 20
	};
	struct merkle_hash *leaves = make_leaves(SIZE);
	struct store s = {0};
	uint32_t random = 1;

	grow(&s, leaves, SIZE, 3000);
	cr_expect_eq(s.levels[0].n, SIZE * 32);
	cr_expect_eq(s.levels[1].n, SIZE / 256 * 32);
	cr_expect_eq(s.levels[2].n, SIZE / 65536 * 32);
	for (size_t i = 0; i < SIZE / 256; i += 91) {
		struct merkle_hash naive = naive_root(leaves + i * 256, 256);

		cr_expect(memcmp(s.levels[1].p + i * 32, naive.b, 32) == 0, "level 1, %zu", i);
	}
	for (int round = 0; round < ROUNDS; round++) {
		size_t n = (random = random * 1664525 + 1013904223) / 256 % SIZE + 1;
		size_t m = (random = random * 1664525 + 1013904223) / 256 % n + 1;
		struct merkle_tree old = {m, naive_root(leaves, m)},
				   tree = {n, naive_root(leaves, n)};

		check_inclusion(&s, leaves, m - 1, &tree);
		check_consistency(&s, leaves, &old, &tree);
	}
	store_free(&s);
	free(leaves);
}

Test(format_merkle, growth_in_one_step_writes_each_tile_once_and_the_same_root)
{
	enum {
		SIZE = 70000
	};
	struct merkle_hash *leaves = make_leaves(SIZE), root, naive;
	struct merkle_edge *edge = mem_alloc(sizeof(*edge));
	struct store s = {0};
	const struct merkle_sink sink = {store_write, &s};
	struct err err = {0};

	cr_assert(merkle_edge_append(edge, leaves, SIZE, &sink, &err).ok);
	/* tlog-tiles: 273 full and a partial one, 1 full and a partial one, a partial one. */
	cr_expect_eq(s.writes, 273 + 1 + 1 + 1 + 1);
	cr_expect_eq(s.levels[0].n, SIZE * 32);
	root = merkle_edge_root(edge);
	naive = naive_root(leaves, SIZE);
	cr_expect(merkle_equal(&root, &naive));
	s.writes = 0;
	cr_assert(merkle_edge_append(edge, NULL, 0, &sink, &err).ok);
	cr_expect_eq(s.writes, 0, "nothing appended");
	/* Leaf by leaf, without tiles. */
	*edge = (struct merkle_edge){0};
	for (size_t i = 0; i < ALL_SIZES; i++) {
		root = merkle_edge_root(edge);
		naive = naive_root(leaves, i);
		cr_expect(merkle_equal(&root, &naive), "%zu leaves", i);
		cr_assert(merkle_edge_append(edge, &leaves[i], 1, NULL, &err).ok);
	}
	store_free(&s);
	free(edge);
	free(leaves);
}

/* ---- trees of which nobody has the leaves --------------------------------------------------- */

/* All leaves are equal: a full subtree is known by its height. */
static struct status twins_read(void *context, const struct tile *tile,
    struct merkle_hash ret_hashes[static TILE_WIDTH], struct err *err)
{
	struct merkle_hash hash = merkle_leaf(SPAN_LITERAL("twin"));

	(void)err;
	(void)context;
	for (unsigned i = 0; i < 8 * tile->level; i++)
		hash = merkle_node(&hash, &hash);
	for (unsigned i = 0; i < tile->width; i++)
		ret_hashes[i] = hash;
	return STATUS_OK;
}

Test(format_merkle, proofs_hold_up_to_the_largest_tree)
{
	static const uint64_t sizes[] = {1, 2, 255, 256, 257, 65536, 65537, (UINT64_C(1) << 40) - 1,
	    (UINT64_C(1) << 40) + 12345, MERKLE_SIZE_MAX / 2 + 1, MERKLE_SIZE_MAX - 1,
	    MERKLE_SIZE_MAX};
	const struct merkle_source source = {twins_read, NULL};
	struct merkle_hash leaf = merkle_leaf(SPAN_LITERAL("twin"));
	struct merkle_proof proof;
	struct err err = {0};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct merkle_tree tree = {.size = sizes[i]};
		const uint64_t indexes[] = {0, sizes[i] / 3, sizes[i] / 2, sizes[i] - 1};

		cr_assert(tile_root(&source, tree.size, &tree.root, &err).ok);
		for (size_t j = 0; j < COUNT(indexes); j++) {
			struct merkle_tree old = {.size = indexes[j] + 1};

			cr_assert(
			    merkle_prove_inclusion(&source, indexes[j], tree.size, &proof, &err)
				.ok);
			cr_expect(merkle_verify_inclusion(
				      &tree, indexes[j], &leaf, proof.hashes, proof.count, &err)
				      .ok,
			    "%lu of %lu: %s", indexes[j], tree.size, err.message);
			cr_assert(tile_root(&source, old.size, &old.root, &err).ok);
			cr_assert(
			    merkle_prove_consistency(&source, old.size, tree.size, &proof, &err)
				.ok);
			cr_expect(
			    merkle_verify_consistency(&old, &tree, proof.hashes, proof.count, &err)
				.ok,
			    "%lu to %lu: %s", old.size, tree.size, err.message);
		}
	}
}

Test(format_merkle, sizes_and_indexes_that_cannot_be_are_refused)
{
	const struct merkle_source source = {twins_read, NULL};
	struct merkle_edge *edge = mem_alloc(sizeof(*edge));
	struct merkle_hash hash = {{0}};
	struct merkle_proof proof;
	struct err err = {0};

	cr_expect_not(merkle_edge_load(&source, MERKLE_SIZE_MAX + 1, edge, &err).ok);
	cr_expect_eq(err.kind, ERR_INPUT);
	cr_expect_not(merkle_edge_load(&source, UINT64_MAX, edge, &err).ok);
	cr_expect_not(merkle_prove_inclusion(&source, 7, 7, &proof, &err).ok);
	cr_expect_not(merkle_prove_inclusion(&source, 0, 0, &proof, &err).ok);
	cr_expect_not(merkle_prove_inclusion(&source, 0, UINT64_MAX, &proof, &err).ok);
	cr_expect_not(merkle_prove_consistency(&source, 8, 7, &proof, &err).ok);
	cr_expect_not(merkle_prove_consistency(&source, 1, UINT64_MAX, &proof, &err).ok);
	err_clear(&err);
	cr_assert(merkle_edge_load(&source, MERKLE_SIZE_MAX - 1, edge, &err).ok);
	cr_expect(merkle_edge_append(edge, &hash, 1, NULL, &err).ok);
	cr_expect_not(merkle_edge_append(edge, &hash, 1, NULL, &err).ok);
	cr_expect_eq(err.kind, ERR_TOO_LARGE);
	free(edge);
}

static struct status read_fails(void *context, const struct tile *tile,
    struct merkle_hash ret_hashes[static TILE_WIDTH], struct err *err)
{
	(void)context;
	(void)ret_hashes;
	return err_set(err, ERR_DATABASE, "level %u", tile->level);
}

static struct status write_fails(
    void *context, const struct tile *tile, const struct merkle_hash *hashes, struct err *err)
{
	(void)context;
	(void)hashes;
	return err_set(err, ERR_DATABASE, "level %u", tile->level);
}

Test(format_merkle, what_a_source_or_sink_says_is_what_the_caller_hears)
{
	const struct merkle_source source = {read_fails, NULL};
	const struct merkle_sink sink = {write_fails, NULL};
	struct merkle_edge *edge = mem_alloc(sizeof(*edge));
	static struct merkle_hash leaves[TILE_WIDTH];
	struct merkle_proof proof;
	struct err err[5] = {{0}};

	cr_expect_not(merkle_prove_consistency(&source, 3, 5, &proof, &err[0]).ok);
	cr_expect_not(merkle_prove_inclusion(&source, 1, 5, &proof, &err[1]).ok);
	cr_expect_not(merkle_edge_load(&source, 5, edge, &err[2]).ok);
	edge->size = 0;
	cr_expect_not(merkle_edge_append(edge, leaves, 1, &sink, &err[3]).ok);
	edge->size = 0;
	cr_expect_not(merkle_edge_append(edge, leaves, TILE_WIDTH, &sink, &err[4]).ok);
	for (size_t i = 0; i < COUNT(err); i++)
		cr_expect_eq(err[i].kind, ERR_DATABASE, "%zu", i);
	free(edge);
}

/* Every bit of every hash counts, and so do their number and the place. */
Test(format_merkle, no_altered_proof_verifies)
{
	enum {
		SIZE = 77
	};
	struct merkle_hash *leaves = make_leaves(SIZE);
	struct merkle_tree tree = {SIZE, naive_root(leaves, SIZE)};

	for (size_t m = 1; m < SIZE; m++) {
		struct merkle_proof path = {0}, sub = {0};
		struct merkle_tree old = {m, naive_root(leaves, m)};
		struct err err = {0};

		naive_path(m, leaves, SIZE, &path);
		naive_subproof(m, leaves, SIZE, true, &sub);
		for (size_t i = 0; i < path.count; i++) {
			path.hashes[i].b[m % 32] ^= 0x10;
			cr_expect_not(merkle_verify_inclusion(
			    &tree, m, &leaves[m], path.hashes, path.count, &err)
					  .ok);
			path.hashes[i].b[m % 32] ^= 0x10;
			cr_expect_not(
			    merkle_verify_inclusion(&tree, m, &leaves[m], path.hashes, i, &err).ok);
		}
		for (size_t other = 0; other < SIZE + 3; other++)
			cr_expect(other == m || !merkle_verify_inclusion(&tree, other, &leaves[m],
						    path.hashes, path.count, &err)
						     .ok);
		cr_expect_not(
		    merkle_verify_inclusion(&tree, m, &leaves[m], path.hashes, path.count + 1, &err)
			.ok,
		    "one more");
		for (size_t i = 0; i < sub.count; i++) {
			sub.hashes[i].b[m % 32] ^= 0x10;
			cr_expect_not(
			    merkle_verify_consistency(&old, &tree, sub.hashes, sub.count, &err).ok);
			sub.hashes[i].b[m % 32] ^= 0x10;
			cr_expect_not(
			    merkle_verify_consistency(&old, &tree, sub.hashes, i, &err).ok);
		}
		cr_expect_not(
		    merkle_verify_consistency(&old, &tree, sub.hashes, sub.count + 1, &err).ok);
		old.root.b[0] ^= 1;
		cr_expect_not(
		    merkle_verify_consistency(&old, &tree, sub.hashes, sub.count, &err).ok);
	}
	free(leaves);
}

Test(format_merkle, refusals_tell_malformed_from_false)
{
	struct merkle_hash *leaves = make_leaves(2);
	struct merkle_tree one = {1, leaves[0]}, two = {2, naive_root(leaves, 2)},
			   none = {0, merkle_empty()}, fork = {2, leaves[0]};
	struct err err[6] = {{0}};

	cr_expect_not(merkle_verify_inclusion(&two, 0, &leaves[0], NULL, 0, &err[0]).ok);
	cr_expect_not(merkle_verify_inclusion(&two, 2, &leaves[0], &leaves[1], 1, &err[1]).ok);
	cr_expect_not(merkle_verify_consistency(&two, &one, NULL, 0, &err[2]).ok);
	cr_expect_not(merkle_verify_consistency(&none, &two, NULL, 0, &err[3]).ok);
	for (size_t i = 0; i < 4; i++)
		cr_expect_eq(err[i].kind, ERR_INPUT, "%zu: %s", i, err[i].message);
	cr_expect_not(merkle_verify_inclusion(&two, 1, &leaves[0], &leaves[1], 1, &err[4]).ok);
	cr_expect_not(merkle_verify_consistency(&two, &fork, NULL, 0, &err[5]).ok);
	for (size_t i = 4; i < 6; i++)
		cr_expect_eq(err[i].kind, ERR_DENIED, "%zu: %s", i, err[i].message);
	free(leaves);
}

/* ---- published vectors ---------------------------------------------------------------------- */

/* Of another length than a hash's: cut, or filled with zeros. All such cases want an error. */
static struct merkle_hash hash_of(const struct doc_node *node)
{
	struct merkle_hash hash = {{0}};
	AUTO(buf) octets = {0};
	struct err err = {0};

	cr_assert(node && base64_decode(span_str(node->text), &octets, &err).ok);
	memcpy(hash.b, octets.p ? octets.p : hash.b, octets.n < 32 ? octets.n : 32);
	return hash;
}

static uint64_t number_of(const struct doc_node *map, const char *key)
{
	const struct doc_node *node = doc_get(map, key);

	cr_assert_not_null(node);
	return strtoull(node->text, NULL, 10);
}

static bool vector_verifies(const struct doc_node *map)
{
	const struct doc_node *list = doc_get(map, "proof");
	struct merkle_proof proof = {0};
	struct err err = {0};

	for (const struct doc_node *n = list ? list->child : NULL; n; n = n->next)
		proof.hashes[proof.count++] = hash_of(n);
	if (doc_get(map, "size1")) {
		struct merkle_tree old = {number_of(map, "size1"), hash_of(doc_get(map, "root1"))};
		struct merkle_tree tree = {number_of(map, "size2"), hash_of(doc_get(map, "root2"))};

		return merkle_verify_consistency(&old, &tree, proof.hashes, proof.count, &err).ok;
	}
	struct merkle_tree tree = {number_of(map, "treeSize"), hash_of(doc_get(map, "root"))};
	struct merkle_hash leaf = hash_of(doc_get(map, "leafHash"));

	return merkle_verify_inclusion(
	    &tree, number_of(map, "leafIdx"), &leaf, proof.hashes, proof.count, &err)
	    .ok;
}

static void run_vector(const char *name)
{
	AUTO(buf) text = {0};
	AUTO(doc_file) file = {0};
	struct err err = {0};
	const struct doc_node *map;

	cr_assert(shared_read(name, &text), "%s", name);
	cr_assert(doc_parse(name, buf_span(&text), &file, &err).ok, "%s", err.message);
	map = file.documents[0];
	cr_expect_eq(vector_verifies(map), strcmp(doc_get(map, "wantErr")->text, "false") == 0,
	    "%s: %s", name, doc_get(map, "desc")->text);
}

static unsigned run_folder(const char *name)
{
	char path[512], below[512];
	unsigned count = 0;
	DIR *dir;

	if (!shared_path(name, path, sizeof(path)))
		cr_skip_test("%s is not here", name);
	dir = opendir(path);
	cr_assert_not_null(dir);
	for (const struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%s/%s", name, e->d_name);
		if (strstr(e->d_name, ".json")) {
			run_vector(below);
			count++;
		} else {
			count += run_folder(below);
		}
	}
	closedir(dir);
	return count;
}

Test(format_merkle, published_inclusion_vectors_hold)
{
	cr_expect_geq(run_folder("tlog/merkle/inclusion"), 20);
}

Test(format_merkle, published_consistency_vectors_hold)
{
	cr_expect_geq(run_folder("tlog/merkle/consistency"), 20);
}
