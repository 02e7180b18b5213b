/* access/access_build.c: documents become one picture: linked and checked. */
#include "access/build_internal.h"

#include <string.h>

#include "access/jwks.h"
#include "access/release_policy.h"
#include "base/clock.h"
#include "base/fetch.h"

/* ---- roles ---- */

static struct status build_role(const struct builder *b, const struct access_item *item)
{
	struct role *r = &b->a->roles[b->a->role_count];

	*r = *(const struct role *)item->document;
	r->permissions = 0;
	TRY(build_no_doubles(b, item, "permissions", &r->permission_names));
	for (size_t i = 0; i < r->permission_names.count; i++) {
		const struct access_item at = build_at(item, "permissions", i);
		enum permission p = permission_by_name(r->permission_names.items[i]);

		if (p == PERMISSION_NEVER)
			return build_fail(b, &at, "permissions", "there is no permission '%.63s'",
			    r->permission_names.items[i]);
		r->permissions |= PERMISSION_BIT(p);
	}
	b->a->role_count++;
	return STATUS_OK;
}

/* ---- principals ---- */

static struct status check_identities(
    const struct builder *b, const struct access_item *item, const struct principal *p)
{
	const struct outside_identity *identities = p->identities.items;

	if (p->identities.count && p->type != PRINCIPAL_PERSON)
		return build_fail(b, item, "identities", "only a person has outside identities");
	for (size_t i = 0; i < p->identities.count; i++) {
		const struct access_item at = build_at(item, "identities", i);
		const struct principal *other =
		    access_person(b->a, identities[i].issuer, identities[i].subject);

		if (!access_oidc_issuer(b->a, identities[i].issuer))
			return build_fail(b, &at, "identities", "there is no oidc-issuer '%.63s'",
			    identities[i].issuer);
		if (other)
			return build_fail(b, &at, "identities",
			    "'%.80s' of '%.63s' is '%.63s' already", identities[i].subject,
			    identities[i].issuer, other->name);
	}
	return STATUS_OK;
}

static struct status build_principal(const struct builder *b, const struct access_item *item)
{
	struct principal *p = &b->a->principals[b->a->principal_count];

	*p = *(const struct principal *)item->document;
	TRY(check_identities(b, item, p));
	b->a->principal_count++;
	return STATUS_OK;
}

/* ---- bindings ---- */

static struct status read_end(
    const struct builder *b, const struct access_item *item, struct binding *g)
{
	struct err why = {0};

	g->expires = INT64_MAX;
	if (g->expires_at && !time_parse(g->expires_at, &g->expires, &why).ok)
		return build_fail(b, item, "expires_at",
		    "'%.40s' is not a time such as 2027-01-01T00:00:00Z", g->expires_at);
	return STATUS_OK;
}

static struct status check_channels(
    const struct builder *b, const struct access_item *item, const struct str_list *names)
{
	TRY(build_no_doubles(b, item, "channels", names));
	for (size_t i = 0; i < names->count; i++) {
		const struct access_item at = build_at(item, "channels", i);

		if (!build_channel_fits(names->items[i]))
			return build_fail(b, &at, "channels",
			    "'%.63s': a channel has a-z 0-9 - . _ and begins with a letter or "
			    "digit",
			    names->items[i]);
	}
	return STATUS_OK;
}

static struct status build_binding(const struct builder *b, const struct access_item *item)
{
	struct binding *g = &b->a->bindings[b->a->binding_count];

	*g = *(const struct binding *)item->document;
	g->principal = access_principal(b->a, g->principal_name);
	if (!g->principal)
		return build_fail(
		    b, item, "principal", "there is no principal '%.63s'", g->principal_name);
	g->role = access_role(b->a, g->role_name);
	if (!g->role)
		return build_fail(b, item, "role", "there is no role '%.63s'", g->role_name);
	TRY(build_products(b, item, &g->products));
	TRY(check_channels(b, item, &g->channels));
	TRY(read_end(b, item, g));
	b->a->binding_count++;
	return STATUS_OK;
}

/* ---- OIDC ---- */

/* Whether clear text to a loopback address may be asked is the configuration's to say. */
static struct status check_url(
    const struct builder *b, const struct access_item *item, const char *member, const char *url)
{
	struct err why = {0};

	if (!fetch_url_check(url, true, &why).ok)
		return build_fail(b, item, member, "%s", why.message);
	return STATUS_OK;
}

static struct status build_oidc_issuer(const struct builder *b, const struct access_item *item)
{
	struct oidc_issuer *o = &b->a->oidc_issuers[b->a->oidc_issuer_count];
	struct err why = {0};

