/* clients/device/key_file.c: private keys in PEM files. */
#include "clients/device/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "base/file.h"
#include "clients/device/reason.h"

/* ML-DSA-87 with seed and expanded key is 6.7 kB of PEM; RSA-8192 is 6.4 kB. */
#define KEY_PEM_MAX ((size_t)16 << 10)

struct file_key {
	struct device_key key;
	EVP_PKEY *pkey;
};

static EVP_PKEY *pkey_of(struct device_key *k)
{
	return ((struct file_key *)(void *)k)->pkey;
}

static struct status file_key_sign(struct device_key *k, const struct signature_algorithm *a,
    struct span message, struct buf *out, struct err *err)
{
	return signature_make(pkey_of(k), a, message, out, err);
}

static struct status file_key_use_for_tls(struct device_key *k, SSL_CTX *tls, struct err *err)
{
	if (SSL_CTX_use_PrivateKey(tls, pkey_of(k)) != 1)
		return err_crypto(err, ERR_KEY, "the key cannot be used for TLS");
	return STATUS_OK;
}

static void file_key_free(struct device_key *k)
{
	EVP_PKEY_free(pkey_of(k)); /* OpenSSL wipes the private parts */
	buf_free(&k->spki);
	free(k);
}

static const struct device_key_ops file_key_ops = {
    .sign = file_key_sign,
    .use_for_tls = file_key_use_for_tls,
    .free = file_key_free,
};

void device_key_free(struct device_key *k)
{
	if (k)
		k->ops->free(k);
}

struct status key_file_adopt(EVP_PKEY *pkey, struct device_key **ret_key, struct err *err)
{
	struct file_key *k = mem_alloc(sizeof(*k));
	AUTO_REF(device_key) owned = &k->key;

	k->key.ops = &file_key_ops;
	k->pkey = pkey;
	TRY(key_spki(pkey, &k->key.spki, err));
	TRY(key_algorithm_of_spki(buf_span(&k->key.spki), &k->key.algorithm, err));
	*ret_key = TAKE(owned);
	return STATUS_OK;
}

static struct status read_all(int fd, struct secret *room, size_t *ret_n)
{
	size_t done = 0;

	while (done < room->n) {
		ssize_t part = read(fd, room->p + done, room->n - done);

		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return STATUS_FAILED;
		if (part == 0)
			break;
		done += (size_t)part;
	}
	*ret_n = done;
	return STATUS_OK;
}

/* The whole file, into memory that is wiped. */
static struct status read_pem(
    const char *path, struct secret *ret_room, size_t *ret_n, struct err *err)
{
	struct stat st;
	struct secret room;
	struct status s;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_errno(err, errno == ENOENT ? ERR_MISSING : ERR_KEY,
		    "key file '%s' cannot be opened", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_mode & 077) {
		close(fd);
		return err_set(err, ERR_KEY,
		    "key file '%s' can be read by others, or is no file: chmod 600 it", path);
	}
	room = secret_new(KEY_PEM_MAX + 1);
	s = read_all(fd, &room, ret_n);
	close(fd);
	if (!s.ok || *ret_n > KEY_PEM_MAX) {
		secret_free(&room);
		return err_set(err, ERR_KEY, "key file '%s' cannot be read, or is over %zu bytes",
		    path, KEY_PEM_MAX);
	}
	*ret_room = room;
	return STATUS_OK;
}

/* A device has nobody to ask for a passphrase: without this OpenSSL would ask the terminal. */
static int no_passphrase(char *room, int size, int writing, void *context)
{
	(void)room, (void)size, (void)writing, (void)context;
	return 0;
}

struct status key_file_load(const char *path, struct device_key **ret_key, struct err *err)
{
	AUTO(secret) pem = {0};
	AUTO_PTR(BIO) bio = NULL;
	EVP_PKEY *pkey;
	size_t n = 0;

	TRY(read_pem(path, &pem, &n, err));
	bio = BIO_new_mem_buf(pem.p, (int)n);
	pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	if (!pkey)
		return err_crypto(err, ERR_KEY,
		    "key file '%s' holds no PEM private key, or it is encrypted", path);
	return key_file_adopt(pkey, ret_key, err);
}

struct status key_file_save(const char *path, struct device_key *k, struct err *err)
{
	/* A memory BIO wipes its buffer when it grows and when it is freed. */
	AUTO_PTR(BIO) bio = BIO_new(BIO_s_mem());
	char *pem = NULL;
	long n;

	if (!bio || !PEM_write_bio_PKCS8PrivateKey(bio, pkey_of(k), NULL, NULL, 0, NULL, NULL))
		return err_crypto(err, ERR_KEY, "the key cannot be written as PEM");
	n = BIO_get_mem_data(bio, &pem);
	return file_replace(path, span(pem, (size_t)n), 0600, err);
}

struct status device_key_from_file(const char *path, struct device_key **ret_key, struct err *err)
{
	struct err why = {0};

	if (!key_file_load(path, ret_key, &why).ok)
		return device_wrap(err, WHY(IDEVID), &why);
	return STATUS_OK;
}
