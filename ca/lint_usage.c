/* ca/lint_usage.c: lints over key usage, basic constraints, name constraints. */

#include "ca/lint_table.h"

#include <stdio.h>

#include "ca/certificate.h"
#include "ca/extension.h"

#define CERT_SIGN (1U << KU_KEY_CERT_SIGN)
#define CRL_SIGN  (1U << KU_CRL_SIGN)

/* ---- reading ---- */

/* Contents of the BIT STRING: count of unused bits, then octets. */
static bool usage_body(const struct tbs *tbs, struct span *ret_body)
{
	const struct tbs_extension *e = tbs_extension(tbs, OID_KEY_USAGE);
	struct span value = e ? e->value : SPAN_NONE;
	return e && der_take(&value, DER_BIT_STRING, ret_body) && value.n == 0 && ret_body->n > 0;
}

static bool usage_bits(const struct tbs *tbs, uint32_t *ret_bits)
{
	struct span body;
	uint32_t found = 0;
	if (!usage_body(tbs, &body))
		return false;
	for (size_t i = 0; i < 16 && 1 + i / 8 < body.n; i++)
		if (body.p[1 + i / 8] & 0x80 >> i % 8)
			found |= 1U << i;
	*ret_bits = found;
	return true;
}

struct basic {
	bool ca, ca_encoded, path_encoded;
	uint64_t path_length;
};

static bool basic_of(const struct tbs *tbs, struct basic *ret)
{
	struct span body;
	*ret = (struct basic){0};
	if (!lint_names(tbs, OID_BASIC_CONSTRAINTS, &body))
		return false;
	ret->ca_encoded = der_peek(body, DER_BOOLEAN);
	if (ret->ca_encoded && !der_take_bool(&body, &ret->ca))
		return false;
	ret->path_encoded = body.n > 0;
	return !ret->path_encoded || der_take_uint(&body, &ret->path_length);
}

/* ---- key usage ---- */

/* X.690 11.2.1: unused bits are zero; 11.2.2: no trailing zero bits; nine bits are named. */
LINT(incorrect_ku_encoding)
{
	struct span body;
	if (!usage_body(tbs, &body) || body.n == 1)
		return true;
	uint8_t unused = body.p[0], last = body.p[body.n - 1];
	if (body.n > 3 || unused > 7 || (last & ((1U << unused) - 1)) != 0)
		return false;
	if (body.n == 2 && last == 0)
		return true; /* no bits at all: another lint's */
	return (last >> unused & 1) != 0 && (body.n == 2 || last == 0x80);
}

/* "When the keyUsage extension appears in a certificate, at least one of the bits MUST be set
 * to 1." */
LINT(ext_key_usage_without_bits)
{
	uint32_t usage;
	return !usage_bits(tbs, &usage) || usage != 0;
}

LINT(ext_key_usage_missing_ca)
{
	return !context->is_ca || tbs_extension(tbs, OID_KEY_USAGE);
}

LINT(ext_key_usage_cert_sign_without_ca)
{
	uint32_t usage;
	return context->is_ca || !usage_bits(tbs, &usage) || !(usage & CERT_SIGN);
}

LINT(ext_key_usage_crl_sign_without_ca)
{
	uint32_t usage;
	return context->is_ca || !usage_bits(tbs, &usage) || !(usage & CRL_SIGN);
}

LINT(ca_key_cert_sign_not_set)
{
	uint32_t usage;
	return !context->is_ca || !usage_bits(tbs, &usage) || usage == 0 || (usage & CERT_SIGN);
}

LINT(ca_crl_sign_not_set)
{
	uint32_t usage;
	return !context->is_ca || !usage_bits(tbs, &usage) || usage == 0 || (usage & CRL_SIGN);
}

LINT(key_usage_not_for_key)
{
	const struct key_algorithm *a;
	struct err ignored = {0};
	uint32_t usage;
	if (!usage_bits(tbs, &usage) || !key_algorithm_of_spki(tbs->spki, &a, &ignored).ok)
		return true;
	uint32_t wrong = usage & ~key_usage_allowed(a) & ((1U << (KU_DECIPHER_ONLY + 1)) - 1);
	if (wrong & (1U << KU_ENCIPHER_ONLY | 1U << KU_DECIPHER_ONLY))
		wrong &= 1U << KU_KEY_AGREEMENT | 1U << KU_KEY_ENCIPHERMENT |
			 1U << KU_DATA_ENCIPHERMENT; /* those two are the next lint's */
	snprintf(why, size, "%s key", a->name);
	return wrong == 0;
}

LINT(key_usage_only_without_agreement)
{
	const uint32_t only = 1U << KU_ENCIPHER_ONLY | 1U << KU_DECIPHER_ONLY;
	uint32_t usage;
	return !usage_bits(tbs, &usage) || !(usage & only) || (usage & 1U << KU_KEY_AGREEMENT);
}