	*o = *(const struct oidc_issuer *)item->document;
	if (!o->jwks_url == !o->jwks)
		return build_fail(b, item, o->jwks ? "jwks" : "jwks_url",
		    "either jwks_url or jwks (or jwks_file) must be there, not both");
	if (o->jwks_url)
		TRY(check_url(b, item, "jwks_url", o->jwks_url));
	if (o->jwks && !jwks_check(span_str(o->jwks), &why).ok)
		return build_fail(b, item, "jwks", "%s", why.message);
	for (size_t i = 0; i < b->a->oidc_issuer_count; i++)
		if (strcmp(b->a->oidc_issuers[i].issuer, o->issuer) == 0)
			return build_fail(b, item, "issuer",
			    "oidc-issuer '%.63s' is this one already", b->a->oidc_issuers[i].name);
	b->a->oidc_issuer_count++;
	return STATUS_OK;
}

static bool is_numeric_id(const struct oidc_claim *c)
{
	size_t n = strlen(c->claim);

	return n > 3 && strcmp(c->claim + n - 3, "_id") == 0 && c->value[0] &&
	       c->value[strspn(c->value, "0123456789")] == 0;
}

static const char *claim_problem(const struct oidc_claim *c)
{
	const char *star = strchr(c->value, '*');
	size_t n = strlen(c->claim);

	if (!star)
		return NULL;
	if (star[1])
		return "'*' stands at the end or nowhere";
	if (star == c->value || (star[-1] != '/' && star[-1] != ':'))
		return "'*' stands after '/' or ':' only, or it would match what merely begins "
		       "like this";
	return n > 3 && strcmp(c->claim + n - 3, "_id") == 0 ? "an id is matched whole" : NULL;
}

static struct status check_claims(
    const struct builder *b, const struct access_item *item, const struct oidc_rule *r)
{
	const struct oidc_claim *claims = r->claims.items;
	bool numeric = false;

	for (size_t i = 0; i < r->claims.count; i++) {
		const struct access_item at = build_at(item, "claims", i);
		const char *problem = claim_problem(&claims[i]);

		if (problem)
			return build_fail(b, &at, "claims", "%s: %s", claims[i].claim, problem);
		for (size_t j = 0; j < i; j++)
			if (strcmp(claims[i].claim, claims[j].claim) == 0)
				return build_fail(b, &at, "claims",
				    "claim '%.64s' stands here twice", claims[i].claim);
		numeric = numeric || is_numeric_id(&claims[i]);
	}
	if (!numeric)
		return build_fail(b, item, "claims",
		    "one must be a numeric id such as repository_id or project_id: names can be "
		    "given to somebody else");
	return STATUS_OK;
}

static struct status build_oidc_rule(const struct builder *b, const struct access_item *item)
{
	struct oidc_rule *r = &b->a->oidc_rules[b->a->oidc_rule_count];

	*r = *(const struct oidc_rule *)item->document;
	r->issuer = access_oidc_issuer(b->a, r->issuer_name);
	if (!r->issuer)
		return build_fail(
		    b, item, "issuer", "there is no oidc-issuer '%.63s'", r->issuer_name);
	r->principal = access_principal(b->a, r->principal_name);
	if (!r->principal)
		return build_fail(
		    b, item, "principal", "there is no principal '%.63s'", r->principal_name);
	if (r->principal->type != PRINCIPAL_CI)
		return build_fail(b, item, "principal", "'%.63s' is of type %s, a rule is for a ci",
		    r->principal_name, principal_types[r->principal->type]);
	TRY(check_claims(b, item, r));
	b->a->oidc_rule_count++;
	return STATUS_OK;
}

/* ---- approval policies ---- */

static struct status build_approval_policy(const struct builder *b, const struct access_item *item)
{
	struct approval_policy *p = &b->a->approval_policies[b->a->approval_policy_count];

	*p = *(const struct approval_policy *)item->document;
	p->role = access_role(b->a, p->role_name);
	if (!p->role)
		return build_fail(b, item, "role", "there is no role '%.63s'", p->role_name);
	TRY(build_products(b, item, &p->products));
	TRY(build_no_doubles(b, item, "acts", &p->act_names));
	p->acts = 0;
	for (size_t i = 0; i < p->act_names.count; i++) {
		const struct access_item at = build_at(item, "acts", i);
		enum act_kind kind = act_kind_by_name(p->act_names.items[i]);

		if (kind == ACT_NONE)
			return build_fail(
			    b, &at, "acts", "there is no act '%.63s'", p->act_names.items[i]);
		p->acts |= UINT64_C(1) << kind;
	}
	b->a->approval_policy_count++;
	return STATUS_OK;
}

/* ---- the log's witnesses ---- */

