/* ca/policy_apply.c: a file of documents becomes policy, whole or not at all. */
#include "ca/policy_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define CERTIFICATE_FILE_MAX 65536 /* one certificate, and the text that openssl puts around it */

/* ---- lists ---- */

void policy_items_add(struct policy_items *list, const struct policy_item *item)
{
	if (list->count == list->room) {
		list->room = list->room ? list->room * 2 : 64;
		list->items = mem_grow(list->items, list->room * sizeof(*list->items));
	}
	list->items[list->count++] = *item;
}

void policy_add_change(
    struct application *app, const char *kind, const char *name, enum policy_effect what)
{
	if (app->change_count == app->change_room) {
		app->change_room = app->change_room ? app->change_room * 2 : 64;
		app->changes = mem_grow(app->changes, app->change_room * sizeof(*app->changes));
	}
	app->changes[app->change_count].kind = arena_strdup(app->arena, kind);
	app->changes[app->change_count].name = arena_strdup(app->arena, name);
	app->changes[app->change_count++].what = what;
	app->anything_changed = app->anything_changed || what != POLICY_UNCHANGED;
}

static struct policy_item *find(
    const struct policy_items *list, enum policy_kind_id kind, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == kind && strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

/* ---- reading the file ---- */

static struct status read_beside(
    struct application *app, const struct policy_item *item, const char *path, char **ret_text)
{
	const char *slash = strrchr(app->file, '/');
	AUTO(buf) text = {0};
	struct err why = {0};

	if (path[0] != '/' && slash)
		path =
		    arena_printf(app->arena, "%.*s/%s", (int)(slash - app->file), app->file, path);
	if (!file_read(path, CERTIFICATE_FILE_MAX, &text, &why).ok)
		return policy_fail(item, "certificate_file", app->err, "%s", why.message);
	*ret_text = arena_strdup(app->arena, buf_cstr(&text));
	return STATUS_OK;
}

static struct status stage_anchor(struct application *app, struct policy_item *item)
{
	struct trust_anchor_document *d = item->document;

	if (d->certificate_file && d->anchor.certificate_pem)
		return policy_fail(
		    item, "certificate_file", app->err, "either this or certificate, not both");
	if (d->certificate_file) {
		TRY(read_beside(app, item, d->certificate_file, &d->anchor.certificate_pem));
		d->certificate_file = NULL;
	}
	return anchor_pem(d, item, app->arena, app->err);
}

static void stage_device(struct application *app, struct policy_item *item)
{
	struct device_document *d = item->document;

	if (item->kind == POLICY_DEVICE)
		d->serials = (struct str_list){&d->serial, 1};
	policy_items_add(&app->devices, item);
}

static struct status stage_document(struct application *app, struct policy_item *item)
{
	const struct policy_item *twin = find(&app->documents, item->kind, item->name);

	if (twin)
		return policy_fail(
		    item, "name", app->err, "the same stands in line %d", twin->node->line);
	if (item->kind == POLICY_TRUST_ANCHOR)
		TRY(stage_anchor(app, item));
	policy_render(item, app->arena);
	policy_items_add(&app->documents, item);
	return STATUS_OK;
}

static const char *kinds_text(struct arena *arena)
{
	const char *text = policy_kinds[0].name;

	for (int i = 1; i < POLICY_KINDS; i++)
		text = arena_printf(arena, "%s, %s", text, policy_kinds[i].name);
	return text;
}

static struct status kind_of(
    const struct application *app, const struct doc_node *node, enum policy_kind_id *ret_kind)
{
	const struct doc_node *k = doc_get(node, "kind");
	const struct policy_kind *kind;

	if (node->kind != DOC_MAP)
		return doc_fail(
		    app->file, node, app->err, "a document is a map that begins with kind:");
	if (!k || k->kind != DOC_SCALAR)
		return doc_fail(app->file, k ? k : node, app->err,
		    "member 'kind' is missing; kinds are %s", kinds_text(app->arena));
	kind = policy_kind_by_name(k->text);
	if (!kind)
		return doc_fail(app->file, k, app->err, "kind '%.40s' is not one of %s", k->text,
		    kinds_text(app->arena));
	*ret_kind = (enum policy_kind_id)(kind - policy_kinds);
	return STATUS_OK;
}

static struct status stage(struct application *app, const struct doc_node *node)
{
	struct policy_item item;
	enum policy_kind_id kind;

	TRY(kind_of(app, node, &kind));
	TRY(policy_bind(app->file, node, kind, app->arena, &item, app->err));
	item.from_file = true;
	if (kind >= POLICY_STORED) {
		stage_device(app, &item);
		return STATUS_OK;
	}
	return stage_document(app, &item);
}

/* ---- what would be in force ---- */

static struct status merge(struct application *app)
{
	struct policy_rows rows;
	struct policy_item *stored;

	TRY(policy_rows_read(app->db, app->arena, &rows, app->err));
	TRY(policy_items_of_rows(&rows, app->arena, &stored, app->err));
	for (size_t i = 0; i < rows.count; i++)
		policy_items_add(&app->all, &stored[i]);
	for (size_t i = 0; i < app->documents.count; i++) {
		struct policy_item *item = &app->documents.items[i];
		struct policy_item *old = find(&app->all, item->kind, item->name);

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

static struct status check(struct application *app)
{
	AUTO_REF(policy) p = policy_new();

	TRY(policy_build(p, app->all.items, app->all.count, app->err));
	return policy_devices_check(app, p);
}

/* ---- writing ---- */

static struct status write_item(struct application *app, struct policy_item *item)
{
	const struct policy_row row = {.kind = policy_kinds[item->kind].name,
	    .name = item->name,
	    .spec = item->spec,
	    .version = app->version + 1};
	const struct policy_act act = {.who = app->who,
	    .act = item->row ? "policy.changed" : "policy.created",
	    .kind = row.kind,
	    .name = item->name,
	    .document = span_str(item->spec),
	    .version = row.version,
	    .at = app->now};
	const struct product *product = item->kind == POLICY_PRODUCT
					    ? &((struct product_document *)item->document)->product
					    : NULL;

	TRY(policy_row_put(app->db, &row, product ? product->manufacturer : NULL,
	    product ? product->model : NULL, app->now, &item->id, app->err));
	find(&app->all, item->kind, item->name)->id = item->id;
	app->policy_changed = true;
	return policy_record(app->db, &act, &app->rng, app->err);
}

static struct status write_documents(struct application *app)
{
	for (size_t i = 0; i < app->documents.count; i++) {
		struct policy_item *item = &app->documents.items[i];
		bool same = item->row && strcmp(item->row->spec, item->spec) == 0;

		policy_add_change(app, policy_kinds[item->kind].name, item->name,
		    same        ? POLICY_UNCHANGED
		    : item->row ? POLICY_CHANGED
				: POLICY_CREATED);
		if (!same)
			TRY(write_item(app, item));
	}
	return STATUS_OK;
}

static struct status apply_locked(struct application *app)
{
	TRY(policy_lock(app->db, &app->version, app->err));
	TRY(merge(app));
	TRY(check(app));
	TRY(write_documents(app));
	TRY(policy_devices_write(app));
	if (app->policy_changed)
		TRY(policy_bump(app->db, app->version + 1, app->now, app->err));
	return STATUS_OK;
}

static struct status apply_in_transaction(struct application *app, bool dry_run)
{
	struct status status;

	TRY(db_begin(app->db, app->err));
	status = apply_locked(app);
	if (status.ok && app->anything_changed && !dry_run)
		return db_commit(app->db, app->err);
	db_rollback(app->db);
	return status;
}

static struct status apply_text(struct application *app, struct span text, bool dry_run)
{
	AUTO(doc_file) f = {0};

	TRY(doc_parse(app->file, text, &f, app->err));
	if (f.count == 0)
		return err_set(app->err, ERR_CONFIG, "%s: no document in it", app->file);
	for (size_t i = 0; i < f.count; i++)
		TRY(stage(app, f.documents[i]));
	return apply_in_transaction(app, dry_run);
}

struct status policy_apply(struct db *db, const char *file_name, struct span text, const char *who,
    bool dry_run, const struct clock *clock, struct arena *arena,
    struct policy_change **ret_changes, size_t *ret_count, struct err *err)
{
	struct application app = {.db = db,
	    .file = file_name,
	    .who = who,
	    .now = clock_now(clock),
	    .rng = rng_system(),
	    .arena = arena,
	    .err = err};
	struct status status = apply_text(&app, text, dry_run);

	if (status.ok) {
		size_t size = app.change_count * sizeof(*app.changes);

		*ret_changes = arena_alloc(arena, size);
		if (size)
			memcpy(*ret_changes, app.changes, size);
		*ret_count = app.change_count;
	}
	free(app.documents.items);
	free(app.devices.items);
	free(app.all.items);
	free(app.changes);
	return status;
}
