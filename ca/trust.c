#include "ca/trust_internal.h"

#include <stdio.h>
#include <string.h>

#include "ca/extension.h"
#include "ca/name.h"
#include "ca/reason.h"

#define INTERMEDIATES_MAX 3 /* manufacturers have one or two */
#define SENT_MAX          8 /* certificates beside the leaf that we look at */
#define WHO_SIZE          160

#define OID_CLIENT_AUTH SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x03\x02")

struct path {
	const struct label *label;
	int64_t now;
	struct certificate_view certificates[1 + INTERMEDIATES_MAX]; /* leaf first */
	size_t count;
	struct span ski[1 + INTERMEDIATES_MAX]; /* n = 0: none */
	const struct trust_anchor *anchor;      /* whose name is the top's issuer */
	struct arena *arena;
	struct span sent[SENT_MAX]; /* DER; taken ones are emptied */
	size_t sent_count;
};

/* "the device certificate", or an intermediate by name. */
static const char *who(const struct path *p, size_t i, char text[static WHO_SIZE])
{
	char name[96];
	if (i == 0)
		return "the device certificate";
	name_text(p->certificates[i].subject, name, sizeof(name));
	snprintf(text, WHO_SIZE, "the intermediate certificate %s", name);
	return text;
}

/* ---- what a certificate says of its keys ---- */

static bool own_key_id(const struct certificate_view *c, struct span *ret_key_id)
{
	const struct extension *e = certificate_extension(c, OID_SUBJECT_KEY_ID);
	*ret_key_id = SPAN_NONE;
	return !e || subject_key_id_read(e->value, ret_key_id);
}

static struct span issuer_key_id(const struct certificate_view *c)
{
	const struct extension *e = certificate_extension(c, OID_AUTHORITY_KEY_ID);
	struct span key_id = SPAN_NONE;
	return e && authority_key_id_read(e->value, &key_id) ? key_id : SPAN_NONE;
}

/* Could an issuer with this key identifier have issued c? Who has none cannot be told apart. */
static bool key_id_fits(const struct certificate_view *c, struct span ski)
{
	struct span wanted = issuer_key_id(c);
	return wanted.n == 0 || ski.n == 0 || span_equal(wanted, ski);
}

/* ---- from the leaf to an anchor, by names ---- */

static const struct trust_anchor *find_anchor(
    const struct path *p, const struct certificate_view *c, bool by_key_id)
{
	for (size_t i = 0; i < p->label->anchor_count; i++) {
		const struct trust_anchor *a = p->label->anchors[i];
		if (span_equal(a->subject, c->issuer) && (!by_key_id || key_id_fits(c, a->ski)))
			return a;
	}
	return NULL;
}

/* A root is trusted by being an anchor or not at all; one that changed its key names the old one.
 */
static bool is_root(const struct certificate_view *c, struct span ski)
{
	return span_equal(c->issuer, c->subject) && key_id_fits(c, ski);
}

/* Push the first certificate sent that may have issued the top one. */
static bool push_sent(struct path *p, bool by_key_id)
{
	const struct certificate_view *top = &p->certificates[p->count - 1];
	for (size_t i = 0; i < p->sent_count; i++) {
		struct certificate_view *next = &p->certificates[p->count];
		struct err ignored = {0};
		struct span *ski = &p->ski[p->count];
		/* What cannot be read may be there for others: it is of no use here. */
		if (!p->sent[i].n || !certificate_read(p->sent[i], next, &ignored).ok ||
		    !span_equal(next->subject, top->issuer) || !own_key_id(next, ski) ||
		    is_root(next, *ski) || (by_key_id && !key_id_fits(top, *ski)))
			continue;
		p->sent[i] = SPAN_NONE;
		p->count++;
		return true;
	}
	return false;
}

static struct status keep_sent(struct path *p, const STACK_OF(X509) * chain, struct err *err)
{
	int n = chain ? sk_X509_num(chain) : 0;
	if (n > SENT_MAX)
		return REFUSE(err, IDEVID_PATH,
		    "%d certificates beside the device's own; %d are the most", n, SENT_MAX);
	for (int i = 0; i < n; i++) {
		uint8_t *der = NULL;
		int size = i2d_X509(sk_X509_value(chain, i), &der);
		if (size <= 0)
			return err_crypto(
			    err, ERR_INTERNAL, "cannot write a certificate of the chain");
		p->sent[p->sent_count++] = arena_copy(p->arena, span(der, (size_t)size));
		OPENSSL_free(der);
	}
	return STATUS_OK;
}