/* NAME+HASH+KEY: 8 hex digits, then base64; the log reads it further. */
static bool vkey_fits(const struct witness *w)
{
	size_t n = strlen(w->name);
	const char *hash = w->vkey + n + 1;

	return strncmp(w->vkey, w->name, n) == 0 && w->vkey[n] == '+' &&
	       strspn(hash, "0123456789abcdef") == 8 && hash[8] == '+' && strlen(hash + 9) >= 44 &&
	       strspn(
		   hash + 9, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") ==
		   strlen(hash + 9);
}

static struct status check_witnesses(
    const struct builder *b, const struct access_item *item, const struct witness_policy *p)
{
	const struct witness *w = p->witnesses.items;

	for (size_t i = 0; i < p->witnesses.count; i++) {
		const struct access_item at = build_at(item, "witnesses", i);

		if (!vkey_fits(&w[i]))
			return build_fail(b, &at, "witnesses",
			    "the vkey of '%.63s' is not its name, a plus, 8 hex digits, a plus and "
			    "base64",
			    w[i].name);
		TRY(check_url(b, &at, "witnesses", w[i].url));
		for (size_t j = 0; j < i; j++)
			if (strcmp(w[i].name, w[j].name) == 0)
				return build_fail(
				    b, &at, "witnesses", "'%.63s' stands here twice", w[i].name);
	}
	return STATUS_OK;
}

static struct status build_log_policy(const struct builder *b, const struct access_item *item)
{
	const struct witness_policy *p = item->document;

	if (strcmp(p->name, "log") != 0)
		return build_fail(b, item, "name", "there is one log, and its policy is named log");
	if ((uint64_t)p->quorum > p->witnesses.count)
		return build_fail(b, item, "quorum", "%lld of %zu witnesses", (long long)p->quorum,
		    p->witnesses.count);
	TRY(check_witnesses(b, item, p));
	b->a->log_policy = arena_alloc(b->arena, sizeof(*p));
	*b->a->log_policy = *p;
	return STATUS_OK;
}

/* ---- all ---- */

/* In the order in which they refer to each other; look-ups see only what is built. */
static const struct {
	enum access_kind kind;
	struct status (*build)(const struct builder *b, const struct access_item *item);
} steps[] = {
    {ACCESS_OIDC_ISSUER, build_oidc_issuer},
    {ACCESS_ROLE, build_role},
    {ACCESS_PRINCIPAL, build_principal},
    {ACCESS_BINDING, build_binding},
    {ACCESS_OIDC_RULE, build_oidc_rule},
    {ACCESS_APPROVAL_POLICY, build_approval_policy},
    {ACCESS_LOG_POLICY, build_log_policy},
    {ACCESS_SIGNING_KEY, build_signing_key},
    {ACCESS_CHANNEL, build_channel},
};
_Static_assert(COUNT(steps) == ACCESS_KINDS, "each kind is built");

static void *room_for(const struct builder *b, enum access_kind kind, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++)
		n += b->items[i].kind == kind;
	return arena_alloc(b->arena, n * size);
}

static void make_room(const struct builder *b)
{
	struct access *a = b->a;

	a->roles = room_for(b, ACCESS_ROLE, sizeof(*a->roles));
	a->principals = room_for(b, ACCESS_PRINCIPAL, sizeof(*a->principals));
	a->bindings = room_for(b, ACCESS_BINDING, sizeof(*a->bindings));
	a->oidc_issuers = room_for(b, ACCESS_OIDC_ISSUER, sizeof(*a->oidc_issuers));
	a->oidc_rules = room_for(b, ACCESS_OIDC_RULE, sizeof(*a->oidc_rules));
	a->approval_policies = room_for(b, ACCESS_APPROVAL_POLICY, sizeof(*a->approval_policies));
	a->signing_keys = room_for(b, ACCESS_SIGNING_KEY, sizeof(*a->signing_keys));
	a->channels = room_for(b, ACCESS_CHANNEL, sizeof(*a->channels));
}

static struct status build_all(const struct builder *b)
{
	for (size_t s = 0; s < COUNT(steps); s++)
		for (size_t i = 0; i < b->count; i++)
			if (b->items[i].kind == steps[s].kind)
				TRY(steps[s].build(b, &b->items[i]));
	return STATUS_OK;
}

struct status access_build(const struct access_item *items, size_t count,
    const char *const *product_names, size_t product_count, struct arena *arena,
    struct access *ret_access, struct err *err)
{
	struct access a = {0};
	struct builder b = {.a = &a, .items = items, .count = count, .arena = arena, .err = err};

	b.products.count = product_count;
	b.products.items = arena_alloc(arena, product_count * sizeof(*b.products.items));
	for (size_t i = 0; i < product_count; i++)
		b.products.items[i] = arena_strdup(arena, product_names[i]);
	make_room(&b);
	TRY(build_all(&b));
	*ret_access = a;
	return STATUS_OK;
}
