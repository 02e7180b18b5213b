/* clients/operator/show.c: see show.h. */
#include "clients/operator/show.h"

#include <string.h>

#include "clients/operator/list.h"
#include "clients/operator/value.h"
#include "clients/operator/yaml.h"

#define WIDTH_MAX 20

static bool is_structured(const json_t *v)
{
	if (json_is_object(v))
		return true;
	return json_is_array(v) && json_array_size(v) && !json_is_string(json_array_get(v, 0));
}

static size_t widest_title(const struct show_row *rows, const json_t *object)
{
	size_t width = 0;

	for (; rows && rows->title; rows++)
		if (value_at(object, rows->path) && strlen(rows->title) > width)
			width = strlen(rows->title);
	return width;
}

static size_t widest(const struct show_row *rows, const json_t *object)
{
	size_t width = widest_title(rows, object);
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)object, key, v)
	{
		size_t n = text_width(span_str(key));

		if (n > width && n <= WIDTH_MAX)
			width = n;
	}
	return width;
}

static void put_row(const struct screen *out, size_t width, const char *title, const json_t *v)
{
	AUTO(buf) text = {0};

	if (is_structured(v)) {
		screen_put(out, STYLE_BOLD, title);
		screen_printf(out, "\n");
		yaml_put(v, 2, &text);
		fwrite(text.p, 1, text.n, out->file);
		return;
	}
	value_put(v, &text);
	if (text.n)
		fact_put(out, (int)width, title, buf_span(&text));
}

static bool is_named(const struct show_row *rows, const char *key)
{
	size_t n = strlen(key);

	for (; rows && rows->title; rows++)
		if (strncmp(rows->path, key, n) == 0 && (!rows->path[n] || rows->path[n] == '.'))
			return true;
	return false;
}

static void put_rows(
    const struct screen *out, size_t width, const struct show_row *rows, const json_t *object)
{
	for (; rows && rows->title; rows++)
		if (value_at(object, rows->path))
			put_row(out, width, rows->title, value_at(object, rows->path));
}

void show_rows(const struct screen *out, const struct show_row *rows, const json_t *object)
{
	put_rows(out, widest_title(rows, object), rows, object);
}

/* What has structure comes last, so that the facts stand together. */
static void put_rest(const struct screen *out, size_t width, const struct show_row *rows,
    const json_t *object, bool structured)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)object, key, v)
	{
		if (!is_named(rows, key) && is_structured(v) == structured)
			put_row(out, width, key, v);
	}
}

void show_object(const struct screen *out, const struct show_row *rows, const json_t *object)
{
	size_t width = widest(rows, object);

	put_rows(out, width, rows, object);
	put_rest(out, width, rows, object, false);
	put_rest(out, width, rows, object, true);
}

void show_table(const struct screen *out, const char *heading, const struct column *columns,
    const json_t *items)
{
	AUTO(table) t = {0};
	size_t i;
	json_t *item;

	if (!json_array_size(items))
		return;
	list_put_titles(&t, columns);
	json_array_foreach((json_t *)(uintptr_t)items, i, item)
	{
		for (const struct column *k = columns; k->title; k++)
			list_put_cell(&t, k, item);
	}
	screen_printf(out, "\n");
	screen_put(out, STYLE_BOLD, heading);
	screen_printf(out, "\n");
	table_print(&t, out);
}

/* Members that are times: stored in seconds, written like this by people. */
static const char *unit_of(const char *path, int64_t *seconds)
{
	static const char *const members[] = {"validity", "expires", "max_age", "clock_skew",
	    "retry_after", "backdate", "approval_expires", "resend", "renew_before", "renew_grace",
	    "overdue"};
	static const struct {
		int64_t size;
		const char *unit;
	} units[] = {{31536000, "y"}, {86400, "d"}, {3600, "h"}, {60, "m"}};
	const char *last = path ? strrchr(path, '/') : NULL;
	bool time = false;

	for (size_t i = 0; last && i < COUNT(members); i++)
		time = time || strcmp(last + 1, members[i]) == 0;
	for (size_t i = 0; time && i < COUNT(units); i++)
		if (*seconds > 0 && *seconds % units[i].size == 0) {
			*seconds /= units[i].size;
			return units[i].unit;
		}
	return NULL;
}

static void put_side(
    const struct screen *out, size_t indent, char sign, const char *path, const json_t *value)
{
	AUTO(buf) line = {0};
	int64_t seconds = json_is_integer(value) ? (int64_t)json_integer_value(value) : 0;
	const char *unit = unit_of(path, &seconds);

	buf_printf(&line, "%c %s: ", sign, path ? path : "");
	value_dump_line(value, &line);
	if (unit)
		buf_printf(&line, " (%lld%s)", (long long)seconds, unit);
	screen_printf(out, "%*s", (int)indent, "");
	screen_put(out, sign == '-' ? STYLE_RED : STYLE_GREEN, buf_cstr(&line));
	screen_printf(out, "\n");
}

static bool has_item(const json_t *list, const json_t *wanted)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)(uintptr_t)list, i, item)
	{
		if (json_equal(item, wanted))
			return true;
	}
	return false;
}

/* Of two lists, what only one of them has; how many those were. */
static size_t put_items(const struct screen *out, size_t indent, char sign, const char *path,
    const json_t *list, const json_t *other)
{
	size_t i, n = 0;
	json_t *item;

	json_array_foreach((json_t *)(uintptr_t)list, i, item)
	{
		if (has_item(other, item))
			continue;
		put_side(out, indent, sign, path, item);
		n++;
	}
	return n;
}

static void put_change(const struct screen *out, size_t indent, const json_t *change)
{
	const char *path = value_text(change, "path");
	const json_t *old = value_at(change, "old"), *new = value_at(change, "new");

	if (json_is_array(old) && json_is_array(new) &&
	    put_items(out, indent, '-', path, old, new) +
		put_items(out, indent, '+', path, new, old))
		return;
	/* Also lists that differ in their order alone. */
	if (old && !json_is_null(old))
		put_side(out, indent, '-', path, old);
	if (new && !json_is_null(new))
		put_side(out, indent, '+', path, new);
}

void show_difference(const struct screen *out, const json_t *difference, size_t indent)
{
	size_t i;
	json_t *change;

	json_array_foreach((json_t *)(uintptr_t)difference, i, change)
	{
		put_change(out, indent, change);
	}
}

json_t *show_flattened(const char *kind, const json_t *item)
{
	json_t *all = json_pack("{s:s}", "kind", kind);
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)item, key, v)
	{
		if (strcmp(key, "document") != 0)
			json_object_set(all, key, v);
	}
	json_object_foreach(json_object_get(item, "document"), key, v)
	{
		if (!json_object_get(all, key))
			json_object_set(all, key, v);
	}
	return all;
}
