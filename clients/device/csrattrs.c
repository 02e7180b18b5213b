/* clients/device/csrattrs.c: see csrattrs.h. */
#include "clients/device/csrattrs.h"

#include <stdio.h>
#include <string.h>

#include "clients/device/reason.h"

#define OID_CHALLENGE_PASSWORD "1.2.840.113549.1.9.7"
#define OID_EXTENSION_REQUEST  "1.2.840.113549.1.9.14"
#define OID_TEMPLATE           "1.2.840.113549.1.9.16.2.61"
#define OID_EXTENSION_TEMPLATE "1.2.840.113549.1.9.16.2.62"
#define OID_EC                 "1.2.840.10045.2.1"
#define OID_RSA                "1.2.840.113549.1.1.1"
#define OID_TEXT_SIZE          64

/* Which key an OID, or an OID and a parameter, stands for. */
static const struct key_oid {
	const char *oid;
	const char *curve; /* "": none given */
	const char *name;
} key_oids[] = {
    {OID_EC, "1.2.840.10045.3.1.7", "EC-P256"},
    {OID_EC, "1.3.132.0.34", "EC-P384"},
    {OID_EC, "", "EC-P256"},
    {"1.3.101.112", "", "Ed25519"},
    {"2.16.840.1.101.3.4.3.17", "", "ML-DSA-44"},
    {"2.16.840.1.101.3.4.3.18", "", "ML-DSA-65"},
    {"2.16.840.1.101.3.4.3.19", "", "ML-DSA-87"},
};

static struct status malformed(struct err *err, const char *where)
{
	return err_refuse(
	    err, WHY(CSRATTRS), "the server's CSR attributes are malformed: %s", where);
}

static void oid_text(struct span oid, char text[static OID_TEXT_SIZE])
{
	der_oid_text(oid, text, OID_TEXT_SIZE);
}

static void want_key(struct csrattrs *a, const char *oid, const char *parameter)
{
	for (size_t i = 0; i < COUNT(key_oids); i++) {
		if (strcmp(key_oids[i].oid, oid) == 0 &&
		    strcmp(key_oids[i].curve, parameter) == 0) {
			a->key = key_algorithm_by_name(key_oids[i].name);
			return;
		}
	}
	snprintf(a->key_unknown, sizeof(a->key_unknown), "%s", *parameter ? parameter : oid);
}

static void want_rsa(struct csrattrs *a, uint64_t bits)
{
	char name[32];

	snprintf(name, sizeof(name), "RSA-%llu", (unsigned long long)bits);
	a->key = key_algorithm_by_name(name);
	if (!a->key)
		snprintf(a->key_unknown, sizeof(a->key_unknown), "%s", name);
}

static bool is_key_oid(const char *oid)
{
	for (size_t i = 0; i < COUNT(key_oids); i++)
		if (strcmp(key_oids[i].oid, oid) == 0)
			return true;
	return strcmp(oid, OID_RSA) == 0;
}

/* RFC 9908 section 3.2: the values hold nothing, a curve, or the size of an RSA key. */
static struct status key_attribute(
    struct csrattrs *a, const char *oid, struct span values, struct err *err)
{
	char curve[OID_TEXT_SIZE] = "";
	uint64_t bits = 3072;
	struct span body;

	if (strcmp(oid, OID_RSA) == 0) {
		if (values.n && !der_take_uint(&values, &bits))
			return malformed(err, "the size of an RSA key is not a number");
		want_rsa(a, bits);
	} else {
		if (values.n && der_take(&values, DER_OID, &body))
			oid_text(body, curve);
		want_key(a, oid, curve);
	}
	return values.n ? malformed(err, "more than one value for the key type") : STATUS_OK;
}

/* A bare OID is a hint: a signature algorithm, a key type, or the wish for a bound request. */
static void bare_oid(struct csrattrs *a, struct der_item oid)
{
	AUTO(buf) identifier = {0};
	char text[OID_TEXT_SIZE];
	size_t mark;

	oid_text(oid.body, text);
	if (strcmp(text, OID_CHALLENGE_PASSWORD) == 0) {
		a->binding = true;
		return;
	}
	for (int null = 0; null < 2 && !a->signature; null++) {
		buf_reset(&identifier);
		mark = der_begin(&identifier, DER_SEQUENCE);
		buf_put(&identifier, oid.whole);
		if (null)
			der_put(&identifier, DER_NULL, SPAN_NONE);
		der_end(&identifier, mark);
		a->signature = signature_algorithm_of(buf_span(&identifier));
	}
	if (is_key_oid(text) && !a->key)
		(void)key_attribute(a, text, SPAN_NONE, &(struct err){0}).ok;
}

