/*
 * signing/format/text.h: what the log's text formats share: lines, decimals, strict base64.
 * For the sources of this folder.
 */
#ifndef SIGNET_FORMAT_TEXT_H
#define SIGNET_FORMAT_TEXT_H

#include "signing/format/merkle.h"

/* A text that is read line by line. Start as {what, bytes, 0}. */
struct text {
	const char *what; /* "checkpoint", for messages */
	struct span rest; /* lines not yet taken */
	unsigned line;    /* number of the line taken last, from 1 */
};

/* Take a line, without its newline. False: none is left, or the last has no newline. */
MUST_USE bool text_line(struct text *t, struct span *ret_line);
/* ERR_INPUT, "checkpoint, line 2: <why>". */
struct status text_refuse(const struct text *t, struct err *err, const char *why);

/* A word (up to space or tab) at the head of a line, and the blanks around it. False: none. */
MUST_USE bool text_word(struct span *line, struct span *ret_word);
/* Cut the prefix off. False: it is not there. */
MUST_USE bool text_cut(struct span *line, const char *prefix);
/* All of it is a decimal without leading zeros. */
MUST_USE bool text_uint(struct span digits, uint64_t *ret_number);
void text_put_uint(uint64_t number, struct buf *out);

/*
 * All of it is base64 in its one spelling: padded, no blanks, no bits set behind the last octet.
 * The first `size` octets are stored (fewer where there are fewer); ret_n counts all of them.
 */
MUST_USE bool text_base64(struct span base64, uint8_t *octets, size_t size, size_t *ret_n);
/* The base64 of one hash. */
MUST_USE bool text_hash(struct span line, struct merkle_hash *ret_hash);

/* Hash lines up to an empty line, which is taken too. ERR_INPUT; ERR_TOO_LARGE: over 63. */
MUST_USE struct status text_proof(struct text *t, struct merkle_proof *ret_proof, struct err *err);
void text_put_proof(const struct merkle_proof *proof, struct buf *out);

/* UTF-8 without control characters below U+0020, newlines apart. */
bool text_is_clean(struct span s);

#endif
