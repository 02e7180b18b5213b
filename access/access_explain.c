/* access/access_explain.c: why somebody may, or what is missing. */
#include "access/access_internal.h"

#include <string.h>

#include "base/clock.h"

struct lines {
	const char **items;
	size_t count, room;
	struct arena *arena;
};

static void add(struct lines *l, const char *line)
{
	if (l->count < l->room)
		l->items[l->count++] = line;
}

static const char *joined(const struct str_list *list, struct arena *arena)
{
	const char *text = "";

	for (size_t i = 0; i < list->count; i++)
		text = arena_printf(arena, "%s%s%s", text, i ? ", " : "", list->items[i]);
	return text;
}

/* A binding whose role has it, and which still does not do. */
static void why_not(
    struct lines *l, const struct binding *b, const char *product, const char *channel, int64_t now)
{
	char ended[TIME_TEXT_SIZE];

	if (b->expires <= now) {
		time_text(b->expires, ended);
		add(l, arena_printf(l->arena, "binding '%s' (role '%s') ended at %s", b->name,
			   b->role->name, ended));
	} else if (!scope_has(&b->products, product)) {
		add(l, arena_printf(l->arena, "binding '%s' (role '%s') is for products %s only",
			   b->name, b->role->name, joined(&b->products, l->arena)));
	} else if (!scope_has(&b->channels, channel)) {
		add(l, arena_printf(l->arena, "binding '%s' (role '%s') is for channels %s only",
			   b->name, b->role->name, joined(&b->channels, l->arena)));
	}
}

static const char *roles_with(const struct access *a, enum permission p, struct arena *arena)
{
	const char *text = "";

	for (size_t i = 0; i < a->role_count; i++)
		if (a->roles[i].permissions & PERMISSION_BIT(p))
			text = arena_printf(
			    arena, "%s%s%s", text, text[0] ? ", " : "", a->roles[i].name);
	return text[0] ? text : "none";
}

static void explain_bindings(struct lines *l, const struct access *a,
    const struct principal *principal, enum permission p, const char *product, const char *channel,
    int64_t now)
{
	size_t before = l->count;

	for (size_t i = 0; i < a->binding_count; i++) {
		const struct binding *b = &a->bindings[i];

		if (b->principal == principal && (b->role->permissions & PERMISSION_BIT(p)))
			why_not(l, b, product, channel, now);
	}
	if (l->count == before)
		add(l, arena_printf(l->arena,
			   "no binding gives '%s' a role with %s; roles that have it: %s",
			   principal->name, permission_name(p), roles_with(a, p, l->arena)));
}

static void explain_missing(struct lines *l, const struct access *a, const struct actor *who,
    enum permission p, const char *product, const char *channel, int64_t now)
{
	const struct principal *principal =
	    who->principal ? access_principal(a, who->principal->name) : NULL;

	if (!who->principal)
		add(l, "nobody is named: no credential was presented");
	else if (!principal)
		add(l, arena_printf(
			   l->arena, "there is no principal '%s' any more", who->principal->name));
	else if (principal->disabled)
		add(l, arena_printf(l->arena, "principal '%s' is disabled", principal->name));
	else if (p <= PERMISSION_NEVER || p >= PERMISSION_COUNT)
		add(l, "no role can have this permission");
	else {
		if (!(who->permission_mask & PERMISSION_BIT(p)))
			add(l, arena_printf(l->arena, "the token was narrowed and lacks %s",
				   permission_name(p)));
		explain_bindings(l, a, principal, p, product, channel, now);
	}
}

static void explain_because(struct explanation *e, const struct access *a, const struct actor *who,
    enum permission p, const char *product, const char *channel, int64_t now, struct arena *arena)
{
	const struct binding *const *all;
	size_t n = access_bindings(a, who, p, now, arena, &all);
	const struct binding **because = arena_alloc(arena, n * sizeof(*because));

	for (size_t i = 0; i < n; i++)
		if (binding_allows(all[i], p, product, channel, now))
			because[e->because_count++] = all[i];
	e->because = because;
}

struct explanation access_explain(const struct access *a, const struct actor *who,
    enum permission p, const char *product, const char *channel, int64_t now, struct arena *arena)
{
	struct explanation e = {.allowed = access_may(a, who, p, product, channel, now)};
	struct lines l = {.room = a->binding_count + 2, .arena = arena};

	if (e.allowed) {
		explain_because(&e, a, who, p, product, channel, now, arena);
		return e;
	}
	l.items = arena_alloc(arena, l.room * sizeof(*l.items));
	explain_missing(&l, a, who, p, product, channel, now);
	e.missing = l.items;
	e.missing_count = l.count;
	return e;
}
