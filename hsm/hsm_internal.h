/*
 * hsm/hsm_internal.h: the shape of a back end; never leaves this folder.
 *
 * A back end is one constant struct hsm_backend and one file. hsm.c finds it by the
 * URI's scheme and knows nothing else of it.
 */
#ifndef SIGNET_HSM_HSM_INTERNAL_H
#define SIGNET_HSM_HSM_INTERNAL_H

#include <pthread.h>
#include <sys/stat.h>

#include "hsm/hsm.h"

struct hsm {
	char *key_directory;
	char *passphrase_file; /* NULL: the systemd credential */
	pthread_mutex_t lock;  /* guards passphrase until it is read; then it never changes */
	struct secret passphrase;
	struct opened *opened;
};

/* What every key has; a back end's own struct starts with it. */
struct hsm_key {
	const struct hsm_backend *backend;
	const struct key_algorithm *algorithm;
	struct buf spki;
	/* opened.c's; all zero for a key that was not opened but made: it has one handle */
	struct opened *opened;
	char *name;
	struct stat file;
	size_t refs; /* handles */
	struct hsm_key *next;
};

/* `rest` is the URI behind the scheme and its colon. ret_key is made and freed by the back end. */
struct hsm_backend {
	const char *scheme; /* "file:" */
	struct status (*open)(
	    struct hsm *h, const char *rest, struct hsm_key **ret_key, struct err *err);
	struct status (*generate)(struct hsm *h, const char *rest, const struct key_algorithm *a,
	    struct hsm_key **ret_key, struct err *err);
	struct status (*import)(struct hsm *h, const char *rest, EVP_PKEY *key,
	    struct hsm_key **ret_key, struct err *err);
	struct status (*sign)(
	    struct hsm_key *k, struct span message, struct buf *out, struct err *err);
	struct status (*use_for_tls)(struct hsm_key *k, SSL_CTX *tls, struct err *err);
	void (*free)(struct hsm_key *k);
};

extern const struct hsm_backend hsm_file_backend;

/*
 * opened.c: who opens a file that is open already, and unchanged, gets another handle on the same
 * key. The table holds no handle itself: a key is wiped with its last one. Thread-safe.
 */
struct opened *opened_new(void);
void opened_release(struct opened *o); /* the hsm's own hold */
/* `file` is as it is now. NULL: not open, or another file by now. */
struct hsm_key *opened_find(struct opened *o, const char *name, const struct stat *file);
/* `file` is as it was before it was read: a change in between only costs one more reading. */
void opened_add(struct opened *o, struct hsm_key *k, const char *name, const struct stat *file);
/* Give one handle up. True: it was the last; the key is out of the table and can be freed. */
MUST_USE bool opened_drop(struct hsm_key *k);

/* The passphrase, read on first use. Lives as the hsm. ERR_CONFIG, ERR_MISSING. */
struct status hsm_passphrase(struct hsm *h, struct span *ret_passphrase, struct err *err);

/*
 * pkcs8.c. Encrypt as PEM "ENCRYPTED PRIVATE KEY"; appended. Read it back: ERR_KEY where the
 * encryption is weaker than what hsm.h promises, or the passphrase is wrong.
 */
struct status pkcs8_encrypt(
    EVP_PKEY *key, struct span passphrase, struct buf *out, struct err *err);
struct status pkcs8_decrypt(
    struct span pem, struct span passphrase, EVP_PKEY **ret_key, struct err *err);
/* Any PEM private key, clear or encrypted however; passphrase NULL: clear only. ERR_KEY. */
struct status pem_private_key(
    struct span pem, const struct secret *passphrase, EVP_PKEY **ret_key, struct err *err);

#endif
