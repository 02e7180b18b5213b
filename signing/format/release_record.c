#include "signing/format/release_record.h"

#define RECORD_FORMAT_1 1
#define DIGEST_SIZE     32

enum record_member {
	RECORD_VERSION = 1,
	RECORD_PRODUCT,
	RECORD_CHANNEL,
	RECORD_RELEASE,
	RECORD_SEQUENCE,
	RECORD_MANIFEST,
	RECORD_JSON,
	RECORD_KIDS,
	RECORD_CHAIN,
	RECORD_REQUEST,
	RECORD_APPROVALS,
	RECORD_REQUESTER,
	RECORD_PERSON,
	RECORD_SIGNED,
	RECORD_MEMBERS = RECORD_SIGNED,
};

/* ---- reading -------------------------------------------------------------------------------- */

static void in_digest(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	cbor_take_exactly(in, DIGEST_SIZE, cbor_place(object, field));
}

static void in_digest_or_null(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	if (!cbor_in_null(in))
		in_digest(in, object, field);
}

/* People and their roles have names in any script. */
static struct span in_words(struct cbor_in *in)
{
	struct span words = cbor_in_text(in);
	bool good = words.n > 0 && words.n <= RELEASE_RECORD_NAME_MAX;

	for (size_t i = 0; good && i < words.n; i++)
		good = words.p[i] >= ' ' && words.p[i] != 0x7f;
	if (!good)
		cbor_in_refuse(in, REFUSAL_CBOR_TEXT);
	return words;
}

static void in_person(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	*(struct span *)cbor_place(object, field) = in_words(in);
}

static void in_person_or_null(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	if (!cbor_in_null(in))
		in_person(in, object, field);
}

static void in_kids(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct release_record *r = object;
	struct cbor_in kids =
	    cbor_in(cbor_in_ids(in, 0, COSE_SIGNATURES_MAX, COSE_KID_SIZE, &r->kid_count));

	(void)field;
	for (size_t i = 0; i < r->kid_count && in->refusal == REFUSAL_NONE; i++)
		r->kids[i] = cbor_in_bytes(&kids);
}

static void in_approvals(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct release_record *r = object;

	(void)field;
	r->approval_count = cbor_in_array(in, 0, RELEASE_RECORD_APPROVALS_MAX);
	for (size_t i = 0; i < r->approval_count; i++) {
		cbor_in_array(in, 3, 3);
		r->approvals[i].approver = in_words(in);
		r->approvals[i].role = in_words(in);
		r->approvals[i].time = cbor_in_uint(in);
	}
}

#define AT(member) offsetof(struct release_record, member)
static const struct cbor_field record_fields[] = {
    {cbor_field_version, 0, RECORD_VERSION, true},
    {cbor_field_name, AT(product), RECORD_PRODUCT, true},
    {cbor_field_name, AT(channel), RECORD_CHANNEL, true},
    {cbor_field_name, AT(version), RECORD_RELEASE, true},
    {cbor_field_uint, AT(sequence), RECORD_SEQUENCE, true},
    {in_digest, AT(manifest_digest), RECORD_MANIFEST, true},
    {in_digest, AT(json_digest), RECORD_JSON, true},
    {in_kids, 0, RECORD_KIDS, true},
    {in_digest, AT(chain_digest), RECORD_CHAIN, true},
    {in_digest_or_null, AT(request_digest), RECORD_REQUEST, true},
    {in_approvals, 0, RECORD_APPROVALS, true},
    {in_person, AT(requester), RECORD_REQUESTER, true},
    {in_person_or_null, AT(person), RECORD_PERSON, true},
    {cbor_field_uint, AT(signed_at), RECORD_SIGNED, true},
};
#undef AT
CBOR_SHAPE(record_shape, record_fields, CBOR_KEY);

enum refusal release_record_read(struct span cbor, struct release_record *ret_record)
{
	struct release_record r = {.sequence = 0};

	if (cbor.n > RELEASE_RECORD_MAX)
		return REFUSAL_BUNDLE_SIZE;
	REFUSE_IF(cbor_read_fields(cbor, &record_shape, &r));
	*ret_record = r;
	return REFUSAL_NONE;
}

enum refusal release_record_judge(const struct release_record *record)
{
	for (size_t i = 0; i < record->approval_count; i++) {
		struct span approver = record->approvals[i].approver;

		if (bytes_equal(approver, record->requester) ||
		    bytes_equal(approver, record->person))
			return REFUSAL_BUNDLE_APPROVER;
		for (size_t other = 0; other < i; other++)
			if (bytes_equal(approver, record->approvals[other].approver))
				return REFUSAL_BUNDLE_APPROVER;
	}
	return REFUSAL_NONE;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void put_text(struct buf *out, struct span text)
{
	cbor_put_head(out, CBOR_TEXT, text.n);
	buf_put(out, text);
}

static void put_name(struct buf *out, enum record_member key, struct span name)
{
	cbor_put_uint(out, key);
	if (name.p)
		put_text(out, name);
	else
		cbor_put_head(out, CBOR_SIMPLE, CBOR_SIMPLE_NULL);
}

static void put_digest(struct buf *out, enum record_member key, struct span digest)
{
	cbor_put_uint(out, key);
	if (digest.p)
		cbor_put_bytes(out, digest);
	else
		cbor_put_head(out, CBOR_SIMPLE, CBOR_SIMPLE_NULL);
}

static void put_signers(const struct release_record *r, struct buf *out)
{
	put_digest(out, RECORD_MANIFEST, r->manifest_digest);
	put_digest(out, RECORD_JSON, r->json_digest);
	cbor_put_uint(out, RECORD_KIDS);
	cbor_put_head(out, CBOR_ARRAY, r->kid_count);
	for (size_t i = 0; i < r->kid_count; i++)
		cbor_put_bytes(out, r->kids[i]);
	put_digest(out, RECORD_CHAIN, r->chain_digest);
	put_digest(out, RECORD_REQUEST, r->request_digest);
	cbor_put_uint(out, RECORD_APPROVALS);
	cbor_put_head(out, CBOR_ARRAY, r->approval_count);
	for (size_t i = 0; i < r->approval_count; i++) {
		cbor_put_head(out, CBOR_ARRAY, 3);
		put_text(out, r->approvals[i].approver);
		put_text(out, r->approvals[i].role);
		cbor_put_uint(out, r->approvals[i].time);
	}
}

void release_record_put(const struct release_record *record, struct buf *out)
{
	cbor_put_head(out, CBOR_MAP, RECORD_MEMBERS);
	cbor_put_uint(out, RECORD_VERSION);
	cbor_put_uint(out, RECORD_FORMAT_1);
	put_name(out, RECORD_PRODUCT, record->product);
	put_name(out, RECORD_CHANNEL, record->channel);
	put_name(out, RECORD_RELEASE, record->version);
	cbor_put_uint(out, RECORD_SEQUENCE);
	cbor_put_uint(out, record->sequence);
	put_signers(record, out);
	put_name(out, RECORD_REQUESTER, record->requester);
	put_name(out, RECORD_PERSON, record->person);
	cbor_put_uint(out, RECORD_SIGNED);
	cbor_put_uint(out, record->signed_at);
}
