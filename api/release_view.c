/* api/release_view.c: see release_view.h. */
#include "api/release_view.h"

#include <inttypes.h>
#include <string.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/body.h"
#include "api/perform.h"
#include "ca/policy.h"
#include "ca/reason.h"
#include "signing/approval.h"
#include "signing/format/release_record.h"
#include "signing/format/uuid.h"
#include "sql/request.h"

/* ---- members ---- */

static void put_provenance(struct json *j, const struct release_row *r)
{
	if (r->provenance)
		json_raw(j, "provenance", span_str(r->provenance));
}

/* What is stored of it: members as in its JSON manifest. */
struct content_component {
	char *id, *uri, *sha256, *sha384, *sha512;
	int64_t size;
};
struct content {
	struct map_list components;
	char *sbom_digest, *sbom_format, *notes;
	int64_t supersedes;
};

/* clang-format off */
#define AT(type, member) .offset = offsetof(struct type, member)
static const struct field digest_fields[] = {
	{.name = "sha256", .type = FIELD_STR, AT(content_component, sha256)},
	{.name = "sha384", .type = FIELD_STR, AT(content_component, sha384)},
	{.name = "sha512", .type = FIELD_STR, AT(content_component, sha512)},
	{.name = NULL},
};
static const struct field component_fields[] = {
	{.name = "digest", .type = FIELD_MAP, .sub = digest_fields},
	{.name = "id", .type = FIELD_STR, AT(content_component, id)},
	{.name = "size", .type = FIELD_INT, AT(content_component, size)},
	{.name = "uri", .type = FIELD_STR, AT(content_component, uri)},
	{.name = NULL},
};
static const struct field sbom_fields[] = {
	{.name = "digest", .type = FIELD_STR, AT(content, sbom_digest)},
	{.name = "format", .type = FIELD_STR, AT(content, sbom_format)},
	{.name = NULL},
};
static const struct field content_fields[] = {
	{.name = "components", .type = FIELD_MAP_LIST, AT(content, components), .sub = component_fields,
	    .sub_size = sizeof(struct content_component)},
	{.name = "notes", .type = FIELD_STR, AT(content, notes)},
	{.name = "sbom", .type = FIELD_MAP, .sub = sbom_fields},
	{.name = "supersedes", .type = FIELD_INT, AT(content, supersedes)},
	{.name = NULL},
};
#undef AT
/* clang-format on */

static void put_given(struct json *j, const char *name, const char *text)
{
	if (text)
		json_str(j, name, text);
}

static void put_components(struct json *j, const struct content *c)
{
	const struct content_component *list = c->components.items;

	json_array_begin(j, "components");
	for (size_t i = 0; i < c->components.count; i++) {
		json_object_begin(j, NULL);
		json_str(j, "id", list[i].id);
		json_object_begin(j, "digests");
		put_given(j, "sha256", list[i].sha256);
		put_given(j, "sha384", list[i].sha384);
		put_given(j, "sha512", list[i].sha512);
		json_object_end(j);
		json_int(j, "size", list[i].size);
		put_given(j, "uri", list[i].uri);
		json_object_end(j);
	}
	json_array_end(j);
}

/* As it was sent. */
static void put_content(struct json *j, const struct release_row *r)
{
	AUTO(arena) arena = {0};
	struct content c = {.notes = NULL};
	struct err unheard = {0}; /* what was stored here reads back */

	if (!body_bind(span_str(r->spec), content_fields, &c, &arena, &unheard).ok)
		c = (struct content){.notes = NULL};
	put_components(j, &c);
	if (c.sbom_digest) {
		json_object_begin(j, "sbom");
		json_str(j, "format", c.sbom_format);
		json_str(j, "digest", c.sbom_digest);
		json_object_end(j);
	}
	put_given(j, "notes", c.notes);
	if (c.supersedes)
		json_int(j, "supersedes", c.supersedes);
}

