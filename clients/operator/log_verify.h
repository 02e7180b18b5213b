/*
 * clients/operator/log_verify.h: one verification of a log.
 *
 * First like a stranger, by what is published: the checkpoint and its signature, every tile up to
 * the root, every entry against its leaf, the growth from the checkpoints that were kept. Then as
 * an auditor: what the server's rows are now, against what the entries commit to.
 */
#ifndef SIGNET_OPERATOR_LOG_VERIFY_H
#define SIGNET_OPERATOR_LOG_VERIFY_H

#include "clients/operator/log_archive.h"
#include "clients/operator/log_finding.h"
#include "clients/operator/log_public.h"

/* Entries that were verified before are fetched again up to so many of them; --full: all. */
#define RECHECK_MAX (UINT64_C(1) << 18)

struct log_verify {
	struct call *call;
	struct log_public public;
	struct vkey key;
	struct buf note;              /* the published checkpoint */
	struct checkpoint checkpoint; /* borrows from note */
	bool compare;                 /* with the server's rows */
	uint64_t bundles_from;        /* entries below are not fetched again */

	struct log_findings findings;
	struct log_archive archive;
	uint64_t archived;                 /* certificates whose digest an entry proves */
	struct merkle_edge *edge;          /* grows with the walk */
	bool broken;                       /* a tile is missing: there is no root to compare */
	uint64_t entries, records, erased; /* checked */
	int64_t shown;                     /* when progress was, monotonic ms */
};
void log_verify_free(struct log_verify *v);
static inline void log_verify_auto(struct log_verify *v)
{
	log_verify_free(v);
}

/*
 * Fetch the checkpoint and verify the log's signature. ERR: there is none, or it is not signed by
 * the key.
 */
struct status log_verify_checkpoint(struct log_verify *v, struct err *err);
/* The same with v->note as it is. */
struct status log_verify_open(struct log_verify *v, struct err *err);
/*
 * Has the log grown from this older checkpoint (a note)? `kept` says for the finding where it
 * comes from. ERR: not a checkpoint, or not of this log and key.
 */
struct status log_verify_growth(
    struct log_verify *v, struct span note, const char *kept, struct err *err);
/* Walk the tree: every tile, entries from bundles_from, records if compare. EXIT_... */
int log_verify_walk(struct log_verify *v);

/* log_compare.c: the records of the `width` leaves from `index`, whose hashes are given. EXIT_...
 */
int log_compare_records(
    struct log_verify *v, uint64_t index, unsigned width, const struct merkle_hash *leaves);
/* Those that are said to be archived, against the batches that were read. EXIT_... */
int log_compare_archive(struct log_verify *v);
/* Rows of which the log does not tell. EXIT_... */
int log_compare_strays(struct log_verify *v);

#endif
