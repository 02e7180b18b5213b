#include "tests/unit/access/access_scene.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

static enum access_kind kind_of(const struct doc_node *node)
{
	const struct doc_node *kind = doc_get(node, "kind");

	for (int k = 0; kind && k < ACCESS_KINDS; k++)
		if (strcmp(access_document_kinds[k].name, kind->text) == 0)
			return (enum access_kind)k;
	cr_assert_fail("a document of no kind in line %d", node->line);
	return ACCESS_KINDS;
}

static struct status build(struct access_scene *s)
{
	static const char *const products[] = {"x100", "x200", "x300"};
	struct access_item *items = arena_alloc(&s->arena, s->file.count * sizeof(*items));

	for (size_t i = 0; i < s->file.count; i++) {
		const struct doc_node *node = s->file.documents[i];
		enum access_kind kind = kind_of(node);
		void *document = arena_alloc(&s->arena, access_document_kinds[kind].size);

		TRY(doc_bind("access.yaml", node, access_document_kinds[kind].fields, document,
		    &s->arena, &s->err));
		items[i] = (struct access_item){kind, document, "access.yaml", node};
	}
	return access_build(
	    items, s->file.count, products, COUNT(products), &s->arena, &s->access, &s->err);
}

struct access_scene *access_scene_try(const char *text)
{
	struct access_scene *s = mem_alloc(sizeof(*s));

	s->ok = doc_parse("access.yaml", span_str(text), &s->file, &s->err).ok && build(s).ok;
	return s;
}

struct access_scene *access_scene_new(const char *text)
{
	struct access_scene *s = access_scene_try(text);

	cr_assert(s->ok, "%s", s->err.message);
	return s;
}

void access_scene_free(struct access_scene *s)
{
	doc_free(&s->file);
	arena_free(&s->arena);
	free(s);
}

struct actor scene_actor(const struct access_scene *s, const char *name)
{
	struct actor actor = actor_principal(access_principal(&s->access, name));

	actor.credential = actor.principal ? CREDENTIAL_TOKEN : CREDENTIAL_NONE;
	return actor;
}
