/* ca/extension.c: extensions and the frame of a certificate. */

#include "ca/extension.h"

#include <string.h>

#include "base/encode.h"
#include "ca/general_name.h"
#include "ca/policy.h"

void extension_put(struct buf *out, struct span oid, bool critical, struct span value)
{
	size_t mark = der_begin(out, DER_SEQUENCE);
	der_put(out, DER_OID, oid);
	if (critical) /* X.690 11.5: a DEFAULT value is never encoded */
		der_put_bool(out, true);
	der_put(out, DER_OCTET_STRING, value);
	der_end(out, mark);
}

void extension_put_authority_key_id(struct buf *out, struct span key_id)
{
	AUTO(buf) value = {0};
	size_t mark = der_begin(&value, DER_SEQUENCE);
	der_put(&value, DER_CONTEXT | 0, key_id);
	der_end(&value, mark);
	extension_put(out, OID_AUTHORITY_KEY_ID, false, buf_span(&value));
}

void extension_put_subject_key_id(struct buf *out, const uint8_t key_id[static KEY_ID_SIZE])
{
	uint8_t value[2 + KEY_ID_SIZE] = {DER_OCTET_STRING, KEY_ID_SIZE};
	memcpy(value + 2, key_id, KEY_ID_SIZE);
	extension_put(out, OID_SUBJECT_KEY_ID, false, SPAN_OF(value));
}

void extension_put_key_usage(struct buf *out, uint32_t bits)
{
	AUTO(buf) value = {0};
	der_put_named_bits(&value, bits, KU_DECIPHER_ONLY + 1);
	extension_put(out, OID_KEY_USAGE, true, buf_span(&value));
}

void extension_put_basic_constraints(struct buf *out, bool ca, int path_length)
{
	AUTO(buf) value = {0};
	size_t mark = der_begin(&value, DER_SEQUENCE);
	if (ca)
		der_put_bool(&value, true);
	if (ca && path_length >= 0)
		der_put_uint(&value, (uint64_t)path_length);
	der_end(&value, mark);
	extension_put(out, OID_BASIC_CONSTRAINTS, true, buf_span(&value));
}

void extension_put_extended_key_usage(struct buf *out, const char *const *oids, size_t count)
{
	AUTO(buf) value = {0};
	size_t mark = der_begin(&value, DER_SEQUENCE);
	for (size_t i = 0; i < count; i++)
		der_put_oid(&value, oids[i]);
	der_end(&value, mark);
	/* RFC 3161 2.3: the time-stamping purpose stands alone, in a critical extension */
	bool critical = count == 1 && strcmp(oids[0], EKU_TIME_STAMPING) == 0;
	extension_put(out, OID_EXTENDED_KEY_USAGE, critical, buf_span(&value));
}

void extension_put_policies(struct buf *out, const char *const *oids, size_t count)
{
	AUTO(buf) value = {0};
	size_t mark = der_begin(&value, DER_SEQUENCE);
	for (size_t i = 0; i < count; i++) {
		size_t information = der_begin(&value, DER_SEQUENCE);
		der_put_oid(&value, oids[i]);
		der_end(&value, information);
	}
	der_end(&value, mark);
	extension_put(out, OID_CERTIFICATE_POLICIES, false, buf_span(&value));
}

/* CRLDistributionPoints of one URL: RFC 5280 4.2.1.13, and 4.2.1.15, which has the same syntax. */
static void put_points(struct buf *out, struct span oid, const char *url)
{
	AUTO(buf) value = {0};
	size_t points = der_begin(&value, DER_SEQUENCE);
	size_t point = der_begin(&value, DER_SEQUENCE);
	size_t name = der_begin(&value, DER_CONTEXT_CONSTRUCTED | 0);      /* distributionPoint */
	size_t full_name = der_begin(&value, DER_CONTEXT_CONSTRUCTED | 0); /* fullName */
	der_put(&value, GENERAL_URI, span_str(url));
	der_end(&value, full_name);
	der_end(&value, name);
	der_end(&value, point);
	der_end(&value, points);
	extension_put(out, oid, false, buf_span(&value));
}

void extension_put_crl_distribution(struct buf *out, const char *url)
{
	put_points(out, OID_CRL_DISTRIBUTION, url);
}

void extension_put_freshest_crl(struct buf *out, const char *url)
{
	put_points(out, OID_FRESHEST_CRL, url);
}

