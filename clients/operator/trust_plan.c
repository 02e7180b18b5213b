/* clients/operator/trust_plan.c: see trust_plan.h: from YAML to a payload. */
#include "clients/operator/trust_plan.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "clients/operator/public_key.h"
#include "clients/operator/reason.h"
#include "signing/format/note.h"
#include "signing/format/trust_build.h"

struct plan_key {
	char *name, *file, *public_key, *algorithm;
};
struct plan_grant {
	struct str_list keys, channels;
	int64_t signatures, from, to, approvals;
	bool may_recall;
};
struct plan_signers {
	int64_t threshold;
	struct map_list keys;
};
struct plan {
	char *product, *vendor_domain, *vendor_id, *log;
	int64_t version, created;
	struct map_list keys, grants;
	struct str_list revoked;
	struct plan_signers signers;
};

/* ---- what the document may say ---- */

#define AT(member) .offset = offsetof(struct plan_key, member)
static const struct field key_fields[] = {
    {.name = "name", .type = FIELD_STR, AT(name), .required = true, .min = 1, .max = 100},
    {.name = "file", .type = FIELD_STR, AT(file), .max = 4096},
    {.name = "public_key", .type = FIELD_STR, AT(public_key), .max = PUBLIC_KEY_FILE_MAX},
    {.name = "algorithm", .type = FIELD_STR, AT(algorithm), .max = 20},
    {0},
};
#undef AT
#define AT(member) .offset = offsetof(struct plan_grant, member)
static const struct field grant_fields[] = {
    {.name = "keys", .type = FIELD_STR_LIST, AT(keys), .required = true, .min = 1},
    {.name = "signatures", .type = FIELD_INT, AT(signatures), .standard = "1", .min = 1, .max = 8},
    {.name = "channels", .type = FIELD_STR_LIST, AT(channels), .required = true, .min = 1},
    {.name = "from", .type = FIELD_INT, AT(from), .standard = "1"},
    {.name = "to", .type = FIELD_INT, AT(to), .standard = "0"},
    {.name = "approvals", .type = FIELD_INT, AT(approvals), .standard = "0", .max = 32},
    {.name = "may_recall", .type = FIELD_BOOL, AT(may_recall), .standard = "false"},
    {0},
};
#undef AT
#define AT(member) .offset = offsetof(struct plan_signers, member)
static const struct field signer_fields[] = {
    {.name = "threshold", .type = FIELD_INT, AT(threshold), .required = true, .min = 1, .max = 8},
    {.name = "keys",
	.type = FIELD_MAP_LIST,
	AT(keys),
	.required = true,
	.min = 1,
	.max = TRUST_NEXT_MAX,
	.sub = key_fields,
	.sub_size = sizeof(struct plan_key)},
    {0},
};
#undef AT
#define AT(member) .offset = offsetof(struct plan, member)
static const struct field plan_fields[] = {
    {.name = "product", .type = FIELD_STR, AT(product), .required = true, .min = 1, .max = 128},
    {.name = "vendor_domain", .type = FIELD_STR, AT(vendor_domain), .max = 253},
    {.name = "vendor_id", .type = FIELD_STR, AT(vendor_id), .max = 36},
    {.name = "version", .type = FIELD_INT, AT(version), .required = true, .min = 1},
    {.name = "keys",
	.type = FIELD_MAP_LIST,
	AT(keys),
	.required = true,
	.min = 1,
	.max = TRUST_KEYS_MAX,
	.sub = key_fields,
	.sub_size = sizeof(struct plan_key)},
    {.name = "grants",
	.type = FIELD_MAP_LIST,
	AT(grants),
	.required = true,
	.min = 1,
	.max = TRUST_GRANTS_MAX,
	.sub = grant_fields,
	.sub_size = sizeof(struct plan_grant)},
    {.name = "revoked", .type = FIELD_STR_LIST, AT(revoked)},
    {.name = "signers", .type = FIELD_MAP, AT(signers), .required = true, .sub = signer_fields},
    {.name = "log", .type = FIELD_STR, AT(log), .max = 2048},
    {.name = "created", .type = FIELD_TIME, AT(created)},
    {0},
};
#undef AT

/* ---- keys ---- */

/* Keys with their names; what names of other places are looked up in. */
struct named_keys {
	size_t count;
	const struct plan_key *plans;
	struct cose_key_owned *owned;
	struct cose_key *keys;
};

static void named_keys_auto(struct named_keys *n)
{
	for (size_t i = 0; i < n->count; i++)
		cose_key_owned_free(&n->owned[i]);
	free(n->owned);
	free(n->keys);
}

struct making {
	const char *file;
	const struct plan *plan;
	struct arena arena;
	struct named_keys keys, signers;
	struct trust_build_grant grants[TRUST_GRANTS_MAX];
	struct vkey log;
};

