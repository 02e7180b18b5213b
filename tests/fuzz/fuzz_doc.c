/*
 * YAML and JSON documents as strangers and administrators write them. Whatever is accepted must
 * hold what doc.h promises, and whatever a table binds must come back by its canonical form:
 * render(bind(parse(render(x)))) = render(x).
 */
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct peer {
	char *host;
	int64_t port;
	uint32_t usage;
};

struct sample {
	char *name, *note;
	struct str_list words, usual;
	int64_t count, offset, life;
	bool on, off;
	int pop;
	uint32_t usage;
	struct peer home;
	struct map_list peers;
};

static const char *const pops[] = {"required", "optional", "off", NULL};
static const char *const usages[] = {"sign", "agree", "encipher", NULL};

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct field peer_fields[] = {
    {.name = "host", .type = FIELD_STR, AT(peer, host), .required = true},
    {.name = "port", .type = FIELD_INT, AT(peer, port), .standard = "443", .min = 1, .max = 65535},
    {.name = "usage", .type = FIELD_FLAGS, AT(peer, usage), .names = usages, .standard = "sign"},
    {.name = NULL},
};

static const struct field fields[] = {
    {.name = "name", .type = FIELD_STR, AT(sample, name), .standard = "x", .min = 1, .max = 64},
    {.name = "note", .type = FIELD_STR, AT(sample, note)},
    {.name = "words", .type = FIELD_STR_LIST, AT(sample, words)},
    {.name = "usual", .type = FIELD_STR_LIST, AT(sample, usual), .standard = "one, two"},
    {.name = "count", .type = FIELD_INT, AT(sample, count)},
    {.name = "offset", .type = FIELD_INT, AT(sample, offset), .min = INT64_MIN, .max = INT64_MAX},
    {.name = "life", .type = FIELD_SECONDS, AT(sample, life), .standard = "1y"},
    {.name = "on", .type = FIELD_BOOL, AT(sample, on), .standard = "true"},
    {.name = "off", .type = FIELD_BOOL, AT(sample, off)},
    {.name = "pop", .type = FIELD_ENUM, AT(sample, pop), .names = pops, .standard = "optional"},
    {.name = "usage", .type = FIELD_FLAGS, AT(sample, usage), .names = usages},
    {.name = "home", .type = FIELD_MAP, AT(sample, home), .sub = peer_fields},
    {.name = "peers",
	.type = FIELD_MAP_LIST,
	AT(sample, peers),
	.sub = peer_fields,
	.sub_size = sizeof(struct peer)},
    {.name = NULL},
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_tree(const struct doc_node *node, int depth, bool in_map)
{
	must(depth <= DOC_DEPTH_MAX && node->line > 0);
	must((node->key != NULL) == in_map);
	must((node->text != NULL) == (node->kind == DOC_SCALAR));
	must(node->kind != DOC_SCALAR || !node->child);
	for (const struct doc_node *c = node->child; c; c = c->next) {
		check_tree(c, depth + 1, node->kind == DOC_MAP);
		if (node->kind == DOC_MAP)
			must(doc_get(node, c->key) == c); /* no twins */
	}
}

static void check_error(const struct err *err)
{
	must(err->kind == ERR_CONFIG);
	must(strncmp(err->message, "fuzz", 4) == 0);
}

/* What we rendered, read back and rendered again, must be the same. */
static void check_canonical(struct span once)
{
	AUTO(doc_file) file = {0};
	AUTO(arena) arena = {0};
	AUTO(buf) twice = {0};
	struct sample object = {0};
	struct err err = {0};

	must(doc_parse("canonical", once, &file, &err).ok && file.count == 1);
	must(doc_bind("canonical", file.documents[0], fields, &object, &arena, &err).ok);
	doc_render(fields, &object, &twice);
	must(span_equal(once, buf_span(&twice)));
}

static void check_document(const struct doc_node *root)
{
	AUTO(arena) arena = {0};
	AUTO(buf) once = {0};
	struct sample object = {0};
	struct err err = {0};

	check_tree(root, 1, false);
	if (!doc_bind("fuzz", root, fields, &object, &arena, &err).ok) {
		check_error(&err);
		return;
	}
	doc_render(fields, &object, &once);
	check_canonical(buf_span(&once));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(doc_file) file = {0};
	struct err err = {0};

	if (!doc_parse("fuzz", span(data, size), &file, &err).ok) {
		check_error(&err);
		return 0;
	}
	for (size_t i = 0; i < file.count; i++)
		check_document(file.documents[i]);
	return 0;
}
