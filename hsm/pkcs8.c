/* PKCS#8 (RFC 5958) under PBES2 (RFC 8018): written one way, read when not weak. */
#include "hsm/hsm_internal.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/der.h"

/*
 * scrypt N=2^14 r=8 p=5 is as strong as N=2^17 r=8 p=1 (the OWASP password storage sheet lists
 * both), and the most that OpenSSL's own reader takes: it stops at 32 MiB, so that with
 * N=2^17 no `openssl pkey` could ever read the file.
 */
#define SCRYPT_N          16384
#define SCRYPT_R          8
#define SCRYPT_P          5
#define SCRYPT_N_MIN      16384
#define SCRYPT_R_MIN      8
#define PBKDF2_ROUNDS_MIN 600000 /* OWASP for HMAC-SHA-256 */

DEFINE_AUTO_PTR(BIO, BIO_free_all)
DEFINE_AUTO_PTR(X509_SIG, X509_SIG_free)
DEFINE_AUTO_PTR(X509_ALGOR, X509_ALGOR_free)
DEFINE_AUTO_PTR(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free)

static const uint8_t oid_pbes2[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0d};
static const uint8_t oid_pbkdf2[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0c};
static const uint8_t oid_scrypt[] = {0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 0x0b};
/* 2.16.840.1.101.3.4.1.N: AES-CBC with 128, 192 and 256 bits are N = 2, 22 and 42 */
static const uint8_t oid_aes[] = {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1};

static struct status weak(struct err *err, const char *what)
{
	return err_set(err, ERR_KEY,
	    "weak encryption: %s; wanted is PBES2 with AES-CBC and scrypt N >= 2^14, r >= 8, or "
	    "PBKDF2 with at least 600000 rounds",
	    what);
}

/* RFC 7914 7: salt, costParameter N, blockSize r, parallelizationParameter p, keyLength OPTIONAL */
static struct status check_scrypt(struct span params, struct err *err)
{
	struct span salt;
	uint64_t n = 0, r = 0, p = 0;
	if (!der_take(&params, DER_OCTET_STRING, &salt) || !der_take_uint(&params, &n) ||
	    !der_take_uint(&params, &r) || !der_take_uint(&params, &p))
		return weak(err, "scrypt parameters cannot be read");
	if (n < SCRYPT_N_MIN || r < SCRYPT_R_MIN)
		return weak(err, "scrypt with a low cost");
	return salt.n < 8 ? weak(err, "scrypt with a salt below 8 octets") : STATUS_OK;
}

/* RFC 8018 A.2: salt, iterationCount, keyLength OPTIONAL, prf DEFAULT HMAC-SHA-1 */
static struct status check_pbkdf2(struct span params, struct err *err)
{
	struct span salt;
	uint64_t rounds = 0;
	if (!der_take(&params, DER_OCTET_STRING, &salt) || !der_take_uint(&params, &rounds))
		return weak(err, "PBKDF2 parameters cannot be read");
	if (rounds < PBKDF2_ROUNDS_MIN)
		return err_set(err, ERR_KEY,
		    "weak encryption: PBKDF2 with %llu rounds, at least %d are wanted",
		    (unsigned long long)rounds, PBKDF2_ROUNDS_MIN);
	return salt.n < 8 ? weak(err, "PBKDF2 with a salt below 8 octets") : STATUS_OK;
}

/* Take an AlgorithmIdentifier with a SEQUENCE for parameters apart; others give n = 0. */
static bool take_algorithm(struct span *in, struct span *ret_oid, struct span *ret_params)
{
	struct span body;
	*ret_params = SPAN_NONE;
	if (!der_take(in, DER_SEQUENCE, &body) || !der_take(&body, DER_OID, ret_oid))
		return false;
	return !der_peek(body, DER_SEQUENCE) || der_take(&body, DER_SEQUENCE, ret_params);
}

static bool is_aes_cbc(struct span oid)
{
	if (oid.n != sizeof(oid_aes) + 1 || memcmp(oid.p, oid_aes, sizeof(oid_aes)) != 0)
		return false;
	uint8_t last = oid.p[sizeof(oid_aes)];
	return last == 2 || last == 22 || last == 42;
}

/* RFC 5958 3: EncryptedPrivateKeyInfo. PBES1 and PKCS#12's ways are far too quick to guess. */
static struct status check_strength(struct span der, struct err *err)
{
	struct span body, oid, params, kdf, kdf_params, cipher, cipher_params;
	if (!der_take(&der, DER_SEQUENCE, &body) || !take_algorithm(&body, &oid, &params))
		return err_set(err, ERR_KEY, "not an EncryptedPrivateKeyInfo");
	if (!span_equal(oid, SPAN_OF(oid_pbes2)))
		return weak(err, "it is PBES1 or a scheme of PKCS#12, not PBES2");
	if (!take_algorithm(&params, &kdf, &kdf_params) ||
	    !take_algorithm(&params, &cipher, &cipher_params))
		return weak(err, "PBES2 parameters cannot be read");
	if (!is_aes_cbc(cipher))
		return weak(err, "the cipher is not AES-CBC");
	if (span_equal(kdf, SPAN_OF(oid_scrypt)))
		return check_scrypt(kdf_params, err);
	if (span_equal(kdf, SPAN_OF(oid_pbkdf2)))
		return check_pbkdf2(kdf_params, err);
	return weak(err, "key derivation is neither scrypt nor PBKDF2");
}

