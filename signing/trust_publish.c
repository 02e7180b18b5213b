/* signing/trust_publish.c: see trust_publish.h. */
#include "signing/trust_publish.h"

#include <inttypes.h>
#include <string.h>

#include "signing/format/trust.h"
#include "signing/format/uuid.h"
#include "signing/release_internal.h"

static struct status read_statement(struct span file, struct trust *ret_trust, struct err *err)
{
	const enum refusal refusal = trust_read(file, ret_trust);

	if (refusal != REFUSAL_NONE)
		return REFUSE(
		    err, TRUST_FORM, "%s: %s", refusal_code(refusal), refusal_text(refusal));
	return STATUS_OK;
}

struct status trust_product(
    struct span file, struct arena *arena, const char **ret_product, struct err *err)
{
	struct trust trust;

	TRY(read_statement(file, &trust, err));
	*ret_product = arena_strndup(arena, (const char *)trust.product.p, trust.product.n);
	return STATUS_OK;
}

/* ---- what it would do ---- */

static void put_kid(struct buf *out, struct span kid)
{
	char hex[2 * COSE_KID_SIZE + 1];

	hex_text(span(kid.p, kid.n < COSE_KID_SIZE ? kid.n : COSE_KID_SIZE), hex);
	buf_printf(out, "%s%s", out->n ? " " : "", hex);
}

static void put_grant(size_t i, const struct trust_grant *g, struct json *j)
{
	AUTO(buf) text = {0};
	struct cbor_in channels = cbor_in(g->channels.items), kids = cbor_in(g->kids.items);
	char path[32];

	(void)snprintf(path, sizeof(path), "/grants/%zu", i);
	buf_printf(&text, "%" PRIu32 " of", g->signers);
	for (size_t k = 0; k < g->kids.count; k++)
		put_kid(&text, cbor_in_bytes(&kids));
	buf_put_str(&text, " on");
	for (size_t k = 0; k < g->channels.count; k++) {
		const struct span name = cbor_in_name(&channels);

		buf_printf(&text, " %.*s", SPAN_PRINT(name));
	}
	buf_printf(&text, ", from sequence %" PRIu64, g->first);
	if (g->last != UINT64_MAX)
		buf_printf(&text, " to %" PRIu64, g->last);
	buf_printf(
	    &text, ", %" PRIu32 " approvals%s", g->approvals, g->may_recall ? ", may recall" : "");
	release_difference(j, path, NULL, buf_cstr(&text));
}

static void put_grants(const struct trust *t, struct json *j)
{
	struct trust_grant grant;

	for (size_t i = 0; trust_grant(t, i, &grant); i++)
		put_grant(i, &grant, j);
}

static void put_signers(const struct trust *t, struct json *j)
{
	AUTO(buf) next = {0};
	AUTO(buf) revoked = {0};
	struct cbor_in kids = cbor_in(t->revoked.items);
	struct cose_key key;

	for (size_t i = 0; i < t->revoked.count; i++)
		put_kid(&revoked, cbor_in_bytes(&kids));
	if (revoked.n)
		release_difference(j, "/revoked", NULL, buf_cstr(&revoked));
	buf_printf(&next, "%" PRIu32 " of", t->next_threshold);
	for (size_t i = 0; trust_next_key(t, i, &key); i++)
		put_kid(&next, key.kid);
	release_difference(j, "/next", NULL, buf_cstr(&next));
}

static void put_version(const struct trust *t, const struct trust_row *in_force, struct json *j)
{
	char old[24], new[24];

	(void)snprintf(old, sizeof(old), "%" PRId64, in_force->version);
	(void)snprintf(new, sizeof(new), "%" PRIu64, t->version);
	release_difference(j, "/version", in_force->id ? old : NULL, new);
}