static void making_auto(struct making *m)
{
	named_keys_auto(&m->keys);
	named_keys_auto(&m->signers);
	arena_free(&m->arena);
}

static char *beside(struct making *m, const char *name)
{
	char *copy = arena_strdup(&m->arena, m->file);

	if (*name == '/' || strcmp(m->file, "-") == 0)
		return arena_strdup(&m->arena, name);
	return arena_printf(&m->arena, "%s/%s", dirname(copy), name);
}

/* ES256 and ESP256 are two names of one thing; a key may be entered under either. */
static struct status rename_algorithm(
    const struct plan_key *plan, struct cose_key_owned *key, struct err *err)
{
	int wanted = plan->algorithm ? cose_algorithm_by_name(plan->algorithm) : key->algorithm;

	if (!wanted || !cose_algorithm_fits(key->algorithm, wanted))
		return err_refuse(err, WHY(TRUST_PLAN), "key '%s' is one of %s, not of %s",
		    plan->name, cose_algorithm_name(key->algorithm), plan->algorithm);
	key->algorithm = wanted;
	return STATUS_OK;
}

static struct status take_key(
    struct making *m, const struct plan_key *plan, struct cose_key_owned *ret_key, struct err *err)
{
	if (!plan->file == !plan->public_key)
		return err_refuse(err, WHY(TRUST_PLAN),
		    "key '%s' needs a file or public_key, one of them", plan->name);
	if (plan->file)
		TRY(public_key_read(beside(m, plan->file), ret_key, err));
	else
		TRY(public_key_take(span_str(plan->public_key), plan->name, ret_key, err));
	return rename_algorithm(plan, ret_key, err);
}

static struct status take_keys(
    struct making *m, const struct map_list *plans, struct named_keys *ret_keys, struct err *err)
{
	ret_keys->plans = plans->items;
	ret_keys->owned = mem_array(plans->count, sizeof(*ret_keys->owned));
	ret_keys->keys = mem_array(plans->count, sizeof(*ret_keys->keys));
	for (size_t i = 0; i < plans->count; i++) {
		for (size_t k = 0; k < i; k++)
			if (strcmp(ret_keys->plans[k].name, ret_keys->plans[i].name) == 0)
				return err_refuse(err, WHY(TRUST_PLAN), "there are two keys '%s'",
				    ret_keys->plans[i].name);
		ret_keys->count = i + 1; /* what a refused key has is freed, too */
		TRY(take_key(m, &ret_keys->plans[i], &ret_keys->owned[i], err));
		ret_keys->keys[i] = cose_key_of(&ret_keys->owned[i]);
	}
	return STATUS_OK;
}

/* A key's name, or its kid in hex. */
static struct status kid_of(
    struct making *m, const char *name, struct span *ret_kid, struct err *err)
{
	AUTO(buf) kid = {0};
	struct err why = {0};

	for (size_t i = 0; i < m->keys.count; i++)
		if (strcmp(m->keys.plans[i].name, name) == 0) {
			*ret_kid = m->keys.keys[i].kid;
			return STATUS_OK;
		}
	if (!hex_decode(span_str(name), &kid, &why).ok || kid.n != COSE_KID_SIZE)
		return err_refuse(err, WHY(TRUST_PLAN),
		    "'%s' is neither the name of a key nor a kid of 64 hex digits", name);
	*ret_kid = arena_copy(&m->arena, buf_span(&kid));
	return STATUS_OK;
}

static struct status kids_of(
    struct making *m, const struct str_list *names, struct span **ret_kids, struct err *err)
{
	*ret_kids = arena_alloc(&m->arena, (names->count + 1) * sizeof(**ret_kids));
	for (size_t i = 0; i < names->count; i++)
		TRY(kid_of(m, names->items[i], *ret_kids + i, err));
	return STATUS_OK;
}

/* ---- the rest ---- */

static struct status take_grant(struct making *m, const struct plan_grant *plan,
    struct trust_build_grant *ret_grant, struct err *err)
{
	struct span *kids = NULL;
	struct span *channels =
	    arena_alloc(&m->arena, (plan->channels.count + 1) * sizeof(*channels));

	TRY(kids_of(m, &plan->keys, &kids, err));
	for (size_t i = 0; i < plan->channels.count; i++)
		channels[i] = span_str(plan->channels.items[i]);
	*ret_grant = (struct trust_build_grant){
	    .kid_count = plan->keys.count,
	    .channel_count = plan->channels.count,
	    .kids = kids,
	    .channels = channels,
	    .signers = (uint32_t)plan->signatures,
	    .first = (uint64_t)plan->from,
	    .last = plan->to ? (uint64_t)plan->to : UINT64_MAX,
	    .approvals = (uint32_t)plan->approvals,
	    .may_recall = plan->may_recall,
	};
	return STATUS_OK;
}

