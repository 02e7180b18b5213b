/*
 * sql/log_tree.h: the log's tree as rows: state, leaves, tiles, checkpoints. What they mean and in
 * which order they are written is signing/log.h's.
 */
#ifndef SIGNET_SQL_LOG_TREE_H
#define SIGNET_SQL_LOG_TREE_H

#include "base/encode.h"
#include "sql/db.h"

/* Entries that are integrated in one transaction: a second's worth, a few megabytes. */
#define LOG_BATCH_MAX 10000

/* Start the first log. Where there is one already, nothing happens. */
struct status log_origin_start(struct db *db, const char *name, const char *vkey, struct err *err);

/* The log in use, as it is committed now. Texts live in the arena. */
struct log_state {
	int64_t origin_id; /* 0: there is none yet */
	const char *name, *vkey;
	int64_t started_at;
	int64_t predecessor_id;   /* 0: the first log of this store */
	int64_t predecessor_size; /* leaves of it that this store has */
	const char *predecessor;  /* its last checkpoint, a signed note; NULL: none */
	int64_t size;
	struct digest root;
	int64_t settled;
	int64_t copied;     /* leaves of the predecessor that stand here already, in their order */
	int64_t published;  /* size of the newest checkpoint that may be shown; -1: none */
	int64_t checkpoint; /* size of the newest one; -1: none */
	int64_t horizon;    /* every transaction below this number has ended */
};
struct status log_state_read(
    struct db *db, struct arena *arena, struct log_state *ret_state, struct err *err);

/* The last checkpoints of all logs before, newest first. In the arena. */
struct status log_predecessors_read(struct db *db, struct arena *arena, const char ***ret_notes,
    size_t *ret_count, struct err *err);

struct log_waiting {
	size_t count;
	int64_t *ids;         /* rising, but for copied ones: in the order of the predecessor */
	struct span *entries; /* of each */
};
/* Committed entries above `settled` that are no leaves yet, up to `most`. In the arena. */
struct status log_waiting_read(struct db *db, int64_t origin_id, int64_t settled, int64_t most,
    struct arena *arena, struct log_waiting *ret_waiting, struct err *err);
/* The entries of the predecessor's leaves from index `copied` on. */
struct status log_copied_read(struct db *db, int64_t predecessor_id, int64_t copied, int64_t most,
    struct arena *arena, struct log_waiting *ret_waiting, struct err *err);

/* ---- growing: one transaction, in this order ---- */

struct log_growth {
	int64_t origin_id;
	int64_t old_size, size;
	struct digest root;
	int64_t settled, copied;
};
/*
 * Compare and swap: ret_grown false where the size is no longer old_size. The first statement that
 * writes in its transaction: ret_transaction is then above those of all entries seen before it.
 */
struct status log_grow(struct db *db, const struct log_growth *growth, bool *ret_grown,
    int64_t *ret_transaction, struct err *err);
struct status log_leaves_add(
    struct db *db, int64_t origin_id, int64_t index, const int64_t *ids, size_t n, struct err *err);
/* Full tiles; level -1 is an entry bundle. */
struct log_tiles {
	size_t count, room;
	int64_t *levels, *indexes;
	struct span *bytes;
};
struct status log_tiles_add(
    struct db *db, int64_t origin_id, const struct log_tiles *tiles, struct err *err);

struct log_edge {
	int64_t level, index, width;
	struct span bytes;
};
#define LOG_EDGES_MAX 9 /* levels -1 to 7 */
struct status log_edges_put(
    struct db *db, int64_t origin_id, const struct log_edge *edges, size_t n, struct err *err);
struct status log_edges_read(struct db *db, int64_t origin_id, struct arena *arena,
    struct log_edge ret_edges[static LOG_EDGES_MAX], size_t *ret_count, struct err *err);

/* ---- reading ---- */

/*
 * A tile of at least `width`, whole or partial: ret_bytes are those of the stored one, ret_width
 * its width. ERR_MISSING: there is none so wide.
 */
struct status log_tile_read(struct db *db, int64_t origin_id, int64_t level, int64_t index,
    int64_t width, struct arena *arena, struct span *ret_bytes, int64_t *ret_width,
    struct err *err);

/* ---- checkpoints ---- */

struct log_checkpoint_row {
	int64_t size;
	struct digest root;
	const char *note;
	const char *cosignatures; /* lines of the note, or "" */
};
/* The same one again changes nothing. publish: it may be shown at once. */
struct status log_checkpoint_add(struct db *db, int64_t origin_id,
    const struct log_checkpoint_row *row, bool publish, struct err *err);
/* The newest of at most that size (-1: of all). ERR_MISSING: none. */
struct status log_checkpoint_read(struct db *db, int64_t origin_id, int64_t size,
    struct arena *arena, struct log_checkpoint_row *ret_row, struct err *err);
struct status log_checkpoint_publish(
    struct db *db, int64_t origin_id, int64_t size, struct err *err);
/* Old ones between others; how many went. */
struct status log_checkpoint_thin(struct db *db, int64_t *ret_gone, struct err *err);

#endif
