/*
 * clients/operator/text.h: what others wrote, made fit for a terminal.
 *
 * A server, or who stands behind its data, could send escape sequences that rewrite what the
 * operator reads. So nothing of theirs reaches the terminal raw: control characters (C0, DEL, C1),
 * those that turn the direction of writing, and octets that are not UTF-8 are shown as \xNN or
 * \u{NNNN}. Pure, and without a locale.
 */
#ifndef SIGNET_OPERATOR_TEXT_H
#define SIGNET_OPERATOR_TEXT_H

#include <stdio.h>

#include "base/span.h"

/* Append one line: newlines and tabs are escaped too. */
void text_put(struct buf *out, struct span text);
/* Append lines: newlines stay, each new line starts with `indent` blanks; the last one is dropped.
 */
void text_put_lines(struct buf *out, struct span text, size_t indent);
/* JSON text keeps its meaning: what a terminal should not see inside strings becomes \uNNNN. */
void text_put_json(struct buf *out, struct span json);
/* Columns that text_put()'s output takes: wide characters two, combining ones none. */
size_t text_width(struct span text);

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_RED,
	STYLE_GREEN,
	STYLE_YELLOW,
};

/* Where something is printed. */
struct screen {
	FILE *file;
	bool terminal; /* a person looks at it as it comes */
	bool colour;
	size_t columns; /* of a terminal; 0: not known, or none */
};
/* Colours on a terminal only, and there neither with NO_COLOR nor TERM=dumb. */
struct screen screen_of(FILE *file);
/* text_put() it, in that style where there are colours. */
void screen_put(const struct screen *s, enum style style, const char *text);
void screen_printf(const struct screen *s, const char *format, ...) PRINTF(2, 3);

#endif
