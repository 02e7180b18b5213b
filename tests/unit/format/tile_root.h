/* tests/unit/format/tile_root.h: the root of a tree that only its tiles tell of. */
#ifndef SIGNET_TESTS_TILE_ROOT_H
#define SIGNET_TESTS_TILE_ROOT_H

#include <stdlib.h>

#include "signing/format/merkle.h"

/* By the tree's right edge. Errors of merkle_edge_load(). */
static inline struct status tile_root(const struct merkle_source *source, uint64_t size,
    struct merkle_hash *ret_root, struct err *err)
{
	struct merkle_edge *edge = mem_alloc(sizeof(*edge));
	struct status done = merkle_edge_load(source, size, edge, err);

	if (done.ok)
		*ret_root = merkle_edge_root(edge);
	free(edge);
	return done;
}

#endif
