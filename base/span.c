/* base/span.c: borrowed bytes, owned bytes, secret bytes. */
#include "base/span.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST ((size_t)64) /* a first small allocation, doubled from there */

struct span span_str(const char *s)
{
	return s ? span(s, strlen(s)) : SPAN_NONE;
}

bool span_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool span_equal_str(struct span a, const char *s)
{
	return span_equal(a, span_str(s));
}

/* Not tolower(): the locale has no say in what a protocol's word is. */
static uint8_t ascii_lower(uint8_t c)
{
	return (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

bool span_equal_nocase(struct span a, const char *s)
{
	struct span b = span_str(s);

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

bool span_starts(struct span a, const char *prefix)
{
	struct span b = span_str(prefix);

	return a.n >= b.n && span_equal(span(a.p, b.n), b);
}

static bool ascii_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span span_trim(struct span s)
{
	while (s.n && ascii_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && ascii_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool span_equal_constant_time(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

void buf_free(struct buf *b)
{
	if (!b)
		return;
	free(b->p);
	*b = (struct buf){0};
}

void buf_reset(struct buf *b)
{
	b->n = 0;
}

void buf_reserve(struct buf *b, size_t more)
{
	size_t need, cap;

	if (more <= b->cap - b->n)
		return;
	if (__builtin_add_overflow(b->n, more, &need))
		need = SIZE_MAX; /* no such memory: mem_grow says so */
	cap = b->cap ? b->cap : BUF_FIRST;
	while (cap < need && cap <= SIZE_MAX / 2)
		cap *= 2;
	if (cap < need)
		cap = need;
	b->p = mem_grow(b->p, cap);
	b->cap = cap;
}

void buf_put(struct buf *b, struct span s)
{
	if (!s.n)
		return;
	buf_reserve(b, s.n);
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void buf_put_byte(struct buf *b, uint8_t byte)
{
	buf_reserve(b, 1);
	b->p[b->n++] = byte;
}

void buf_put_str(struct buf *b, const char *s)
{
	buf_put(b, span_str(s));
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	size_t room;
	int n;

	buf_reserve(b, 1);
	room = b->cap - b->n;
	va_start(args, format);
	n = vsnprintf((char *)b->p + b->n, room, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n >= room) {
		buf_reserve(b, (size_t)n + 1);
		va_start(args, format);
		n = vsnprintf((char *)b->p + b->n, (size_t)n + 1, format, args);
		va_end(args);
	}
	b->n += n > 0 ? (size_t)n : 0;
}

const char *buf_cstr(struct buf *b)
{
	buf_reserve(b, 1);
	b->p[b->n] = 0;
	return (const char *)b->p;
}

struct span buf_span(const struct buf *b)
{
	return span(b->p, b->n);
}

struct buf buf_take(struct buf *b)
{
	struct buf taken = *b;

	*b = (struct buf){0};
	return taken;
}

struct secret secret_new(size_t n)
{
	return (struct secret){mem_alloc(n), n};
}

struct secret secret_copy(struct span s)
{
	struct secret copy = secret_new(s.n);

	if (s.n)
		memcpy(copy.p, s.p, s.n);
	return copy;
}

void secret_free(struct secret *s)
{
	if (!s)
		return;
	if (s->p)
		OPENSSL_cleanse(s->p, s->n);
	free(s->p);
	*s = (struct secret){0};
}

struct span secret_span(const struct secret *s)
{
	return span(s->p, s->n);
}
