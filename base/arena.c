/* base/arena.c: memory that is dropped whole. */
#include "base/span.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_FIRST ((size_t)4 << 10)   /* most requests need no second block */
#define ARENA_MOST  ((size_t)256 << 10) /* blocks double up to this; larger wishes get their own */

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) uint8_t bytes[];
};

static size_t align_up(size_t n)
{
	size_t a = alignof(max_align_t);

	return (n + a - 1) & ~(a - 1);
}

static struct arena_block *arena_grow(struct arena *a, size_t n)
{
	struct arena_block *head = a->blocks;
	size_t size = head ? head->size * 2 : ARENA_FIRST;
	struct arena_block *b;

	if (size > ARENA_MOST)
		size = ARENA_MOST;
	if (size < n)
		size = n;
	b = mem_alloc(sizeof(*b) + size);
	b->size = size;
	/* A block made for one large wish is full at once: keep filling the one that has room. */
	if (head && n > ARENA_MOST / 2) {
		b->next = head->next;
		head->next = b;
	} else {
		b->next = head;
		a->blocks = b;
	}
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->blocks;
	void *p;

	if (n > SIZE_MAX / 2)
		return mem_alloc(n); /* no such memory: mem_alloc says so */
	n = align_up(n);
	if (!b || b->size - b->used < n)
		b = arena_grow(a, n);
	p = b->bytes + b->used;
	b->used += n;
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t length = strnlen(s, n);
	char *copy = arena_alloc(a, length + 1);

	memcpy(copy, s, length);
	return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		n = 0;
	text = arena_alloc(a, (size_t)n + 1);
	va_start(args, format);
	if (vsnprintf(text, (size_t)n + 1, format, args) < 0)
		text[0] = 0;
	va_end(args);
	return text;
}

struct span arena_copy(struct arena *a, struct span s)
{
	uint8_t *copy = arena_alloc(a, s.n);

	if (s.n)
		memcpy(copy, s.p, s.n);
	return span(copy, s.n);
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	for (struct arena_block *b = a->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	a->blocks = NULL;
}
