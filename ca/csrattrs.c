/* ca/csrattrs.c: CsrAttrs, RFC 9908. */

#include "ca/csrattrs.h"

#include <string.h>

#include "ca/extension.h"
#include "ca/profile.h"

#define OID_CHALLENGE_PASSWORD SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07")
#define OID_EXTENSION_REQUEST  SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e")
/* id-aa-certificationRequestInfoTemplate, id-aa-extensionReqTemplate */
#define OID_REQUEST_TEMPLATE   SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x3d")
#define OID_EXTENSION_TEMPLATE SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x3e")

/* ---- what the profile wants ---- */

/* Of the extensions that all certificates share, those that a CSR can sensibly ask for. */
static bool wanted(struct span extension)
{
	struct span body, oid;
	if (!der_take(&extension, DER_SEQUENCE, &body) || !der_take(&body, DER_OID, &oid))
		return false;
	return span_equal(oid, OID_KEY_USAGE) || span_equal(oid, OID_EXTENDED_KEY_USAGE) ||
	       span_equal(oid, OID_SUBJECT_ALT_NAME);
}

static void put_fixed_extensions(const struct profile_compiled *compiled, struct buf *out)
{
	struct span all = compiled->extensions, extension;
	while (der_take_whole(&all, DER_SEQUENCE, &extension))
		if (wanted(extension))
			buf_put(out, extension);
}

/* Algorithm OID and, as they are, its parameters: the two halves of an AlgorithmIdentifier. */
static bool split_identifier(
    struct span identifier, struct span *ret_oid, struct span *ret_parameters)
{
	struct span body;
	if (!der_take(&identifier, DER_SEQUENCE, &body) || !der_take(&body, DER_OID, ret_oid))
		return false;
	*ret_parameters = body;
	return true;
}

static void put_attribute(struct buf *out, struct span oid, struct span values)
{
	size_t mark = der_begin(out, DER_SEQUENCE);
	der_put(out, DER_OID, oid);
	der_put(out, DER_SET, values);
	der_end(out, mark);
}

/* ---- classic: RFC 9908 3.2 ---- */

/* "there MUST be exactly one attribute [...] of the key type": its values are a curve, an RSA size
 * in bits, or none. */
static void put_key_attribute(const struct key_algorithm *a, struct buf *out)
{
	AUTO(buf) values = {0};
	struct span oid, parameters;
	if (!split_identifier(a->identifier, &oid, &parameters))
		return;
	if (a->bits > 0)
		der_put_uint(&values, (uint64_t)a->bits);
	else
		buf_put(&values, parameters);
	put_attribute(out, oid, buf_span(&values));
	/* The signature algorithm, bare; a scheme whose key names it already is not said twice. */
	struct span signature_oid;
	if (split_identifier(a->signature->identifier, &signature_oid, &parameters) &&
	    !span_equal(oid, signature_oid))
		der_put(out, DER_OID, signature_oid);
}

static void put_classic(const struct profile_compiled *compiled, struct buf *out)
{
	AUTO(buf) fixed = {0};
	AUTO(buf) extensions = {0};
	put_key_attribute(compiled->keys[0], out);
	put_fixed_extensions(compiled, &fixed);
	if (fixed.n == 0)
		return;
	/* "the values field MUST contain exactly one element of type Extensions" */
	der_put(&extensions, DER_SEQUENCE, buf_span(&fixed));
	put_attribute(out, OID_EXTENSION_REQUEST, buf_span(&extensions));
}

/* ---- template: RFC 9908 3.4 ---- */

/* An RDN with a value is dictated, one without is the client's to fill in. */
static void put_name_template(const struct profile_compiled *compiled, struct buf *out)
{
	if (compiled->subject_count == 0)
		return;
	size_t name = der_begin(out, DER_SEQUENCE);
	for (size_t i = 0; i < compiled->subject_count; i++) {
		const struct compiled_rdn *rdn = &compiled->subject[i];
		if (rdn->constant.n > 0) {
			buf_put(out, rdn->constant);
			continue;
		}
		size_t set = der_begin(out, DER_SET);
		size_t pair = der_begin(out, DER_SEQUENCE);
		der_put(out, DER_OID, rdn->type.oid);
		der_end(out, pair);
		der_end(out, set);
	}
	der_end(out, name);
}

