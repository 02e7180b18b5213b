/* clients/operator/value.h: reading what the server said, which may be anything. */
#ifndef SIGNET_OPERATOR_VALUE_H
#define SIGNET_OPERATOR_VALUE_H

#include <jansson.h>

#include "base/span.h"

/* The member at "a.b" of an object; NULL: there is none. Borrowed. */
const json_t *value_at(const json_t *object, const char *path);
/* The text there; NULL: none, or no text. */
const char *value_text(const json_t *object, const char *path);
/* The number there; `otherwise` where there is none. */
int64_t value_int(const json_t *object, const char *path, int64_t otherwise);
/*
 * Append a value for people: text as it is, yes and no, lists with commas, the rest as compact
 * JSON; null and nothing append nothing. Not yet fit for a terminal.
 */
void value_put(const json_t *value, struct buf *out);
/* Append JSON for machines and terminals, indented, with a newline. */
void value_dump(const json_t *value, struct buf *out);
/* Append it on one line. */
void value_dump_line(const json_t *value, struct buf *out);

#endif
