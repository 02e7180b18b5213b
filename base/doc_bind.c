/* base/doc_bind.c: tables bind trees to structs, and refuse what no row allows. */
#include "base/clock.h"
#include "base/doc_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where we are, from the innermost member up: "subject.serial", "anchors[2].name". */
struct place {
	const struct place *up;
	const char *member; /* NULL: an item of a list, at index */
	size_t index;
};

struct binding {
	const char *name; /* NULL: sent as JSON */
	const struct doc_node *top;
	struct arena *arena;
	struct err *err;
};

static void place_text(const struct place *p, char *text, size_t size)
{
	size_t n;

	if (p->up)
		place_text(p->up, text, size);
	n = strlen(text);
	if (p->member)
		snprintf(text + n, size - n, "%s%s", n ? "." : "", p->member);
	else
		snprintf(text + n, size - n, "[%zu]", p->index);
}

/* RFC 6901: '~' and '/' inside a name are written "~0" and "~1". */
static void pointer_text(const struct place *p, struct buf *out)
{
	if (p->up)
		pointer_text(p->up, out);
	if (!p->member)
		buf_printf(out, "/%zu", p->index);
	else
		buf_put_byte(out, '/');
	for (const char *c = p->member; c && *c; c++) {
		if (*c == '~' || *c == '/')
			buf_put_str(out, *c == '~' ? "~0" : "~1");
		else
			buf_put_byte(out, (uint8_t)*c);
	}
}

static struct status refuse_pointer(
    const struct binding *b, const struct place *place, const char *why)
{
	AUTO(buf) pointer = {0};

	if (place)
		pointer_text(place, &pointer);
	return err_set(b->err, ERR_INPUT, "%.160s: %s", buf_cstr(&pointer), why);
}

/* "label 'factory': " where the document says so itself. */
static void title_text(const struct doc_node *top, char *text, size_t size)
{
	const struct doc_node *kind = doc_get(top, "kind"), *name = doc_get(top, "name");
	const char *word = kind ? kind->text : top->key;

	text[0] = 0;
	if (word && name && name->text && name->text[0])
		snprintf(text, size, "%.40s '%.60s': ", word, name->text);
}

static struct status refuse(const struct binding *b, const struct doc_node *at,
    const struct place *place, const char *format, ...) PRINTF(4, 5);
static struct status refuse(const struct binding *b, const struct doc_node *at,
    const struct place *place, const char *format, ...)
{
	char title[128], member[128] = "", why[sizeof(b->err->message)];
	va_list args;

	va_start(args, format);
	if (vsnprintf(why, sizeof(why), format, args) < 0)
		why[0] = 0;
	va_end(args);
	if (!b->name)
		return refuse_pointer(b, place, why);
	title_text(b->top, title, sizeof(title));
	if (!place)
		return doc_fail(b->name, at, b->err, "%s%s", title, why);
	place_text(place, member, sizeof(member));
	return doc_fail(b->name, at, b->err, "%smember '%s': %s", title, member, why);
}

static const char *kind_text(const struct doc_node *node)
{
	switch (node->kind) {
	case DOC_LIST: return "a list";
	case DOC_MAP: return "a map";
	case DOC_SCALAR: break;
	}
	return node->quoted ? "a quoted text" : "a single value";
}

static bool is_null(const struct doc_node *node)
{
	static const char *const words[] = {"", "null", "~", "Null", "NULL"};

	if (node->kind != DOC_SCALAR || node->quoted)
		return false;
	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(node->text, words[i]) == 0)
			return true;
	return false;
}

/* The names that a row allows, as "required, optional, off". */
static const char *names_text(const struct field *f, struct arena *arena)
{
	const char *text = f->names[0] ? f->names[0] : "";

	for (int i = 1; f->names[0] && f->names[i]; i++)
		text = arena_printf(arena, "%s, %s", text, f->names[i]);
	return text;
}

static struct status want(const struct binding *b, const struct doc_node *node,
    const struct place *place, enum doc_kind kind, const char *what)
{
	if (node->kind != kind)
		return refuse(b, node, place, "%s is wanted, not %s", what, kind_text(node));
	return STATUS_OK;
}

static struct status check_count(const struct binding *b, const struct doc_node *node,
    const struct place *place, const struct field *f, size_t n, const char *unit)
{
	int64_t most = field_max(f), least = f->min;

	if (n > INT64_MAX || (int64_t)n > most)
		return refuse(
		    b, node, place, "%zu %s, at most %" PRId64 " are allowed", n, unit, most);
	if ((int64_t)n < least)
		return refuse(
		    b, node, place, "%zu %s, at least %" PRId64 " are wanted", n, unit, least);
	return STATUS_OK;
}

static size_t child_count(const struct doc_node *node)
{
	size_t n = 0;

	for (const struct doc_node *c = node->child; c; c = c->next)
		n++;
	return n;
}

