#include "signing/format/suit.h"

#define TAG_ENVELOPE 107

enum envelope_key {
	ENVELOPE_DELEGATION = 1,
	ENVELOPE_AUTHENTICATION = 2,
	ENVELOPE_MANIFEST = 3,
};

enum manifest_key {
	MANIFEST_VERSION = 1,
	MANIFEST_SEQUENCE = 2,
	MANIFEST_COMMON = 3,
	MANIFEST_REFERENCE = 4,
};

enum extension {
	EXTENSION_COMPONENT_ID = 5,
	EXTENSION_SET_VERSION = 6,
	EXTENSION_COSWID = 14,
	EXTENSION_DEPENDENCIES = 15,
	EXTENSION_CANDIDATE = 18,
	EXTENSION_UNINSTALL = 24,
};

enum common_key {
	COMMON_COMPONENTS = 2,
	COMMON_SHARED = 4,
};

/* A bstr with its head, which the digests of manifest and severed elements cover. */
struct wrapped {
	struct span whole, body; /* body.p NULL: not there */
};

struct envelope {
	struct span authentication;
	struct wrapped manifest;
	struct wrapped severed[SUIT_ELEMENTS];
	struct suit_digest digest;
	struct span signatures;
	size_t signature_count;
};

enum place {
	PLACE_VALIDATE,
	PLACE_LOAD,
	PLACE_INVOKE,
	PLACE_PAYLOAD_FETCH,
	PLACE_INSTALL,
	PLACE_TEXT,
};

/* ---- digests -------------------------------------------------------------------------------- */

void suit_in_digest(struct cbor_in *in, struct suit_digest *ret_digest)
{
	const uint8_t *start = in->rest.p;
	size_t size;

	cbor_in_array(in, 2, 2);
	ret_digest->algorithm = cbor_in_int(in);
	cbor_take_string(in, CBOR_BYTES, &ret_digest->bytes);
	ret_digest->whole = span(start, (size_t)(in->rest.p - start));
	size = ret_digest->algorithm == COSE_SHA256   ? 32
	       : ret_digest->algorithm == COSE_SHA384 ? 48
	       : ret_digest->algorithm == COSE_SHA512 ? 64
						      : 0;
	if (size == 0 || ret_digest->bytes.n != size)
		cbor_in_refuse(in, REFUSAL_SUIT_ALGORITHM);
}

enum refusal suit_digest_check(const struct boot_crypto *crypto, const struct suit_digest *digest,
    const struct span *parts, size_t count)
{
	uint8_t computed[CRYPTO_DIGEST_MAX];
	size_t n = 0;

	if (!crypto->hash_start(crypto->context, digest->algorithm))
		return REFUSAL_SUIT_ALGORITHM;
	for (size_t i = 0; i < count; i++)
		if (!crypto->hash_more(crypto->context, parts[i].p, parts[i].n))
			return REFUSAL_SUIT_DIGEST;
	if (!crypto->hash_end(crypto->context, computed, &n) ||
	    !bytes_equal(span(computed, n), digest->bytes))
		return REFUSAL_SUIT_DIGEST;
	return REFUSAL_NONE;
}

/* ---- envelope ------------------------------------------------------------------------------- */

static void in_wrapped(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct wrapped *wrapped = cbor_place(object, field);
	const uint8_t *start = in->rest.p;

	cbor_take_string(in, CBOR_BYTES, &wrapped->body);
	wrapped->whole = span(start, (size_t)(in->rest.p - start));
}

static void in_delegation(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	(void)object;
	(void)field;
	cbor_in_refuse(in, REFUSAL_SUIT_DELEGATION);
}

#define AT(member) offsetof(struct envelope, member)
static const struct cbor_field envelope_fields[] = {
    {in_delegation, 0, ENVELOPE_DELEGATION, false},
    {cbor_field_bytes, AT(authentication), ENVELOPE_AUTHENTICATION, true},
    {in_wrapped, AT(manifest), ENVELOPE_MANIFEST, true},
    {in_wrapped, AT(severed[PLACE_PAYLOAD_FETCH]), SUIT_PAYLOAD_FETCH, false},
    {in_wrapped, AT(severed[PLACE_INSTALL]), SUIT_INSTALL, false},
    {in_wrapped, AT(severed[PLACE_TEXT]), SUIT_TEXT, false},
};
#undef AT
/* Text strings as keys would be integrated payloads. */
CBOR_SHAPE(envelope_shape, envelope_fields, SUIT_ELEMENT);

/* [bstr SUIT_Digest, * bstr COSE_Sign1] */
static enum refusal read_authentication(struct envelope *e)
{
	struct cbor_in in = cbor_in(e->authentication), digest;

	e->signature_count = cbor_in_array(&in, 1, 1 + COSE_SIGNATURES_MAX) - 1;
	digest = cbor_in(cbor_in_bytes(&in));
	e->signatures = in.rest;
	if (in.refusal != REFUSAL_NONE)
		return in.refusal;
	suit_in_digest(&digest, &e->digest);
	return cbor_in_end(&digest);
}

