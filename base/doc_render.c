/* base/doc_render.c: structs back to text, in the one form that equal structs share. */
#include "base/doc_internal.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"

static void render_map(struct json *j, const struct field *fields, const void *object);

static bool list_equal(const struct str_list *a, const struct str_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Is this what binding an absent member would give? */
static bool is_absent(const struct field *f, const void *from)
{
	AUTO(arena) arena = {0};
	union field_value absent;

	if (f->type == FIELD_MAP) {
		for (const struct field *s = f->sub; s->name; s++)
			if (!is_absent(s, (const char *)from + s->offset))
				return false;
		return true;
	}
	field_standard(f, &arena, &absent);
	switch (f->type) {
	case FIELD_STR: return text_equal(*(char *const *)from, absent.text);
	case FIELD_STR_LIST: return list_equal(from, &absent.list);
	case FIELD_INT:
	case FIELD_TIME:
	case FIELD_SECONDS: return *(const int64_t *)from == absent.number;
	case FIELD_BOOL: return *(const bool *)from == absent.truth;
	case FIELD_ENUM: return *(const int *)from == absent.index;
	case FIELD_FLAGS: return *(const uint32_t *)from == absent.flags;
	case FIELD_MAP_LIST: return ((const struct map_list *)from)->count == 0;
	case FIELD_MAP: break;
	}
	return false;
}

static void render_str_list(struct json *j, const char *name, const struct str_list *list)
{
	json_array_begin(j, name);
	for (size_t i = 0; i < list->count; i++)
		json_str(j, NULL, list->items[i]);
	json_array_end(j);
}

static void render_flags(struct json *j, const struct field *f, uint32_t flags)
{
	json_array_begin(j, f->name);
	for (int i = 0; f->names[i]; i++)
		if (flags >> i & 1)
			json_str(j, NULL, f->names[i]);
	json_array_end(j);
}

static void render_map_list(struct json *j, const struct field *f, const struct map_list *list)
{
	json_array_begin(j, f->name);
	for (size_t i = 0; i < list->count; i++) {
		json_object_begin(j, NULL);
		render_map(j, f->sub, (const char *)list->items + i * f->sub_size);
		json_object_end(j);
	}
	json_array_end(j);
}

static void render_time(struct json *j, const char *name, int64_t seconds)
{
	char text[TIME_TEXT_SIZE];

	time_text(seconds, text);
	json_str(j, name, text);
}

static void render_value(struct json *j, const struct field *f, const void *from)
{
	switch (f->type) {
	case FIELD_STR: json_str(j, f->name, *(char *const *)from); break;
	case FIELD_STR_LIST: render_str_list(j, f->name, from); break;
	case FIELD_INT:
	case FIELD_SECONDS: json_int(j, f->name, *(const int64_t *)from); break;
	case FIELD_TIME: render_time(j, f->name, *(const int64_t *)from); break;
	case FIELD_BOOL: json_bool(j, f->name, *(const bool *)from); break;
	case FIELD_ENUM: json_str(j, f->name, f->names[*(const int *)from]); break;
	case FIELD_FLAGS: render_flags(j, f, *(const uint32_t *)from); break;
	case FIELD_MAP:
		json_object_begin(j, f->name);
		render_map(j, f->sub, from);
		json_object_end(j);
		break;
	case FIELD_MAP_LIST: render_map_list(j, f, from); break;
	}
}

/* The members alone, for the map that the caller has opened. */
static void render_map(struct json *j, const struct field *fields, const void *object)
{
	for (const struct field *f = fields; f->name; f++) {
		const void *from = (const char *)object + f->offset;

		if (f->required || !is_absent(f, from))
			render_value(j, f, from);
	}
}

void doc_render(const struct field *fields, const void *object, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	render_map(&j, fields, object);
	json_object_end(&j);
}
