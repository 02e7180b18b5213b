/* base/span.h: borrowed bytes, owned bytes, secret bytes. */
#ifndef SIGNET_BASE_SPAN_H
#define SIGNET_BASE_SPAN_H

#include "base/base.h"

/* Borrowed bytes; parsing advances p and shortens n. */
struct span {
	const uint8_t *p;
	size_t n;
};

#define SPAN_NONE         ((struct span){NULL, 0})
#define SPAN_OF(array)    ((struct span){(array), sizeof(array)})
#define SPAN_LITERAL(str) ((struct span){(const uint8_t *)(str), sizeof(str) - 1})
/* For printf: printf("%.*s", SPAN_PRINT(s)) */
#define SPAN_PRINT(s) (int)(s).n, (const char *)(s).p

static inline struct span span(const void *p, size_t n)
{
	return (struct span){(const uint8_t *)p, n};
}

struct span span_str(const char *s); /* NULL gives SPAN_NONE */
bool span_equal(struct span a, struct span b);
bool span_equal_str(struct span a, const char *s);
bool span_equal_nocase(struct span a, const char *s); /* ASCII */
bool span_starts(struct span a, const char *prefix);
struct span span_trim(struct span s); /* ASCII white space at both ends */
/* For secrets: the time taken depends on the lengths only. */
bool span_equal_constant_time(struct span a, struct span b);

/*
 * Owned bytes that grow. Start as {0}; AUTO(buf) b = {0}; frees at scope end.
 * p is not NUL-terminated unless buf_cstr() was called last.
 */
struct buf {
	uint8_t *p;
	size_t n;
	size_t cap;
};

void buf_free(struct buf *b);  /* frees the bytes, leaves {0}; NULL allowed */
void buf_reset(struct buf *b); /* n = 0, keeps the memory */
void buf_reserve(struct buf *b, size_t more);
void buf_put(struct buf *b, struct span s);
void buf_put_byte(struct buf *b, uint8_t byte);
void buf_put_str(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *format, ...) PRINTF(2, 3);
const char *buf_cstr(struct buf *b); /* valid until the next change */
struct span buf_span(const struct buf *b);
struct buf buf_take(struct buf *b); /* hand over: b becomes {0} */
static inline void buf_auto(struct buf *b)
{
	buf_free(b);
}

/* Secret bytes: wiped when freed, never printed. Fixed size once made. */
struct secret {
	uint8_t *p;
	size_t n;
};

struct secret secret_new(size_t n); /* zeroed */
struct secret secret_copy(struct span s);
void secret_free(struct secret *s); /* cleanses, frees, leaves {0} */
struct span secret_span(const struct secret *s);
static inline void secret_auto(struct secret *s)
{
	secret_free(s);
}

/*
 * Memory that is dropped whole, such as at the end of a request. Start as {0}.
 * What arena_... returns lives until arena_free().
 */
struct arena {
	struct arena_block *blocks;
};

void *arena_alloc(struct arena *a, size_t n); /* zeroed, aligned for any type */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *format, ...) PRINTF(2, 3);
struct span arena_copy(struct arena *a, struct span s);
void arena_free(struct arena *a);
static inline void arena_auto(struct arena *a)
{
	arena_free(a);
}

#endif