static void put_members(struct json *j, const struct release_row *r)
{
	char class_id[UUID_TEXT_SIZE];

	uuid_text(r->class_id.p, class_id);
	json_int(j, "id", r->id);
	json_str(j, "product", r->product);
	json_str(j, "channel", r->channel);
	json_str(j, "version", r->version);
	json_int(j, "sequence", r->sequence);
	json_str(j, "class_id", class_id);
	json_str(j, "state", r->state);
	answer_id(j, "request", r->request_id);
	answer_hex(j, "manifest_digest", SPAN_OF(r->manifest_digest.bytes));
	answer_hex(j, "json_digest", SPAN_OF(r->json_digest.bytes));
	answer_time(j, "created_at", r->created_at);
	json_str(j, "created_by", r->created_by);
	json_str(j, "person", r->created_person);
	json_int(j, "revision", r->revision);
	put_content(j, r);
	put_provenance(j, r);
}

void release_put_row(struct json *j, const void *row)
{
	const struct release_row *r = row;

	json_object_begin(j, NULL);
	put_members(j, r);
	json_object_end(j);
}

/* The state that a step has led to. */
static const char *state_after(const char *step)
{
	if (strcmp(step, "created") == 0 || strcmp(step, "returned") == 0)
		return "draft";
	return step;
}

static struct status put_steps(
    struct json *j, const struct call *call, int64_t release_id, struct err *err)
{
	struct release_step *steps;
	size_t count;

	TRY(release_steps(call->db, release_id, call->request->arena, &steps, &count, err));
	json_array_begin(j, "steps");
	for (size_t i = 0; i < count; i++) {
		json_object_begin(j, NULL);
		json_str(j, "step", steps[i].step);
		json_str(j, "state", state_after(steps[i].step));
		answer_time(j, "at", steps[i].at);
		json_str(j, "by", steps[i].who);
		json_str(j, "person", steps[i].person);
		answer_id(j, "request", steps[i].request_id);
		answer_hex(j, "digest", steps[i].digest);
		json_object_end(j);
	}
	json_array_end(j);
	return STATUS_OK;
}

/* ---- who agreed, and who must still ---- */

static void put_record(struct json *j, const struct release_record *record)
{
	for (size_t i = 0; i < record->approval_count; i++) {
		json_object_begin(j, NULL);
		json_span(j, "approver", record->approvals[i].approver);
		json_span(j, "role", record->approvals[i].role);
		answer_time(j, "at", (int64_t)record->approvals[i].time);
		json_object_end(j);
	}
}

/* As its log entry commits to them. */
static struct status put_approvals(
    struct json *j, const struct call *call, int64_t release_id, struct err *err)
{
	struct release_signature s;
	struct release_record record;
	struct err why = {0};
	struct status found =
	    release_signature_get(call->db, release_id, call->request->arena, &s, &why);

	if (!found.ok && why.kind != ERR_MISSING) {
		*err = why;
		return found;
	}
	json_array_begin(j, "approvals");
	if (found.ok && release_record_read(s.record, &record) == REFUSAL_NONE)
		put_record(j, &record);
	json_array_end(j);
	return STATUS_OK;
}

static int64_t lacking(
    const struct call *call, const struct request_row *row, const struct request_requirement *r)
{
	const int64_t have = approval_have(call_access(call), row, r, call_now(call));

	return have < r->approvals ? r->approvals - have : 0;
}

static bool waits(const struct release_row *row)
{
	return row->request_id &&
	       (strcmp(row->state, "requested") == 0 || strcmp(row->state, "approved") == 0);
}

static struct status put_wanted(
    struct json *j, const struct call *call, const struct release_row *release, struct err *err)
{
	struct request_row row = {.state = "none"};
	bool open;

