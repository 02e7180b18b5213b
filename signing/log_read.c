/* signing/log_read.c: tiles of the store, and proofs from them; see log.h. */
#include <string.h>

#include "signing/log.h"

static struct status read_tile(void *context, const struct tile *tile,
    struct merkle_hash ret_hashes[static TILE_WIDTH], struct err *err)
{
	const struct log_store *store = context;
	AUTO(arena) arena = {0};
	struct span bytes;
	int64_t width;

	TRY(log_tile_read(store->db, store->origin_id, tile->level, (int64_t)tile->index,
	    tile->width, &arena, &bytes, &width, err));
	if (bytes.n < tile->width * sizeof(struct merkle_hash))
		return err_set(err, ERR_INTERNAL, "a stored tile is cut short");
	memcpy(ret_hashes, bytes.p, tile->width * sizeof(struct merkle_hash));
	return STATUS_OK;
}

struct merkle_source log_source(struct log_store *store)
{
	return (struct merkle_source){read_tile, store};
}