static struct status no_issuer(const struct path *p, struct err *err)
{
	char whose[WHO_SIZE], name[128];
	size_t top = p->count - 1;
	name_text(p->certificates[top].issuer, name, sizeof(name));
	return REFUSE(err, IDEVID_UNTRUSTED,
	    "%s was issued by %s, which is neither a trust anchor of this label nor a certificate sent",
	    who(p, top, whose), name);
}

/*
 * RFC 8446 4.4.2: "implementations SHOULD be prepared to handle potentially extraneous certificates
 * and arbitrary orderings". An issuer whose key identifier fits goes before one with the name
 * alone.
 */
static struct status build(struct path *p, const struct credentials *credentials, struct err *err)
{
	bool kept = false;
	for (;;) {
		const struct certificate_view *top = &p->certificates[p->count - 1];
		p->anchor = find_anchor(p, top, true);
		if (p->anchor)
			return STATUS_OK;
		if (!kept)
			TRY(keep_sent(p, credentials->chain, err));
		kept = true;
		if (p->count == COUNT(p->certificates))
			break;
		if (push_sent(p, true))
			continue;
		p->anchor = find_anchor(p, top, false);
		if (p->anchor)
			return STATUS_OK;
		if (!push_sent(p, false))
			return no_issuer(p, err);
	}
	return REFUSE(err, IDEVID_PATH, "no trust anchor within %d intermediate certificates",
	    INTERMEDIATES_MAX);
}

/* ---- rules for every certificate of the path ---- */

static struct status check_extensions(
    const struct path *p, size_t i, const struct certificate_view *c, struct err *err)
{
	const struct span known[] = {OID_KEY_USAGE, OID_BASIC_CONSTRAINTS, OID_SUBJECT_ALT_NAME,
	    OID_EXTENDED_KEY_USAGE, OID_CERTIFICATE_POLICIES, OID_AUTHORITY_KEY_ID,
	    OID_SUBJECT_KEY_ID};
	char whose[WHO_SIZE], oid[64];
	for (size_t e = 0; e < c->extension_count; e++) {
		bool is_known = false;
		for (size_t k = 0; k < COUNT(known); k++)
			is_known = is_known || span_equal(known[k], c->extensions[e].oid);
		/* Never honoured by halves: also where it is wrongly not critical. */
		if (span_equal(c->extensions[e].oid, OID_NAME_CONSTRAINTS))
			return REFUSE(err, IDEVID_EXTENSION,
			    "%s has name constraints, which are not honoured here",
			    who(p, i, whose));
		/* RFC 5280 4.2: "MUST reject the certificate if it encounters a critical extension
		 * that it does not recognize" */
		if (is_known || !c->extensions[e].critical)
			continue;
		der_oid_text(c->extensions[e].oid, oid, sizeof(oid));
		return REFUSE(err, IDEVID_EXTENSION, "%s has the critical extension %s",
		    who(p, i, whose), oid);
	}
	return STATUS_OK;
}

/* RFC 5280 4.2.1.1: keyIdentifier "MUST be included in all certificates" but self-signed ones */
static struct status check_aki(
    const struct path *p, size_t i, struct span issuer_ski, struct err *err)
{
	const struct certificate_view *c = &p->certificates[i];
	const struct extension *e = certificate_extension(c, OID_AUTHORITY_KEY_ID);
	struct span key_id;
	char whose[WHO_SIZE];
	if (!e && !(p->anchor->leniencies & UINT32_C(1) << LENIENT_MISSING_AKI))
		return REFUSE(
		    err, IDEVID_AKI, "%s has no authorityKeyIdentifier", who(p, i, whose));
	if (!e)
		return STATUS_OK;
	if (!authority_key_id_read(e->value, &key_id))
		return REFUSE(err, IDEVID_MALFORMED,
		    "the authorityKeyIdentifier of %s cannot be read", who(p, i, whose));
	if (!key_id_fits(c, issuer_ski))
		return REFUSE(err, IDEVID_AKI,
		    "the authorityKeyIdentifier of %s is not the subjectKeyIdentifier of its issuer",
		    who(p, i, whose));
	return STATUS_OK;
}

static struct status check_validity(const struct path *p, size_t i, struct err *err)
{
	const struct certificate_view *c = &p->certificates[i];
	bool lenient = i == 0 && p->anchor->leniencies & UINT32_C(1) << LENIENT_EXPIRED;
	char whose[WHO_SIZE], when[TIME_TEXT_SIZE];
	if (p->now < c->not_before) {
		time_text(c->not_before, when);
		return REFUSE(
		    err, IDEVID_NOT_YET_VALID, "%s is valid from %s", who(p, i, whose), when);
	}
	/* IEEE 802.1AR 8.7: 99991231235959Z is for IDevIDs that live as long as their device. */
	if (p->now > c->not_after && c->not_after != TIME_NO_EXPIRY && !lenient) {
		time_text(c->not_after, when);
		return REFUSE(err, IDEVID_EXPIRED, "%s was valid until %s", who(p, i, whose), when);
	}
	return STATUS_OK;
}

