/*
 * Revocation lists of manufacturers: RFC 5280 section 5, read by one strict pass.
 *
 * A list counts for its issuer as a whole, so that partial ones (delta, issuing distribution point)
 * are refused: the rows of one part would take the place of another's.
 */
#include "ca/trust_internal.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/json.h"
#include "ca/act.h"
#include "ca/extension.h"
#include "sql/trust_crl.h"

#define CRL_DER_MAX        ((size_t)64 << 20) /* some 1,500,000 entries */
#define CRL_EXTENSIONS_MAX 16
#define BATCH              10000 /* rows per statement */

/* As many as a device's path may have between itself and the anchor. */
#define CRL_INTERMEDIATES_MAX 3

#define OID_CRL_NUMBER         SPAN_LITERAL("\x55\x1d\x14")
#define OID_DELTA_CRL          SPAN_LITERAL("\x55\x1d\x1b")
#define OID_ISSUING_POINT      SPAN_LITERAL("\x55\x1d\x1c")
#define OID_CERTIFICATE_ISSUER SPAN_LITERAL("\x55\x1d\x1d")

DEFINE_AUTO_PTR(BIO, BIO_free_all)

struct crl_view {
	struct span tbs, issuer, signature_algorithm, signature;
	struct extension extensions[CRL_EXTENSIONS_MAX];
	size_t extension_count;
};

/* Who signs it: the anchor, or an intermediate below it. */
struct crl_issuer {
	struct span subject, spki, ski;
	EVP_PKEY *key; /* borrowed */
};

static struct status malformed(struct err *err, const char *what)
{
	return err_set(err, ERR_INPUT, "the revocation list: %s", what);
}

/* ---- entries ---- */

/* Any form of INTEGER; what an authority may not issue, its list may not revoke: 20 octets. */
static bool take_serial(struct span *in, struct span *ret_serial)
{
	struct span serial;
	if (!der_take(in, DER_INTEGER, &serial) || serial.n == 0)
		return false;
	while (serial.n > 1 && serial.p[0] == 0)
		serial = span(serial.p + 1, serial.n - 1);
	*ret_serial = serial;
	return serial.n <= CERTIFICATE_SERIAL_MAX;
}

static bool take_entry(
    struct span *in, struct span *ret_serial, int64_t *ret_when, struct span *ret_rest)
{
	return der_take(in, DER_SEQUENCE, ret_rest) && take_serial(ret_rest, ret_serial) &&
	       der_take_time(ret_rest, ret_when);
}

bool trust_crl_next(struct span *revoked, struct span *ret_serial, int64_t *ret_when)
{
	struct span rest;
	return take_entry(revoked, ret_serial, ret_when, &rest);
}

/* RFC 5280 5.3: critical entry extensions that are not known make the list unusable. */
static struct status check_entry_extensions(struct span rest, struct err *err)
{
	struct extension extensions[CRL_EXTENSIONS_MAX];
	size_t count = 0;
	struct span body;
	struct err why = {0};
	if (rest.n == 0)
		return STATUS_OK;
	if (!der_take(&rest, DER_SEQUENCE, &body) || rest.n)
		return malformed(err, "an entry has bytes behind it that are not extensions");
	if (!extensions_read(body, extensions, COUNT(extensions), &count, &why).ok)
		return malformed(err, why.message);
	if (extension_find(extensions, count, OID_CERTIFICATE_ISSUER))
		return malformed(
		    err, "an entry names another issuer: indirect lists are not taken");
	for (size_t i = 0; i < count; i++)
		if (extensions[i].critical)
			return malformed(
			    err, "an entry has a critical extension that is not known");
	return STATUS_OK;
}

static struct status check_entries(struct span revoked, struct err *err)
{
	/* RFC 5280 5.1.2.6: without revoked certificates "the list MUST be absent" */
	if (revoked.p && revoked.n == 0)
		return malformed(err, "revokedCertificates is there, but empty");
	while (revoked.n) {
		struct span serial, rest;
		int64_t when;
		if (!take_entry(&revoked, &serial, &when, &rest))
			return malformed(err, "an entry cannot be read");
		TRY(check_entry_extensions(rest, err));
	}
	return STATUS_OK;
}

