/*
 * clients/operator/trust_file.h: statements as files, those still without a signature too.
 *
 *   unsigned = 55799({0: "signet-trust-unsigned", 1: bstr payload})
 *
 * which no device and no server takes for a statement.
 */
#ifndef SIGNET_OPERATOR_TRUST_FILE_H
#define SIGNET_OPERATOR_TRUST_FILE_H

#include "base/err.h"
#include "signing/format/trust.h"

struct trust_file {
	struct buf bytes; /* a statement; where unsigned, with a signature in it that is none */
	bool is_unsigned;
	struct trust trust; /* borrows from bytes */
};
void trust_file_free(struct trust_file *f);
static inline void trust_file_auto(struct trust_file *f)
{
	trust_file_free(f);
}

/* "-" is no file here. */
struct status trust_file_read(const char *file, struct trust_file *ret_file, struct err *err);
/* The same, and its own quorum must have signed: who gives it here has pinned it. */
struct status trust_file_read_signed(
    const char *file, struct trust_file *ret_file, struct err *err);
/* The same as the first, of octets; `name` is for messages. */
struct status trust_file_take(
    struct span bytes, const char *name, struct trust_file *ret_file, struct err *err);
/* Append an unsigned file. */
void trust_file_put_unsigned(struct span payload, struct buf *out);

#endif
