/* ca/enroll_client.c: whose certificate does the client present, and what may it ask for by it. */
#include "ca/enroll_internal.h"

#include "ca/extension.h"
#include "ca/name.h"
#include "ca/reason.h"

static struct span extension_value(const struct certificate_view *c, struct span oid)
{
	const struct extension *e = certificate_extension(c, oid);

	return e ? e->value : SPAN_NONE;
}

static bool claims_to_be_ours(struct attempt *a)
{
	return ldevid_recognise(a->q->policy, a->label, a->q->credentials.der, &a->ldevid);
}

static struct status identify(struct attempt *a, struct err *err)
{
	TRY(trust_identify(a->q->policy, a->label, &a->q->credentials, a->now, &a->identity, err));
	a->client = CLIENT_IDEVID;
	a->vouched = true;
	a->product = a->identity.product;
	a->serial = a->identity.serial;
	return STATUS_OK;
}

/*
 * RFC 7030 4.2.2: simplereenroll renews or rekeys "an existing certificate". strongSwan goes there
 * with whatever certificate it has, so a label may let IDevIDs enroll there.
 */
static struct status recognise_for_reenroll(struct attempt *a, struct err *err)
{
	struct err why = {0};

	if (!a->q->credentials.certificate)
		return REFUSE(err, LDEVID_MISSING, "the client presented no certificate");
	if (claims_to_be_ours(a)) {
		a->client = CLIENT_LDEVID;
		return STATUS_OK;
	}
	if (a->label->idevid_at_reenroll)
		return identify(a, err);
	if (identify(a, &why).ok)
		return REFUSE(err, REENROLL_IDEVID,
		    "an IDevID was presented, and label %s takes it at simpleenroll only",
		    a->label->name);
	return REFUSE(
	    err, LDEVID_UNKNOWN, "no authority of this server issued the client's certificate");
}

struct status attempt_recognise(struct attempt *a, struct err *err)
{
	if (a->q->reenroll)
		return recognise_for_reenroll(a, err);
	if (a->q->credentials.certificate && claims_to_be_ours(a)) {
		a->client = CLIENT_LDEVID;
		return REFUSE(err, ENROLL_LDEVID,
		    "the client's certificate is an LDevID of authority %s",
		    a->ldevid.issuer->name);
	}
	return identify(a, err);
}

/*
 * RFC 7030 4.2.2: "The request Subject field and SubjectAltName extension MUST be identical to the
 * corresponding fields in the certificate being renewed/rekeyed." Compared as DER, but that
 * programs write a Subject anew and choose its string types: GnuTLS and strongSwan take
 * PrintableString.
 */
struct status attempt_same_names(const struct attempt *a, struct err *err)
{
	if (!name_equal(a->csr.subject, a->ldevid.view.subject))
		return REFUSE(err, REENROLL_SUBJECT,
		    "the Subject of the request (%zu octets) is not that of the certificate (%zu "
		    "octets)",
		    a->csr.subject.n, a->ldevid.view.subject.n);
	if (!span_equal(a->csr.san, extension_value(&a->ldevid.view, OID_SUBJECT_ALT_NAME)))
		return REFUSE(err, REENROLL_SAN,
		    "the subjectAltName of the request (%zu octets) is not that of the certificate "
		    "(%zu octets)",
		    a->csr.san.n, extension_value(&a->ldevid.view, OID_SUBJECT_ALT_NAME).n);
	return STATUS_OK;
}

/*
 * ChangeSubjectName ::= SEQUENCE { subject Name OPTIONAL, subjectAlt GeneralNames OPTIONAL }, at
 * least one. Both are untagged SEQUENCEs: a Name holds SETs (or nothing), GeneralNames context
 * tags.
 */
static bool split_change(struct span der, struct span *ret_name, struct span *ret_names)
{
	struct span in = der, body, whole, inner, look;

	*ret_name = *ret_names = SPAN_NONE;
	if (!der_take(&in, DER_SEQUENCE, &body) || in.n > 0 || body.n == 0)
		return false;
	look = body;
	if (!der_take(&look, DER_SEQUENCE, &inner))
		return false;
	if (inner.n == 0 || inner.p[0] == DER_SET) {
		if (!der_take_whole(&body, DER_SEQUENCE, ret_name))
			return false;
		if (body.n == 0)
			return true;
	}
	if (!der_take_whole(&body, DER_SEQUENCE, &whole))
		return false;
	*ret_names = whole;
	return body.n == 0;
}

struct status attempt_change_subject(
    const struct attempt *a, const struct issued *issued, struct err *err)
{
	struct span name, names;
	struct certificate_view made;

	if (a->csr.change_subject_name.n == 0)
		return STATUS_OK;
	if (!split_change(a->csr.change_subject_name, &name, &names))
		return REFUSE(
		    err, CSR_CHANGE_SUBJECT, "the ChangeSubjectName attribute is malformed");
	if (name.n > 0 && !name_equal(name, buf_span(&issued->subject)))
		return REFUSE(err, CSR_CHANGE_SUBJECT,
		    "ChangeSubjectName asks for another Subject than profile %s gives",
		    a->label->profile->name);
	if (names.n == 0)
		return STATUS_OK;
	TRY(certificate_read(buf_span(&issued->der), &made, err));
	if (!span_equal(names, extension_value(&made, OID_SUBJECT_ALT_NAME)))
		return REFUSE(err, CSR_CHANGE_SUBJECT,
		    "ChangeSubjectName asks for other alternative names than profile %s gives",
		    a->label->profile->name);
	return STATUS_OK;
}
