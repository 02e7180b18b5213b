#include "signing/format/suit_build.h"

#include <string.h>

#include "base/encode.h"
#include "base/utf8.h"
#include "signing/format/suit_process.h"

/* Reports: everything that is worth telling of a condition; of a directive its failure. */
#define REPORT_ALL     15
#define REPORT_FAILURE 2

enum {
	PARAMETER_VENDOR = 1,
	PARAMETER_CLASS = 2,
	PARAMETER_IMAGE = 3,
	PARAMETER_SIZE = 14,
	PARAMETER_URI = 21,
};

/* ---- what can be written -------------------------------------------------------------------- */

static size_t digest_size(int algorithm)
{
	switch (algorithm) {
	case COSE_SHA256: return 32;
	case COSE_SHA384: return 48;
	case COSE_SHA512: return 64;
	default: return 0;
	}
}

static struct status check_component(const struct suit_release *r, size_t i, struct err *err)
{
	const struct suit_release_component *c = &r->components[i];
	size_t id = strlen(c->id), uri = c->uri ? strlen(c->uri) : 1;

	if (id == 0 || id > SUIT_BUILD_ID_MAX || !utf8_valid(span_str(c->id)))
		return err_set(err, ERR_INPUT,
		    "component %zu: its id is not 1 to %d octets of text", i, SUIT_BUILD_ID_MAX);
	for (size_t other = 0; other < i; other++)
		if (strcmp(r->components[other].id, c->id) == 0)
			return err_set(err, ERR_INPUT, "component %s: is there twice", c->id);
	if (digest_size(c->algorithm) == 0 || c->digest.n != digest_size(c->algorithm))
		return err_set(err, ERR_INPUT,
		    "component %s: its digest is none of SHA-256, SHA-384, SHA-512", c->id);
	if (uri == 0 || uri > SUIT_BUILD_URI_MAX)
		return err_set(err, ERR_INPUT, "component %s: its URI is not 1 to %d octets", c->id,
		    SUIT_BUILD_URI_MAX);
	return STATUS_OK;
}

static struct status check(const struct suit_release *r, struct err *err)
{
	if (r->component_count == 0 || r->component_count > SUIT_COMPONENTS_MAX)
		return err_set(err, ERR_INPUT, "%zu components, not 1 to %d", r->component_count,
		    SUIT_COMPONENTS_MAX);
	for (size_t i = 0; i < r->component_count; i++)
		TRY(check_component(r, i, err));
	return STATUS_OK;
}

/* ---- sequences ------------------------------------------------------------------------------ */

/* Commands are counted, because an array says first how many it has. */
struct commands {
	size_t count;
	struct buf bytes;
};

static void commands_auto(struct commands *c)
{
	buf_free(&c->bytes);
}

static void put_command(struct commands *c, int command, uint64_t argument)
{
	cbor_put_uint(&c->bytes, (uint64_t)command);
	cbor_put_uint(&c->bytes, argument);
	c->count += 2;
}

/* Which component the next are for; one alone is selected by itself. */
static void put_select(const struct suit_release *r, size_t i, struct commands *c)
{
	if (r->component_count > 1)
		put_command(c, SUIT_SET_COMPONENT, i);
}

static void put_override(struct commands *c, size_t parameters)
{
	cbor_put_uint(&c->bytes, SUIT_OVERRIDE);
	cbor_put_head(&c->bytes, CBOR_MAP, parameters);
	c->count += 2;
}

/* A member of the manifest: the sequence in its octet string. Without commands: none. */
static void put_sequence(int key, const struct commands *c, struct buf *out)
{
	AUTO(buf) sequence = {0};

	cbor_put_head(&sequence, CBOR_ARRAY, c->count);
	buf_put(&sequence, buf_span(&c->bytes));
	cbor_put_uint(out, (uint64_t)key);
	cbor_put_bytes(out, buf_span(&sequence));
}

static void put_digest(int algorithm, struct span digest, struct buf *out)
{
	cbor_put_head(out, CBOR_ARRAY, 2);
	cbor_put_int(out, algorithm);
	cbor_put_bytes(out, digest);
}

