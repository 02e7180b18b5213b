/* access/access.c: look-ups and decisions. */
#include "access/access_internal.h"
#include "access/release_policy.h"

#include <string.h>

/* ---- look-ups ---- */

#define FIND_BY_NAME(array, count, wanted)                          \
	do {                                                        \
		for (size_t i = 0; (wanted) && i < (count); i++)    \
			if (strcmp((array)[i].name, (wanted)) == 0) \
				return &(array)[i];                 \
		return NULL;                                        \
	} while (0)

const struct role *access_role(const struct access *a, const char *name)
{
	FIND_BY_NAME(a->roles, a->role_count, name);
}

const struct principal *access_principal(const struct access *a, const char *name)
{
	FIND_BY_NAME(a->principals, a->principal_count, name);
}

const struct signing_key *access_signing_key(const struct access *a, const char *name)
{
	FIND_BY_NAME(a->signing_keys, a->signing_key_count, name);
}

const struct channel *access_channel(
    const struct access *a, const char *product, const char *channel)
{
	for (size_t i = 0; product && channel && i < a->channel_count; i++)
		if (strcmp(a->channels[i].channel, channel) == 0 &&
		    strcmp(a->channels[i].product_name, product) == 0)
			return &a->channels[i];
	return NULL;
}

const struct oidc_issuer *access_oidc_issuer(const struct access *a, const char *name)
{
	FIND_BY_NAME(a->oidc_issuers, a->oidc_issuer_count, name);
}

const struct principal *access_person(
    const struct access *a, const char *issuer, const char *subject)
{
	for (size_t i = 0; i < a->principal_count; i++) {
		const struct map_list *list = &a->principals[i].identities;
		const struct outside_identity *identities = list->items;

		for (size_t j = 0; j < list->count; j++)
			if (strcmp(identities[j].issuer, issuer) == 0 &&
			    strcmp(identities[j].subject, subject) == 0)
				return &a->principals[i];
	}
	return NULL;
}

/* ---- actors ---- */

struct actor actor_nobody(void)
{
	return (struct actor){.name = "anonymous", .credential = CREDENTIAL_NONE};
}

struct actor actor_local(const char *name)
{
	return (struct actor){
	    .name = name, .credential = CREDENTIAL_LOCAL, .permission_mask = PERMISSION_ALL};
}

struct actor actor_principal(const struct principal *p)
{
	if (!p)
		return actor_nobody();
	return (struct actor){.principal = p,
	    .name = p->name,
	    .person = p->type == PRINCIPAL_PERSON ? p->name : NULL,
	    .credential = CREDENTIAL_NONE,
	    .permission_mask = PERMISSION_ALL};
}

const char *actor_behind(const struct actor *by, const struct principal *p, bool agreed)
{
	const char *maker = by->person ? by->person : by->name;

	if (by->principal && strcmp(by->principal->name, p->name) == 0)
		return by->person && strcmp(by->person, p->name) != 0 ? by->person : NULL;
	if (p->type != PRINCIPAL_PERSON)
		return by->person;
	return agreed || by->credential == CREDENTIAL_LOCAL ? NULL : maker;
}

const struct principal *actor_in_force(const struct access *a, const struct actor *who)
{
	const struct principal *p =
	    who->principal ? access_principal(a, who->principal->name) : NULL;

	return p && !p->disabled ? p : NULL;
}

/* ---- decisions ---- */

bool scope_has(const struct str_list *scope, const char *name)
{
	if (scope->count == 0)
		return true;
	for (size_t i = 0; name && i < scope->count; i++)
		if (strcmp(scope->items[i], name) == 0)
			return true;
	return false;
}

bool binding_gives(const struct binding *b, enum permission p, int64_t now)
{
	return b->expires > now && (b->role->permissions & PERMISSION_BIT(p)) != 0;
}

bool binding_allows(const struct binding *b, enum permission p, const char *product,
    const char *channel, int64_t now)
{
	return binding_gives(b, p, now) && scope_has(&b->products, product) &&
	       scope_has(&b->channels, channel);
}

static bool is_held(enum permission p)
{
	return p > PERMISSION_NEVER && p < PERMISSION_COUNT;
}

bool access_may(const struct access *a, const struct actor *who, enum permission p,
    const char *product, const char *channel, int64_t now)
{
	const struct principal *principal = actor_in_force(a, who);
	bool local = who->credential == CREDENTIAL_LOCAL;

	if (p == PERMISSION_PUBLIC)
		return true;
	if (p == PERMISSION_SELF)
		return local || principal;
	if (!is_held(p))
		return false;
	if (local)
		return true;
	if (!principal || !(who->permission_mask & PERMISSION_BIT(p)))
		return false;
	for (size_t i = 0; i < a->binding_count; i++)
		if (a->bindings[i].principal == principal &&
		    binding_allows(&a->bindings[i], p, product, channel, now))
			return true;
	return false;
}

size_t access_bindings(const struct access *a, const struct actor *who, enum permission p,
    int64_t now, struct arena *arena, const struct binding *const **ret_bindings)
{
	const struct principal *principal = actor_in_force(a, who);
	const struct binding **list = arena_alloc(arena, a->binding_count * sizeof(*list));
	size_t n = 0;

	if (principal && is_held(p) && (who->permission_mask & PERMISSION_BIT(p)))
		for (size_t i = 0; i < a->binding_count; i++)
			if (a->bindings[i].principal == principal &&
			    binding_gives(&a->bindings[i], p, now))
				list[n++] = &a->bindings[i];
	*ret_bindings = list;
	return n;
}

/* ---- reach ---- */

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
