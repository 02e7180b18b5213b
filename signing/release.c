/* signing/release.c: drafts; see release.h. */
#include "signing/release_internal.h"

#include <inttypes.h>
#include <string.h>

#include "signing/format/entry.h"
#include "signing/json_manifest.h"
#include "signing/release_content.h"

const struct reason release_reasons[] = {
#define REASON_ROW(id, code, kind, rule, advice) {(code), (kind), (rule), (advice)},
    REASONS_RELEASE(REASON_ROW)
#undef REASON_ROW
};

/* ---- shared ---- */

struct release_actor release_actor_of(const struct actor *actor, int64_t request_id)
{
	return (struct release_actor){
	    .name = actor->name, .person = actor->person, .request_id = request_id};
}

struct status release_line(const struct release_context *c, const char *kind, struct span record,
    struct log_line *ret_line, struct err *err)
{
	struct log_line l = {.kind = kind, .at = c->now};

	TRY(rng_fill(c->rng, l.salt, sizeof(l.salt), err));
	entry_encode(kind, c->now, l.salt, record, &l.entry);
	*ret_line = l;
	return STATUS_OK;
}

static const char *person_beside(const struct release_actor *by)
{
	return by->person && strcmp(by->person, by->name) != 0 ? by->person : NULL;
}

struct status release_step_make(const struct release_context *c, const struct release_row *row,
    const struct release_change *change, const struct release_actor *by, int64_t *ret_step_id,
    struct err *err)
{
	AUTO(buf) record = {0};
	AUTO(log_line) line = {0};
	char kind[ENTRY_KIND_MAX];
	struct release_move move = {.release_id = row->id,
	    .revision = row->revision,
	    .state = change->state,
	    .request_id = change->request_id,
	    .step = {.step = change->step,
		.at = c->now,
		.who = by->name,
		.person = person_beside(by),
		.request_id = by->request_id,
		.digest = change->digest},
	    .line = &line,
	    .bundle = change->bundle,
	    .bundle_sha256 = change->bundle_sha256};

	(void)snprintf(kind, sizeof(kind), "release.%s", change->step);
	release_step_record(row, &move.step, &record);
	TRY(release_line(c, kind, buf_span(&record), &line, err));
	return release_move(c->db, &move, ret_step_id, err);
}

struct status release_channel(const struct release_context *c, const char *product,
    const char *channel, const struct channel **ret_channel, struct err *err)
{
	const struct channel *found = access_channel(c->access, product, channel);

	if (!found)
		return REFUSE(err, RELEASE_CHANNEL,
		    "product '%.63s' has no channel document for channel '%.63s'", product,
		    channel);
	*ret_channel = found;
	return STATUS_OK;
}

struct status release_requester(
    const struct channel *channel, const struct release_actor *by, struct err *err)
{
	if (channel->requesters.count == 0)
		return STATUS_OK;
	for (size_t i = 0; i < channel->requesters.count; i++)
		if (strcmp(channel->requesters.items[i], by->name) == 0)
			return STATUS_OK;
	return REFUSE(err, RELEASE_REQUESTER,
	    "'%.63s' is none of the requesters of channel '%.63s'", by->name, channel->name);
}

/* ---- the manifests ---- */

/* The one that devices check: SHA-256, unless only another is given. */
static struct status digest_of(const struct release_component *c, struct arena *arena,
    struct suit_release_component *out, struct err *err)
{
	AUTO(buf) bytes = {0};
	const char *hex = c->sha256 ? c->sha256 : c->sha384 ? c->sha384 : c->sha512;

	out->algorithm = c->sha256 ? COSE_SHA256 : c->sha384 ? COSE_SHA384 : COSE_SHA512;
	TRY(hex_decode(span_str(hex), &bytes, err));
	out->digest = arena_copy(arena, buf_span(&bytes));
	return STATUS_OK;
}

