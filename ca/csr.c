#include "ca/csr.h"

#include <string.h>

#include "ca/certificate.h"
#include "ca/extension.h"
#include "ca/reason.h"

#define ATTRIBUTES_MAX         16  /* real requests have at most four */
#define CHALLENGE_PASSWORD_MAX 255 /* RFC 2985 5.4.1: pkcs-9-ub-challengePassword */

#define OID_EXTENSION_REQUEST   SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e")
#define OID_CHALLENGE_PASSWORD  SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07")
#define OID_CHANGE_SUBJECT_NAME SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x07\x24")

/* RFC 2985 5.4.2: extensionRequest, "single-valued", Extensions. Of them the SAN is read. */
static struct status read_extension_request(struct der_item value, struct csr *csr, struct err *err)
{
	struct extension extensions[CERTIFICATE_EXTENSIONS_MAX];
	struct err why = {0};
	size_t count = 0;
	if (value.tag != DER_SEQUENCE)
		return REFUSE(err, CSR_ATTRIBUTE, "extensionRequest is not a SEQUENCE");
	if (value.body.n == 0)
		return STATUS_OK; /* asks for nothing; some clients send it so */
	if (!extensions_read(value.body, extensions, COUNT(extensions), &count, &why).ok)
		return REFUSE(err, CSR_ATTRIBUTE, "extensionRequest: %s", why.message);
	const struct extension *san = extension_find(extensions, count, OID_SUBJECT_ALT_NAME);
	if (!san)
		return STATUS_OK;
	struct span in = san->value, names;
	if (!der_take(&in, DER_SEQUENCE, &names) || in.n || names.n == 0)
		return REFUSE(err, CSR_ATTRIBUTE, "subjectAltName is not a list of GeneralNames");
	csr->san = san->value;
	return STATUS_OK;
}

/* RFC 2985 5.4.1: challengePassword, "single-valued", a DirectoryString (here also an IA5String).
 */
static struct status read_challenge_password(
    struct der_item value, struct csr *csr, struct err *err)
{
	if (value.tag != DER_PRINTABLE_STRING && value.tag != DER_UTF8_STRING &&
	    value.tag != DER_IA5_STRING && value.tag != DER_TELETEX_STRING)
		return REFUSE(
		    err, CSR_ATTRIBUTE, "challengePassword is a string of tag 0x%02x", value.tag);
	if (value.body.n > CHALLENGE_PASSWORD_MAX)
		return REFUSE(err, CSR_ATTRIBUTE,
		    "challengePassword of %zu octets; %d are the most", value.body.n,
		    CHALLENGE_PASSWORD_MAX);
	csr->challenge_password = value.body;
	return STATUS_OK;
}

/* RFC 6402 2.8: SEQUENCE { subject Name OPTIONAL, subjectAlt GeneralNames OPTIONAL } */
static struct status read_change_subject_name(
    struct der_item value, struct csr *csr, struct err *err)
{
	if (value.tag != DER_SEQUENCE || value.body.n == 0)
		return REFUSE(
		    err, CSR_ATTRIBUTE, "ChangeSubjectName is not a SEQUENCE with a name");
	csr->change_subject_name = value.whole;
	return STATUS_OK;
}

struct attribute {
	const char *name;
	struct span oid;
	struct status (*read)(struct der_item value, struct csr *csr, struct err *err);
};

static const struct attribute attributes[] = {
    {"extensionRequest", OID_EXTENSION_REQUEST, read_extension_request},
    {"challengePassword", OID_CHALLENGE_PASSWORD, read_challenge_password},
    {"ChangeSubjectName", OID_CHANGE_SUBJECT_NAME, read_change_subject_name},
};

static struct status read_attribute(
    struct span oid, struct span values, unsigned *seen, struct csr *csr, struct err *err)
{
	for (size_t i = 0; i < COUNT(attributes); i++) {
		struct der_item value;
		if (!span_equal(attributes[i].oid, oid))
			continue;
		if (*seen & 1U << i)
			return REFUSE(err, CSR_ATTRIBUTE, "%s stands twice", attributes[i].name);
		*seen |= 1U << i;
		if (!der_next(&values, &value) || values.n)
			return REFUSE(
			    err, CSR_ATTRIBUTE, "%s has not exactly one value", attributes[i].name);
		return attributes[i].read(value, csr, err);
	}
	return STATUS_OK; /* not ours to judge */
}

/* RFC 2986 4.1: attributes [0] IMPLICIT SET OF Attribute */
static struct status read_attributes(struct span in, struct csr *csr, struct err *err)
{
	unsigned seen = 0;
	for (size_t count = 0; in.n; count++) {
		struct span attribute, oid, values;
		if (count == ATTRIBUTES_MAX)
			return REFUSE(
			    err, CSR_ATTRIBUTE, "more than %d attributes", ATTRIBUTES_MAX);
		if (!der_take(&in, DER_SEQUENCE, &attribute) ||
		    !der_take(&attribute, DER_OID, &oid) ||
		    !der_take(&attribute, DER_SET, &values) || attribute.n)
			return REFUSE(err, CSR_MALFORMED, "an attribute cannot be read");
		TRY(read_attribute(oid, values, &seen, csr, err));
	}
	return STATUS_OK;
}