struct status trust_plan(const struct release_context *c, const struct release_product *product,
    struct span file, struct arena *arena, struct release_step_plan *ret_plan, struct err *err)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	struct trust trust;
	struct trust_row in_force;
	const struct digest digest = sha256(file);
	char hex[2 * SHA256_SIZE + 1];

	TRY(read_statement(file, &trust, err));
	TRY(trust_newest(c->db, product->id, arena, &in_force, err));
	hex_text(SPAN_OF(digest.bytes), hex);
	json_array_begin(&j, NULL);
	release_difference(&j, "/product", NULL, product->name);
	put_version(&trust, &in_force, &j);
	put_grants(&trust, &j);
	put_signers(&trust, &j);
	release_difference(&j, "/sha256", NULL, hex);
	json_array_end(&j);
	ret_plan->difference = arena_strdup(arena, buf_cstr(&text));
	ret_plan->digest = sha256(buf_span(&text));
	return STATUS_OK;
}

/* ---- taking it ---- */

static struct status judge_product(
    const struct release_product *product, const struct trust *t, struct err *err)
{
	uint8_t vendor_id[UUID_SIZE];

	if (!span_equal_str(t->product, product->name))
		return REFUSE(err, TRUST_FOR, "the statement is for '%.*s', not for '%.63s'",
		    SPAN_PRINT(t->product), product->name);
	if (!product->vendor_domain)
		return REFUSE(
		    err, TRUST_FOR, "product '%.63s' has no vendor_domain", product->name);
	uuid_vendor(product->vendor_domain, vendor_id);
	if (!span_equal(SPAN_OF(vendor_id), t->vendor_id))
		return REFUSE(err, TRUST_FOR, "the statement's vendor id is not that of %.128s",
		    product->vendor_domain);
	return STATUS_OK;
}

static struct status judge_version(
    const struct trust_row *in_force, const struct trust *t, struct err *err)
{
	if (t->version != (uint64_t)in_force->version + 1)
		return REFUSE(err, TRUST_VERSION,
		    "version %" PRIu64 " does not follow version %" PRId64 " of '%.*s'", t->version,
		    in_force->version, SPAN_PRINT(t->product));
	return STATUS_OK;
}

static struct status judge_quorum(
    const struct trust_row *in_force, const struct trust *t, struct err *err)
{
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	struct trust old;
	enum refusal refusal;

	if (in_force->id)
		TRY(read_statement(in_force->bytes, &old, err));
	refusal = trust_accept(&crypto, in_force->id ? &old : NULL, t);
	if (refusal != REFUSAL_NONE)
		return REFUSE(
		    err, TRUST_QUORUM, "%s: %s", refusal_code(refusal), refusal_text(refusal));
	return STATUS_OK;
}

static struct status store(const struct release_context *c, struct trust_row *row, struct err *err)
{
	AUTO(buf) record = {0};
	AUTO(log_line) line = {0};

	trust_record(row, &record);
	TRY(release_line(c, "trust.published", buf_span(&record), &line, err));
	return trust_add(c->db, row, &line, &row->id, err);
}

static struct status take(const struct release_context *c, const struct release_product *product,
    struct span file, const struct release_actor *by, const struct trust_row *in_force,
    struct trust_row *ret_row, struct err *err)
{
	struct trust trust;
	struct trust_row row = {.product_id = product->id,
	    .product = product->name,
	    .bytes = file,
	    .sha256 = sha256(file),
	    .size = (int64_t)file.n,
	    .published_at = c->now,
	    .published_by = by->name,
	    .person = by->person && strcmp(by->person, by->name) != 0 ? by->person : NULL,
	    .request_id = by->request_id};

	TRY(read_statement(file, &trust, err));
	TRY(judge_product(product, &trust, err));
	TRY(judge_version(in_force, &trust, err));
	TRY(judge_quorum(in_force, &trust, err));
	row.version = (int64_t)trust.version;
	TRY(store(c, &row, err));
	*ret_row = row;
	return STATUS_OK;
}

struct status trust_publish(const struct release_context *c, const struct release_product *product,
    struct span file, const struct release_actor *by, struct arena *arena,
    struct trust_row *ret_row, bool *ret_made, struct err *err)
{
	struct trust_row in_force;

	TRY(trust_newest(c->db, product->id, arena, &in_force, err));
	*ret_made = in_force.id == 0 || !span_equal(in_force.bytes, file);
	if (*ret_made)
		return take(c, product, file, by, &in_force, ret_row, err);
	*ret_row = in_force;
	return STATUS_OK;
}
