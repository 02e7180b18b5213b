#include "hsm/hsm_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define CREDENTIAL_NAME "signet-key-passphrase"

static const struct hsm_backend *const backends[] = {&hsm_file_backend};

struct status hsm_open(const struct hsm_config *config, struct hsm **ret_hsm, struct err *err)
{
	if (!config->key_directory || !*config->key_directory)
		return err_set(err, ERR_CONFIG, "no key directory is configured");
	struct hsm *h = mem_alloc(sizeof(*h));
	h->key_directory = mem_strdup(config->key_directory);
	h->passphrase_file = config->passphrase_file ? mem_strdup(config->passphrase_file) : NULL;
	pthread_mutex_init(&h->lock, NULL);
	h->opened = opened_new();
	*ret_hsm = h;
	return STATUS_OK;
}

void hsm_close(struct hsm *h)
{
	if (!h)
		return;
	opened_release(h->opened);
	secret_free(&h->passphrase);
	pthread_mutex_destroy(&h->lock);
	free(h->key_directory);
	free(h->passphrase_file);
	free(h);
}

/* systemd puts LoadCredential= files where $CREDENTIALS_DIRECTORY says, readable by us alone. */
static struct status credential_path(struct buf *out, struct err *err)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	if (!directory)
		return err_set(err, ERR_CONFIG,
		    "no passphrase file is configured and there is no systemd credential " CREDENTIAL_NAME);
	buf_printf(out, "%s/" CREDENTIAL_NAME, directory);
	return STATUS_OK;
}

static struct status read_passphrase(struct hsm *h, struct err *err)
{
	if (h->passphrase.p)
		return STATUS_OK;
	if (h->passphrase_file)
		return file_read_secret(h->passphrase_file, &h->passphrase, err);
	AUTO(buf) path = {0};
	TRY(credential_path(&path, err));
	return file_read_secret(buf_cstr(&path), &h->passphrase, err);
}

struct status hsm_passphrase(struct hsm *h, struct span *ret_passphrase, struct err *err)
{
	pthread_mutex_lock(&h->lock);
	struct status done = read_passphrase(h, err);
	if (done.ok)
		*ret_passphrase = secret_span(&h->passphrase);
	pthread_mutex_unlock(&h->lock);
	return done;
}

static struct status find_backend(
    const char *uri, const struct hsm_backend **ret_backend, const char **ret_rest, struct err *err)
{
	for (size_t i = 0; i < COUNT(backends); i++) {
		size_t n = strlen(backends[i]->scheme);
		if (strncmp(uri, backends[i]->scheme, n) != 0)
			continue;
		*ret_backend = backends[i];
		*ret_rest = uri + n;
		return STATUS_OK;
	}
	if (strncmp(uri, "pkcs11:", 7) == 0)
		return err_set(err, ERR_CONFIG,
		    "key %s: this version of signet has no PKCS#11 back end; use file:NAME.key",
		    uri);
	return err_set(err, ERR_CONFIG, "key %s: a key URI starts with file:", uri);
}

struct status hsm_key_open(
    struct hsm *h, const char *uri, struct hsm_key **ret_key, struct err *err)
{
	const struct hsm_backend *backend = NULL;
	const char *rest = NULL;
	TRY(find_backend(uri, &backend, &rest, err));
	return backend->open(h, rest, ret_key, err);
}

struct status hsm_key_generate(struct hsm *h, const char *uri, const struct key_algorithm *a,
    struct hsm_key **ret_key, struct err *err)
{
	const struct hsm_backend *backend = NULL;
	const char *rest = NULL;
	TRY(find_backend(uri, &backend, &rest, err));
	return backend->generate(h, rest, a, ret_key, err);
}

struct status hsm_key_import(struct hsm *h, const char *uri, struct span pem,
    const struct secret *passphrase, struct hsm_key **ret_key, struct err *err)
{
	const struct hsm_backend *backend = NULL;
	const char *rest = NULL;
	AUTO_PTR(EVP_PKEY) key = NULL;
	TRY(find_backend(uri, &backend, &rest, err));
	TRY(pem_private_key(pem, passphrase, &key, err));
	return backend->import(h, rest, key, ret_key, err);
}

void hsm_key_free(struct hsm_key *k)
{
	if (k && opened_drop(k))
		k->backend->free(k);
}

const struct key_algorithm *hsm_key_algorithm(const struct hsm_key *k)
{
	return k->algorithm;
}

struct span hsm_key_spki(const struct hsm_key *k)
{
	return buf_span(&k->spki);
}

struct status hsm_sign(struct hsm_key *k, struct span message, struct buf *out, struct err *err)
{
	return k->backend->sign(k, message, out, err);
}

struct status hsm_key_use_for_tls(struct hsm_key *k, SSL_CTX *tls, struct err *err)
{
	return k->backend->use_for_tls(k, tls, err);
}
