/* signing/format/merkle_tiles.c: proofs computed from tiles; trees grown. See merkle.h. */
#include "signing/format/merkle.h"

#include <string.h>

#define TILE_HEIGHT 8 /* 2^8 = TILE_WIDTH: a tile spans the eight lowest levels of its subtree */

/* ---- which nodes ---------------------------------------------------------------------------- */

/* A full subtree: the leaves [index 2^height, (index + 1) 2^height). */
struct node {
	unsigned height;
	uint64_t index;
	struct merkle_hash hash;
};

/*
 * The subtrees that make up the hashes of a proof, in its order. Each hash is that of one full
 * subtree, but for one at most: what is to the right of all that is full, up to the end of the
 * tree, is a row of ever smaller ones. Both number no more than the height of the tree.
 */
struct plan {
	size_t count, row_at, row_count; /* nodes[row_at] to the row's end are one hash */
	struct node nodes[2 * MERKLE_PROOF_MAX];
};

struct range {
	uint64_t from, end; /* leaves; from is a multiple of the largest 2^h <= end - from */
};

/* The largest power of two below n; n > 1 (RFC 6962's k). */
static uint64_t split(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k *= 2;
	return k;
}

static void plan_add(struct plan *plan, struct range range)
{
	size_t first = plan->count;

	while (range.from < range.end) {
		struct node *node = &plan->nodes[plan->count++];

		*node = (struct node){0};
		while (UINT64_C(2) << node->height <= range.end - range.from)
			node->height++;
		node->index = range.from >> node->height;
		range.from += UINT64_C(1) << node->height;
	}
	if (plan->count - first > 1) {
		plan->row_at = first;
		plan->row_count = plan->count - first;
	}
}

/* Found from the root downwards; a proof goes up. */
static void plan_ranges(struct plan *plan, const struct range *ranges, size_t count)
{
	while (count)
		plan_add(plan, ranges[--count]);
}

static void plan_inclusion(struct plan *plan, uint64_t index, uint64_t size)
{
	struct range in = {0, size}, beside[MERKLE_PROOF_MAX];
	size_t count = 0;

	while (in.end - in.from > 1) {
		uint64_t middle = in.from + split(in.end - in.from);

		if (index < middle) {
			beside[count++] = (struct range){middle, in.end};
			in.end = middle;
		} else {
			beside[count++] = (struct range){in.from, middle};
			in.from = middle;
		}
	}
	plan_ranges(plan, beside, count);
}

/* RFC 6962 section 2.1.2, SUBPROOF, without its recursion; 0 < old < size. */
static void plan_consistency(struct plan *plan, uint64_t old, uint64_t size)
{
	struct range in = {0, size}, beside[MERKLE_PROOF_MAX + 1];
	size_t count = 0;

	while (in.end != old) {
		uint64_t middle = in.from + split(in.end - in.from);

		if (old <= middle) {
			beside[count++] = (struct range){middle, in.end};
			in.end = middle;
		} else {
			beside[count++] = (struct range){in.from, middle};
			in.from = middle;
		}
	}
	if (in.from != 0)
		beside[count++] = in;
	plan_ranges(plan, beside, count);
}

/* ---- their hashes --------------------------------------------------------------------------- */

/* The root over 2^height hashes. */
static struct merkle_hash fold(const struct merkle_hash *hashes, unsigned height)
{
	struct merkle_hash level[TILE_WIDTH / 2];
	size_t n = (size_t)1 << height;

	if (n == 1)
		return hashes[0];
	for (const struct merkle_hash *below = hashes; n > 1; below = level) {
		n /= 2;
		for (size_t i = 0; i < n; i++)
			level[i] = merkle_node(&below[2 * i], &below[2 * i + 1]);
	}
	return level[0];
}

/* Nodes of one tile follow each other in a plan, level by level: each tile is read once. */
static struct status plan_load_level(struct plan *plan, const struct merkle_source *source,
    uint64_t size, unsigned level, struct err *err)
{
	struct merkle_hash hashes[TILE_WIDTH];
	struct tile tile = {.kind = TILE_HASHES, .level = level};

	for (size_t i = 0; i < plan->count; i++) {
		struct node *node = &plan->nodes[i];
		unsigned above = node->height % TILE_HEIGHT;
		uint64_t first = node->index << above;

		if (node->height / TILE_HEIGHT != level)
			continue;
		if (tile.width == 0 || tile.index != first / TILE_WIDTH) {
			tile.index = first / TILE_WIDTH;
			tile.width = tile_width(size, level, tile.index);
			TRY(source->read(source->context, &tile, hashes, err));
		}
		node->hash = fold(&hashes[first % TILE_WIDTH], above);
	}
	return STATUS_OK;
}

static struct status plan_load(
    struct plan *plan, const struct merkle_source *source, uint64_t size, struct err *err)
{
	for (unsigned level = 0; level < TILE_LEVELS; level++)
		TRY(plan_load_level(plan, source, size, level, err));
	return STATUS_OK;
}

/* The one hash of a row: each subtree is the left sibling of all that follows. */
static struct merkle_hash fold_row(const struct node *nodes, size_t count)
{
	struct merkle_hash hash = nodes[count - 1].hash;

	for (size_t i = count - 1; i > 0; i--)
		hash = merkle_node(&nodes[i - 1].hash, &hash);
	return hash;
}

static struct status plan_prove(struct plan *plan, const struct merkle_source *source,
    uint64_t size, struct merkle_proof *ret_proof, struct err *err)
{
	size_t count = 0;

	TRY(plan_load(plan, source, size, err));
	for (size_t i = 0; i < plan->count;) {
		size_t row = plan->row_count && i == plan->row_at ? plan->row_count : 1;

		ret_proof->hashes[count++] = fold_row(&plan->nodes[i], row);
		i += row;
	}
	ret_proof->count = count;
	return STATUS_OK;
}