/* Extensions ::= SEQUENCE OF {extnID, critical DEFAULT FALSE, extnValue (may be absent)} */
static struct status extensions_attribute(
    struct csrattrs *a, struct span values, bool may_lack_value, struct err *err)
{
	struct span whole, list, extension, part;
	bool critical;
	int count = 0;

	if (!der_take_whole(&values, DER_SEQUENCE, &whole) || values.n)
		return malformed(err, "an extension request must have exactly one value");
	part = whole;
	if (!der_take(&part, DER_SEQUENCE, &list))
		return malformed(err, "extensions");
	while (list.n) {
		if (++count > CSRATTRS_ITEMS_MAX || !der_take(&list, DER_SEQUENCE, &extension) ||
		    !der_take(&extension, DER_OID, &part))
			return malformed(err, "an extension");
		if (der_peek(extension, DER_BOOLEAN) && !der_take_bool(&extension, &critical))
			return malformed(err, "an extension's critical flag");
		if (!(may_lack_value && !extension.n) &&
		    (!der_take(&extension, DER_OCTET_STRING, &part) || extension.n))
			return malformed(err, "an extension's value");
	}
	buf_reset(&a->extensions);
	buf_put(&a->extensions, whole);
	return STATUS_OK;
}

static struct status attribute(struct csrattrs *a, struct span body, struct err *err)
{
	struct span oid, values;
	char text[OID_TEXT_SIZE];

	if (!der_take(&body, DER_OID, &oid) || !der_take(&body, DER_SET, &values) || body.n)
		return malformed(err, "an attribute");
	oid_text(oid, text);
	if (strcmp(text, OID_CHALLENGE_PASSWORD) == 0)
		a->binding = true;
	else if (strcmp(text, OID_EXTENSION_REQUEST) == 0)
		return extensions_attribute(a, values, false, err);
	else if (strcmp(text, OID_EXTENSION_TEMPLATE) == 0)
		return extensions_attribute(a, values, true, err);
	else if (is_key_oid(text))
		return key_attribute(a, text, values, err);
	return STATUS_OK;
}

/* Name whose AttributeTypeAndValue may lack the value: SEQUENCE OF SET OF {type, value OPTIONAL}.
 */
static struct status name_template(struct csrattrs *a, struct span whole, struct err *err)
{
	struct span rest = whole, names, set, pair, oid;
	struct der_item value;
	int count = 0;

	if (!der_take(&rest, DER_SEQUENCE, &names))
		return malformed(err, "the template's subject");
	while (names.n) {
		if (!der_take(&names, DER_SET, &set) || !set.n)
			return malformed(err, "a name in the template's subject");
		while (set.n)
			if (++count > CSRATTRS_ITEMS_MAX || !der_take(&set, DER_SEQUENCE, &pair) ||
			    !der_take(&pair, DER_OID, &oid) ||
			    (pair.n && !der_next(&pair, &value)) || pair.n)
				return malformed(err, "a part of the template's subject");
	}
	buf_put(&a->subject, whole);
	return STATUS_OK;
}

/* How many bits has the modulus in this RSAPublicKey? It is a placeholder of the right size. */
static bool rsa_bits(struct span bits, uint64_t *ret_bits)
{
	struct span sequence, modulus;

	if (!der_take(&bits, DER_SEQUENCE, &sequence) || bits.n ||
	    !der_take(&sequence, DER_INTEGER, &modulus))
		return false;
	while (modulus.n && !*modulus.p) {
		modulus.p++;
		modulus.n--;
	}
	*ret_bits = modulus.n * 8;
	return true;
}

/* [0] { AlgorithmIdentifier, subjectPublicKey BIT STRING OPTIONAL } */
static struct status key_template(struct csrattrs *a, struct span body, struct err *err)
{
	struct span algorithm, oid, curve, key;
	char text[OID_TEXT_SIZE], curve_text[OID_TEXT_SIZE] = "";
	uint64_t bits = 3072;

