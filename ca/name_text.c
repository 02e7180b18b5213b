/* ca/name_text.c: Names as RFC 4514 text, and back. */

#include "ca/name.h"

#include <stdio.h>
#include <string.h>

#include "base/encode.h"

/* ---- to text ---- */

static const char *label_of(struct span oid, char dotted[static 96])
{
	static const struct {
		const char *oid, *label;
	} labels[] = {
	    {"2.5.4.3", "CN"},
	    {"2.5.4.4", "SN"},
	    {"2.5.4.5", "serialNumber"},
	    {"2.5.4.6", "C"},
	    {"2.5.4.7", "L"},
	    {"2.5.4.8", "ST"},
	    {"2.5.4.9", "STREET"},
	    {"2.5.4.10", "O"},
	    {"2.5.4.11", "OU"},
	    {"2.5.4.12", "title"},
	    {"2.5.4.42", "GN"},
	    {"2.5.4.46", "dnQualifier"},
	    {"0.9.2342.19200300.100.1.25", "DC"},
	    {"0.9.2342.19200300.100.1.1", "UID"},
	    {"1.2.840.113549.1.9.1", "emailAddress"},
	};
	der_oid_text(oid, dotted, 96);
	for (size_t i = 0; i < COUNT(labels); i++)
		if (strcmp(labels[i].oid, dotted) == 0)
			return labels[i].label;
	return dotted;
}

/* RFC 4514 2.4. */
static void put_escaped(struct buf *out, struct span value, bool utf8)
{
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = value.p[i];
		bool edge = (c == ' ' && (i == 0 || i + 1 == value.n)) || (c == '#' && i == 0);
		if (c < 0x20 || c == 0x7f || (c > 0x7f && !utf8))
			buf_printf(out, "\\%02X", c);
		else if (edge || strchr(",+\"\\<>;", c))
			buf_printf(out, "\\%c", c);
		else
			buf_put_byte(out, c);
	}
}

static void put_value(struct buf *out, const struct der_item *value)
{
	size_t characters;
	switch (value->tag) {
	case DER_UTF8_STRING:
	case DER_PRINTABLE_STRING:
	case DER_IA5_STRING:
	case DER_TELETEX_STRING:
		put_escaped(out, value->body, text_is_utf8(value->body, &characters));
		break;
	default: buf_put_byte(out, '#'); hex_encode(value->whole, out);
	}
}

static bool put_rdn(struct buf *out, struct span rdn)
{
	struct span pair, oid;
	struct der_item value;
	char dotted[96];
	for (bool first = true; rdn.n > 0; first = false) {
		if (!der_take(&rdn, DER_SEQUENCE, &pair) || !der_take(&pair, DER_OID, &oid) ||
		    !der_next(&pair, &value) || pair.n > 0)
			return false;
		if (!first)
			buf_put_byte(out, '+');
		buf_put_str(out, label_of(oid, dotted));
		buf_put_byte(out, '=');
		put_value(out, &value);
	}
	return true;
}

static bool put_name(struct buf *out, struct span name)
{
	struct span rdns[NAME_RDNS_MAX], sequence;
	size_t count = 0;
	if (!der_take(&name, DER_SEQUENCE, &sequence) || name.n > 0)
		return false;
	while (sequence.n > 0) {
		if (count == NAME_RDNS_MAX || !der_take(&sequence, DER_SET, &rdns[count]))
			return false;
		count++;
	}
	for (size_t i = count; i-- > 0;) {
		if (!put_rdn(out, rdns[i]))
			return false;
		if (i > 0)
			buf_put_byte(out, ',');
	}
	return true;
}

void name_text(struct span name, char *text, size_t size)
{
	AUTO(buf) out = {0};
	if (!put_name(&out, name)) {
		snprintf(text, size, "?");
		return;
	}
	if (out.n < size) {
		snprintf(text, size, "%s", buf_cstr(&out));
		return;
	}
	size_t cut = size > 4 ? size - 4 : 0;
	while (cut > 0 && (out.p[cut] & 0xc0) == 0x80) /* not inside a character */
		cut--;
	snprintf(text, size, "%.*s...", (int)cut, (const char *)out.p);
}