/* A placeholder key says how long the modulus is to be, and nothing else. */
static void put_rsa_placeholder(int bits, struct buf *out)
{
	AUTO(buf) key = {0};
	AUTO(buf) modulus = {0};
	for (int i = 0; i < bits / 8; i++)
		buf_put_byte(&modulus, 0xff);
	size_t mark = der_begin(&key, DER_SEQUENCE);
	der_put_unsigned(&key, buf_span(&modulus));
	der_put_uint(&key, 65537);
	der_end(&key, mark);
	der_put_bits(out, buf_span(&key));
}

static void put_key_template(const struct key_algorithm *a, struct buf *out)
{
	size_t mark = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	buf_put(out, a->identifier);
	if (a->bits > 0)
		put_rsa_placeholder(a->bits, out);
	der_end(out, mark);
}

/* SAN of the device: no value, "the client is expected to fill it in". */
static void put_san_template(const struct profile_compiled *compiled, struct buf *out)
{
	size_t mark = der_begin(out, DER_SEQUENCE);
	der_put(out, DER_OID, OID_SUBJECT_ALT_NAME);
	if (compiled->subject_count == 0)
		der_put_bool(out, true);
	der_end(out, mark);
}

/* Values that are all known make an ordinary extension request; else, and never beside it, the
 * template form. */
static void put_attributes_template(const struct profile_compiled *compiled, struct buf *out)
{
	AUTO(buf) body = {0};
	AUTO(buf) extensions = {0};
	bool partial = compiled->san_count > 0 && !compiled->san_constant;
	size_t mark = der_begin(out, DER_CONTEXT_CONSTRUCTED | 1);
	put_fixed_extensions(compiled, &body);
	if (partial)
		put_san_template(compiled, &body);
	if (body.n > 0) {
		der_put(&extensions, DER_SEQUENCE, buf_span(&body));
		put_attribute(out, partial ? OID_EXTENSION_TEMPLATE : OID_EXTENSION_REQUEST,
		    buf_span(&extensions));
	}
	der_end(out, mark);
}

static void put_template(const struct profile_compiled *compiled, struct buf *out)
{
	AUTO(buf) value = {0};
	size_t mark = der_begin(&value, DER_SEQUENCE);
	der_put_uint(&value, 0); /* v1 */
	put_name_template(compiled, &value);
	put_key_template(compiled->keys[0], &value);
	put_attributes_template(compiled, &value);
	der_end(&value, mark);
	put_attribute(out, OID_REQUEST_TEMPLATE, buf_span(&value));
}

struct status csrattrs_encode(const struct label *label, const struct profile *profile,
    bool with_pop, struct buf *out, struct err *err)
{
	if (!profile || !profile->compiled)
		return err_set(
		    err, ERR_INTERNAL, "label \"%s\": its profile is not compiled", label->name);
	if (label->csrattrs == CSRATTRS_NONE && !(with_pop && label->pop == POP_REQUIRED))
		return STATUS_OK;
	size_t mark = der_begin(out, DER_SEQUENCE);
	/* RFC 7030 3.5: a server that requires linking "MUST" say so by this OID, also where it has
	 * nothing else to say */
	if (with_pop)
		der_put(out, DER_OID, OID_CHALLENGE_PASSWORD);
	if (label->csrattrs == CSRATTRS_BOTH || label->csrattrs == CSRATTRS_CLASSIC)
		put_classic(profile->compiled, out);
	if (label->csrattrs == CSRATTRS_BOTH || label->csrattrs == CSRATTRS_TEMPLATE)
		put_template(profile->compiled, out);
	der_end(out, mark);
	return STATUS_OK;
}
