/* api/release.c: drafts made, releases looked at. See release.h. */
#include "api/release.h"

#include <inttypes.h>
#include <string.h>

#include "api/perform.h"
#include "api/problem.h"
#include "api/release_view.h"
#include "ca/policy.h"
#include "ca/reason.h"

#define RELEASES API_PREFIX "/releases"

/* ---- query and bodies ---- */

static const char *const sbom_formats[] = {"cyclonedx", "spdx", NULL};

/* clang-format off */
#define AT(member) offsetof(struct release_component_body, digests.member)
#define HEX(member, octets) \
	{.name = #member, .type = FIELD_STR, .offset = AT(member), .min = 2 * (octets), .max = 2 * (octets), \
	    .help = "in hexadecimal digits"}
static const struct field digest_fields[] = {HEX(sha256, 32), HEX(sha384, 48), HEX(sha512, 64), {.name = NULL}};
#undef AT

#define AT(member) offsetof(struct release_component_body, member)
static const struct field component_fields[] = {
	{.name = "id", .type = FIELD_STR, .offset = AT(id), .required = true, .min = 1, .max = 64,
	    .help = "a-z 0-9 . _ -: each component has its own"},
	{.name = "digests", .type = FIELD_MAP, .offset = 0, .sub = digest_fields, .required = true,
	    .help = "of its file: one of them at least"},
	{.name = "size", .type = FIELD_INT, .offset = AT(size), .required = true, .min = 0,
	    .max = RELEASE_SIZE_MAX, .help = "of its file, in bytes"},
	{.name = "uri", .type = FIELD_STR, .offset = AT(uri), .min = 1, .max = RELEASE_URI_MAX,
	    .help = "where devices fetch it; absent: they know"},
	{.name = NULL},
};
#undef AT

#define AT(member) offsetof(struct release_body, member)
static const struct field sbom_fields[] = {
	{.name = "format", .type = FIELD_ENUM, .offset = AT(sbom.format), .names = sbom_formats,
	    .required = true, .help = "what it is written in"},
	{.name = "digest", .type = FIELD_STR, .offset = AT(sbom.digest), .required = true, .min = 64,
	    .max = 64, .help = "its SHA-256 in hexadecimal digits"},
	{.name = NULL},
};
const struct field release_fields[] = {
	{.name = "product", .type = FIELD_STR, .offset = AT(product), .required = true, .min = 1, .max = 63,
	    .help = "name of a product"},
	{.name = "channel", .type = FIELD_STR, .offset = AT(channel), .required = true, .min = 1, .max = 63,
	    .help = "of the product, by a document of kind channel"},
	{.name = "version", .type = FIELD_STR, .offset = AT(version), .required = true, .min = 1,
	    .max = RELEASE_VERSION_MAX, .help = "new on this channel"},
	{.name = "components", .type = FIELD_MAP_LIST, .offset = AT(components), .required = true, .min = 1,
	    .max = RELEASE_COMPONENTS_MAX, .sub = component_fields,
	    .sub_size = sizeof(struct release_component_body), .help = "what is installed"},
	{.name = "sbom", .type = FIELD_MAP, .offset = 0, .sub = sbom_fields,
	    .help = "its bill of materials, where there is one"},
	{.name = "notes", .type = FIELD_STR, .offset = AT(notes), .min = 1, .max = RELEASE_NOTES_MAX,
	    .help = "for people"},
	{.name = "supersedes", .type = FIELD_INT, .offset = AT(supersedes), .min = 1, .max = INT64_MAX,
	    .help = "sequence number of the release of this channel that it takes over from"},
	{.name = NULL},
};
#undef AT

#define FILTER(member, text) \
	{.name = #member, .type = FIELD_STR, .offset = offsetof(struct release_list_query, member), .min = 1, \
	    .max = 64, .help = text}
const struct field release_list_fields[] = {
	PAGE_FIELDS,
	FILTER(product, "name of a product"),
	FILTER(channel, "of the product"),
	FILTER(state, "draft, requested, approved, signed, published or recalled"),
	FILTER(version, "exactly this one"),
	{.name = NULL},
};
/* clang-format on */

/* ---- making ---- */

static const struct release_component *components_of(const struct call *call)
{
	const struct release_body *b = call->input;
	const struct release_component_body *in = b->components.items;
	struct release_component *out =
	    arena_alloc(call->request->arena, b->components.count * sizeof(*out));

	for (size_t i = 0; i < b->components.count; i++)
		out[i] = (struct release_component){.id = in[i].id,
		    .sha256 = in[i].digests.sha256,
		    .sha384 = in[i].digests.sha384,
		    .sha512 = in[i].digests.sha512,
		    .size = in[i].size,
		    .uri = in[i].uri};
	return out;
}

static struct release_new content_of(const struct call *call, const struct provenance *provenance)
{
	const struct release_body *b = call->input;

	return (struct release_new){.channel = b->channel,
	    .version = b->version,
	    .components = components_of(call),
	    .component_count = b->components.count,
	    .sbom_format = b->sbom.digest ? sbom_formats[b->sbom.format] : NULL,
	    .sbom_sha256 = b->sbom.digest,
	    .notes = b->notes,
	    .supersedes = b->supersedes,
	    .provenance = provenance};
}

/* NULL: the caller is no run. */
static struct status read_provenance(const struct call *call, struct provenance *room,
    const struct provenance **ret_provenance, struct err *err)
{
	*ret_provenance = NULL;
	if (!call->actor.provenance)
		return STATUS_OK;
	TRY(provenance_read(call->actor.provenance, call->request->arena, room, err));
	*ret_provenance = room;
	return STATUS_OK;
}

struct status release_post(struct call *call, struct http_response *response, struct err *err)
{
	const struct release_body *b = call->input;
	const struct release_context c = release_context_of(call);
	const struct release_actor by = release_actor_of(&call->actor, 0);
	const struct provenance *provenance;
	struct provenance room;
	struct release_product product;
	struct release_new content;
	struct release_row row;
	bool made;

	TRY(call_may(call, b->product, b->channel, err));
	TRY(release_product_of(call, b->product, &product, err));
	TRY(read_provenance(call, &room, &provenance, err));
	content = content_of(call, provenance);
	TRY(release_create(&c, &product, &content, &by, call->request->arena, &row, &made, err));
	call->made_id = row.id;
	TRY(release_answer(call, &row, made ? 201 : 200, response, err));
	http_add_header(
	    response, "Location", arena_printf(call->request->arena, RELEASES "/%" PRId64, row.id));
	return STATUS_OK;
}

/* ---- looking ---- */

struct status release_list_get(struct call *call, struct http_response *response, struct err *err)
{
	const struct release_list_query *q = call->query;
	const struct channel_reach reach = call_channel_reach(call);
	struct release_filter filter = {.product = q->product,
	    .channel = q->channel,
	    .state = q->state,
	    .version = q->version,
	    .all = reach.all,
	    .products = reach.products,
	    .channels = reach.channels,
	    .count = reach.count,
	    .limit = q->page.limit + 1};
	struct answer_rows rows = {
	    .size = sizeof(struct release_row), .limit = q->page.limit, .put = release_put_row};
	struct release_row *list;

	TRY(page_after_id(&q->page, &filter.before, err));
	TRY(release_list(call->db, &filter, call->request->arena, &list, &rows.count, err));
	rows.rows = list;
	call_answer_rows(call, response, &rows);
	return STATUS_OK;
}

struct status release_one_get(struct call *call, struct http_response *response, struct err *err)
{
	struct release_row row;

	TRY(release_seen(call, &row, err));
	return release_answer(call, &row, 0, response, err);
}
