/*
 * The file back end: one PEM file per key, in one directory that is ours alone.
 *
 * In clear the key is only inside its EVP_PKEY, whose memory OpenSSL wipes when it is freed.
 */
#include "hsm/hsm_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/file.h"

#define KEY_NAME_MAX       64
#define KEY_FILE_MAX       65536 /* ML-DSA-87, expanded, in PEM is 7 kB; RSA-8192 is 7 kB */
#define PASSPHRASE_NEW_MIN 12    /* for keys made now; older ones open with what they have */

DEFINE_AUTO_PTR(EVP_MD_CTX, EVP_MD_CTX_free)

struct file_key {
	struct hsm_key key; /* first */
	EVP_PKEY *private_key;
	/*
	 * Ready to sign, and only ever copied from: a copy costs less than a new set-up, and
	 * copies are apart, so that threads need no lock. P-256, OpenSSL 3.0, one signature over
	 * 600 octets: set-up each time 29.1 us, copy 25.9 us, EVP_PKEY_sign with a context that a
	 * thread keeps 25.5 us.
	 */
	EVP_MD_CTX *ready;
};

static struct file_key *file_key_of(struct hsm_key *k)
{
	return (struct file_key *)(void *)k;
}

static void file_key_free(struct hsm_key *k)
{
	struct file_key *f = file_key_of(k);
	EVP_MD_CTX_free(f->ready);
	EVP_PKEY_free(f->private_key);
	buf_free(&k->spki);
	free(f);
}