/* ---- the list ---- */

static struct status read_times(struct span *in, struct trust_crl *crl, struct err *err)
{
	if (!der_take_time(in, &crl->this_update))
		return malformed(err, "there is no thisUpdate");
	/* RFC 5280 5.1.2.5: "Conforming CRL issuers MUST include the nextUpdate field in all CRLs"
	 */
	if (!der_take_time(in, &crl->next_update))
		return malformed(err, "there is no nextUpdate");
	return STATUS_OK;
}

static struct status read_crl_extensions(struct span *in, struct crl_view *v, struct err *err)
{
	struct span explicit, body;
	struct err why = {0};
	if (in->n == 0)
		return STATUS_OK;
	if (!der_take(in, DER_CONTEXT_CONSTRUCTED | 0, &explicit) || in->n ||
	    !der_take(&explicit, DER_SEQUENCE, &body) || explicit.n)
		return malformed(err, "bytes behind the entries are not extensions");
	if (!extensions_read(body, v->extensions, COUNT(v->extensions), &v->extension_count, &why)
		 .ok)
		return malformed(err, why.message);
	return STATUS_OK;
}

static struct status read_tbs(struct crl_view *v, struct trust_crl *crl, struct err *err)
{
	struct span in = v->tbs, body, algorithm;
	uint64_t version = 0;
	if (!der_take(&in, DER_SEQUENCE, &body) || !der_take_uint(&body, &version) || version != 1)
		return malformed(err, "it is not of version 2");
	/* RFC 5280 5.1.2.2: "MUST contain the same algorithm identifier as the signatureAlgorithm"
	 */
	if (!der_take_whole(&body, DER_SEQUENCE, &algorithm) ||
	    !span_equal(algorithm, v->signature_algorithm))
		return malformed(err, "the signature algorithm inside is not that outside");
	if (!der_take_whole(&body, DER_SEQUENCE, &v->issuer) || !name_is_well_formed(v->issuer))
		return malformed(err, "its issuer is not a Name");
	TRY(read_times(&body, crl, err));
	crl->revoked = SPAN_NONE;
	if (der_peek(body, DER_SEQUENCE) && !der_take(&body, DER_SEQUENCE, &crl->revoked))
		return malformed(err, "its entries cannot be read");
	TRY(read_crl_extensions(&body, v, err));
	return check_entries(crl->revoked, err);
}

static struct status read_list(
    struct span der, struct crl_view *v, struct trust_crl *crl, struct err *err)
{
	struct span in = der, body;
	if (der.n > CRL_DER_MAX)
		return err_set(err, ERR_TOO_LARGE,
		    "the revocation list has %zu octets; %zu are the most", der.n, CRL_DER_MAX);
	if (!der_take(&in, DER_SEQUENCE, &body))
		return malformed(err, "it is not DER of a CertificateList");
	if (in.n)
		return malformed(err, "there are bytes behind it");
	if (!der_take_whole(&body, DER_SEQUENCE, &v->tbs) ||
	    !der_take_whole(&body, DER_SEQUENCE, &v->signature_algorithm) ||
	    !der_take_bits(&body, &v->signature) || body.n)
		return malformed(err, "it does not have the three parts of a CertificateList");
	crl->der = der;
	return read_tbs(v, crl, err);
}

static const struct extension *find(const struct crl_view *v, struct span oid)
{
	return extension_find(v->extensions, v->extension_count, oid);
}

/* RFC 5280 5.2.3: "CRL verifiers MUST be able to handle CRLNumber values up to 20 octets". What
 * exceeds 63 bits counts as the greatest: thisUpdate then tells which list is newer. */
static bool read_number(struct span value, uint64_t *ret_number)
{
	struct span again = value, body;
	if (!der_take(&again, DER_INTEGER, &body) || again.n || body.n == 0 || body.n > 20 ||
	    body.p[0] & 0x80)
		return false;
	uint64_t number = 0;
	if (!der_take_uint(&value, &number) || number > INT64_MAX)
		number = INT64_MAX;
	*ret_number = number;
	return true;
}

