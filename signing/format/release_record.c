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

static struct span in_digest(struct cbor_in *in, enum record_member key)
{
	cbor_in_this_key(in, (int32_t)key);
	return cbor_in_bytes_of(in, DIGEST_SIZE);
}

static struct span in_name(struct cbor_in *in, enum record_member key)
{
	cbor_in_this_key(in, (int32_t)key);
	return cbor_in_name(in);
}

static void in_kids(struct cbor_in *in, struct release_record *r)
{
	struct cbor_in kids;

	cbor_in_this_key(in, RECORD_KIDS);
	kids = cbor_in(cbor_in_ids(in, 0, COSE_SIGNATURES_MAX, COSE_KID_SIZE, &r->kid_count));
	for (size_t i = 0; i < r->kid_count && in->refusal == REFUSAL_NONE; i++)
		r->kids[i] = cbor_in_bytes(&kids);
}

static void in_approvals(struct cbor_in *in, struct release_record *r)
{
	cbor_in_this_key(in, RECORD_APPROVALS);
	r->approval_count = cbor_in_array(in, 0, RELEASE_RECORD_APPROVALS_MAX);
	for (size_t i = 0; i < r->approval_count; i++) {
		cbor_in_array(in, 3, 3);
		r->approvals[i].approver = cbor_in_name(in);
		r->approvals[i].role = cbor_in_name(in);
		r->approvals[i].time = cbor_in_uint(in);
	}
}

static void in_signers(struct cbor_in *in, struct release_record *r)
{
	r->manifest_digest = in_digest(in, RECORD_MANIFEST);
	r->json_digest = in_digest(in, RECORD_JSON);
	in_kids(in, r);
	r->chain_digest = in_digest(in, RECORD_CHAIN);
	cbor_in_this_key(in, RECORD_REQUEST);
	if (!cbor_in_null(in))
		r->request_digest = cbor_in_bytes_of(in, DIGEST_SIZE);
	in_approvals(in, r);
}

enum refusal release_record_read(struct span cbor, struct release_record *ret_record)
{
	struct release_record r = {.sequence = 0};
	struct cbor_in in = cbor_in(cbor);

	if (cbor.n > RELEASE_RECORD_MAX)
		return REFUSAL_BUNDLE_SIZE;
	cbor_in_map(&in, RECORD_MEMBERS, RECORD_MEMBERS);
	cbor_in_this_key(&in, RECORD_VERSION);
	if (cbor_in_uint(&in) != RECORD_FORMAT_1)
		cbor_in_refuse(&in, REFUSAL_BUNDLE_FORMAT);
	r.product = in_name(&in, RECORD_PRODUCT);
	r.channel = in_name(&in, RECORD_CHANNEL);
	r.version = in_name(&in, RECORD_RELEASE);
	cbor_in_this_key(&in, RECORD_SEQUENCE);
	r.sequence = cbor_in_uint(&in);
	in_signers(&in, &r);
	r.requester = in_name(&in, RECORD_REQUESTER);
	cbor_in_this_key(&in, RECORD_PERSON);
	if (!cbor_in_null(&in))
		r.person = cbor_in_name(&in);
	cbor_in_this_key(&in, RECORD_SIGNED);
	r.signed_at = cbor_in_uint(&in);
	REFUSE_IF(cbor_in_end(&in));
	*ret_record = r;
	return REFUSAL_NONE;
}

enum refusal release_record_judge(const struct release_record *record)
{
	for (size_t i = 0; i < record->approval_count; i++) {
		struct span approver = record->approvals[i].approver;

		if (cbor_same(approver, record->requester) || cbor_same(approver, record->person))
			return REFUSAL_BUNDLE_APPROVER;
		for (size_t other = 0; other < i; other++)
			if (cbor_same(approver, record->approvals[other].approver))
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