static enum refusal read_envelope(struct span bytes, bool tagged, struct envelope *e)
{
	struct cbor_in in = cbor_in(bytes);

	memset(e, 0, sizeof(*e));
	if (bytes.n > SUIT_ENVELOPE_MAX)
		return REFUSAL_SUIT_SIZE;
	if (tagged)
		cbor_in_tag(&in, TAG_ENVELOPE);
	if (in.refusal == REFUSAL_CBOR_TYPE)
		return REFUSAL_SUIT_TAG;
	cbor_in_fields(&in, &envelope_shape, e);
	REFUSE_IF(cbor_in_end(&in));
	return read_authentication(e);
}

/* ---- manifest ------------------------------------------------------------------------------- */

/* SUIT_Components: arrays of octet strings. */
static void in_components(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct suit_manifest *m = object;
	const uint8_t *start;

	(void)field;
	m->component_count = cbor_in_array(in, 1, SUIT_COMPONENTS_MAX);
	start = in->rest.p;
	for (size_t i = 0; i < m->component_count; i++)
		for (size_t n = cbor_in_array(in, 1, CBOR_DEPTH_MAX); n; n--)
			cbor_in_bytes(in);
	m->components = span(start, (size_t)(in->rest.p - start));
}

/* Pairs of a command's number and its argument. */
static enum refusal check_sequence(struct span commands)
{
	struct cbor_in in = cbor_in(commands);
	size_t n = cbor_in_array(&in, 2, (size_t)2 * SUIT_COMMANDS_MAX);

	if (n % 2)
		cbor_in_refuse(&in, REFUSAL_CBOR_COUNT);
	for (; n > 1; n -= 2) {
		cbor_in_int(&in);
		cbor_in_item(&in);
	}
	return cbor_in_end(&in);
}

/* What is wrapped in an octet string is read within it, and refused as if it stood here. */
static void in_wrapped_refusal(struct cbor_in *in, enum refusal refusal)
{
	if (refusal != REFUSAL_NONE)
		cbor_in_refuse(in, refusal);
}

static void in_sequence(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct span commands = cbor_in_bytes(in);

	if (in->refusal == REFUSAL_NONE)
		in_wrapped_refusal(in, check_sequence(commands));
	*(struct span *)cbor_place(object, field) = commands;
}

#define AT(member) offsetof(struct suit_manifest, member)
static const struct cbor_field common_fields[] = {
    {in_components, 0, COMMON_COMPONENTS, true},
    {in_sequence, AT(shared), COMMON_SHARED, false},
};
/* Dependencies: an extension that changes what the rest means. */
CBOR_SHAPE(common_shape, common_fields, SUIT_UNSUPPORTED);

static void in_common(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct span common = cbor_in_bytes(in);

	(void)field;
	if (in->refusal == REFUSAL_NONE)
		in_wrapped_refusal(in, cbor_read_fields(common, &common_shape, object));
}

/* A sequence or text, or the digest of a severed one. */
static void in_severable(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct suit_manifest *m = object;
	struct suit_digest digest;

	if (cbor_in_peek(in) == CBOR_ARRAY) {
		suit_in_digest(in, &digest);
		m->severed[((struct span *)cbor_place(object, field)) - m->elements] = digest.whole;
	} else if (field->key == SUIT_TEXT) {
		cbor_field_bytes(in, object, field);
	} else {
		in_sequence(in, object, field);
	}
}

static void in_extension(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct suit_manifest *m = object;

	cbor_in_item(in);
	if (m->extension == 0)
		m->extension = field->key;
}

static const struct cbor_field manifest_fields[] = {
    {cbor_field_version, 0, MANIFEST_VERSION, true},
    {cbor_field_uint, AT(sequence), MANIFEST_SEQUENCE, true},
    {in_common, 0, MANIFEST_COMMON, true},
    {cbor_field_text, AT(reference_uri), MANIFEST_REFERENCE, false},
    {in_extension, 0, EXTENSION_COMPONENT_ID, false},
    {in_extension, 0, EXTENSION_SET_VERSION, false},
    {in_sequence, AT(elements[PLACE_VALIDATE]), SUIT_VALIDATE, false},
    {in_sequence, AT(elements[PLACE_LOAD]), SUIT_LOAD, false},
    {in_sequence, AT(elements[PLACE_INVOKE]), SUIT_INVOKE, false},
    {in_extension, 0, EXTENSION_COSWID, false},
    {in_extension, 0, EXTENSION_DEPENDENCIES, false},
    {in_severable, AT(elements[PLACE_PAYLOAD_FETCH]), SUIT_PAYLOAD_FETCH, false},
    {in_extension, 0, EXTENSION_CANDIDATE, false},
    {in_severable, AT(elements[PLACE_INSTALL]), SUIT_INSTALL, false},
    {in_severable, AT(elements[PLACE_TEXT]), SUIT_TEXT, false},
    {in_extension, 0, EXTENSION_UNINSTALL, false},
};
#undef AT
CBOR_SHAPE(manifest_shape, manifest_fields, SUIT_ELEMENT);