static void put_identity(const struct suit_release *r, size_t i, struct commands *c)
{
	const struct suit_release_component *component = &r->components[i];
	AUTO(buf) digest = {0};

	put_select(r, i, c);
	put_override(c, 4);
	cbor_put_uint(&c->bytes, PARAMETER_VENDOR);
	cbor_put_bytes(&c->bytes, SPAN_OF(r->vendor_id));
	cbor_put_uint(&c->bytes, PARAMETER_CLASS);
	cbor_put_bytes(&c->bytes, SPAN_OF(r->class_id));
	cbor_put_uint(&c->bytes, PARAMETER_IMAGE);
	put_digest(component->algorithm, component->digest, &digest);
	cbor_put_bytes(&c->bytes, buf_span(&digest));
	cbor_put_uint(&c->bytes, PARAMETER_SIZE);
	cbor_put_uint(&c->bytes, component->size);
}

static void put_common(const struct suit_release *r, struct buf *out)
{
	AUTO(commands) shared = {0};
	AUTO(buf) common = {0};

	for (size_t i = 0; i < r->component_count; i++)
		put_identity(r, i, &shared);
	put_select(r, 0, &shared);
	put_command(&shared, SUIT_CONDITION_VENDOR, REPORT_ALL);
	put_command(&shared, SUIT_CONDITION_CLASS, REPORT_ALL);
	cbor_put_head(&common, CBOR_MAP, 2);
	cbor_put_uint(&common, 2);
	cbor_put_head(&common, CBOR_ARRAY, r->component_count);
	for (size_t i = 0; i < r->component_count; i++) {
		cbor_put_head(&common, CBOR_ARRAY, 1);
		cbor_put_bytes(&common, span_str(r->components[i].id));
	}
	put_sequence(4, &shared, &common);
	cbor_put_uint(out, 3);
	cbor_put_bytes(out, buf_span(&common));
}

static void put_validate(const struct suit_release *r, struct buf *out)
{
	AUTO(commands) c = {0};

	for (size_t i = 0; i < r->component_count; i++) {
		put_select(r, i, &c);
		put_command(&c, SUIT_CONDITION_IMAGE, REPORT_ALL);
	}
	put_sequence(SUIT_VALIDATE, &c, out);
}

static void put_invoke(const struct suit_release *r, struct buf *out)
{
	AUTO(commands) c = {0};

	put_select(r, 0, &c);
	put_command(&c, SUIT_RUN_INVOKE, REPORT_FAILURE);
	put_sequence(SUIT_INVOKE, &c, out);
}

/* Only components that say where they are; whoever installs others knows. */
static void gather_install(const struct suit_release *r, struct commands *c)
{
	for (size_t i = 0; i < r->component_count; i++) {
		if (!r->components[i].uri)
			continue;
		put_select(r, i, c);
		put_override(c, 1);
		cbor_put_uint(&c->bytes, PARAMETER_URI);
		cbor_put_text(&c->bytes, r->components[i].uri);
		put_command(c, SUIT_FETCH, REPORT_ALL);
		put_command(c, SUIT_CONDITION_IMAGE, REPORT_ALL);
	}
}

/* ---- text ----------------------------------------------------------------------------------- */

struct text_member {
	unsigned key;
	const char *text;
};

static void put_text_members(const struct text_member *members, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (!members[i].text)
			continue;
		cbor_put_uint(out, members[i].key);
		cbor_put_text(out, members[i].text);
	}
}

static size_t count_texts(const struct text_member *members, size_t count)
{
	size_t texts = 0;

	for (size_t i = 0; i < count; i++)
		texts += members[i].text != NULL;
	return texts;
}

static const char *cut_notes(struct arena *arena, const char *notes)
{
	struct span rest = span_str(notes);
	size_t cut = 0, n;

	while ((n = utf8_length(rest)) && cut + n <= SUIT_BUILD_NOTES_MAX) {
		cut += n;
		rest = span(rest.p + n, rest.n - n);
	}
	return cut ? arena_strndup(arena, notes, cut) : NULL;
}

