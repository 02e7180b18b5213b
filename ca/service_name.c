/* ca/service_name.c: see service_name.h. */
#include "ca/service_name.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/der.h"
#include "ca/general_name.h"

/* ---- addresses ---- */

bool service_address_read(const char *text, struct service_address *ret)
{
	struct service_address a = {0};

	a.n = inet_pton(AF_INET, text, a.octets) == 1    ? 4
	      : inet_pton(AF_INET6, text, a.octets) == 1 ? 16
							 : 0;
	if (a.n == 0)
		return false;
	*ret = a;
	return true;
}

/* An address and how many bits of it count. */
static bool range_read(const char *row, struct service_address *ret_base, size_t *ret_bits)
{
	char text[64];
	const char *slash = strchr(row, '/');
	const size_t n = slash ? (size_t)(slash - row) : strlen(row);
	char *end = NULL;
	unsigned long bits;

	if (n >= sizeof(text))
		return false;
	memcpy(text, row, n);
	text[n] = 0;
	if (!service_address_read(text, ret_base))
		return false;
	*ret_bits = ret_base->n * 8;
	if (!slash)
		return true;
	bits = slash[1] >= '0' && slash[1] <= '9' ? strtoul(slash + 1, &end, 10) : 1000;
	if (!end || *end || bits > *ret_bits)
		return false;
	*ret_bits = bits;
	return true;
}

static uint8_t mask_of(size_t bits)
{
	return (uint8_t)(bits >= 8 ? 0xff : 0xff00 >> bits);
}

static bool within(
    const struct service_address *base, size_t bits, const struct service_address *address)
{
	if (base->n != address->n)
		return false;
	for (size_t i = 0; i * 8 < bits; i++)
		if ((base->octets[i] ^ address->octets[i]) & mask_of(bits - i * 8))
			return false;
	return true;
}

bool service_permit_ip_fits(const char *row, char *why, size_t size)
{
	struct service_address base;
	size_t bits;

	if (!range_read(row, &base, &bits)) {
		snprintf(why, size, "\"%.64s\" is no address and no range such as 10.0.0.0/8", row);
		return false;
	}
	/* Bits behind the prefix say that somebody meant something else. */
	for (size_t i = bits / 8; i < base.n; i++) {
		if (base.octets[i] & (uint8_t)~mask_of(i * 8 < bits ? bits - i * 8 : 0)) {
			snprintf(why, size, "\"%.64s\" has bits behind its prefix", row);
			return false;
		}
	}
	return true;
}

bool service_ip_permitted(const struct profile *p, const struct service_address *address)
{
	struct service_address base;
	size_t bits;

	for (size_t i = 0; i < p->permit_ip.count; i++)
		if (range_read(p->permit_ip.items[i], &base, &bits) && within(&base, bits, address))
			return true;
	return false;
}

/* ---- names ---- */

/* Lower case, so that one name has one form; no "*", which dns_name_fits() would take. */
static bool is_host(const char *name, char *why, size_t size)
{
	if (strchr(name, '*')) {
		snprintf(why, size, "\"%.100s\" is a wildcard", name);
		return false;
	}
	for (const char *c = name; *c; c++) {
		if (*c >= 'A' && *c <= 'Z') {
			snprintf(why, size, "\"%.100s\" is not in lower case", name);
			return false;
		}
	}
	return dns_name_fits(span_str(name), why, size);
}

static const char *suffix_of(const char *row)
{
	return row[0] == '*' && row[1] == '.' ? row + 2 : row[0] == '.' ? row + 1 : row;
}

bool service_permit_dns_fits(const char *row, char *why, size_t size)
{
	return is_host(suffix_of(row), why, size);
}

/* The labels before ".SUFFIX"; 0: it does not end so. */
static size_t prefix_length(const char *name, const char *suffix)
{
	const size_t n = strlen(name), m = strlen(suffix);

	if (n < m + 2 || name[n - m - 1] != '.' || strcmp(name + n - m, suffix) != 0)
		return 0;
	return n - m - 1;
}

