/* access/build.c: what the building of documents of all kinds has in common. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "access/build_internal.h"

struct status build_fail(const struct builder *b, const struct access_item *at, const char *member,
    const char *format, ...)
{
	const struct doc_node *node = doc_get(at->node, member);
	char why[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	return doc_fail(at->file, node ? node : at->node, b->err, "%s '%.63s': %s: %s",
	    access_document_kinds[at->kind].name, access_document_name(at->kind, at->document),
	    member, why);
}

/* The place of the n-th item of a list, for its line. */
struct access_item build_at(const struct access_item *item, const char *member, size_t n)
{
	const struct doc_node *list = doc_get(item->node, member);
	struct access_item at = *item;
	const struct doc_node *node = list ? list->child : NULL;

	while (node && n-- > 0)
		node = node->next;
	if (node)
		at.node = node;
	return at;
}

static bool stands_before(const struct str_list *list, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(list->items[j], list->items[i]) == 0)
			return true;
	return false;
}

struct status build_no_doubles(const struct builder *b, const struct access_item *item,
    const char *member, const struct str_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct access_item at = build_at(item, member, i);

		if (stands_before(list, i))
			return build_fail(
			    b, &at, member, "'%.63s' stands here twice", list->items[i]);
	}
	return STATUS_OK;
}

bool build_has_product(const struct builder *b, const char *name)
{
	return b->products.count > 0 && scope_has(&b->products, name);
}

struct status build_products(
    const struct builder *b, const struct access_item *item, const struct str_list *names)
{
	TRY(build_no_doubles(b, item, "products", names));
	for (size_t i = 0; i < names->count; i++) {
		const struct access_item at = build_at(item, "products", i);

		if (!build_has_product(b, names->items[i]))
			return build_fail(
			    b, &at, "products", "there is no product '%.63s'", names->items[i]);
	}
	return STATUS_OK;
}

bool build_channel_fits(const char *name)
{
	return isalnum((unsigned char)name[0]) && strlen(name) <= 63 &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._")] == 0;
}
