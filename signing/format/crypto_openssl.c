#include "signing/format/crypto_openssl.h"

#include <string.h>

#include <openssl/err.h>

#include "base/der.h"
#include "base/encode.h"
#include "signing/format/ecdsa.h"

/* ---- algorithms ----------------------------------------------------------------------------- */

/* RFC 9053 and RFC 9864; the first row of a key is what it signs with. */
static const struct row {
	int algorithm;
	const char *name;
	const char *key; /* key_algorithms */
	size_t ecdsa;    /* octets of r; 0: signatures are raw everywhere */
	int kty, curve;  /* COSE_Key; curve 0: AKP, which names its algorithm */
} rows[] = {
    {COSE_ESP256, "ESP256", "EC-P256", ECDSA_P256_SIZE, 2, 1},
    {COSE_ES256, "ES256", "EC-P256", ECDSA_P256_SIZE, 2, 1},
    {COSE_ESP384, "ESP384", "EC-P384", ECDSA_P384_SIZE, 2, 2},
    {COSE_ES384, "ES384", "EC-P384", ECDSA_P384_SIZE, 2, 2},
    {COSE_ED25519, "Ed25519", "Ed25519", 0, 1, 6},
    {COSE_EDDSA, "EdDSA", "Ed25519", 0, 1, 6},
    {COSE_ML_DSA_44, "ML-DSA-44", "ML-DSA-44", 0, 7, 0},
    {COSE_ML_DSA_65, "ML-DSA-65", "ML-DSA-65", 0, 7, 0},
    {COSE_ML_DSA_87, "ML-DSA-87", "ML-DSA-87", 0, 7, 0},
};

static const struct row *row_of(int algorithm)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].algorithm == algorithm)
			return &rows[i];
	return NULL;
}

int cose_algorithm_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].algorithm;
	return 0;
}

const char *cose_algorithm_name(int algorithm)
{
	const struct row *row = row_of(algorithm);

	return row ? row->name : NULL;
}

int cose_algorithm_of_key(const struct key_algorithm *a)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].key, a->name) == 0)
			return rows[i].algorithm;
	return 0;
}

const struct key_algorithm *cose_key_algorithm(int algorithm)
{
	const struct row *row = row_of(algorithm);

	return row ? key_algorithm_by_name(row->key) : NULL;
}

/* ---- the table ------------------------------------------------------------------------------ */

static bool hash_start(void *context, int algorithm)
{
	struct crypto_openssl *state = context;
	const EVP_MD *digest = algorithm == COSE_SHA256   ? EVP_sha256()
			       : algorithm == COSE_SHA384 ? EVP_sha384()
			       : algorithm == COSE_SHA512 ? EVP_sha512()
							  : NULL;

	if (!state->hash)
		state->hash = EVP_MD_CTX_new();
	return digest && state->hash && EVP_DigestInit_ex(state->hash, digest, NULL) == 1;
}

static bool hash_more(void *context, const uint8_t *p, size_t n)
{
	struct crypto_openssl *state = context;

	return EVP_DigestUpdate(state->hash, p, n) == 1;
}

static bool hash_end(void *context, uint8_t *ret_digest, size_t *ret_n)
{
	struct crypto_openssl *state = context;
	unsigned n = 0;

	if (EVP_DigestFinal_ex(state->hash, ret_digest, &n) != 1)
		return false;
	*ret_n = n;
	return true;
}

static bool has(void *context, int algorithm)
{
	const struct key_algorithm *a = cose_key_algorithm(algorithm);

	(void)context;
	return a && key_algorithm_available(a);
}

static bool verify(void *context, int algorithm, struct span key, const struct span *parts,
    size_t count, struct span signature)
{
	const struct row *row = row_of(algorithm);
	AUTO_PTR(EVP_PKEY) public = NULL;
	AUTO(buf) message = {0};
	AUTO(buf) spki = {0};
	AUTO(buf) native = {0};
	const struct key_algorithm *a;
	struct err err = {0};

	(void)context;
	if (!row || !cose_key_spki(algorithm, key, &spki) ||
	    !public_key_from_spki(buf_span(&spki), &a, &public, &err).ok)
		return false;
	for (size_t i = 0; i < count; i++)
		buf_put(&message, parts[i]);
	if (row->ecdsa)
		ecdsa_der_from_raw(signature, &native);
	else
		buf_put(&native, signature);
	return signature_verify(public, a->signature, buf_span(&message), buf_span(&native));
}

