/* ca/lint_tbs.c: the parts of a TBSCertificate. */

#include "ca/lint.h"

#include <string.h>

/* X.690 8.3.2: the first nine bits are neither all zero nor all one. */
static bool integer_is_minimal(struct span i)
{
	if (i.n == 0)
		return false;
	if (i.n == 1)
		return true;
	return !(i.p[0] == 0x00 && !(i.p[1] & 0x80)) && !(i.p[0] == 0xff && (i.p[1] & 0x80));
}

static bool parse_version(struct span *in, struct tbs *tbs)
{
	struct span explicit_tag;
	if (!der_peek(*in, DER_CONTEXT_CONSTRUCTED | 0))
		return true;
	return der_take(in, DER_CONTEXT_CONSTRUCTED | 0, &explicit_tag) &&
	       der_take_uint(&explicit_tag, &tbs->version) && explicit_tag.n == 0;
}

static bool parse_validity(struct tbs *tbs)
{
	struct span in = tbs->validity, times;
	if (!der_take(&in, DER_SEQUENCE, &times) || times.n == 0)
		return false;
	tbs->not_before_tag = times.p[0];
	if (!der_take_time(&times, &tbs->not_before) || times.n == 0)
		return false;
	tbs->not_after_tag = times.p[0];
	return der_take_time(&times, &tbs->not_after) && times.n == 0;
}

static bool parse_extension(struct span *in, struct tbs *tbs)
{
	struct span item;
	struct tbs_extension *e = &tbs->extensions[tbs->extension_count];
	if (tbs->extension_count == TBS_EXTENSIONS_MAX || !der_take(in, DER_SEQUENCE, &item) ||
	    !der_take(&item, DER_OID, &e->oid) || e->oid.n == 0)
		return false;
	e->critical_encoded = der_peek(item, DER_BOOLEAN);
	if (e->critical_encoded && !der_take_bool(&item, &e->critical))
		return false;
	tbs->extension_count++;
	return der_take(&item, DER_OCTET_STRING, &e->value) && item.n == 0;
}

/* What stands behind the key: unique identifiers, extensions. */
static bool parse_tail(struct span in, struct tbs *tbs)
{
	struct span body, extensions;
	for (uint8_t n = 1; n <= 2; n++) {
		if (!der_peek(in, DER_CONTEXT | n))
			continue;
		if (!der_take(&in, DER_CONTEXT | n, &body))
			return false;
		tbs->unique_ids = true;
	}
	if (in.n == 0)
		return true;
	if (!der_take(&in, DER_CONTEXT_CONSTRUCTED | 3, &body) || in.n > 0 ||
	    !der_take(&body, DER_SEQUENCE, &extensions) || body.n > 0 || extensions.n == 0)
		return false;
	while (extensions.n > 0)
		if (!parse_extension(&extensions, tbs))
			return false;
	return true;
}

struct status tbs_parse(struct span der, struct tbs *ret_tbs, struct err *err)
{
	struct span rest = der, in;
	struct tbs tbs = {.whole = der};
	if (!der_take(&rest, DER_SEQUENCE, &in) || rest.n > 0)
		return err_set(err, ERR_INPUT, "tbsCertificate: no SEQUENCE, or bytes behind it");
	if (!parse_version(&in, &tbs) || !der_take(&in, DER_INTEGER, &tbs.serial) ||
	    !integer_is_minimal(tbs.serial))
		return err_set(
		    err, ERR_INPUT, "tbsCertificate: version or serial number malformed");
	if (!der_take_whole(&in, DER_SEQUENCE, &tbs.signature) ||
	    !der_take_whole(&in, DER_SEQUENCE, &tbs.issuer) ||
	    !der_take_whole(&in, DER_SEQUENCE, &tbs.validity) || !parse_validity(&tbs))
		return err_set(
		    err, ERR_INPUT, "tbsCertificate: signature, issuer or validity malformed");
	if (!der_take_whole(&in, DER_SEQUENCE, &tbs.subject) ||
	    !der_take_whole(&in, DER_SEQUENCE, &tbs.spki))
		return err_set(err, ERR_INPUT, "tbsCertificate: subject or key malformed");
	if (!parse_tail(in, &tbs))
		return err_set(err, ERR_INPUT, "tbsCertificate: extensions malformed or over %d",
		    TBS_EXTENSIONS_MAX);
	*ret_tbs = tbs;
	return STATUS_OK;
}

const struct tbs_extension *tbs_extension(const struct tbs *tbs, struct span oid)
{
	for (size_t i = 0; i < tbs->extension_count; i++)
		if (tbs->extensions[i].oid.n == oid.n &&
		    memcmp(tbs->extensions[i].oid.p, oid.p, oid.n) == 0)
			return &tbs->extensions[i];
	return NULL;
}
