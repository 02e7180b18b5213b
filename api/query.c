/* api/query.c: see query.h. */
#include "api/query.h"

#include <string.h>

#include "base/utf8.h"
#include "ca/reason.h"

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False: a wrong escape, a control character, or bytes that are not UTF-8. */
static bool decode(struct span raw, struct arena *arena, const char **ret_text)
{
	char *out = arena_alloc(arena, raw.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < raw.n; i++) {
		int c = raw.p[i] == '+' ? ' ' : raw.p[i];

		if (c == '%') {
			if (raw.n - i < 3 || digit(raw.p[i + 1]) < 0 || digit(raw.p[i + 2]) < 0)
				return false;
			c = digit(raw.p[i + 1]) * 16 + digit(raw.p[i + 2]);
			i += 2;
		}
		if (c < ' ' || c == 0x7f)
			return false;
		out[n++] = (char)c;
	}
	*ret_text = out;
	return utf8_valid(span(out, n));
}

static const struct field *find(const struct field *fields, const char *name)
{
	for (const struct field *f = fields; f && f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static const char *names_text(const struct field *fields, struct arena *arena)
{
	const char *text = "none";

	for (const struct field *f = fields; f && f->name; f++)
		text = f == fields ? f->name : arena_printf(arena, "%s, %s", text, f->name);
	return text;
}

static struct span cut(struct span *rest, uint8_t at)
{
	const uint8_t *end = rest->n ? memchr(rest->p, at, rest->n) : NULL;
	const size_t n = end ? (size_t)(end - rest->p) : rest->n;
	const struct span head = span(rest->p, n);

	*rest = end ? span(end + 1, rest->n - n - 1) : SPAN_NONE;
	return head;
}

/* One pair as a member of `map`. */
static struct status add(struct span pair, const struct field *fields, struct doc_node *map,
    struct arena *arena, struct err *err)
{
	struct doc_node *node = arena_alloc(arena, sizeof(*node));
	const struct field *f;
	const struct span name = cut(&pair, '=');

	if (pair.n > QUERY_VALUE_MAX || name.n > QUERY_VALUE_MAX)
		return REFUSE(
		    err, QUERY_PARAMETER, "a parameter of more than %d bytes", QUERY_VALUE_MAX);
	if (!decode(name, arena, &node->key) || !decode(pair, arena, &node->text))
		return REFUSE(err, QUERY_PARAMETER,
		    "a parameter whose escapes are wrong or which is not UTF-8 text");
	f = find(fields, node->key);
	if (!f)
		return REFUSE(err, QUERY_PARAMETER,
		    "there is no parameter '%.40s'; there are: %.200s", node->key,
		    names_text(fields, arena));
	if (doc_get(map, node->key))
		return REFUSE(err, QUERY_PARAMETER, "parameter '%s' stands here twice", f->name);
	/* Text stays text, even where it looks like a number. */
	node->quoted = f->type == FIELD_STR && node->text[0];
	node->line = 1;
	node->next = map->child;
	map->child = node;
	return STATUS_OK;
}

struct status query_bind(
    const char *raw, const struct field *fields, void *object, struct arena *arena, struct err *err)
{
	static const struct field nothing[] = {{.name = NULL}};
	struct doc_node map = {.kind = DOC_MAP, .line = 1};
	struct span rest = span_str(raw);
	struct err why = {0};

	for (size_t n = 0; rest.n > 0; n++) {
		if (n == QUERY_PARAMETERS_MAX)
			return REFUSE(
			    err, QUERY_PARAMETER, "more than %d parameters", QUERY_PARAMETERS_MAX);
		TRY(add(cut(&rest, '&'), fields, &map, arena, err));
	}
	if (!doc_bind_json(&map, fields ? fields : nothing, object, arena, &why).ok)
		return REFUSE(err, QUERY_PARAMETER, "parameter %s",
		    why.message[0] == '/' ? why.message + 1 : why.message);
	return STATUS_OK;
}