/* ---- from text ---- */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* One character or escape of a value. False: a backslash before nothing. */
static bool take_character(const char **at, struct buf *value)
{
	const char *p = *at;
	if (*p != '\\') {
		buf_put_byte(value, (uint8_t)*p);
		*at = p + 1;
		return true;
	}
	if (p[1] == '\0')
		return false;
	int high = hex_digit(p[1]), low = high < 0 ? -1 : hex_digit(p[2]);
	if (low >= 0)
		buf_put_byte(value, (uint8_t)(high << 4 | low));
	else
		buf_put_byte(value, (uint8_t)p[1]);
	*at = p + (low >= 0 ? 3 : 2);
	return true;
}

/* Take "CN=value" off *at, up to a ',' or the end; its RDN is put into `rdn`. */
static struct status take_rdn(const char *text, const char **at, struct buf *rdn, struct err *err)
{
	AUTO(arena) arena = {0};
	AUTO(buf) value = {0};
	struct name_type type;
	char why[200];
	const char *start = *at + strspn(*at, " ");
	const char *equals = strchr(start, '=');
	if (!equals)
		return err_set(err, ERR_CONFIG, "name \"%.100s\": no '=' after character %td", text,
		    start - text);
	TRY(name_type_find(
	    arena_strndup(&arena, start, (size_t)(equals - start)), &arena, &type, err));
	const char *p = equals + 1;
	if (*p == '#')
		return err_set(
		    err, ERR_CONFIG, "name \"%.100s\": \"#\" values are not taken", text);
	while (*p != '\0' && *p != ',') {
		if (*p == '+')
			return err_set(err, ERR_CONFIG,
			    "name \"%.100s\": character %td: one attribute for each RDN; write \\+ for a plus",
			    text, p - text + 1);
		if (!take_character(&p, &value))
			return err_set(
			    err, ERR_CONFIG, "name \"%.100s\": ends in a backslash", text);
	}
	if (!name_value_fits(&type, buf_span(&value), why, sizeof(why)))
		return err_set(err, ERR_CONFIG, "name \"%.100s\": %s", text, why);
	name_put_rdn(rdn, &type, buf_span(&value));
	*at = p;
	return STATUS_OK;
}

static struct status common_name_alone(const char *text, struct buf *out, struct err *err)
{
	AUTO(arena) arena = {0};
	struct name_type type;
	char why[200];
	TRY(name_type_find("CN", &arena, &type, err));
	if (!name_value_fits(&type, span_str(text), why, sizeof(why)))
		return err_set(err, ERR_CONFIG, "name \"%.100s\": %s", text, why);
	size_t mark = der_begin(out, DER_SEQUENCE);
	name_put_rdn(out, &type, span_str(text));
	der_end(out, mark);
	return STATUS_OK;
}

struct status name_from_text(const char *text, struct buf *out, struct err *err)
{
	if (!strchr(text, '='))
		return common_name_alone(text, out, err);
	AUTO(arena) arena = {0};
	struct span rdns[NAME_RDNS_MAX];
	size_t count = 0;
	for (const char *at = text;; at++) {
		AUTO(buf) rdn = {0};
		if (count == NAME_RDNS_MAX)
			return err_set(err, ERR_CONFIG, "name \"%.100s\": more than %d RDNs", text,
			    NAME_RDNS_MAX);
		TRY(take_rdn(text, &at, &rdn, err));
		rdns[count++] = arena_copy(&arena, buf_span(&rdn));
		if (*at == '\0')
			break;
	}
	/* RFC 4514 2.1: the text starts with the last RDN. */
	size_t mark = der_begin(out, DER_SEQUENCE);
	while (count-- > 0)
		buf_put(out, rdns[count]);
	der_end(out, mark);
	return STATUS_OK;
}
