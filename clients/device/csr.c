/* clients/device/csr.c: see csr.h. */
#include "clients/device/csr.h"

#include <string.h>

#include "base/encode.h"
#include "clients/device/reason.h"

#define OID_CHALLENGE_PASSWORD "1.2.840.113549.1.9.7"
#define OID_EXTENSION_REQUEST  "1.2.840.113549.1.9.14"
#define OID_SUBJECT_ALT_NAME   "2.5.29.17"

/*
 * RFC 7030 section 3.5: the binding "is base64 encoded as specified in Section 4 of [RFC4648], and
 * the resulting string is placed in the certification request challenge-password field".
 * Base64 does not fit PrintableString's letters only by luck: "+", "/" and "=" are all in it.
 */
static void put_binding(struct buf *out, struct span binding)
{
	AUTO(buf) text = {0};
	size_t attribute = der_begin(out, DER_SEQUENCE), values;

	base64_encode(binding, &text);
	der_put_oid(out, OID_CHALLENGE_PASSWORD);
	values = der_begin(out, DER_SET);
	der_put(out, DER_PRINTABLE_STRING, buf_span(&text));
	der_end(out, values);
	der_end(out, attribute);
}

static void put_extensions(struct buf *out, struct span extensions)
{
	size_t attribute = der_begin(out, DER_SEQUENCE), values;

	der_put_oid(out, OID_EXTENSION_REQUEST);
	values = der_begin(out, DER_SET);
	buf_put(out, extensions);
	der_end(out, values);
	der_end(out, attribute);
}

/* SET OF in DER order: challengePassword (9.7) sorts before extensionRequest (9.14) when shorter.
 */
static void put_attributes(struct buf *out, const struct csr_wish *wish)
{
	AUTO(buf) binding = {0};
	AUTO(buf) extensions = {0};
	size_t mark = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0), n;
	bool swap;

	if (wish->binding.n)
		put_binding(&binding, wish->binding);
	if (wish->extensions.n)
		put_extensions(&extensions, wish->extensions);
	/* X.690 11.6: ascending order of the encodings, compared as octet strings. */
	n = binding.n < extensions.n ? binding.n : extensions.n;
	swap = n && memcmp(binding.p, extensions.p, n) > 0;
	buf_put(out, buf_span(swap ? &extensions : &binding));
	buf_put(out, buf_span(swap ? &binding : &extensions));
	der_end(out, mark);
}

struct status csr_make(const struct csr_wish *wish, struct buf *out, struct err *err)
{
	const struct signature_algorithm *a = wish->signature;
	AUTO(buf) info = {0};
	AUTO(buf) signature = {0};
	size_t mark = der_begin(&info, DER_SEQUENCE);

	if (!a)
		a = wish->key->algorithm->signature;
	der_put_uint(&info, 0);
	buf_put(&info, wish->subject);
	buf_put(&info, buf_span(&wish->key->spki));
	put_attributes(&info, wish);
	der_end(&info, mark);
	TRY(wish->key->ops->sign(wish->key, a, buf_span(&info), &signature, err));

	mark = der_begin(out, DER_SEQUENCE);
	buf_put(out, buf_span(&info));
	buf_put(out, a->identifier);
	der_put_bits(out, buf_span(&signature));
	der_end(out, mark);
	return STATUS_OK;
}

/* The value, whole, of the first part of this type in a Name. */
static bool name_value(struct span name, struct span oid, struct span *ret_value)
{
	struct span names, set, pair, type;

	if (!der_take(&name, DER_SEQUENCE, &names))
		return false;
	while (der_take(&names, DER_SET, &set))
		while (der_take(&set, DER_SEQUENCE, &pair))
			if (der_take(&pair, DER_OID, &type) && span_equal(type, oid)) {
				*ret_value = pair;
				return true;
			}
	return false;
}

/* One RelativeDistinguishedName; nothing is written where no part has a value. */
static void fill_rdn(struct span set, struct span own, struct buf *out)
{
	AUTO(buf) parts = {0};
	struct span pair, whole, oid;
	size_t mark;

	while (der_take_whole(&set, DER_SEQUENCE, &whole)) {
		pair = whole;
		if (!der_take(&pair, DER_SEQUENCE, &pair))
			continue;
		struct span value = pair;

		if (!der_take(&value, DER_OID, &oid) || (!value.n && !name_value(own, oid, &value)))
			continue;
		mark = der_begin(&parts, DER_SEQUENCE);
		der_put(&parts, DER_OID, oid);
		buf_put(&parts, value);
		der_end(&parts, mark);
	}
	if (parts.n)
		der_put(out, DER_SET, buf_span(&parts));
}

void csr_subject(struct span template_name, struct span own, struct buf *out)
{
	AUTO(buf) filled = {0};
	struct span names, set;

	if (der_take(&template_name, DER_SEQUENCE, &names))
		while (der_take(&names, DER_SET, &set))
			fill_rdn(set, own, &filled);
	if (filled.n)
		der_put(out, DER_SEQUENCE, buf_span(&filled));
	else
		buf_put(out, own);
}

static void put_san(struct buf *out, struct span san, bool critical)
{
	size_t mark = der_begin(out, DER_SEQUENCE);

	der_put_oid(out, OID_SUBJECT_ALT_NAME);
	if (critical)
		der_put_bool(out, true);
	der_put(out, DER_OCTET_STRING, san);
	der_end(out, mark);
}

void csr_san_extensions(struct span san, bool critical, struct buf *out)
{
	size_t mark = der_begin(out, DER_SEQUENCE);

	put_san(out, san, critical);
	der_end(out, mark);
}

void csr_extensions(struct span template_extensions, struct span own_san, struct buf *out)
{
	AUTO(buf) filled = {0};
	struct span list, whole, body, oid, value;
	bool critical;

	if (!der_take(&template_extensions, DER_SEQUENCE, &list))
		return;
	while (der_take_whole(&list, DER_SEQUENCE, &whole)) {
		char text[64];

		critical = false;
		body = whole;
		if (!der_take(&body, DER_SEQUENCE, &body) || !der_take(&body, DER_OID, &oid))
			continue;
		if (der_peek(body, DER_BOOLEAN) && !der_take_bool(&body, &critical))
			continue;
		der_oid_text(oid, text, sizeof(text));
		if (der_take(&body, DER_OCTET_STRING, &value))
			buf_put(&filled, whole);
		else if (own_san.n && strcmp(text, OID_SUBJECT_ALT_NAME) == 0)
			put_san(&filled, own_san, critical);
	}
	if (filled.n)
		der_put(out, DER_SEQUENCE, buf_span(&filled));
}
