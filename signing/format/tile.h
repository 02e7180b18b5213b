/*
 * signing/format/tile.h: names and contents of the static files of a log (C2SP tlog-tiles).
 *
 *   tile/<L>/<N>[.p/<W>]         W (256 without a suffix) hashes of 32 octets, see merkle.h
 *   tile/entries/<N>[.p/<W>]     an entry bundle: the W entries behind those leaf hashes
 *
 * N is written in groups of three digits, all but the last with an x before: 1234067 is
 * x001/x234/067. Each tile has exactly one name here: readers refuse every other spelling.
 */
#ifndef SIGNET_FORMAT_TILE_H
#define SIGNET_FORMAT_TILE_H

#include "base/err.h"
#include "base/span.h"

#define TILE_WIDTH     256 /* hashes, or entries, of a full one */
#define TILE_LEVEL_MAX 63  /* the highest that a path may name */
/* No more can hold a hash: 256^8 leaves are above MERKLE_SIZE_MAX. */
#define TILE_LEVELS 8
/* One above the largest index that a path may name: 256 times it still fits in an int64_t. */
#define TILE_INDEX_END (UINT64_C(1) << 54)
#define TILE_PATH_SIZE 64 /* the longest path, with its NUL */

/* The length of an entry stands in two octets. */
#define BUNDLE_ENTRY_MAX 65535

enum tile_kind {
	TILE_HASHES,
	TILE_ENTRIES, /* level is 0 */
};

struct tile {
	enum tile_kind kind;
	unsigned level; /* 0 .. TILE_LEVEL_MAX */
	uint64_t index; /* below TILE_INDEX_END */
	unsigned width; /* 1 .. TILE_WIDTH */
};

/*
 * How wide tile `index` of that level is in a tree of `size` leaves: TILE_WIDTH, less for the
 * partial one at the right edge, 0 where the tree has none. Entry bundles are as wide as the
 * tiles of level 0.
 */
unsigned tile_width(uint64_t size, unsigned level, uint64_t index);

/* "tile/0/x001/234.p/17"; for kind and index as above. */
void tile_path(const struct tile *tile, char ret_path[static TILE_PATH_SIZE]);
/* The reverse, strictly, of the whole of `path`. ERR_INPUT: not the name of a tile. */
MUST_USE struct status tile_parse(struct span path, struct tile *ret_tile, struct err *err);

/* Append one entry. ERR_TOO_LARGE: over BUNDLE_ENTRY_MAX octets. */
MUST_USE struct status bundle_put(struct span entry, struct buf *out, struct err *err);
/* Take the first entry; call while bundle->n > 0. ERR_INPUT: cut short. */
MUST_USE struct status bundle_take(struct span *bundle, struct span *ret_entry, struct err *err);
/*
 * The first `width` entries of a bundle that has them, as a bundle: a wider one answers for every
 * narrower one. ERR_INPUT: cut short.
 */
MUST_USE struct status bundle_cut(
    struct span bundle, unsigned width, struct span *ret_bundle, struct err *err);

#endif