static struct status write_pem(X509_SIG *sealed, struct buf *out, struct err *err)
{
	AUTO_PTR(BIO) bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	if (!bio || !PEM_write_bio_PKCS8(bio, sealed))
		return err_crypto(err, ERR_KEY, "cannot write the encrypted key");
	long n = BIO_get_mem_data(bio, &text);
	buf_put(out, span(text, (size_t)n));
	return STATUS_OK;
}

struct status pkcs8_encrypt(EVP_PKEY *key, struct span passphrase, struct buf *out, struct err *err)
{
	AUTO_PTR(PKCS8_PRIV_KEY_INFO) clear = EVP_PKEY2PKCS8(key);
	AUTO_PTR(X509_ALGOR)
	scheme =
	    PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
	if (!clear || !scheme || passphrase.n > INT_MAX)
		return err_crypto(err, ERR_KEY, "cannot encrypt the key");
	/* Takes scheme over when it works. */
	AUTO_PTR(X509_SIG)
	sealed = PKCS8_set0_pbe((const char *)passphrase.p, (int)passphrase.n, clear, scheme);
	if (!sealed)
		return err_crypto(err, ERR_KEY, "cannot encrypt the key");
	scheme = NULL;
	return write_pem(sealed, out, err);
}

/* OpenSSL asks on the terminal where there is no callback: never let it. */
static int give_passphrase(char *text, int size, int writing, void *context)
{
	const struct secret *passphrase = context;
	(void)writing;
	if (!passphrase || passphrase->n > (size_t)size)
		return -1;
	memcpy(text, passphrase->p, passphrase->n);
	return (int)passphrase->n;
}

/* The one PEM block of this kind; wiped and freed by the caller with OPENSSL_clear_free. */
static struct status read_pem(struct span pem, uint8_t **ret_der, long *ret_n, struct err *err)
{
	char *name = NULL;
	AUTO_PTR(BIO) bio = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	if (!bio || !PEM_bytes_read_bio(
			ret_der, ret_n, &name, PEM_STRING_PKCS8, bio, give_passphrase, NULL))
		return err_crypto(err, ERR_KEY, "no PEM block of \"" PEM_STRING_PKCS8 "\"");
	OPENSSL_free(name);
	return STATUS_OK;
}

static struct status decrypt_der(
    struct span der, struct span passphrase, EVP_PKEY **ret_key, struct err *err)
{
	TRY(check_strength(der, err));
	const uint8_t *p = der.p;
	AUTO_PTR(X509_SIG) sealed = d2i_X509_SIG(NULL, &p, (long)der.n);
	if (!sealed || p != der.p + der.n)
		return err_crypto(err, ERR_KEY, "not an EncryptedPrivateKeyInfo");
	AUTO_PTR(PKCS8_PRIV_KEY_INFO)
	clear = PKCS8_decrypt(sealed, (const char *)passphrase.p, (int)passphrase.n);
	if (!clear)
		return err_crypto(err, ERR_KEY, "cannot be decrypted: the passphrase is wrong");
	*ret_key = EVP_PKCS82PKEY(clear);
	return *ret_key ? STATUS_OK : err_crypto(err, ERR_KEY, "what was decrypted is no key");
}

struct status pkcs8_decrypt(
    struct span pem, struct span passphrase, EVP_PKEY **ret_key, struct err *err)
{
	uint8_t *der = NULL;
	long n = 0;
	TRY(read_pem(pem, &der, &n, err));
	struct status done = decrypt_der(span(der, (size_t)n), passphrase, ret_key, err);
	OPENSSL_clear_free(der, (size_t)n);
	return done;
}

struct status pem_private_key(
    struct span pem, const struct secret *passphrase, EVP_PKEY **ret_key, struct err *err)
{
	struct secret given = passphrase ? *passphrase : (struct secret){0}; /* borrowed */
	AUTO_PTR(BIO) bio = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = NULL;
	if (bio)
		key =
		    PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, passphrase ? &given : NULL);
	if (!key)
		return err_crypto(err, ERR_KEY,
		    passphrase ? "not a PEM private key that this passphrase opens"
			       : "not an unencrypted PEM private key");
	*ret_key = key;
	return STATUS_OK;
}
