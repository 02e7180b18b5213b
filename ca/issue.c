/* ca/issue.c: a certificate for a device or for one of our own servers. */

#include "ca/issue.h"

#include <string.h>

#include "ca/authority_chain.h"
#include "ca/crl_scope.h"
#include "ca/extension.h"
#include "ca/general_name.h"
#include "ca/lint.h"
#include "ca/profile.h"
#include "ca/reason.h"

/* What is not yet as it should be for issuing at all: our fault, never the device's. */
static struct status check_issuer(const struct profile *profile, int64_t now, struct err *err)
{
	const struct authority *a = profile->authority;
	if (!profile->compiled || !a || profile->compiled->authority != a)
		return err_set(err, ERR_INTERNAL, "profile \"%s\" is not compiled for an authority",
		    profile->name);
	if (a->state == AUTHORITY_RETIRED && !profile->ocsp_responder)
		return REFUSE(err, AUTHORITY_RETIRED, "authority \"%s\" is retired", a->name);
	if (authority_is_revoked(a) && !profile->ocsp_responder)
		return REFUSE(err, AUTHORITY_REVOKED, "authority \"%s\" is revoked", a->name);
	if (!a->key)
		return err_set(err, ERR_KEY, "authority \"%s\" has no key here: %s", a->name,
		    a->key_problem[0] ? a->key_problem : "it has no key_uri");
	if (now > a->not_after || now < a->not_before) {
		char end[TIME_TEXT_SIZE], start[TIME_TEXT_SIZE];
		time_text(a->not_before, start);
		time_text(a->not_after, end);
		return err_set(err, ERR_INTERNAL, "issuer %s: authority \"%s\" is valid %s to %s",
		    now > a->not_after ? "expired" : "not yet valid", a->name, start, end);
	}
	return STATUS_OK;
}

static struct status check_key(
    const struct profile_compiled *compiled, const struct key_algorithm *algorithm, struct err *err)
{
	if (profile_allows(compiled, algorithm))
		return STATUS_OK;
	AUTO(buf) allowed = {0};
	for (size_t i = 0; i < compiled->key_count; i++)
		buf_printf(&allowed, "%s%s", i > 0 ? ", " : "", compiled->keys[i]->name);
	return REFUSE(err, CSR_KEY_ALGORITHM, "key is %s, this profile allows %s", algorithm->name,
	    buf_cstr(&allowed));
}

/* 16 random octets, the top bits 01: positive and of one length always. RFC 5280 4.1.2.2. */
static struct status make_serial(
    const struct rng *rng, uint8_t serial[static SERIAL_SIZE], struct err *err)
{
	TRY(rng_fill(rng, serial, SERIAL_SIZE, err));
	serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);
	return STATUS_OK;
}

/* notBefore lies in the past for clocks that lag; both ends stay inside the issuer's. */
static void choose_validity(const struct profile *profile, int64_t now, struct issued *issued)
{
	const struct authority *a = profile->authority;
	issued->not_before = now - profile->backdate;
	if (issued->not_before < a->not_before)
		issued->not_before = a->not_before;
	issued->not_after = TIME_NO_EXPIRY;
	if (!profile->no_expiry && profile->validity < TIME_NO_EXPIRY - now)
		issued->not_after = now + profile->validity;
	if (issued->not_after > a->not_after)
		issued->not_after = a->not_after;
}

static struct status put_subject(const struct profile_compiled *compiled,
    const struct issue_subject *subject, struct buf *out, struct err *err)
{
	char why[200];
	size_t mark = der_begin(out, DER_SEQUENCE);
	for (size_t i = 0; i < compiled->subject_count; i++)
		if (!profile_put_rdn(&compiled->subject[i], subject, out, why, sizeof(why)))
			return REFUSE(
			    err, PROFILE_NAME, "%s: %s", compiled->subject[i].member, why);
	der_end(out, mark);
	return STATUS_OK;
}

