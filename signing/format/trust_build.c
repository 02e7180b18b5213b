#include "signing/format/trust_build.h"

#include <stdlib.h>
#include <string.h>

/* ---- order ---------------------------------------------------------------------------------- */

static int by_octets(const void *a, const void *b)
{
	const struct span *one = a, *other = b;
	size_t n = one->n < other->n ? one->n : other->n;
	int order = n ? memcmp(one->p, other->p, n) : 0;

	return order ? order : (one->n > other->n) - (one->n < other->n);
}

static int by_kid(const void *a, const void *b)
{
	const struct cose_key *one = a, *other = b;

	return by_octets(&one->kid, &other->kid);
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* A sorted copy, in the arena. */
static void *sorted(struct arena *arena, const void *rows, size_t count, size_t size,
    int (*order)(const void *, const void *))
{
	void *copy = arena_alloc(arena, count * size);

	if (count) {
		memcpy(copy, rows, count * size);
		qsort(copy, count, size, order);
	}
	return copy;
}

/* ---- parts ---------------------------------------------------------------------------------- */

static void put_null(struct buf *out)
{
	cbor_put_head(out, CBOR_SIMPLE, CBOR_SIMPLE_NULL);
}

static void put_text(struct buf *out, struct span text)
{
	cbor_put_head(out, CBOR_TEXT, text.n);
	buf_put(out, text);
}

static void put_ids(struct buf *out, struct arena *arena, const struct span *ids, size_t count)
{
	const struct span *rows = sorted(arena, ids, count, sizeof(*ids), by_octets);

	cbor_put_head(out, CBOR_ARRAY, count);
	for (size_t i = 0; i < count; i++)
		cbor_put_bytes(out, rows[i]);
}

static void put_keys(
    struct buf *out, struct arena *arena, const struct cose_key *keys, size_t count)
{
	const struct cose_key *rows = sorted(arena, keys, count, sizeof(*keys), by_kid);

	cbor_put_head(out, CBOR_ARRAY, count);
	for (size_t i = 0; i < count; i++) {
		cbor_put_head(out, CBOR_ARRAY, 3);
		cbor_put_bytes(out, rows[i].kid);
		cbor_put_int(out, rows[i].algorithm);
		cbor_put_bytes(out, rows[i].key);
	}
}

static void put_grant(struct buf *out, struct arena *arena, const struct trust_build_grant *g)
{
	bool open = g->last == UINT64_MAX;

	cbor_put_head(out, CBOR_MAP, open ? 6 : 7);
	cbor_put_uint(out, 0);
	put_ids(out, arena, g->kids, g->kid_count);
	cbor_put_uint(out, 1);
	cbor_put_uint(out, g->signers);
	cbor_put_uint(out, 2);
	cbor_put_head(out, CBOR_ARRAY, g->channel_count);
	for (size_t i = 0; i < g->channel_count; i++)
		put_text(out, g->channels[i]);
	cbor_put_uint(out, 3);
	cbor_put_uint(out, g->first);
	if (!open) {
		cbor_put_uint(out, 4);
		cbor_put_uint(out, g->last);
	}
	cbor_put_uint(out, 5);
	cbor_put_uint(out, g->approvals);
	cbor_put_uint(out, 6);
	cbor_put_head(out, CBOR_SIMPLE, g->may_recall ? CBOR_SIMPLE_TRUE : CBOR_SIMPLE_FALSE);
}

static void put_file(
    struct span name, struct span payload, const struct span *sign1s, size_t count, struct buf *out)
{
	cbor_put_head(out, CBOR_TAG, CBOR_TAG_SELF);
	cbor_put_head(out, CBOR_MAP, 3);
	cbor_put_uint(out, 0);
	put_text(out, name);
	cbor_put_uint(out, 1);
	cbor_put_bytes(out, payload);
	cbor_put_uint(out, 2);
	cbor_put_head(out, CBOR_ARRAY, count);
	for (size_t i = 0; i < count; i++)
		cbor_put_bytes(out, sign1s[i]);
}

static void put_signed(struct span name, struct span payload, const struct cose_made *made,
    size_t count, struct buf *out)
{
	struct span sign1s[COSE_SIGNATURES_MAX];
	AUTO(arena) arena = {0};

	for (size_t i = 0; i < count && i < COSE_SIGNATURES_MAX; i++) {
		AUTO(buf) sign1 = {0};

		cose_put_sign1(&made[i], &sign1);
		sign1s[i] = arena_copy(&arena, buf_span(&sign1));
	}
	put_file(name, payload, sign1s, count, out);
}

/* ---- trust statements ----------------------------------------------------------------------- */

static void put_trust(const struct trust_build *b, struct buf *out)
{
	AUTO(arena) arena = {0};

	cbor_put_head(out, CBOR_MAP, 10);
	cbor_put_uint(out, 0);
	cbor_put_uint(out, 1);
	cbor_put_uint(out, 1);
	put_text(out, b->product);
	cbor_put_uint(out, 2);
	cbor_put_uint(out, b->version);
	cbor_put_uint(out, 3);
	cbor_put_bytes(out, SPAN_OF(b->vendor_id));
	cbor_put_uint(out, 4);
	put_keys(out, &arena, b->keys, b->key_count);
	cbor_put_uint(out, 5);
	cbor_put_head(out, CBOR_ARRAY, b->grant_count);
	for (size_t i = 0; i < b->grant_count; i++)
		put_grant(out, &arena, &b->grants[i]);
	cbor_put_uint(out, 6);
	put_ids(out, &arena, b->revoked, b->revoked_count);
	cbor_put_uint(out, 7);
	cbor_put_head(out, CBOR_MAP, 2);
	cbor_put_uint(out, 0);
	cbor_put_uint(out, b->next_threshold);
	cbor_put_uint(out, 1);
	put_keys(out, &arena, b->next, b->next_count);
	cbor_put_uint(out, 8);
	if (b->log_origin.p) {
		cbor_put_head(out, CBOR_ARRAY, 2);
		put_text(out, b->log_origin);
		cbor_put_bytes(out, b->log_key);
	} else {
		put_null(out);
	}
	cbor_put_uint(out, 9);
	cbor_put_uint(out, b->created);
}

/* An octet string in place of a signature, so that readers judge the payload alone. */
static void put_unsigned(struct span name, struct span payload, struct buf *out)
{
	const struct span none = SPAN_LITERAL("");

	put_file(name, payload, &none, 1, out);
}

struct status trust_build_payload(const struct trust_build *build, struct buf *out, struct err *err)
{
	AUTO(buf) payload = {0};
	AUTO(buf) file = {0};
	struct trust trust;
	enum refusal refusal;

	put_trust(build, &payload);
	put_unsigned(TRUST_AAD, buf_span(&payload), &file);
	refusal = trust_read(buf_span(&file), &trust);
	if (refusal != REFUSAL_NONE)
		return err_set(err, ERR_INPUT, "trust statement: %s (%s)", refusal_text(refusal),
		    refusal_code(refusal));
	buf_put(out, buf_span(&payload));
	return STATUS_OK;
}

void trust_build_file(
    struct span payload, const struct cose_made *made, size_t count, struct buf *out)
{
	put_signed(TRUST_AAD, payload, made, count, out);
}

/* ---- recall lists --------------------------------------------------------------------------- */

static void put_recall(const struct recall_build *b, struct buf *out)
{
	AUTO(arena) arena = {0};
	const uint64_t *sequences =
	    sorted(&arena, b->sequences, b->sequence_count, sizeof(*b->sequences), by_number);

	cbor_put_head(out, CBOR_MAP, 9);
	cbor_put_uint(out, 0);
	cbor_put_uint(out, 1);
	cbor_put_uint(out, 1);
	put_text(out, b->product);
	cbor_put_uint(out, 2);
	put_text(out, b->channel);
	cbor_put_uint(out, 3);
	cbor_put_uint(out, b->number);
	cbor_put_uint(out, 4);
	cbor_put_head(out, CBOR_ARRAY, b->sequence_count);
	for (size_t i = 0; i < b->sequence_count; i++)
		cbor_put_uint(out, sequences[i]);
	cbor_put_uint(out, 5);
	if (b->has_successor)
		cbor_put_uint(out, b->successor);
	else
		put_null(out);
	cbor_put_uint(out, 6);
	if (b->successor_version.p)
		put_text(out, b->successor_version);
	else
		put_null(out);
	cbor_put_uint(out, 7);
	cbor_put_uint(out, b->created);
	cbor_put_uint(out, 8);
	cbor_put_bytes(out, SPAN_OF(b->class_id));
}

struct status recall_build_payload(
    const struct recall_build *build, struct buf *out, struct err *err)
{
	AUTO(buf) payload = {0};
	AUTO(buf) file = {0};
	struct recall recall;
	enum refusal refusal;

	put_recall(build, &payload);
	put_unsigned(RECALL_AAD, buf_span(&payload), &file);
	refusal = recall_read(buf_span(&file), &recall);
	if (refusal != REFUSAL_NONE)
		return err_set(err, ERR_INPUT, "recall list: %s (%s)", refusal_text(refusal),
		    refusal_code(refusal));
	buf_put(out, buf_span(&payload));
	return STATUS_OK;
}

void recall_build_file(
    struct span payload, const struct cose_made *made, size_t count, struct buf *out)
{
	put_signed(RECALL_AAD, payload, made, count, out);
}

/* ---- one signature more --------------------------------------------------------------------- */

/* Those that are there and are not by this key. */
static struct status keep_others(const struct trust_items *signatures, struct span kid,
    struct span *ret_kept, size_t *ret_count, struct err *err)
{
	struct cbor_in in = cbor_in(signatures->items);
	size_t kept = 0;

	for (size_t i = 0; i < signatures->count; i++) {
		struct span whole = cbor_in_bytes(&in);
		struct cbor_in one = cbor_in(whole);
		struct cose_sign1 sign1 = {.kid = SPAN_NONE};

		cose_in_sign1(&one, &sign1);
		if (cbor_in_end(&one) != REFUSAL_NONE)
			return err_set(
			    err, ERR_INPUT, "signature %zu: %s", i + 1, refusal_text(one.refusal));
		if (!span_equal(sign1.kid, kid))
			ret_kept[kept++] = whole;
	}
	*ret_count = kept;
	return STATUS_OK;
}

struct status signed_file_add(
    struct span file, const struct cose_made *made, struct buf *out, struct err *err)
{
	struct span sign1s[COSE_SIGNATURES_MAX + 1];
	struct signed_file read;
	AUTO(buf) own = {0};
	size_t count;

	if (signed_file_read(file, TRUST_AAD, REFUSAL_TRUST_FORMAT, &read) != REFUSAL_NONE &&
	    signed_file_read(file, RECALL_AAD, REFUSAL_RECALL_FORMAT, &read) != REFUSAL_NONE)
		return err_set(err, ERR_INPUT, "neither a trust statement nor a recall list");
	TRY(keep_others(&read.signatures, made->kid, sign1s, &count, err));
	if (count == COSE_SIGNATURES_MAX)
		return err_set(err, ERR_INPUT, "it has %d signatures, the most there may be",
		    COSE_SIGNATURES_MAX);
	cose_put_sign1(made, &own);
	sign1s[count++] = buf_span(&own);
	put_file(read.name, read.payload, sign1s, count, out);
	return STATUS_OK;
}
