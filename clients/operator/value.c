/* clients/operator/value.c: see value.h. */
#include "clients/operator/value.h"

#include <stdlib.h>
#include <string.h>

#include "clients/operator/text.h"

const json_t *value_at(const json_t *object, const char *path)
{
	while (object) {
		size_t n = strcspn(path, ".");

		object = json_object_getn(object, path, n);
		if (!path[n])
			return object;
		path += n + 1;
	}
	return NULL;
}

const char *value_text(const json_t *object, const char *path)
{
	return json_string_value(value_at(object, path));
}

int64_t value_int(const json_t *object, const char *path, int64_t otherwise)
{
	const json_t *v = value_at(object, path);

	return json_is_integer(v) ? (int64_t)json_integer_value(v) : otherwise;
}

static void dump(const json_t *value, size_t flags, struct buf *out)
{
	char *text = json_dumps(value, flags | JSON_ENCODE_ANY);

	if (text)
		text_put_json(out, span_str(text));
	free(text);
}

void value_put(const json_t *value, struct buf *out)
{
	size_t i;
	json_t *item;

	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		buf_put(out, span(json_string_value(value), json_string_length(value)));
		break;
	case JSON_TRUE: buf_put_str(out, "yes"); break;
	case JSON_FALSE: buf_put_str(out, "no"); break;
	case JSON_NULL: break;
	case JSON_ARRAY:
		json_array_foreach((json_t *)(uintptr_t)value, i, item)
		{
			if (i)
				buf_put_str(out, ", ");
			if (json_is_array(item))
				value_dump_line(item, out);
			else
				value_put(item, out);
		}
		break;
	default: value_dump_line(value, out);
	}
}

void value_dump(const json_t *value, struct buf *out)
{
	dump(value, JSON_INDENT(2), out);
	buf_put_byte(out, '\n');
}

void value_dump_line(const json_t *value, struct buf *out)
{
	dump(value, JSON_COMPACT, out);
}