static struct status put_san(const struct profile_compiled *compiled,
    const struct issue_subject *subject, struct buf *out, struct err *err)
{
	if (compiled->san_constant)
		return STATUS_OK;
	AUTO(buf) names = {0};
	char why[200];
	size_t mark = der_begin(&names, DER_SEQUENCE);
	for (size_t i = 0; i < compiled->san_count; i++)
		if (!profile_put_san(&compiled->san[i], subject, &names, why, sizeof(why)))
			return REFUSE(err, PROFILE_NAME, "%s: %s", compiled->san[i].member, why);
	bool none = names.n == mark;
	der_end(&names, mark);
	/* RFC 5280 4.2.1.6: "If the subjectAltName extension is present, the sequence MUST contain
	 * at least one entry"; critical where the subject is empty. */
	if (!none)
		extension_put(
		    out, OID_SUBJECT_ALT_NAME, compiled->subject_count == 0, buf_span(&names));
	return STATUS_OK;
}

/* What differs from device to device. */
static struct status put_extensions(const struct profile *profile,
    const struct issue_subject *subject, struct span spki, int32_t shard, struct buf *out,
    struct err *err)
{
	uint8_t key_id[KEY_ID_SIZE];
	if (profile->subject_key_id) {
		if (!key_id_of_spki(spki, key_id))
			return err_set(err, ERR_INTERNAL, "the public key cannot be read");
		extension_put_subject_key_id(out, key_id);
	}
	TRY(put_san(profile->compiled, subject, out, err));
	if (profile->mud_url && subject->mud_url)
		extension_put_mud_url(out, subject->mud_url);
	if (profile->crl_distribution && crl_shards(profile->authority) > 1)
		crl_scope_put_points(profile->authority, shard, out);
	return STATUS_OK;
}

static struct status build_and_sign(const struct profile *profile, struct span spki,
    struct span extensions, int64_t now, struct issued *issued, struct err *err)
{
	AUTO(buf) tbs = {0};
	const struct authority *authority = profile->authority;
	const struct profile_compiled *compiled = profile->compiled;
	tbs_write(
	    &(struct tbs_parts){
		.serial = SPAN_OF(issued->serial),
		.algorithm = compiled->algorithm,
		.issuer = authority->subject,
		.not_before = issued->not_before,
		.not_after = issued->not_after,
		.subject = buf_span(&issued->subject),
		.spki = spki,
		.extensions = compiled->extensions,
		.more = extensions,
	    },
	    &tbs);
	TRY(lint_certificate(buf_span(&tbs), &(struct lint_context){authority, false, now}, err));
	return certificate_sign(buf_span(&tbs), authority->key, &issued->der, err);
}

struct status issue_certificate(const struct profile *profile, const struct issue_subject *subject,
    struct span spki, const struct key_algorithm *algorithm, int64_t now, const struct rng *rng,
    struct issued *ret_issued, struct err *err)
{
	AUTO(issued) issued = {0};
	AUTO(buf) extensions = {0};
	TRY(check_issuer(profile, now, err));
	TRY(check_key(profile->compiled, algorithm, err));
	TRY(make_serial(rng, issued.serial, err));
	choose_validity(profile, now, &issued);
	issued.algorithm = algorithm;
	issued.shard = crl_shard_of(profile->authority, SPAN_OF(issued.serial));
	issued.key_digest = sha256(spki);
	TRY(put_subject(profile->compiled, subject, &issued.subject, err));
	TRY(put_extensions(profile, subject, spki, issued.shard, &extensions, err));
	TRY(build_and_sign(profile, spki, buf_span(&extensions), now, &issued, err));
	*ret_issued = issued;
	issued.subject = (struct buf){0};
	issued.der = (struct buf){0};
	return STATUS_OK;
}

void issued_free(struct issued *i)
{
	if (!i)
		return;
	buf_free(&i->subject);
	buf_free(&i->der);
}

void issued_put_chain(
    const struct authority *issuer, struct span leaf, int64_t now, struct buf *out)
{
	pem_encode("CERTIFICATE", leaf, out);
	authority_put_chain(issuer, now, out);
}
