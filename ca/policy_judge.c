/* ca/policy_judge.c: may this actor change that, and who must agree? */
#include <string.h>

#include "access/release_policy.h"
#include "ca/policy_apply_internal.h"
#include "ca/reason.h"

/* ---- scopes ---- */

/* What a document concerns. Empty lists: everything. */
struct scope {
	struct str_list products, channels;
};

static struct scope scope_of_label(const struct label *l)
{
	/* It takes the path that no label is named in away from others. */
	if (l->unlabelled)
		return (struct scope){0};
	return (struct scope){.products = l->product_names};
}

static struct str_list list_of(char *one, struct arena *arena)
{
	struct str_list list = {arena_alloc(arena, sizeof(char *)), 1};

	list.items[0] = one;
	return list;
}

static struct scope scope_of_product(const struct policy_item *item, struct arena *arena)
{
	return (struct scope){.products = list_of(arena_strdup(arena, item->name), arena)};
}

static struct scope scope_of_channel(const struct channel *c, struct arena *arena)
{
	return (struct scope){list_of(c->product_name, arena), list_of(c->channel, arena)};
}

static struct scope scope_of(const struct policy_item *item, struct arena *arena)
{
	const struct binding *g = item->document;

	switch (item->kind) {
	case POLICY_PRODUCT: return scope_of_product(item, arena);
	case POLICY_LABEL:
		return scope_of_label(&((const struct label_document *)item->document)->label);
	case POLICY_BINDING: return (struct scope){g->products, g->channels};
	case POLICY_CHANNEL: return scope_of_channel(item->document, arena);
	case POLICY_APPROVAL_POLICY:
		return (struct scope){
		    .products = ((const struct approval_policy *)item->document)->products};
	default: return (struct scope){0};
	}
}

/* ---- rights ---- */

static struct status refuse(const struct application *app, const struct policy_item *item,
    enum permission p, const char *product, const char *channel)
{
	return REFUSE(app->err, ACCESS_DENIED, "%s '%.63s': '%.63s' lacks %s for %s%.63s%s%.63s",
	    policy_kinds[item->kind].name, item->name ? item->name : "", app->edit->actor->name,
	    permission_name(p), product ? "product " : "all products", product ? product : "",
	    channel ? ", channel " : "", channel ? channel : "");
}

static struct status judge_channels(struct application *app, const struct policy_item *item,
    const struct scope *scope, const char *product)
{
	enum permission p =
	    act_kind_permission(act_kind_of_document(policy_kinds[item->kind].name));

	for (size_t i = 0; i == 0 || i < scope->channels.count; i++) {
		const char *channel = scope->channels.count ? scope->channels.items[i] : NULL;

		if (!access_may(app->last->access, app->edit->actor, p, product, channel, app->now))
			return refuse(app, item, p, product, channel);
	}
	return STATUS_OK;
}

static bool has_act(const struct application *app, enum act_kind kind, const char *product)
{
	for (size_t i = 0; i < app->act_count; i++) {
		const struct act *a = &app->acts[i];

		if (a->kind == kind && (a->product && product ? strcmp(a->product, product) == 0
							      : a->product == product))
			return true;
	}
	return false;
}

static void note_act(struct application *app, enum act_kind kind, const char *product)
{
	if (!has_act(app, kind, product))
		policy_add_act(app, kind, product);
}

static enum act_kind act_of(const struct policy_item *item)
{
	return act_kind_of_document(policy_kinds[item->kind].name);
}

/* One side of a change: the document as it was, or as it will be. */
static struct status judge_side(struct application *app, const struct policy_item *item)
{
	const struct scope scope = scope_of(item, app->arena);

	for (size_t i = 0; i == 0 || i < scope.products.count; i++) {
		const char *product = scope.products.count ? scope.products.items[i] : NULL;

		TRY(judge_channels(app, item, &scope, product));
		note_act(app, act_of(item), product);
	}
	return STATUS_OK;
}

/* An authority that is to issue nothing any more is retired, however that is written. */
static void note_retirement(
    struct application *app, const struct policy_item *old, const struct policy_item *new)
{
	if (new->kind == POLICY_AUTHORITY &&
	    ((const struct authority_document *)new->document)->authority.state !=
		((const struct authority_document *)old->document)->authority.state)
		note_act(app, ACT_AUTHORITY_RETIRE, NULL);
}

static struct status judge_documents(struct application *app)
{
	for (size_t i = 0; i < app->documents.count; i++) {
		const struct policy_item *new = &app->documents.items[i];
		const struct policy_item *old =
		    policy_items_find(&app->stored, new->kind, new->name);

		if (old && strcmp(old->spec, new->spec) == 0)
			continue;
		TRY(judge_side(app, new));
		if (old) {
			TRY(judge_side(app, old));
			note_retirement(app, old, new);
		}
	}
	for (size_t i = 0; i < app->removed.count; i++)
		TRY(judge_side(app, &app->removed.items[i]));
	return STATUS_OK;
}

