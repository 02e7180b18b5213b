#include "ca/trust_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ca/extension.h"
#include "ca/general_name.h"
#include "ca/name.h"
#include "ca/reason.h"

#define FIELD_RAW_MAX       256 /* octets of a field before matching; X.520 has no longer ones */
#define OID_HARDWARE_MODULE SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x08\x04") /* RFC 4108 5 */

/* What a field holds, as text, before it is matched. */
struct field_text {
	char text[FIELD_RAW_MAX + 1];
};

static bool is_printable(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

static struct status keep_text(
    struct span value, const char *from, struct field_text *ret, struct err *err)
{
	if (value.n > FIELD_RAW_MAX)
		return REFUSE(err, IDEVID_IDENTITY, "%s has %zu octets; %d are the most", from,
		    value.n, FIELD_RAW_MAX);
	if (!is_printable(value))
		return REFUSE(err, IDEVID_IDENTITY,
		    "%s holds control characters or something beyond ASCII", from);
	memcpy(ret->text, value.p, value.n);
	ret->text[value.n] = 0;
	return STATUS_OK;
}

/* ---- subject attributes ---- */

static bool is_text_tag(uint8_t tag)
{
	return tag == DER_PRINTABLE_STRING || tag == DER_UTF8_STRING || tag == DER_IA5_STRING ||
	       tag == DER_TELETEX_STRING;
}

/* How many attributes of this type; the last one's value. The Name was found well-formed. */
static size_t find_attribute(struct span name, struct span wanted, struct der_item *ret_value)
{
	struct span rdns, set, attribute, oid;
	struct der_item value;
	size_t found = 0;
	if (!der_take(&name, DER_SEQUENCE, &rdns))
		return 0;
	while (der_take(&rdns, DER_SET, &set)) {
		while (der_take(&set, DER_SEQUENCE, &attribute)) {
			if (!der_take(&attribute, DER_OID, &oid) || !der_next(&attribute, &value) ||
			    !span_equal(oid, wanted))
				continue;
			*ret_value = value;
			found++;
		}
	}
	return found;
}

static struct status read_subject(
    const struct certificate_view *leaf, const char *from, struct field_text *ret, struct err *err)
{
	AUTO(arena) arena = {0};
	struct name_type type;
	struct der_item value = {0};
	TRY(name_type_find(from + strlen("subject."), &arena, &type, err));
	size_t found = find_attribute(leaf->subject, type.oid, &value);
	if (found == 0)
		return REFUSE(err, IDEVID_IDENTITY, "the certificate has no %s", from);
	if (found > 1)
		return REFUSE(
		    err, IDEVID_IDENTITY, "%s stands %zu times: which one counts?", from, found);
	if (!is_text_tag(value.tag))
		return REFUSE(err, IDEVID_IDENTITY,
		    "%s is of string type 0x%02x, which is not read", from, value.tag);
	return keep_text(value.body, from, ret, err);
}

/* ---- subjectAltName: hardwareModuleName ---- */

/* RFC 4108 5: HardwareModuleName ::= SEQUENCE { hwType OID, hwSerialNum OCTET STRING } */
struct hardware_module {
	struct span type, serial;
};

/* RFC 5280 4.2.1.6: OtherName ::= SEQUENCE { type-id OID, value [0] EXPLICIT ANY } */
static bool read_hardware_module(struct span other_name, bool *ret_is, struct hardware_module *ret)
{
	struct span oid, value, body;
	*ret_is = false;
	if (!der_take(&other_name, DER_OID, &oid))
		return false;
	if (!span_equal(oid, OID_HARDWARE_MODULE))
		return true;
	*ret_is = true;
	return der_take(&other_name, DER_CONTEXT_CONSTRUCTED | 0, &value) && other_name.n == 0 &&
	       der_take(&value, DER_SEQUENCE, &body) && value.n == 0 &&
	       der_take(&body, DER_OID, &ret->type) &&
	       der_take(&body, DER_OCTET_STRING, &ret->serial) && body.n == 0;
}

static struct status find_hardware_module(
    const struct certificate_view *leaf, struct hardware_module *ret, struct err *err)
{
	const struct extension *san = certificate_extension(leaf, OID_SUBJECT_ALT_NAME);
	struct span in = san ? san->value : SPAN_NONE, names;
	size_t found = 0;
	if (!san)
		return REFUSE(err, IDEVID_IDENTITY, "the certificate has no subjectAltName");
	if (!der_take(&in, DER_SEQUENCE, &names) || in.n)
		return REFUSE(
		    err, IDEVID_MALFORMED, "the subjectAltName is not a list of GeneralNames");
	while (names.n) {
		struct der_item name;
		bool is = false;
		if (!der_next(&names, &name))
			return REFUSE(err, IDEVID_MALFORMED, "the subjectAltName cannot be read");
		if (name.tag == GENERAL_OTHER && !read_hardware_module(name.body, &is, ret))
			return REFUSE(err, IDEVID_MALFORMED,
			    "an otherName of the subjectAltName cannot be read");
		found += is;
	}
	if (found != 1)
		return REFUSE(err, IDEVID_IDENTITY,
		    "the subjectAltName has %zu hardwareModuleNames, not one", found);
	return STATUS_OK;
}

static struct status read_hw_serial(
    const struct certificate_view *leaf, struct field_text *ret, struct err *err)
{
	struct hardware_module module = {0};
	TRY(find_hardware_module(leaf, &module, err));
	if (is_printable(module.serial))
		return keep_text(module.serial, "san.hwSerialNum", ret, err);
	if (module.serial.n > FIELD_RAW_MAX / 2)
		return REFUSE(err, IDEVID_IDENTITY,
		    "san.hwSerialNum has %zu octets; %d are the most", module.serial.n,
		    FIELD_RAW_MAX / 2);
	hex_text(module.serial, ret->text);
	return STATUS_OK;
}

static struct status read_hw_type(
    const struct certificate_view *leaf, struct field_text *ret, struct err *err)
{
	struct hardware_module module = {0};
	TRY(find_hardware_module(leaf, &module, err));
	der_oid_text(module.type, ret->text, sizeof(ret->text));
	return STATUS_OK;
}

/* ---- matching and normalising ---- */

/*
 * Patterns are compiled as ^(PATTERN)$: group 1 is all of it, group 2 the operator's first. That
 * the match spans the whole text is looked at again, for patterns such as a)|(b.
 */
static struct status match(
    const struct identity_field *field, const char *what, struct field_text *text, struct err *err)
{
	regmatch_t found[3];
	if (!field->compiled)
		return STATUS_OK;
	if (regexec(field->compiled, text->text, COUNT(found), found, 0) != 0 ||
	    found[0].rm_so != 0 || (size_t)found[0].rm_eo != strlen(text->text))
		return REFUSE(err, IDEVID_IDENTITY, "%s: %s \"%.64s\" does not match %.100s", what,
		    field->from, text->text, field->match);
	if (field->compiled->re_nsub < 2 || found[2].rm_so < 0)
		return STATUS_OK;
	size_t n = (size_t)(found[2].rm_eo - found[2].rm_so);
	memmove(text->text, text->text + found[2].rm_so, n);
	text->text[n] = 0;
	return STATUS_OK;
}

static void drop_front(char *text, size_t n)
{
	memmove(text, text + n, strlen(text + n) + 1);
}

static void trim(char *text)
{
	size_t n;
	drop_front(text, strspn(text, " "));
	for (n = strlen(text); n && text[n - 1] == ' '; n--)
		text[n - 1] = 0;
}

static void to_upper(char *text)
{
	for (; *text; text++)
		*text = (char)toupper((unsigned char)*text);
}

static void to_lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

/* "000" is 0, not nothing. */
static void strip_zeros(char *text)
{
	size_t n = strspn(text, "0");
	if (n && !text[n])
		n--;
	drop_front(text, n);
}

static void strip_separators(char *text)
{
	char *out = text;
	for (; *text; text++)
		if (!strchr(":- .", *text))
			*out++ = *text;
	*out = 0;
}

void identity_normalise(uint32_t steps, char *text)
{
	static void (*const functions[])(char *text) = {
	    [NORMALISE_TRIM] = trim,
	    [NORMALISE_UPPER] = to_upper,
	    [NORMALISE_LOWER] = to_lower,
	    [NORMALISE_STRIP_ZEROS] = strip_zeros,
	    [NORMALISE_STRIP_SEPARATORS] = strip_separators,
	};
	for (size_t i = 0; i < COUNT(functions); i++)
		if (steps & UINT32_C(1) << i)
			functions[i](text);
}

static struct status check_text(const char *what, const char *text, struct err *err)
{
	size_t n = strlen(text);
	if (n == 0 || n > IDENTITY_TEXT_MAX)
		return REFUSE(err, IDEVID_IDENTITY, "%s has %zu characters; 1 to %d are taken",
		    what, n, IDENTITY_TEXT_MAX);
	/* Product and serial number are written as PRODUCT/SERIAL in logs, paths and queries. */
	if (strchr(text, '/'))
		return REFUSE(err, IDEVID_IDENTITY, "%s \"%s\" has a '/'", what, text);
	return STATUS_OK;
}

static struct status read_field(
    const struct certificate_view *leaf, const char *from, struct field_text *ret, struct err *err)
{
	if (strncmp(from, "subject.", strlen("subject.")) == 0)
		return read_subject(leaf, from, ret, err);
	if (strcmp(from, "san.hwSerialNum") == 0)
		return read_hw_serial(leaf, ret, err);
	if (strcmp(from, "san.hwType") == 0)
		return read_hw_type(leaf, ret, err);
	return err_set(err, ERR_CONFIG, "a trust anchor reads \"%s\", which is no field", from);
}

struct status identity_read(const struct certificate_view *leaf, const struct identity_field *field,
    const char *what, char ret_text[static IDENTITY_TEXT_MAX + 1], struct err *err)
{
	struct field_text text = {0};
	if (field->value) {
		TRY(keep_text(span_str(field->value), what, &text, err));
	} else {
		if (!field->from)
			return err_set(
			    err, ERR_CONFIG, "a trust anchor does not say what gives the %s", what);
		TRY(read_field(leaf, field->from, &text, err));
		TRY(match(field, what, &text, err));
		identity_normalise(field->normalise, text.text);
	}
	TRY(check_text(what, text.text, err));
	memcpy(ret_text, text.text, strlen(text.text) + 1);
	return STATUS_OK;
}
