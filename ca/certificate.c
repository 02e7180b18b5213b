#include "ca/certificate.h"

static struct status malformed(struct err *err, const char *what)
{
	return err_set(err, ERR_INPUT, "%s", what);
}

/* One RDN: SET OF SEQUENCE { type OBJECT IDENTIFIER, value ANY } */
static bool rdn_is_well_formed(struct span set)
{
	if (set.n == 0)
		return false;
	while (set.n) {
		struct span attribute, oid;
		struct der_item value;
		if (!der_take(&set, DER_SEQUENCE, &attribute) ||
		    !der_take(&attribute, DER_OID, &oid) || !der_next(&attribute, &value) ||
		    attribute.n)
			return false;
	}
	return true;
}

bool name_is_well_formed(struct span name)
{
	struct span body, set;
	size_t rdns = 0;
	if (!der_take(&name, DER_SEQUENCE, &body) || name.n)
		return false;
	while (body.n) {
		if (++rdns > NAME_RDNS_READ_MAX || !der_take(&body, DER_SET, &set) ||
		    !rdn_is_well_formed(set))
			return false;
	}
	return true;
}

/* ---- extensions ---- */

const struct extension *extension_find(
    const struct extension *extensions, size_t count, struct span oid)
{
	for (size_t i = 0; i < count; i++)
		if (span_equal(extensions[i].oid, oid))
			return &extensions[i];
	return NULL;
}

/* RFC 5280 4.1: Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue } */
static bool extension_read(struct span *in, struct extension *ret)
{
	struct span body;
	*ret = (struct extension){0};
	if (!der_take(in, DER_SEQUENCE, &body) || !der_take(&body, DER_OID, &ret->oid))
		return false;
	if (der_peek(body, DER_BOOLEAN) && !der_take_bool(&body, &ret->critical))
		return false;
	return der_take(&body, DER_OCTET_STRING, &ret->value) && body.n == 0;
}

struct status extensions_read(struct span body, struct extension *ret_extensions, size_t most,
    size_t *ret_count, struct err *err)
{
	size_t count = 0;
	if (body.n == 0)
		return malformed(err, "the list of extensions is empty");
	while (body.n) {
		struct extension next;
		char oid[64];
		if (count == most)
			return err_set(err, ERR_INPUT, "more than %zu extensions", most);
		if (!extension_read(&body, &next))
			return malformed(err, "an extension cannot be read");
		if (extension_find(ret_extensions, count, next.oid)) {
			der_oid_text(next.oid, oid, sizeof(oid));
			return err_set(err, ERR_INPUT, "extension %s stands twice", oid);
		}
		ret_extensions[count++] = next;
	}
	*ret_count = count;
	return STATUS_OK;
}

const struct extension *certificate_extension(const struct certificate_view *view, struct span oid)
{
	return extension_find(view->extensions, view->extension_count, oid);
}

bool basic_constraints_read(struct span value, struct basic_constraints *ret)
{
	struct basic_constraints b = {0};
	struct span body;
	if (!der_take(&value, DER_SEQUENCE, &body) || value.n)
		return false;
	if (der_peek(body, DER_BOOLEAN) && !der_take_bool(&body, &b.ca))
		return false;
	b.has_path_length = body.n > 0;
	if (b.has_path_length && !der_take_uint(&body, &b.path_length))
		return false;
	/* RFC 5280 4.2.1.9: no pathLenConstraint "unless the cA boolean is asserted" */
	if (body.n || (b.has_path_length && !b.ca))
		return false;
	*ret = b;
	return true;
}

bool key_usage_read(struct span value, uint32_t *ret_bits)
{
	struct span body;
	uint32_t bits = 0;
	if (!der_take(&value, DER_BIT_STRING, &body) || value.n || body.n < 2 || body.n > 3 ||
	    body.p[0] > 7)
		return false;
	for (size_t i = 0; i < (body.n - 1) * 8; i++)
		if (body.p[1 + i / 8] & (0x80 >> (i % 8)))
			bits |= UINT32_C(1) << i;
	*ret_bits = bits;
	return true;
}

/* RFC 5280 4.2.1.1: [0] keyIdentifier, [1] authorityCertIssuer, [2] authorityCertSerialNumber */
bool authority_key_id_read(struct span value, struct span *ret_key_id)
{
	struct span body, ignored, key_id = SPAN_NONE;
	if (!der_take(&value, DER_SEQUENCE, &body) || value.n)
		return false;
	if (der_peek(body, DER_CONTEXT | 0) && !der_take(&body, DER_CONTEXT | 0, &key_id))
		return false;
	if (der_peek(body, DER_CONTEXT_CONSTRUCTED | 1) &&
	    !der_take(&body, DER_CONTEXT_CONSTRUCTED | 1, &ignored))
		return false;
	if (der_peek(body, DER_CONTEXT | 2) && !der_take(&body, DER_CONTEXT | 2, &ignored))
		return false;
	if (body.n)
		return false;
	*ret_key_id = key_id;
	return true;
}

