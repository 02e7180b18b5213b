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

enum common_key {
	COMMON_COMPONENTS = 2,
	COMMON_SHARED = 4,
};

/* A bstr with its head, which the digests of manifest and severed elements cover. */
struct wrapped {
	struct span whole, body;
};

/* What stands in the envelope beside the manifest, by place in `severable`. */
static const uint8_t severable[SUIT_SEVERABLE] = {SUIT_PAYLOAD_FETCH, SUIT_INSTALL, SUIT_TEXT};

struct envelope {
	struct suit_digest digest;
	struct span signatures;
	size_t signature_count;
	struct wrapped manifest;
	struct wrapped severed[SUIT_SEVERABLE];
};

static size_t severable_place(int32_t key)
{
	size_t i = 0;

	while (i < SUIT_SEVERABLE && severable[i] != key)
		i++;
	return i;
}

/* ---- digests -------------------------------------------------------------------------------- */

void suit_in_digest(struct cbor_in *in, struct suit_digest *ret_digest)
{
	const uint8_t *start = in->rest.p;
	size_t size;

	cbor_in_array(in, 2, 2);
	ret_digest->algorithm = cbor_in_int(in);
	ret_digest->bytes = cbor_in_bytes(in);
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
	    !cbor_same(span(computed, n), digest->bytes))
		return REFUSAL_SUIT_DIGEST;
	return REFUSAL_NONE;
}

/* ---- envelope ------------------------------------------------------------------------------- */

static struct wrapped in_wrapped(struct cbor_in *in)
{
	const uint8_t *start = in->rest.p;
	struct span body = cbor_in_bytes(in);

	return (struct wrapped){span(start, (size_t)(in->rest.p - start)), body};
}

/* [bstr SUIT_Digest, 1* bstr COSE_Sign1] */
static enum refusal read_authentication(struct span block, struct envelope *e)
{
	struct cbor_in in = cbor_in(block), digest;

	e->signature_count = cbor_in_array(&in, 1, 1 + COSE_SIGNATURES_MAX);
	digest = cbor_in(cbor_in_bytes(&in));
	e->signatures = in.rest;
	if (in.refusal != REFUSAL_NONE)
		return in.refusal;
	e->signature_count--;
	suit_in_digest(&digest, &e->digest);
	return cbor_in_end(&digest);
}

/* What is neither ours nor a severed element; a text string is an integrated payload's key. */
static void refuse_element(struct cbor_in *in, int32_t key)
{
	cbor_in_refuse(in, key == ENVELOPE_DELEGATION ? REFUSAL_SUIT_DELEGATION : REFUSAL_CBOR_KEY);
}

static enum refusal read_envelope(struct span bytes, bool tagged, struct envelope *ret)
{
	struct envelope e = {.signature_count = 0};
	struct cbor_in in = cbor_in(bytes);
	int32_t last = INT32_MIN;
	size_t pairs;
	struct span authentication = SPAN_NONE;

	if (bytes.n > SUIT_ENVELOPE_MAX)
		return REFUSAL_SUIT_SIZE;
	if (tagged)
		cbor_in_tag(&in, TAG_ENVELOPE);
	if (in.refusal == REFUSAL_CBOR_TYPE)
		in.refusal = REFUSAL_SUIT_TAG;
	for (pairs = cbor_in_map(&in, 2, 8); pairs; pairs--) {
		size_t place;
		int32_t key;

		if (cbor_in_peek(&in) == CBOR_TEXT)
			cbor_in_refuse(&in, REFUSAL_SUIT_INTEGRATED);
		key = cbor_in_key(&in, &last);
		place = severable_place(key);
		if (key == ENVELOPE_AUTHENTICATION)
			authentication = cbor_in_bytes(&in);
		else if (key == ENVELOPE_MANIFEST)
			e.manifest = in_wrapped(&in);
		else if (place < SUIT_SEVERABLE)
			e.severed[place] = in_wrapped(&in);
		else
			refuse_element(&in, key);
	}
	REFUSE_IF(cbor_in_end(&in));
	if (!authentication.p || !e.manifest.body.p)
		return REFUSAL_CBOR_MISSING;
	*ret = e;
	return read_authentication(authentication, ret);
}

/* ---- manifest ------------------------------------------------------------------------------- */

