/* signing/release_sign.c: what signing a release would do, and doing it; see release.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "signing/approval.h"
#include "signing/cms_write.h"
#include "signing/format/cbor.h"
#include "signing/format/release_record.h"
#include "signing/format/uuid.h"
#include "signing/jws_write.h"
#include "signing/release_internal.h"

#define PLAN_VERSION 1

/* ---- keys ---- */

static bool serves(const struct signing_key *k, const char *product)
{
	for (size_t i = 0; i < k->products.count; i++)
		if (strcmp(k->products.items[i], product) == 0)
			return true;
	return k->products.count == 0;
}

/* Documents are checked when they are applied, too: here once more, where it matters. */
static struct status judge_key(
    const struct channel *channel, const struct signing_key *k, struct err *err)
{
	static const char *const states[] = {"active", "retired", "revoked"};

	if (channel->production && k->test)
		return REFUSE(err, RELEASE_TEST_KEY,
		    "signing-key '%.63s' is a test key, channel '%.63s' is for production", k->name,
		    channel->name);
	if (k->state != SIGNING_KEY_ACTIVE)
		return REFUSE(
		    err, RELEASE_KEY_STATE, "signing-key '%.63s' is %s", k->name, states[k->state]);
	if (!serves(k, channel->product_name))
		return REFUSE(err, RELEASE_KEY_PRODUCT,
		    "signing-key '%.63s' does not sign for '%.63s'", k->name,
		    channel->product_name);
	return STATUS_OK;
}

struct status release_keys(const struct release_context *c, const struct channel *channel,
    struct release_plan *plan, struct err *err)
{
	for (size_t i = 0; i < channel->key_count; i++) {
		TRY(judge_key(channel, channel->keys[i], err));
		TRY(signer_open(c->signer, channel->keys[i], &plan->keys[i], err));
		plan->key_count++;
	}
	return STATUS_OK;
}

void release_plan_free(struct release_plan *p)
{
	for (size_t i = 0; i < p->key_count; i++)
		signer_key_free(p->keys[i]);
	p->key_count = 0;
}

/* ---- the plan ---- */

static bool has_format(const struct channel *channel, enum release_format format)
{
	return channel->formats >> format & 1;
}

static struct status judge_formats(const struct release_plan *plan, struct err *err)
{
	if (!has_format(plan->channel, RELEASE_CMS))
		return STATUS_OK;
	for (size_t i = 0; i < plan->key_count; i++)
		if (cms_takes(plan->keys[i]))
			return STATUS_OK;
	return REFUSE(
	    err, RELEASE_FORMAT, "no key of channel '%.63s' signs CMS", plan->channel->name);
}

/* Is it still for the class that product and channel stand for? */
static struct status judge_class(
    const struct release_product *product, const struct release_row *row, struct err *err)
{
	uint8_t vendor_id[UUID_SIZE], class_id[UUID_SIZE];

	if (!product->vendor_domain)
		return REFUSE(
		    err, RELEASE_VENDOR, "product '%.63s' has no vendor_domain", product->name);
	uuid_vendor(product->vendor_domain, vendor_id);
	uuid_class(vendor_id, product->model, row->channel, class_id);
	if (!span_equal(SPAN_OF(class_id), row->class_id))
		return REFUSE(err, RELEASE_VENDOR,
		    "vendor_domain or model of product '%.63s' changed since release %" PRId64
		    " was made",
		    product->name, row->id);
	return STATUS_OK;
}

static struct status judge_source(const struct channel *channel, const struct release_row *row,
    struct arena *arena, struct err *err)
{
	struct provenance p;

	if (!row->provenance)
		return provenance_judge(channel, NULL, err);
	TRY(provenance_read(row->provenance, arena, &p, err));
	return provenance_judge(channel, &p, err);
}

static void plan_digest(const struct release_row *row, struct release_plan *plan)
{
	AUTO(buf) all = {0};

	cbor_put_head(&all, CBOR_ARRAY, 5);
	cbor_put_uint(&all, PLAN_VERSION);
	cbor_put_bytes(&all, SPAN_OF(row->manifest_digest.bytes));
	cbor_put_bytes(&all, SPAN_OF(row->json_digest.bytes));
	cbor_put_uint(&all, plan->channel->formats);
	cbor_put_head(&all, CBOR_ARRAY, plan->key_count);
	for (size_t i = 0; i < plan->key_count; i++)
		cbor_put_bytes(&all, SPAN_OF(plan->keys[i]->kid));
	plan->digest = sha256(buf_span(&all));
}

