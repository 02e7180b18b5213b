/* base/doc.c: libyaml's events to trees; what YAML has and we do not want is refused here. */
#include "base/doc_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct builder {
	yaml_parser_t yaml;
	struct span text;
	struct doc_file file; /* so far */
	size_t room;          /* of file.documents while it grows */
	size_t nodes;
	struct err *err;
};

static void builder_auto(struct builder *b)
{
	yaml_parser_delete(&b->yaml);
	free(b->file.documents);
	arena_free(&b->file.arena);
}

struct event {
	yaml_event_t yaml;
};

static void event_auto(struct event *e)
{
	yaml_event_delete(&e->yaml);
}

struct status(doc_fail)(
    const char *name, const struct doc_node *at, struct err *err, const char *format, ...)
{
	char text[sizeof(err->message)];
	va_list args;

	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = 0;
	va_end(args);
	if (!at)
		return err_set(err, ERR_CONFIG, "%s: %s", name, text);
	return err_set(err, ERR_CONFIG, "%s:%d: %s", name, at->line, text);
}

static int event_line(const struct event *e)
{
	return (int)e->yaml.start_mark.line + 1;
}

static struct status refuse(struct builder *b, int line, const char *why)
{
	return err_set(b->err, ERR_CONFIG, "%s:%d: %s", b->file.name, line, why);
}

/* libyaml's reader knows where in bytes, its scanner and parser where in lines. */
static struct status refuse_yaml(struct builder *b)
{
	const yaml_parser_t *y = &b->yaml;
	int line = (int)y->problem_mark.line + 1;
	const char *problem = y->problem ? y->problem : "cannot be read";

	if (y->error == YAML_MEMORY_ERROR)
		return err_set(b->err, ERR_INTERNAL, "%s: out of memory", b->file.name);
	if (y->error == YAML_READER_ERROR) {
		line = 1;
		for (size_t i = 0; i < y->problem_offset && i < b->text.n; i++)
			line += b->text.p[i] == '\n';
	}
	return err_set(b->err, ERR_CONFIG, "%s:%d: %s%s%s", b->file.name, line, problem,
	    y->context ? ", " : "", y->context ? y->context : "");
}

static struct status next_event(struct builder *b, struct event *ret_event)
{
	if (!yaml_parser_parse(&b->yaml, &ret_event->yaml))
		return refuse_yaml(b);
	return STATUS_OK;
}

static struct status new_node(
    struct builder *b, enum doc_kind kind, const struct event *e, struct doc_node **ret_node)
{
	struct doc_node *node;

	if (++b->nodes > DOC_NODES_MAX)
		return refuse(b, event_line(e), "too many values in one file");
	node = arena_alloc(&b->file.arena, sizeof(*node));
	node->kind = kind;
	node->line = event_line(e);
	*ret_node = node;
	return STATUS_OK;
}

static struct status plain_event(
    struct builder *b, const struct event *e, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return refuse(b, event_line(e), "anchors are not used here: write the value out");
	if (tag)
		return refuse(b, event_line(e), "tags are not used here");
	return STATUS_OK;
}

static struct status scalar_text(struct builder *b, const struct event *e, const char **ret_text)
{
	const char *text = (const char *)e->yaml.data.scalar.value;
	size_t n = e->yaml.data.scalar.length;

	TRY(plain_event(b, e, e->yaml.data.scalar.anchor, e->yaml.data.scalar.tag));
	if (memchr(text, 0, n))
		return refuse(b, event_line(e), "a NUL character cannot stand in a value");
	*ret_text = arena_strndup(&b->file.arena, text, n);
	return STATUS_OK;
}

static struct status build(
    struct builder *b, const struct event *e, int depth, struct doc_node **ret_node);

static struct status build_scalar(
    struct builder *b, const struct event *e, struct doc_node **ret_node)
{
	struct doc_node *node;

	TRY(new_node(b, DOC_SCALAR, e, &node));
	TRY(scalar_text(b, e, &node->text));
	node->quoted = e->yaml.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	*ret_node = node;
	return STATUS_OK;
}

static struct status build_list(
    struct builder *b, const struct event *start, int depth, struct doc_node **ret_node)
{
	struct doc_node *list, **end;

	TRY(plain_event(
	    b, start, start->yaml.data.sequence_start.anchor, start->yaml.data.sequence_start.tag));
	TRY(new_node(b, DOC_LIST, start, &list));
	for (end = &list->child;; end = &(*end)->next) {
		AUTO(event) e = {0};

		TRY(next_event(b, &e));
		if (e.yaml.type == YAML_SEQUENCE_END_EVENT)
			break;
		TRY(build(b, &e, depth + 1, end));
	}
	*ret_node = list;
	return STATUS_OK;
}