/* Text that stands for a number, a truth or a name: not in quotes, so that JSON's types hold. */
static struct status bare_text(const struct binding *b, const struct doc_node *node,
    const struct place *place, const char *what)
{
	TRY(want(b, node, place, DOC_SCALAR, what));
	if (node->quoted)
		return refuse(b, node, place, "%s is wanted, not text in quotes", what);
	return STATUS_OK;
}

/* YAML writes text with or without quotes; in JSON, what stands without is no text. */
static struct status want_text(
    const struct binding *b, const struct doc_node *node, const struct place *place)
{
	TRY(want(b, node, place, DOC_SCALAR, "text"));
	if (!b->name && !node->quoted)
		return refuse(b, node, place, "text is wanted, not %.20s", node->text);
	return STATUS_OK;
}

static struct status bind_str(const struct binding *b, const struct doc_node *node,
    const struct place *place, const struct field *f, char **ret_text)
{
	TRY(want_text(b, node, place));
	TRY(check_count(b, node, place, f, strlen(node->text), "characters"));
	*ret_text = arena_strdup(b->arena, node->text);
	return STATUS_OK;
}

static struct status bind_str_list(const struct binding *b, const struct doc_node *node,
    const struct place *place, const struct field *f, struct str_list *ret_list)
{
	struct str_list list;
	struct place item = {place, NULL, 0};

	TRY(want(b, node, place, DOC_LIST, "a list"));
	list.count = child_count(node);
	TRY(check_count(b, node, place, f, list.count, "items"));
	list.items = arena_alloc(b->arena, list.count * sizeof(*list.items));
	for (const struct doc_node *c = node->child; c; c = c->next, item.index++) {
		TRY(want(b, c, &item, DOC_SCALAR, "text"));
		if (is_null(c))
			return refuse(b, c, &item, "is empty");
		TRY(want_text(b, c, &item));
		list.items[item.index] = arena_strdup(b->arena, c->text);
	}
	*ret_list = list;
	return STATUS_OK;
}

static struct status bind_number(const struct binding *b, const struct doc_node *node,
    const struct place *place, const struct field *f, int64_t *ret_number)
{
	char why[WHY_SIZE];

	TRY(want(b, node, place, DOC_SCALAR, "a number"));
	/* A time span is text in JSON: "15m". */
	if (f->type == FIELD_INT)
		TRY(bare_text(b, node, place, "a number"));
	if (!field_number(f, node->text, ret_number, why))
		return refuse(b, node, place, "%s", why);
	return STATUS_OK;
}

static struct status bind_time(const struct binding *b, const struct doc_node *node,
    const struct place *place, int64_t *ret_seconds)
{
	struct err ignored = {0};

	TRY(want(b, node, place, DOC_SCALAR, "a time"));
	if (!time_parse(node->text, ret_seconds, &ignored).ok)
		return refuse(b, node, place, "'%.60s' is not a time such as 2027-01-01T00:00:00Z",
		    node->text);
	return STATUS_OK;
}

static struct status bind_bool(const struct binding *b, const struct doc_node *node,
    const struct place *place, bool *ret_truth)
{
	TRY(bare_text(b, node, place, "true or false"));
	*ret_truth = strcmp(node->text, "true") == 0;
	if (!*ret_truth && strcmp(node->text, "false") != 0)
		return refuse(b, node, place, "'%.60s' is not one of true, false", node->text);
	return STATUS_OK;
}

static struct status bind_name(const struct binding *b, const struct doc_node *node,
    const struct place *place, const struct field *f, int *ret_index)
{
	int index;

	TRY(want(b, node, place, DOC_SCALAR, "a name"));
	index = field_name_index(f, node->text);
	if (index < 0)
		return refuse(b, node, place, "'%.60s' is not one of %s", node->text,
		    names_text(f, b->arena));
	*ret_index = index;
	return STATUS_OK;
}

static struct status bind_flags(const struct binding *b, const struct doc_node *node,
    const struct place *place, const struct field *f, uint32_t *ret_flags)
{
	struct place item = {place, NULL, 0};
	uint32_t flags = 0;

	TRY(want(b, node, place, DOC_LIST, "a list of names"));
	TRY(check_count(b, node, place, f, child_count(node), "items"));
	for (const struct doc_node *c = node->child; c; c = c->next, item.index++) {
		int index = 0;

		TRY(bind_name(b, c, &item, f, &index));
		if (flags >> index & 1)
			return refuse(b, c, &item, "'%s' stands here twice", c->text);
		flags |= UINT32_C(1) << index;
	}
	*ret_flags = flags;
	return STATUS_OK;
}

static struct status bind_map(const struct binding *b, const struct doc_node *map,
    const struct place *place, const struct field *fields, void *object);

static struct status bind_map_list(const struct binding *b, const struct doc_node *node,
    const struct place *place, const struct field *f, struct map_list *ret_list)
{
	struct place item = {place, NULL, 0};
	struct map_list list;

	TRY(want(b, node, place, DOC_LIST, "a list of maps"));
	list.count = child_count(node);
	TRY(check_count(b, node, place, f, list.count, "items"));
	list.items = arena_alloc(b->arena, list.count * f->sub_size);
	for (const struct doc_node *c = node->child; c; c = c->next, item.index++)
		TRY(bind_map(b, c, &item, f->sub, (char *)list.items + item.index * f->sub_size));
	*ret_list = list;
	return STATUS_OK;
}

