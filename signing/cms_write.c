/* signing/cms_write.c: see cms_write.h. */
#include "signing/cms_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/der.h"

#define OID_DATA           "1.2.840.113549.1.7.1"
#define OID_SIGNED_DATA    "1.2.840.113549.1.7.2"
#define OID_CONTENT_TYPE   "1.2.840.113549.1.9.3"
#define OID_MESSAGE_DIGEST "1.2.840.113549.1.9.4"
#define OID_SIGNING_TIME   "1.2.840.113549.1.9.5"

/* By kind of key. */
static const struct kind {
	const char *key;    /* base/algorithm.h */
	const char *digest; /* OpenSSL's name */
	const char *oid;
} kinds[] = {
    {"EC-P256", "SHA256", "2.16.840.1.101.3.4.2.1"},
    {"EC-P384", "SHA384", "2.16.840.1.101.3.4.2.2"},
    {"Ed25519", "SHA512", "2.16.840.1.101.3.4.2.3"},
};

static const struct kind *kind_of(const struct signer_key *k)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (k->chain_count > 0 && strcmp(kinds[i].key, k->kind->name) == 0)
			return &kinds[i];
	return NULL;
}

bool cms_takes(const struct signer_key *k)
{
	return kind_of(k) != NULL;
}

static bool is_ec(const struct signer_key *k)
{
	return strcmp(k->kind->evp_type, "EC") == 0;
}

/* ---- SET OF: X.690 11.6, its members in the order of their octets, each once ---- */

#define SET_MAX (CHANNEL_KEYS_MAX * SIGNER_CHAIN_MAX)

struct set {
	size_t count;
	struct buf members[SET_MAX];
};
static inline void set_auto(struct set *s)
{
	for (size_t i = 0; i < s->count; i++)
		buf_free(&s->members[i]);
}

static int compare(const void *a, const void *b)
{
	const struct buf *x = a, *y = b;
	const int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return order ? order : (x->n > y->n) - (x->n < y->n);
}

static void set_add(struct set *s, struct span member)
{
	for (size_t i = 0; i < s->count; i++)
		if (span_equal(buf_span(&s->members[i]), member))
			return;
	buf_put(&s->members[s->count++], member);
}

static void set_put(struct set *s, uint8_t tag, struct buf *out)
{
	const size_t set = der_begin(out, tag);

	qsort(s->members, s->count, sizeof(s->members[0]), compare);
	for (size_t i = 0; i < s->count; i++)
		buf_put(out, buf_span(&s->members[i]));
	der_end(out, set);
}

/* ---- a signer ---- */

/* RFC 5754 2: the parameters of SHA-2 are left out. */
static void put_digest_algorithm(const struct kind *kind, struct buf *out)
{
	const size_t algorithm = der_begin(out, DER_SEQUENCE);

	der_put_oid(out, kind->oid);
	der_end(out, algorithm);
}

static size_t begin_attribute(struct buf *out, const char *oid, size_t *ret_values)
{
	const size_t attribute = der_begin(out, DER_SEQUENCE);

	der_put_oid(out, oid);
	*ret_values = der_begin(out, DER_SET);
	return attribute;
}

/* Shorter ones first: that is their order in DER. */
static void put_attributes(struct span digest, int64_t signed_at, struct buf *out)
{
	size_t attribute, values;

	attribute = begin_attribute(out, OID_CONTENT_TYPE, &values);
	der_put_oid(out, OID_DATA);
	der_end(out, values);
	der_end(out, attribute);
	attribute = begin_attribute(out, OID_SIGNING_TIME, &values);
	der_put_time(out, signed_at);
	der_end(out, values);
	der_end(out, attribute);
	attribute = begin_attribute(out, OID_MESSAGE_DIGEST, &values);
	der_put(out, DER_OCTET_STRING, digest);
	der_end(out, values);
	der_end(out, attribute);
}

/* RFC 5652 10.2.4: issuer and serial number as the certificate has them. RFC 5280 4.1: behind the
 * version. */
static struct status put_issuer_and_serial(
    struct span certificate, struct buf *out, struct err *err)
{
	struct span whole, tbs, unused, serial, issuer;
	struct der_item item;
	size_t both;

