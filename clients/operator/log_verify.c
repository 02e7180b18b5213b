/* clients/operator/log_verify.c: see log_verify.h. */
#include "clients/operator/log_verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "clients/operator/reason.h"

#define PROGRESS_MS 200

void log_verify_free(struct log_verify *v)
{
	buf_free(&v->note);
	log_findings_free(&v->findings);
	log_archive_free(&v->archive);
	free(v->edge);
}

static void found(struct log_verify *v, enum log_fault fault, int64_t index, const char *detail)
{
	log_found(&v->findings,
	    &(struct log_finding){.fault = fault, .index = index, .other = -1, .detail = detail});
}

/* ---- checkpoints ---- */

static struct status open_checkpoint(const struct log_verify *v, struct span note,
    struct checkpoint *ret_checkpoint, struct err *err)
{
	struct note *parsed = mem_alloc(sizeof(*parsed));
	struct note_seen seen;
	struct status s = checkpoint_open(note, &v->key, 1, parsed, ret_checkpoint, &seen, err);

	free(parsed);
	return s;
}

struct status log_verify_checkpoint(struct log_verify *v, struct err *err)
{
	char said[40];
	bool there = false;

	TRY(log_public_fetch(&v->public, "checkpoint", &v->note, &there, said, err));
	if (!there)
		return err_refuse(
		    err, WHY(ANSWER_UNEXPECTED), "%s/checkpoint: %s", v->public.url, said);
	return log_verify_open(v, err);
}

struct status log_verify_open(struct log_verify *v, struct err *err)
{
	return open_checkpoint(v, buf_span(&v->note), &v->checkpoint, err);
}

/* By a proof that is made of the published tiles, and verified against both roots. */
static struct status has_grown(
    struct log_verify *v, const struct merkle_tree *old, bool *ret_grown, struct err *err)
{
	struct merkle_source source = log_public_source(&v->public);
	struct merkle_proof *proof = mem_alloc(sizeof(*proof));
	struct err why = {0};
	struct status s =
	    merkle_prove_consistency(&source, old->size, v->checkpoint.tree.size, proof, err);

	if (s.ok)
		*ret_grown = merkle_verify_consistency(
		    old, &v->checkpoint.tree, proof->hashes, proof->count, &why)
				 .ok;
	free(proof);
	return s;
}

struct status log_verify_growth(
    struct log_verify *v, struct span note, const char *kept, struct err *err)
{
	struct checkpoint old;
	char text[200];
	bool grown = false;

	TRY(open_checkpoint(v, note, &old, err));
	if (old.tree.size > v->checkpoint.tree.size) {
		snprintf(text, sizeof(text), "it has %" PRIu64 " entries; %s has %" PRIu64,
		    v->checkpoint.tree.size, kept, old.tree.size);
		found(v, FAULT_LOG_ROLLED_BACK, -1, text);
		return STATUS_OK;
	}
	/* Every log has grown from nothing; and what is missing, named already, proves nothing. */
	if (!old.tree.size || v->broken)
		return STATUS_OK;
	TRY(has_grown(v, &old.tree, &grown, err));
	snprintf(text, sizeof(text), "its first %" PRIu64 " entries are not those of %s",
	    old.tree.size, kept);
	if (!grown)
		found(v, FAULT_LOG_FORKED, -1, text);
	return STATUS_OK;
}

/* ---- tiles ---- */

static void file_missing(struct log_verify *v, const struct tile *tile, const char *said)
{
	char path[TILE_PATH_SIZE], text[TILE_PATH_SIZE + 64];

	tile_path(tile, path);
	snprintf(text, sizeof(text), "%s: %s", path, said);
	found(v, FAULT_FILE_MISSING, -1, text);
}

static void tile_wrong(struct log_verify *v, const struct tile *tile)
{
	char path[TILE_PATH_SIZE], text[TILE_PATH_SIZE + 64];

	tile_path(tile, path);
	snprintf(text, sizeof(text), "%s does not hold the hashes of the tiles below it", path);
	found(v, FAULT_TILE_WRONG, -1, text);
}

