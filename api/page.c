/*
 * api/page.c: see page.h. A cursor is the hex of "i" and an id, of "n" and a name, or of "m", a
 * time, a dot and an id.
 */
#include "api/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/utf8.h"
#include "ca/reason.h"

static struct status open_cursor(
    const char *cursor, char kind, struct buf *ret_text, struct err *err)
{
	struct err why = {0};

	if (strchr(cursor, ':') || !hex_decode(span_str(cursor), ret_text, &why).ok ||
	    ret_text->n < 2 || ret_text->p[0] != (uint8_t)kind ||
	    memchr(ret_text->p, 0, ret_text->n) || !utf8_valid(buf_span(ret_text)))
		return REFUSE(err, QUERY_CURSOR, "'%.40s' is no cursor of this list", cursor);
	return STATUS_OK;
}

/* As we write it, and in no other way: digits alone, no zero in front. */
static bool id_of(struct span text, int64_t *ret_id)
{
	int64_t id = 0;

	if (text.n == 0 || text.p[0] == '0')
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < '0' || text.p[i] > '9' || __builtin_mul_overflow(id, 10, &id) ||
		    __builtin_add_overflow(id, text.p[i] - '0', &id))
			return false;
	*ret_id = id;
	return true;
}

static struct status refuse(const struct page_query *page, struct err *err)
{
	return REFUSE(err, QUERY_CURSOR, "'%.40s' is no cursor of this list", page->after);
}

struct status page_after_id(const struct page_query *page, int64_t *ret_id, struct err *err)
{
	AUTO(buf) text = {0};

	*ret_id = 0;
	if (!page->after)
		return STATUS_OK;
	TRY(open_cursor(page->after, 'i', &text, err));
	if (!id_of(span(text.p + 1, text.n - 1), ret_id))
		return refuse(page, err);
	return STATUS_OK;
}

/* No certificate ends before 1950 (RFC 5280 4.1.2.5), nor behind the year 9999. */
#define TIME_MOST INT64_C(253402300800)

struct status page_after_moment(
    const struct page_query *page, int64_t *ret_time, int64_t *ret_id, struct err *err)
{
	AUTO(buf) text = {0};
	const uint8_t *dot;

	*ret_time = *ret_id = 0;
	if (!page->after)
		return STATUS_OK;
	TRY(open_cursor(page->after, 'm', &text, err));
	dot = memchr(text.p, '.', text.n);
	if (!dot || !id_of(span(text.p + 1, (size_t)(dot - text.p) - 1), ret_time) ||
	    !id_of(span(dot + 1, (size_t)(text.p + text.n - dot) - 1), ret_id) ||
	    *ret_time > TIME_MOST)
		return refuse(page, err);
	return STATUS_OK;
}

struct status page_after_name(
    const struct page_query *page, struct arena *arena, const char **ret_name, struct err *err)
{
	AUTO(buf) text = {0};

	*ret_name = NULL;
	if (!page->after)
		return STATUS_OK;
	TRY(open_cursor(page->after, 'n', &text, err));
	*ret_name = arena_strdup(arena, buf_cstr(&text) + 1);
	return STATUS_OK;
}

static void put_next(struct json *j, bool more, char kind, const char *text)
{
	AUTO(buf) plain = {0};
	AUTO(buf) cursor = {0};

	buf_printf(&plain, "%c%s", kind, text);
	hex_encode(buf_span(&plain), &cursor);
	json_str(j, "next", more ? buf_cstr(&cursor) : NULL);
}

void page_next_id(struct json *j, bool more, int64_t last_id)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, last_id);
	put_next(j, more, 'i', text);
}

void page_next_name(struct json *j, bool more, const char *last_name)
{
	put_next(j, more, 'n', last_name ? last_name : "");
}

void page_next_moment(struct json *j, bool more, int64_t last_time, int64_t last_id)
{
	char text[48];

	snprintf(text, sizeof(text), "%" PRId64 ".%" PRId64, last_time, last_id);
	put_next(j, more, 'm', text);
}
