#include "base/algorithm.h"

#include <pthread.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/der.h"

#define BYTES(...)                                                                     \
	{                                                                              \
		(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}) \
	}

/* RFC 5758 3.2: for ecdsa-with-SHA2 the AlgorithmIdentifier "MUST omit the parameters field". */
#define ECDSA_WITH(last) BYTES(0x30, 0x0a, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, last)
/* RFC 4055 5: "the parameters MUST be NULL"; and "MUST accept the parameters being absent". */
#define RSA_WITH(last) BYTES(0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last, 5, 0)
#define RSA_BARE(last) BYTES(0x30, 0x0b, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last)
/* RFC 8410 3: "the parameters MUST be absent"; key and signature share the identifier. */
#define ED25519 BYTES(0x30, 5, 6, 3, 0x2b, 0x65, 0x70)
/* RFC 9881 2: 2.16.840.1.101.3.4.3.17 to .19, parameters absent; key and signature share it too. */
#define ML_DSA(last) BYTES(0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, last)
/* RFC 5480 2.1.1: id-ecPublicKey with a namedCurve. */
#define EC_P256                                                                                   \
	BYTES(0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, \
	    0x3d, 3, 1, 7)
#define EC_P384 \
	BYTES(0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x22)

#define RSA_BITS_MIN     2048
#define RSA_BITS_MAX     8192  /* one verification stays below a millisecond */
#define RSA_EXPONENT_MIN 65537 /* FIPS 186-5 5.1: 2^16 < e */

enum signature_row {
	ECDSA_SHA256,
	ECDSA_SHA384,
	ECDSA_SHA512,
	EDDSA_25519,
	RSA_SHA256,
	RSA_SHA384,
	RSA_SHA512,
	RSA_SHA256_BARE,
	RSA_SHA384_BARE,
	RSA_SHA512_BARE,
	ML_DSA_44,
	ML_DSA_65,
	ML_DSA_87,
};

static const struct signature_algorithm signatures[] = {
    [ECDSA_SHA256] = {"ecdsa-with-SHA256", "SHA256", ECDSA_WITH(2), "EC"},
    [ECDSA_SHA384] = {"ecdsa-with-SHA384", "SHA384", ECDSA_WITH(3), "EC"},
    [ECDSA_SHA512] = {"ecdsa-with-SHA512", "SHA512", ECDSA_WITH(4), "EC"},
    [EDDSA_25519] = {"Ed25519", NULL, ED25519, "ED25519"},
    [RSA_SHA256] = {"sha256WithRSAEncryption", "SHA256", RSA_WITH(11), "RSA"},
    [RSA_SHA384] = {"sha384WithRSAEncryption", "SHA384", RSA_WITH(12), "RSA"},
    [RSA_SHA512] = {"sha512WithRSAEncryption", "SHA512", RSA_WITH(13), "RSA"},
    [RSA_SHA256_BARE] = {"sha256WithRSAEncryption", "SHA256", RSA_BARE(11), "RSA"},
    [RSA_SHA384_BARE] = {"sha384WithRSAEncryption", "SHA384", RSA_BARE(12), "RSA"},
    [RSA_SHA512_BARE] = {"sha512WithRSAEncryption", "SHA512", RSA_BARE(13), "RSA"},
    [ML_DSA_44] = {"ML-DSA-44", NULL, ML_DSA(17), "ML-DSA-44"},
    [ML_DSA_65] = {"ML-DSA-65", NULL, ML_DSA(18), "ML-DSA-65"},
    [ML_DSA_87] = {"ML-DSA-87", NULL, ML_DSA(19), "ML-DSA-87"},
};

/* RSA rows stand in rising order: rsa_row() relies on it. */
const struct key_algorithm key_algorithms[] = {
    {"EC-P256", "EC", "P-256", 0, &signatures[ECDSA_SHA256], EC_P256, 65},
    {"EC-P384", "EC", "P-384", 0, &signatures[ECDSA_SHA384], EC_P384, 97},
    {"Ed25519", "ED25519", NULL, 0, &signatures[EDDSA_25519], ED25519, 32},
    {"RSA-2048", "RSA", NULL, 2048, &signatures[RSA_SHA256], RSA_WITH(1), 0},
    {"RSA-3072", "RSA", NULL, 3072, &signatures[RSA_SHA256], RSA_WITH(1), 0},
    {"RSA-4096", "RSA", NULL, 4096, &signatures[RSA_SHA256], RSA_WITH(1), 0},
    {"ML-DSA-44", "ML-DSA-44", NULL, 0, &signatures[ML_DSA_44], ML_DSA(17), 1312},
    {"ML-DSA-65", "ML-DSA-65", NULL, 0, &signatures[ML_DSA_65], ML_DSA(18), 1952},
    {"ML-DSA-87", "ML-DSA-87", NULL, 0, &signatures[ML_DSA_87], ML_DSA(19), 2592},
    {.name = NULL},
};

