/*
 * Names of tiles, entry bundles, Merkle proofs. First octet: which. Proofs are 1 octet, two numbers
 * of 8 octets and hashes: whether they hold is worked out again by the recursion of RFC 6962
 * section 2.1, from the proof's end, which must agree.
 */
#include <stdlib.h>
#include <string.h>

#include "signing/format/merkle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void try_path(struct span in)
{
	struct tile tile;
	char path[TILE_PATH_SIZE];
	struct err err = {0};

	if (!tile_parse(in, &tile, &err).ok) {
		must(err.kind == ERR_INPUT && err.message[0]);
		return;
	}
	must(tile.level <= TILE_LEVEL_MAX && tile.index < TILE_INDEX_END);
	must(tile.width >= 1 && tile.width <= TILE_WIDTH);
	tile_path(&tile, path);
	must(span_equal_str(in, path));
}

static void try_bundle(struct span in)
{
	struct span rest = in, entry, cut;
	unsigned count = 0;
	struct err err = {0};
	AUTO(buf) out = {0};

	while (rest.n && bundle_take(&rest, &entry, &err).ok) {
		must(bundle_put(entry, &out, &err).ok);
		count++;
	}
	must(span_equal(buf_span(&out), span(in.p, in.n - rest.n)));
	must(rest.n == 0 || err.kind == ERR_INPUT);
	must(bundle_cut(in, count, &cut, &err).ok && cut.n == out.n);
	must(!bundle_cut(in, count + 1, &cut, &err).ok);
}

static uint64_t split(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k *= 2;
	return k;
}

/* The root that a path leads to; false: it is not as long as it should be. */
static bool path_root(
    uint64_t m, uint64_t n, const struct merkle_hash *path, size_t count, struct merkle_hash *hash)
{
	uint64_t k;

	if (n == 1)
		return count == 0;
	if (count == 0)
		return false;
	k = split(n);
	if (!path_root(m < k ? m : m - k, m < k ? k : n - k, path, count - 1, hash))
		return false;
	*hash = m < k ? merkle_node(hash, &path[count - 1]) : merkle_node(&path[count - 1], hash);
	return true;
}

/* The roots of the old and new tree; both are the old one's own where it is not in the proof. */
static bool proof_roots(uint64_t m, uint64_t n, bool own, const struct merkle_hash *proof,
    size_t count, struct merkle_hash *old, struct merkle_hash *new)
{
	uint64_t k;

	if (m == n && own)
		return count == 0;
	if (m == n) {
		if (count == 1)
			*old = *new = proof[0];
		return count == 1;
	}
	if (count == 0)
		return false;
	k = split(n);
	if (m <= k) {
		if (!proof_roots(m, k, own, proof, count - 1, old, new))
			return false;
		*new = merkle_node(new, &proof[count - 1]);
		return true;
	}
	if (!proof_roots(m - k, n - k, false, proof, count - 1, old, new))
		return false;
	*old = merkle_node(&proof[count - 1], old);
	*new = merkle_node(&proof[count - 1], new);
	return true;
}

static void check_inclusion(uint64_t m, uint64_t n, const struct merkle_hash *proof, size_t count)
{
	struct merkle_hash leaf = merkle_leaf(SPAN_NONE);
	struct merkle_tree tree = {n, leaf};
	struct err err = {0};
	bool holds = m < n && path_root(m, n, proof, count, &tree.root);

	must(merkle_verify_inclusion(&tree, m, &leaf, proof, count, &err).ok == holds);
	tree.root.b[m % 32] ^= 1;
	must(!merkle_verify_inclusion(&tree, m, &leaf, proof, count, &err).ok);
}

static void check_consistency(uint64_t m, uint64_t n, const struct merkle_hash *proof, size_t count)
{
	struct merkle_tree old = {m, merkle_leaf(SPAN_NONE)}, tree = {n, old.root};
	struct err err = {0};
	bool holds = (m > 0 && m < n && count > 0) || (m == n && count == 0);

	holds = holds && proof_roots(m, n, true, proof, count, &old.root, &tree.root);
	must(merkle_verify_consistency(&old, &tree, proof, count, &err).ok == holds);
	old.root.b[n % 32] ^= 1;
	must(!merkle_verify_consistency(&old, &tree, proof, count, &err).ok);
}

static uint64_t number(const uint8_t *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < 8; i++)
		n = n << 8 | p[i];
	return n;
}

/* The hashes that are not there are zero: the first octet says how many more. */
static void try_proof(struct span in)
{
	struct merkle_hash proof[80] = {{{0}}};
	size_t count, octets;

	if (in.n < 17)
		return;
	octets = in.n - 17 < sizeof(proof) ? in.n - 17 : sizeof(proof);
	memcpy(proof, in.p + 17, octets);
	count = in.p[0] % COUNT(proof);
	check_inclusion(number(in.p + 1), number(in.p + 9), proof, count);
	check_consistency(number(in.p + 1), number(in.p + 9), proof, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(struct span in) = {try_path, try_bundle, try_proof};

	if (size)
		kinds[data[0] % COUNT(kinds)](span(data + 1, size - 1));
	return 0;
}
