/* signing/format/tile.c: see tile.h. */
#include "signing/format/tile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "signing/format/text.h"

unsigned tile_width(uint64_t size, unsigned level, uint64_t index)
{
	uint64_t hashes = level < TILE_LEVELS ? size >> (8 * level) : 0;

	if (index < hashes / TILE_WIDTH)
		return TILE_WIDTH;
	return index == hashes / TILE_WIDTH ? (unsigned)(hashes % TILE_WIDTH) : 0;
}

/* Six groups of three digits hold every index below TILE_INDEX_END; zero groups before are cut. */
static size_t put_index(uint64_t index, char *text, size_t size)
{
	uint64_t unit = 1;
	size_t n = 0;

	while (index / unit >= 1000)
		unit *= 1000;
	for (; unit; unit /= 1000)
		n += (size_t)snprintf(text + n, size - n,
		    unit > 1 ? "x%03" PRIu64 "/" : "%03" PRIu64, index / unit % 1000);
	return n;
}

void tile_path(const struct tile *tile, char ret_path[static TILE_PATH_SIZE])
{
	size_t n;

	if (tile->kind == TILE_ENTRIES)
		n = (size_t)snprintf(ret_path, TILE_PATH_SIZE, "tile/entries/");
	else
		n = (size_t)snprintf(ret_path, TILE_PATH_SIZE, "tile/%u/", tile->level % 100);
	n += put_index(tile->index % TILE_INDEX_END, ret_path + n, TILE_PATH_SIZE - n);
	if (tile->width < TILE_WIDTH)
		snprintf(ret_path + n, TILE_PATH_SIZE - n, ".p/%u", tile->width);
}

/* A number of one to `digits` digits, leading zeros allowed: tile_parse() refuses those in the end.
 */
static bool take_number(struct span *in, size_t digits, uint64_t *ret_number)
{
	uint64_t number = 0;
	size_t n = 0;

	for (; n < in->n && n < digits && in->p[n] >= '0' && in->p[n] <= '9'; n++)
		number = number * 10 + (uint64_t)(in->p[n] - '0');
	*in = span(in->p + n, in->n - n);
	*ret_number = number;
	return n > 0;
}

static bool take_index(struct span *in, uint64_t *ret_index)
{
	uint64_t index = 0, group;
	bool more;

	do {
		more = text_cut(in, "x");
		if (!take_number(in, 3, &group) || (more && !text_cut(in, "/")))
			return false;
		index = index * 1000 + group;
		if (index >= TILE_INDEX_END)
			return false;
	} while (more);
	*ret_index = index;
	return true;
}

static bool take_tile(struct span in, struct tile *tile)
{
	uint64_t level = 0, width = TILE_WIDTH;

	if (!text_cut(&in, "tile/"))
		return false;
	tile->kind = text_cut(&in, "entries/") ? TILE_ENTRIES : TILE_HASHES;
	if (tile->kind == TILE_HASHES &&
	    (!take_number(&in, 2, &level) || level > TILE_LEVEL_MAX || !text_cut(&in, "/")))
		return false;
	if (!take_index(&in, &tile->index))
		return false;
	if (in.n && (!text_cut(&in, ".p/") || !take_number(&in, 3, &width)))
		return false;
	tile->level = (unsigned)level;
	tile->width = (unsigned)width;
	return in.n == 0 && width >= 1 && width <= TILE_WIDTH;
}

struct status tile_parse(struct span path, struct tile *ret_tile, struct err *err)
{
	struct tile tile;
	char spelled[TILE_PATH_SIZE];

	if (path.n >= TILE_PATH_SIZE || !take_tile(path, &tile))
		return err_set(err, ERR_INPUT,
		    "not the path of a tile: tile/L/N[.p/W] or tile/entries/N[.p/W]");
	/* What was read has one spelling, which this must be. */
	tile_path(&tile, spelled);
	if (!span_equal_str(path, spelled))
		return err_set(err, ERR_INPUT, "this tile is spelled %s", spelled);
	*ret_tile = tile;
	return STATUS_OK;
}

struct status bundle_put(struct span entry, struct buf *out, struct err *err)
{
	if (entry.n > BUNDLE_ENTRY_MAX)
		return err_set(err, ERR_TOO_LARGE, "log entry of %zu octets, over %d", entry.n,
		    BUNDLE_ENTRY_MAX);
	buf_put_byte(out, (uint8_t)(entry.n >> 8));
	buf_put_byte(out, (uint8_t)entry.n);
	buf_put(out, entry);
	return STATUS_OK;
}

struct status bundle_take(struct span *bundle, struct span *ret_entry, struct err *err)
{
	size_t n = bundle->n < 2 ? SIZE_MAX : (size_t)bundle->p[0] << 8 | bundle->p[1];

	if (bundle->n < 2 || bundle->n - 2 < n)
		return err_set(err, ERR_INPUT, "entry bundle: its last entry is cut short");
	*ret_entry = span(bundle->p + 2, n);
	*bundle = span(bundle->p + 2 + n, bundle->n - 2 - n);
	return STATUS_OK;
}

struct status bundle_cut(
    struct span bundle, unsigned width, struct span *ret_bundle, struct err *err)
{
	struct span rest = bundle, entry;

	for (unsigned i = 0; i < width; i++) {
		if (rest.n == 0)
			return err_set(err, ERR_INPUT,
			    "entry bundle: %u entries where %u are wanted", i, width);
		TRY(bundle_take(&rest, &entry, err));
	}
	*ret_bundle = span(bundle.p, bundle.n - rest.n);
	return STATUS_OK;
}
