/* ca/ocsp_request.c: see ocsp_request.h. */
#include "ca/ocsp_request.h"

#include <openssl/sha.h>

#include "base/encode.h"
#include "ca/certificate.h"
#include "ca/reason.h"

/* id-pkix-ocsp-nonce, 1.3.6.1.5.5.7.48.1.2 */
#define OID_NONCE SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x01\x02")
/* Those in use are seven; a client needs one or two. */
#define EXTENSIONS_MAX 8

/* ---- hashes ---- */

#define SHA2(last) "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" last

static const struct {
	size_t size;
	struct span oid;
	struct span
	    identifier; /* what we write: without parameters (RFC 5754 2), SHA-1 with NULL */
	unsigned char *(*digest)(const unsigned char *p, size_t n, unsigned char *out);
} hashes[OCSP_HASHES] = {
    [OCSP_SHA1] = {SHA_DIGEST_LENGTH, {(const uint8_t *)"\x2b\x0e\x03\x02\x1a", 5},
	{(const uint8_t *)"\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00", 11}, SHA1},
    [OCSP_SHA256] = {SHA256_DIGEST_LENGTH, {(const uint8_t *)SHA2("\x01") + 4, 9},
	{(const uint8_t *)SHA2("\x01"), 13}, SHA256},
    [OCSP_SHA384] = {SHA384_DIGEST_LENGTH, {(const uint8_t *)SHA2("\x02") + 4, 9},
	{(const uint8_t *)SHA2("\x02"), 13}, SHA384},
    [OCSP_SHA512] = {SHA512_DIGEST_LENGTH, {(const uint8_t *)SHA2("\x03") + 4, 9},
	{(const uint8_t *)SHA2("\x03"), 13}, SHA512},
};

size_t ocsp_hash_of(enum ocsp_hash hash, struct span bytes, uint8_t out[static OCSP_HASH_SIZE_MAX])
{
	hashes[hash].digest(bytes.p, bytes.n, out);
	return hashes[hash].size;
}

struct span ocsp_hash_identifier(enum ocsp_hash hash)
{
	return hashes[hash].identifier;
}

/* False: not an AlgorithmIdentifier, or a hash of ours with parameters that it cannot have. */
static bool read_hash(struct span *in, struct ocsp_cert_id *ret)
{
	enum ocsp_hash hash = OCSP_SHA1;
	struct span body, oid;
	struct der_item parameters = {.tag = DER_NULL};
	bool bare;

	if (!der_take(in, DER_SEQUENCE, &body) || !der_take(&body, DER_OID, &oid))
		return false;
	while (hash < OCSP_HASHES && !span_equal(oid, hashes[hash].oid))
		hash++;
	bare = body.n == 0;
	if (!bare && (!der_next(&body, &parameters) || body.n > 0))
		return false;
	ret->hash = hash;
	ret->spelling = hash <= OCSP_SHA256 ? (unsigned)hash * 2 + bare : OCSP_SPELLINGS;
	return hash == OCSP_HASHES || (parameters.tag == DER_NULL && parameters.body.n == 0);
}

/* ---- a request ---- */

/* An INTEGER in DER; what no certificate of ours can have is left empty. */
static bool read_serial(struct span *in, struct span *ret_serial)
{
	struct span body;

	if (!der_take(in, DER_INTEGER, &body) || body.n == 0)
		return false;
	/* X.690 8.3.2: the first nine bits are not all the same. */
	if (body.n > 1 && ((body.p[0] == 0x00 && !(body.p[1] & 0x80)) ||
			      (body.p[0] == 0xff && (body.p[1] & 0x80))))
		return false;
	*ret_serial = SPAN_NONE;
	if (body.p[0] & 0x80)
		return true;
	if (body.n > 1 && body.p[0] == 0)
		body = span(body.p + 1, body.n - 1);
	if (body.n <= CERTIFICATE_SERIAL_MAX)
		*ret_serial = body;
	return true;
}

static bool read_cert_id(struct span *in, struct ocsp_cert_id *ret)
{
	struct span whole, body;

	if (!der_take_whole(in, DER_SEQUENCE, &whole))
		return false;
	ret->whole = whole;
	return der_take(&whole, DER_SEQUENCE, &body) && read_hash(&body, ret) &&
	       der_take(&body, DER_OCTET_STRING, &ret->name_hash) &&
	       der_take(&body, DER_OCTET_STRING, &ret->key_hash) &&
	       read_serial(&body, &ret->serial) && body.n == 0;
}

static struct status malformed(struct err *err, const char *what)
{
	return REFUSE(err, OCSP_REQUEST, "%s", what);
}

/* RFC 6960 4.4: "Unrecognized extensions MUST be ignored (unless they have the critical flag set".
 */
static struct status read_extensions(struct span body, struct extension list[static EXTENSIONS_MAX],
    size_t *ret_count, struct err *err)
{
	struct err why = {0};
	struct span items;

	if (!der_take(&body, DER_SEQUENCE, &items) || body.n > 0)
		return malformed(err, "its extensions are not a SEQUENCE");
	if (!extensions_read(items, list, EXTENSIONS_MAX, ret_count, &why).ok)
		return malformed(err, why.message);
	for (size_t i = 0; i < *ret_count; i++)
		if (list[i].critical && !span_equal(list[i].oid, OID_NONCE))
			return malformed(err, "a critical extension is not understood");
	return STATUS_OK;
}

static struct status read_one(struct span *in, struct ocsp_cert_id *ret, struct err *err)
{
	struct extension list[EXTENSIONS_MAX];
	struct span body, extensions;
	size_t count;