static struct status file_key_sign(
    struct hsm_key *k, struct span message, struct buf *out, struct err *err)
{
	struct file_key *f = file_key_of(k);
	size_t n = (size_t)EVP_PKEY_get_size(f->private_key);
	AUTO_PTR(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	buf_reserve(out, n);
	if (!ctx || !EVP_MD_CTX_copy_ex(ctx, f->ready) ||
	    EVP_DigestSign(ctx, out->p + out->n, &n, message.p, message.n) != 1)
		return err_crypto(err, ERR_KEY, "the key refused to sign");
	out->n += n;
	return STATUS_OK;
}

static struct status file_key_use_for_tls(struct hsm_key *k, SSL_CTX *tls, struct err *err)
{
	if (SSL_CTX_use_PrivateKey(tls, file_key_of(k)->private_key) != 1)
		return err_crypto(
		    err, ERR_KEY, "TLS does not take the key; does its certificate fit?");
	return STATUS_OK;
}

static bool name_is_good(const char *name)
{
	size_t n =
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
	return n > 0 && n <= KEY_NAME_MAX && name[n] == 0 && name[0] != '.';
}

static struct status key_path(
    const struct hsm *h, const char *name, struct buf *out, struct err *err)
{
	struct stat st;
	if (!name_is_good(name))
		return err_set(err, ERR_CONFIG,
		    "key file:%.80s: a name has 1 to %d of A-Z a-z 0-9 . _ - and no leading dot",
		    name, KEY_NAME_MAX);
	if (stat(h->key_directory, &st) != 0 || !S_ISDIR(st.st_mode))
		return err_errno(err, ERR_KEY, "key directory %s is not there", h->key_directory);
	/* Its owner can put another key in place of ours, whatever the file's own mode. */
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(err, ERR_KEY,
		    "key directory %s belongs to user %u; it must be ours (user %u) or root's",
		    h->key_directory, (unsigned)st.st_uid, (unsigned)geteuid());
	if (st.st_mode & 077)
		return err_set(err, ERR_KEY,
		    "key directory %s has mode %04o; others must be kept out: 0700",
		    h->key_directory, (unsigned)st.st_mode & 07777);
	buf_printf(out, "%s/%s", h->key_directory, name);
	return STATUS_OK;
}

static struct status check_file(const char *path, struct stat *ret_file, struct err *err)
{
	if (lstat(path, ret_file) != 0)
		return err_errno(err, ERR_MISSING, "no key file %s", path);
	if (!S_ISREG(ret_file->st_mode))
		return err_set(err, ERR_KEY, "key file %s is not a regular file", path);
	if (ret_file->st_mode & 077)
		return err_set(err, ERR_KEY,
		    "key file %s has mode %04o; others must be kept out: 0600", path,
		    (unsigned)ret_file->st_mode & 07777);
	return STATUS_OK;
}

/* CBC tells nothing of tampering: the public half must verify what the private half signed. */
static struct status prove(struct file_key *f, struct err *err)
{
	static const uint8_t message[] = "signet key check";
	const struct signature_algorithm *a = f->key.algorithm->signature;
	AUTO_PTR(EVP_PKEY) public_half = NULL;
	AUTO(buf) signature = {0};
	TRY(public_key_from_spki(buf_span(&f->key.spki), NULL, &public_half, err));
	TRY(file_key_sign(&f->key, SPAN_OF(message), &signature, err));
	if (!signature_verify(public_half, a, SPAN_OF(message), buf_span(&signature)))
		return err_set(err, ERR_KEY, "private and public half of the key do not fit");
	return STATUS_OK;
}

static struct status make_ready(struct file_key *f, struct err *err)
{
	const char *digest = f->key.algorithm->signature->digest;
	f->ready = EVP_MD_CTX_new();
	if (!f->ready ||
	    EVP_DigestSignInit_ex(f->ready, NULL, digest, NULL, NULL, f->private_key, NULL) != 1)
		return err_crypto(err, ERR_KEY, "the key cannot sign");
	return prove(f, err);
}

/* Wrap a private key; takes a reference of its own. */
static struct status file_key_new(EVP_PKEY *private_key, struct hsm_key **ret_key, struct err *err)
{
	struct file_key *f = mem_alloc(sizeof(*f));
	f->key.backend = &hsm_file_backend;
	EVP_PKEY_up_ref(private_key);
	f->private_key = private_key;
	AUTO_REF(hsm_key) k = &f->key;
	TRY(key_spki(private_key, &k->spki, err));
	TRY(key_algorithm_of_spki(buf_span(&k->spki), &k->algorithm, err));
	TRY(make_ready(f, err));
	*ret_key = TAKE(k);
	return STATUS_OK;
}

static struct status read_key(struct hsm *h, const char *path, EVP_PKEY **ret_key, struct err *err)
{
	struct span passphrase;
	AUTO(buf) pem = {0};
	TRY(hsm_passphrase(h, &passphrase, err));
	TRY(file_read(path, KEY_FILE_MAX, &pem, err));
	struct err why = {0};
	if (!pkcs8_decrypt(buf_span(&pem), passphrase, ret_key, &why).ok) {
		(void)err_set(err, why.kind, "key file %s: %s", path, why.message);
		err_cause(err, "%s", why.cause);
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

static struct status file_key_open(
    struct hsm *h, const char *name, struct hsm_key **ret_key, struct err *err)
{
	AUTO(buf) path = {0};
	AUTO_PTR(EVP_PKEY) private_key = NULL;
	struct stat file;
	TRY(key_path(h, name, &path, err));
	TRY(check_file(buf_cstr(&path), &file, err));
	*ret_key = opened_find(h->opened, name, &file);
	if (*ret_key)
		return STATUS_OK;
	TRY(read_key(h, buf_cstr(&path), &private_key, err));
	TRY(file_key_new(private_key, ret_key, err));
	opened_add(h->opened, *ret_key, name, &file);
	return STATUS_OK;
}

static struct status new_passphrase(struct hsm *h, struct span *ret_passphrase, struct err *err)
{
	struct span passphrase;
	TRY(hsm_passphrase(h, &passphrase, err));
	if (passphrase.n < PASSPHRASE_NEW_MIN)
		return err_set(err, ERR_CONFIG,
		    "the passphrase has %zu characters; a new key wants at least %d", passphrase.n,
		    PASSPHRASE_NEW_MIN);
	*ret_passphrase = passphrase;
	return STATUS_OK;
}

static struct status file_key_store(struct hsm *h, const char *name, EVP_PKEY *private_key,
    struct hsm_key **ret_key, struct err *err)
{
	struct span passphrase;
	AUTO(buf) path = {0};
	AUTO(buf) pem = {0};
	AUTO_REF(hsm_key) k = NULL;
	TRY(key_path(h, name, &path, err));
	TRY(new_passphrase(h, &passphrase, err));
	TRY(file_key_new(private_key, &k, err));
	TRY(pkcs8_encrypt(private_key, passphrase, &pem, err));
	TRY(file_create(buf_cstr(&path), buf_span(&pem), 0600, err));
	*ret_key = TAKE(k);
	return STATUS_OK;
}

static struct status file_key_generate(struct hsm *h, const char *name,
    const struct key_algorithm *a, struct hsm_key **ret_key, struct err *err)
{
	AUTO(buf) path = {0};
	AUTO_PTR(EVP_PKEY) private_key = NULL;
	TRY(key_path(h, name, &path, err));
	/* file_create decides in the end; this spares the making of a key for nothing. */
	if (file_exists(buf_cstr(&path)))
		return err_set(err, ERR_CONFLICT, "key file %s is there already", buf_cstr(&path));
	TRY(key_generate(a, &private_key, err));
	return file_key_store(h, name, private_key, ret_key, err);
}

const struct hsm_backend hsm_file_backend = {
    .scheme = "file:",
    .open = file_key_open,
    .generate = file_key_generate,
    .import = file_key_store,
    .sign = file_key_sign,
    .use_for_tls = file_key_use_for_tls,
    .free = file_key_free,
};
