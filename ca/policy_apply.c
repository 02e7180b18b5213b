/* ca/policy_apply.c: a change of policy, whole or not at all. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ca/policy_apply_internal.h"
#include "ca/reason.h"

/* ---- lists ---- */

void policy_items_add(struct policy_items *list, const struct policy_item *item)
{
	if (list->count == list->room) {
		list->room = list->room ? list->room * 2 : 64;
		list->items = mem_grow(list->items, list->room * sizeof(*list->items));
	}
	list->items[list->count++] = *item;
}

struct policy_item *policy_items_find(
    const struct policy_items *list, enum policy_kind_id kind, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == kind && strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

static void take_out(struct policy_items *list, struct policy_item *item)
{
	size_t after = list->count - (size_t)(item - list->items) - 1;

	memmove(item, item + 1, after * sizeof(*item));
	list->count--;
}

/* ---- what would be in force ---- */

static struct status merge(struct application *app)
{
	struct policy_rows rows;
	struct policy_item *stored;

	TRY(policy_rows_read(app->db, app->arena, &rows, app->err));
	TRY(policy_items_of_rows(&rows, app->arena, &stored, app->err));
	for (size_t i = 0; i < rows.count; i++) {
		policy_items_add(&app->stored, &stored[i]);
		policy_items_add(&app->all, &stored[i]);
	}
	for (size_t i = 0; i < app->documents.count; i++) {
		struct policy_item *item = &app->documents.items[i];
		struct policy_item *old = policy_items_find(&app->all, item->kind, item->name);

		if (!old) {
			policy_items_add(&app->all, item);
			continue;
		}
		item->row = old->row;
		item->id = old->id;
		*old = *item;
	}
	return STATUS_OK;
}

static struct status take_removed(struct application *app)
{
	const char *kind_name = app->edit->remove_kind, *name = app->edit->remove_name;
	const struct policy_kind *kind = kind_name ? policy_kind_by_name(kind_name) : NULL;
	struct policy_item *item;

	if (!kind_name)
		return STATUS_OK;
	item = kind ? policy_items_find(&app->all, (enum policy_kind_id)(kind - policy_kinds), name)
		    : NULL;
	if (!item)
		return err_set(app->err, ERR_MISSING, "there is no %.40s '%.63s'", kind_name, name);
	if (!policy_kind_removable(item->kind))
		return REFUSE(
		    app->err, POLICY_KEPT, "%s '%.63s' cannot be removed", kind_name, name);
	policy_items_add(&app->removed, item);
	take_out(&app->all, item);
	return STATUS_OK;
}

static struct status build_last(struct application *app)
{
	app->last = policy_new();
	return policy_build_access(app->last, app->stored.items, app->stored.count, app->err);
}

static struct status build_next(struct application *app)
{
	app->next = policy_new();
	TRY(policy_build(app->next, app->all.items, app->all.count, app->err));
	return policy_devices_check(app, app->next);
}

/* ---- as it was looked at ---- */

static struct status check_version(const struct application *app)
{
	const struct policy_item *item = app->documents.items, *old;
	int64_t wanted = app->edit->expected_version;

	if (wanted == 0)
		return STATUS_OK;
	if (app->removed.count)
		item = app->removed.items;
	if (app->documents.count + app->removed.count != 1)
		return err_set(app->err, ERR_INPUT,
		    "a version can be expected of one document, not of several");
	old = policy_items_find(&app->stored, item->kind, item->name);
	if (wanted == POLICY_ABSENT && old)
		return REFUSE(app->err, CONDITION_FAILED, "there is a %s '%.63s' already",
		    policy_kinds[item->kind].name, item->name);
	if (wanted != POLICY_ABSENT && (!old || old->version != wanted))
		return REFUSE(app->err, CONDITION_FAILED,
		    "%s '%.63s' has version %lld, not the expected %lld",
		    policy_kinds[item->kind].name, item->name, old ? (long long)old->version : 0,
		    (long long)wanted);
	return STATUS_OK;
}

/* ---- what changes ---- */

static enum policy_effect effect_of(const struct policy_item *item)
{
	if (!item->row)
		return POLICY_CREATED;
	return strcmp(item->row->spec, item->spec) == 0 ? POLICY_UNCHANGED : POLICY_CHANGED;
}

static void tell_change(struct application *app, const struct policy_item *item,
    enum policy_effect what, const char *old, const char *new)
{
	const char *kind = policy_kinds[item->kind].name;
	struct policy_change *c;

	policy_add_change(app, kind, item->name, what);
	c = &app->changes[app->change_count - 1];
	c->version = what == POLICY_UNCHANGED ? item->row->version : app->version + 1;
	if (what == POLICY_UNCHANGED)
		return;
	policy_plan(app, kind, item->name, old, new);
	policy_differences(old, new, app->arena, &c->differences, &c->difference_count);
}

static void tell_changes(struct application *app)
{
	for (size_t i = 0; i < app->documents.count; i++) {
		const struct policy_item *item = &app->documents.items[i];

		tell_change(
		    app, item, effect_of(item), item->row ? item->row->spec : NULL, item->spec);
	}
	for (size_t i = 0; i < app->removed.count; i++)
		tell_change(
		    app, &app->removed.items[i], POLICY_REMOVED, app->removed.items[i].spec, NULL);
}

/* ---- writing ---- */

struct policy_act policy_act_of(const struct application *app)
{
	const struct policy_approval *a = app->edit->approval;

	return (struct policy_act){.who = app->edit->actor->name,
	    .person = app->edit->actor->person,
	    .approvers = a ? a->approvers : NULL,
	    .approver_count = a ? a->approver_count : 0,
	    .request_id = a ? a->request_id : 0,
	    .version = app->version + 1,
	    .at = app->now};
}

static struct status record(
    struct application *app, const struct policy_item *item, const char *act_kind, const char *spec)
{
	struct policy_act act = policy_act_of(app);

	act.act = act_kind;
	act.kind = policy_kinds[item->kind].name;
	act.name = item->name;
	act.document = span_str(spec);
	app->policy_changed = true;
	return policy_record(app->db, &act, &app->rng, app->err);
}

static struct status write_item(struct application *app, struct policy_item *item)
{
	const struct policy_row row = {.kind = policy_kinds[item->kind].name,
	    .name = item->name,
	    .spec = item->spec,
	    .version = app->version + 1};
	const struct product *product = item->kind == POLICY_PRODUCT
					    ? &((struct product_document *)item->document)->product
					    : NULL;

	TRY(policy_row_put(app->db, &row, product ? product->manufacturer : NULL,
	    product ? product->model : NULL, app->now, &item->id, app->err));
	policy_items_find(&app->all, item->kind, item->name)->id = item->id;
	return record(app, item, item->row ? "policy.changed" : "policy.created", item->spec);
}

static struct status write_documents(struct application *app)
{
	for (size_t i = 0; i < app->documents.count; i++)
		if (effect_of(&app->documents.items[i]) != POLICY_UNCHANGED)
			TRY(write_item(app, &app->documents.items[i]));
	for (size_t i = 0; i < app->removed.count; i++) {
		const struct policy_item *item = &app->removed.items[i];

		TRY(policy_row_remove(app->db, policy_kinds[item->kind].name, item->name,
		    app->version + 1, app->now, app->err));
		TRY(record(app, item, "policy.removed", item->spec));
	}
	return STATUS_OK;
}

/* ---- the glass ---- */

/* Once a reason is given it is told, needed or not: in the log, and as an alarm. */
static struct status record_break_glass(struct application *app)
{
	const struct policy_act act = policy_act_of(app);

	if (!app->edit->break_glass)
		return STATUS_OK;
	return break_glass_record(
	    app->db, &act, "policy", app->edit->break_glass, &app->rng, app->err);
}

/* ---- all ---- */

static struct status apply_locked(struct application *app)
{
	TRY(policy_lock(app->db, &app->version, app->err));
	TRY(merge(app));
	TRY(take_removed(app));
	TRY(build_last(app));
	TRY(policy_judge_rights(app));
	TRY(check_version(app));
	TRY(build_next(app));
	tell_changes(app);
	TRY(policy_judge_rules(app));
	TRY(write_documents(app));
	TRY(policy_devices_write(app));
	TRY(policy_judge_approvals(app));
	if (app->anything_changed)
		TRY(record_break_glass(app));
	if (app->policy_changed)
		TRY(policy_bump(app->db, app->version + 1, app->now, app->err));
	return STATUS_OK;
}

static bool stays(const struct application *app, struct status status)
{
	return status.ok && app->anything_changed && !app->edit->dry_run;
}

static struct status apply_in_transaction(struct application *app)
{
	bool joined = db_in_transaction(app->db);
	struct status status;

	TRY(joined ? db_mark(app->db, app->err) : db_begin(app->db, app->err));
	status = apply_locked(app);
	if (stays(app, status))
		return joined ? db_unmark(app->db, app->err) : db_commit(app->db, app->err);
	if (joined)
		db_undo(app->db);
	else
		db_rollback(app->db);
	return status;
}

static struct status apply(struct application *app)
{
	AUTO(doc_file) f = {0};

	if (!app->edit->remove_kind) {
		TRY(doc_parse(app->edit->file_name, app->edit->text, &f, app->err));
		TRY(policy_stage(app, &f));
	}
	return apply_in_transaction(app);
}

static void *copied(const struct application *app, const void *list, size_t size)
{
	void *copy = arena_alloc(app->arena, size);

	if (size)
		memcpy(copy, list, size);
	return copy;
}

static struct policy_outcome outcome_of(const struct application *app, struct status status)
{
	bool bumped = app->policy_changed && stays(app, status);

	return (struct policy_outcome){.version = app->version + bumped,
	    .changes = copied(app, app->changes, app->change_count * sizeof(*app->changes)),
	    .change_count = app->change_count,
	    .acts = copied(app, app->acts, app->act_count * sizeof(*app->acts)),
	    .act_count = app->act_count,
	    .requirements = app->requirements,
	    .requirement_count = app->requirement_count,
	    .plan = sha256(buf_span(&app->plan))};
}

static void application_free(struct application *app)
{
	free(app->documents.items);
	free(app->devices.items);
	free(app->stored.items);
	free(app->all.items);
	free(app->removed.items);
	free(app->changes);
	free(app->acts);
	buf_free(&app->plan);
	policy_release(app->last);
	policy_release(app->next);
}

struct status policy_apply(struct db *db, const struct policy_edit *edit, const struct clock *clock,
    struct arena *arena, struct policy_outcome *ret_outcome, struct err *err)
{
	struct application app = {.db = db,
	    .edit = edit,
	    .now = clock_now(clock),
	    .rng = rng_system(),
	    .arena = arena,
	    .err = err};
	struct status status = apply(&app);

	if (status.ok || err->kind == ERR_PENDING)
		*ret_outcome = outcome_of(&app, status);
	application_free(&app);
	return status;
}