static struct status judge_extensions(const struct crl_view *v, const struct crl_issuer *issuer,
    struct trust_crl *crl, struct err *err)
{
	const struct extension *number = find(v, OID_CRL_NUMBER);
	const struct extension *aki = find(v, OID_AUTHORITY_KEY_ID);
	struct span key_id = SPAN_NONE;
	crl->number = 0;
	if (find(v, OID_DELTA_CRL))
		return malformed(err, "it is a delta list: import the complete one");
	if (find(v, OID_ISSUING_POINT))
		return malformed(
		    err, "it has an issuing distribution point: partial lists are not taken");
	for (size_t i = 0; i < v->extension_count; i++)
		if (v->extensions[i].critical && &v->extensions[i] != number &&
		    &v->extensions[i] != aki)
			return malformed(err, "it has a critical extension that is not known");
	if (number && !read_number(number->value, &crl->number))
		return malformed(err, "its cRLNumber cannot be read");
	if (aki && !authority_key_id_read(aki->value, &key_id))
		return malformed(err, "its authorityKeyIdentifier cannot be read");
	if (key_id.n && issuer->ski.n && !span_equal(key_id, issuer->ski))
		return malformed(
		    err, "its authorityKeyIdentifier names another key than its issuer has");
	return STATUS_OK;
}

static struct status judge_times(const struct trust_crl *crl, int64_t now, struct err *err)
{
	char when[TIME_TEXT_SIZE];
	if (crl->this_update > now) {
		time_text(crl->this_update, when);
		return err_set(
		    err, ERR_INPUT, "the revocation list: its thisUpdate %s is to come", when);
	}
	if (crl->next_update <= now) {
		time_text(crl->next_update, when);
		return err_set(
		    err, ERR_INPUT, "the revocation list: its nextUpdate %s has passed", when);
	}
	return STATUS_OK;
}

/* ---- its issuer ---- */

static struct status bad_issuer(struct err *err, const char *what)
{
	return err_set(err, ERR_INPUT, "the issuer of the revocation list: %s", what);
}

/* RFC 5280 6.3.3 (f): "If a key usage extension is present in the CRL issuer's certificate, verify
 * that the cRLSign bit is set." */
static struct status may_sign_lists(const struct certificate_view *c, struct err *err)
{
	const struct extension *usage = certificate_extension(c, OID_KEY_USAGE);
	uint32_t bits = 0;
	if (usage && (!key_usage_read(usage->value, &bits) || !(bits & 1U << KU_CRL_SIGN)))
		return bad_issuer(err, "the keyUsage of its certificate has no cRLSign");
	return STATUS_OK;
}

/* One certificate between the list and the anchor, and the key that is to verify it. */
static struct status check_intermediate(const struct certificate_view *c, struct span issuer_name,
    EVP_PKEY *issuer_key, int64_t now, struct err *err)
{
	const struct signature_algorithm *a = signature_algorithm_of(c->signature_algorithm);
	const struct extension *basic = certificate_extension(c, OID_BASIC_CONSTRAINTS);
	struct basic_constraints constraints = {0};
	if (!span_equal(c->issuer, issuer_name) || !a ||
	    !signature_verify(issuer_key, a, c->tbs, c->signature))
		return bad_issuer(err,
		    "the intermediate certificate was not issued by the next one given, or by the "
		    "trust anchor");
	if (!basic || !basic_constraints_read(basic->value, &constraints) || !constraints.ca)
		return bad_issuer(err, "the intermediate certificate is not that of an authority");
	if (now < c->not_before || now > c->not_after)
		return bad_issuer(err, "the intermediate certificate is not valid now");
	return STATUS_OK;
}