void release_difference(struct json *j, const char *path, const char *old, const char *new)
{
	json_object_begin(j, NULL);
	json_str(j, "path", path);
	json_str(j, "old", old);
	json_str(j, "new", new);
	json_object_end(j);
}

/* Keys by the first half of their kids: enough for people to compare. */
static void put_keys(const struct release_plan *plan, struct json *j)
{
	for (size_t i = 0; i < plan->key_count; i++) {
		AUTO(buf) text = {0};
		char kid[2 * COSE_KID_SIZE + 1], path[96];

		hex_text(SPAN_OF(plan->keys[i]->kid), kid);
		buf_printf(&text, "%s %s", cose_algorithm_name(plan->keys[i]->algorithm), kid);
		(void)snprintf(path, sizeof(path), "/keys/%.63s", plan->channel->keys[i]->name);
		release_difference(j, path, NULL, buf_cstr(&text));
	}
}

static const char *const format_names[] = {"suit", "jws", "cms"};

/* What approvers read: the content as it was sent, and what will come of it. */
static const char *plan_difference(
    const struct release_row *row, const struct release_plan *plan, struct arena *arena)
{
	AUTO(buf) text = {0};
	AUTO(buf) formats = {0};
	struct json j = {.out = &text};
	char sequence[24], manifest[2 * SHA256_SIZE + 1], json[2 * SHA256_SIZE + 1];

	(void)snprintf(sequence, sizeof(sequence), "%" PRId64, row->sequence);
	hex_text(SPAN_OF(row->manifest_digest.bytes), manifest);
	hex_text(SPAN_OF(row->json_digest.bytes), json);
	for (size_t i = 0; i < COUNT(format_names); i++)
		if (plan->channel->formats >> i & 1)
			buf_printf(&formats, "%s%s", formats.n ? " " : "", format_names[i]);
	json_array_begin(&j, NULL);
	release_difference(&j, "/product", NULL, row->product);
	release_difference(&j, "/channel", NULL, row->channel);
	release_difference(&j, "/version", NULL, row->version);
	release_difference(&j, "/sequence", NULL, sequence);
	release_difference(&j, "/content", NULL, row->spec);
	release_difference(&j, "/provenance", NULL, row->provenance);
	release_difference(&j, "/formats", NULL, buf_cstr(&formats));
	put_keys(plan, &j);
	release_difference(&j, "/manifest_sha256", NULL, manifest);
	release_difference(&j, "/json_manifest_sha256", NULL, json);
	json_array_end(&j);
	return arena_strdup(arena, buf_cstr(&text));
}

static struct status fill_plan(const struct release_context *c,
    const struct release_product *product, const struct release_row *row,
    const struct release_actor *by, struct arena *arena, struct release_plan *plan, struct err *err)
{
	TRY(release_channel(c, row->product, row->channel, &plan->channel, err));
	TRY(judge_class(product, row, err));
	TRY(release_requester(plan->channel, by, err));
	TRY(judge_source(plan->channel, row, arena, err));
	TRY(release_keys(c, plan->channel, plan, err));
	TRY(judge_formats(plan, err));
	plan_digest(row, plan);
	plan->difference = plan_difference(row, plan, arena);
	return STATUS_OK;
}

struct status release_plan(const struct release_context *c, const struct release_product *product,
    const struct release_row *row, const struct release_actor *by, struct arena *arena,
    struct release_plan *ret_plan, struct err *err)
{
	struct release_plan plan = {0};

	if (!fill_plan(c, product, row, by, arena, &plan, err).ok) {
		release_plan_free(&plan);
		return STATUS_FAILED;
	}
	*ret_plan = plan;
	return STATUS_OK;
}

/* ---- evidence ---- */

