/* access/reach.c: see reach.h. */
#include "access/reach.h"

#include <string.h>

static bool in_reach(const struct reach *r, const char *product)
{
	for (size_t i = 0; i < r->product_count; i++)
		if (strcmp(r->products[i], product) == 0)
			return true;
	return false;
}

static void add_products(
    struct reach *r, const struct binding *const *bindings, size_t count, struct arena *arena)
{
	const char **products;
	size_t room = 0;

	for (size_t i = 0; i < count; i++)
		room += bindings[i]->products.count;
	products = arena_alloc(arena, room * sizeof(*products));
	r->products = products;
	for (size_t i = 0; i < count; i++) {
		const struct binding *b = bindings[i];

		for (size_t j = 0; b->channels.count == 0 && j < b->products.count; j++)
			if (!in_reach(r, b->products.items[j]))
				products[r->product_count++] = b->products.items[j];
	}
}

struct reach access_reach(const struct access *a, const struct actor *who, enum permission p,
    int64_t now, struct arena *arena)
{
	const struct binding *const *bindings;
	struct reach r = {0};
	size_t n;

	if (access_may(a, who, p, NULL, NULL, now))
		return (struct reach){.any = true, .all_products = true};
	n = access_bindings(a, who, p, now, arena, &bindings);
	add_products(&r, bindings, n, arena);
	r.any = r.product_count > 0;
	return r;
}

/* ---- with channels ---- */

/* An empty list is any. */
static size_t width(const struct str_list *list)
{
	return list->count ? list->count : 1;
}

static const char *at(const struct str_list *list, size_t i)
{
	return list->count ? list->items[i] : "";
}

struct channel_reach access_channel_reach(const struct access *a, const struct actor *who,
    enum permission p, int64_t now, struct arena *arena)
{
	const struct binding *const *bindings;
	const char **products, **channels;
	size_t n, room = 0, count = 0;

	if (access_may(a, who, p, NULL, NULL, now))
		return (struct channel_reach){.any = true, .all = true};
	n = access_bindings(a, who, p, now, arena, &bindings);
	for (size_t i = 0; i < n; i++)
		room += width(&bindings[i]->products) * width(&bindings[i]->channels);
	products = arena_alloc(arena, room * sizeof(*products));
	channels = arena_alloc(arena, room * sizeof(*channels));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < width(&bindings[i]->products); j++)
			for (size_t k = 0; k < width(&bindings[i]->channels); k++) {
				products[count] = at(&bindings[i]->products, j);
				channels[count++] = at(&bindings[i]->channels, k);
			}
	return (struct channel_reach){
	    .any = count > 0, .products = products, .channels = channels, .count = count};
}
