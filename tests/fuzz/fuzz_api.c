/*
 * What strangers and friends send to the API behind its HTTP: bodies, queries, cursors, imports.
 * The first byte says which. What is taken must be as its table says; what a cursor says must be
 * written back the same.
 */
#include <stdlib.h>
#include <string.h>

#include "api/body.h"
#include "api/device_import.h"
#include "api/page.h"
#include "api/query.h"
#include "api/route.h"
#include "base/encode.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool right)
{
	if (!right)
		abort();
}

/* A row of the table, by a byte. */
static const struct route *row_of(uint8_t which)
{
	size_t n = 0;

	while (api_routes[n].path)
		n++;
	return &api_routes[which % n];
}

/* Texts keep to their bounds. */
static void check_texts(const struct field *fields, const char *object)
{
	for (const struct field *f = fields; f && f->name; f++) {
		const char *text;

		if (f->type != FIELD_STR)
			continue;
		memcpy(&text, object + f->offset, sizeof(text));
		must(!text || (utf8_valid(span_str(text)) && strlen(text) >= (size_t)f->min));
		must(!text || !f->max || strlen(text) <= (size_t)f->max);
	}
}

static void fuzz_body(const struct route *r, struct span text, struct arena *arena)
{
	char *object = arena_alloc(arena, r->body_size);
	struct err err = {0};

	if (r->body && body_bind(text, r->body, object, arena, &err).ok)
		check_texts(r->body, object);
	else
		must(!r->body || err.kind != ERR_NONE);
}

static void fuzz_query(const struct route *r, struct span text, struct arena *arena)
{
	char *object = arena_alloc(arena, r->query_size);
	const char *raw = arena_strndup(arena, (const char *)text.p, text.n);
	struct err err = {0};

	if (query_bind(raw, r->query, object, arena, &err).ok)
		check_texts(r->query, object);
	else
		must(err.kind == ERR_INPUT);
}

static bool has_next(const struct buf *text, const char *cursor)
{
	return memmem(text->p, text->n, cursor, strlen(cursor)) != NULL;
}

static void fuzz_cursor(struct span text, struct arena *arena)
{
	struct page_query page = {50, arena_strndup(arena, (const char *)text.p, text.n)};
	AUTO(buf) out = {0};
	struct json j = {.out = &out};
	struct err err = {0}, other = {0}, third = {0};
	int64_t id, time, moment_id;
	const char *name;

	if (page_after_id(&page, &id, &err).ok) {
		must(id > 0);
		page_next_id(&j, true, id);
	} else if (page_after_moment(&page, &time, &moment_id, &other).ok) {
		must(time > 0 && moment_id > 0);
		page_next_moment(&j, true, time, moment_id);
	} else if (page_after_name(&page, arena, &name, &third).ok) {
		must(utf8_valid(span_str(name)));
		page_next_name(&j, true, name);
	} else {
		return;
	}
	/* Hex may have been upper case. */
	for (char *c = page.after; *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'F' ? *c + 32 : *c);
	must(has_next(&out, page.after));
}

static void fuzz_import(bool csv, struct span text, struct arena *arena)
{
	struct import in = {.csv = csv, .product = text.n % 2 ? "x100" : NULL, .arena = arena};
	struct err err = {0};

	if (import_read(&in, text, &err).ok)
		must(in.count > 0 && in.fault_count == 0 && utf8_valid(buf_span(&in.documents)));
	else
		must(err.kind == ERR_INPUT);
	buf_free(&in.documents);
}

static void fuzz_document(struct span text)
{
	AUTO(buf) out = {0};
	AUTO(buf) all = {0};
	struct err err = {0}, other = {0};

	if (body_document(text, "label", "factory", &out, &err).ok)
		must(memmem(out.p, out.n, "factory", 7) != NULL);
	if (body_documents(text, &all, &other).ok)
		must(utf8_valid(buf_span(&all)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) arena = {0};
	struct span text;

	if (size < 3)
		return 0;
	text = span(data + 2, size - 2);
	switch (data[0]) {
	case 'b': fuzz_body(row_of(data[1]), text, &arena); break;
	case 'q': fuzz_query(row_of(data[1]), text, &arena); break;
	case 'c': fuzz_cursor(text, &arena); break;
	case 'i': fuzz_import(data[1] & 1, text, &arena); break;
	default: fuzz_document(text); break;
	}
	return 0;
}
