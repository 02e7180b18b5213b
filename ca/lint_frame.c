/* ca/lint_frame.c: lints over the frame: version, serial number, issuer, validity, key. */

#include "ca/lint_table.h"

#include <stdio.h>
#include <string.h>

#define UTC_TIME_LAST  INT64_C(2524607999) /* 2049-12-31T23:59:59Z */
#define UTC_TIME_FIRST INT64_C(-631152000) /* 1950-01-01T00:00:00Z */

LINT(tbs_too_large)
{
	return tbs->whole.n <= TBS_SIZE_MAX;
}

/* "When extensions are used, as expected in this profile, version MUST be 3 (value is 2)." */
LINT(invalid_certificate_version)
{
	return tbs->version == 2;
}

/* "The serial number MUST be a positive integer assigned by the CA to each certificate." */
LINT(serial_number_not_positive)
{
	return !(tbs->serial.p[0] & 0x80) && !(tbs->serial.n == 1 && tbs->serial.p[0] == 0);
}

/* "Conforming CAs MUST NOT use serialNumber values longer than 20 octets." */
LINT(serial_number_longer_than_20_octets)
{
	return tbs->serial.n <= 20;
}

/* Eight octets hold 63 random bits below the sign, so nine or more; non-positive is another's. */
LINT(serial_number_low_entropy)
{
	return tbs->serial.n >= 9 || !lint_serial_number_not_positive(tbs, context, why, size);
}

/* The key that will verify this certificate. */
static struct span issuer_spki(const struct tbs *tbs, const struct lint_context *context)
{
	return context->issuer ? context->issuer->spki : tbs->spki;
}

LINT(tbs_signature_alg_not_of_issuer_key)
{
	const struct key_algorithm *a;
	struct err ignored = {0};
	if (!key_algorithm_of_spki(issuer_spki(tbs, context), &a, &ignored).ok)
		return !context->issuer; /* a self-signed weak key is found by public_key_... */
	return span_equal(tbs->signature, a->signature->identifier);
}

/* An empty issuer is the next lint's. */
LINT(issuer_and_subject_dn_not_binary_equal)
{
	return tbs->issuer.n <= 2 ||
	       span_equal(tbs->issuer, context->issuer ? context->issuer->subject : tbs->subject);
}

/* "The issuer field MUST contain a non-empty distinguished name (DN)." */
LINT(issuer_field_empty)
{
	return tbs->issuer.n > 2;
}

LINT(leaf_subject_is_issuer)
{
	return context->is_ca || !context->issuer ||
	       !span_equal(tbs->subject, context->issuer->subject);
}

LINT(validity_time_not_positive)
{
	return tbs->not_after >= tbs->not_before;
}

LINT(validity_outside_issuer)
{
	const struct authority *issuer = context->issuer;
	return !issuer ||
	       (tbs->not_before >= issuer->not_before && tbs->not_after <= issuer->not_after);
}

static bool time_format_fits(uint8_t tag, int64_t when)
{
	bool utc = when >= UTC_TIME_FIRST && when <= UTC_TIME_LAST;
	return tag == (utc ? DER_UTC_TIME : DER_GENERALIZED_TIME);
}

/* "CAs conforming to this profile MUST always encode certificate validity dates through the year
 * 2049 as UTCTime; certificate validity dates in 2050 or later MUST be encoded as GeneralizedTime."
 */
LINT(wrong_time_format_pre2050)
{
	return time_format_fits(tbs->not_before_tag, tbs->not_before) &&
	       time_format_fits(tbs->not_after_tag, tbs->not_after);
}

/* An authority may be made for later or after the fact; a leaf is issued now. */
LINT(not_before_far_from_now)
{
	return context->is_ca || (tbs->not_before <= context->now + LINT_FUTURE_MAX &&
				     tbs->not_before >= context->now - LINT_BACKDATE_MAX);
}

/* "CAs conforming to this profile MUST NOT generate certificates with unique identifiers." */
LINT(cert_contains_unique_identifier)
{
	return !tbs->unique_ids;
}

LINT(public_key_weak_or_unknown)
{
	const struct key_algorithm *a;
	struct err problem = {0};
	if (key_algorithm_of_spki(tbs->spki, &a, &problem).ok)
		return true;
	snprintf(why, size, "%s", problem.message);
	return false;
}

LINT(public_key_is_issuers)
{
	return !context->issuer || !span_equal(tbs->spki, context->issuer->spki);
}
