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
