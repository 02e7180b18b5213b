/* ca/lint_extension.c: lints over extensions, but for names and usages. */

#include "ca/lint_table.h"

#include <stdio.h>
#include <string.h>

#include "ca/extension.h"
#include "ca/general_name.h"
#include "ca/name.h"

#define OID_TIME_STAMPING SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x03\x08")

static bool time_stamping_alone(const struct tbs_extension *e)
{
	struct span value = e->value, body, oid;
	return der_take(&value, DER_SEQUENCE, &body) && der_take(&body, DER_OID, &oid) &&
	       body.n == 0 && span_equal(oid, OID_TIME_STAMPING);
}

/* ---- what each known extension is like ---- */

static bool sequence_of(struct span value, bool (*item_fits)(const struct der_item *item))
{
	struct span body;
	struct der_item item;
	if (!der_take(&value, DER_SEQUENCE, &body) || value.n > 0)
		return false;
	while (body.n > 0)
		if (!der_next(&body, &item) || !item_fits(&item))
			return false;
	return true;
}

static bool any_item(__attribute__((unused)) const struct der_item *item)
{
	return true;
}

static bool oid_item(const struct der_item *item)
{
	return item->tag == DER_OID && item->body.n > 0;
}

static bool sequence_item(const struct der_item *item)
{
	return item->tag == DER_SEQUENCE;
}

static bool octets(struct span value)
{
	struct span key_id;
	return der_take(&value, DER_OCTET_STRING, &key_id) && value.n == 0 && key_id.n > 0;
}

static bool bits(struct span value)
{
	struct span body;
	return der_take(&value, DER_BIT_STRING, &body) && value.n == 0 && body.n > 0;
}

static bool ia5(struct span value)
{
	struct span body;
	return der_take(&value, DER_IA5_STRING, &body) && value.n == 0 && text_is_ia5(body);
}

static bool any_sequence(struct span value)
{
	return sequence_of(value, any_item);
}

static bool oids(struct span value)
{
	return sequence_of(value, oid_item);
}

static bool sequences(struct span value)
{
	return sequence_of(value, sequence_item);
}

static bool access_item(const struct der_item *item)
{
	struct span body = item->body, method;
	struct der_item location;
	return item->tag == DER_SEQUENCE && der_take(&body, DER_OID, &method) &&
	       der_next(&body, &location) && body.n == 0;
}

static bool accesses(struct span value)
{
	return sequence_of(value, access_item);
}

static bool basic_constraints(struct span value)
{
	struct span body;
	bool ca;
	uint64_t path_length;
	if (!der_take(&value, DER_SEQUENCE, &body) || value.n > 0)
		return false;
	if (der_peek(body, DER_BOOLEAN) && !der_take_bool(&body, &ca))
		return false;
	if (body.n > 0 && !der_take_uint(&body, &path_length))
		return false;
	return body.n == 0;
}

static bool null(struct span value)
{
	return span_equal(value, SPAN_LITERAL("\x05\x00"));
}

struct known {
	struct span oid;
	bool critical;
	bool never_empty; /* SIZE (1..MAX) where no other lint says so */
	bool (*fits)(struct span value);
};

#define OID_ROW(bytes)                                      \
	{                                                   \
		(const uint8_t *)(bytes), sizeof(bytes) - 1 \
	}

static const struct known known[] = {
    {OID_ROW("\x55\x1d\x0e"), false, false, octets},
    {OID_ROW("\x55\x1d\x0f"), true, false, bits},
    {OID_ROW("\x55\x1d\x11"), false, false, NULL}, /* criticality and content: lint_san.c */
    {OID_ROW("\x55\x1d\x13"), true, false, basic_constraints},
    {OID_ROW("\x55\x1d\x1e"), true, false, any_sequence},
    {OID_ROW("\x55\x1d\x1f"), false, true, sequences},
    {OID_ROW("\x55\x1d\x20"), false, true, sequences},
    {OID_ROW("\x55\x1d\x23"), false, false, any_sequence},
    {OID_ROW("\x55\x1d\x25"), false, true, oids},
    {OID_ROW("\x55\x1d\x2e"), false, true, sequences},
    {OID_ROW("\x2b\x06\x01\x05\x05\x07\x01\x01"), false, true, accesses},
    {OID_ROW("\x2b\x06\x01\x05\x05\x07\x01\x19"), false, false, ia5},
    {OID_ROW("\x2b\x06\x01\x05\x05\x07\x30\x01\x05"), false, false, null},
};

