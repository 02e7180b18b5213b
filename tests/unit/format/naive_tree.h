/*
 * The tree again, from the recursive definitions of RFC 6962 section 2.1 alone, and slowly: what
 * signing/format/merkle.h is compared with. Hashing is OpenSSL's one-shot call.
 */
#ifndef SIGNET_TESTS_NAIVE_TREE_H
#define SIGNET_TESTS_NAIVE_TREE_H

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "signing/format/merkle.h"

static inline struct merkle_hash naive_leaf(struct span entry)
{
	struct merkle_hash hash;
	uint8_t *octets = calloc(1, entry.n + 1);

	memcpy(octets + 1, entry.p, entry.n);
	SHA256(octets, entry.n + 1, hash.b);
	free(octets);
	return hash;
}

static inline struct merkle_hash naive_node(struct merkle_hash left, struct merkle_hash right)
{
	struct merkle_hash hash;
	uint8_t octets[65] = {1};

	memcpy(octets + 1, left.b, 32);
	memcpy(octets + 33, right.b, 32);
	SHA256(octets, sizeof(octets), hash.b);
	return hash;
}

static inline size_t naive_split(size_t n)
{
	size_t k = 1;

	while (2 * k < n)
		k = 2 * k;
	return k;
}

/* MTH(D[0:n]), of leaf hashes. */
static inline struct merkle_hash naive_root(const struct merkle_hash *d, size_t n)
{
	struct merkle_hash empty;
	size_t k = naive_split(n);

	if (n == 0) {
		SHA256((const uint8_t *)"", 0, empty.b);
		return empty;
	}
	return n == 1 ? d[0] : naive_node(naive_root(d, k), naive_root(d + k, n - k));
}

/* PATH(m, D[0:n]), appended. */
static inline void naive_path(
    size_t m, const struct merkle_hash *d, size_t n, struct merkle_proof *out)
{
	size_t k = naive_split(n);

	if (n == 1)
		return;
	if (m < k) {
		naive_path(m, d, k, out);
		out->hashes[out->count++] = naive_root(d + k, n - k);
	} else {
		naive_path(m - k, d + k, n - k, out);
		out->hashes[out->count++] = naive_root(d, k);
	}
}

/* SUBPROOF(m, D[0:n], b), appended. */
static inline void naive_subproof(
    size_t m, const struct merkle_hash *d, size_t n, bool b, struct merkle_proof *out)
{
	size_t k = naive_split(n);

	if (m == n) {
		if (!b)
			out->hashes[out->count++] = naive_root(d, n);
	} else if (m <= k) {
		naive_subproof(m, d, k, b, out);
		out->hashes[out->count++] = naive_root(d + k, n - k);
	} else {
		naive_subproof(m - k, d + k, n - k, false, out);
		out->hashes[out->count++] = naive_root(d, k);
	}
}

#endif