struct boot_crypto crypto_openssl(struct crypto_openssl *state)
{
	return (struct boot_crypto){.hash_start = hash_start,
	    .hash_more = hash_more,
	    .hash_end = hash_end,
	    .has = has,
	    .verify = verify,
	    .context = state};
}

void crypto_openssl_free(struct crypto_openssl *state)
{
	EVP_MD_CTX_free(state->hash);
	state->hash = NULL;
}

/* ---- keys ----------------------------------------------------------------------------------- */

/* RFC 9052 7, RFC 9053 7: kty, curve and coordinates; AKP: kty, algorithm, key. */
static void put_cose_key(const struct row *row, struct span key, struct buf *out)
{
	size_t half = key.n / 2;

	cbor_put_head(out, CBOR_MAP, row->ecdsa ? 4 : 3);
	cbor_put_uint(out, 1);
	cbor_put_int(out, row->kty);
	if (row->curve == 0) {
		cbor_put_uint(out, 3);
		cbor_put_int(out, row->algorithm);
	}
	cbor_put_int(out, -1);
	if (row->curve == 0) {
		cbor_put_bytes(out, key);
		return;
	}
	cbor_put_int(out, row->curve);
	cbor_put_int(out, -2);
	cbor_put_bytes(out, row->ecdsa ? span(key.p + 1, half) : key);
	if (row->ecdsa) {
		cbor_put_int(out, -3);
		cbor_put_bytes(out, span(key.p + 1 + half, half));
	}
}

bool cose_thumbprint(int algorithm, struct span key, uint8_t ret_kid[static COSE_KID_SIZE])
{
	const struct row *row = row_of(algorithm);
	const struct cose_key checked = {.algorithm = algorithm, .key = key};
	AUTO(buf) cose_key = {0};

	if (!row || cose_key_check(&checked) != REFUSAL_NONE)
		return false;
	put_cose_key(row, key, &cose_key);
	memcpy(ret_kid, sha256(buf_span(&cose_key)).bytes, COSE_KID_SIZE);
	return true;
}

bool cose_key_spki(int algorithm, struct span key, struct buf *out)
{
	const struct key_algorithm *a = cose_key_algorithm(algorithm);
	size_t mark;

	if (!a || key.n != a->public_size)
		return false;
	mark = der_begin(out, DER_SEQUENCE);
	buf_put(out, a->identifier);
	der_put_bits(out, key);
	der_end(out, mark);
	return true;
}

struct status cose_key_from_spki(struct span spki, struct cose_key_owned *ret_key, struct err *err)
{
	const struct key_algorithm *a;
	struct cose_key_owned key = {.algorithm = 0};
	struct span in = spki, body, identifier, bits;

	TRY(key_algorithm_of_spki(spki, &a, err));
	key.algorithm = cose_algorithm_of_key(a);
	if (key.algorithm == 0)
		return err_set(err, ERR_INPUT, "manifests are not signed with %s", a->name);
	if (!der_take(&in, DER_SEQUENCE, &body) ||
	    !der_take_whole(&body, DER_SEQUENCE, &identifier) || !der_take_bits(&body, &bits) ||
	    !cose_thumbprint(key.algorithm, bits, key.kid))
		return err_set(err, ERR_INPUT, "public key: not a SubjectPublicKeyInfo");
	buf_put(&key.key, bits);
	*ret_key = key;
	return STATUS_OK;
}

void cose_key_owned_free(struct cose_key_owned *key)
{
	buf_free(&key->key);
}

struct cose_key cose_key_of(const struct cose_key_owned *key)
{
	return (struct cose_key){
	    .kid = SPAN_OF(key->kid), .algorithm = key->algorithm, .key = buf_span(&key->key)};
}

struct status cose_signature_from_native(
    int algorithm, struct span native, struct buf *out, struct err *err)
{
	const struct row *row = row_of(algorithm);

	if (!row)
		return err_set(err, ERR_INPUT, "COSE algorithm %d is not known", algorithm);
	if (row->ecdsa)
		return ecdsa_raw_from_der(native, row->ecdsa, out, err);
	buf_put(out, native);
	return STATUS_OK;
}