static const struct known *known_extension(struct span oid)
{
	for (size_t i = 0; i < COUNT(known); i++)
		if (span_equal(known[i].oid, oid))
			return &known[i];
	return NULL;
}

static bool name_extension(struct span oid, char *why, size_t size)
{
	char dotted[96];
	der_oid_text(oid, dotted, sizeof(dotted));
	snprintf(why, size, "extension %s", dotted);
	return false;
}

/* "A certificate MUST NOT include more than one instance of a particular extension." */
LINT(ext_duplicate_extension)
{
	for (size_t i = 0; i < tbs->extension_count; i++)
		if (tbs_extension(tbs, tbs->extensions[i].oid) != &tbs->extensions[i])
			return name_extension(tbs->extensions[i].oid, why, size);
	return true;
}

LINT(ext_unknown)
{
	for (size_t i = 0; i < tbs->extension_count; i++)
		if (!known_extension(tbs->extensions[i].oid))
			return name_extension(tbs->extensions[i].oid, why, size);
	return true;
}

LINT(ext_critical_default_encoded)
{
	for (size_t i = 0; i < tbs->extension_count; i++)
		if (tbs->extensions[i].critical_encoded && !tbs->extensions[i].critical)
			return name_extension(tbs->extensions[i].oid, why, size);
	return true;
}

LINT(ext_criticality_wrong)
{
	for (size_t i = 0; i < tbs->extension_count; i++) {
		const struct tbs_extension *e = &tbs->extensions[i];
		const struct known *k = known_extension(e->oid);
		if (!k || !k->fits || k->critical == e->critical)
			continue;
		/* RFC 3161 2.3: alone, time-stamping MUST be critical */
		if (e->critical && span_equal(e->oid, OID_EXTENDED_KEY_USAGE) &&
		    time_stamping_alone(e))
			continue;
		return name_extension(e->oid, why, size);
	}
	return true;
}

LINT(ext_content_malformed)
{
	for (size_t i = 0; i < tbs->extension_count; i++) {
		const struct known *k = known_extension(tbs->extensions[i].oid);
		if (k && k->fits && !k->fits(tbs->extensions[i].value))
			return name_extension(tbs->extensions[i].oid, why, size);
	}
	return true;
}

LINT(ext_sequence_empty)
{
	for (size_t i = 0; i < tbs->extension_count; i++) {
		const struct known *k = known_extension(tbs->extensions[i].oid);
		if (k && k->never_empty && tbs->extensions[i].value.n == 2)
			return name_extension(tbs->extensions[i].oid, why, size);
	}
	return true;
}

/* ---- key identifiers ---- */

/* "The keyIdentifier field of the authorityKeyIdentifier extension MUST be included in all
 * certificates generated by conforming CAs [...] one exception [...] self-signed" */
LINT(ext_authority_key_identifier_missing)
{
	return !context->issuer || tbs_extension(tbs, OID_AUTHORITY_KEY_ID);
}

static bool authority_key_id(const struct tbs *tbs, struct span *ret_key_id)
{
	struct span body;
	return lint_names(tbs, OID_AUTHORITY_KEY_ID, &body) &&
	       der_take(&body, DER_CONTEXT | 0, ret_key_id);
}

LINT(ext_authority_key_identifier_no_key_identifier)
{
	struct span body, key_id;
	return !lint_names(tbs, OID_AUTHORITY_KEY_ID, &body) || authority_key_id(tbs, &key_id);
}

LINT(ext_authority_key_identifier_mismatch)
{
	struct span key_id;
	return !context->issuer || !authority_key_id(tbs, &key_id) ||
	       span_equal(key_id, context->issuer->ski);
}

LINT(ext_subject_key_identifier_missing_ca)
{
	return !context->is_ca || tbs_extension(tbs, OID_SUBJECT_KEY_ID);
}

LINT(ext_subject_key_identifier_not_of_key)
{
	uint8_t wanted[KEY_ID_SIZE];
	const struct tbs_extension *e = tbs_extension(tbs, OID_SUBJECT_KEY_ID);
	struct span value = e ? e->value : SPAN_NONE, key_id;
	if (!e || !der_take(&value, DER_OCTET_STRING, &key_id) ||
	    !key_id_of_spki(tbs->spki, wanted))
		return true;
	return span_equal(key_id, SPAN_OF(wanted));
}

/* ---- usages and policies ---- */

