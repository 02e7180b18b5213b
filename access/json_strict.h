/*
 * access/json_strict.h: JSON that somebody else wrote, by jansson, with nothing let pass.
 *
 * Refused: members twice, more depth than asked for, bytes that are not UTF-8, U+0000 in a string,
 * anything behind the value, what is no object. RFC 8259; RFC 8725 2.4 on members twice.
 */
#ifndef SIGNET_ACCESS_JSON_STRICT_H
#define SIGNET_ACCESS_JSON_STRICT_H

#include <jansson.h>

#include "base/err.h"
#include "base/span.h"

/* An object, freed by json_decref(). NULL: why, with its place. depth 1: no member is an object
 * or array. */
json_t *json_strict(struct span text, int depth, char *why, size_t size);

/* The text of a string member; NULL: it is absent or no string. Lives as the object. */
const char *json_member_text(const json_t *object, const char *name);

DEFINE_AUTO_PTR(json_t, json_decref)

#endif