static struct status judge_devices(const struct application *app)
{
	for (size_t i = 0; i < app->devices.count; i++) {
		const struct device_document *d = app->devices.items[i].document;

		if (!access_may(app->last->access, app->edit->actor, PERMISSION_DEVICE_REGISTER,
			d->product, NULL, app->now))
			return REFUSE(app->err, ACCESS_DENIED,
			    "devices: '%.63s' lacks device.register for product %.63s",
			    app->edit->actor->name, d->product);
	}
	return STATUS_OK;
}

/* Whoever has the machine has the keys: until there is somebody to ask, they may do everything. */
static struct status judge_bootstrap(const struct application *app)
{
	const struct policy_edit *edit = app->edit;

	if (edit->actor->credential != CREDENTIAL_LOCAL)
		return edit->break_glass ? err_set(app->err, ERR_DENIED,
					       "glass is broken on the server's machine alone")
					 : STATUS_OK;
	if (edit->dry_run || edit->break_glass || !access_has_administrator(app->last->access))
		return STATUS_OK;
	return REFUSE(
	    app->err, ACCESS_BOOTSTRAP_OVER, "there is an administrator: bootstrap is over");
}

struct status policy_judge_rights(struct application *app)
{
	TRY(judge_bootstrap(app));
	TRY(judge_documents(app));
	return judge_devices(app);
}

/* ---- the rules beyond rights ---- */

static struct status judge_grants(const struct application *app)
{
	const char *what;

	if (access_grant_covered(app->last->access, app->next->access, app->edit->actor, app->now,
		app->arena, &what))
		return STATUS_OK;
	return REFUSE(app->err, ACCESS_GRANT, "this would give %.120s, which '%.63s' does not hold",
	    what, app->edit->actor->name);
}

static bool is_new_for_operators(const struct application *app, const struct policy_item *new)
{
	const struct policy_item *old = policy_items_find(&app->stored, new->kind, new->name);

	return new->kind == POLICY_AUTHORITY &&
	       ((const struct authority_document *)new->document)->authority.operators &&
	       !(old && ((const struct authority_document *)old->document)->authority.operators);
}

/* Whose certificates name operators can name every one of them. */
static struct status judge_operators(const struct application *app)
{
	const struct access *a = app->last->access;
	bool any = false;
	const char *what;

	for (size_t i = 0; i < app->documents.count; i++)
		any = any || is_new_for_operators(app, &app->documents.items[i]);
	for (size_t i = 0; any && i < a->principal_count; i++)
		if (!access_covers(a, app->edit->actor, &a->principals[i], PERMISSION_ALL, app->now,
			app->arena, &what))
			return REFUSE(app->err, ACCESS_GRANT,
			    "certificates of '%.63s' would give %.120s, which '%.63s' does not hold",
			    a->principals[i].name, what, app->edit->actor->name);
	return STATUS_OK;
}

static struct status judge_last_administrator(const struct application *app)
{
	if (!access_has_administrator(app->last->access) ||
	    access_has_administrator(app->next->access))
		return STATUS_OK;
	return REFUSE(
	    app->err, ACCESS_LAST_ADMINISTRATOR, "this would take the last administrator away");
}

struct status policy_judge_rules(struct application *app)
{
	TRY(judge_grants(app));
	TRY(judge_operators(app));
	return judge_last_administrator(app);
}

/* ---- approvals ---- */

static struct status judge_requirement(
    const struct application *app, const struct requirement *r, const struct policy_approval *a)
{
	size_t have = access_approvals(
	    app->last->access, r, a->approvers, a->approver_count, a->requester_person, app->now);

	if (have >= (size_t)r->approvals)
		return STATUS_OK;
	return REFUSE(app->err, APPROVAL_LACKING,
	    "%s wants %lld approvals of role '%.63s' for %s, %zu count", r->policy,
	    (long long)r->approvals, r->role, act_kind_name(r->act.kind), have);
}

struct status policy_judge_approvals(struct application *app)
{
	const struct policy_approval *a = app->edit->approval;

	/* Of bootstrap and broken glass nobody can be asked. */
	if (app->edit->actor->credential == CREDENTIAL_LOCAL)
		return STATUS_OK;
	app->requirement_count = access_requirements(app->last->access, app->next->access,
	    app->acts, app->act_count, app->arena, &app->requirements);
	if (app->requirement_count == 0 || app->edit->dry_run)
		return STATUS_OK;
	if (!a)
		return REFUSE(app->err, APPROVAL_NEEDED,
		    "%s wants %lld approvals of role '%.63s' for %s", app->requirements[0].policy,
		    (long long)app->requirements[0].approvals, app->requirements[0].role,
		    act_kind_name(app->requirements[0].act.kind));
	for (size_t i = 0; i < app->requirement_count; i++)
		TRY(judge_requirement(app, &app->requirements[i], a));
	return STATUS_OK;
}
