/* clients/operator/release_content.c: see release_content.h. Only digests, sizes and names leave.
 */
#include "clients/operator/release_content.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "clients/operator/body.h"
#include "clients/operator/reason.h"

#define NOTES_MAX ((size_t)4000) /* the server's bound */
#define SBOM_MAX  ((size_t)256 << 20)

void release_content_free(struct release_content *content)
{
	for (size_t i = 0; i < content->count; i++) {
		free(content->components[i].id);
		free(content->components[i].file);
		free(content->components[i].uri);
	}
	*content = (struct release_content){0};
}

/* ---- components ---- */

/* "ID=FILE[,uri=URL]" or "FILE". */
static struct content_component parse(const char *text)
{
	const char *equals = strchr(text, '='), *slash = strchr(text, '/');
	const char *uri = strstr(text, ",uri=");
	struct content_component k = {0};

	if (equals && (!slash || equals < slash) && (!uri || equals < uri)) {
		k.id = mem_strndup(text, (size_t)(equals - text));
		text = equals + 1;
	}
	k.file = uri ? mem_strndup(text, (size_t)(uri - text)) : mem_strdup(text);
	k.uri = uri ? mem_strdup(uri + 5) : NULL;
	return k;
}

static char *id_of_file(const char *file)
{
	const char *base = strrchr(file, '/');

	base = base ? base + 1 : file;
	return mem_strndup(base, strcspn(base, "."));
}

static struct status add(struct release_content *content, const char *text, struct err *err)
{
	if (content->count == SUIT_COMPONENTS_MAX)
		return err_refuse(err, WHY(COMPONENT), "over %d components", SUIT_COMPONENTS_MAX);
	content->components[content->count++] = parse(text);
	return STATUS_OK;
}

static struct status name_all(struct release_content *content, struct err *err)
{
	for (size_t i = 0; i < content->count; i++) {
		struct content_component *k = &content->components[i];

		if (!k->id)
			k->id = content->count == 1 ? mem_strdup("main") : id_of_file(k->file);
		if (!*k->id || !*k->file)
			return err_refuse(
			    err, WHY(COMPONENT), "'%s=%s' has no id, or no file", k->id, k->file);
		for (size_t j = 0; j < i; j++)
			if (strcmp(content->components[j].id, k->id) == 0)
				return err_refuse(
				    err, WHY(COMPONENT), "there are two components '%s'", k->id);
	}
	return STATUS_OK;
}

static struct status hash_all(
    const struct call *c, struct release_content *content, struct err *err)
{
	for (size_t i = 0; i < content->count; i++) {
		struct content_component *k = &content->components[i];
		char hex[2 * SHA256_SIZE + 1];

		TRY(digest_file(k->file, &c->err, &k->digest, err));
		hex_text(SPAN_OF(k->digest.sha256.bytes), hex);
		call_note(c, "%s: %s, %" PRId64 " octets, sha256 %s", k->id, k->file,
		    k->digest.size, hex);
	}
	return STATUS_OK;
}

static struct status gather(
    const struct call *c, int first, struct release_content *content, struct err *err)
{
	const char *text;

	for (size_t i = 0; (text = call_next(c, OPT_COMPONENT, &i));)
		TRY(add(content, text, err));
	for (int i = first; i < c->argument_count; i++)
		TRY(add(content, c->arguments[i], err));
	return name_all(content, err);
}

int release_content_take(
    struct call *c, int first, bool needed, struct release_content *ret_content)
{
	AUTO(release_content) content = {0};
	struct err err = {0};

	if (!gather(c, first, &content, &err).ok)
		return call_failed(c, &err);
	if (needed && !content.count)
		return call_usage(c, "needs a FILE, or --component ID=FILE");
	if (!hash_all(c, &content, &err).ok)
		return call_failed(c, &err);
	*ret_content = content;
	content = (struct release_content){0};
	return EXIT_DONE;
}

/* ---- the body ---- */

