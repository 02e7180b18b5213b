/* access/access_grant.c: nobody gives more than they hold, neither rights nor credentials. */
#include "access/access_internal.h"

#include <string.h>

/* One right, as a binding has it: a permission at one product and one channel, until its end. */
struct right {
	enum permission permission;
	const char *product, *channel;
	int64_t until; /* the last second of it */
};

static const char *right_text(const struct right *r, struct arena *arena)
{
	return arena_printf(arena, "%s%s%s%s%s%s", permission_name(r->permission),
	    r->product ? " for product " : " for all products", r->product ? r->product : "",
	    r->channel ? ", channel " : "", r->channel ? r->channel : "",
	    r->until == INT64_MAX - 1 ? ", without an end" : "");
}

/* Whoever holds it in its last second holds it until then. */
static bool holds(const struct access *a, const struct actor *who, const struct right *r)
{
	return access_may(a, who, r->permission, r->product, r->channel, r->until);
}

typedef bool (*right_test)(const void *context, const struct right *r);

static bool all_channels(const struct binding *b, struct right r, right_test test,
    const void *context, struct right *ret_first_missing)
{
	for (size_t i = 0; i == 0 || i < b->channels.count; i++) {
		r.channel = b->channels.count ? b->channels.items[i] : NULL;
		if (!test(context, &r)) {
			*ret_first_missing = r;
			return false;
		}
	}
	return true;
}

static bool all_products(const struct binding *b, struct right r, right_test test,
    const void *context, struct right *ret_first_missing)
{
	for (size_t i = 0; i == 0 || i < b->products.count; i++) {
		r.product = b->products.count ? b->products.items[i] : NULL;
		if (!all_channels(b, r, test, context, ret_first_missing))
			return false;
	}
	return true;
}

/* Does every right that the binding gives pass? One that has ended gives none. */
static bool all_rights(const struct binding *b, uint64_t permissions, int64_t now, right_test test,
    const void *context, struct right *ret_first_missing)
{
	for (int p = PERMISSION_NEVER + 1; p < PERMISSION_COUNT; p++) {
		struct right r = {.permission = (enum permission)p, .until = b->expires - 1};

		if ((permissions & PERMISSION_BIT(p)) && binding_gives(b, r.permission, now) &&
		    !all_products(b, r, test, context, ret_first_missing))
			return false;
	}
	return true;
}

/* ---- credentials ---- */

struct grantor {
	const struct access *access;
	const struct actor *who;
};

static bool grantor_holds(const void *context, const struct right *r)
{
	const struct grantor *g = context;

	return holds(g->access, g->who, r);
}

/* All that p holds in `a`, by rights of the grantor in g. */
static bool covers(const struct grantor *g, const struct access *a, const struct principal *p,
    uint64_t permissions, int64_t now, struct right *ret_missing)
{
	for (size_t i = 0; i < a->binding_count; i++)
		if (strcmp(a->bindings[i].principal->name, p->name) == 0 &&
		    !all_rights(&a->bindings[i], permissions, now, grantor_holds, g, ret_missing))
			return false;
	return true;
}

bool access_covers(const struct access *a, const struct actor *grantor, const struct principal *p,
    uint64_t permissions, int64_t now, struct arena *arena, const char **ret_what)
{
	const struct grantor g = {a, grantor};
	struct right missing;

	if (covers(&g, a, p, permissions, now, &missing))
		return true;
	*ret_what = right_text(&missing, arena);
	return false;
}

/* ---- what a change gives ---- */

struct change {
	const struct access *last, *next;
	const struct actor *grantor;
	struct actor receiver; /* as in `last` */
	int64_t now;
};

/* Nothing new for the receiver, or nothing that the grantor lacks. */
static bool may_be_given(const void *context, const struct right *r)
{
	const struct change *c = context;

	return holds(c->last, &c->receiver, r) || holds(c->last, c->grantor, r);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_list(const struct str_list *a, const struct str_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

/* Most of them are as they were, and in the same place. */
static bool gives_as_before(const struct access *last, size_t i, const struct binding *b)
{
	const struct binding *old = i < last->binding_count ? &last->bindings[i] : NULL;

	return old && strcmp(old->name, b->name) == 0 &&
	       same_text(old->principal_name, b->principal_name) &&
	       old->principal->disabled == b->principal->disabled &&
	       old->role->permissions == b->role->permissions && old->expires == b->expires &&
	       same_list(&old->products, &b->products) && same_list(&old->channels, &b->channels);
}

static bool rights_covered(struct change *c, struct right *ret_missing)
{
	for (size_t i = 0; i < c->next->binding_count; i++) {
		const struct binding *b = &c->next->bindings[i];

		/* What a disabled one would hold counts when it is enabled. */
		if (b->principal->disabled || gives_as_before(c->last, i, b))
			continue;
		c->receiver = actor_principal(access_principal(c->last, b->principal->name));
		if (!all_rights(b, PERMISSION_ALL, c->now, may_be_given, c, ret_missing))
			return false;
	}
	return true;
}

static bool same_document(enum access_kind kind, const void *a, const void *b)
{
	AUTO(buf) x = {0};
	AUTO(buf) y = {0};

	if (!a || !b)
		return false;
	doc_render(access_document_kinds[kind].fields, a, &x);
	doc_render(access_document_kinds[kind].fields, b, &y);
	return span_equal(buf_span(&x), buf_span(&y));
}

static const struct oidc_rule *rule_of(const struct access *a, const char *name)
{
	for (size_t i = 0; i < a->oidc_rule_count; i++)
		if (strcmp(a->oidc_rules[i].name, name) == 0)
			return &a->oidc_rules[i];
	return NULL;
}

/* Whoever writes a rule, or the keys that it believes, can be its principal. */
static bool rule_is_new(const struct change *c, const struct oidc_rule *rule)
{
	return !same_document(ACCESS_OIDC_RULE, rule_of(c->last, rule->name), rule) ||
	       !same_document(ACCESS_OIDC_ISSUER, access_oidc_issuer(c->last, rule->issuer_name),
		   rule->issuer);
}

static bool credentials_covered(const struct change *c, struct right *ret_missing)
{
	const struct grantor g = {c->last, c->grantor};

	for (size_t i = 0; i < c->next->oidc_rule_count; i++) {
		const struct oidc_rule *rule = &c->next->oidc_rules[i];

		if (rule_is_new(c, rule) &&
		    !covers(&g, c->next, rule->principal, PERMISSION_ALL, c->now, ret_missing))
			return false;
	}
	return true;
}

bool access_grant_covered(const struct access *last, const struct access *next,
    const struct actor *grantor, int64_t now, struct arena *arena, const char **ret_what)
{
	struct change c = {.last = last, .next = next, .grantor = grantor, .now = now};
	struct right missing;

	if (rights_covered(&c, &missing) && credentials_covered(&c, &missing))
		return true;
	*ret_what = right_text(&missing, arena);
	return false;
}

/* ---- the last one ---- */

static bool is_administrator(const struct binding *b)
{
	const struct principal *p = b->principal;

	return !p->disabled && (p->type == PRINCIPAL_PERSON || p->type == PRINCIPAL_SERVICE) &&
	       binding_allows(b, PERMISSION_ACCESS_MANAGE, NULL, NULL, INT64_MAX - 1);
}

bool access_has_administrator(const struct access *a)
{
	for (size_t i = 0; i < a->binding_count; i++)
		if (is_administrator(&a->bindings[i]))
			return true;
	return false;
}
