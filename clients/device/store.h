/*
 * clients/device/store.h: where a device keeps its keys, certificates and records.
 *
 * Everything above speaks to a store through these tables only, so that a PKCS#11 token or a TPM
 * can take the place of files. Identities are numbered generations: a generation is a key, later
 * with its certificate. Nothing of a generation changes once it is the current one; which one is
 * current is a single atomic switch. Every operation that changes something is durable when it
 * returns.
 */
#ifndef SIGNET_DEVICE_STORE_H
#define SIGNET_DEVICE_STORE_H

#include <openssl/ssl.h>

#include "base/algorithm.h"
#include "base/span.h"

struct device_key;

struct device_key_ops {
	/* Append the signature over `message`. */
	struct status (*sign)(struct device_key *k, const struct signature_algorithm *a,
	    struct span message, struct buf *out, struct err *err);
	/* Make a TLS client authenticate with it; the certificate is set before. */
	struct status (*use_for_tls)(struct device_key *k, SSL_CTX *tls, struct err *err);
	void (*free)(struct device_key *k);
};

struct device_key {
	const struct device_key_ops *ops;
	const struct key_algorithm *algorithm;
	struct buf spki; /* SubjectPublicKeyInfo DER */
};

void device_key_free(struct device_key *k); /* NULL allowed */
DEFINE_AUTO_REF(device_key, device_key_free)

/* A private key in a PEM file, such as an IDevID's. WHY_IDEVID. Refused when others may read it. */
struct status device_key_from_file(const char *path, struct device_key **ret_key, struct err *err);

struct store;

/* Records: small named files of ours. */
#define STORE_CONFIG  "config.json"
#define STORE_STATE   "state.json"
#define STORE_ANCHORS "anchors.pem"
#define STORE_RESET   "reset.json"
#define STORE_RECORD_MAX                                                        \
	((size_t)256 << 10) /* anchors are the largest: some dozen certificates \
			     */

struct store_ops {
	/* ERR_MISSING: no such record yet. */
	struct status (*load)(struct store *s, const char *name, struct buf *out, struct err *err);
	struct status (*save)(
	    struct store *s, const char *name, struct span bytes, struct err *err);
	/* From here until close() this program alone changes the store. WHY_STORE_LOCKED. */
	struct status (*lock)(struct store *s, struct err *err);

	/* Make a key as a new generation; a generation of that number without certificate is
	 * replaced. */
	struct status (*key_make)(struct store *s, uint32_t generation,
	    const struct key_algorithm *a, struct device_key **ret_key, struct err *err);
	/* A new generation with the key of another one. */
	struct status (*key_share)(struct store *s, uint32_t from, uint32_t generation,
	    struct device_key **ret_key, struct err *err);
	/* ERR_MISSING: no such generation, or not whole. */
	struct status (*key_open)(
	    struct store *s, uint32_t generation, struct device_key **ret_key, struct err *err);
	/* PEM: the certificate, then its intermediates. */
	struct status (*cert_save)(
	    struct store *s, uint32_t generation, struct span pem, struct err *err);
	struct status (*cert_load)(
	    struct store *s, uint32_t generation, struct buf *out, struct err *err);

	/* 0: none. */
	struct status (*current)(struct store *s, uint32_t *ret_generation, struct err *err);
	struct status (*activate)(struct store *s, uint32_t generation, struct err *err);
	/* The highest number in use, whole or not; 0: none. */
	struct status (*highest)(struct store *s, uint32_t *ret_generation, struct err *err);
	/* Overwrite a record, where the medium lets us, and remove it; none there: done. */
	struct status (*remove)(struct store *s, const char *name, struct err *err);
	/* The same with every identity, the current one first. Cut short, it is called again. */
	struct status (*forget)(struct store *s, struct err *err);
	/* Remove every generation but these two (0: none). */
	struct status (*prune)(struct store *s, uint32_t keep, uint32_t keep_too, struct err *err);

	/* Where other programs find the current identity, appended; nothing where they cannot. */
	void (*paths)(struct store *s, struct buf *ret_cert, struct buf *ret_key);
	void (*close)(struct store *s);
};

struct store {
	const struct store_ops *ops;
};

/* The store in files. Makes the directory. WHY_STORE, WHY_STORE_OPEN_TO_OTHERS. */
struct status store_file_open(const char *directory, struct store **ret_store, struct err *err);
void store_close(struct store *s); /* NULL allowed */
DEFINE_AUTO_REF(store, store_close)

#endif
