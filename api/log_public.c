/* api/log_public.c: see log_public.h. */
#include "api/log_public.h"

#include "api/api.h"
#include "base/encode.h"
#include "ca/reason.h"
#include "signing/log_board.h"

#define TEXT_TYPE "text/plain; charset=utf-8" /* tlog-tiles: "text/plain; charset=utf-8" */
#define TILE_TYPE "application/octet-stream"
/* Readers see an act within the second or two that its proof may take. */
#define CHECKPOINT_CACHE_CONTROL "public, max-age=1"
#define VKEY_CACHE_CONTROL       "public, max-age=3600"
/* tlog-tiles: tiles "SHOULD be served with ... immutable" caching; a year is what caches know. */
#define TILE_CACHE_CONTROL "public, max-age=31536000, immutable"

static struct status shown(struct call *call, struct log_shown *ret_shown, struct err *err)
{
	struct log_shown s = {0};

	if (call->api->log_board)
		s = log_board_shown(call->api->log_board, call->request->arena);
	if (!s.origin_id)
		return REFUSE(err, LOG_CHECKPOINT, "the log has not been started yet");
	*ret_shown = s;
	return STATUS_OK;
}

struct status log_public_checkpoint(
    struct call *call, struct http_response *response, struct err *err)
{
	struct log_shown s;

	TRY(shown(call, &s, err));
	if (s.note.n == 0)
		return REFUSE(err, LOG_CHECKPOINT, "no checkpoint is published yet");
	http_respond_cached(call->request, response, TEXT_TYPE, CHECKPOINT_CACHE_CONTROL, s.note);
	return STATUS_OK;
}

struct status log_public_vkey(struct call *call, struct http_response *response, struct err *err)
{
	struct log_shown s;
	const char *line;

	TRY(shown(call, &s, err));
	line = arena_printf(call->request->arena, "%s\n", s.vkey);
	http_respond_cached(call->request, response, TEXT_TYPE, VKEY_CACHE_CONTROL, span_str(line));
	return STATUS_OK;
}

/* ---- tiles ---- */

static int64_t level_of(const struct tile *tile)
{
	return tile->kind == TILE_ENTRIES ? -1 : (int64_t)tile->level;
}

static struct status cut(
    const struct tile *tile, struct span stored, struct span *ret_bytes, struct err *err)
{
	const size_t n = tile->width * sizeof(struct merkle_hash);

	if (tile->kind == TILE_ENTRIES)
		return bundle_cut(stored, tile->width, ret_bytes, err);
	if (stored.n < n)
		return err_set(err, ERR_INTERNAL, "a stored tile is cut short");
	*ret_bytes = span(stored.p, n);
	return STATUS_OK;
}

static struct status read_tile(struct call *call, int64_t origin_id, const struct tile *tile,
    struct span *ret_stored, struct err *err)
{
	struct err why = {0};
	int64_t width;

	if (!log_tile_read(call->db, origin_id, level_of(tile), (int64_t)tile->index, tile->width,
		call->request->arena, ret_stored, &width, &why)
		 .ok) {
		if (why.kind == ERR_MISSING)
			return REFUSE(err, LOG_TILE, "the log has no tile %.64s", call->segment);
		*err = why;
		return STATUS_FAILED;
	}
	if (width == TILE_WIDTH)
		log_board_keep(call->api->log_board, origin_id, level_of(tile),
		    (int64_t)tile->index, *ret_stored);
	return STATUS_OK;
}

/* ret_tile is what the path names. Names that no tile of ours can have are no tiles. */
static struct status named_tile(struct call *call, struct tile *ret_tile, struct err *err)
{
	const char *path = arena_printf(call->request->arena, "tile/%s", call->segment);
	struct err why = {0};

	if (!tile_parse(span_str(path), ret_tile, &why).ok || ret_tile->level >= TILE_LEVELS)
		return REFUSE(err, LOG_TILE, "/log/%.64s is not the name of a tile", path);
	return STATUS_OK;
}

struct status log_public_tile(struct call *call, struct http_response *response, struct err *err)
{
	struct log_shown s;
	struct tile tile;
	struct span stored, bytes;

	TRY(shown(call, &s, err));
	TRY(named_tile(call, &tile, err));
	if (!log_board_find(call->api->log_board, s.origin_id, level_of(&tile), (int64_t)tile.index,
		call->request->arena, &stored)) {
		if (!call->db)
			return STATUS_OK; /* a worker asks the database */
		TRY(read_tile(call, s.origin_id, &tile, &stored, err));
	}
	TRY(cut(&tile, stored, &bytes, err));
	http_respond_cached(call->request, response, TILE_TYPE, TILE_CACHE_CONTROL, bytes);
	return STATUS_OK;
}