static struct status bind_value(const struct binding *b, const struct doc_node *node,
    const struct place *place, const struct field *f, void *to)
{
	switch (f->type) {
	case FIELD_STR: return bind_str(b, node, place, f, to);
	case FIELD_STR_LIST: return bind_str_list(b, node, place, f, to);
	case FIELD_INT:
	case FIELD_SECONDS: return bind_number(b, node, place, f, to);
	case FIELD_TIME: return bind_time(b, node, place, to);
	case FIELD_BOOL: return bind_bool(b, node, place, to);
	case FIELD_ENUM: return bind_name(b, node, place, f, to);
	case FIELD_FLAGS: return bind_flags(b, node, place, f, to);
	case FIELD_MAP: return bind_map(b, node, place, f->sub, to);
	case FIELD_MAP_LIST: return bind_map_list(b, node, place, f, to);
	}
	return STATUS_FAILED;
}

static size_t value_size(enum field_type type)
{
	switch (type) {
	case FIELD_STR: return sizeof(char *);
	case FIELD_STR_LIST: return sizeof(struct str_list);
	case FIELD_INT:
	case FIELD_SECONDS:
	case FIELD_TIME: return sizeof(int64_t);
	case FIELD_BOOL: return sizeof(bool);
	case FIELD_ENUM: return sizeof(int);
	case FIELD_FLAGS: return sizeof(uint32_t);
	case FIELD_MAP:
	case FIELD_MAP_LIST: break;
	}
	return 0;
}

/* An absent row: its standard; an absent map: its rows' standards. */
static void bind_absent(const struct field *f, void *to, struct arena *arena)
{
	union field_value value;

	if (f->type == FIELD_MAP) {
		for (const struct field *s = f->sub; s->name; s++)
			bind_absent(s, (char *)to + s->offset, arena);
	} else if (f->standard) {
		field_standard(f, arena, &value);
		memcpy(to, &value, value_size(f->type));
	}
}

/* How many letters differ: the least of insertions, removals and changes. Long words: many. */
static size_t distance(const char *a, const char *b)
{
	size_t row[33], n = strlen(b);

	if (strlen(a) > 32 || n > 32)
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);
			size_t add = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			diagonal = row[j];
			row[j] = change < add ? change : add;
		}
	}
	return row[n];
}

static struct status refuse_unknown(const struct binding *b, const struct doc_node *m,
    const struct place *place, const struct field *fields)
{
	size_t best = 3; /* further away it is no misspelling */
	const char *near = NULL, *all = "";
	struct place here = {place, m->key, 0};

	for (const struct field *f = fields; f->name; f++) {
		size_t d = distance(m->key, f->name);

		if (d < best && d < strlen(f->name)) {
			best = d;
			near = f->name;
		}
		all = arena_printf(b->arena, "%s%s%s", all, all[0] ? ", " : "", f->name);
	}
	if (near)
		return refuse(b, m, &here, "no such member; did you mean '%s'?", near);
	return refuse(b, m, &here, "no such member; there are %s", all);
}

static struct status only_known(const struct binding *b, const struct doc_node *map,
    const struct place *place, const struct field *fields)
{
	for (const struct doc_node *m = map->child; m; m = m->next) {
		const struct field *f = fields;

		while (f->name && strcmp(f->name, m->key) != 0)
			f++;
		if (!f->name)
			return refuse_unknown(b, m, place, fields);
	}
	return STATUS_OK;
}

static struct status bind_map(const struct binding *b, const struct doc_node *map,
    const struct place *place, const struct field *fields, void *object)
{
	TRY(want(b, map, place, DOC_MAP, "a map of members"));
	TRY(only_known(b, map, place, fields));
	for (const struct field *f = fields; f->name; f++) {
		const struct doc_node *node = doc_get(map, f->name);
		struct place here = {place, f->name, 0};
		void *to = (char *)object + f->offset;

		if (node && !is_null(node))
			TRY(bind_value(b, node, &here, f, to));
		else if (f->required)
			return refuse(b, node ? node : map, &here, "is missing%s%s%s",
			    f->help ? " (" : "", f->help ? f->help : "", f->help ? ")" : "");
		else
			bind_absent(f, to, b->arena);
	}
	return STATUS_OK;
}

struct status doc_bind(const char *name, const struct doc_node *map, const struct field *fields,
    void *object, struct arena *arena, struct err *err)
{
	struct binding b = {name, map, arena, err};

	return bind_map(&b, map, NULL, fields, object);
}

struct status doc_bind_json(const struct doc_node *map, const struct field *fields, void *object,
    struct arena *arena, struct err *err)
{
	return doc_bind(NULL, map, fields, object, arena, err);
}
