/* ca/general_name.c: what may stand in a GeneralName. */

#include "ca/general_name.h"

#include <stdio.h>
#include <string.h>

#define DNS_NAME_MAX  253 /* RFC 1035 2.3.4, without the root's dot */
#define DNS_LABEL_MAX 63

static bool is_alphanumeric(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool dns_label_fits(struct span label, bool first)
{
	if (first && span_equal_str(label, "*"))
		return true;
	if (label.n == 0 || label.n > DNS_LABEL_MAX)
		return false;
	if (label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!is_alphanumeric(label.p[i]) && label.p[i] != '-')
			return false;
	return true;
}

bool dns_name_fits(struct span name, char *why, size_t size)
{
	if (name.n == 0 || name.n > DNS_NAME_MAX) {
		snprintf(
		    why, size, "dNSName of %zu octets, allowed are 1 to %d", name.n, DNS_NAME_MAX);
		return false;
	}
	for (size_t start = 0, end; start <= name.n; start = end + 1) {
		for (end = start; end < name.n && name.p[end] != '.'; end++)
			continue;
		struct span label = span(name.p + start, end - start);
		if (!dns_label_fits(label, start == 0)) {
			snprintf(why, size,
			    "dNSName label at character %zu is not 1 to %d letters, digits and inner hyphens",
			    start + 1, DNS_LABEL_MAX);
			return false;
		}
	}
	return true;
}

/* RFC 3986 3.1: scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) */
static size_t scheme_length(struct span uri)
{
	size_t n = 0;
	while (n < uri.n && (is_alphanumeric(uri.p[n]) || (n > 0 && strchr("+-.", uri.p[n]))))
		n++;
	if (n == 0 || n == uri.n || uri.p[n] != ':' || (uri.p[0] >= '0' && uri.p[0] <= '9'))
		return 0;
	return n;
}

static bool uri_character(uint8_t c)
{
	return is_alphanumeric(c) || (c != 0 && strchr("-._~:/?#[]@!$&'()*+,;=%", c));
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

bool uri_fits(struct span uri, const char *scheme, char *why, size_t size)
{
	/* RFC 5280 4.2.1.6: "The name MUST NOT be a relative URI [...] MUST include both a scheme
	 * [...] and a scheme-specific-part." */
	size_t n = scheme_length(uri);
	if (n == 0 || n + 1 == uri.n || uri.n > URI_MAX) {
		snprintf(why, size, "not an absolute URI of at most %d octets", URI_MAX);
		return false;
	}
	if (scheme && !span_equal_nocase(span(uri.p, n), scheme)) {
		snprintf(why, size, "scheme \"%.*s\" where %s is wanted", (int)n,
		    (const char *)uri.p, scheme);
		return false;
	}
	if (scheme && (uri.n < n + 4 || memcmp(uri.p + n, "://", 3) != 0 || uri.p[n + 3] == '/')) {
		snprintf(why, size, "URI without a host");
		return false;
	}
	for (size_t i = 0; i < uri.n; i++) {
		bool escape = uri.p[i] != '%' ||
			      (i + 2 < uri.n && is_hex(uri.p[i + 1]) && is_hex(uri.p[i + 2]));
		if (!uri_character(uri.p[i]) || !escape) {
			snprintf(why, size, "URI character %zu (0x%02x) is not allowed", i + 1,
			    uri.p[i]);
			return false;
		}
	}
	return true;
}

bool email_fits(struct span address, char *why, size_t size)
{
	const uint8_t *at = address.n > 0 ? memchr(address.p, '@', address.n) : NULL;
	size_t local = at ? (size_t)(at - address.p) : 0;
	if (local == 0 || local > 64) { /* RFC 5321 4.5.3.1.1 */
		snprintf(why, size, "not of the form local@domain");
		return false;
	}
	for (size_t i = 0; i < local; i++) {
		uint8_t c = address.p[i];
		if (!is_alphanumeric(c) && (c == 0 || !strchr("!#$%&'*+-/=?^_`{|}~.", c))) {
			snprintf(why, size, "character %zu of the mailbox is not allowed", i + 1);
			return false;
		}
	}
	return dns_name_fits(span(at + 1, address.n - local - 1), why, size);
}

void general_name_put_hardware_module(struct buf *out, struct span hw_type, struct span hw_serial)
{
	size_t other = der_begin(out, GENERAL_OTHER);
	der_put(out, DER_OID, SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x08\x04"));
	size_t explicit_tag = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	size_t module = der_begin(out, DER_SEQUENCE);
	der_put(out, DER_OID, hw_type);
	der_put(out, DER_OCTET_STRING, hw_serial);
	der_end(out, module);
	der_end(out, explicit_tag);
	der_end(out, other);
}