static bool row_permits(const char *row, const char *name)
{
	const size_t n = prefix_length(name, suffix_of(row));

	if (row[0] == '.')
		return n > 0;
	if (row[0] == '*')
		return n > 0 && !memchr(name, '.', n);
	return strcmp(row, name) == 0;
}

bool service_dns_permitted(const struct profile *p, const char *name, char *why, size_t size)
{
	if (!is_host(name, why, size))
		return false;
	for (size_t i = 0; i < p->permit_dns.count; i++)
		if (row_permits(p->permit_dns.items[i], name))
			return true;
	snprintf(why, size, "\"%.100s\" is none of its permit_dns", name);
	return false;
}

/* ---- what a request asks for ---- */

static bool has_dns(const struct service_names *names, struct span text)
{
	for (size_t i = 0; i < names->dns_count; i++)
		if (strlen(names->dns[i]) == text.n &&
		    strncasecmp(names->dns[i], (const char *)text.p, text.n) == 0)
			return true;
	return false;
}

static bool has_ip(const struct service_names *names, struct span octets)
{
	for (size_t i = 0; i < names->ip_count; i++)
		if (span_equal(span(names->ip[i].octets, names->ip[i].n), octets))
			return true;
	return false;
}

static bool has_text(const struct service_names *names, struct span text)
{
	struct service_address address;
	char zero_ended[64];

	if (has_dns(names, text))
		return true;
	if (text.n >= sizeof(zero_ended) || memchr(text.p, 0, text.n))
		return false;
	snprintf(zero_ended, sizeof(zero_ended), "%.*s", SPAN_PRINT(text));
	return service_address_read(zero_ended, &address) &&
	       has_ip(names, span(address.octets, address.n));
}

static bool cover_attribute(
    const struct service_names *names, struct span attribute, char *why, size_t size)
{
	static const uint8_t cn[] = {0x55, 0x04, 0x03};
	struct span oid;
	struct der_item value;

	if (!der_take(&attribute, DER_OID, &oid) || !der_next(&attribute, &value)) {
		snprintf(why, size, "its subject cannot be read");
		return false;
	}
	if (!span_equal(oid, SPAN_OF(cn)) || has_text(names, value.body))
		return true;
	snprintf(why, size, "the subject's common name \"%.*s\"",
	    (int)(value.body.n < 100 ? value.body.n : 100), (const char *)value.body.p);
	return false;
}

static bool cover_subject(
    const struct service_names *names, struct span subject, char *why, size_t size)
{
	struct span rdns, rdn, attribute;

	if (!der_take(&subject, DER_SEQUENCE, &rdns))
		return true;
	while (rdns.n > 0) {
		if (!der_take(&rdns, DER_SET, &rdn))
			return false;
		while (rdn.n > 0)
			if (!der_take(&rdn, DER_SEQUENCE, &attribute) ||
			    !cover_attribute(names, attribute, why, size))
				return false;
	}
	return true;
}

static bool cover_san(const struct service_names *names, struct span san, char *why, size_t size)
{
	struct span list;
	struct der_item name;

	if (!der_take(&san, DER_SEQUENCE, &list) || san.n > 0) {
		snprintf(why, size, "its subjectAltName cannot be read");
		return false;
	}
	while (list.n > 0) {
		if (!der_next(&list, &name)) {
			snprintf(why, size, "its subjectAltName cannot be read");
			return false;
		}
		if ((name.tag == GENERAL_DNS && has_dns(names, name.body)) ||
		    (name.tag == GENERAL_IP && has_ip(names, name.body)))
			continue;
		if (name.tag == GENERAL_DNS)
			snprintf(why, size, "the name \"%.*s\"",
			    (int)(name.body.n < 100 ? name.body.n : 100),
			    (const char *)name.body.p);
		else
			snprintf(why, size, "%s in its subjectAltName",
			    name.tag == GENERAL_IP ? "another address"
						   : "what is neither a host name nor an address");
		return false;
	}
	return true;
}

bool service_names_cover(
    const struct service_names *names, struct span subject, struct span san, char *why, size_t size)
{
	snprintf(why, size, "its subject cannot be read");
	return cover_subject(names, subject, why, size) &&
	       (san.n == 0 || cover_san(names, san, why, size));
}