static struct status read_info(struct csr *csr, struct err *err)
{
	struct span in = csr->info, body, attribute_list;
	uint64_t version = 0;
	if (!der_take(&in, DER_SEQUENCE, &body) || !der_take_uint(&body, &version))
		return REFUSE(err, CSR_MALFORMED, "not a CertificationRequestInfo");
	/* RFC 2986 4.1: version "shall be 0 for this version of the standard" */
	if (version != 0)
		return REFUSE(
		    err, CSR_MALFORMED, "version %llu, not 0", (unsigned long long)version);
	if (!der_take_whole(&body, DER_SEQUENCE, &csr->subject) ||
	    !name_is_well_formed(csr->subject))
		return REFUSE(err, CSR_MALFORMED, "the subject is not a Name");
	if (!der_take_whole(&body, DER_SEQUENCE, &csr->spki))
		return REFUSE(err, CSR_MALFORMED, "there is no public key");
	if (!der_take(&body, DER_CONTEXT_CONSTRUCTED | 0, &attribute_list) || body.n)
		return REFUSE(
		    err, CSR_MALFORMED, "no attributes [0] at the end (they may be empty)");
	return read_attributes(attribute_list, csr, err);
}

static struct status check_signature(
    struct csr *csr, struct span identifier, struct span signature, struct err *err)
{
	struct err why = {0};
	AUTO_PTR(EVP_PKEY) key = NULL;
	if (!public_key_from_spki(csr->spki, &csr->key_algorithm, &key, &why).ok) {
		(void)REFUSE(err, CSR_KEY, "%s", why.message);
		err_cause(err, "%s", why.cause);
		return STATUS_FAILED;
	}
	csr->signature_algorithm = signature_algorithm_of(identifier);
	if (!csr->signature_algorithm)
		return REFUSE(
		    err, CSR_ALGORITHM, "the signature algorithm is not one of this server");
	if (strcmp(csr->signature_algorithm->evp_type, csr->key_algorithm->evp_type) != 0)
		return REFUSE(err, CSR_ALGORITHM, "%s does not go with a key of %s",
		    csr->signature_algorithm->name, csr->key_algorithm->name);
	if (!signature_verify(key, csr->signature_algorithm, csr->info, signature))
		return REFUSE(err, CSR_SIGNATURE,
		    "the signature (%s) does not verify with the key inside",
		    csr->signature_algorithm->name);
	return STATUS_OK;
}

struct status csr_parse(struct span der, struct csr *ret_csr, struct err *err)
{
	struct csr csr = {.der = der};
	struct span in = der, body, identifier, signature;
	if (der.n > CSR_DER_MAX)
		return REFUSE(err, CSR_SIZE, "%zu octets; %d are the most", der.n, CSR_DER_MAX);
	if (!der_take(&in, DER_SEQUENCE, &body))
		return REFUSE(err, CSR_MALFORMED, "not DER of a CertificationRequest");
	if (in.n)
		return REFUSE(err, CSR_MALFORMED, "%zu octets behind the request", in.n);
	if (!der_take_whole(&body, DER_SEQUENCE, &csr.info) ||
	    !der_take_whole(&body, DER_SEQUENCE, &identifier) ||
	    !der_take_bits(&body, &signature) || body.n)
		return REFUSE(err, CSR_MALFORMED, "not the three parts of a request");
	TRY(read_info(&csr, err));
	TRY(check_signature(&csr, identifier, signature, err));
	csr.key_digest = sha256(csr.spki);
	*ret_csr = csr;
	return STATUS_OK;
}

/* ---- as text ---- */

#define PEM_BEGIN "-----BEGIN CERTIFICATE REQUEST-----"
#define PEM_END   "-----END CERTIFICATE REQUEST-----"

/* What stands between the lines of PEM; all of it where there are none. */
static struct span inner(const char *text)
{
	const char *begin = strstr(text, PEM_BEGIN), *end;

	if (!begin)
		return span_str(text);
	begin += strlen(PEM_BEGIN);
	end = strstr(begin, PEM_END);
	return end ? span(begin, (size_t)(end - begin)) : span_str(begin);
}

struct status csr_parse_text(
    const char *text, struct buf *der, struct csr *ret_csr, struct err *err)
{
	struct err why = {0};

	if (!base64_decode(inner(text), der, &why).ok)
		return REFUSE(
		    err, BODY_BASE64, "the request is neither PEM nor base64: %s", why.message);
	return csr_parse(buf_span(der), ret_csr, err);
}
