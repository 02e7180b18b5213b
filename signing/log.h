/*
 * signing/log.h: the transparency log (RFC 6962 tree, C2SP tlog-tiles): from entries to a tree to
 * signed checkpoints.
 *
 * An act writes its entry (ca/act.h) in its own transaction; the entry then waits. The integrator
 * gives waiting entries their index and adds them to the tree, in batches, one node at a time:
 *
 *   one transaction: advisory lock; entries that are committed and no leaves yet, in the order of
 *   their ids; compare and swap of the tree's size and root; leaves, full tiles and bundles, edge
 *   then, and only of what is committed: the checkpoint is signed and stored
 *
 * How waiting entries are found. A queue that a trigger fills costs every act a further row,
 * written and deleted, and whoever keeps an old snapshot open (pg_dump) keeps its dead rows, among
 * which each look must then search. Order by transaction number costs nothing, but any old writer,
 * in any database of the cluster, holds up all entries behind it, and after a dump and restore the
 * numbers start anew. So: an entry waits when it is above `settled` and is not a leaf. Nothing is
 * written for it, nobody holds up others (a late entry merely gets a later index), ids survive dump
 * and restore, and the leaves' unique constraint makes it exactly once. `settled` only spares
 * searching what is done: it rises to the largest id seen when every transaction has ended that was
 * there when it was seen. Entries take their transaction's number before their id (the default of
 * log_entry.id), so that no smaller id can come later. An old writer thus costs a longer look, not
 * a delay.
 */
#ifndef SIGNET_SIGNING_LOG_H
#define SIGNET_SIGNING_LOG_H

#include "hsm/hsm.h"
#include "signing/format/log_proof.h"
#include "sql/log_tree.h"

/* ---- growing ---- */

/* What one thread remembers between rounds: the right edge, and how far all is settled. */
struct log_tree;
struct log_tree *log_tree_new(void);
void log_tree_free(struct log_tree *t);
DEFINE_AUTO_REF(log_tree, log_tree_free)

struct log_round {
	struct log_state state; /* as committed at its end; texts live in the arena */
	bool busy;              /* another node is at it, or was quicker: look again soon */
	size_t added;           /* leaves */
	bool more;              /* there are more entries than one round takes */
};
/*
 * One round: integrates up to LOG_BATCH_MAX entries. Without waiting entries it only reads.
 * ERR_INTERNAL: what is stored is not a tree of that root (somebody changed it): nothing is added.
 */
struct status log_integrate(struct log_tree *t, struct db *db, struct arena *arena,
    struct log_round *ret_round, struct err *err);
/*
 * In the caller's transaction, elected: make these entries the next leaves. ret_grown false: the
 * tree is no longer of state->size; roll back.
 */
struct status log_grow_by(struct log_tree *t, struct db *db, const struct log_state *state,
    const struct log_waiting *entries, int64_t settled, int64_t copied, bool *ret_grown,
    int64_t *ret_transaction, struct err *err);

/* ---- checkpoints ---- */

/* The verifier key of a log of that name. ERR_CONFIG: not an Ed25519 key, or not a good name. */
struct status log_vkey(
    const char *name, const struct hsm_key *key, struct vkey *ret_vkey, struct err *err);
/*
 * The signed note of a committed tree, appended. ERR_KEY: the key refused. ERR_CONFIG: it is not
 * the log's.
 */
struct status log_checkpoint_sign(
    const struct log_state *state, struct hsm_key *key, struct buf *out, struct err *err);

/* ---- reading ---- */

/* Tiles of the store. Everything borrowed for as long as the source is used. */
struct log_store {
	struct db *db;
	int64_t origin_id;
};
struct merkle_source log_source(struct log_store *store);

#endif
