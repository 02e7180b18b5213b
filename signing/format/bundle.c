#include "signing/format/bundle.h"

#define BUNDLE_NAME     "signet-bundle"
#define BUNDLE_FORMAT_1 1

enum bundle_member {
	BUNDLE_NAMED,
	BUNDLE_VERSION,
	BUNDLE_ENVELOPE,
	BUNDLE_CERTIFICATES,
	BUNDLE_ENTRY,
	BUNDLE_SALT,
	BUNDLE_RECORD,
	BUNDLE_PROOF,
	BUNDLE_MEMBERS,
};

enum refusal release_bundle_read(struct span file, struct release_bundle *ret_bundle)
{
	struct release_bundle b = {.certificate_count = 0};
	struct cbor_in in = cbor_in(file);

	if (file.n > BUNDLE_SIZE_MAX)
		return REFUSAL_BUNDLE_SIZE;
	cbor_in_file(&in, BUNDLE_MEMBERS, SPAN_LITERAL(BUNDLE_NAME), REFUSAL_BUNDLE_FORMAT);
	cbor_in_this_key(&in, BUNDLE_VERSION);
	if (cbor_in_uint(&in) != BUNDLE_FORMAT_1)
		cbor_in_refuse(&in, REFUSAL_BUNDLE_FORMAT);
	cbor_in_this_key(&in, BUNDLE_ENVELOPE);
	b.envelope = cbor_in_bytes(&in);
	cbor_in_this_key(&in, BUNDLE_CERTIFICATES);
	b.certificate_count = cbor_in_array(&in, 0, BUNDLE_CERTIFICATES_MAX);
	for (size_t i = 0; i < b.certificate_count; i++)
		b.certificates[i] = cbor_in_bytes(&in);
	cbor_in_this_key(&in, BUNDLE_ENTRY);
	b.entry = cbor_in_bytes(&in);
	cbor_in_this_key(&in, BUNDLE_SALT);
	b.salt = cbor_in_bytes_of(&in, BUNDLE_SALT_SIZE);
	cbor_in_this_key(&in, BUNDLE_RECORD);
	b.record = cbor_in_bytes(&in);
	cbor_in_this_key(&in, BUNDLE_PROOF);
	b.proof = cbor_in_text(&in);
	REFUSE_IF(cbor_in_end(&in));
	*ret_bundle = b;
	return REFUSAL_NONE;
}

static void put_bytes(struct buf *out, enum bundle_member key, struct span bytes)
{
	cbor_put_uint(out, key);
	cbor_put_bytes(out, bytes);
}

void release_bundle_put(const struct release_bundle *bundle, struct buf *out)
{
	cbor_put_head(out, CBOR_TAG, CBOR_TAG_SELF);
	cbor_put_head(out, CBOR_MAP, BUNDLE_MEMBERS);
	cbor_put_uint(out, BUNDLE_NAMED);
	cbor_put_text(out, BUNDLE_NAME);
	cbor_put_uint(out, BUNDLE_VERSION);
	cbor_put_uint(out, BUNDLE_FORMAT_1);
	put_bytes(out, BUNDLE_ENVELOPE, bundle->envelope);
	cbor_put_uint(out, BUNDLE_CERTIFICATES);
	cbor_put_head(out, CBOR_ARRAY, bundle->certificate_count);
	for (size_t i = 0; i < bundle->certificate_count; i++)
		cbor_put_bytes(out, bundle->certificates[i]);
	put_bytes(out, BUNDLE_ENTRY, bundle->entry);
	put_bytes(out, BUNDLE_SALT, bundle->salt);
	put_bytes(out, BUNDLE_RECORD, bundle->record);
	cbor_put_uint(out, BUNDLE_PROOF);
	cbor_put_head(out, CBOR_TEXT, bundle->proof.n);
	buf_put(out, bundle->proof);
}