/* SUIT_Components: arrays of octet strings. */
static void read_components(struct cbor_in *in, struct suit_manifest *m)
{
	const uint8_t *start;

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

static enum refusal read_common(struct span common, struct suit_manifest *m)
{
	struct cbor_in in = cbor_in(common);
	int32_t last = INT32_MIN;

	for (size_t pairs = cbor_in_map(&in, 1, 4); pairs; pairs--) {
		int32_t key = cbor_in_key(&in, &last);

		if (key == COMMON_COMPONENTS)
			read_components(&in, m);
		else if (key == COMMON_SHARED)
			m->shared = cbor_in_bytes(&in);
		else /* dependencies: an extension that changes what the rest means */
			cbor_in_refuse(&in, REFUSAL_SUIT_UNSUPPORTED);
	}
	REFUSE_IF(cbor_in_end(&in));
	if (m->component_count == 0)
		return REFUSAL_CBOR_MISSING;
	return m->shared.p ? check_sequence(m->shared) : REFUSAL_NONE;
}

/* Where an element's contents go; NULL: not one of those. */
static struct span *element_place(struct suit_manifest *m, int32_t key)
{
	switch (key) {
	case SUIT_VALIDATE: return &m->validate;
	case SUIT_LOAD: return &m->load;
	case SUIT_INVOKE: return &m->invoke;
	case SUIT_PAYLOAD_FETCH: return &m->payload_fetch;
	case SUIT_INSTALL: return &m->install;
	case SUIT_TEXT: return &m->text;
	default: return NULL;
	}
}

/* Component id, set version, CoSWID, dependency resolution, candidate verification, uninstall. */
static bool is_extension(int32_t key)
{
	static const uint32_t extensions =
	    1u << 5 | 1u << 6 | 1u << 14 | 1u << 15 | 1u << 18 | 1u << 24;

	return key >= 0 && key < 32 && (extensions >> key & 1);
}

/* A sequence or text, or the digest of a severed one. */
static void read_element(struct cbor_in *in, struct suit_manifest *m, int32_t key)
{
	struct span *place = element_place(m, key);
	size_t severed = severable_place(key);
	enum refusal refusal = REFUSAL_NONE;

	if (severed < SUIT_SEVERABLE && cbor_in_peek(in) == CBOR_ARRAY) {
		struct suit_digest digest;

		suit_in_digest(in, &digest);
		m->severed[severed] = digest.whole;
		return;
	}
	*place = cbor_in_bytes(in);
	if (in->refusal == REFUSAL_NONE && key != SUIT_TEXT)
		refusal = check_sequence(*place);
	if (refusal != REFUSAL_NONE)
		cbor_in_refuse(in, refusal);
}

static void read_member(struct cbor_in *in, struct suit_manifest *m, int32_t key)
{
	enum refusal refusal = REFUSAL_NONE;

	if (key == MANIFEST_SEQUENCE)
		m->sequence = cbor_in_uint(in);
	else if (key == MANIFEST_COMMON)
		refusal = read_common(cbor_in_bytes(in), m);
	else if (key == MANIFEST_REFERENCE)
		m->reference_uri = cbor_in_text(in);
	else if (element_place(m, key))
		read_element(in, m, key);
	else if (is_extension(key) && cbor_in_item(in).p && m->extension == 0)
		m->extension = key;
	else if (!is_extension(key))
		refusal = REFUSAL_CBOR_KEY;
	if (refusal != REFUSAL_NONE)
		cbor_in_refuse(in, refusal);
}

enum refusal suit_manifest_read(struct span manifest, struct suit_manifest *ret_manifest)
{
	struct cbor_in in = cbor_in(manifest);
	int32_t last = INT32_MIN;
	size_t pairs = cbor_in_map(&in, 3, 16);

	memset(ret_manifest, 0, sizeof(*ret_manifest));
	/* Version, sequence number and common come first, and must be there. */
	for (int32_t expected = MANIFEST_VERSION; pairs; pairs--, expected++) {
		int32_t key = cbor_in_key(&in, &last);

		if (expected <= MANIFEST_COMMON && key != expected)
			cbor_in_refuse(&in, REFUSAL_CBOR_MISSING);
		if (in.refusal != REFUSAL_NONE)
			break;
		if (key != MANIFEST_VERSION)
			read_member(&in, ret_manifest, key);
		else if (cbor_in_uint(&in) != 1)
			cbor_in_refuse(&in, REFUSAL_SUIT_VERSION);
	}
	return cbor_in_end(&in);
}

struct span suit_manifest_element(
    const struct suit_manifest *m, enum suit_element element, bool *ret_away)
{
	struct suit_manifest *plain = (struct suit_manifest *)(uintptr_t)m;
	size_t severed = severable_place((int32_t)element);
	struct span *place = element_place(plain, (int32_t)element);

	*ret_away = severed < SUIT_SEVERABLE && m->severed[severed].p && !place->p;
	return *place;
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
	for (size_t i = 0; i < SUIT_SEVERABLE; i++) {
		const struct wrapped *severed = &e->severed[i];
		struct cbor_in in = cbor_in(m->severed[i]);
		struct suit_digest digest;

		if (!severed->body.p)
			continue;
		if (!in.rest.p)
			return REFUSAL_SUIT_SEVERED;
		suit_in_digest(&in, &digest);
		REFUSE_IF(suit_digest_check(crypto, &digest, &severed->whole, 1));
		if (severable[i] != SUIT_TEXT)
			REFUSE_IF(check_sequence(severed->body));
		*element_place(m, severable[i]) = severed->body;
	}
	return REFUSAL_NONE;
}

static enum refusal verify(const struct boot_crypto *crypto, const struct cose_keys *keys,
    struct span bytes, bool tagged, struct suit *ret_suit)
{
	struct envelope e;

	REFUSE_IF(read_envelope(bytes, tagged, &e));
	/* The digest covers the manifest's bstr with its head. */
	REFUSE_IF(suit_digest_check(crypto, &e.digest, &e.manifest.whole, 1));
	/* The payload is SUIT_Digest without the bstr around it. */
	REFUSE_IF(cose_verify_all(crypto, keys, e.signatures, e.signature_count, SPAN_NONE,
	    e.digest.whole, &ret_suit->signers));
	if (ret_suit->signers.count == 0)
		return REFUSAL_SUIT_UNSIGNED;
	ret_suit->digest = e.digest;
	ret_suit->manifest = e.manifest.body;
	REFUSE_IF(suit_manifest_read(e.manifest.body, &ret_suit->m));
	return take_severed(crypto, &e, &ret_suit->m);
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
