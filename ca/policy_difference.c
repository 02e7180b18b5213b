/* ca/policy_difference.c: what a change changes, for people to read and for a digest to hold. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ca/policy_apply_internal.h"
#include "signing/format/cbor.h"

/* ---- lists ---- */

void policy_add_change(
    struct application *app, const char *kind, const char *name, enum policy_effect what)
{
	if (app->change_count == app->change_room) {
		app->change_room = app->change_room ? app->change_room * 2 : 64;
		app->changes = mem_grow(app->changes, app->change_room * sizeof(*app->changes));
	}
	app->changes[app->change_count++] =
	    (struct policy_change){.kind = arena_strdup(app->arena, kind),
		.name = arena_strdup(app->arena, name),
		.what = what};
	app->anything_changed = app->anything_changed || what != POLICY_UNCHANGED;
}

void policy_add_act(struct application *app, enum act_kind kind, const char *product)
{
	if (app->act_count == app->act_room) {
		app->act_room = app->act_room ? app->act_room * 2 : 64;
		app->acts = mem_grow(app->acts, app->act_room * sizeof(*app->acts));
	}
	app->acts[app->act_count++] = (struct act){
	    .kind = kind, .product = product ? arena_strdup(app->arena, product) : NULL};
}

/* ---- the plan ---- */

static void put_text_or_null(struct buf *out, const char *text)
{
	if (text)
		cbor_put_text(out, text);
	else
		cbor_put_head(out, CBOR_SIMPLE, 22); /* null */
}

void policy_plan(
    struct application *app, const char *kind, const char *name, const char *old, const char *new)
{
	cbor_put_head(&app->plan, CBOR_ARRAY, 4);
	cbor_put_text(&app->plan, kind);
	cbor_put_text(&app->plan, name);
	put_text_or_null(&app->plan, old);
	put_text_or_null(&app->plan, new);
}

/* ---- differences ---- */

struct differences {
	struct arena *arena;
	struct policy_difference *list; /* on the heap */
	size_t count, room;
};

static void put_json(const struct doc_node *node, struct json *j, const char *name)
{
	if (node->kind == DOC_SCALAR) {
		if (node->quoted)
			json_str(j, name, node->text);
		else
			json_raw(j, name, span_str(node->text));
		return;
	}
	if (node->kind == DOC_LIST)
		json_array_begin(j, name);
	else
		json_object_begin(j, name);
	for (const struct doc_node *c = node->child; c; c = c->next)
		put_json(c, j, node->kind == DOC_MAP ? c->key : NULL);
	if (node->kind == DOC_LIST)
		json_array_end(j);
	else
		json_object_end(j);
}

static const char *text_of(const struct doc_node *node, struct arena *arena)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	if (!node)
		return NULL;
	put_json(node, &j, NULL);
	return arena_strdup(arena, buf_cstr(&text));
}

static void add(struct differences *d, const char *path, const char *old, const char *new)
{
	if (d->count == d->room) {
		d->room = d->room ? d->room * 2 : 8;
		d->list = mem_grow(d->list, d->room * sizeof(*d->list));
	}
	d->list[d->count++] = (struct policy_difference){path, old, new};
}

static void compare(struct differences *d, const char *path, const struct doc_node *old,
    const struct doc_node *new);

/* Kind and name are the document's identity. */
static bool is_identity(const char *path, const struct doc_node *member)
{
	return !path[0] && (strcmp(member->key, "kind") == 0 || strcmp(member->key, "name") == 0);
}

/* Members by their names, which need no escapes of RFC 6901: they are those of field tables. */
static void compare_maps(
    struct differences *d, const char *path, const struct doc_node *old, const struct doc_node *new)
{
	for (const struct doc_node *o = old ? old->child : NULL; o; o = o->next)
		if (!is_identity(path, o))
			compare(d, arena_printf(d->arena, "%s/%s", path, o->key), o,
			    new ? doc_get(new, o->key) : NULL);
	for (const struct doc_node *n = new ? new->child : NULL; n; n = n->next)
		if (!is_identity(path, n) && (!old || !doc_get(old, n->key)))
			compare(d, arena_printf(d->arena, "%s/%s", path, n->key), NULL, n);
}

static size_t length(const struct doc_node *list)
{
	size_t n = 0;

	for (const struct doc_node *c = list->child; c; c = c->next)
		n++;
	return n;
}

/* Lists of maps of one length, item by item; others are told whole. */
static bool item_by_item(const struct doc_node *old, const struct doc_node *new)
{
	return old->kind == DOC_LIST && old->child && old->child->kind == DOC_MAP &&
	       length(old) == length(new);
}

static void compare_items(
    struct differences *d, const char *path, const struct doc_node *old, const struct doc_node *new)
{
	size_t i = 0;

	for (old = old->child, new = new->child; old &&new; old = old->next, new = new->next)
		compare(d, arena_printf(d->arena, "%s/%zu", path, i++), old, new);
}

static void compare(
    struct differences *d, const char *path, const struct doc_node *old, const struct doc_node *new)
{
	const char *was = text_of(old, d->arena), *is = text_of(new, d->arena);

	if (was && is && strcmp(was, is) == 0)
		return;
	if (old && new && old->kind == DOC_MAP &&new->kind == DOC_MAP)
		compare_maps(d, path, old, new);
	else if (old && new && old->kind == new->kind && item_by_item(old, new))
		compare_items(d, path, old, new);
	else
		add(d, path, was, is);
}

/* What we wrote ourselves reads back; were it not so, there would be nothing to compare. */
static const struct doc_node *read_spec(const char *spec, struct doc_file *f)
{
	struct err ignored = {0};

	if (!spec || !doc_parse("stored", span_str(spec), f, &ignored).ok)
		return NULL;
	return f->count == 1 ? f->documents[0] : NULL;
}

void policy_differences(const char *old, const char *new, struct arena *arena,
    struct policy_difference **ret_list, size_t *ret_count)
{
	AUTO(doc_file) was = {0};
	AUTO(doc_file) is = {0};
	struct differences d = {.arena = arena};
	size_t size;

	compare_maps(&d, "", read_spec(old, &was), read_spec(new, &is));
	size = d.count * sizeof(*d.list);
	*ret_list = arena_alloc(arena, size);
	if (size)
		memcpy(*ret_list, d.list, size);
	*ret_count = d.count;
	free(d.list);
}
