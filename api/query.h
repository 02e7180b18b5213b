/*
 * api/query.h: query parameters, read strictly and bound by a field table.
 *
 * name=value pairs between '&'; percent-escapes are decoded, '+' is a blank (WHATWG URL 5.1), bytes
 * must be UTF-8 without controls. Refused: names that no row has, a name twice, too many or too
 * long ones. An empty value is absent.
 */
#ifndef SIGNET_API_QUERY_H
#define SIGNET_API_QUERY_H

#include "base/doc.h"

#define QUERY_PARAMETERS_MAX 16  /* no list has more filters */
#define QUERY_VALUE_MAX      512 /* a subject or a cursor */

/* `raw` NULL: none. `object` is zeroed by the caller. ERR_INPUT query.parameter. */
struct status query_bind(const char *raw, const struct field *fields, void *object,
    struct arena *arena, struct err *err);

#endif
