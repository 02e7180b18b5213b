/* ca/policy_item.c: documents bound to their kind, whether from a file or from the store. */
#include "ca/policy_internal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ca/crl_scope.h"
#include "ca/general_name.h"

struct status policy_fail(
    const struct policy_item *at, const char *member, struct err *err, const char *format, ...)
{
	const struct doc_node *node = member ? doc_get(at->node, member) : NULL;
	char why[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	return doc_fail(at->file, node ? node : at->node, err, "%s%s%.63s%s: %s%s%s",
	    policy_kinds[at->kind].name, at->name ? " '" : "", at->name ? at->name : "",
	    at->name ? "'" : "", member ? member : "", member ? ": " : "", why);
}

void policy_render(struct policy_item *item, struct arena *arena)
{
	AUTO(buf) spec = {0};

	doc_render(policy_kinds[item->kind].fields, item->document, &spec);
	item->spec = arena_strndup(arena, (const char *)spec.p, spec.n);
}

/* Names go into paths, URLs and messages. */
static bool name_fits(const char *name)
{
	if (!isalnum((unsigned char)name[0]))
		return false;
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._")] == 0;
}

/* Devices have none. */
static const char *name_of(enum policy_kind_id kind, const void *document)
{
	for (const struct field *f = policy_kinds[kind].fields; f->name; f++)
		if (strcmp(f->name, "name") == 0)
			return *(char *const *)((const char *)document + f->offset);
	return NULL;
}

struct status policy_bind(const char *file, const struct doc_node *node, enum policy_kind_id kind,
    struct arena *arena, struct policy_item *ret_item, struct err *err)
{
	struct policy_item item = {.kind = kind, .file = file, .node = node};

	item.document = arena_alloc(arena, policy_kinds[kind].size);
	TRY(doc_bind(file, node, policy_kinds[kind].fields, item.document, arena, err));
	item.name = name_of(kind, item.document);
	if (item.name && !name_fits(item.name))
		return policy_fail(&item, "name", err,
		    "a name has a-z 0-9 - . _ and begins with a letter or digit");
	*ret_item = item;
	return STATUS_OK;
}

static struct status item_of_row(const struct policy_row *row, struct arena *arena,
    struct policy_item *ret_item, struct err *err)
{
	const struct policy_kind *kind = policy_kind_by_name(row->kind);
	char *file = arena_printf(arena, "stored %s '%s'", row->kind, row->name);
	struct doc_file *doc = arena_alloc(arena, sizeof(*doc));
	struct status status;

	if (!kind)
		return err_set(
		    err, ERR_CONFIG, "a stored document is of unknown kind %s", row->kind);
	TRY(doc_parse(file, span_str(row->spec), doc, err));
	if (doc->count != 1) {
		doc_free(doc);
		return err_set(err, ERR_CONFIG, "%s: not one document", file);
	}
	status = policy_bind(file, doc->documents[0], (enum policy_kind_id)(kind - policy_kinds),
	    arena, ret_item, err);
	doc_free(doc);
	return status;
}

struct status policy_items_of_rows(const struct policy_rows *rows, struct arena *arena,
    struct policy_item **ret_items, struct err *err)
{
	struct policy_item *items = arena_alloc(arena, rows->count * sizeof(*items));
	/* Messages about stored documents have no line of their own. */
	static const struct doc_node nowhere = {.kind = DOC_MAP, .line = 1};

	for (size_t i = 0; i < rows->count; i++) {
		TRY(item_of_row(&rows->rows[i], arena, &items[i], err));
		items[i].node = &nowhere;
		items[i].row = &rows->rows[i];
		items[i].id = rows->rows[i].id;
		items[i].version = rows->rows[i].version;
		items[i].spec = rows->rows[i].spec;
	}
	*ret_items = items;
	return STATUS_OK;
}

struct status policy_authority_spec(const char *name, const char *key_uri, const char *crl_url,
    const char *ocsp_url, const char *issuer_url, struct buf *out, struct err *err)
{
	AUTO(arena) arena = {0};
	struct authority_document d = {
	    .head = {arena_strdup(&arena, "authority"), arena_strdup(&arena, name)}};
	const char *const urls[] = {crl_url, ocsp_url, issuer_url};
	char **const members[] = {
	    &d.authority.crl_url, &d.authority.ocsp_url, &d.authority.issuer_url};

	if (!name_fits(name) || strlen(name) > 63)
		return err_set(err, ERR_CONFIG,
		    "authority '%.80s': a name has a-z 0-9 - . _ and begins with a letter or digit",
		    name);
	for (size_t i = 0; i < COUNT(urls); i++) {
		AUTO(buf) rendered = {0};
		char why[160];

		if (urls[i])
			(void)crl_url_put(urls[i], 0, &rendered); /* {shard} is crl_url's alone */
		if (urls[i] && !uri_fits(i == 0 ? buf_span(&rendered) : span_str(urls[i]), "http",
				   why, sizeof(why)))
			return err_set(err, ERR_CONFIG, "URL '%.120s': %s", urls[i], why);
		*members[i] = urls[i] ? arena_strdup(&arena, urls[i]) : NULL;
	}
	d.authority.key_uri = key_uri ? arena_strdup(&arena, key_uri) : NULL;
	doc_render(policy_kinds[POLICY_AUTHORITY].fields, &d, out);
	return STATUS_OK;
}

/* ---- an authority that follows another ---- */

/* Where the name stands as a part of the path: behind a slash, before '.', '/' or the end. */
static const char *find_name(const char *url, const char *name)
{
	const size_t n = strlen(name);

	for (const char *at = strchr(url, '/'); at; at = strchr(at + 1, '/'))
		if (strncmp(at + 1, name, n) == 0 && strchr("./", at[1 + n]))
			return at + 1;
	return NULL;
}

char *policy_successor_url(const char *url, const char *old, const char *name, struct arena *arena)
{
	const char *at = find_name(url, old);

	return at ? arena_printf(arena, "%.*s%s%s", (int)(at - url), url, name, at + strlen(old))
		  : NULL;
}

static void rename_urls(struct authority_document *d, const char *old, struct arena *arena)
{
	for (const struct field *f = policy_kinds[POLICY_AUTHORITY].fields; f->name; f++) {
		char **url = (char **)(void *)((char *)d + f->offset), *new;
		const char *tail = strrchr(f->name, '_');

		if (f->type != FIELD_STR || !tail || strcmp(tail, "_url") != 0 || !*url)
			continue;
		new = policy_successor_url(*url, old, d->head.name, arena);
		if (new || strcmp(f->name, "ocsp_url") != 0)
			*url = new;
	}
}

static void set_text(char **member, const char *text, struct arena *arena)
{
	if (text)
		*member = arena_strdup(arena, text);
}

struct status policy_successor_spec(const struct authority *old,
    const struct policy_successor *successor, struct buf *out, struct err *err)
{
	AUTO(arena) arena = {0};
	const char *name = successor->name;
	struct authority_document d = {
	    .head = {arena_strdup(&arena, "authority"), arena_strdup(&arena, name)},
	    .authority = *old};

	if (!name_fits(name) || strlen(name) > 63)
		return err_set(err, ERR_CONFIG,
		    "authority '%.80s': a name has a-z 0-9 - . _ and begins with a letter or digit",
		    name);
	rename_urls(&d, old->name, &arena);
	d.authority.key_uri = NULL;
	d.authority.state = AUTHORITY_ACTIVE;
	set_text(&d.authority.key_uri, successor->key_uri, &arena);
	set_text(&d.authority.crl_url, successor->crl_url, &arena);
	set_text(&d.authority.issuer_url, successor->issuer_url, &arena);
	doc_render(policy_kinds[POLICY_AUTHORITY].fields, &d, out);
	return STATUS_OK;
}