	if (!der_take(&certificate, DER_SEQUENCE, &whole) ||
	    !der_take(&whole, DER_SEQUENCE, &tbs) ||
	    (der_peek(tbs, DER_CONTEXT_CONSTRUCTED | 0) && !der_next(&tbs, &item)) ||
	    !der_take_whole(&tbs, DER_INTEGER, &serial) || !der_take(&tbs, DER_SEQUENCE, &unused) ||
	    !der_take_whole(&tbs, DER_SEQUENCE, &issuer))
		return err_set(err, ERR_INTERNAL, "a signing key's certificate cannot be read");
	both = der_begin(out, DER_SEQUENCE);
	buf_put(out, issuer);
	buf_put(out, serial);
	der_end(out, both);
	return STATUS_OK;
}

static struct status put_signer(const struct signer_key *k, struct span content, int64_t signed_at,
    struct buf *out, struct err *err)
{
	const struct kind *kind = kind_of(k);
	AUTO(buf) attributes = {0};
	AUTO(buf) message = {0};
	AUTO(buf) signature = {0};
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t n, signer;

	if (EVP_Q_digest(NULL, kind->digest, NULL, content.p, content.n, digest, &n) != 1)
		return err_crypto(err, ERR_INTERNAL, "%s failed", kind->digest);
	put_attributes(span(digest, n), signed_at, &attributes);
	/* RFC 5652 5.4: what is signed has the tag of a SET, what is stored [0]. */
	der_put(&message, DER_SET, buf_span(&attributes));
	TRY(signer_sign(k, buf_span(&message), &signature, err));
	signer = der_begin(out, DER_SEQUENCE);
	der_put_uint(out, 1);
	TRY(put_issuer_and_serial(k->chain[0], out, err));
	put_digest_algorithm(kind, out);
	der_put(out, DER_CONTEXT_CONSTRUCTED | 0, buf_span(&attributes));
	buf_put(out, k->kind->signature->identifier);
	der_put(out, DER_OCTET_STRING, buf_span(&signature));
	der_end(out, signer);
	return STATUS_OK;
}

/* ---- all of it ---- */

struct parts {
	struct set digests, certificates, signers;
};
static inline void parts_auto(struct parts *p)
{
	set_auto(&p->digests);
	set_auto(&p->certificates);
	set_auto(&p->signers);
}

static struct status add_key(const struct signer_key *k, struct span content, int64_t signed_at,
    struct parts *p, struct err *err)
{
	AUTO(buf) algorithm = {0};
	AUTO(buf) signer = {0};

	put_digest_algorithm(kind_of(k), &algorithm);
	TRY(put_signer(k, content, signed_at, &signer, err));
	set_add(&p->digests, buf_span(&algorithm));
	set_add(&p->signers, buf_span(&signer));
	for (size_t i = 0; i < k->chain_count; i++)
		set_add(&p->certificates, k->chain[i]);
	return STATUS_OK;
}

static void put_signed_data(struct parts *p, struct buf *out)
{
	const size_t info = der_begin(out, DER_SEQUENCE);
	size_t explicit, data, content;

	der_put_oid(out, OID_SIGNED_DATA);
	explicit = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	data = der_begin(out, DER_SEQUENCE);
	der_put_uint(out, 1);
	set_put(&p->digests, DER_SET, out);
	content = der_begin(out, DER_SEQUENCE);
	der_put_oid(out, OID_DATA);
	der_end(out, content);
	set_put(&p->certificates, DER_CONTEXT_CONSTRUCTED | 0, out);
	set_put(&p->signers, DER_SET, out);
	der_end(out, data);
	der_end(out, explicit);
	der_end(out, info);
}

struct status cms_write(struct signer_key *const *keys, size_t count, struct span content,
    int64_t signed_at, struct buf *out, struct err *err)
{
	AUTO(parts) parts = {0};
	bool common = false; /* there is one that every reader knows */

	for (size_t i = 0; i < count; i++)
		common |= cms_takes(keys[i]) && is_ec(keys[i]);
	for (size_t i = 0; i < count; i++)
		if (cms_takes(keys[i]) && (!common || is_ec(keys[i])))
			TRY(add_key(keys[i], content, signed_at, &parts, err));
	if (parts.signers.count == 0)
		return err_set(err, ERR_INTERNAL, "no key signs CMS");
	put_signed_data(&parts, out);
	return STATUS_OK;
}
