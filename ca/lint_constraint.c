/* ca/lint_constraint.c: names against the name constraints of the issuers above. RFC 5280 4.2.1.10.
 */

#include "ca/lint_table.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ca/certificate.h"
#include "ca/extension.h"
#include "ca/general_name.h"
#include "ca/name_constraint.h"

/* "Any DNS name that can be constructed by simply adding zero or more labels to the left-hand side
 * of the name satisfies the name constraint." */
static bool dns_within(struct span name, struct span base)
{
	if (base.n > 0 && base.p[0] == '.') {
		base.p++;
		base.n--;
	}
	if (base.n == 0)
		return true;
	if (name.n < base.n ||
	    strncasecmp((const char *)name.p + name.n - base.n, (const char *)base.p, base.n) != 0)
		return false;
	return name.n == base.n || name.p[name.n - base.n - 1] == '.';
}

/* The base's RDNs lead the name's. Both are Names, whole DER. */
static bool directory_within(struct span name, struct span base)
{
	struct span name_rdns, base_rdns;
	return der_take(&name, DER_SEQUENCE, &name_rdns) &&
	       der_take(&base, DER_SEQUENCE, &base_rdns) && name_rdns.n >= base_rdns.n &&
	       (base_rdns.n == 0 || memcmp(name_rdns.p, base_rdns.p, base_rdns.n) == 0);
}

static bool ip_within(struct span address, struct span base)
{
	if (base.n != 2 * address.n)
		return false;
	for (size_t i = 0; i < address.n; i++)
		if ((address.p[i] & base.p[address.n + i]) != (base.p[i] & base.p[address.n + i]))
			return false;
	return true;
}

struct verdict {
	bool constrained; /* there is a subtree of the name's type */
	bool within;      /* the name lies in one */
	bool unsure;      /* of a type that we cannot compare */
};

/* One name against the subtrees of a list. For directoryName `name` is the Name's whole DER. */
static struct verdict judge(struct span subtrees, uint8_t tag, struct span name)
{
	struct verdict v = {0};
	struct span subtree;
	struct der_item base;
	while (der_take(&subtrees, DER_SEQUENCE, &subtree) && der_next(&subtree, &base)) {
		if (base.tag != tag)
			continue;
		v.constrained = true;
		if (tag == GENERAL_DNS)
			v.within |= dns_within(name, base.body);
		else if (tag == GENERAL_DIRECTORY)
			v.within |= directory_within(name, base.body);
		else if (tag == GENERAL_IP)
			v.within |= ip_within(name, base.body);
		else
			v.unsure = true;
	}
	return v;
}

bool name_constraints_allow(const struct name_constraints *c, uint8_t tag, struct span name)
{
	struct verdict permitted = judge(c->permitted, tag, name);
	struct verdict excluded = judge(c->excluded, tag, name);
	if (permitted.unsure || excluded.unsure)
		return false;
	return (!permitted.constrained || permitted.within) && !excluded.within;
}

bool name_constraints_of(
    struct span der, struct name_constraints *ret_constraints, struct span *ret_value)
{
	struct certificate_view view;
	struct name_constraints *ret = ret_constraints;
	struct span value, body;
	struct err ignored = {0};
	*ret = (struct name_constraints){0};
	/* Most have none: a look for the identifier is thirty times cheaper than reading it all. */
	if (der.n == 0 || !memmem(der.p, der.n, "\x06\x03\x55\x1d\x1e", 5))
		return false;
	if (!certificate_read(der, &view, &ignored).ok)
		return false;
	const struct extension *e = certificate_extension(&view, OID_NAME_CONSTRAINTS);
	if (!e)
		return false;
	value = e->value;
	*ret_value = value;
	if (!der_take(&value, DER_SEQUENCE, &body))
		return false;
	if (der_peek(body, DER_CONTEXT_CONSTRUCTED | 0) &&
	    !der_take(&body, DER_CONTEXT_CONSTRUCTED | 0, &ret->permitted))
		return false;
	if (der_peek(body, DER_CONTEXT_CONSTRUCTED | 1) &&
	    !der_take(&body, DER_CONTEXT_CONSTRUCTED | 1, &ret->excluded))
		return false;
	return true;
}

/* The common name, where it looks like a host: at least two labels. */
static bool host_in_subject(const struct tbs *tbs, struct span *ret_host)
{
	struct span in = tbs->subject, rdns, rdn, pair, oid;
	struct der_item value;
	if (!der_take(&in, DER_SEQUENCE, &rdns))
		return false;
	while (der_take(&rdns, DER_SET, &rdn) && der_take(&rdn, DER_SEQUENCE, &pair)) {
		if (!der_take(&pair, DER_OID, &oid) || !der_next(&pair, &value) ||
		    !span_equal(oid, SPAN_LITERAL("\x55\x04\x03")))
			continue;
		*ret_host = value.body;
		bool dot = false;
		for (size_t i = 0; i < value.body.n; i++) {
			uint8_t c = value.body.p[i];
			bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
			if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
				return false;
			dot |= c == '.';
		}
		return dot;
	}
	return false;
}

static bool has_dns_name(struct span names)
{
	struct der_item name;
	while (names.n > 0 && der_next(&names, &name))
		if (name.tag == GENERAL_DNS)
			return true;
	return false;
}

static bool names_allowed(const struct tbs *tbs, const struct name_constraints *c)
{
	struct span names = SPAN_NONE, host;
	struct der_item name;
	if (!lint_subject_empty(tbs) && !name_constraints_allow(c, GENERAL_DIRECTORY, tbs->subject))
		return false;
	bool san = lint_names(tbs, OID_SUBJECT_ALT_NAME, &names);
	/* RFC 6125 B.2 and OpenSSL: without a dNSName, a common name that looks like a host is one
	 */
	if (!has_dns_name(names) && host_in_subject(tbs, &host) &&
	    !name_constraints_allow(c, GENERAL_DNS, host))
		return false;
	if (!san)
		return true;
	while (names.n > 0 && der_next(&names, &name))
		if (!name_constraints_allow(c, name.tag, name.body))
			return false;
	return true;
}

static bool certificate_allows(const struct tbs *tbs, struct span certificate)
{
	struct name_constraints c;
	struct span value;
	return !name_constraints_of(certificate, &c, &value) || names_allowed(tbs, &c);
}

/* Of a hierarchy that was taken over, what stands above is no authority here: its chain has it. */
static bool chain_allows(const struct tbs *tbs, const struct authority *a)
{
	for (size_t i = 0; i < a->chain_count; i++)
		if (!certificate_allows(tbs, a->chain[i]))
			return false;
	return true;
}

LINT(name_outside_issuer_constraints)
{
	for (const struct authority *a = context->issuer; a; a = a->parent) {
		if (certificate_allows(tbs, a->certificate) && chain_allows(tbs, a))
			continue;
		snprintf(why, size, "authority \"%s\" may not issue under these names",
		    a->name ? a->name : "");
		return false;
	}
	return true;
}