static struct status build_suit(
    const struct json_manifest *m, struct arena *arena, struct release_row *row, struct err *err)
{
	struct suit_release_component components[RELEASE_COMPONENTS_MAX] = {0};
	const struct release_new *n = m->content;
	struct suit_release release = {.sequence = (uint64_t)m->sequence,
	    .component_count = n->component_count,
	    .components = components,
	    .version = n->version,
	    .vendor = m->product->manufacturer,
	    .vendor_domain = m->product->vendor_domain,
	    .model = m->product->model,
	    .notes = n->notes};
	AUTO(buf) manifest = {0};
	AUTO(buf) digest = {0};

	memcpy(release.vendor_id, m->vendor_id, UUID_SIZE);
	memcpy(release.class_id, m->class_id, UUID_SIZE);
	for (size_t i = 0; i < n->component_count; i++) {
		components[i].id = n->components[i].id;
		components[i].size = (uint64_t)n->components[i].size;
		components[i].uri = n->components[i].uri;
		TRY(digest_of(&n->components[i], arena, &components[i], err));
	}
	TRY(suit_build_manifest(&release, &manifest, err));
	suit_build_digest(buf_span(&manifest), &digest);
	row->manifest = arena_copy(arena, buf_span(&manifest));
	/* SUIT_Digest: [-16, bstr .size 32] */
	memcpy(row->manifest_digest.bytes, digest.p + digest.n - SHA256_SIZE, SHA256_SIZE);
	return STATUS_OK;
}

static void build_json(const struct json_manifest *m, struct arena *arena, struct release_row *row)
{
	AUTO(buf) json = {0};
	AUTO(buf) spec = {0};
	AUTO(buf) provenance = {0};

	json_manifest_put(m, &json);
	json_content_put(m->content, &spec);
	if (m->content->provenance)
		provenance_put(m->content->provenance, &provenance);
	row->json_manifest = arena_copy(arena, buf_span(&json));
	row->json_digest = sha256(row->json_manifest);
	row->spec = arena_strdup(arena, buf_cstr(&spec));
	row->provenance = provenance.n ? arena_strdup(arena, buf_cstr(&provenance)) : NULL;
}

static struct status build_row(const struct release_context *c,
    const struct release_product *product, const struct release_new *content, int64_t sequence,
    const struct release_actor *by, struct arena *arena, struct release_row *row, struct err *err)
{
	struct json_manifest m = {.product = product, .content = content, .sequence = sequence};

	uuid_vendor(product->vendor_domain, m.vendor_id);
	uuid_class(m.vendor_id, product->model, content->channel, m.class_id);
	*row = (struct release_row){.product_id = product->id,
	    .product = product->name,
	    .channel = content->channel,
	    .version = content->version,
	    .sequence = sequence,
	    .class_id = arena_copy(arena, SPAN_OF(m.class_id)),
	    .created_at = c->now,
	    .created_by = by->name,
	    .created_person = person_beside(by),
	    .state = "draft",
	    .revision = 1};
	build_json(&m, arena, row);
	return build_suit(&m, arena, row, err);
}

/* ---- the same again ---- */

/* The stored text is canonical, and quotes within its strings are escaped: a member is found by its
 * octets, whole, since a number may begin with another. */
static bool has_member(const char *spec, const char *member)
{
	const char *at = strstr(spec, member);

	return at && (at[strlen(member)] == ',' || at[strlen(member)] == '}');
}

static const char *differing_member(const struct release_row *row, const struct release_new *n)
{
	for (const char *const *m = json_content_members; *m; m++) {
		AUTO(buf) want = {0};
		AUTO(buf) name = {0};

		json_content_member(n, *m, &want);
		buf_printf(&name, "\"%s\":", *m);
		if (want.n ? !has_member(row->spec, buf_cstr(&want))
			   : strstr(row->spec, buf_cstr(&name)) != NULL)
			return *m;
	}
	return NULL;
}

/* Another run of the same commit says the same. */
static struct status same_provenance(const struct release_row *row,
    const struct release_new *content, struct arena *arena, bool *ret_same, struct err *err)
{
	struct provenance old, new;
	AUTO(buf) a = {0};
	AUTO(buf) b = {0};

	*ret_same = !row->provenance && !content->provenance;
	if (!row->provenance || !content->provenance)
		return STATUS_OK;
	TRY(provenance_read(row->provenance, arena, &old, err));
	new = *content->provenance;
	old.run = new.run = NULL;
	provenance_put(&old, &a);
	provenance_put(&new, &b);
	*ret_same = span_equal(buf_span(&a), buf_span(&b));
	return STATUS_OK;
}