/* "2f0c1a4e-....": hex digits with hyphens between. */
static struct status take_uuid(
    const char *text, uint8_t ret_uuid[static UUID_SIZE], struct err *err)
{
	AUTO(buf) digits = {0}, bytes = {0};
	struct err why = {0};

	for (const char *p = text; *p; p++)
		if (*p != '-')
			buf_put_byte(&digits, (uint8_t)*p);
	if (!hex_decode(buf_span(&digits), &bytes, &why).ok || bytes.n != UUID_SIZE)
		return err_refuse(err, WHY(TRUST_PLAN), "vendor_id: '%s' is no UUID", text);
	memcpy(ret_uuid, bytes.p, UUID_SIZE);
	return STATUS_OK;
}

static struct status take_vendor(
    const struct plan *plan, uint8_t ret_uuid[static UUID_SIZE], struct err *err)
{
	uint8_t of_domain[UUID_SIZE];

	if (!plan->vendor_domain && !plan->vendor_id)
		return err_refuse(err, WHY(TRUST_PLAN), "needs vendor_domain, or vendor_id");
	if (plan->vendor_id)
		TRY(take_uuid(plan->vendor_id, ret_uuid, err));
	if (!plan->vendor_domain)
		return STATUS_OK;
	uuid_vendor(plan->vendor_domain, of_domain);
	if (plan->vendor_id && memcmp(of_domain, ret_uuid, UUID_SIZE) != 0)
		return err_refuse(
		    err, WHY(TRUST_PLAN), "vendor_id is not that of '%s'", plan->vendor_domain);
	memcpy(ret_uuid, of_domain, UUID_SIZE);
	return STATUS_OK;
}

static struct status take_log(struct making *m, struct trust_build *build, struct err *err)
{
	struct err why = {0};

	if (!m->plan->log)
		return STATUS_OK;
	if (!vkey_parse(span_str(m->plan->log), &m->log, &why).ok)
		return err_refuse(err, WHY(TRUST_PLAN), "log: %s", why.message);
	if (m->log.type != VKEY_ED25519)
		return err_refuse(err, WHY(TRUST_PLAN), "log: this key is no Ed25519 key of a log");
	build->log_origin = span_str(m->log.name);
	build->log_key = SPAN_OF(m->log.key);
	return STATUS_OK;
}

static struct status build(struct making *m, int64_t now, struct buf *ret_payload, struct err *err)
{
	const struct plan *plan = m->plan;
	const struct plan_grant *grants = plan->grants.items;
	struct span *revoked = NULL;
	struct trust_build b = {.product = span_str(plan->product),
	    .version = (uint64_t)plan->version,
	    .created = (uint64_t)(plan->created ? plan->created : now),
	    .next_threshold = (uint32_t)plan->signers.threshold};
	struct err why = {0};

	TRY(take_vendor(plan, b.vendor_id, err));
	TRY(take_keys(m, &plan->keys, &m->keys, err));
	TRY(take_keys(m, &plan->signers.keys, &m->signers, err));
	for (size_t i = 0; i < plan->grants.count; i++)
		TRY(take_grant(m, &grants[i], &m->grants[i], err));
	TRY(kids_of(m, &plan->revoked, &revoked, err));
	TRY(take_log(m, &b, err));
	b.keys = m->keys.keys;
	b.key_count = m->keys.count;
	b.next = m->signers.keys;
	b.next_count = m->signers.count;
	b.grants = m->grants;
	b.grant_count = plan->grants.count;
	b.revoked = revoked;
	b.revoked_count = plan->revoked.count;
	if (!trust_build_payload(&b, ret_payload, &why).ok)
		return err_refuse(err, WHY(TRUST_PLAN), "%s", why.message);
	return STATUS_OK;
}

static struct status read_plan(const char *file, struct span text, struct doc_file *documents,
    struct arena *arena, struct plan *ret_plan, struct err *err)
{
	struct err why = {0};

	if (doc_parse(file, text, documents, &why).ok) {
		if (documents->count != 1)
			return err_refuse(err, WHY(TRUST_PLAN),
			    "%s: one document is wanted, not %zu", file, documents->count);
		if (doc_bind(file, documents->documents[0], plan_fields, ret_plan, arena, &why).ok)
			return STATUS_OK;
	}
	return err_refuse(err, WHY(TRUST_PLAN), "%s", why.message);
}

struct status trust_plan_build(
    const char *file, struct span text, int64_t now, struct buf *ret_payload, struct err *err)
{
	AUTO(doc_file) documents = {0};
	AUTO(making) m = {.file = file};
	struct plan plan = {0};

	TRY(read_plan(file, text, &documents, &m.arena, &plan, err));
	m.plan = &plan;
	return build(&m, now, ret_payload, err);
}
