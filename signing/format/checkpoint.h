/*
 * signing/format/checkpoint.h: the text of a log's signed tree head (C2SP tlog-checkpoint).
 *
 *   origin: the log's name
 *   number of leaves, decimal
 *   root hash, base64
 *   extension lines, none or more, opaque
 *
 * The text is signed as a note (note.h).
 */
#ifndef SIGNET_FORMAT_CHECKPOINT_H
#define SIGNET_FORMAT_CHECKPOINT_H

#include "signing/format/merkle.h"
#include "signing/format/note.h"

#define CHECKPOINT_ORIGIN_MAX 255 /* what an ML-DSA cosignature can hold of it */

struct checkpoint {
	struct span origin;      /* not empty; borrowed */
	struct merkle_tree tree; /* size up to MERKLE_SIZE_MAX */
	struct span extensions;  /* whole lines; borrowed */
};

/* A line that may be an origin: UTF-8, 1 to CHECKPOINT_ORIGIN_MAX octets, no control characters. */
bool checkpoint_origin_is_good(struct span origin);
/* Append the text. */
void checkpoint_put(const struct checkpoint *c, struct buf *out);
/*
 * Read the text of a note, and borrow from it. ERR_INPUT: malformed (which line, and why); a tree
 * of no leaves with another root than theirs. ERR_TOO_LARGE: more than MERKLE_SIZE_MAX leaves.
 */
MUST_USE struct status checkpoint_parse(
    struct span text, struct checkpoint *ret_checkpoint, struct err *err);

/*
 * Read a whole checkpoint and verify that this log signed it: keys[0] is the log's, whose name must
 * be the origin; the others are those of cosigners, of whom none must be there. ret_seen as
 * note_verify() says. ERR_DENIED: not signed by the log, of another log, or a signature of a known
 * key does not verify. ret_note and ret_checkpoint borrow from `file`.
 */
MUST_USE struct status checkpoint_open(struct span file, const struct vkey *keys, size_t count,
    struct note *ret_note, struct checkpoint *ret_checkpoint, struct note_seen *ret_seen,
    struct err *err);

#endif