static struct status check_same(const struct release_row *row, const struct release_new *content,
    const struct release_actor *by, struct arena *arena, struct err *err)
{
	const char *member = differing_member(row, content);
	bool same;

	if (strcmp(row->created_by, by->name) != 0)
		return REFUSE(err, RELEASE_EXISTS,
		    "version %s of '%.63s' on '%.63s' is release %" PRId64 " of '%.63s'",
		    row->version, row->product, row->channel, row->id, row->created_by);
	if (!member) {
		TRY(same_provenance(row, content, arena, &same, err));
		if (same)
			return STATUS_OK;
		member = "provenance";
	}
	return REFUSE(err, RELEASE_EXISTS,
	    "version %s of '%.63s' on '%.63s' is release %" PRId64 " with other %s", row->version,
	    row->product, row->channel, row->id, member);
}

/* ---- creating ---- */

static struct status judge(const struct release_context *c, const struct release_product *product,
    const struct release_new *content, const struct release_actor *by, struct err *err)
{
	const struct channel *channel;

	TRY(release_channel(c, product->name, content->channel, &channel, err));
	if (!product->vendor_domain)
		return REFUSE(
		    err, RELEASE_VENDOR, "product '%.63s' has no vendor_domain", product->name);
	TRY(release_content_check(channel, content, err));
	TRY(release_requester(channel, by, err));
	return provenance_judge(channel, content->provenance, err);
}

static struct status add(const struct release_context *c, struct release_row *row, struct err *err)
{
	const struct release_step step = {
	    .step = "created", .at = c->now, .who = row->created_by, .person = row->created_person};
	AUTO(buf) record = {0};
	AUTO(log_line) line = {0};

	release_step_record(row, &step, &record);
	TRY(release_line(c, "release.created", buf_span(&record), &line, err));
	return release_add(c->db, row, &line, &row->id, err);
}

static struct status make(const struct release_context *c, const struct release_product *product,
    const struct release_new *content, const struct release_actor *by, int64_t sequence,
    struct arena *arena, struct release_row *row, bool *ret_made, struct err *err)
{
	TRY(build_row(c, product, content, sequence, by, arena, row, err));
	TRY(add(c, row, err));
	*ret_made = row->id != 0;
	if (*ret_made)
		return STATUS_OK;
	/* Somebody was quicker with this version: it may be the same. */
	return release_find(
	    c->db, product->id, content->channel, content->version, arena, row, err);
}

struct status release_create(const struct release_context *c, const struct release_product *product,
    const struct release_new *content, const struct release_actor *by, struct arena *arena,
    struct release_row *ret_row, bool *ret_made, struct err *err)
{
	struct release_look look;
	struct release_row row;
	bool made = false;

	TRY(judge(c, product, content, by, err));
	TRY(release_look(c->db, product->id, content->channel, content->version,
	    content->supersedes, arena, &look, err));
	row = look.same;
	if (row.id == 0) {
		if (content->supersedes && !look.superseded_there)
			return REFUSE(err, RELEASE_SUPERSEDES,
			    "'%.63s' has no release %" PRId64 " on channel '%.63s'", product->name,
			    content->supersedes, content->channel);
		TRY(make(c, product, content, by, look.sequence, arena, &row, &made, err));
	}
	if (!made)
		TRY(check_same(&row, content, by, arena, err));
	*ret_row = row;
	*ret_made = made;
	return STATUS_OK;
}

/* ---- waiting for approvals ---- */

struct status release_requested(const struct release_context *c, int64_t release_id,
    int64_t request_id, const struct release_actor *by, struct err *err)
{
	AUTO(arena) arena = {0};
	const struct release_actor asking = {by->name, by->person, request_id};
	const struct release_change change = {
	    .step = "requested", .state = "requested", .request_id = request_id};
	struct release_row row;
	int64_t step;

	TRY(release_get(c->db, release_id, &arena, &row, err));
	if (row.request_id == request_id &&
	    (strcmp(row.state, "requested") == 0 || strcmp(row.state, "approved") == 0))
		return STATUS_OK;
	if (strcmp(row.state, "draft") != 0)
		return REFUSE(err, RELEASE_STATE, "release %" PRId64 " is %s%s", release_id,
		    row.state, row.request_id ? ", by another request" : "");
	return release_step_make(c, &row, &change, &asking, &step, err);
}
