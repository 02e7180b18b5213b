#include "signing/format/cose.h"

#define TAG_SIGN1 18

enum header {
	HEADER_ALGORITHM = 1,
	HEADER_CRITICAL = 2,
	HEADER_KID = 4,
};

/* Algorithms come in pairs, the general and the fully specified one (RFC 9864); raw keys, raw
 * signatures: octets. */
static const struct kind {
	int8_t algorithm, other;
	uint16_t key, signature;
} kinds[] = {
    {COSE_ES256, COSE_ESP256, 65, 64},
    {COSE_ES384, COSE_ESP384, 97, 96},
    {COSE_EDDSA, COSE_ED25519, 32, 64},
    {COSE_ML_DSA_44, COSE_ML_DSA_44, 1312, 2420},
    {COSE_ML_DSA_65, COSE_ML_DSA_65, 1952, 3309},
    {COSE_ML_DSA_87, COSE_ML_DSA_87, 2592, 4627},
};

static const struct kind *kind_of(int algorithm)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].algorithm == algorithm || kinds[i].other == algorithm)
			return &kinds[i];
	return NULL;
}

bool cose_algorithm_fits(int key_algorithm, int algorithm)
{
	const struct kind *kind = kind_of(key_algorithm);

	return kind && kind == kind_of(algorithm);
}

enum refusal cose_key_check(const struct cose_key *key)
{
	const struct kind *kind = kind_of(key->algorithm);

	return kind && kind->key == key->key.n ? REFUSAL_NONE : REFUSAL_COSE_KEY;
}

/* ---- reading -------------------------------------------------------------------------------- */

static void in_algorithm(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	*(int *)cbor_place(object, field) = cbor_in_int(in);
}

static void in_kid(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct span kid = cbor_in_bytes(in);

	if (kid.n > COSE_KID_MAX)
		cbor_in_refuse(in, REFUSAL_COSE_HEADER);
	*(struct span *)cbor_place(object, field) = kid;
}

/* RFC 9052 3.1: what is critical and not understood "is treated as a fatal error". */
static void in_critical(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	(void)object;
	(void)field;
	cbor_in_refuse(in, REFUSAL_COSE_CRITICAL);
}

static const struct cbor_field header_fields[] = {
    {in_algorithm, offsetof(struct cose_sign1, algorithm), HEADER_ALGORITHM, true},
    {in_critical, 0, HEADER_CRITICAL, false},
    {in_kid, offsetof(struct cose_sign1, kid), HEADER_KID, false},
};
CBOR_SHAPE(header_shape, header_fields, COSE_HEADER);

void cose_in_sign1(struct cbor_in *in, struct cose_sign1 *ret_sign1)
{
	struct cose_sign1 sign1 = {.kid = SPAN_NONE};
	enum refusal refusal;

	cbor_in_tag(in, TAG_SIGN1);
	cbor_in_array(in, 4, 4);
	if (in->refusal == REFUSAL_CBOR_TYPE || in->refusal == REFUSAL_CBOR_COUNT)
		in->refusal = REFUSAL_COSE_TYPE;
	cbor_take_string(in, CBOR_BYTES, &sign1.protected);
	/* Nothing that is not signed is looked at, so nothing may stand there. */
	cbor_in_map(in, 0, 0);
	if (in->refusal == REFUSAL_CBOR_COUNT)
		in->refusal = REFUSAL_COSE_HEADER;
	if (!cbor_in_null(in))
		cbor_in_refuse(in, REFUSAL_COSE_TYPE);
	cbor_take_string(in, CBOR_BYTES, &sign1.signature);
	if (in->refusal != REFUSAL_NONE)
		return;
	refusal = cbor_read_fields(sign1.protected, &header_shape, &sign1);
	if (refusal != REFUSAL_NONE)
		cbor_in_refuse(in, refusal);
	*ret_sign1 = sign1;
}

/* ---- verifying ------------------------------------------------------------------------------ */