/* ---- what is asked for ---------------------------------------------------------------------- */

static struct status check_size(uint64_t size, struct err *err)
{
	if (size > MERKLE_SIZE_MAX)
		return err_set(err, ERR_INPUT, "a log of %llu leaves: more than 2^62",
		    (unsigned long long)size);
	return STATUS_OK;
}

struct status merkle_prove_inclusion(const struct merkle_source *source, uint64_t index,
    uint64_t size, struct merkle_proof *ret_proof, struct err *err)
{
	struct plan plan = {0};

	TRY(check_size(size, err));
	if (index >= size)
		return err_set(err, ERR_INPUT, "no leaf %llu in a log of %llu",
		    (unsigned long long)index, (unsigned long long)size);
	plan_inclusion(&plan, index, size);
	return plan_prove(&plan, source, size, ret_proof, err);
}

struct status merkle_prove_consistency(const struct merkle_source *source, uint64_t old_size,
    uint64_t size, struct merkle_proof *ret_proof, struct err *err)
{
	struct plan plan = {0};

	TRY(check_size(size, err));
	if (old_size > size)
		return err_set(err, ERR_INPUT, "a log of %llu leaves never had %llu",
		    (unsigned long long)size, (unsigned long long)old_size);
	if (old_size > 0 && old_size < size)
		plan_consistency(&plan, old_size, size);
	return plan_prove(&plan, source, size, ret_proof, err);
}

/* ---- growth --------------------------------------------------------------------------------- */

/* Hashes of the edge at that level: index of the first that is not there yet. */
static uint64_t edge_hashes(uint64_t size, unsigned level)
{
	return size >> (TILE_HEIGHT * level);
}

struct status merkle_edge_load(const struct merkle_source *source, uint64_t size,
    struct merkle_edge *ret_edge, struct err *err)
{
	TRY(check_size(size, err));
	ret_edge->size = size;
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		struct tile tile = {.kind = TILE_HASHES,
		    .level = level,
		    .index = edge_hashes(size, level) / TILE_WIDTH};

		tile.width = tile_width(size, level, tile.index);
		if (tile.width)
			TRY(source->read(source->context, &tile, ret_edge->tiles[level], err));
	}
	return STATUS_OK;
}

static struct status edge_write(const struct merkle_edge *edge, const struct merkle_sink *sink,
    const struct tile *tile, struct err *err)
{
	return sink ? sink->write(sink->context, tile, edge->tiles[tile->level], err) : STATUS_OK;
}

/* The tile of level 0 is full, and with it perhaps those above: each is one hash of the next. */
static struct status edge_carry(
    struct merkle_edge *edge, const struct merkle_sink *sink, struct err *err)
{
	for (unsigned level = 0; level + 1 < TILE_LEVELS; level++) {
		uint64_t hashes = edge_hashes(edge->size, level);
		struct tile tile = {.kind = TILE_HASHES,
		    .level = level,
		    .index = hashes / TILE_WIDTH - 1,
		    .width = TILE_WIDTH};

		if (hashes % TILE_WIDTH)
			break;
		TRY(edge_write(edge, sink, &tile, err));
		edge->tiles[level + 1][tile.index % TILE_WIDTH] =
		    fold(edge->tiles[level], TILE_HEIGHT);
	}
	return STATUS_OK;
}

static struct status edge_write_partial(const struct merkle_edge *edge, uint64_t old_size,
    const struct merkle_sink *sink, struct err *err)
{
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		uint64_t hashes = edge_hashes(edge->size, level);
		struct tile tile = {.kind = TILE_HASHES,
		    .level = level,
		    .index = hashes / TILE_WIDTH,
		    .width = (unsigned)(hashes % TILE_WIDTH)};

		if (tile.width && hashes != edge_hashes(old_size, level))
			TRY(edge_write(edge, sink, &tile, err));
	}
	return STATUS_OK;
}

struct status merkle_edge_append(struct merkle_edge *edge, const struct merkle_hash *leaves,
    size_t count, const struct merkle_sink *sink, struct err *err)
{
	uint64_t old_size = edge->size;

	if (count > MERKLE_SIZE_MAX - edge->size)
		return err_set(err, ERR_TOO_LARGE, "a log of %llu leaves cannot take %zu more",
		    (unsigned long long)edge->size, count);
	while (count) {
		size_t width = (size_t)(edge->size % TILE_WIDTH);
		size_t n = count < TILE_WIDTH - width ? count : TILE_WIDTH - width;

		memcpy(&edge->tiles[0][width], leaves, n * sizeof(*leaves));
		leaves += n;
		count -= n;
		edge->size += n;
		TRY(edge_carry(edge, sink, err));
	}
	return edge_write_partial(edge, old_size, sink, err);
}

struct merkle_hash merkle_edge_root(const struct merkle_edge *edge)
{
	struct merkle_hash root = merkle_empty();
	bool any = false;

	for (unsigned bit = 0; bit < 64; bit++) {
		unsigned level = bit / TILE_HEIGHT, height = bit % TILE_HEIGHT;
		uint64_t first = (edge->size >> bit ^ 1) << height;
		struct merkle_hash full;

		if (!(edge->size >> bit & 1))
			continue;
		full = fold(&edge->tiles[level][first % TILE_WIDTH], height);
		root = any ? merkle_node(&full, &root) : full;
		any = true;
	}
	return root;
}
