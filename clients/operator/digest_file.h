/* clients/operator/digest_file.h: a file's digest, without having the file in memory. */
#ifndef SIGNET_OPERATOR_DIGEST_FILE_H
#define SIGNET_OPERATOR_DIGEST_FILE_H

#include "base/encode.h"
#include "base/err.h"
#include "clients/operator/text.h"

struct digest_file {
	struct digest sha256;
	uint8_t sha384[48], sha512[64];
	int64_t size; /* octets */
};

/*
 * Read it to its end, once. How far it is stands on the screen, where that is a terminal. ERR: it
 * cannot be read, is no regular file, or changed its size meanwhile.
 */
struct status digest_file(
    const char *path, const struct screen *screen, struct digest_file *ret_digest, struct err *err);

#endif
