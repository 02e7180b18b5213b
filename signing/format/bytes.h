/*
 * signing/format/bytes.h: bytes without a C library.
 *
 * What a boot loader reads is read by files of this folder that use nothing but this header: no
 * heap, no C library (a bare cross compiler has no <string.h>), and of base/ only the types. The
 * three functions below are all that such a file may call besides its own; compilers want the same
 * three of every freestanding program.
 */
#ifndef SIGNET_FORMAT_BYTES_H
#define SIGNET_FORMAT_BYTES_H

#include "base/span.h"

#if __STDC_HOSTED__
#include <string.h>
#else
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
#endif

static inline bool bytes_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Take the first n octets off `in`; false, and nothing taken: there are not so many. */
MUST_USE static inline bool bytes_take(struct span *in, size_t n, struct span *ret_bytes)
{
	if (n > in->n)
		return false;
	*ret_bytes = span(in->p, n);
	in->p += n;
	in->n -= n;
	return true;
}

#endif
