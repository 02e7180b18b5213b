/* ca/ocsp_answer.c: see ocsp_answer.h. */
#include "ca/ocsp_answer.h"

#include <openssl/sha.h>

/* id-pkix-ocsp-basic, id-pkix-ocsp-nonce */
#define OID_BASIC SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")
#define OID_NONCE SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x01\x02")

/* What an answer for one certificate has beside signature and certificate. */
#define BODY_EXPECTED 512

struct span ocsp_error_answer(enum ocsp_error error)
{
	static const uint8_t answers[][5] = {
	    [OCSP_MALFORMED] = {0x30, 0x03, 0x0a, 0x01, OCSP_MALFORMED},
	    [OCSP_INTERNAL] = {0x30, 0x03, 0x0a, 0x01, OCSP_INTERNAL},
	    [OCSP_TRY_LATER] = {0x30, 0x03, 0x0a, 0x01, OCSP_TRY_LATER},
	    [OCSP_UNAUTHORIZED] = {0x30, 0x03, 0x0a, 0x01, OCSP_UNAUTHORIZED},
	};

	return SPAN_OF(answers[error]);
}

/* RFC 6960 4.2.1: good [0] IMPLICIT NULL, revoked [1] IMPLICIT RevokedInfo, unknown [2] IMPLICIT
 * NULL. */
static void put_state(struct buf *out, const struct ocsp_state *state)
{
	const uint8_t reason = (uint8_t)state->reason;
	size_t mark, inner;

	if (state->status != OCSP_REVOKED) {
		der_put(
		    out, state->status == OCSP_GOOD ? DER_CONTEXT | 0 : DER_CONTEXT | 2, SPAN_NONE);
		return;
	}
	mark = der_begin(out, DER_CONTEXT_CONSTRUCTED | 1);
	der_put_generalized_time(out, state->revoked_at);
	/* RFC 5280 5.3.1: unspecified "SHOULD be absent instead". */
	if (reason != 0) {
		inner = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
		der_put(out, DER_ENUMERATED, span(&reason, 1));
		der_end(out, inner);
	}
	der_end(out, mark);
}

static void put_single(struct buf *out, const struct ocsp_single *single, int64_t at, int64_t next)
{
	size_t mark = der_begin(out, DER_SEQUENCE), inner;

	buf_put(out, single->cert_id);
	put_state(out, &single->state);
	der_put_generalized_time(out, at);
	inner = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	der_put_generalized_time(out, next);
	der_end(out, inner);
	der_end(out, mark);
}

/* RFC 6960 4.2.1: byKey is "SHA-1 hash of responder's public key (excluding the tag and length
 * fields)". */
static struct status put_responder(struct buf *out, struct hsm_key *key, struct err *err)
{
	uint8_t digest[OCSP_HASH_SIZE_MAX];
	struct span bits;
	size_t mark;

	if (!ocsp_key_bits(hsm_key_spki(key), &bits))
		return err_set(err, ERR_INTERNAL, "the responder's public key cannot be read");
	mark = der_begin(out, DER_CONTEXT_CONSTRUCTED | 2);
	der_put(out, DER_OCTET_STRING, span(digest, ocsp_hash_of(OCSP_SHA1, bits, digest)));
	der_end(out, mark);
	return STATUS_OK;
}

/* RFC 9654 2.1: the value of the request, once more an OCTET STRING in an OCTET STRING. */
static void put_nonce(struct buf *out, struct span nonce)
{
	size_t tagged, list, one, value;

	if (nonce.n == 0)
		return;
	tagged = der_begin(out, DER_CONTEXT_CONSTRUCTED | 1);
	list = der_begin(out, DER_SEQUENCE);
	one = der_begin(out, DER_SEQUENCE);
	der_put(out, DER_OID, OID_NONCE);
	value = der_begin(out, DER_OCTET_STRING);
	der_put(out, DER_OCTET_STRING, nonce);
	der_end(out, value);
	der_end(out, one);
	der_end(out, list);
	der_end(out, tagged);
}

/* ResponseData; its version, 1, is the default and left out. */
static struct status put_data(
    struct buf *out, const struct ocsp_reply *reply, struct hsm_key *key, struct err *err)
{
	size_t mark = der_begin(out, DER_SEQUENCE), list;

	TRY(put_responder(out, key, err));
	der_put_generalized_time(out, reply->at);
	list = der_begin(out, DER_SEQUENCE);
	for (size_t i = 0; i < reply->count; i++)
		put_single(out, &reply->singles[i], reply->at, reply->next_update);
	der_end(out, list);
	put_nonce(out, reply->nonce);
	der_end(out, mark);
	return STATUS_OK;
}

/* BasicOCSPResponse */
static void put_basic(struct buf *out, struct span data, const struct signature_algorithm *a,
    struct span signature, struct span certificate)
{
	size_t mark = der_begin(out, DER_SEQUENCE), tagged, list;

	buf_put(out, data);
	buf_put(out, a->identifier);
	der_put_bits(out, signature);
	tagged = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	list = der_begin(out, DER_SEQUENCE);
	buf_put(out, certificate);
	der_end(out, list);
	der_end(out, tagged);
	der_end(out, mark);
}

/* OCSPResponse: successful, and the rest as an OCTET STRING of the basic kind. */
static void put_response(struct buf *out, struct span data, const struct signature_algorithm *a,
    struct span signature, struct span certificate)
{
	static const uint8_t successful = 0;
	size_t mark = der_begin(out, DER_SEQUENCE), tagged, bytes, octets;

	der_put(out, DER_ENUMERATED, span(&successful, 1));
	tagged = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	bytes = der_begin(out, DER_SEQUENCE);
	der_put(out, DER_OID, OID_BASIC);
	octets = der_begin(out, DER_OCTET_STRING);
	put_basic(out, data, a, signature, certificate);
	der_end(out, octets);
	der_end(out, bytes);
	der_end(out, tagged);
	der_end(out, mark);
}

struct status ocsp_sign(const struct ocsp_reply *reply, struct hsm_key *key,
    struct span certificate, struct buf *out, struct err *err)
{
	AUTO(buf) data = {0};
	AUTO(buf) signature = {0};

	buf_reserve(&data, BODY_EXPECTED);
	TRY(put_data(&data, reply, key, err));
	TRY(hsm_sign(key, buf_span(&data), &signature, err));
	buf_reserve(out, data.n + signature.n + certificate.n + BODY_EXPECTED);
	put_response(out, buf_span(&data), hsm_key_algorithm(key)->signature, buf_span(&signature),
	    certificate);
	return STATUS_OK;
}