	if (!der_take(&body, DER_SEQUENCE, &algorithm) || !der_take(&algorithm, DER_OID, &oid))
		return malformed(err, "the template's key");
	oid_text(oid, text);
	if (strcmp(text, OID_RSA) == 0) {
		if (body.n && (!der_take_bits(&body, &key) || !rsa_bits(key, &bits)))
			return malformed(err, "the template's RSA key");
		want_rsa(a, bits);
		return STATUS_OK;
	}
	if (der_take(&algorithm, DER_OID, &curve))
		oid_text(curve, curve_text);
	want_key(a, text, curve_text);
	return STATUS_OK;
}

/* CertificationRequestInfoTemplate, RFC 9908 section 3.4 (IMPLICIT tags). */
static struct status template(struct csrattrs *a, struct span values, struct err *err)
{
	struct span body, part;
	uint64_t version;
	int count = 0;

	if (!der_take(&values, DER_SEQUENCE, &body) || values.n)
		return malformed(err, "the template must have exactly one value");
	if (!der_take_uint(&body, &version) || version != 0)
		return malformed(err, "the template's version is not 0");
	if (der_peek(body, DER_SEQUENCE)) {
		if (!der_take_whole(&body, DER_SEQUENCE, &part))
			return malformed(err, "the template's subject");
		TRY(name_template(a, part, err));
	}
	if (der_take(&body, DER_CONTEXT_CONSTRUCTED | 0, &part))
		TRY(key_template(a, part, err));
	if (!der_take(&body, DER_CONTEXT_CONSTRUCTED | 1, &part))
		part = SPAN_NONE;
	while (part.n) {
		struct span one;

		if (++count > CSRATTRS_ITEMS_MAX || !der_take(&part, DER_SEQUENCE, &one))
			return malformed(err, "the template's attributes");
		TRY(attribute(a, one, err));
	}
	return body.n ? malformed(err, "something behind the template") : STATUS_OK;
}

/* Is the next attribute the template? ret_values then holds its values. */
static bool is_template(struct span attribute_body, struct span *ret_values)
{
	struct span oid;
	char text[OID_TEXT_SIZE];

	if (!der_take(&attribute_body, DER_OID, &oid))
		return false;
	oid_text(oid, text);
	return strcmp(text, OID_TEMPLATE) == 0 && der_take(&attribute_body, DER_SET, ret_values);
}

/* One pass: with `values` set, only looks for the template; else reads the older style. */
static struct status scan(
    struct csrattrs *a, struct span list, struct span *values, struct err *err)
{
	struct der_item item;

	for (int count = 0; list.n; count++) {
		if (count >= CSRATTRS_ITEMS_MAX)
			return malformed(err, "too many of them");
		if (!der_next(&list, &item) || (item.tag != DER_OID && item.tag != DER_SEQUENCE))
			return malformed(err, "neither an OID nor an attribute");
		if (values) {
			if (item.tag == DER_SEQUENCE && is_template(item.body, values))
				return STATUS_OK;
		} else if (item.tag == DER_OID) {
			bare_oid(a, item);
		} else {
			TRY(attribute(a, item.body, err));
		}
	}
	return STATUS_OK;
}

static struct status parse(struct csrattrs *a, struct span list, struct err *err)
{
	struct span values = SPAN_NONE;
	bool binding;

	TRY(scan(a, list, &values, err));
	if (!values.p)
		return scan(a, list, NULL, err);
	/*
	 * RFC 9908 section 4: with a template the client "MUST ignore" the other elements. One is
	 * still looked at: a wish for a bound request never weakens the request.
	 */
	(void)scan(a, list, NULL, &(struct err){0}).ok;
	binding = a->binding;
	csrattrs_free(a);
	a->binding = binding;
	return template(a, values, err);
}

struct status csrattrs_parse(struct span der, struct csrattrs *ret_attrs, struct err *err)
{
	AUTO(csrattrs) a = {0};
	struct span list;

	if (der.n > CSRATTRS_MAX)
		return malformed(err, "over 16 KiB");
	if (!der_take(&der, DER_SEQUENCE, &list) || der.n)
		return malformed(err, "not one SEQUENCE");
	TRY(parse(&a, list, err));
	csrattrs_free(ret_attrs);
	*ret_attrs = a;
	a = (struct csrattrs){0};
	return STATUS_OK;
}

void csrattrs_free(struct csrattrs *a)
{
	buf_free(&a->subject);
	buf_free(&a->extensions);
	*a = (struct csrattrs){0};
}
