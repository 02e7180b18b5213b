/* api/page.c: see page.h. A cursor is the hex of "i" and an id, or of "n" and a name. */
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
static bool id_of(const char *text, int64_t *ret_id)
{
	int64_t id = 0;

	if (text[0] < '1' || text[0] > '9')
		return false;
	for (; *text; text++)
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(id, 10, &id) ||
		    __builtin_add_overflow(id, *text - '0', &id))
			return false;
	*ret_id = id;
	return true;
}

struct status page_after_id(const struct page_query *page, int64_t *ret_id, struct err *err)
{
	AUTO(buf) text = {0};

	*ret_id = 0;
	if (!page->after)
		return STATUS_OK;
	TRY(open_cursor(page->after, 'i', &text, err));
	if (!id_of(buf_cstr(&text) + 1, ret_id))
		return REFUSE(err, QUERY_CURSOR, "'%.40s' is no cursor of this list", page->after);
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
