/* base/utf8.h: well-formed UTF-8 (RFC 3629) only. */
#ifndef SIGNET_BASE_UTF8_H
#define SIGNET_BASE_UTF8_H

#include "base/span.h"

/* Octets of the well-formed character at the head of s; 0: none stands there. */
size_t utf8_length(struct span s);
bool utf8_valid(struct span s);
/*
 * Text that any store or screen takes: at most `most` octets of it, cut between characters; what is
 * not well formed, and control characters, become '?'. NULL gives NULL.
 */
const char *utf8_clean(struct arena *arena, const char *text, size_t most);

#endif
