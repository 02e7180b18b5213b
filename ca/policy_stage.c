/* ca/policy_stage.c: the documents of a file, bound to their kinds. */
#include <string.h>

#include "base/file.h"
#include "ca/policy_apply_internal.h"
#include "ca/reason.h"

#define CERTIFICATE_FILE_MAX 65536 /* one certificate, and the text that openssl puts around it */
#define DOCUMENTS_MAX        2000  /* of a file that comes through the API */
#define JWKS_FILE_MAX        65536 /* as long as the member `jwks` */

static struct status read_beside(struct application *app, const struct policy_item *item,
    const char *member, const char *path, size_t most, char **ret_text)
{
	const char *file = app->edit->file_name, *slash = strrchr(file, '/');
	AUTO(buf) text = {0};
	struct err why = {0};

	if (app->edit->actor->credential != CREDENTIAL_LOCAL)
		return REFUSE(app->err, POLICY_FILES, "%s '%.63s' names a file in %s",
		    policy_kinds[item->kind].name, item->name, member);
	if (path[0] != '/' && slash)
		path = arena_printf(app->arena, "%.*s/%s", (int)(slash - file), file, path);
	if (!file_read(path, most, &text, &why).ok)
		return policy_fail(item, member, app->err, "%s", why.message);
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
		TRY(read_beside(app, item, "certificate_file", d->certificate_file,
		    CERTIFICATE_FILE_MAX, &d->anchor.certificate_pem));
		d->certificate_file = NULL;
	}
	return anchor_pem(d, item, app->arena, app->err);
}

static struct status stage_oidc_issuer(struct application *app, struct policy_item *item)
{
	struct oidc_issuer *o = item->document;

	if (!o->jwks_file)
		return STATUS_OK;
	if (o->jwks || o->jwks_url)
		return policy_fail(
		    item, "jwks_file", app->err, "one of jwks, jwks_url and this, not two");
	TRY(read_beside(app, item, "jwks_file", o->jwks_file, JWKS_FILE_MAX, &o->jwks));
	o->jwks_file = NULL;
	return STATUS_OK;
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
	const struct policy_item *twin;

	/* Each is held against every other, before anybody's rights are looked at. */
	if (app->documents.count >= DOCUMENTS_MAX &&
	    app->edit->actor->credential != CREDENTIAL_LOCAL)
		return policy_fail(item, NULL, app->err,
		    "at most %d documents are taken at a time, devices not counted", DOCUMENTS_MAX);
	twin = policy_items_find(&app->documents, item->kind, item->name);
	if (twin)
		return policy_fail(
		    item, "name", app->err, "the same stands in line %d", twin->node->line);
	if (item->kind == POLICY_TRUST_ANCHOR)
		TRY(stage_anchor(app, item));
	if (item->kind == POLICY_OIDC_ISSUER)
		TRY(stage_oidc_issuer(app, item));
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
	const char *file = app->edit->file_name;
	const struct policy_kind *kind;

	if (node->kind != DOC_MAP)
		return doc_fail(file, node, app->err, "a document is a map that begins with kind:");
	if (!k || k->kind != DOC_SCALAR)
		return doc_fail(file, k ? k : node, app->err,
		    "member 'kind' is missing; kinds are %s", kinds_text(app->arena));
	kind = policy_kind_by_name(k->text);
	if (!kind)
		return doc_fail(file, k, app->err, "kind '%.40s' is not one of %s", k->text,
		    kinds_text(app->arena));
	*ret_kind = (enum policy_kind_id)(kind - policy_kinds);
	return STATUS_OK;
}

static struct status stage_one(struct application *app, const struct doc_node *node)
{
	struct policy_item item;
	enum policy_kind_id kind;

	TRY(kind_of(app, node, &kind));
	TRY(policy_bind(app->edit->file_name, node, kind, app->arena, &item, app->err));
	item.from_file = true;
	if (kind >= POLICY_STORED) {
		stage_device(app, &item);
		return STATUS_OK;
	}
	return stage_document(app, &item);
}

struct status policy_stage(struct application *app, const struct doc_file *f)
{
	if (f->count == 0)
		return err_set(app->err, ERR_CONFIG, "%s: no document in it", app->edit->file_name);
	for (size_t i = 0; i < f->count; i++)
		TRY(stage_one(app, f->documents[i]));
	return STATUS_OK;
}