enum refusal suit_manifest_read(struct span manifest, struct suit_manifest *ret_manifest)
{
	memset(ret_manifest, 0, sizeof(*ret_manifest));
	return cbor_read_fields(manifest, &manifest_shape, ret_manifest);
}

struct span suit_manifest_element(
    const struct suit_manifest *m, enum suit_element element, bool *ret_away)
{
	static const uint8_t keys[SUIT_ELEMENTS] = {
	    SUIT_VALIDATE, SUIT_LOAD, SUIT_INVOKE, SUIT_PAYLOAD_FETCH, SUIT_INSTALL, SUIT_TEXT};
	size_t i = SUIT_ELEMENTS - 1;

	while (i && keys[i] != element)
		i--;
	*ret_away = m->severed[i].p && !m->elements[i].p;
	return m->elements[i];
}

struct span suit_component_name(const struct suit_manifest *m, size_t i)
{
	struct cbor_in in = cbor_in(m->components);
	struct span name = SPAN_NONE;

	for (size_t at = 0; at < m->component_count && at <= i; at++) {
		size_t parts = cbor_in_array(&in, 1, CBOR_DEPTH_MAX);
		bool wanted = at == i && parts == 1;

		for (; parts; parts--)
			name = cbor_in_bytes(&in);
		if (!wanted)
			name = SPAN_NONE;
	}
	return name;
}

/* ---- all of it ------------------------------------------------------------------------------ */

/* Put severed elements in their place. What no digest names is bound by nothing. */
static enum refusal take_severed(
    const struct boot_crypto *crypto, const struct envelope *e, struct suit_manifest *m)
{
	for (size_t i = PLACE_PAYLOAD_FETCH; i < SUIT_ELEMENTS; i++) {
		const struct wrapped *severed = &e->severed[i];
		struct cbor_in in = cbor_in(m->severed[i]);
		struct suit_digest digest;

		if (!severed->body.p)
			continue;
		if (!in.rest.p)
			return REFUSAL_SUIT_SEVERED;
		suit_in_digest(&in, &digest);
		REFUSE_IF(suit_digest_check(crypto, &digest, &severed->whole, 1));
		if (i != PLACE_TEXT)
			REFUSE_IF(check_sequence(severed->body));
		m->elements[i] = severed->body;
	}
	return REFUSAL_NONE;
}

/* Structure and digest; no signature is looked at. */
static enum refusal open_envelope(const struct boot_crypto *crypto, struct span bytes, bool tagged,
    struct envelope *e, struct suit *suit)
{
	REFUSE_IF(read_envelope(bytes, tagged, e));
	suit->digest = e->digest;
	suit->manifest = e->manifest.body;
	suit->signers.count = 0;
	/* The digest covers the manifest's bstr with its head. */
	return suit_digest_check(crypto, &e->digest, &e->manifest.whole, 1);
}

static enum refusal open_manifest(
    const struct boot_crypto *crypto, const struct envelope *e, struct suit *suit)
{
	REFUSE_IF(suit_manifest_read(suit->manifest, &suit->m));
	return take_severed(crypto, e, &suit->m);
}

static enum refusal verify(const struct boot_crypto *crypto, const struct cose_keys *keys,
    struct span bytes, bool tagged, struct suit *suit)
{
	struct envelope e;

	REFUSE_IF(open_envelope(crypto, bytes, tagged, &e, suit));
	/* The payload is SUIT_Digest without the bstr around it. */
	REFUSE_IF(cose_verify_all(crypto, keys, e.signatures, e.signature_count, SPAN_NONE,
	    e.digest.whole, &suit->signers));
	return suit->signers.count ? open_manifest(crypto, &e, suit) : REFUSAL_SUIT_UNSIGNED;
}

enum refusal suit_verify(const struct boot_crypto *crypto, const struct cose_keys *keys,
    struct span envelope, struct suit *ret_suit)
{
	return verify(crypto, keys, envelope, true, ret_suit);
}

enum refusal suit_verify_untagged(const struct boot_crypto *crypto, const struct cose_keys *keys,
    struct span envelope, struct suit *ret_suit)
{
	return verify(crypto, keys, envelope, false, ret_suit);
}

enum refusal suit_read_known(const struct boot_crypto *crypto, struct span known,
    struct span envelope, struct suit *ret_suit)
{
	struct envelope e;

	REFUSE_IF(open_envelope(crypto, envelope, true, &e, ret_suit));
	if (!bytes_equal(e.digest.bytes, known))
		return REFUSAL_SUIT_DIGEST;
	return open_manifest(crypto, &e, ret_suit);
}