/* From the one that signed the list up to the anchor, each followed by its issuer. */
static struct status read_intermediates(const struct trust_anchor *anchor, struct span ders,
    int64_t now, struct certificate_view *ret_signer, struct err *err)
{
	struct certificate_view path[CRL_INTERMEDIATES_MAX];
	struct err why = {0};
	size_t n = 0;
	for (struct span der; ders.n; n++) {
		if (n == COUNT(path))
			return bad_issuer(err, "there are too many certificates above it");
		if (!der_take_whole(&ders, DER_SEQUENCE, &der))
			return bad_issuer(err, "a certificate given beside it cannot be read");
		if (!certificate_read(der, &path[n], &why).ok)
			return bad_issuer(err, why.message);
	}
	for (size_t i = n; i-- > 0;) {
		AUTO_PTR(EVP_PKEY) key = NULL;
		if (i + 1 < n)
			TRY(public_key_from_spki(path[i + 1].spki, NULL, &key, err));
		TRY(check_intermediate(&path[i], key ? path[i + 1].subject : anchor->subject,
		    key ? key : anchor->key, now, err));
	}
	*ret_signer = path[0];
	return STATUS_OK;
}

static struct span key_id_of(const struct certificate_view *c)
{
	const struct extension *e = certificate_extension(c, OID_SUBJECT_KEY_ID);
	struct span key_id = SPAN_NONE;
	return e && subject_key_id_read(e->value, &key_id) ? key_id : SPAN_NONE;
}

static struct status judge_signature(const struct crl_view *v, const struct crl_issuer *issuer,
    struct trust_crl *crl, struct err *err)
{
	const struct signature_algorithm *a = signature_algorithm_of(v->signature_algorithm);
	if (!span_equal(v->issuer, issuer->subject))
		return malformed(err, "it was not issued by this authority; is its intermediate "
				      "certificate to be given beside it?");
	if (!a)
		return malformed(err, "its signature algorithm is not taken");
	if (!signature_verify(issuer->key, a, v->tbs, v->signature))
		return malformed(err, "its signature does not verify");
	crl->issuer = issuer_digest(issuer->subject, issuer->spki);
	return STATUS_OK;
}

static struct status judge(const struct crl_view *v, const struct crl_issuer *issuer, int64_t now,
    struct trust_crl *crl, struct err *err)
{
	TRY(judge_signature(v, issuer, crl, err));
	TRY(judge_extensions(v, issuer, crl, err));
	return judge_times(crl, now, err);
}

struct status trust_crl_parse(const struct trust_anchor *anchor, struct span der,
    struct span intermediates_der, int64_t now, struct trust_crl *ret_crl, struct err *err)
{
	struct crl_view view = {0};
	struct trust_crl crl = {0};
	struct certificate_view c;
	struct crl_issuer issuer = {anchor->subject, anchor->spki, anchor->ski, anchor->key};
	AUTO_PTR(EVP_PKEY) key = NULL;
	TRY(read_list(der, &view, &crl, err));
	if (intermediates_der.n) {
		TRY(read_intermediates(anchor, intermediates_der, now, &c, err));
		TRY(public_key_from_spki(c.spki, NULL, &key, err));
		issuer = (struct crl_issuer){c.subject, c.spki, key_id_of(&c), key};
	} else {
		TRY(certificate_read(anchor->certificate, &c, err));
	}
	TRY(may_sign_lists(&c, err));
	TRY(judge(&view, &issuer, now, &crl, err));
	*ret_crl = crl;
	return STATUS_OK;
}

/* ---- import ---- */

/* DER as it is; of PEM the blocks, one or more, all of this name. */
static struct status to_der(struct span in, const char *wanted, struct buf *out, struct err *err)
{
	if (!span_starts(span_trim(in), "-----BEGIN")) {
		buf_put(out, in);
		return STATUS_OK;
	}
	AUTO_PTR(BIO) bio = in.n > INT32_MAX ? NULL : BIO_new_mem_buf(in.p, (int)in.n);
	bool fits = true;
	ERR_set_mark();
	for (char *name, *header; fits && bio;) {
		uint8_t *data;
		long n;
		if (!PEM_read_bio(bio, &name, &header, &data, &n))
			break;
		fits = strcmp(name, wanted) == 0;
		buf_put(out, span(data, (size_t)n));
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(data);
	}
	ERR_pop_to_mark();
	if (!fits)
		return err_set(err, ERR_INPUT, "a PEM block is not \"%s\"", wanted);
	if (out->n == 0)
		return err_set(err, ERR_INPUT, "the PEM text cannot be read");
	return STATUS_OK;
}

