/* base/utf8.h: well-formed UTF-8 (RFC 3629) only. */
#ifndef SIGNET_BASE_UTF8_H
#define SIGNET_BASE_UTF8_H

#include "base/span.h"

/* Octets of the well-formed character at the head of s; 0: none stands there. */
size_t utf8_length(struct span s);
bool utf8_valid(struct span s);

#endif
