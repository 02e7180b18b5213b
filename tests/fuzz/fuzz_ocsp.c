/* An OCSP request as it arrives: DER in a body, or base64 in a path. The first octet says which. */
#include <openssl/err.h>
#include <stdlib.h>

#include "base/encode.h"
#include "ca/ocsp_request.h"

/* Behind our own headers: it has macros of names that they have. */
#include <openssl/ocsp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct span part, struct span all)
{
	if (part.n > 0 && (part.p < all.p || part.p + part.n > all.p + all.n))
		abort();
}

static void check_cert(const struct ocsp_cert_id *cert, struct span der)
{
	check_inside(cert->whole, der);
	check_inside(cert->name_hash, der);
	check_inside(cert->key_hash, der);
	check_inside(cert->serial, der);
	if (cert->whole.n == 0 || cert->hash > OCSP_HASHES || cert->serial.n > 20 ||
	    cert->spelling > OCSP_SPELLINGS)
		abort();
}

/* What OpenSSL reads, too, it reads as the same. It looks into names that we skip. */
static void check_against_openssl(const struct ocsp_request *r, struct span der)
{
	const unsigned char *p = der.p;
	OCSP_REQUEST *theirs = d2i_OCSP_REQUEST(NULL, &p, (long)der.n);

	ERR_clear_error();
	if (!theirs)
		return;
	if ((size_t)OCSP_request_onereq_count(theirs) != r->count)
		abort();
	for (size_t i = 0; i < r->count; i++) {
		OCSP_CERTID *id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(theirs, (int)i));
		ASN1_INTEGER *serial = NULL;
		BIGNUM *number, *ours;

		OCSP_id_get0_info(NULL, NULL, NULL, &serial, id);
		number = ASN1_INTEGER_to_BN(serial, NULL);
		ours = BN_bin2bn(r->certs[i].serial.p, (int)r->certs[i].serial.n, NULL);
		if (r->certs[i].serial.n > 0 && BN_cmp(number, ours) != 0)
			abort();
		BN_free(number);
		BN_free(ours);
	}
	OCSP_REQUEST_free(theirs);
}

static void check_request(struct span der)
{
	struct ocsp_request r;
	struct err err = {0};

	if (!ocsp_request_read(der, &r, &err).ok) {
		if (err.kind != ERR_INPUT || !err.reason)
			abort();
		return;
	}
	if (r.count == 0 || r.count > OCSP_CERTS_MAX || r.nonce.n > OCSP_NONCE_MAX)
		abort();
	check_inside(r.nonce, der);
	for (size_t i = 0; i < r.count; i++)
		check_cert(&r.certs[i], der);
	check_against_openssl(&r, der);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) der = {0};
	AUTO(buf) text = {0};
	struct err err = {0};

	if (size == 0)
		return 0;
	if (data[0] % 2 == 0) {
		check_request(span(data + 1, size - 1));
		return 0;
	}
	buf_put(&text, span(data + 1, size - 1));
	if (ocsp_get_read(buf_cstr(&text), &der, &err).ok)
		check_request(buf_span(&der));
	return 0;
}