static bool items_differ(const struct tbs *tbs, struct span extension)
{
	struct span body, rest;
	struct der_item a, b;
	if (!lint_names(tbs, extension, &body))
		return true;
	while (body.n > 0 && der_next(&body, &a)) {
		rest = body;
		while (rest.n > 0 && der_next(&rest, &b))
			if (span_equal(a.whole, b.whole))
				return false;
	}
	return true;
}

LINT(ext_extended_key_usage_duplicate)
{
	return items_differ(tbs, OID_EXTENDED_KEY_USAGE);
}

/* RFC 3161 2.3: "extension MUST be critical" and holds that one purpose "only". */
LINT(ext_time_stamping_not_alone)
{
	struct span body, oid;
	const struct tbs_extension *e = tbs_extension(tbs, OID_EXTENDED_KEY_USAGE);
	if (!lint_names(tbs, OID_EXTENDED_KEY_USAGE, &body))
		return true;
	while (der_take(&body, DER_OID, &oid))
		if (span_equal(oid, OID_TIME_STAMPING))
			return time_stamping_alone(e) && e->critical;
	return true;
}

/* "A certificate policy OID MUST NOT appear more than once in a certificate policies extension." */
LINT(ext_cert_policy_duplicate)
{
	return items_differ(tbs, OID_CERTIFICATE_POLICIES);
}

/* ---- URLs ---- */

static bool point_is_http(struct span point, char *why, size_t size)
{
	struct span name, full_name;
	struct der_item uri;
	return der_take(&point, DER_CONTEXT_CONSTRUCTED | 0, &name) &&
	       der_take(&name, DER_CONTEXT_CONSTRUCTED | 0, &full_name) &&
	       der_next(&full_name, &uri) && full_name.n == 0 && uri.tag == GENERAL_URI &&
	       uri_fits(uri.body, "http", why, size);
}

static bool points_are_http(const struct tbs *tbs, struct span oid, char *why, size_t size)
{
	struct span points, point;
	if (!lint_names(tbs, oid, &points))
		return true;
	while (der_take(&points, DER_SEQUENCE, &point))
		if (!point_is_http(point, why, size))
			return false;
	return true;
}

LINT(distribution_point_not_http)
{
	return points_are_http(tbs, OID_CRL_DISTRIBUTION, why, size) &&
	       points_are_http(tbs, OID_FRESHEST_CRL, why, size);
}

static bool next_access(struct span *accesses_left, struct span *method, struct der_item *location)
{
	struct span body;
	return der_take(accesses_left, DER_SEQUENCE, &body) && der_take(&body, DER_OID, method) &&
	       der_next(&body, location);
}

LINT(authority_info_not_http)
{
	struct span body, method;
	struct der_item location;
	if (!lint_names(tbs, OID_AUTHORITY_INFO, &body))
		return true;
	while (next_access(&body, &method, &location))
		if (location.tag != GENERAL_URI || !uri_fits(location.body, "http", why, size))
			return false;
	return true;
}

LINT(authority_info_method_unknown)
{
	struct span body, method;
	struct der_item location;
	if (!lint_names(tbs, OID_AUTHORITY_INFO, &body))
		return true;
	while (next_access(&body, &method, &location))
		if (!span_equal(method, OID_ACCESS_OCSP) && !span_equal(method, OID_ACCESS_ISSUER))
			return false;
	return true;
}

LINT(mud_url_not_https)
{
	const struct tbs_extension *e = tbs_extension(tbs, OID_MUD_URL);
	struct span value = e ? e->value : SPAN_NONE, url;
	if (!e || !der_take(&value, DER_IA5_STRING, &url))
		return true;
	return uri_fits(url, "https", why, size);
}

/* ---- OCSP responders ---- */

static bool signs_ocsp(const struct tbs *tbs)
{
	struct span body, oid;
	if (!lint_names(tbs, OID_EXTENDED_KEY_USAGE, &body))
		return false;
	while (der_take(&body, DER_OID, &oid))
		if (span_equal(oid, SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x03\x09")))
			return true;
	return false;
}

/* What is never checked must be a responder's, and have nothing to be checked by. */
LINT(ocsp_no_check_without_usage)
{
	return !tbs_extension(tbs, OID_OCSP_NO_CHECK) || signs_ocsp(tbs);
}

LINT(ocsp_no_check_with_status)
{
	return !tbs_extension(tbs, OID_OCSP_NO_CHECK) ||
	       (!tbs_extension(tbs, OID_CRL_DISTRIBUTION) &&
		   !tbs_extension(tbs, OID_AUTHORITY_INFO));
}
