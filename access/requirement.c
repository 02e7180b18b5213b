/* access/requirement.c: see requirement.h. */
#include "access/requirement.h"

#include <string.h>

#include "access/access_internal.h"
#include "access/release_policy.h"

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool asks_for(const struct approval_policy *policy, const struct act *act)
{
	if (!(policy->acts >> act->kind & 1))
		return false;
	/* An act on all products is one on these. */
	return !act->product || scope_has(&policy->products, act->product);
}

static struct requirement *same_demand(
    struct requirement *list, size_t n, const struct requirement *wanted)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].policy, wanted->policy) == 0 &&
		    strcmp(list[i].role, wanted->role) == 0 &&
		    list[i].act.kind == wanted->act.kind &&
		    same_text(list[i].act.product, wanted->act.product) &&
		    same_text(list[i].act.channel, wanted->act.channel))
			return &list[i];
	return NULL;
}

static void demand(struct requirement *list, size_t *n, const struct requirement *wanted)
{
	struct requirement *twin = same_demand(list, *n, wanted);

	if (!twin) {
		list[(*n)++] = *wanted;
		return;
	}
	if (wanted->approvals > twin->approvals)
		twin->approvals = wanted->approvals;
	if (wanted->expires < twin->expires)
		twin->expires = wanted->expires;
}

/* What the channel itself asks before a release on it is signed. */
static void demand_of_channel(
    struct requirement *list, size_t *n, const struct access *a, const struct act *act)
{
	const struct channel *c =
	    act->kind == ACT_RELEASE_SIGN ? access_channel(a, act->product, act->channel) : NULL;
	const struct channel_approvals *rows = c ? c->approvals.items : NULL;

	for (size_t i = 0; c && i < c->approvals.count; i++)
		demand(list, n,
		    &(struct requirement){.policy = c->name,
			.act = *act,
			.role = rows[i].role_name,
			.approvals = rows[i].count,
			.expires = c->expires});
}

static void demand_all(struct requirement *list, size_t *n, const struct access *a,
    const struct act *acts, size_t act_count)
{
	for (size_t i = 0; i < a->approval_policy_count; i++) {
		const struct approval_policy *p = &a->approval_policies[i];

		for (size_t j = 0; j < act_count; j++)
			if (asks_for(p, &acts[j]))
				demand(list, n,
				    &(struct requirement){.policy = p->name,
					.act = acts[j],
					.role = p->role_name,
					.approvals = p->approvals,
					.expires = p->expires});
	}
	for (size_t j = 0; j < act_count; j++)
		demand_of_channel(list, n, a, &acts[j]);
}

size_t access_requirements(const struct access *last, const struct access *next,
    const struct act *acts, size_t act_count, struct arena *arena, struct requirement **ret_list)
{
	const size_t room = (last->approval_policy_count + next->approval_policy_count +
				2 * CHANNEL_APPROVALS_MAX) *
			    act_count;
	struct requirement *list = arena_alloc(arena, room * sizeof(*list));
	size_t n = 0;

	demand_all(list, &n, last, acts, act_count);
	if (next != last)
		demand_all(list, &n, next, acts, act_count);
	*ret_list = list;
	return n;
}

/* ---- approvals ---- */

/* "alice", or "github/12345" where 12345 at github is alice by now; NULL: nobody here. */
static const char *person_name(const struct access *a, const char *person, struct arena *arena)
{
	const char *slash = person ? strchr(person, '/') : NULL;
	const struct principal *p;

	if (!slash)
		return person;
	p = access_person(a, arena_strndup(arena, person, (size_t)(slash - person)), slash + 1);
	return p ? p->name : NULL;
}

bool access_requester_known(const struct access *a, const char *requester, const char *person)
{
	AUTO(arena) arena = {0};
	const struct principal *p = access_principal(a, requester);

	if (!person)
		return !p || p->type != PRINCIPAL_CI;
	return person_name(a, person, &arena) != NULL;
}

bool access_is_person(const struct access *a, const char *person, const char *name)
{
	AUTO(arena) arena = {0};
	const char *known = person_name(a, person, &arena);

	return known && strcmp(known, name) == 0;
}

static bool holds_role(
    const struct access *a, const struct requirement *r, const struct principal *p, int64_t now)
{
	for (size_t i = 0; i < a->binding_count; i++) {
		const struct binding *b = &a->bindings[i];

		if (b->principal == p && strcmp(b->role->name, r->role) == 0 && b->expires > now &&
		    scope_has(&b->products, r->act.product) &&
		    scope_has(&b->channels, r->act.channel))
			return true;
	}
	return false;
}

bool access_approval_counts(const struct access *a, const struct requirement *r,
    const char *approver, const char *requester_person, int64_t now)
{
	AUTO(arena) arena = {0};
	const struct principal *p = access_principal(a, approver);

	const char *asked = person_name(a, requester_person, &arena);

	if (!p || p->type != PRINCIPAL_PERSON || p->disabled)
		return false;
	/* Whoever nobody here knows may be the approver. */
	if (requester_person && (!asked || strcmp(p->name, asked) == 0))
		return false;
	return holds_role(a, r, p, now);
}

static bool is_repeated(const char *const *names, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(names[j], names[i]) == 0)
			return true;
	return false;
}

size_t access_approvals(const struct access *a, const struct requirement *r,
    const char *const *approvers, size_t count, const char *requester_person, int64_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += !is_repeated(approvers, i) &&
		     access_approval_counts(a, r, approvers[i], requester_person, now);
	return n;
}
