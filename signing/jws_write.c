/* signing/jws_write.c: see jws_write.h. */
#include "signing/jws_write.h"

#include "base/base64url.h"
#include "base/encode.h"
#include "base/json.h"

/* RFC 7518 3.1, RFC 8037 3.1: names of JOSE, not of COSE. */
static const char *jose_algorithm(int algorithm)
{
	static const struct {
		int cose;
		const char *jose;
	} names[] = {
	    {COSE_ES256, "ES256"},
	    {COSE_ESP256, "ES256"},
	    {COSE_ES384, "ES384"},
	    {COSE_ESP384, "ES384"},
	    {COSE_EDDSA, "EdDSA"},
	    {COSE_ED25519, "EdDSA"},
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].cose == algorithm)
			return names[i].jose;
	return cose_algorithm_name(algorithm);
}

static void put_header(const struct signer_key *k, struct buf *out)
{
	AUTO(buf) text = {0};
	AUTO(buf) kid = {0};
	struct json j = {.out = &text};

	base64url_encode(SPAN_OF(k->kid), &kid);
	json_object_begin(&j, NULL);
	json_str(&j, "alg", jose_algorithm(k->algorithm));
	json_span(&j, "kid", buf_span(&kid));
	json_str(&j, "typ", JWS_MANIFEST_TYPE);
	if (k->chain_count > 0)
		json_array_begin(&j, "x5c");
	for (size_t i = 0; i < k->chain_count; i++) {
		AUTO(buf) der = {0};

		base64_encode(k->chain[i], &der);
		json_span(&j, NULL, buf_span(&der));
	}
	if (k->chain_count > 0)
		json_array_end(&j);
	json_object_end(&j);
	base64url_encode(buf_span(&text), out);
}

/* One signature: its header, and itself, in base64url. */
struct part {
	struct buf header, signature;
};
static inline void part_auto(struct part *p)
{
	buf_free(&p->header);
	buf_free(&p->signature);
}

static struct status sign(
    const struct signer_key *k, struct span payload, struct part *part, struct err *err)
{
	AUTO(buf) message = {0};
	AUTO(buf) signature = {0};

	put_header(k, &part->header);
	buf_put(&message, buf_span(&part->header));
	buf_put_byte(&message, '.');
	buf_put(&message, payload);
	TRY(signer_sign_raw(k, buf_span(&message), &signature, err));
	base64url_encode(buf_span(&signature), &part->signature);
	return STATUS_OK;
}

static struct status write_general(struct signer_key *const *keys, size_t count,
    struct span payload, struct buf *out, struct err *err)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_span(&j, "payload", payload);
	json_array_begin(&j, "signatures");
	for (size_t i = 0; i < count; i++) {
		AUTO(part) part = {0};

		TRY(sign(keys[i], payload, &part, err));
		json_object_begin(&j, NULL);
		json_span(&j, "protected", buf_span(&part.header));
		json_span(&j, "signature", buf_span(&part.signature));
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	return STATUS_OK;
}

struct status jws_write(struct signer_key *const *keys, size_t count, struct span payload,
    struct buf *out, struct err *err)
{
	AUTO(buf) encoded = {0};
	AUTO(part) part = {0};

	base64url_encode(payload, &encoded);
	if (count != 1)
		return write_general(keys, count, buf_span(&encoded), out, err);
	TRY(sign(keys[0], buf_span(&encoded), &part, err));
	buf_put(out, buf_span(&part.header));
	buf_put_byte(out, '.');
	buf_put(out, buf_span(&encoded));
	buf_put_byte(out, '.');
	buf_put(out, buf_span(&part.signature));
	return STATUS_OK;
}