static void put_access(struct buf *out, struct span method, const char *url)
{
	if (!url)
		return;
	size_t mark = der_begin(out, DER_SEQUENCE);
	der_put(out, DER_OID, method);
	der_put(out, GENERAL_URI, span_str(url));
	der_end(out, mark);
}

void extension_put_authority_info(struct buf *out, const char *ocsp_url, const char *issuer_url)
{
	AUTO(buf) value = {0};
	size_t mark = der_begin(&value, DER_SEQUENCE);
	put_access(&value, OID_ACCESS_OCSP, ocsp_url);
	put_access(&value, OID_ACCESS_ISSUER, issuer_url);
	der_end(&value, mark);
	extension_put(out, OID_AUTHORITY_INFO, false, buf_span(&value));
}

void extension_put_ocsp_no_check(struct buf *out)
{
	extension_put(out, OID_OCSP_NO_CHECK, false, SPAN_LITERAL("\x05\x00"));
}

void extension_put_mud_url(struct buf *out, const char *url)
{
	/* RFC 8520 section 11: "This extension MUST be non-critical", an IA5String */
	AUTO(buf) value = {0};
	der_put(&value, DER_IA5_STRING, span_str(url));
	extension_put(out, OID_MUD_URL, false, buf_span(&value));
}

bool key_id_of_spki(struct span spki, uint8_t ret_key_id[static KEY_ID_SIZE])
{
	struct span sequence, algorithm, bits;
	if (!der_take(&spki, DER_SEQUENCE, &sequence) ||
	    !der_take(&sequence, DER_SEQUENCE, &algorithm) || !der_take_bits(&sequence, &bits))
		return false;
	struct digest digest = sha256(bits);
	memcpy(ret_key_id, digest.bytes, KEY_ID_SIZE);
	return true;
}

uint32_t key_usage_allowed(const struct key_algorithm *a)
{
	const uint32_t signing = 1U << KU_DIGITAL_SIGNATURE | 1U << KU_NON_REPUDIATION |
				 1U << KU_KEY_CERT_SIGN | 1U << KU_CRL_SIGN;
	if (strcmp(a->evp_type, "RSA") == 0) /* RFC 3279 2.3.1 */
		return signing | 1U << KU_KEY_ENCIPHERMENT | 1U << KU_DATA_ENCIPHERMENT;
	if (strcmp(a->evp_type, "EC") == 0) /* RFC 5480 section 3, RFC 8813 */
		return signing | 1U << KU_KEY_AGREEMENT | 1U << KU_ENCIPHER_ONLY |
		       1U << KU_DECIPHER_ONLY;
	/* RFC 8410 section 5, RFC 9881 section 5: signing, nothing else */
	return signing;
}

void tbs_write(const struct tbs_parts *parts, struct buf *out)
{
	buf_reserve(out, parts->issuer.n + parts->subject.n + parts->spki.n + parts->extensions.n +
			     parts->more.n + 128);
	size_t tbs = der_begin(out, DER_SEQUENCE);
	size_t version = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	der_put_uint(out, 2); /* v3 */
	der_end(out, version);
	der_put_unsigned(out, parts->serial);
	buf_put(out, parts->algorithm);
	buf_put(out, parts->issuer);
	size_t validity = der_begin(out, DER_SEQUENCE);
	der_put_time(out, parts->not_before);
	der_put_time(out, parts->not_after);
	der_end(out, validity);
	buf_put(out, parts->subject);
	buf_put(out, parts->spki);
	if (parts->extensions.n + parts->more.n > 0) {
		size_t explicit_tag = der_begin(out, DER_CONTEXT_CONSTRUCTED | 3);
		size_t extensions = der_begin(out, DER_SEQUENCE);
		buf_put(out, parts->extensions);
		buf_put(out, parts->more);
		der_end(out, extensions);
		der_end(out, explicit_tag);
	}
	der_end(out, tbs);
}

struct status certificate_sign(
    struct span tbs, struct hsm_key *key, struct buf *out, struct err *err)
{
	AUTO(buf) signature = {0};
	TRY(hsm_sign(key, tbs, &signature, err));
	size_t mark = der_begin(out, DER_SEQUENCE);
	buf_put(out, tbs);
	buf_put(out, hsm_key_algorithm(key)->signature->identifier);
	der_put_bits(out, buf_span(&signature));
	der_end(out, mark);
	return STATUS_OK;
}