/* The head of an octet string, in up to five octets. */
static struct span bytes_head(size_t n, uint8_t head[static 5])
{
	size_t size = n < 24 ? 1 : n <= UINT8_MAX ? 2 : n <= UINT16_MAX ? 3 : 5;
	size_t value = n;

	for (size_t i = size; i > 1; i--) {
		head[i - 1] = (uint8_t)value;
		value >>= 8;
	}
	head[0] = (uint8_t)(CBOR_BYTES << 5 | (size == 1 ? n : size == 5 ? 26 : 22 + size));
	return span(head, size);
}

enum refusal cose_verify(const struct boot_crypto *crypto, const struct cose_sign1 *sign1,
    const struct cose_key *key, struct span external_aad, struct span payload)
{
	/* RFC 9052 4.4: context, body_protected, external_aad, payload */
	static const uint8_t start[] = "\x84\x6aSignature1";
	const struct kind *kind = kind_of(key->algorithm);
	uint8_t heads[3][5];
	const struct span parts[] = {
	    span(start, sizeof(start) - 1),
	    bytes_head(sign1->protected.n, heads[0]),
	    sign1->protected,
	    bytes_head(external_aad.n, heads[1]),
	    external_aad,
	    bytes_head(payload.n, heads[2]),
	    payload,
	};

	if (!kind || kind != kind_of(sign1->algorithm))
		return REFUSAL_COSE_ALGORITHM;
	if (kind->key != key->key.n)
		return REFUSAL_COSE_KEY;
	if (sign1->signature.n != kind->signature ||
	    !crypto->verify(
		crypto->context, sign1->algorithm, key->key, parts, COUNT(parts), sign1->signature))
		return REFUSAL_COSE_SIGNATURE;
	return REFUSAL_NONE;
}

bool cose_signed_by(const struct cose_signers *signers, struct span kid)
{
	for (size_t i = 0; i < signers->count; i++)
		if (bytes_equal(signers->kids[i], kid))
			return true;
	return false;
}

struct verifying {
	const struct boot_crypto *crypto;
	const struct cose_keys *keys;
	struct span external_aad, payload;
	struct cose_signers signers;
};

/* One signature against all keys. Unknown: not an error, and nobody has signed. */
static enum refusal verify_one(struct verifying *v, const struct cose_sign1 *sign1)
{
	struct cose_key key;

	for (size_t i = 0; v->keys->get(v->keys->context, i, &key); i++) {
		enum refusal refusal;

		if (sign1->kid.n ? !bytes_equal(sign1->kid, key.kid)
				 : !cose_algorithm_fits(key.algorithm, sign1->algorithm))
			continue;
		if (!v->crypto->has(v->crypto->context, key.algorithm))
			continue;
		refusal = cose_verify(v->crypto, sign1, &key, v->external_aad, v->payload);
		if (refusal == REFUSAL_NONE) {
			if (cose_signed_by(&v->signers, key.kid))
				return REFUSAL_COSE_TWICE;
			v->signers.kids[v->signers.count++] = key.kid;
			return REFUSAL_NONE;
		}
		if (sign1->kid.n)
			return refusal;
	}
	return REFUSAL_NONE;
}

enum refusal cose_verify_all(const struct boot_crypto *crypto, const struct cose_keys *keys,
    struct span signatures, size_t count, struct span external_aad, struct span payload,
    struct cose_signers *ret_signers)
{
	struct verifying v = {crypto, keys, external_aad, payload, {.count = 0}};
	struct cbor_in all = cbor_in(signatures);

	if (count > COSE_SIGNATURES_MAX)
		return REFUSAL_CBOR_COUNT;
	for (; count; count--) {
		struct cbor_in in = cbor_in(cbor_in_bytes(&all));
		struct cose_sign1 sign1 = {.algorithm = 0};

		if (all.refusal != REFUSAL_NONE)
			return all.refusal;
		cose_in_sign1(&in, &sign1);
		REFUSE_IF(cbor_in_end(&in));
		REFUSE_IF(verify_one(&v, &sign1));
	}
	*ret_signers = v.signers;
	return cbor_in_end(&all);
}
