/*
 * api/body.h: JSON bodies, read strictly (RFC 8259, RFC 7493).
 *
 * Refused: what is not one value and nothing else, a member twice, a NUL, bytes that are not UTF-8,
 * numbers that no 64 bits hold, fractions, nesting deeper than BODY_DEPTH_MAX, more than
 * BODY_NODES_MAX values. Trees are those of base/doc.h, so that its field tables bind them.
 */
#ifndef SIGNET_API_BODY_H
#define SIGNET_API_BODY_H

#include "base/doc.h"

#define BODY_DEPTH_MAX 16     /* no document of ours is half as deep */
#define BODY_NODES_MAX 200000 /* a mebibyte of short serial numbers is 100,000 */

/* ret_node in the arena, ERR_INPUT body.json. Its texts are copies. */
struct status body_parse(
    struct span text, struct arena *arena, const struct doc_node **ret_node, struct err *err);
/* Parse and bind: `object` is zeroed by the caller. ERR_INPUT body.json or body.member. */
struct status body_bind(struct span text, const struct field *fields, void *object,
    struct arena *arena, struct err *err);

/*
 * The body as one document of policy, written anew: an object, its kind and name set. ERR_INPUT
 * body.json; ERR_UNFIT document.refused: it says another kind or name.
 */
struct status body_document(
    struct span text, const char *kind, const char *name, struct buf *out, struct err *err);
/* One document or a list of them, each on a line of its own behind "--- ". */
struct status body_documents(struct span text, struct buf *out, struct err *err);

#endif