struct release_evidence release_evidence_of(
    const struct access *access, const struct request_row *row, int64_t now, struct arena *arena)
{
	struct release_approver *list;
	size_t n = 0;

	if (!row)
		return (struct release_evidence){0};
	list = arena_alloc(arena, row->verdict_count * sizeof(*list));
	for (size_t i = 0; i < row->verdict_count; i++) {
		const char *role = approval_role(access, row, &row->verdicts[i], now);

		if (role)
			list[n++] = (struct release_approver){
			    row->verdicts[i].principal, role, row->verdicts[i].at};
	}
	return (struct release_evidence){&row->digest, list, n};
}

/* ---- the record ---- */

/* Names of outside identities may be longer, or in other letters, than a device takes. */
static struct span name_in_record(const char *name, struct arena *arena)
{
	char hex[2 * SHA256_SIZE + 1];
	struct digest d;
	size_t n = 0;

	if (!name)
		return SPAN_NONE;
	while (name[n] >= ' ' && name[n] <= '~')
		n++;
	if (name[n] == '\0' && n > 0 && n <= CBOR_NAME_MAX)
		return span_str(name);
	d = sha256(span_str(name));
	hex_text(SPAN_OF(d.bytes), hex);
	return span_str(arena_printf(arena, "sha256:%s", hex));
}

static int compare_kids(const void *a, const void *b)
{
	return memcmp(((const struct span *)a)->p, ((const struct span *)b)->p, COSE_KID_SIZE);
}

static struct status put_approvals(const struct release_evidence *e, struct arena *arena,
    struct release_record *r, struct err *err)
{
	if (e->approver_count > RELEASE_RECORD_APPROVALS_MAX)
		return err_set(err, ERR_INTERNAL, "%zu approvals are more than a record holds",
		    e->approver_count);
	for (size_t i = 0; i < e->approver_count; i++)
		r->approvals[i] =
		    (struct release_approval){name_in_record(e->approvers[i].name, arena),
			name_in_record(e->approvers[i].role, arena), (uint64_t)e->approvers[i].at};
	r->approval_count = e->approver_count;
	return STATUS_OK;
}

/* Everything that is signed by one act, in the making. */
struct signing {
	const struct release_context *c;
	const struct release_row *row;
	const struct release_plan *plan;
	const struct release_evidence *evidence;
	const struct release_actor *by;
	struct arena *arena;
	struct release_signature out;
};

static struct status make_record(struct signing *s, struct err *err)
{
	const struct release_row *row = s->row;
	const struct digest chain = sha256(s->out.chain);
	struct release_record read;
	struct release_record r = {.product = span_str(row->product),
	    .channel = span_str(row->channel),
	    .version = span_str(row->version),
	    .sequence = (uint64_t)row->sequence,
	    .manifest_digest = SPAN_OF(row->manifest_digest.bytes),
	    .json_digest = SPAN_OF(row->json_digest.bytes),
	    .chain_digest = SPAN_OF(chain.bytes),
	    .kid_count = s->plan->key_count,
	    .requester = name_in_record(s->by->name, s->arena),
	    .person = name_in_record(s->by->person, s->arena),
	    .signed_at = (uint64_t)s->c->now};
	AUTO(buf) record = {0};

	if (s->evidence->request_digest)
		r.request_digest = SPAN_OF(s->evidence->request_digest->bytes);
	for (size_t i = 0; i < r.kid_count; i++)
		r.kids[i] = SPAN_OF(s->plan->keys[i]->kid);
	qsort(r.kids, r.kid_count, sizeof(r.kids[0]), compare_kids);
	TRY(put_approvals(s->evidence, s->arena, &r, err));
	release_record_put(&r, &record);
	if (release_record_read(buf_span(&record), &read) != REFUSAL_NONE ||
	    release_record_judge(&read) != REFUSAL_NONE)
		return REFUSE(err, RELEASE_BUNDLE,
		    "the record of release %" PRId64 " would not be taken by devices", row->id);
	s->out.record = arena_copy(s->arena, buf_span(&record));
	return STATUS_OK;
}

/* ---- formats ---- */

/* Of the first key that has one: it informs, and authorises nothing. */
static void take_chain(struct signing *s)
{
	AUTO(buf) chain = {0};

	for (size_t i = 0; i < s->plan->key_count && chain.n == 0; i++)
		for (size_t j = 0; j < s->plan->keys[i]->chain_count; j++)
			buf_put(&chain, s->plan->keys[i]->chain[j]);
	s->out.chain = arena_copy(s->arena, buf_span(&chain));
	if (!s->out.chain.p)
		s->out.chain = SPAN_LITERAL("");
}