	if (!der_take(in, DER_SEQUENCE, &body) || !read_cert_id(&body, ret))
		return malformed(err, "a CertID cannot be read");
	if (der_take(&body, DER_CONTEXT_CONSTRUCTED | 0, &extensions))
		TRY(read_extensions(extensions, list, &count, err));
	return body.n == 0 ? STATUS_OK : malformed(err, "something stands behind a Request");
}

static struct status read_list(struct span list, struct ocsp_request *ret, struct err *err)
{
	if (list.n == 0)
		return malformed(err, "it asks for no certificate");
	while (list.n > 0) {
		if (ret->count == OCSP_CERTS_MAX)
			return malformed(
			    err, "it asks for more certificates than are answered at once");
		TRY(read_one(&list, &ret->certs[ret->count], err));
		ret->count++;
	}
	return STATUS_OK;
}

/* RFC 9654 2.1: an OCTET STRING in the extnValue, which is one itself: "(SIZE(1..128))". */
static struct status read_nonce(struct span extensions, struct ocsp_request *ret, struct err *err)
{
	struct extension list[EXTENSIONS_MAX];
	const struct extension *found;
	struct span value, nonce;
	size_t count;

	TRY(read_extensions(extensions, list, &count, err));
	found = extension_find(list, count, OID_NONCE);
	if (!found)
		return STATUS_OK;
	value = found->value;
	if (!der_take(&value, DER_OCTET_STRING, &nonce) || value.n > 0)
		return REFUSE(err, OCSP_NONCE, "the nonce is not an OCTET STRING");
	if (nonce.n == 0 || nonce.n > OCSP_NONCE_MAX)
		return REFUSE(err, OCSP_NONCE, "a nonce of %zu octets", nonce.n);
	ret->nonce = nonce;
	return STATUS_OK;
}

/* Version 1 is the default: DER leaves it out, but some clients write it, and no harm is done. */
static bool read_version(struct span *in)
{
	struct span version;
	uint64_t number;

	if (!der_take(in, DER_CONTEXT_CONSTRUCTED | 0, &version))
		return !der_peek(*in, DER_CONTEXT_CONSTRUCTED | 0);
	return der_take_uint(&version, &number) && version.n == 0 && number == 0;
}

/* GeneralName or Signature: there, and well formed as far as its outer shape goes. */
static bool skip_one(struct span *in, uint8_t tag)
{
	struct span body;
	struct der_item item;

	if (!der_peek(*in, tag))
		return true;
	return der_take(in, tag, &body) && der_next(&body, &item) && body.n == 0;
}

static struct status read_tbs(struct span tbs, struct ocsp_request *ret, struct err *err)
{
	struct span list, extensions;

	if (!read_version(&tbs))
		return malformed(err, "it is not of version 1");
	if (!skip_one(&tbs, DER_CONTEXT_CONSTRUCTED | 1))
		return malformed(err, "the requestorName cannot be read");
	if (!der_take(&tbs, DER_SEQUENCE, &list))
		return malformed(err, "it has no list of Requests");
	TRY(read_list(list, ret, err));
	if (der_take(&tbs, DER_CONTEXT_CONSTRUCTED | 2, &extensions))
		TRY(read_nonce(extensions, ret, err));
	return tbs.n == 0 ? STATUS_OK : malformed(err, "something stands behind the extensions");
}

struct status ocsp_request_read(struct span der, struct ocsp_request *ret, struct err *err)
{
	struct span body, tbs;

	ret->count = 0;
	ret->nonce = SPAN_NONE;
	if (der.n > OCSP_REQUEST_MAX)
		return malformed(err, "it is longer than any that asks for what is answered");
	if (!der_take(&der, DER_SEQUENCE, &body) || der.n > 0)
		return malformed(err, "it is not one SEQUENCE");
	if (!der_take(&body, DER_SEQUENCE, &tbs))
		return malformed(err, "it has no TBSRequest");
	TRY(read_tbs(tbs, ret, err));
	if (!skip_one(&body, DER_CONTEXT_CONSTRUCTED | 0) || body.n > 0)
		return malformed(err, "something stands behind the TBSRequest");
	return STATUS_OK;
}

/* ---- GET ---- */

struct status ocsp_get_read(const char *text, struct buf *ret_der, struct err *err)
{
	struct err why = {0};

	/* No request begins with a slash: its first octet is 30, its first digit M. */
	while (*text == '/')
		text++;
	if (!base64_decode(span_str(text), ret_der, &why).ok)
		return malformed(err, why.message);
	return STATUS_OK;
}

/* ---- CertID ---- */

bool ocsp_key_bits(struct span spki, struct span *ret_bits)
{
	struct span body, algorithm;

	return der_take(&spki, DER_SEQUENCE, &body) && spki.n == 0 &&
	       der_take(&body, DER_SEQUENCE, &algorithm) && der_take_bits(&body, ret_bits) &&
	       body.n == 0;
}

void ocsp_cert_id_put(struct buf *out, enum ocsp_hash hash, struct span issuer_name,
    struct span issuer_spki, struct span serial)
{
	uint8_t digest[OCSP_HASH_SIZE_MAX];
	struct span bits = SPAN_NONE;
	size_t mark = der_begin(out, DER_SEQUENCE);

	if (!ocsp_key_bits(issuer_spki, &bits))
		bits = SPAN_NONE; /* then it names nobody */
	buf_put(out, hashes[hash].identifier);
	der_put(out, DER_OCTET_STRING, span(digest, ocsp_hash_of(hash, issuer_name, digest)));
	der_put(out, DER_OCTET_STRING, span(digest, ocsp_hash_of(hash, bits, digest)));
	der_put_unsigned(out, serial);
	der_end(out, mark);
}