static struct status read_usage(const struct path *p, size_t i, bool *ret_has, uint32_t *ret_bits,
    struct basic_constraints *ret_constraints, struct err *err)
{
	const struct certificate_view *c = &p->certificates[i];
	const struct extension *usage = certificate_extension(c, OID_KEY_USAGE);
	const struct extension *basic = certificate_extension(c, OID_BASIC_CONSTRAINTS);
	char whose[WHO_SIZE];
	*ret_has = usage != NULL;
	if ((usage && !key_usage_read(usage->value, ret_bits)) ||
	    (basic && !basic_constraints_read(basic->value, ret_constraints)))
		return REFUSE(err, IDEVID_MALFORMED,
		    "keyUsage or basicConstraints of %s cannot be read", who(p, i, whose));
	return STATUS_OK;
}

static struct status check_purpose(const struct certificate_view *leaf, struct err *err)
{
	const struct extension *e = certificate_extension(leaf, OID_EXTENDED_KEY_USAGE);
	bool allowed = true;
	if (e && !extended_key_usage_read(e->value, OID_CLIENT_AUTH, &allowed))
		return REFUSE(err, IDEVID_MALFORMED, "the extendedKeyUsage cannot be read");
	/* RFC 5280 4.2.1.12: "the certificate MUST only be used for one of the purposes indicated"
	 */
	if (!allowed)
		return REFUSE(err, IDEVID_KEY_USAGE,
		    "the extendedKeyUsage of the device certificate has no clientAuth");
	return STATUS_OK;
}

static struct status check_leaf(const struct path *p, struct err *err)
{
	const struct certificate_view *leaf = &p->certificates[0];
	const struct key_algorithm *algorithm = NULL;
	struct basic_constraints basic = {0};
	bool has_usage = false;
	uint32_t usage = 0;
	struct err why = {0};
	TRY(read_usage(p, 0, &has_usage, &usage, &basic, err));
	if (basic.ca)
		return REFUSE(err, IDEVID_PATH, "the device certificate is that of an authority");
	if (!has_usage && !(p->anchor->leniencies & UINT32_C(1) << LENIENT_MISSING_KEY_USAGE))
		return REFUSE(err, IDEVID_KEY_USAGE, "the device certificate has no keyUsage");
	if (has_usage && !(usage & UINT32_C(1) << KU_DIGITAL_SIGNATURE))
		return REFUSE(err, IDEVID_KEY_USAGE,
		    "the keyUsage of the device certificate has no digitalSignature");
	if (!key_algorithm_of_spki(leaf->spki, &algorithm, &why).ok)
		return REFUSE(err, IDEVID_KEY, "the device certificate: %s", why.message);
	return check_purpose(leaf, err);
}

/* RFC 5280 6.1.4 (l): self-issued certificates do not count for path lengths. */
static size_t intermediates_below(const struct path *p, size_t i)
{
	size_t n = 0;
	for (size_t below = 1; below < i; below++)
		n += !span_equal(p->certificates[below].issuer, p->certificates[below].subject);
	return n;
}

static struct status check_intermediate(const struct path *p, size_t i, struct err *err)
{
	struct basic_constraints basic = {0};
	bool has_usage = false;
	uint32_t usage = 0;
	char whose[WHO_SIZE];
	TRY(read_usage(p, i, &has_usage, &usage, &basic, err));
	/* RFC 5280 6.1.4 (k): "verify that the basicConstraints extension is present and that cA is
	 * set to TRUE" */
	if (!basic.ca)
		return REFUSE(err, IDEVID_PATH, "%s is not that of an authority", who(p, i, whose));
	/* RFC 5280 4.2.1.3: CAs "MUST include this extension" in what validates certificates */
	if (!(usage & UINT32_C(1) << KU_KEY_CERT_SIGN))
		return REFUSE(
		    err, IDEVID_KEY_USAGE, "%s has no keyUsage with keyCertSign", who(p, i, whose));
	size_t below = intermediates_below(p, i);
	if (basic.has_path_length && below > basic.path_length)
		return REFUSE(err, IDEVID_PATH,
		    "%s allows %llu authorities below it, there are %zu", who(p, i, whose),
		    (unsigned long long)basic.path_length, below);
	return STATUS_OK;
}