static struct status sign_suit(struct signing *s, struct err *err)
{
	struct cose_made made[CHANNEL_KEYS_MAX];
	AUTO(buf) digest = {0};
	AUTO(buf) envelope = {0};

	suit_build_digest(s->row->manifest, &digest);
	if (!span_equal(span(digest.p + digest.n - SHA256_SIZE, SHA256_SIZE),
		SPAN_OF(s->row->manifest_digest.bytes)))
		return REFUSE(err, RELEASE_BUNDLE,
		    "the stored manifest of release %" PRId64 " is not the one that was approved",
		    s->row->id);
	for (size_t i = 0; i < s->plan->key_count; i++) {
		AUTO(buf) room = {0};

		TRY(signer_cose(
		    s->plan->keys[i], SPAN_NONE, buf_span(&digest), &room, &made[i], err));
		made[i].signature = arena_copy(s->arena, made[i].signature);
	}
	suit_build_envelope(s->row->manifest, made, s->plan->key_count, &envelope);
	s->out.suit = arena_copy(s->arena, buf_span(&envelope));
	return STATUS_OK;
}

static struct status sign_json(struct signing *s, struct err *err)
{
	const struct release_plan *p = s->plan;
	const struct digest digest = sha256(s->row->json_manifest);
	AUTO(buf) jws = {0};
	AUTO(buf) cms = {0};

	if (memcmp(&digest, &s->row->json_digest, sizeof(digest)) != 0)
		return REFUSE(err, RELEASE_BUNDLE,
		    "the stored JSON manifest of release %" PRId64
		    " is not the one that was approved",
		    s->row->id);
	if (has_format(p->channel, RELEASE_JWS)) {
		TRY(jws_write(p->keys, p->key_count, s->row->json_manifest, &jws, err));
		s->out.jws = arena_copy(s->arena, buf_span(&jws));
	}
	if (has_format(p->channel, RELEASE_CMS)) {
		TRY(cms_write(p->keys, p->key_count, s->row->json_manifest, s->c->now, &cms, err));
		s->out.cms = arena_copy(s->arena, buf_span(&cms));
	}
	return STATUS_OK;
}

/* ---- all of it ---- */

static struct status store(struct signing *s, struct err *err)
{
	AUTO(log_line) line = {0};
	const struct release_actor *by = s->by;
	struct release_move move = {.release_id = s->row->id,
	    .revision = s->row->revision,
	    .state = "signed",
	    .request_id = by->request_id,
	    .step = {.step = "signed",
		.at = s->c->now,
		.who = by->name,
		.person = by->person && strcmp(by->person, by->name) != 0 ? by->person : NULL,
		.request_id = by->request_id},
	    .line = &line,
	    .signature = &s->out};
	int64_t step;

	TRY(release_line(s->c, RELEASE_RECORD_KIND, s->out.record, &line, err));
	return release_move(s->c->db, &move, &step, err);
}

static bool is_unsigned(const struct release_row *row)
{
	return strcmp(row->state, "draft") == 0 || strcmp(row->state, "requested") == 0 ||
	       strcmp(row->state, "approved") == 0;
}

struct status release_sign(const struct release_context *c, const struct release_row *row,
    const struct release_plan *plan, const struct release_evidence *evidence,
    const struct release_actor *by, struct arena *arena, struct release_row *ret_row,
    struct err *err)
{
	struct signing s = {.c = c,
	    .row = row,
	    .plan = plan,
	    .evidence = evidence,
	    .by = by,
	    .arena = arena,
	    .out = {.signed_at = c->now}};
	struct release_row after = *row;

	if (is_unsigned(row)) {
		take_chain(&s);
		TRY(make_record(&s, err));
		TRY(sign_suit(&s, err));
		TRY(sign_json(&s, err));
		TRY(store(&s, err));
		after.state = "signed";
		after.request_id = by->request_id;
		after.revision++;
	}
	*ret_row = after;
	return STATUS_OK;
}
