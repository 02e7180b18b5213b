/* signing/release_content.c: see release_content.h. */
#include "signing/release_content.h"

#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"
#include "signing/release_internal.h"

#define ID_CHARACTERS  "abcdefghijklmnopqrstuvwxyz0123456789._-"
#define HEX_CHARACTERS "0123456789abcdefABCDEF"

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (*text < '!' || *text > '~')
			return false;
	return true;
}

static struct status check_version(const char *version, struct err *err)
{
	const size_t n = strlen(version);

	if (n == 0 || n > RELEASE_VERSION_MAX || !is_visible(version))
		return REFUSE(
		    err, RELEASE_VERSION, "'%.80s' is not 1 to 64 visible characters", version);
	return STATUS_OK;
}

/* ---- components ---- */

static bool is_hex(const char *text, size_t digits)
{
	return strlen(text) == digits && strspn(text, HEX_CHARACTERS) == digits;
}

static struct status check_digests(const struct release_component *c, struct err *err)
{
	const struct {
		const char *name, *hex;
		size_t digits;
	} digests[] = {
	    {"sha256", c->sha256, 64}, {"sha384", c->sha384, 96}, {"sha512", c->sha512, 128}};
	size_t n = 0;

	for (size_t i = 0; i < COUNT(digests); i++) {
		if (!digests[i].hex)
			continue;
		if (!is_hex(digests[i].hex, digests[i].digits))
			return REFUSE(err, RELEASE_COMPONENT,
			    "component '%s': %s is not %zu hexadecimal digits", c->id,
			    digests[i].name, digests[i].digits);
		n++;
	}
	if (n == 0)
		return REFUSE(err, RELEASE_COMPONENT, "component '%s' has no digest", c->id);
	return STATUS_OK;
}

static bool has_scheme(const char *uri)
{
	static const char *const schemes[] = {"https://", "http://", "coap://", "coaps://"};

	for (size_t i = 0; i < COUNT(schemes); i++) {
		const size_t n = strlen(schemes[i]);

		if (strncmp(uri, schemes[i], n) == 0 && uri[n] != '\0' && uri[n] != '/')
			return true;
	}
	return false;
}

/* A prefix ends at a slash of its own, or where the URI goes on with one: a host is not a part of
 * another. */
static bool is_under(const char *uri, const char *prefix)
{
	const size_t n = strlen(prefix);

	if (n == 0 || strncmp(uri, prefix, n) != 0)
		return false;
	return prefix[n - 1] == '/' || uri[n] == '/' || uri[n] == '?' || uri[n] == '\0';
}

/* What would lead out of a prefix again. */
static bool climbs(const char *uri)
{
	return strstr(uri, "/..") || strstr(uri, "/.%") || strstr(uri, "/%2") || strchr(uri, '\\');
}

static struct status check_uri(
    const struct channel *channel, const struct release_component *c, struct err *err)
{
	const struct str_list *prefixes = &channel->uri_prefixes;

	if (!c->uri)
		return STATUS_OK;
	if (strlen(c->uri) > RELEASE_URI_MAX || !is_visible(c->uri) || !has_scheme(c->uri))
		return REFUSE(err, RELEASE_URI,
		    "component '%s': %.128s is not an https, http or coap URI of at most %d "
		    "characters",
		    c->id, c->uri, RELEASE_URI_MAX);
	if (prefixes->count == 0)
		return STATUS_OK;
	for (size_t i = 0; i < prefixes->count && !climbs(c->uri); i++)
		if (is_under(c->uri, prefixes->items[i]))
			return STATUS_OK;
	return REFUSE(err, RELEASE_URI,
	    "component '%s': %.128s is under none of the prefixes of channel '%.63s'", c->id,
	    c->uri, channel->name);
}

static struct status check_component(
    const struct channel *channel, const struct release_new *n, size_t i, struct err *err)
{
	const struct release_component *c = &n->components[i];
	const size_t length = strlen(c->id);

	if (length == 0 || length > SUIT_BUILD_ID_MAX || strspn(c->id, ID_CHARACTERS) != length)
		return REFUSE(err, RELEASE_COMPONENT,
		    "'%.80s' is not an id of 1 to %d characters of a-z 0-9 . _ -", c->id,
		    SUIT_BUILD_ID_MAX);
	for (size_t j = 0; j < i; j++)
		if (strcmp(n->components[j].id, c->id) == 0)
			return REFUSE(
			    err, RELEASE_COMPONENT, "component '%s' is there twice", c->id);
	if (c->size < 1 || c->size > RELEASE_SIZE_MAX)
		return REFUSE(err, RELEASE_COMPONENT,
		    "component '%s': a size of %" PRId64 " bytes is not between 1 and 2^40", c->id,
		    c->size);
	TRY(check_digests(c, err));
	return check_uri(channel, c, err);
}

/* ---- the rest ---- */

static struct status check_sbom(
    const struct channel *channel, const struct release_new *n, struct err *err)
{
	if (!n->sbom_format && !n->sbom_sha256) {
		if (channel->sbom)
			return REFUSE(
			    err, RELEASE_SBOM, "channel '%.63s' demands an SBOM", channel->name);
		return STATUS_OK;
	}
	if (!n->sbom_format ||
	    (strcmp(n->sbom_format, "cyclonedx") != 0 && strcmp(n->sbom_format, "spdx") != 0))
		return REFUSE(err, RELEASE_SBOM, "the SBOM's format is cyclonedx or spdx");
	if (!n->sbom_sha256 || !is_hex(n->sbom_sha256, 64))
		return REFUSE(err, RELEASE_SBOM, "the SBOM's digest is not 64 hexadecimal digits");
	return STATUS_OK;
}

static struct status check_notes(const char *notes, struct err *err)
{
	if (!notes)
		return STATUS_OK;
	if (strlen(notes) > RELEASE_NOTES_MAX || !utf8_valid(span_str(notes)))
		return REFUSE(err, RELEASE_NOTES, "the notes are not UTF-8 of at most %d bytes",
		    RELEASE_NOTES_MAX);
	return STATUS_OK;
}

struct status release_content_check(
    const struct channel *channel, const struct release_new *content, struct err *err)
{
	TRY(check_version(content->version, err));
	if (content->component_count < 1 || content->component_count > RELEASE_COMPONENTS_MAX)
		return REFUSE(err, RELEASE_COMPONENT, "a release has 1 to %d components, not %zu",
		    RELEASE_COMPONENTS_MAX, content->component_count);
	for (size_t i = 0; i < content->component_count; i++)
		TRY(check_component(channel, content, i, err));
	TRY(check_notes(content->notes, err));
	if (content->supersedes < 0)
		return REFUSE(err, RELEASE_SUPERSEDES, "a sequence number is not negative");
	return check_sbom(channel, content, err);
}