static struct status check_certificate(
    const struct path *p, size_t i, struct span issuer_ski, struct err *err)
{
	TRY(check_extensions(p, i, &p->certificates[i], err));
	TRY(check_aki(p, i, issuer_ski, err));
	TRY(check_validity(p, i, err));
	return i == 0 ? check_leaf(p, err) : check_intermediate(p, i, err);
}

/* ---- signatures ---- */

static struct status unknown_signature(const struct path *p, size_t i, struct err *err)
{
	struct span in = p->certificates[i].signature_algorithm, body, oid;
	char whose[WHO_SIZE], text[64] = "?";
	if (der_take(&in, DER_SEQUENCE, &body) && der_take(&body, DER_OID, &oid))
		der_oid_text(oid, text, sizeof(text));
	return REFUSE(err, IDEVID_SIGNATURE, "%s is signed with algorithm %s, which is not taken",
	    who(p, i, whose), text);
}

static bool signed_by(const struct certificate_view *c, EVP_PKEY *key)
{
	const struct signature_algorithm *a = signature_algorithm_of(c->signature_algorithm);
	return a && signature_verify(key, a, c->tbs, c->signature);
}

/* Several anchors may have one name, when a manufacturer changes its key: the signature tells. */
static struct status verify_top(struct path *p, struct err *err)
{
	size_t top = p->count - 1;
	const struct certificate_view *c = &p->certificates[top];
	bool fits = key_id_fits(c, p->anchor->ski);
	char whose[WHO_SIZE];
	if (!signature_algorithm_of(c->signature_algorithm))
		return unknown_signature(p, top, err);
	for (size_t i = 0; i < p->label->anchor_count; i++) {
		const struct trust_anchor *a = p->label->anchors[i];
		if (!a->key || !span_equal(a->subject, c->issuer) ||
		    key_id_fits(c, a->ski) != fits || !signed_by(c, a->key))
			continue;
		p->anchor = a;
		return STATUS_OK;
	}
	if (!fits)
		return REFUSE(err, IDEVID_UNTRUSTED,
		    "%s names an issuer like trust anchor %s, but with another key",
		    who(p, top, whose), p->anchor->name);
	return REFUSE(err, IDEVID_SIGNATURE,
	    "the signature of %s does not verify with trust anchor %s", who(p, top, whose),
	    p->anchor->name);
}

static struct status verify_below(const struct path *p, size_t i, struct err *err)
{
	AUTO_PTR(EVP_PKEY) key = NULL;
	struct err why = {0};
	char whose[WHO_SIZE];
	if (!public_key_from_spki(p->certificates[i + 1].spki, NULL, &key, &why).ok)
		return REFUSE(err, IDEVID_KEY, "%s: %s", who(p, i + 1, whose), why.message);
	if (!signature_algorithm_of(p->certificates[i].signature_algorithm))
		return unknown_signature(p, i, err);
	if (!signed_by(&p->certificates[i], key))
		return REFUSE(
		    err, IDEVID_SIGNATURE, "the signature of %s does not verify", who(p, i, whose));
	return STATUS_OK;
}

/* ---- the anchor ---- */

static struct status read_anchor(struct span der, struct basic_constraints *ret, struct err *err)
{
	struct path none = {0};
	struct certificate_view c;
	uint32_t bits = 0;
	struct err why = {0};
	if (!certificate_read(der, &c, &why).ok)
		return err_set(err, ERR_CONFIG, "a trust anchor cannot be read: %s", why.message);
	const struct extension *basic = certificate_extension(&c, OID_BASIC_CONSTRAINTS);
	const struct extension *usage = certificate_extension(&c, OID_KEY_USAGE);
	if (!basic || !basic_constraints_read(basic->value, ret) || !ret->ca)
		return err_set(
		    err, ERR_CONFIG, "a trust anchor has no basicConstraints with CA:TRUE");
	if (usage && (!key_usage_read(usage->value, &bits) || !(bits & 1U << KU_KEY_CERT_SIGN)))
		return err_set(
		    err, ERR_CONFIG, "the keyUsage of a trust anchor has no keyCertSign");
	if (!check_extensions(&none, 0, &c, &why).ok)
		return err_set(err, ERR_CONFIG,
		    "a trust anchor has name constraints or a critical "
		    "extension that is not honoured here");
	return STATUS_OK;
}

struct status trust_anchor_check(struct span der, struct err *err)
{
	struct basic_constraints ignored;
	return read_anchor(der, &ignored, err);
}