static struct status store_revoked(
    struct db *db, const struct trust_crl *crl, size_t *ret_revoked, struct err *err)
{
	AUTO(arena) arena = {0};
	struct span *serials = arena_alloc(&arena, BATCH * sizeof(*serials));
	int64_t *when = arena_alloc(&arena, BATCH * sizeof(*when));
	struct span rest = crl->revoked;
	size_t n = 0, total = 0;
	while (trust_crl_next(&rest, &serials[n], &when[n])) {
		total++;
		if (++n < BATCH)
			continue;
		TRY(sql_trust_revoked_add(db, &crl->issuer, serials, when, n, err));
		n = 0;
	}
	if (n)
		TRY(sql_trust_revoked_add(db, &crl->issuer, serials, when, n, err));
	*ret_revoked = total;
	return STATUS_OK;
}

static void render(const struct trust_crl *crl, size_t revoked, struct buf *out)
{
	struct json j = {.out = out};
	struct digest digest = sha256(crl->der);
	char hex[2 * SHA256_SIZE + 1], when[TIME_TEXT_SIZE];
	json_object_begin(&j, NULL);
	hex_text(SPAN_OF(crl->issuer.bytes), hex);
	json_str(&j, "issuer", hex);
	json_int(&j, "number", (int64_t)crl->number);
	time_text(crl->this_update, when);
	json_str(&j, "this_update", when);
	time_text(crl->next_update, when);
	json_str(&j, "next_update", when);
	json_int(&j, "revoked", (int64_t)revoked);
	hex_text(SPAN_OF(digest.bytes), hex);
	json_str(&j, "sha256", hex);
	json_object_end(&j);
}

static struct status record(struct db *db, const struct trust_anchor *anchor,
    const struct trust_crl *crl, size_t revoked, const struct policy_act *act, struct err *err)
{
	AUTO(buf) document = {0};
	struct policy_act whole = *act;
	const struct rng rng = rng_system();
	render(crl, revoked, &document);
	whole.name = anchor->name;
	whole.document = buf_span(&document);
	return policy_record(db, &whole, &rng, err);
}

static struct status store(struct db *db, const struct trust_anchor *anchor,
    const struct trust_crl *crl, const struct policy_act *act, size_t *ret_revoked, struct err *err)
{
	const struct trust_crl_row row = {.issuer = crl->issuer,
	    .anchor_id = anchor->id,
	    .number = (int64_t)crl->number,
	    .this_update = crl->this_update,
	    .next_update = crl->next_update,
	    .der = crl->der};
	TRY(sql_trust_crl_put(db, &row, err));
	TRY(store_revoked(db, crl, ret_revoked, err));
	TRY(record(db, anchor, crl, *ret_revoked, act, err));
	return db_commit(db, err);
}

struct status trust_crl_import(struct db *db, const struct policy *policy, const char *anchor_name,
    struct span der_or_pem, struct span intermediates_pem, const char *who,
    const struct clock *clock, size_t *ret_revoked, struct err *err)
{
	AUTO(buf) der = {0};
	AUTO(buf) intermediate = {0};
	struct trust_crl crl;
	size_t revoked = 0;
	const int64_t now = clock_now(clock);
	const struct trust_anchor *anchor = policy_anchor(policy, anchor_name);
	if (!anchor)
		return err_set(err, ERR_MISSING, "there is no trust anchor '%.64s'", anchor_name);
	TRY(to_der(der_or_pem, PEM_STRING_X509_CRL, &der, err));
	TRY(to_der(intermediates_pem, PEM_STRING_X509, &intermediate, err));
	TRY(trust_crl_parse(anchor, buf_span(&der), buf_span(&intermediate), now, &crl, err));
	const struct policy_act act = {.act = "trust-crl.imported",
	    .at = now,
	    .who = who,
	    .kind = "trust-crl",
	    .version = policy->version};
	TRY(db_begin(db, err));
	struct status done = store(db, anchor, &crl, &act, &revoked, err);
	if (!done.ok)
		db_rollback(db);
	else
		*ret_revoked = revoked;
	return done;
}
