/* ca/lint_san.c: lints over the subject alternative name. */

#include "ca/lint_table.h"

#include <string.h>

#include "ca/extension.h"
#include "ca/general_name.h"

LINT(ext_san_not_critical_without_subject)
{
	const struct tbs_extension *san = tbs_extension(tbs, OID_SUBJECT_ALT_NAME);
	return !san || !lint_subject_empty(tbs) || san->critical;
}

/* "conforming CAs SHOULD mark the subjectAltName extension as non-critical" */
LINT(ext_san_critical_with_subject_dn)
{
	const struct tbs_extension *san = tbs_extension(tbs, OID_SUBJECT_ALT_NAME);
	return !san || lint_subject_empty(tbs) || !san->critical;
}

/* "the sequence MUST contain at least one entry" */
LINT(ext_san_no_entries)
{
	struct span names;
	return !lint_names(tbs, OID_SUBJECT_ALT_NAME, &names) || names.n > 0;
}

LINT(ext_san_malformed)
{
	struct span names;
	struct der_item name;
	if (!tbs_extension(tbs, OID_SUBJECT_ALT_NAME))
		return true;
	if (!lint_names(tbs, OID_SUBJECT_ALT_NAME, &names))
		return false;
	while (names.n > 0)
		if (!der_next(&names, &name))
			return false;
	return true;
}

/* Does every name pass? */
static bool every_name(const struct tbs *tbs,
    bool (*fits)(const struct der_item *name, char *why, size_t size), char *why, size_t size)
{
	struct span names;
	struct der_item name;
	if (!lint_names(tbs, OID_SUBJECT_ALT_NAME, &names))
		return true;
	while (names.n > 0 && der_next(&names, &name))
		if (!fits(&name, why, size))
			return false;
	return true;
}

static bool type_expected(const struct der_item *name, __attribute__((unused)) char *why,
    __attribute__((unused)) size_t size)
{
	switch (name->tag) {
	case GENERAL_OTHER:
	case GENERAL_EMAIL:
	case GENERAL_DNS:
	case GENERAL_URI:
	case GENERAL_IP:
	case GENERAL_REGISTERED_ID: return true;
	default: return false;
	}
}

LINT(ext_san_unexpected_type)
{
	return every_name(tbs, type_expected, why, size);
}

static bool dns_name(const struct der_item *name, char *why, size_t size)
{
	return name->tag != GENERAL_DNS || dns_name_fits(name->body, why, size);
}

LINT(ext_san_dns_name_invalid)
{
	return every_name(tbs, dns_name, why, size);
}

static bool uri(const struct der_item *name, char *why, size_t size)
{
	return name->tag != GENERAL_URI || uri_fits(name->body, NULL, why, size);
}

LINT(ext_san_uri_invalid)
{
	return every_name(tbs, uri, why, size);
}

/* "For IP version 4 [...] the octet string MUST contain exactly four octets. For IP version 6 [...]
 * exactly sixteen octets." */
static bool ip(const struct der_item *name, __attribute__((unused)) char *why,
    __attribute__((unused)) size_t size)
{
	return name->tag != GENERAL_IP || name->body.n == 4 || name->body.n == 16;
}

LINT(ext_san_ip_octets)
{
	return every_name(tbs, ip, why, size);
}

static bool email(const struct der_item *name, char *why, size_t size)
{
	return name->tag != GENERAL_EMAIL || email_fits(name->body, why, size);
}

LINT(ext_san_rfc822_format_invalid)
{
	return every_name(tbs, email, why, size);
}

/* otherName { 1.3.6.1.5.5.7.8.4, [0] EXPLICIT SEQUENCE { hwType OID, hwSerialNum OCTET STRING } }
 */
static bool hardware_module(const struct der_item *name, __attribute__((unused)) char *why,
    __attribute__((unused)) size_t size)
{
	struct span in = name->body, oid, value, module, hw_type, hw_serial;
	if (name->tag != GENERAL_OTHER)
		return true;
	return der_take(&in, DER_OID, &oid) &&
	       span_equal(oid, SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x08\x04")) &&
	       der_take(&in, DER_CONTEXT_CONSTRUCTED | 0, &value) && in.n == 0 &&
	       der_take(&value, DER_SEQUENCE, &module) && value.n == 0 &&
	       der_take(&module, DER_OID, &hw_type) && hw_type.n > 0 &&
	       der_take(&module, DER_OCTET_STRING, &hw_serial) && hw_serial.n > 0 && module.n == 0;
}

LINT(ext_san_hardware_module_malformed)
{
	return every_name(tbs, hardware_module, why, size);
}

LINT(ext_san_duplicate_name)
{
	struct span names, rest;
	struct der_item a, b;
	if (!lint_names(tbs, OID_SUBJECT_ALT_NAME, &names))
		return true;
	while (names.n > 0 && der_next(&names, &a)) {
		rest = names;
		while (rest.n > 0 && der_next(&rest, &b))
			if (span_equal(a.whole, b.whole))
				return false;
	}
	return true;
}
