/* clients/operator/trust_file.c: see trust_file.h. */
#include "clients/operator/trust_file.h"

#include "base/file.h"
#include "clients/operator/reason.h"
#include "clients/operator/refusal_reason.h"
#include "signing/format/crypto_openssl.h"
#include "signing/format/trust_build.h"

#define UNSIGNED_NAME SPAN_LITERAL("signet-trust-unsigned")

void trust_file_free(struct trust_file *f)
{
	buf_free(&f->bytes);
	*f = (struct trust_file){0};
}

void trust_file_put_unsigned(struct span payload, struct buf *out)
{
	cbor_put_head(out, CBOR_TAG, CBOR_TAG_SELF);
	cbor_put_head(out, CBOR_MAP, 2);
	cbor_put_uint(out, 0);
	cbor_put_head(out, CBOR_TEXT, UNSIGNED_NAME.n);
	buf_put(out, UNSIGNED_NAME);
	cbor_put_uint(out, 1);
	cbor_put_bytes(out, payload);
}

struct unsigned_file {
	struct span name, payload;
};

static const struct cbor_field unsigned_fields[] = {
    {cbor_field_text, offsetof(struct unsigned_file, name), 0, true},
    {cbor_field_bytes, offsetof(struct unsigned_file, payload), 1, true},
};
CBOR_SHAPE(unsigned_shape, unsigned_fields, CBOR_KEY);

/* The payload, where it is such a file. */
static bool take_unsigned(struct span bytes, struct span *ret_payload)
{
	struct unsigned_file file = {.name = SPAN_NONE};

	if (cbor_read_file(bytes, &unsigned_shape, UNSIGNED_NAME, REFUSAL_TRUST_FORMAT, &file) !=
	    REFUSAL_NONE)
		return false;
	*ret_payload = file.payload;
	return true;
}

/* The reader reads statements alone: give it one, with a signature that is none. */
static void put_statement(struct span payload, struct buf *out)
{
	static const uint8_t nothing[64];
	const struct cose_made made = {
	    COSE_ED25519, span(nothing, COSE_KID_SIZE), SPAN_OF(nothing)};

	trust_build_file(payload, &made, 1, out);
}

struct status trust_file_take(
    struct span bytes, const char *name, struct trust_file *ret_file, struct err *err)
{
	AUTO(buf) statement = {0};
	struct span payload;
	struct trust trust;
	const bool is_unsigned = take_unsigned(bytes, &payload);
	enum refusal refusal;

	if (is_unsigned)
		put_statement(payload, &statement);
	else
		buf_put(&statement, bytes);
	refusal = trust_read(buf_span(&statement), &trust);
	if (refusal != REFUSAL_NONE)
		return refusal_fail(refusal, name, err);
	/* The octets stay where they are: what borrows from them goes on doing so. */
	*ret_file = (struct trust_file){buf_take(&statement), is_unsigned, trust};
	return STATUS_OK;
}

struct status trust_file_read(const char *file, struct trust_file *ret_file, struct err *err)
{
	AUTO(buf) bytes = {0};
	struct err why = {0};

	if (!file_read(file, TRUST_SIZE_MAX, &bytes, &why).ok)
		return err_refuse(err, WHY(FILE), "%s", why.message);
	return trust_file_take(buf_span(&bytes), file, ret_file, err);
}

struct status trust_file_read_signed(const char *file, struct trust_file *ret_file, struct err *err)
{
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	enum refusal refusal;

	TRY(trust_file_read(file, ret_file, err));
	refusal = ret_file->is_unsigned ? REFUSAL_TRUST_QUORUM_NEW
					: trust_accept(&crypto, NULL, &ret_file->trust);
	return refusal == REFUSAL_NONE ? STATUS_OK : refusal_fail(refusal, file, err);
}