DEFINE_AUTO_PTR(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
DEFINE_AUTO_PTR(EVP_MD_CTX, EVP_MD_CTX_free)
DEFINE_AUTO_PTR(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
DEFINE_AUTO_PTR(OSSL_PARAM, OSSL_PARAM_free)
DEFINE_AUTO_PTR(BIGNUM, BN_free)

const struct key_algorithm *key_algorithm_by_name(const char *name)
{
	for (const struct key_algorithm *a = key_algorithms; a->name; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

bool key_algorithm_available(const struct key_algorithm *a)
{
	ERR_set_mark();
	EVP_KEYMGMT *management = EVP_KEYMGMT_fetch(NULL, a->evp_type, NULL);
	ERR_pop_to_mark();
	EVP_KEYMGMT_free(management);
	return management != NULL;
}

const struct signature_algorithm *signature_algorithm_of(struct span identifier)
{
	for (size_t i = 0; i < COUNT(signatures); i++)
		if (span_equal(signatures[i].identifier, identifier))
			return &signatures[i];
	return NULL;
}

/* ---- SubjectPublicKeyInfo ---- */

struct spki {
	const struct key_algorithm *algorithm;
	struct span key;               /* contents of the BIT STRING */
	struct span modulus, exponent; /* RSA: big-endian, without leading zeros */
};

static struct status malformed(struct err *err, const char *what)
{
	return err_set(err, ERR_INPUT, "public key: %s", what);
}

/* A positive INTEGER in its shortest form, without the 00 before a high bit. */
static bool take_unsigned(struct span *in, struct span *ret_value)
{
	struct span value;
	if (!der_take(in, DER_INTEGER, &value) || value.n == 0 || (value.p[0] & 0x80) != 0)
		return false;
	if (value.p[0] == 0) {
		if (value.n == 1 || (value.p[1] & 0x80) == 0)
			return false;
		value = span(value.p + 1, value.n - 1);
	}
	*ret_value = value;
	return true;
}

static size_t bit_length(struct span big_endian)
{
	size_t bits = big_endian.n * 8;
	for (uint8_t first = big_endian.p[0]; (first & 0x80) == 0; first = (uint8_t)(first << 1))
		bits--;
	return bits;
}

static const struct key_algorithm *rsa_row(const struct key_algorithm *first, size_t bits)
{
	const struct key_algorithm *best = first;
	for (const struct key_algorithm *a = first; a->name && a->bits; a++)
		if ((size_t)a->bits <= bits)
			best = a;
	return best;
}

/* RFC 8017 A.1.1: RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
static struct status read_rsa(struct spki *spki, struct err *err)
{
	struct span in = spki->key, body, again;
	if (!der_take(&in, DER_SEQUENCE, &body) || in.n)
		return malformed(err, "not an RSAPublicKey");
	if (!take_unsigned(&body, &spki->modulus))
		return malformed(err, "RSA modulus is not a positive INTEGER");
	again = body;
	uint64_t exponent = 0;
	if (!take_unsigned(&body, &spki->exponent) || body.n)
		return malformed(err, "RSA exponent is not a positive INTEGER");
	if (!der_take_uint(&again, &exponent) || exponent < RSA_EXPONENT_MIN || exponent % 2 == 0)
		return malformed(err, "RSA exponent must be odd and within 65537 .. 2^64 - 1");
	size_t bits = bit_length(spki->modulus);
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return err_set(err, ERR_INPUT,
		    "public key: RSA modulus of %zu bits; %d to %d are accepted", bits,
		    RSA_BITS_MIN, RSA_BITS_MAX);
	if (spki->modulus.p[spki->modulus.n - 1] % 2 == 0)
		return malformed(err, "RSA modulus is even");
	spki->algorithm = rsa_row(spki->algorithm, bits);
	return STATUS_OK;
}

static const struct key_algorithm *row_of_identifier(struct span identifier)
{
	for (const struct key_algorithm *a = key_algorithms; a->name; a++)
		if (span_equal(a->identifier, identifier))
			return a;
	return NULL;
}

/* Say what it is that we do not take: the OID tells a person more than "unknown". */
static struct status unknown_algorithm(struct span identifier, struct err *err)
{
	struct span body, oid;
	char text[64] = "?";
	if (der_take(&identifier, DER_SEQUENCE, &body) && der_take(&body, DER_OID, &oid))
		der_oid_text(oid, text, sizeof(text));
	return err_set(err, ERR_INPUT,
	    "public key: algorithm %s, with the parameters it has here, is not one of ours", text);
}

static struct status read_spki(struct span der, struct spki *ret, struct err *err)
{
	struct span in = der, body, identifier;
	struct spki spki = {0};
	if (!der_take(&in, DER_SEQUENCE, &body) || in.n)
		return malformed(err, "not a SubjectPublicKeyInfo");
	if (!der_take_whole(&body, DER_SEQUENCE, &identifier))
		return malformed(err, "no AlgorithmIdentifier");
	if (!der_take_bits(&body, &spki.key) || body.n)
		return malformed(err, "no BIT STRING of whole octets, or bytes behind it");
	spki.algorithm = row_of_identifier(identifier);
	if (!spki.algorithm)
		return unknown_algorithm(identifier, err);
	if (spki.algorithm->bits)
		TRY(read_rsa(&spki, err));
	else if (spki.key.n != spki.algorithm->public_size)
		return err_set(err, ERR_INPUT, "public key: %zu octets, %s has %zu", spki.key.n,
		    spki.algorithm->name, spki.algorithm->public_size);
	/* RFC 5480 2.2 wants the uncompressed form; nobody in the field sends the other. */
	if (spki.algorithm->evp_group && spki.key.p[0] != 0x04)
		return malformed(err, "EC point is not in uncompressed form");
	*ret = spki;
	return STATUS_OK;
}

struct status key_algorithm_of_spki(
    struct span spki, const struct key_algorithm **ret_algorithm, struct err *err)
{
	struct spki parts;
	TRY(read_spki(spki, &parts, err));
	*ret_algorithm = parts.algorithm;
	return STATUS_OK;
}

/* ---- from SubjectPublicKeyInfo to EVP_PKEY ---- */

static EVP_PKEY *key_from_params(const char *type, int selection, OSSL_PARAM *params)
{
	EVP_PKEY *key = NULL;
	AUTO_PTR(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (!ctx || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, selection, params) <= 0)
		return NULL;
	return key;
}

static EVP_PKEY *ec_parameters(char *group)
{
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_end(),
	};
	return key_from_params("EC", EVP_PKEY_KEY_PARAMETERS, params);
}

/* One EC key without a point per curve, made once and only ever copied from. */
static EVP_PKEY *ec_templates[2];
static pthread_once_t ec_templates_once = PTHREAD_ONCE_INIT;

static void make_ec_templates(void)
{
	char p256[] = "P-256", p384[] = "P-384";
	ec_templates[0] = ec_parameters(p256);
	ec_templates[1] = ec_parameters(p384);
}

/*
 * OpenSSL 3.0, P-256, one thread: d2i_PUBKEY 134 us, EVP_PKEY_fromdata 21 us, a copy of a
 * template with the point set 5.5 us. Setting the point checks that it lies on the curve.
 */
static EVP_PKEY *ec_key(const struct spki *spki)
{
	pthread_once(&ec_templates_once, make_ec_templates);
	EVP_PKEY *template = ec_templates[strcmp(spki->algorithm->evp_group, "P-256") != 0];
	EVP_PKEY *key = template ? EVP_PKEY_dup(template) : NULL;
	if (key && EVP_PKEY_set1_encoded_public_key(key, spki->key.p, spki->key.n) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static EVP_PKEY *rsa_key(const struct spki *spki)
{
	AUTO_PTR(BIGNUM) n = BN_bin2bn(spki->modulus.p, (int)spki->modulus.n, NULL);
	AUTO_PTR(BIGNUM) e = BN_bin2bn(spki->exponent.p, (int)spki->exponent.n, NULL);
	AUTO_PTR(OSSL_PARAM_BLD) build = OSSL_PARAM_BLD_new();
	if (!n || !e || !build || !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) ||
	    !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
		return NULL;
	AUTO_PTR(OSSL_PARAM) params = OSSL_PARAM_BLD_to_param(build);
	return params ? key_from_params("RSA", EVP_PKEY_PUBLIC_KEY, params) : NULL;
}

static EVP_PKEY *raw_key(const struct spki *spki)
{
	return EVP_PKEY_new_raw_public_key_ex(
	    NULL, spki->algorithm->evp_type, NULL, spki->key.p, spki->key.n);
}

struct status public_key_from_spki(struct span spki, const struct key_algorithm **ret_algorithm,
    EVP_PKEY **ret_key, struct err *err)
{
	struct spki parts;
	TRY(read_spki(spki, &parts, err));
	EVP_PKEY *key = parts.algorithm->evp_group ? ec_key(&parts)
			: parts.algorithm->bits    ? rsa_key(&parts)
						   : raw_key(&parts);
	if (!key && !key_algorithm_available(parts.algorithm))
		return err_crypto(err, ERR_INPUT, "public key: this OpenSSL does not have %s",
		    parts.algorithm->name);
	if (!key)
		return err_crypto(
		    err, ERR_INPUT, "public key: not a key of %s", parts.algorithm->name);
	if (ret_algorithm)
		*ret_algorithm = parts.algorithm;
	*ret_key = key;
	return STATUS_OK;
}

/* ---- making and using keys ---- */

static bool generate(const struct key_algorithm *a, EVP_PKEY **ret_key)
{
	AUTO_PTR(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, a->evp_type, NULL);
	if (!ctx || EVP_PKEY_keygen_init(ctx) <= 0)
		return false;
	if (a->evp_group && EVP_PKEY_CTX_set_group_name(ctx, a->evp_group) <= 0)
		return false;
	if (a->bits && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, a->bits) <= 0)
		return false;
	return EVP_PKEY_generate(ctx, ret_key) > 0;
}

struct status key_generate(const struct key_algorithm *a, EVP_PKEY **ret_key, struct err *err)
{
	EVP_PKEY *key = NULL;
	if (!key_algorithm_available(a))
		return err_crypto(err, ERR_CONFIG, "this OpenSSL does not have %s", a->name);
	if (!generate(a, &key))
		return err_crypto(err, ERR_KEY, "cannot make a key of %s", a->name);
	*ret_key = key;
	return STATUS_OK;
}

struct status key_spki(EVP_PKEY *key, struct buf *out, struct err *err)
{
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	if (n <= 0)
		return err_crypto(err, ERR_KEY, "cannot write the public key");
	buf_put(out, span(der, (size_t)n));
	OPENSSL_free(der);
	return STATUS_OK;
}

bool signature_verify(
    EVP_PKEY *key, const struct signature_algorithm *a, struct span message, struct span signature)
{
	if (!EVP_PKEY_is_a(key, a->evp_type))
		return false;
	ERR_set_mark();
	AUTO_PTR(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	bool good = ctx &&
		    EVP_DigestVerifyInit_ex(ctx, NULL, a->digest, NULL, NULL, key, NULL) == 1 &&
		    EVP_DigestVerify(ctx, signature.p, signature.n, message.p, message.n) == 1;
	ERR_pop_to_mark();
	return good;
}

struct status signature_make(EVP_PKEY *key, const struct signature_algorithm *a,
    struct span message, struct buf *out, struct err *err)
{
	size_t n = (size_t)EVP_PKEY_get_size(key);
	if (!EVP_PKEY_is_a(key, a->evp_type))
		return err_set(err, ERR_KEY, "%s does not fit the key", a->name);
	AUTO_PTR(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	buf_reserve(out, n);
	if (!ctx || EVP_DigestSignInit_ex(ctx, NULL, a->digest, NULL, NULL, key, NULL) != 1 ||
	    EVP_DigestSign(ctx, out->p + out->n, &n, message.p, message.n) != 1)
		return err_crypto(err, ERR_KEY, "cannot sign with %s", a->name);
	out->n += n;
	return STATUS_OK;
}