static int by_key(const void *a, const void *b)
{
	const struct doc_node *const *x = a, *const *y = b;
	int order = strcmp((*x)->key, (*y)->key);

	return order ? order : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

static struct status refuse_twice(struct builder *b, const struct doc_node *second)
{
	return err_set(b->err, ERR_CONFIG, "%s:%d: member '%.60s' stands here twice", b->file.name,
	    second->line, second->key);
}

/* A stranger's map may be long: sorting keeps the search for twins from growing with its square. */
static struct status keys_unique_sorted(struct builder *b, const struct doc_node *map, size_t count)
{
	const struct doc_node **all = mem_array(count, sizeof(*all));
	const struct doc_node *twin = NULL;
	size_t n = 0;

	for (const struct doc_node *m = map->child; m; m = m->next)
		all[n++] = m;
	qsort(all, n, sizeof(*all), by_key);
	for (size_t i = 1; i < n && !twin; i++)
		if (strcmp(all[i - 1]->key, all[i]->key) == 0)
			twin = all[i];
	free(all);
	return twin ? refuse_twice(b, twin) : STATUS_OK;
}

static struct status keys_unique(struct builder *b, const struct doc_node *map, size_t count)
{
	if (count > 16)
		return keys_unique_sorted(b, map, count);
	for (const struct doc_node *m = map->child; m; m = m->next)
		for (const struct doc_node *n = m->next; n; n = n->next)
			if (strcmp(m->key, n->key) == 0)
				return refuse_twice(b, n);
	return STATUS_OK;
}

static struct status build_member(
    struct builder *b, const struct event *key_event, int depth, struct doc_node **ret_node)
{
	AUTO(event) e = {0};
	const char *key;

	if (key_event->yaml.type != YAML_SCALAR_EVENT)
		return refuse(b, event_line(key_event), "a member's name must be a plain string");
	TRY(scalar_text(b, key_event, &key));
	TRY(next_event(b, &e));
	TRY(build(b, &e, depth, ret_node));
	(*ret_node)->key = key;
	(*ret_node)->line = event_line(key_event);
	return STATUS_OK;
}

static struct status build_map(
    struct builder *b, const struct event *start, int depth, struct doc_node **ret_node)
{
	struct doc_node *map, **end;
	size_t count = 0;

	TRY(plain_event(
	    b, start, start->yaml.data.mapping_start.anchor, start->yaml.data.mapping_start.tag));
	TRY(new_node(b, DOC_MAP, start, &map));
	for (end = &map->child;; end = &(*end)->next, count++) {
		AUTO(event) e = {0};

		TRY(next_event(b, &e));
		if (e.yaml.type == YAML_MAPPING_END_EVENT)
			break;
		TRY(build_member(b, &e, depth + 1, end));
	}
	TRY(keys_unique(b, map, count));
	*ret_node = map;
	return STATUS_OK;
}

static struct status build(
    struct builder *b, const struct event *e, int depth, struct doc_node **ret_node)
{
	if (depth > DOC_DEPTH_MAX)
		return refuse(b, event_line(e), "nested too deep");
	switch (e->yaml.type) {
	case YAML_SCALAR_EVENT: return build_scalar(b, e, ret_node);
	case YAML_SEQUENCE_START_EVENT: return build_list(b, e, depth, ret_node);
	case YAML_MAPPING_START_EVENT: return build_map(b, e, depth, ret_node);
	default: return refuse(b, event_line(e), "aliases are not used here: write the value out");
	}
}

static void add_document(struct builder *b, struct doc_node *root)
{
	struct doc_file *f = &b->file;

	/* Nothing between two --- lines, or after the last: no document. */
	if (root->kind == DOC_SCALAR && !root->quoted && !root->text[0])
		return;
	if (f->count == b->room) {
		b->room = b->room ? b->room * 2 : 8;
		f->documents = mem_grow(f->documents, b->room * sizeof(*f->documents));
	}
	f->documents[f->count++] = root;
}

static struct status build_document(struct builder *b, const struct event *start)
{
	AUTO(event) e = {0};
	AUTO(event) end = {0};
	struct doc_node *root;

	if (start->yaml.data.document_start.tag_directives.start !=
	    start->yaml.data.document_start.tag_directives.end)
		return refuse(b, event_line(start), "tags are not used here");
	TRY(next_event(b, &e));
	TRY(build(b, &e, 1, &root));
	TRY(next_event(b, &end)); /* the document's end, where no error stands */
	add_document(b, root);
	return STATUS_OK;
}

static struct status build_stream(struct builder *b)
{
	for (;;) {
		AUTO(event) e = {0};

		TRY(next_event(b, &e));
		if (e.yaml.type == YAML_STREAM_END_EVENT)
			return STATUS_OK;
		if (e.yaml.type == YAML_DOCUMENT_START_EVENT)
			TRY(build_document(b, &e));
	}
}

/* The documents' array moves to the arena, which owns all else. */
static struct doc_file finish(struct builder *b)
{
	struct doc_file f = b->file;
	size_t n = f.count * sizeof(*f.documents);

	f.documents = arena_alloc(&f.arena, n);
	if (n)
		memcpy(f.documents, b->file.documents, n);
	b->file.arena.blocks = NULL;
	return f;
}

struct status doc_parse(
    const char *name, struct span text, struct doc_file *ret_file, struct err *err)
{
	AUTO(buf) rewritten = {0};
	AUTO(builder) b = {.err = err};

	if (text.n > DOC_SIZE_MAX)
		return err_set(err, ERR_CONFIG, "%s: over %zu bytes", name, DOC_SIZE_MAX);
	if (!yaml_parser_initialize(&b.yaml))
		return err_set(err, ERR_INTERNAL, "%s: out of memory", name);
	b.file.name = arena_strdup(&b.file.arena, name);
	yaml_parser_set_encoding(&b.yaml, YAML_UTF8_ENCODING);
	b.text = doc_json_pairs(text, &rewritten) ? buf_span(&rewritten) : text;
	yaml_parser_set_input_string(&b.yaml, text.n ? b.text.p : (const uint8_t *)"", b.text.n);
	TRY(build_stream(&b));
	*ret_file = finish(&b);
	return STATUS_OK;
}

void doc_free(struct doc_file *f)
{
	if (!f)
		return;
	arena_free(&f->arena);
	*f = (struct doc_file){0};
}

const struct doc_node *doc_get(const struct doc_node *map, const char *key)
{
	if (!map || map->kind != DOC_MAP)
		return NULL;
	for (const struct doc_node *m = map->child; m; m = m->next)
		if (strcmp(m->key, key) == 0)
			return m;
	return NULL;
}