/* {"en": {? 2: notes, ? [component 0]: {? 1: vendor, ? 2: model, ? 3: domain, ? 6: version}}} */
static bool put_text(const struct suit_release *r, struct buf *out)
{
	AUTO(arena) arena = {0};
	AUTO(buf) text = {0};
	const struct text_member all[] = {{2, cut_notes(&arena, r->notes)}};
	const struct text_member members[] = {
	    {1, r->vendor}, {2, r->model}, {3, r->vendor_domain}, {6, r->version}};
	size_t of_all = count_texts(all, COUNT(all));
	size_t of_component = count_texts(members, COUNT(members));

	if (of_all + of_component == 0)
		return false;
	cbor_put_head(&text, CBOR_MAP, 1);
	cbor_put_text(&text, "en");
	cbor_put_head(&text, CBOR_MAP, of_all + (of_component > 0));
	put_text_members(all, COUNT(all), &text);
	if (of_component) {
		cbor_put_head(&text, CBOR_ARRAY, 1);
		cbor_put_bytes(&text, span_str(r->components[0].id));
		cbor_put_head(&text, CBOR_MAP, of_component);
		put_text_members(members, COUNT(members), &text);
	}
	cbor_put_uint(out, SUIT_TEXT);
	cbor_put_bytes(out, buf_span(&text));
	return true;
}

/* ---- manifest and envelope ------------------------------------------------------------------ */

struct status suit_build_manifest(
    const struct suit_release *release, struct buf *out, struct err *err)
{
	AUTO(commands) install = {0};
	AUTO(buf) text = {0};
	bool has_text;

	TRY(check(release, err));
	gather_install(release, &install);
	has_text = put_text(release, &text);
	cbor_put_head(out, CBOR_MAP, 5u + (install.count > 0) + has_text);
	cbor_put_uint(out, 1);
	cbor_put_uint(out, 1);
	cbor_put_uint(out, 2);
	cbor_put_uint(out, release->sequence);
	put_common(release, out);
	put_validate(release, out);
	put_invoke(release, out);
	if (install.count)
		put_sequence(SUIT_INSTALL, &install, out);
	buf_put(out, buf_span(&text));
	return STATUS_OK;
}

void suit_build_digest(struct span manifest, struct buf *out)
{
	AUTO(buf) wrapped = {0};
	struct digest digest;

	cbor_put_bytes(&wrapped, manifest);
	digest = sha256(buf_span(&wrapped));
	put_digest(COSE_SHA256, SPAN_OF(digest.bytes), out);
}

static void put_protected(int algorithm, struct span kid, struct buf *out)
{
	AUTO(buf) header = {0};

	cbor_put_head(&header, CBOR_MAP, kid.n ? 2 : 1);
	cbor_put_uint(&header, 1);
	cbor_put_int(&header, algorithm);
	if (kid.n) {
		cbor_put_uint(&header, 4);
		cbor_put_bytes(&header, kid);
	}
	cbor_put_bytes(out, buf_span(&header));
}

void cose_put_tbs(
    int algorithm, struct span kid, struct span external_aad, struct span payload, struct buf *out)
{
	cbor_put_head(out, CBOR_ARRAY, 4);
	cbor_put_text(out, "Signature1");
	put_protected(algorithm, kid, out);
	cbor_put_bytes(out, external_aad);
	cbor_put_bytes(out, payload);
}

void cose_put_sign1(const struct cose_made *made, struct buf *out)
{
	cbor_put_head(out, CBOR_TAG, 18);
	cbor_put_head(out, CBOR_ARRAY, 4);
	put_protected(made->algorithm, made->kid, out);
	cbor_put_head(out, CBOR_MAP, 0);
	cbor_put_head(out, CBOR_SIMPLE, CBOR_SIMPLE_NULL);
	cbor_put_bytes(out, made->signature);
}

void suit_build_envelope(
    struct span manifest, const struct cose_made *made, size_t count, struct buf *out)
{
	AUTO(buf) digest = {0};
	AUTO(buf) authentication = {0};

	suit_build_digest(manifest, &digest);
	cbor_put_head(&authentication, CBOR_ARRAY, 1 + count);
	cbor_put_bytes(&authentication, buf_span(&digest));
	for (size_t i = 0; i < count; i++) {
		AUTO(buf) sign1 = {0};

		cose_put_sign1(&made[i], &sign1);
		cbor_put_bytes(&authentication, buf_span(&sign1));
	}
	cbor_put_head(out, CBOR_TAG, 107);
	cbor_put_head(out, CBOR_MAP, 2);
	cbor_put_uint(out, 2);
	cbor_put_bytes(out, buf_span(&authentication));
	cbor_put_uint(out, 3);
	cbor_put_bytes(out, manifest);
}
