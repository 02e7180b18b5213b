/* base/base.c: memory that is there or ends the process. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *mem_check(void *p)
{
	static const char text[] = "signet: out of memory\n";

	if (p)
		return p;
	/* Not stdio: that may want memory itself. */
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		abort();
	abort();
}

void *mem_alloc(size_t n)
{
	return mem_check(calloc(1, n ? n : 1));
}

void *mem_array(size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		return mem_check(NULL);
	return mem_alloc(n);
}

void *mem_grow(void *p, size_t n)
{
	return mem_check(realloc(p, n ? n : 1));
}

char *mem_strdup(const char *s)
{
	return mem_check(strdup(s));
}

char *mem_strndup(const char *s, size_t n)
{
	const char *end = n ? memchr(s, '\0', n) : NULL;
	const size_t length = end ? (size_t)(end - s) : n;
	char *copy = mem_alloc(length + 1);

	/* Not strndup: what is copied need not end in a NUL. */
	if (length)
		memcpy(copy, s, length);
	return copy;
}
