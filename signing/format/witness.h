/*
 * signing/format/witness.h: what log and witness say to each other (C2SP tlog-witness).
 *
 * POST <prefix>/add-checkpoint:
 *   old <size of the last checkpoint that the witness cosigned, 0 for none>
 *   consistency proof from there, one base64 hash a line, 0 to 63 lines
 *   (empty line)
 *   the new checkpoint with its signatures
 *
 * Answers: 200 signature lines; 409 with the size that the witness knows (as text/x.tlog.size);
 * 404 unknown origin, 403 no good signature, 400 old size above the new, 422 the proof is wrong.
 */
#ifndef SIGNET_FORMAT_WITNESS_H
#define SIGNET_FORMAT_WITNESS_H

#include "signing/format/checkpoint.h"

#define WITNESS_SIZE_MEDIA_TYPE "text/x.tlog.size"
#define WITNESS_REQUEST_MAX     (NOTE_SIZE_MAX + 4096) /* 63 hashes take 2,835 octets */
#define WITNESS_REPLY_MAX       NOTE_SIZE_MAX

struct witness_request {
	uint64_t old_size;
	struct merkle_proof proof;
	struct span checkpoint; /* with its signatures; borrowed */
};

/* Append the body. */
void witness_request_put(const struct witness_request *request, struct buf *out);
/*
 * Read a body. ERR_INPUT: malformed (which line, and why); a proof from size 0 that is not empty.
 * The checkpoint's own form is not judged. ERR_TOO_LARGE: over WITNESS_REQUEST_MAX.
 */
MUST_USE struct status witness_request_parse(
    struct span body, struct witness_request *ret_request, struct err *err);

/* The size in the body of an answer 409. ERR_INPUT: not one decimal line. */
MUST_USE struct status witness_conflict_parse(
    struct span body, uint64_t *ret_size, struct err *err);

/*
 * Append those signature lines of an answer 200 that a known witness key made over the checkpoint
 * text, each key's newest one; ret_seen as note_verify() says. Lines of unknown keys are dropped.
 * ERR_INPUT, ERR_TOO_LARGE, ERR_DENIED: as note_parse() and note_verify(); nothing is appended.
 */
MUST_USE struct status witness_reply_take(struct span text, struct span reply,
    const struct vkey *keys, size_t count, struct note_seen *ret_seen, struct buf *out,
    struct err *err);

#endif
