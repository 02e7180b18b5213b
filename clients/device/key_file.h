/* clients/device/key_file.h: private keys in PEM files, for the store in files and for IDevIDs. */
#ifndef SIGNET_DEVICE_KEY_FILE_H
#define SIGNET_DEVICE_KEY_FILE_H

#include <openssl/bio.h>

#include "clients/device/store.h"

/* Takes `pkey` over, also on failure. */
struct status key_file_adopt(EVP_PKEY *pkey, struct device_key **ret_key, struct err *err);
/* ERR_MISSING: no such file. ERR_KEY: readable by others, encrypted, no key. */
struct status key_file_load(const char *path, struct device_key **ret_key, struct err *err);
/* PKCS#8 PEM, mode 0600, durable. `k` must come from this file's functions. */
struct status key_file_save(const char *path, struct device_key *k, struct err *err);

DEFINE_AUTO_PTR(BIO, BIO_free_all)

#endif
