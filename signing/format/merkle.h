/*
 * signing/format/merkle.h: the Merkle tree of a log (RFC 6962 section 2.1, SHA-256).
 *
 * Trees are stored as tiles (tile.h): hash i of level l is that of the full subtree over the
 * leaves [i 256^l, (i+1) 256^l). Proofs are computed from tiles, wherever they come from: a
 * database gives its own, a stranger fetches them. Proofs made from a stranger's tiles prove
 * nothing before they are verified against a signed root.
 */
#ifndef SIGNET_FORMAT_MERKLE_H
#define SIGNET_FORMAT_MERKLE_H

#include "signing/format/tile.h"

#define MERKLE_HASH_SIZE 32
/*
 * Leaves of the largest tree. A consistency proof has up to log2(size) + 1 hashes, and
 * tlog-witness allows no more than 63 of them.
 */
#define MERKLE_SIZE_MAX  (UINT64_C(1) << 62)
#define MERKLE_PROOF_MAX 63

struct merkle_hash {
	uint8_t b[MERKLE_HASH_SIZE];
};

struct merkle_hash merkle_empty(void); /* the root of no leaves */
struct merkle_hash merkle_leaf(struct span entry);
struct merkle_hash merkle_node(const struct merkle_hash *left, const struct merkle_hash *right);
bool merkle_equal(const struct merkle_hash *a, const struct merkle_hash *b);

/* From the leaf, or the old tree, upwards: the order of RFC 6962. */
struct merkle_proof {
	size_t count;
	struct merkle_hash hashes[MERKLE_PROOF_MAX];
};

/*
 * Where tiles come from. read() gives tile->width hashes of exactly that tile into ret_hashes, or
 * fails; tile->kind is TILE_HASHES. A stored tile that has grown since serves cut to the width.
 * One call below asks for each tile once at most, and for none outside of the tree.
 */
struct merkle_source {
	struct status (*read)(void *context, const struct tile *tile,
	    struct merkle_hash ret_hashes[static TILE_WIDTH], struct err *err);
	void *context;
};

/*
 * Computed from the tiles of a tree of at least `size` leaves. ERR_INPUT: no such leaf or size
 * (index >= size, old_size > size, size > MERKLE_SIZE_MAX); else what read() said.
 * A consistency proof from size 0, or between equal sizes, is empty.
 */
MUST_USE struct status merkle_prove_inclusion(const struct merkle_source *source, uint64_t index,
    uint64_t size, struct merkle_proof *ret_proof, struct err *err);
MUST_USE struct status merkle_prove_consistency(const struct merkle_source *source,
    uint64_t old_size, uint64_t size, struct merkle_proof *ret_proof, struct err *err);

struct merkle_tree {
	uint64_t size; /* leaves; any number */
	struct merkle_hash root;
};

/*
 * Does the leaf stand at `index` of that tree (RFC 9162 section 2.1.3.2)?
 * ERR_INPUT: the index or the number of hashes does not fit the size. ERR_DENIED: another root.
 */
MUST_USE struct status merkle_verify_inclusion(const struct merkle_tree *tree, uint64_t index,
    const struct merkle_hash *leaf, const struct merkle_hash *proof, size_t count, struct err *err);
/*
 * Is `tree` the old one with leaves appended (RFC 9162 section 2.1.4.2)? Errors as above, and
 * ERR_INPUT from an old tree of no leaves, which is a start of every tree: nothing is proven by it.
 */
MUST_USE struct status merkle_verify_consistency(const struct merkle_tree *old,
    const struct merkle_tree *tree, const struct merkle_hash *proof, size_t count, struct err *err);

/*
 * The right edge of a tree: at each level the hashes of the partial tile, tile_width() of them.
 * All that is needed to append. 64 KiB: keep it off small stacks. {0} is that of the empty tree.
 */
struct merkle_edge {
	uint64_t size;
	struct merkle_hash tiles[TILE_LEVELS][TILE_WIDTH];
};

/* Read the edge of a tree of `size` leaves, at most one tile a level. Of no use after a failure. */
MUST_USE struct status merkle_edge_load(const struct merkle_source *source, uint64_t size,
    struct merkle_edge *ret_edge, struct err *err);

/* Takes a tile that has changed; hashes: tile->width of them, borrowed for the call. */
struct merkle_sink {
	struct status (*write)(void *context, const struct tile *tile,
	    const struct merkle_hash *hashes, struct err *err);
	void *context;
};

/*
 * Append leaves. Every tile that changed is written once, as it is in the end: full ones as they
 * fill, then the partial ones of the right edge. A tile that has grown has the level and index of
 * its narrower self. sink may be NULL: nobody wants the tiles, only the root.
 * ERR_TOO_LARGE: above MERKLE_SIZE_MAX. After a failure the edge is of no use: load it anew.
 */
MUST_USE struct status merkle_edge_append(struct merkle_edge *edge,
    const struct merkle_hash *leaves, size_t count, const struct merkle_sink *sink,
    struct err *err);
struct merkle_hash merkle_edge_root(const struct merkle_edge *edge);

#endif