static json_t *components_json(const struct release_content *content)
{
	json_t *list = json_array();

	for (size_t i = 0; i < content->count; i++) {
		const struct content_component *k = &content->components[i];
		char hex[2 * SHA256_SIZE + 1];
		json_t *o;

		hex_text(SPAN_OF(k->digest.sha256.bytes), hex);
		o = json_pack("{s:s, s:{s:s}, s:I}", "id", k->id, "digests", "sha256", hex, "size",
		    (json_int_t)k->digest.size);
		if (k->uri)
			json_object_set_new(o, "uri", json_string(k->uri));
		json_array_append_new(list, o);
	}
	return list;
}

static bool holds(const struct buf *text, const char *what)
{
	return memmem(text->p, text->n, what, strlen(what)) != NULL;
}

static const char *sbom_format(const struct buf *head)
{
	static const struct {
		const char *mark, *format;
	} rows[] = {
	    {"\"CycloneDX\"", "cyclonedx"},
	    {"cyclonedx.org/schema/bom", "cyclonedx"},
	    {"SPDXVersion:", "spdx"},
	    {"\"spdxVersion\"", "spdx"},
	    {"spdx.org/rdf", "spdx"},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (holds(head, rows[i].mark))
			return rows[i].format;
	return NULL;
}

static struct status put_sbom(const struct call *c, json_t *body, struct err *err)
{
	const char *file = c->values[OPT_SBOM];
	AUTO(buf) text = {0};
	struct err why = {0};
	struct digest digest;
	char hex[2 * SHA256_SIZE + 1];
	const char *format;

	if (!file)
		return STATUS_OK;
	if (!file_read(file, SBOM_MAX, &text, &why).ok)
		return err_refuse(err, WHY(FILE), "%s", why.message);
	format = sbom_format(&text);
	if (!format)
		return err_refuse(err, WHY(SBOM), "'%s' is none", file);
	digest = sha256(buf_span(&text));
	hex_text(SPAN_OF(digest.bytes), hex);
	json_object_set_new(body, "sbom", json_pack("{s:s, s:s}", "format", format, "digest", hex));
	return STATUS_OK;
}

static struct status put_notes(const struct call *c, json_t *body, struct err *err)
{
	const char *file = c->values[OPT_NOTES_FILE], *notes = c->values[OPT_NOTES];
	AUTO(buf) text = {0};
	struct err why = {0};
	json_t *value;

	if (!file && !notes)
		return STATUS_OK;
	if (file && !file_read(file, NOTES_MAX, &text, &why).ok)
		return err_refuse(err, WHY(FILE), "%s", why.message);
	value = file ? json_stringn((const char *)text.p, text.n) : json_string(notes);
	if (!value)
		return err_refuse(err, WHY(FILE), "notes must be UTF-8");
	json_object_set_new(body, "notes", value);
	return STATUS_OK;
}

static const struct member_row members[] = {
    {"product", OPT_PRODUCT, MEMBER_TEXT, true, 0},
    {"channel", OPT_CHANNEL, MEMBER_TEXT, true, 0},
    {"version", OPT_RELEASE_VERSION, MEMBER_TEXT, true, 0},
    {"supersedes", OPT_SUPERSEDES, MEMBER_NUMBER, false, INT64_MAX},
    {0},
};

int release_content_body(
    const struct call *c, const struct release_content *content, char **ret_body)
{
	json_t *body = json_object();
	struct err err = {0};
	int code;

	if (call_has(c, OPT_NOTES) && call_has(c, OPT_NOTES_FILE))
		code = call_usage(c, "give --notes or --notes-file, not both");
	else
		code = body_put(c, members, body);
	if (code == EXIT_DONE && (!put_sbom(c, body, &err).ok || !put_notes(c, body, &err).ok))
		code = call_failed(c, &err);
	json_object_set_new(body, "components", components_json(content));
	if (code == EXIT_DONE)
		*ret_body = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(body);
	return code;
}