static struct status check_anchor(const struct path *p, struct err *err)
{
	const struct trust_anchor *a = p->anchor;
	struct basic_constraints basic = {0};
	char when[TIME_TEXT_SIZE];
	struct err why = {0};
	if (!read_anchor(a->certificate, &basic, &why).ok)
		return REFUSE(err, IDEVID_UNTRUSTED, "trust anchor %s: %s", a->name, why.message);
	size_t below = intermediates_below(p, p->count);
	if (basic.has_path_length && below > basic.path_length)
		return REFUSE(err, IDEVID_PATH,
		    "trust anchor %s allows %llu authorities below it, there are %zu", a->name,
		    (unsigned long long)basic.path_length, below);
	if (p->now < a->not_before) {
		time_text(a->not_before, when);
		return REFUSE(
		    err, IDEVID_NOT_YET_VALID, "trust anchor %s is valid from %s", a->name, when);
	}
	if (p->now > a->not_after) {
		time_text(a->not_after, when);
		return REFUSE(
		    err, IDEVID_EXPIRED, "trust anchor %s was valid until %s", a->name, when);
	}
	return STATUS_OK;
}

/* RFC 5280 6.1: from the anchor down. */
static struct status validate(struct path *p, struct err *err)
{
	TRY(verify_top(p, err));
	TRY(check_anchor(p, err));
	for (size_t i = p->count; i-- > 0;) {
		bool top = i + 1 == p->count;
		if (!top)
			TRY(verify_below(p, i, err));
		TRY(check_certificate(p, i, top ? p->anchor->ski : p->ski[i + 1], err));
	}
	return STATUS_OK;
}

/* ---- the identity ---- */

struct digest issuer_digest(struct span name, struct span spki)
{
	AUTO(buf) both = {0};
	buf_put(&both, name);
	buf_put(&both, spki);
	return sha256(buf_span(&both));
}

static void note_path(const struct path *p, struct identity *identity)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct certificate_view *c = &p->certificates[i];
		bool top = i + 1 == p->count;
		struct revocation_key *key = &identity->path[i];
		key->issuer = issuer_digest(c->issuer, top ? p->anchor->spki : c[1].spki);
		memcpy(key->serial, c->serial.p, c->serial.n);
		key->serial_n = c->serial.n;
	}
	identity->path_count = p->count;
}

static struct status identify(
    const struct path *p, const struct policy *policy, struct identity *identity, struct err *err)
{
	const struct certificate_view *leaf = &p->certificates[0];
	const struct trust_anchor *a = p->anchor;
	int n =
	    snprintf(identity->manufacturer, sizeof(identity->manufacturer), "%s", a->manufacturer);
	if (n < 0 || (size_t)n >= sizeof(identity->manufacturer))
		return err_set(err, ERR_CONFIG,
		    "the manufacturer of trust anchor %s has over %d characters", a->name,
		    IDENTITY_TEXT_MAX);
	TRY(identity_read(leaf, &a->product, "product", identity->model, err));
	TRY(identity_read(leaf, &a->serial, "serial number", identity->serial, err));
	identity->anchor = a;
	identity->product = policy_product(policy, identity->manufacturer, identity->model);
	if (!identity->product)
		return REFUSE(err, IDEVID_PRODUCT,
		    "manufacturer %s has no product with model \"%s\" here", identity->manufacturer,
		    identity->model);
	identity->key_digest = sha256(leaf->spki);
	identity->certificate_digest = sha256(leaf->der);
	note_path(p, identity);
	return STATUS_OK;
}

static struct status read_leaf(
    struct path *p, const struct credentials *credentials, struct err *err)
{
	struct err why = {0};
	if (credentials->der.n == 0)
		return REFUSE(err, IDEVID_MISSING, "no certificate came with the TLS handshake");
	if (!certificate_read(credentials->der, &p->certificates[0], &why).ok)
		return REFUSE(err, IDEVID_MALFORMED, "the device certificate: %s", why.message);
	p->count = 1;
	return STATUS_OK;
}

struct status trust_identify(const struct policy *policy, const struct label *label,
    const struct credentials *credentials, int64_t now, struct identity *ret_identity,
    struct err *err)
{
	AUTO(arena) arena = {0};
	struct path path = {.label = label, .now = now, .arena = &arena};
	struct identity identity = {0};
	TRY(read_leaf(&path, credentials, err));
	TRY(build(&path, credentials, err));
	TRY(validate(&path, err));
	TRY(identify(&path, policy, &identity, err));
	*ret_identity = identity;
	return STATUS_OK;
}
