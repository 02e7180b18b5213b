/*
 * base/json.h: write JSON (RFC 8259). Reading is base/doc.h's, since JSON is YAML too.
 *
 * No name here is one of libjansson's: other libraries (libjwt) would call ours instead.
 */
#ifndef SIGNET_BASE_JSON_H
#define SIGNET_BASE_JSON_H

#include "base/span.h"

/* Start as {.out = &buf}. Commas and colons are put where they belong. */
struct json {
	struct buf *out;
	bool comma; /* a value stands before the next one */
};

void json_object_begin(
    struct json *j, const char *name); /* name NULL inside arrays and at the top */
void json_object_end(struct json *j);
void json_array_begin(struct json *j, const char *name);
void json_array_end(struct json *j);
void json_str(struct json *j, const char *name, const char *value); /* NULL gives null */
void json_span(struct json *j, const char *name, struct span utf8);
void json_int(struct json *j, const char *name, int64_t value);
void json_bool(struct json *j, const char *name, bool value);
/* A value that is JSON already. */
void json_raw(struct json *j, const char *name, struct span json);
/* Append the quoted, escaped string alone. Bytes that are not UTF-8 become U+FFFD. */
void json_quote(struct buf *out, struct span utf8);

#endif
