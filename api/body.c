/* api/body.c: see body.h. */
#include "api/body.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ca/reason.h"

DEFINE_AUTO_PTR(json_t, json_decref)

struct reading {
	struct arena *arena;
	size_t nodes;
	struct err *err;
};

/*
 * The parser recurses as deep as it is told to by whoever sent the text: so that is looked at
 * first. Brackets inside strings do not count.
 */
static bool too_deep(struct span text)
{
	bool quoted = false;
	int depth = 0;

	for (size_t i = 0; i < text.n; i++) {
		const uint8_t c = text.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']'))
			depth--;
		if (depth > BODY_DEPTH_MAX)
			return true;
	}
	return false;
}

static struct status convert(
    struct reading *r, const char *key, json_t *from, struct doc_node **ret_node);

static struct status convert_list(struct reading *r, json_t *from, struct doc_node *to)
{
	struct doc_node **end = &to->child;
	json_t *item;
	size_t i;

	to->kind = DOC_LIST;
	json_array_foreach(from, i, item)
	{
		TRY(convert(r, NULL, item, end));
		end = &(*end)->next;
	}
	return STATUS_OK;
}

static struct status convert_map(struct reading *r, json_t *from, struct doc_node *to)
{
	struct doc_node **end = &to->child;
	const char *key;
	json_t *item;

	to->kind = DOC_MAP;
	json_object_foreach(from, key, item)
	{
		TRY(convert(r, arena_strdup(r->arena, key), item, end));
		end = &(*end)->next;
	}
	return STATUS_OK;
}

static struct status convert_scalar(struct reading *r, json_t *from, struct doc_node *to)
{
	switch (json_typeof(from)) {
	case JSON_STRING:
		to->quoted = true;
		to->text = arena_strdup(r->arena, json_string_value(from));
		return STATUS_OK;
	case JSON_INTEGER:
		to->text =
		    arena_printf(r->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(from));
		return STATUS_OK;
	case JSON_TRUE: to->text = "true"; return STATUS_OK;
	case JSON_FALSE: to->text = "false"; return STATUS_OK;
	case JSON_NULL: to->text = "null"; return STATUS_OK;
	default: return REFUSE(r->err, BODY_JSON, "a number with a fraction or an exponent");
	}
}

static struct status convert(
    struct reading *r, const char *key, json_t *from, struct doc_node **ret_node)
{
	struct doc_node *node = arena_alloc(r->arena, sizeof(*node));

	if (++r->nodes > BODY_NODES_MAX)
		return REFUSE(r->err, BODY_JSON, "more than %d values", BODY_NODES_MAX);
	node->line = 1;
	node->key = key;
	*ret_node = node;
	if (json_is_array(from))
		return convert_list(r, from, node);
	if (json_is_object(from))
		return convert_map(r, from, node);
	return convert_scalar(r, from, node);
}

static struct status load(struct span text, json_t **ret_root, struct err *err)
{
	json_error_t why;
	json_t *root;

	if (text.n == 0)
		return REFUSE(err, BODY_JSON, "there is no body");
	/* The parser takes a NUL behind a number for the end of it, and goes on. */
	if (memchr(text.p, 0, text.n))
		return REFUSE(err, BODY_JSON, "a NUL octet");
	if (too_deep(text))
		return REFUSE(err, BODY_JSON, "nested deeper than %d", BODY_DEPTH_MAX);
	root = json_loadb(
	    (const char *)text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (!root)
		return REFUSE(
		    err, BODY_JSON, "line %d, column %d: %.120s", why.line, why.column, why.text);
	*ret_root = root;
	return STATUS_OK;
}

struct status body_parse(
    struct span text, struct arena *arena, const struct doc_node **ret_node, struct err *err)
{
	struct reading r = {arena, 0, err};
	AUTO_PTR(json_t) root = NULL;
	struct doc_node *node;

	TRY(load(text, &root, err));
	TRY(convert(&r, NULL, root, &node));
	*ret_node = node;
	return STATUS_OK;
}

struct status body_bind(struct span text, const struct field *fields, void *object,
    struct arena *arena, struct err *err)
{
	const struct doc_node *node;
	struct err why = {0};

	TRY(body_parse(text, arena, &node, err));
	if (node->kind != DOC_MAP)
		return REFUSE(err, BODY_JSON, "the body is not an object");
	if (!doc_bind_json(node, fields, object, arena, &why).ok)
		return REFUSE(err, BODY_MEMBER, "%s", why.message);
	return STATUS_OK;
}

/* ---- documents of policy ---- */

static void dump(json_t *value, struct buf *out)
{
	char *text = json_dumps(value, JSON_COMPACT);

	buf_put_str(out, text ? text : "null");
	free(text);
}

/* Absent, or the same. */
static struct status set_member(
    json_t *object, const char *member, const char *value, struct err *err)
{
	const json_t *there = json_object_get(object, member);

	if (there && (!json_is_string(there) || strcmp(json_string_value(there), value) != 0))
		return REFUSE(err, DOCUMENT_REFUSED, "/%s: the path says '%.63s'", member, value);
	if (json_object_set_new(object, member, json_string(value)) != 0)
		return REFUSE(err, DOCUMENT_REFUSED, "/%s: the path's is not UTF-8 text", member);
	return STATUS_OK;
}

struct status body_document(
    struct span text, const char *kind, const char *name, struct buf *out, struct err *err)
{
	AUTO_PTR(json_t) root = NULL;

	TRY(load(text, &root, err));
	if (!json_is_object(root))
		return REFUSE(err, BODY_JSON, "the body is not an object");
	TRY(set_member(root, "kind", kind, err));
	TRY(set_member(root, "name", name, err));
	dump(root, out);
	return STATUS_OK;
}

struct status body_documents(struct span text, struct buf *out, struct err *err)
{
	AUTO_PTR(json_t) root = NULL;
	json_t *item;
	size_t i;

	TRY(load(text, &root, err));
	if (!json_is_array(root)) {
		dump(root, out);
		return STATUS_OK;
	}
	json_array_foreach(root, i, item)
	{
		buf_put_str(out, "--- ");
		dump(item, out);
		buf_put_byte(out, '\n');
	}
	return STATUS_OK;
}
