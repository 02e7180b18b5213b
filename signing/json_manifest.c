/* signing/json_manifest.c: see json_manifest.h. */
#include "signing/json_manifest.h"

#include <ctype.h>
#include <string.h>

const char *const json_content_members[] = {"components", "notes", "sbom", "supersedes", NULL};

/* Hex in one case. */
static void put_hex(struct json *j, const char *name, const char *hex)
{
	AUTO(buf) lower = {0};

	if (!hex)
		return;
	for (; *hex; hex++)
		buf_put_byte(&lower, (uint8_t)tolower((unsigned char)*hex));
	json_span(j, name, buf_span(&lower));
}

static void put_component(struct json *j, const struct release_component *c)
{
	json_object_begin(j, NULL);
	json_object_begin(j, "digest");
	put_hex(j, "sha256", c->sha256);
	put_hex(j, "sha384", c->sha384);
	put_hex(j, "sha512", c->sha512);
	json_object_end(j);
	json_str(j, "id", c->id);
	json_int(j, "size", c->size);
	if (c->uri)
		json_str(j, "uri", c->uri);
	json_object_end(j);
}

static void put_components(struct json *j, const struct release_new *n)
{
	json_array_begin(j, "components");
	for (size_t i = 0; i < n->component_count; i++)
		put_component(j, &n->components[i]);
	json_array_end(j);
}

static void put_notes(struct json *j, const struct release_new *n)
{
	if (n->notes)
		json_str(j, "notes", n->notes);
}

static void put_sbom(struct json *j, const struct release_new *n)
{
	if (!n->sbom_format)
		return;
	json_object_begin(j, "sbom");
	put_hex(j, "digest", n->sbom_sha256);
	json_str(j, "format", n->sbom_format);
	json_object_end(j);
}

static void put_supersedes(struct json *j, const struct release_new *n)
{
	if (n->supersedes)
		json_int(j, "supersedes", n->supersedes);
}

/* In the order of json_content_members. */
static void (*const put_member[])(struct json *j, const struct release_new *n) = {
    put_components, put_notes, put_sbom, put_supersedes};

void json_content_put(const struct release_new *content, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	for (size_t i = 0; i < COUNT(put_member); i++)
		put_member[i](&j, content);
	json_object_end(&j);
}

void json_content_member(const struct release_new *content, const char *member, struct buf *out)
{
	struct json j = {.out = out};

	for (size_t i = 0; i < COUNT(put_member); i++)
		if (strcmp(json_content_members[i], member) == 0)
			put_member[i](&j, content);
}

static void put_uuid(struct json *j, const char *name, const uint8_t uuid[static UUID_SIZE])
{
	char text[UUID_TEXT_SIZE];

	uuid_text(uuid, text);
	json_str(j, name, text);
}

static void put_provenance(struct json *j, const struct provenance *p)
{
	AUTO(buf) text = {0};

	if (!p)
		return;
	provenance_put(p, &text);
	json_raw(j, "provenance", buf_span(&text));
}

void json_manifest_put(const struct json_manifest *m, struct buf *out)
{
	const struct release_new *n = m->content;
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_str(&j, "channel", n->channel);
	put_uuid(&j, "class_id", m->class_id);
	put_components(&j, n);
	json_str(&j, "format", JSON_MANIFEST_FORMAT);
	json_str(&j, "model", m->product->model);
	put_notes(&j, n);
	json_str(&j, "product", m->product->name);
	put_provenance(&j, n->provenance);
	put_sbom(&j, n);
	json_int(&j, "sequence", m->sequence);
	put_supersedes(&j, n);
	json_str(&j, "vendor", m->product->manufacturer);
	json_str(&j, "vendor_domain", m->product->vendor_domain);
	put_uuid(&j, "vendor_id", m->vendor_id);
	json_str(&j, "version", n->version);
	json_object_end(&j);
}

/* Quotes within strings are escaped, and no other member has this name. */
bool json_manifest_vendor(struct span manifest, uint8_t ret_id[static UUID_SIZE])
{
	static const char member[] = "\"vendor_id\":\"";
	const uint8_t *at = memmem(manifest.p, manifest.n, member, strlen(member));
	AUTO(buf) hex = {0};
	AUTO(buf) id = {0};
	struct err err = {0};

	if (!at)
		return false;
	at += strlen(member);
	for (const uint8_t *end = manifest.p + manifest.n; at < end && *at != '"'; at++)
		if (*at != '-')
			buf_put_byte(&hex, *at);
	if (!hex_decode(buf_span(&hex), &id, &err).ok || id.n != UUID_SIZE)
		return false;
	memcpy(ret_id, id.p, UUID_SIZE);
	return true;
}