/* RFC 5280 4.2.1.12 names the key usages that go with serverAuth and clientAuth. */
static bool usage_serves_tls(struct span purposes, uint32_t usage)
{
	const uint32_t server =
	    1U << KU_DIGITAL_SIGNATURE | 1U << KU_KEY_ENCIPHERMENT | 1U << KU_KEY_AGREEMENT;
	const uint32_t client = 1U << KU_DIGITAL_SIGNATURE | 1U << KU_KEY_AGREEMENT;
	struct span oid;
	while (der_take(&purposes, DER_OID, &oid)) {
		if (span_equal(oid, SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x03\x01")) &&
		    !(usage & server))
			return false;
		if (span_equal(oid, SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x03\x02")) &&
		    !(usage & client))
			return false;
	}
	return true;
}

/* "the certificate MUST only be used for a purpose consistent with both extensions. If there is no
 * purpose consistent with both extensions, then the certificate MUST NOT be used for any purpose."
 */
LINT(key_usage_and_extended_key_usage_inconsistent)
{
	struct span purposes;
	uint32_t usage;
	if (context->is_ca || !usage_bits(tbs, &usage) || usage == 0 ||
	    (usage & (CERT_SIGN | CRL_SIGN)) || !lint_names(tbs, OID_EXTENDED_KEY_USAGE, &purposes))
		return true;
	return usage_serves_tls(purposes, usage);
}

/* ---- basic constraints ---- */

LINT(basic_constraints_missing)
{
	return tbs_extension(tbs, OID_BASIC_CONSTRAINTS);
}

LINT(basic_constraints_default_encoded)
{
	struct basic b;
	return !basic_of(tbs, &b) || !b.ca_encoded || b.ca;
}

LINT(ca_is_not_ca)
{
	struct basic b;
	return !context->is_ca || !basic_of(tbs, &b) || b.ca || b.ca_encoded;
}

LINT(leaf_is_ca)
{
	struct basic b;
	return context->is_ca || !basic_of(tbs, &b) || !b.ca;
}

/* "CAs MUST NOT include the pathLenConstraint field unless the cA boolean is asserted and the key
 * usage extension asserts the keyCertSign bit." A leaf that says cA is leaf_is_ca's. */
LINT(path_len_constraint_improperly_included)
{
	struct basic b;
	return !basic_of(tbs, &b) || !b.path_encoded || b.ca;
}

static bool issuer_path_length(const struct authority *issuer, uint64_t *ret_length)
{
	struct certificate_view view;
	struct basic_constraints basic;
	struct err ignored = {0};
	if (!certificate_read(issuer->certificate, &view, &ignored).ok)
		return false;
	const struct extension *e = certificate_extension(&view, OID_BASIC_CONSTRAINTS);
	if (!e || !basic_constraints_read(e->value, &basic) || !basic.has_path_length)
		return false;
	*ret_length = basic.path_length;
	return true;
}

LINT(path_len_not_below_issuers)
{
	struct basic b;
	uint64_t above;
	if (!context->is_ca || !context->issuer || !issuer_path_length(context->issuer, &above) ||
	    !basic_of(tbs, &b))
		return true;
	snprintf(why, size, "the issuer's path length is %llu", (unsigned long long)above);
	return above > 0 && (!b.path_encoded || b.path_length < above);
}

/* ---- name constraints ---- */

/* "The name constraints extension, which MUST be used only in a CA certificate" */
LINT(name_constraint_not_in_ca)
{
	return context->is_ca || !tbs_extension(tbs, OID_NAME_CONSTRAINTS);
}

/* "Conforming CAs MUST NOT issue certificates where name constraints is an empty sequence." */
LINT(name_constraint_empty)
{
	struct span body;
	struct der_item subtrees;
	if (!lint_names(tbs, OID_NAME_CONSTRAINTS, &body))
		return true;
	if (body.n == 0)
		return false;
	while (body.n > 0 && der_next(&body, &subtrees))
		if (subtrees.body.n == 0)
			return false;
	return true;
}

/* "the minimum MUST be zero, and maximum MUST be absent": so nothing stands behind the base. */
LINT(name_constraint_minimum_or_maximum)
{
	struct span body, subtree;
	struct der_item subtrees, base;
	if (!lint_names(tbs, OID_NAME_CONSTRAINTS, &body))
		return true;
	while (body.n > 0 && der_next(&body, &subtrees))
		while (der_take(&subtrees.body, DER_SEQUENCE, &subtree))
			if (!der_next(&subtree, &base) || subtree.n > 0)
				return false;
	return true;
}