bool subject_key_id_read(struct span value, struct span *ret_key_id)
{
	struct span key_id;
	if (!der_take(&value, DER_OCTET_STRING, &key_id) || value.n || key_id.n == 0)
		return false;
	*ret_key_id = key_id;
	return true;
}

bool extended_key_usage_read(struct span value, struct span purpose, bool *ret_allowed)
{
	const struct span any = SPAN_LITERAL("\x55\x1d\x25\x00");
	struct span body, oid;
	bool allowed = false;
	if (!der_take(&value, DER_SEQUENCE, &body) || value.n || body.n == 0)
		return false;
	while (body.n) {
		if (!der_take(&body, DER_OID, &oid))
			return false;
		allowed = allowed || span_equal(oid, purpose) || span_equal(oid, any);
	}
	*ret_allowed = allowed;
	return true;
}

/* ---- the certificate ---- */

static bool read_serial(struct span *in, struct span *ret_serial)
{
	struct span serial;
	if (!der_take(in, DER_INTEGER, &serial) || serial.n == 0)
		return false;
	while (serial.n > 1 && serial.p[0] == 0)
		serial = span(serial.p + 1, serial.n - 1);
	*ret_serial = serial;
	return serial.n <= CERTIFICATE_SERIAL_MAX;
}

static bool read_validity(struct span *in, struct certificate_view *v)
{
	struct span body;
	return der_take(in, DER_SEQUENCE, &body) && der_take_time(&body, &v->not_before) &&
	       der_take_time(&body, &v->not_after) && body.n == 0;
}

/* [1] issuerUniqueID and [2] subjectUniqueID: "applications SHOULD be capable of parsing" them. */
static bool skip_unique_ids(struct span *in)
{
	struct span ignored;
	for (int tag = 1; tag <= 2; tag++)
		if (der_peek(*in, (uint8_t)(DER_CONTEXT | tag)) &&
		    !der_take(in, (uint8_t)(DER_CONTEXT | tag), &ignored))
			return false;
	return true;
}

static struct status read_extensions(struct span *in, struct certificate_view *v, struct err *err)
{
	struct span explicit, body;
	if (in->n == 0)
		return STATUS_OK;
	if (!der_take(in, DER_CONTEXT_CONSTRUCTED | 3, &explicit) || in->n ||
	    !der_take(&explicit, DER_SEQUENCE, &body) || explicit.n)
		return malformed(err, "bytes behind the public key are not extensions");
	return extensions_read(body, v->extensions, COUNT(v->extensions), &v->extension_count, err);
}

static struct status read_tbs(struct certificate_view *v, struct err *err)
{
	struct span in = v->tbs, body, version, algorithm;
	uint64_t number = 0;
	if (!der_take(&in, DER_SEQUENCE, &body))
		return malformed(err, "not a TBSCertificate");
	if (!der_take(&body, DER_CONTEXT_CONSTRUCTED | 0, &version) ||
	    !der_take_uint(&version, &number) || version.n || number != 2)
		return malformed(err, "not of version 3");
	if (!read_serial(&body, &v->serial))
		return malformed(err, "the serial number is not an INTEGER of 1 to 20 octets");
	/* RFC 5280 4.1.2.3: it "MUST contain the same algorithm identifier as the
	 * signatureAlgorithm field" */
	if (!der_take_whole(&body, DER_SEQUENCE, &algorithm) ||
	    !span_equal(algorithm, v->signature_algorithm))
		return malformed(err, "the signature algorithm inside is not that outside");
	if (!der_take_whole(&body, DER_SEQUENCE, &v->issuer) || !name_is_well_formed(v->issuer))
		return malformed(err, "the issuer is not a Name");
	if (!read_validity(&body, v))
		return malformed(err, "the validity cannot be read");
	if (!der_take_whole(&body, DER_SEQUENCE, &v->subject) || !name_is_well_formed(v->subject))
		return malformed(err, "the subject is not a Name");
	if (!der_take_whole(&body, DER_SEQUENCE, &v->spki) || !skip_unique_ids(&body))
		return malformed(err, "the public key cannot be read");
	return read_extensions(&body, v, err);
}

struct status certificate_read(struct span der, struct certificate_view *ret_view, struct err *err)
{
	struct certificate_view v = {.der = der};
	struct span in = der, body;
	if (der.n > CERTIFICATE_DER_MAX)
		return err_set(
		    err, ERR_INPUT, "%zu octets; %d are the most", der.n, CERTIFICATE_DER_MAX);
	if (!der_take(&in, DER_SEQUENCE, &body) || in.n)
		return malformed(err, "not DER of one certificate");
	if (!der_take_whole(&body, DER_SEQUENCE, &v.tbs) ||
	    !der_take_whole(&body, DER_SEQUENCE, &v.signature_algorithm) ||
	    !der_take_bits(&body, &v.signature) || body.n)
		return malformed(err, "not the three parts of a certificate");
	TRY(read_tbs(&v, err));
	*ret_view = v;
	return STATUS_OK;
}