/* A tile as it follows from the leaves: what is published under its name must be the same. */
static struct status check_tile(
    void *context, const struct tile *tile, const struct merkle_hash *hashes, struct err *err)
{
	struct log_verify *v = context;
	struct merkle_hash published[TILE_WIDTH];
	bool there = false;
	char said[40];

	/* Level 0 was read; the right edge is written many times before it is this tree's. */
	if (tile->level == 0 ||
	    tile->width != tile_width(v->checkpoint.tree.size, tile->level, tile->index))
		return STATUS_OK;
	TRY(log_public_tile(&v->public, tile, published, &there, said, err));
	if (!there)
		file_missing(v, tile, said);
	else if (memcmp(published, hashes, tile->width * sizeof(*hashes)) != 0)
		tile_wrong(v, tile);
	return STATUS_OK;
}

/* ---- entries ---- */

static struct status check_bundle(struct log_verify *v, const struct tile *tile,
    const struct merkle_hash *leaves, struct err *err)
{
	struct tile name = *tile;
	char path[TILE_PATH_SIZE], said[40];
	AUTO(buf) bytes = {0};
	struct span rest, entry;
	bool there = false;
	struct err why = {0};
	unsigned i = 0;

	name.kind = TILE_ENTRIES;
	tile_path(&name, path);
	TRY(log_public_fetch(&v->public, path, &bytes, &there, said, err));
	rest = buf_span(&bytes);
	for (; there && i < tile->width && rest.n && bundle_take(&rest, &entry, &why).ok; i++) {
		struct merkle_hash leaf = merkle_leaf(entry);

		if (!merkle_equal(&leaf, &leaves[i]))
			log_mismatched(&v->findings, &v->findings.published,
			    (int64_t)(tile->index * TILE_WIDTH + i), &leaves[i], &leaf);
	}
	if (!there)
		file_missing(v, &name, said);
	else if (i < tile->width || rest.n)
		file_missing(v, &name, "not as many entries as the tile has hashes");
	v->entries += i;
	return STATUS_OK;
}

/* ---- the walk ---- */

static void show_progress(struct log_verify *v, uint64_t done)
{
	const struct screen *to = &v->call->err;
	int64_t now = monotonic_ms();

	if (!to->terminal || call_has(v->call, OPT_JSON) || now - v->shown < PROGRESS_MS)
		return;
	v->shown = now;
	screen_printf(to, "\r%" PRIu64 " of %" PRIu64 " entries", done, v->checkpoint.tree.size);
	fflush(to->file);
}

static void end_progress(const struct log_verify *v)
{
	if (v->shown)
		screen_printf(&v->call->err, "\r%50s\r", "");
}

/* ret_there: the tile is published, and leaves holds its hashes. */
static struct status walk_tile(struct log_verify *v, const struct tile *tile,
    struct merkle_hash *leaves, bool *ret_there, struct err *err)
{
	const struct merkle_sink sink = {.write = check_tile, .context = v};
	char said[40];

	TRY(log_public_tile(&v->public, tile, leaves, ret_there, said, err));
	if (!*ret_there) {
		v->broken = true; /* what comes behind a gap hangs in the air */
		file_missing(v, tile, said);
		return STATUS_OK;
	}
	if (!v->broken)
		TRY(merkle_edge_append(v->edge, leaves, tile->width, &sink, err));
	if ((tile->index + 1) * TILE_WIDTH > v->bundles_from)
		TRY(check_bundle(v, tile, leaves, err));
	return STATUS_OK;
}

static void check_root(struct log_verify *v)
{
	struct merkle_hash root = merkle_edge_root(v->edge);

	if (!v->broken && !merkle_equal(&root, &v->checkpoint.tree.root))
		found(v, FAULT_TILE_WRONG, -1,
		    "the published leaves do not hash to the checkpoint's root");
}

int log_verify_walk(struct log_verify *v)
{
	const uint64_t size = v->checkpoint.tree.size;
	struct merkle_hash leaves[TILE_WIDTH];
	struct err err = {0};
	int code = EXIT_DONE;

	v->edge = mem_alloc(sizeof(*v->edge));
	for (uint64_t i = 0; i * TILE_WIDTH < size && code == EXIT_DONE; i++) {
		struct tile tile = {TILE_HASHES, 0, i, tile_width(size, 0, i)};
		bool there = false;

		if (!walk_tile(v, &tile, leaves, &there, &err).ok)
			code = call_failed(v->call, &err);
		else if (v->compare)
			code = log_compare_records(
			    v, i * TILE_WIDTH, tile.width, there ? leaves : NULL);
		show_progress(v, i * TILE_WIDTH + tile.width);
	}
	end_progress(v);
	if (code == EXIT_DONE)
		check_root(v);
	return code;
}
