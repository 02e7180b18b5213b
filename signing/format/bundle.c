#include "signing/format/bundle.h"

#include "signing/format/cbor_fields.h"

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

/* What is read, with the file's name in front. */
struct named {
	struct span name;
	struct release_bundle b;
};

static void in_certificates(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct named *named = object;

	(void)field;
	named->b.certificate_count = cbor_in_array(in, 0, BUNDLE_CERTIFICATES_MAX);
	for (size_t i = 0; i < named->b.certificate_count; i++)
		named->b.certificates[i] = cbor_in_bytes(in);
}

static void in_salt(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	cbor_take_exactly(in, BUNDLE_SALT_SIZE, cbor_place(object, field));
}

#define AT(member) offsetof(struct named, member)
static const struct cbor_field bundle_fields[] = {
    {cbor_field_text, AT(name), BUNDLE_NAMED, true},
    {cbor_field_version, 0, BUNDLE_VERSION, true},
    {cbor_field_bytes, AT(b.envelope), BUNDLE_ENVELOPE, true},
    {in_certificates, 0, BUNDLE_CERTIFICATES, true},
    {cbor_field_bytes, AT(b.entry), BUNDLE_ENTRY, true},
    {in_salt, AT(b.salt), BUNDLE_SALT, true},
    {cbor_field_bytes, AT(b.record), BUNDLE_RECORD, true},
    {cbor_field_text, AT(b.proof), BUNDLE_PROOF, true},
};
#undef AT
CBOR_SHAPE(bundle_shape, bundle_fields, CBOR_KEY);

enum refusal release_bundle_read(struct span file, struct release_bundle *ret_bundle)
{
	struct named named = {.name = SPAN_NONE};

	if (file.n > BUNDLE_SIZE_MAX)
		return REFUSAL_BUNDLE_SIZE;
	REFUSE_IF(cbor_read_file(
	    file, &bundle_shape, SPAN_LITERAL(BUNDLE_NAME), REFUSAL_BUNDLE_FORMAT, &named));
	*ret_bundle = named.b;
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
