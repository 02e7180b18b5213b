/* ca/lint_name.c: lints over the subject. */

#include "ca/lint_table.h"

#include <stdio.h>

#include "ca/certificate.h"
#include "ca/extension.h"
#include "ca/name.h"

#define OID_COMMON_NAME   SPAN_LITERAL("\x55\x04\x03")
#define OID_SERIAL_NUMBER SPAN_LITERAL("\x55\x04\x05")
#define OID_COUNTRY       SPAN_LITERAL("\x55\x04\x06")
#define OID_DN_QUALIFIER  SPAN_LITERAL("\x55\x04\x2e")
#define OID_EMAIL         SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01")
#define OID_DOMAIN        SPAN_LITERAL("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19")

struct attribute {
	struct span oid;
	struct der_item value;
};

struct subject_walk {
	struct span rdns, rdn;
};

static bool walk_start(const struct tbs *tbs, struct subject_walk *walk)
{
	struct span in = tbs->subject;
	*walk = (struct subject_walk){0};
	return der_take(&in, DER_SEQUENCE, &walk->rdns);
}

/* The next attribute; false at the end and where something is malformed. */
static bool walk_next(struct subject_walk *walk, struct attribute *ret)
{
	struct span pair;
	if (walk->rdn.n == 0 && !der_take(&walk->rdns, DER_SET, &walk->rdn))
		return false;
	return der_take(&walk->rdn, DER_SEQUENCE, &pair) && der_take(&pair, DER_OID, &ret->oid) &&
	       der_next(&pair, &ret->value) && pair.n == 0;
}

/* Does every attribute pass? */
static bool every_attribute(
    const struct tbs *tbs, bool (*fits)(const struct attribute *a), char *why, size_t size)
{
	struct subject_walk walk;
	struct attribute a;
	char dotted[96];
	if (!walk_start(tbs, &walk))
		return true;
	while (walk_next(&walk, &a)) {
		if (!fits(&a)) {
			der_oid_text(a.oid, dotted, sizeof(dotted));
			snprintf(why, size, "attribute %s", dotted);
			return false;
		}
	}
	return true;
}

LINT(subject_malformed)
{
	return name_is_well_formed(tbs->subject);
}

LINT(multiple_attributes_in_rdn)
{
	struct span in = tbs->subject, rdns, rdn, pair;
	if (!der_take(&in, DER_SEQUENCE, &rdns))
		return true;
	while (der_take(&rdns, DER_SET, &rdn))
		if (der_take(&rdn, DER_SEQUENCE, &pair) && der_peek(rdn, DER_SEQUENCE))
			return false;
	return true;
}

static size_t count_attribute(const struct tbs *tbs, struct span oid)
{
	struct subject_walk walk;
	struct attribute a;
	size_t count = 0;
	if (!walk_start(tbs, &walk))
		return 0;
	while (walk_next(&walk, &a))
		count += span_equal(a.oid, oid);
	return count;
}

LINT(subject_duplicate_attribute)
{
	return count_attribute(tbs, OID_COMMON_NAME) <= 1 &&
	       count_attribute(tbs, OID_COUNTRY) <= 1 &&
	       count_attribute(tbs, OID_SERIAL_NUMBER) <= 1;
}

static bool serial_number_type(const struct attribute *a)
{
	return !span_equal(a->oid, OID_SERIAL_NUMBER) || a->value.tag == DER_PRINTABLE_STRING;
}

LINT(subject_dn_serial_number_not_printable_string)
{
	return every_attribute(tbs, serial_number_type, why, size);
}

static bool country_type(const struct attribute *a)
{
	return !span_equal(a->oid, OID_COUNTRY) || a->value.tag == DER_PRINTABLE_STRING;
}

LINT(subject_dn_country_not_printable_string)
{
	return every_attribute(tbs, country_type, why, size);
}

/* "CAs MUST use either PrintableString or UTF8String encoding of DirectoryString" */
static bool string_type(const struct attribute *a)
{
	if (span_equal(a->oid, OID_SERIAL_NUMBER) || span_equal(a->oid, OID_COUNTRY))
		return true;
	if (span_equal(a->oid, OID_DN_QUALIFIER))
		return a->value.tag == DER_PRINTABLE_STRING;
	if (span_equal(a->oid, OID_EMAIL) || span_equal(a->oid, OID_DOMAIN))
		return a->value.tag == DER_IA5_STRING;
	return a->value.tag == DER_UTF8_STRING || a->value.tag == DER_PRINTABLE_STRING;
}

LINT(subject_string_type_wrong)
{
	return every_attribute(tbs, string_type, why, size);
}

static bool string_characters(const struct attribute *a)
{
	size_t characters;
	for (size_t i = 0; i < a->value.body.n; i++)
		if (a->value.body.p[i] < 0x20 || a->value.body.p[i] == 0x7f)
			return false;
	switch (a->value.tag) {
	case DER_PRINTABLE_STRING: return text_is_printable_string(a->value.body);
	case DER_IA5_STRING: return text_is_ia5(a->value.body);
	case DER_UTF8_STRING: return text_is_utf8(a->value.body, &characters);
	default: return true; /* of no type that it should be: another lint's */
	}
}

LINT(subject_string_characters)
{
	return every_attribute(tbs, string_characters, why, size);
}

/* RFC 5280 appendix A.1: ub-... of the attributes that have one. */
static size_t upper_bound(struct span oid)
{
	static const struct {
		uint8_t arc;
		size_t most;
	} bounds[] = {
	    {0x03, 64}, {0x05, 64}, {0x07, 128}, {0x08, 128}, {0x0a, 64}, {0x0b, 64}, {0x0c, 64}};
	for (size_t i = 0; i < COUNT(bounds); i++)
		if (oid.n == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x04 && oid.p[2] == bounds[i].arc)
			return bounds[i].most;
	return NAME_VALUE_MAX;
}

static bool string_length(const struct attribute *a)
{
	size_t characters = a->value.body.n;
	if (span_equal(a->oid, OID_COUNTRY))
		return true;
	if (a->value.tag == DER_UTF8_STRING && !text_is_utf8(a->value.body, &characters))
		return true;
	return characters >= 1 && characters <= upper_bound(a->oid);
}

LINT(subject_string_length)
{
	return every_attribute(tbs, string_length, why, size);
}

static bool country_letters(const struct attribute *a)
{
	struct span s = a->value.body;
	if (!span_equal(a->oid, OID_COUNTRY))
		return true;
	return s.n == 2 && s.p[0] >= 'A' && s.p[0] <= 'Z' && s.p[1] >= 'A' && s.p[1] <= 'Z';
}

LINT(country_name_not_two_letters)
{
	return every_attribute(tbs, country_letters, why, size);
}

/* "If subject naming information is present only in the subjectAltName extension [...] then the
 * subject name MUST be an empty sequence": so without either nothing is named. */
LINT(subject_empty_without_san)
{
	return context->is_ca || !lint_subject_empty(tbs) ||
	       tbs_extension(tbs, OID_SUBJECT_ALT_NAME);
}

/* "If the subject is a CA [...] then the subject field MUST be populated with a non-empty
 * distinguished name" */
LINT(ca_subject_field_empty)
{
	return !context->is_ca || !lint_subject_empty(tbs);
}
