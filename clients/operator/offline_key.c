/* clients/operator/offline_key.c: see offline_key.h. */
#include "clients/operator/offline_key.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/file.h"
#include "clients/operator/reason.h"

/* As strong as the server's files (hsm/pkcs8.c), and the most that `openssl pkey` reads. */
#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 5

#define KEY_FILE_MAX ((size_t)64 << 10)

DEFINE_AUTO_PTR(BIO, BIO_free_all)
DEFINE_AUTO_PTR(X509_SIG, X509_SIG_free)
DEFINE_AUTO_PTR(X509_ALGOR, X509_ALGOR_free)
DEFINE_AUTO_PTR(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free)

void offline_key_free(struct offline_key *k)
{
	EVP_PKEY_free(k->key);
	cose_key_owned_free(&k->public);
	*k = (struct offline_key){0};
}

/* What is to be known of a key beside it. */
static struct status take_public(struct offline_key *k, const char *file, struct err *err)
{
	AUTO(buf) spki = {0};
	struct err why = {0};

	if (!key_spki(k->key, &spki, &why).ok ||
	    !key_algorithm_of_spki(buf_span(&spki), &k->algorithm, &why).ok ||
	    !cose_key_from_spki(buf_span(&spki), &k->public, &why).ok)
		return err_refuse(err, WHY(KEY_FILE), "'%s': %s", file, why.message);
	return STATUS_OK;
}

/* ---- making ---- */

static struct status encrypt(
    EVP_PKEY *key, const struct secret *passphrase, struct buf *ret_pem, struct err *err)
{
	AUTO_PTR(PKCS8_PRIV_KEY_INFO) clear = EVP_PKEY2PKCS8(key);
	AUTO_PTR(X509_ALGOR)
	scheme =
	    PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
	AUTO_PTR(BIO) bio = BIO_new(BIO_s_mem());
	AUTO_PTR(X509_SIG) sealed = NULL;
	char *text = NULL;
	long n;

	if (clear && scheme && bio && passphrase->n <= INT_MAX)
		sealed =
		    PKCS8_set0_pbe((const char *)passphrase->p, (int)passphrase->n, clear, scheme);
	if (!sealed)
		return err_crypto(err, ERR_KEY, "the key cannot be encrypted");
	scheme = NULL; /* sealed has it now */
	if (!PEM_write_bio_PKCS8(bio, sealed))
		return err_crypto(err, ERR_KEY, "the encrypted key cannot be written");
	n = BIO_get_mem_data(bio, &text);
	buf_put(ret_pem, span(text, (size_t)n));
	return STATUS_OK;
}

struct status offline_key_make(const char *algorithm, const struct secret *passphrase,
    const char *file, struct offline_key *ret_key, struct err *err)
{
	const struct key_algorithm *a = key_algorithm_by_name(algorithm);
	AUTO(offline_key) k = {0};
	AUTO(buf) pem = {0};
	struct err why = {0};

	if (!a || !cose_algorithm_of_key(a))
		return err_refuse(err, WHY(KEY_FILE),
		    "'%s' is no algorithm of statements: Ed25519, EC-P256, EC-P384 or ML-DSA-65",
		    algorithm);
	TRY(key_generate(a, &k.key, err));
	TRY(take_public(&k, file, err));
	TRY(encrypt(k.key, passphrase, &pem, err));
	if (!file_create(file, buf_span(&pem), 0600, &why).ok)
		return err_refuse(err, WHY(FILE), "%s", why.message);
	*ret_key = k;
	k = (struct offline_key){0};
	return STATUS_OK;
}

/* ---- loading ---- */

/* OpenSSL asks on the terminal where there is no callback: never let it. */
static int ask_nobody(char *text, int size, int writing, void *context)
{
	(void)text, (void)size, (void)writing, (void)context;
	return -1;
}

static struct status decrypt(struct span pem, const char *file, const struct secret *passphrase,
    EVP_PKEY **ret_key, struct err *err)
{
	AUTO_PTR(BIO) bio = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	AUTO_PTR(X509_SIG) sealed = bio ? PEM_read_bio_PKCS8(bio, NULL, ask_nobody, NULL) : NULL;
	AUTO_PTR(PKCS8_PRIV_KEY_INFO) clear = NULL;

	ERR_clear_error();
	if (!sealed)
		return err_refuse(err, WHY(KEY_FILE), "'%s' holds no encrypted private key", file);
	clear = PKCS8_decrypt(sealed, (const char *)passphrase->p, (int)passphrase->n);
	ERR_clear_error();
	if (!clear)
		return err_refuse(
		    err, WHY(PASSPHRASE), "'%s' does not open: the passphrase is wrong", file);
	*ret_key = EVP_PKCS82PKEY(clear);
	ERR_clear_error();
	return *ret_key
		   ? STATUS_OK
		   : err_refuse(err, WHY(KEY_FILE), "'%s': what was decrypted is no key", file);
}

struct status offline_key_load(
    const char *file, const struct secret *passphrase, struct offline_key *ret_key, struct err *err)
{
	AUTO(offline_key) k = {0};
	AUTO(buf) pem = {0};
	struct err why = {0};

	if (!file_read(file, KEY_FILE_MAX, &pem, &why).ok)
		return err_refuse(err, WHY(KEY_FILE), "%s", why.message);
	TRY(decrypt(buf_span(&pem), file, passphrase, &k.key, err));
	TRY(take_public(&k, file, err));
	*ret_key = k;
	k = (struct offline_key){0};
	return STATUS_OK;
}

struct status offline_key_sign(const struct offline_key *k, struct span aad, struct span payload,
    struct buf *ret_signature, struct err *err)
{
	AUTO(buf) message = {0}, native = {0};

	cose_put_tbs(k->public.algorithm, SPAN_OF(k->public.kid), aad, payload, &message);
	TRY(signature_make(k->key, k->algorithm->signature, buf_span(&message), &native, err));
	return cose_signature_from_native(
	    k->public.algorithm, buf_span(&native), ret_signature, err);
}
