/* ca/name.c: build Names from attributes. */

#include "ca/name.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* RFC 5280 appendix A.1 (types and upper bounds), RFC 4519 (DC, UID), RFC 2985 (emailAddress). */
static const struct name_type types[] = {
    {"CN", {(const uint8_t *)"\x55\x04\x03", 3}, DER_UTF8_STRING, 1, 64},
    {"SN", {(const uint8_t *)"\x55\x04\x04", 3}, DER_UTF8_STRING, 1, NAME_VALUE_MAX},
    {"serialNumber", {(const uint8_t *)"\x55\x04\x05", 3}, DER_PRINTABLE_STRING, 1, 64},
    {"C", {(const uint8_t *)"\x55\x04\x06", 3}, DER_PRINTABLE_STRING, 2, 2},
    {"L", {(const uint8_t *)"\x55\x04\x07", 3}, DER_UTF8_STRING, 1, 128},
    {"ST", {(const uint8_t *)"\x55\x04\x08", 3}, DER_UTF8_STRING, 1, 128},
    {"O", {(const uint8_t *)"\x55\x04\x0a", 3}, DER_UTF8_STRING, 1, 64},
    {"OU", {(const uint8_t *)"\x55\x04\x0b", 3}, DER_UTF8_STRING, 1, 64},
    {"title", {(const uint8_t *)"\x55\x04\x0c", 3}, DER_UTF8_STRING, 1, 64},
    {"GN", {(const uint8_t *)"\x55\x04\x2a", 3}, DER_UTF8_STRING, 1, NAME_VALUE_MAX},
    {"dnQualifier", {(const uint8_t *)"\x55\x04\x2e", 3}, DER_PRINTABLE_STRING, 1, NAME_VALUE_MAX},
    {"DC", {(const uint8_t *)"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 10}, DER_IA5_STRING, 1,
	NAME_VALUE_MAX},
    {"UID", {(const uint8_t *)"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", 10}, DER_UTF8_STRING, 1,
	NAME_VALUE_MAX},
    {"emailAddress", {(const uint8_t *)"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9}, DER_IA5_STRING,
	1, 255},
};

static const struct name_type *type_by_oid(struct span oid)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (span_equal(types[i].oid, oid))
			return &types[i];
	return NULL;
}

struct status name_type_find(
    const char *attribute, struct arena *arena, struct name_type *ret_type, struct err *err)
{
	for (size_t i = 0; i < COUNT(types); i++) {
		if (strcmp(types[i].label, attribute) == 0) {
			*ret_type = types[i];
			return STATUS_OK;
		}
	}
	AUTO(buf) oid = {0};
	if (!der_oid_from_text(attribute, &oid))
		return err_set(
		    err, ERR_CONFIG, "\"%s\" is neither a known attribute nor an OID", attribute);
	const struct name_type *known = type_by_oid(buf_span(&oid));
	if (known) {
		*ret_type = *known;
		return STATUS_OK;
	}
	ret_type->label = arena_strdup(arena, attribute);
	ret_type->oid = arena_copy(arena, buf_span(&oid));
	ret_type->tag = DER_UTF8_STRING;
	ret_type->min = 1;
	ret_type->max = NAME_VALUE_MAX;
	return STATUS_OK;
}

bool text_is_printable_string(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool alphanumeric =
		    (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!alphanumeric && (c == 0 || !strchr(" '()+,-./:=?", c)))
			return false;
	}
	return true;
}

bool text_is_ia5(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] > 0x7f)
			return false;
	return true;
}

bool text_is_utf8(struct span s, size_t *ret_characters)
{
	size_t characters = 0;
	for (size_t i = 0; i < s.n; characters++) {
		size_t length = utf8_length(span(s.p + i, s.n - i));
		if (length == 0)
			return false;
		i += length;
	}
	*ret_characters = characters;
	return true;
}

static bool string_fits(uint8_t tag, struct span value, size_t *ret_characters)
{
	*ret_characters = value.n;
	switch (tag) {
	case DER_PRINTABLE_STRING: return text_is_printable_string(value);
	case DER_IA5_STRING: return text_is_ia5(value);
	case DER_UTF8_STRING: return text_is_utf8(value, ret_characters);
	default: return false;
	}
}

static const char *string_name(uint8_t tag)
{
	return tag == DER_PRINTABLE_STRING ? "PrintableString"
	       : tag == DER_IA5_STRING     ? "IA5String"
	       : tag == DER_UTF8_STRING    ? "UTF8String"
					   : "string type";
}

bool name_value_fits(const struct name_type *type, struct span value, char *why, size_t size)
{
	size_t characters;
	if (!string_fits(type->tag, value, &characters)) {
		snprintf(why, size, "%s: \"%.*s\" has a character that %s does not allow",
		    type->label, (int)(value.n > 80 ? 80 : value.n), (const char *)value.p,
		    string_name(type->tag));
		return false;
	}
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < 0x20 || value.p[i] == 0x7f) {
			snprintf(why, size, "%s: control character at %zu", type->label, i + 1);
			return false;
		}
	}
	if (characters < type->min || characters > type->max) {
		snprintf(why, size, "%s: %zu characters, allowed are %zu to %zu", type->label,
		    characters, type->min, type->max);
		return false;
	}
	return true;
}

void name_put_rdn(struct buf *out, const struct name_type *type, struct span value)
{
	size_t set = der_begin(out, DER_SET);
	size_t sequence = der_begin(out, DER_SEQUENCE);
	der_put(out, DER_OID, type->oid);
	der_put(out, type->tag, value);
	der_end(out, sequence);
	der_end(out, set);
}

static bool is_directory_text(uint8_t tag)
{
	return tag == DER_PRINTABLE_STRING || tag == DER_UTF8_STRING;
}

/* Take an attribute of each: the same type, the same text? */
static bool take_equal_attributes(struct span *a, struct span *b)
{
	struct span in[2], oid[2];
	struct der_item value[2];
	if (!der_take(a, DER_SEQUENCE, &in[0]) || !der_take(b, DER_SEQUENCE, &in[1]))
		return false;
	for (int i = 0; i < 2; i++)
		if (!der_take(&in[i], DER_OID, &oid[i]) || !der_next(&in[i], &value[i]) || in[i].n)
			return false;
	bool comparable = value[0].tag == value[1].tag ||
			  (is_directory_text(value[0].tag) && is_directory_text(value[1].tag));
	return comparable && span_equal(oid[0], oid[1]) && span_equal(value[0].body, value[1].body);
}

bool name_equal(struct span a, struct span b)
{
	struct span in[2], set[2];
	if (span_equal(a, b))
		return true;
	if (!der_take(&a, DER_SEQUENCE, &in[0]) || a.n || !der_take(&b, DER_SEQUENCE, &in[1]) ||
	    b.n)
		return false;
	while (in[0].n && in[1].n) {
		if (!der_take(&in[0], DER_SET, &set[0]) || !der_take(&in[1], DER_SET, &set[1]))
			return false;
		while (set[0].n && set[1].n)
			if (!take_equal_attributes(&set[0], &set[1]))
				return false;
		if (set[0].n || set[1].n)
			return false;
	}
	return in[0].n == in[1].n;
}
