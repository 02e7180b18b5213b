/* signing/release_log.c: see release_log.h. */
#include "signing/release_log.h"

#include <string.h>

#include "signing/format/cbor.h"
#include "signing/format/release_record.h"
#include "signing/release_internal.h"
#include "sql/recall.h"

#define RECORD_VERSION 1

static void put_text(struct buf *out, uint64_t member, const char *text)
{
	cbor_put_uint(out, member);
	cbor_put_text(out, text ? text : "");
}

static void put_number(struct buf *out, uint64_t member, int64_t number)
{
	cbor_put_uint(out, member);
	cbor_put_int(out, number);
}

static void put_bytes(struct buf *out, uint64_t member, struct span bytes)
{
	cbor_put_uint(out, member);
	cbor_put_bytes(out, bytes);
}

void release_step_record(
    const struct release_row *row, const struct release_step *step, struct buf *out)
{
	cbor_put_head(out, CBOR_MAP, 16);
	put_number(out, 1, RECORD_VERSION);
	put_text(out, 2, step->step);
	put_number(out, 3, step->at);
	put_text(out, 4, step->who);
	put_text(out, 5, step->person);
	put_number(out, 6, step->request_id);
	put_bytes(out, 7, step->digest);
	put_text(out, 8, row->product);
	put_text(out, 9, row->channel);
	put_text(out, 10, row->version);
	put_number(out, 11, row->sequence);
	put_bytes(out, 12, row->class_id);
	put_bytes(out, 13, SPAN_OF(row->manifest_digest.bytes));
	put_bytes(out, 14, SPAN_OF(row->json_digest.bytes));
	put_text(out, 15, row->spec);
	put_text(out, 16, row->provenance);
}

void trust_record(const struct trust_row *row, struct buf *out)
{
	cbor_put_head(out, CBOR_MAP, 8);
	put_number(out, 1, RECORD_VERSION);
	put_text(out, 2, row->product);
	put_number(out, 3, row->version);
	put_bytes(out, 4, SPAN_OF(row->sha256.bytes));
	put_number(out, 5, row->published_at);
	put_text(out, 6, row->published_by);
	put_text(out, 7, row->person);
	put_number(out, 8, row->request_id);
}

/* ---- for who audits ---- */

static bool is_sha256(struct span bytes, struct span digest)
{
	const struct digest d = sha256(bytes);

	return span_equal(SPAN_OF(d.bytes), digest);
}

static const char *row_fault(const struct release_row *row)
{
	AUTO(buf) digest = {0};

	suit_build_digest(row->manifest, &digest);
	if (!span_equal(span(digest.p + digest.n - SHA256_SIZE, SHA256_SIZE),
		SPAN_OF(row->manifest_digest.bytes)))
		return "manifest differs from its digest";
	if (!is_sha256(row->json_manifest, SPAN_OF(row->json_digest.bytes)))
		return "json_manifest differs from its digest";
	return NULL;
}

static const char *signed_fault(const struct release_row *row, const struct release_signature *g)
{
	struct release_record r;

	if (release_record_read(g->record, &r) != REFUSAL_NONE)
		return "its record cannot be read";
	if (!span_equal_str(r.product, row->product) || !span_equal_str(r.channel, row->channel) ||
	    !span_equal_str(r.version, row->version) || r.sequence != (uint64_t)row->sequence)
		return "the release differs from its record";
	if (!span_equal(r.manifest_digest, SPAN_OF(row->manifest_digest.bytes)) ||
	    !span_equal(r.json_digest, SPAN_OF(row->json_digest.bytes)))
		return "the manifest differs from the one that was signed";
	if (!is_sha256(g->chain, r.chain_digest))
		return "the chain differs from its record";
	if (r.signed_at != (uint64_t)g->signed_at)
		return "signed_at differs from its record";
	return NULL;
}

static struct status signed_again(struct db *db, const struct release_row *row, int64_t step_id,
    struct arena *arena, struct buf *out, const char **ret_fault, struct err *err)
{
	struct release_signature g;

	TRY(release_signature_get(db, row->id, arena, &g, err));
	buf_put(out, g.record);
	*ret_fault =
	    g.step_id == step_id ? signed_fault(row, &g) : "its signature is of another step";
	return STATUS_OK;
}

static struct status published_fault(struct db *db, const struct release_row *row,
    const struct release_step *step, struct arena *arena, const char **ret_fault, struct err *err)
{
	struct span bytes;
	struct digest stored;

	TRY(release_bundle_get(db, row->id, arena, &bytes, &stored, err));
	if (!is_sha256(bytes, step->digest) || !span_equal(SPAN_OF(stored.bytes), step->digest))
		*ret_fault = "the bundle differs from the one that was published";
	return STATUS_OK;
}

static struct status recalled_fault(struct db *db, const struct release_step *step,
    struct arena *arena, const char **ret_fault, struct err *err)
{
	struct recall_row list;

	TRY(recall_of_step(db, step->id, arena, &list, err));
	if (list.id == 0 || !is_sha256(list.bytes, step->digest))
		*ret_fault = "the recall list differs from the one that was made";
	return STATUS_OK;
}

static struct status step_fault(struct db *db, const struct release_row *row,
    const struct release_step *step, struct arena *arena, const char **ret_fault, struct err *err)
{
	*ret_fault = row_fault(row);
	if (!*ret_fault && strcmp(step->step, "published") == 0)
		return published_fault(db, row, step, arena, ret_fault, err);
	if (!*ret_fault && strcmp(step->step, "recalled") == 0)
		return recalled_fault(db, step, arena, ret_fault, err);
	return STATUS_OK;
}

struct status release_record_again(struct db *db, const char *kind, int64_t at, int64_t id,
    struct arena *arena, struct buf *out, const char **ret_fault, struct err *err)
{
	static const char prefix[] = "release.";
	struct release_step step;
	struct release_row row;
	const char *fault = NULL;

	TRY(release_step_get(db, id, arena, &step, &row, err));
	if (strcmp(step.step, "signed") == 0) {
		TRY(signed_again(db, &row, id, arena, out, &fault, err));
	} else {
		release_step_record(&row, &step, out);
		TRY(step_fault(db, &row, &step, arena, &fault, err));
	}
	if (strncmp(kind, prefix, strlen(prefix)) != 0 ||
	    strcmp(kind + strlen(prefix), step.step) != 0)
		fault = "step differs from the entry's kind";
	else if (step.at != at)
		fault = "at differs from the entry's time";
	*ret_fault = fault;
	return STATUS_OK;
}

struct status trust_record_again(struct db *db, int64_t at, int64_t id, struct arena *arena,
    struct buf *out, const char **ret_fault, struct err *err)
{
	struct trust_row row;

	TRY(trust_get(db, id, arena, &row, err));
	trust_record(&row, out);
	*ret_fault = NULL;
	if (!is_sha256(row.bytes, SPAN_OF(row.sha256.bytes)))
		*ret_fault = "its bytes differ from their digest";
	else if (row.published_at != at)
		*ret_fault = "published_at differs from the entry's time";
	return STATUS_OK;
}