	if (waits(release))
		TRY(request_get(call->db, release->request_id, call->request->arena, &row, err));
	open = strcmp(row.state, "open") == 0;
	json_array_begin(j, "wanted");
	for (size_t i = 0; open && i < row.requirement_count; i++) {
		const int64_t n = lacking(call, &row, &row.requirements[i]);

		if (n == 0)
			continue;
		json_object_begin(j, NULL);
		json_str(j, "role", row.requirements[i].role);
		json_int(j, "approvals", n);
		json_object_end(j);
	}
	json_array_end(j);
	json_bool(j, "ready", open && approval_ready(call_access(call), &row, call_now(call)));
	return STATUS_OK;
}

/* ---- answers ---- */

static const char *etag_of(const struct call *call, struct span bytes)
{
	const struct digest d = sha256(bytes);
	char hex[2 * SHA256_SIZE + 1];

	hex_text(SPAN_OF(d.bytes), hex);
	return arena_printf(call->request->arena, "\"%s\"", hex);
}

struct status release_answer(const struct call *call, const struct release_row *row, int status,
    struct http_response *response, struct err *err)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	put_members(&j, row);
	TRY(put_approvals(&j, call, row->id, err));
	TRY(put_wanted(&j, call, row, err));
	TRY(put_steps(&j, call, row->id, err));
	json_object_end(&j);
	call_answer(call, response, &text);
	if (status)
		response->status = status;
	http_add_header(response, "ETag", etag_of(call, buf_span(&text)));
	return STATUS_OK;
}

void release_answer_file(const struct call *call, struct span bytes, struct http_response *response)
{
	const char *etag = etag_of(call, bytes);

	if (http_none_match_holds(call->request, etag))
		http_respond(response, 304, NULL, SPAN_NONE);
	else
		http_respond(response, 200, call->route->answer_type, bytes);
	http_add_header(response, "ETag", etag);
	http_add_header(response, "Cache-Control", "private, no-cache");
}

/* ---- for handlers ---- */

struct release_context release_context_of(const struct call *call)
{
	return (struct release_context){.db = call->db,
	    .now = call_now(call),
	    .rng = &call->api->rng,
	    .access = call_access(call),
	    .signer = call->api->signer,
	    .board = call->api->log_board};
}

struct status release_product_of(
    const struct call *call, const char *name, struct release_product *ret_product, struct err *err)
{
	const struct policy *p = call->policy;

	for (size_t i = 0; i < p->product_count; i++) {
		const struct product *x = &p->products[i];

		if (strcmp(x->name, name) != 0)
			continue;
		*ret_product = (struct release_product){.id = x->id,
		    .name = x->name,
		    .manufacturer = x->manufacturer,
		    .model = x->model,
		    .vendor_domain = x->vendor_domain};
		return STATUS_OK;
	}
	return REFUSE(err, OBJECT_UNKNOWN, "there is no product '%.63s'", name);
}

static bool reaches(const struct call *call, enum permission p, const struct release_row *row)
{
	return access_may(
	    call_access(call), &call->actor, p, row->product, row->channel, call_now(call));
}

static struct status find(struct call *call, struct release_row *ret_row, struct err *err)
{
	struct err why = {0};
	int64_t id;

	TRY(call_id(call, &id, err));
	if (release_get(call->db, id, call->request->arena, ret_row, &why).ok)
		return STATUS_OK;
	if (why.kind == ERR_MISSING)
		return REFUSE(err, RELEASE_UNKNOWN, "there is no release %" PRId64 " here", id);
	*err = why;
	return STATUS_FAILED;
}

struct status release_seen(struct call *call, struct release_row *ret_row, struct err *err)
{
	TRY(find(call, ret_row, err));
	if (!reaches(call, PERMISSION_RELEASE_READ, ret_row) &&
	    !reaches(call, call->route->permission, ret_row))
		return REFUSE(
		    err, RELEASE_UNKNOWN, "there is no release %" PRId64 " here", ret_row->id);
	return STATUS_OK;
}

struct status release_held(struct call *call, struct release_row *ret_row, struct err *err)
{
	TRY(release_seen(call, ret_row, err));
	return call_may(call, ret_row->product, ret_row->channel, err);
}
