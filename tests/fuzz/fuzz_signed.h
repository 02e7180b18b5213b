/* For fuzzers of signed files: a cryptography that believes signatures whose last octet is not ff.
 */
#ifndef SIGNET_TESTS_FUZZ_SIGNED_H
#define SIGNET_TESTS_FUZZ_SIGNED_H

#include <stdlib.h>
#include <string.h>

#include "signing/format/cose.h"

static inline void must(bool holds)
{
	if (!holds)
		abort();
}

static inline bool fuzz_hash_start(void *context, int algorithm)
{
	(void)context;
	return algorithm < 0;
}

static inline bool fuzz_hash_more(void *context, const uint8_t *p, size_t n)
{
	(void)context;
	return n == 0 || p != NULL;
}

static inline bool fuzz_hash_end(void *context, uint8_t *ret_digest, size_t *ret_n)
{
	(void)context;
	memset(ret_digest, 0, 32);
	*ret_n = 32;
	return true;
}

static inline bool fuzz_has(void *context, int algorithm)
{
	(void)context;
	return algorithm != COSE_ML_DSA_87;
}

static inline bool fuzz_verify(void *context, int algorithm, struct span key,
    const struct span *parts, size_t count, struct span signature)
{
	size_t octets = 0;

	(void)context;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < parts[i].n; k++)
			octets += parts[i].p[k];
	return algorithm < 0 && key.n >= 32 && octets && signature.p[signature.n - 1] != 0xff;
}

static const struct boot_crypto fuzz_credulous = {
    fuzz_hash_start, fuzz_hash_more, fuzz_hash_end, fuzz_has, fuzz_verify, NULL};

#endif
