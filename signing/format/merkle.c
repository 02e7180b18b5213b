/* signing/format/merkle.c: hashes of the tree, and proofs verified. See merkle.h. */
#include "signing/format/merkle.h"

#include <string.h>

#include "base/encode.h"

/* RFC 6962 section 2.1: leaves and nodes are hashed apart, so that neither passes for the other. */
#define LEAF_PREFIX 0x00
#define NODE_PREFIX 0x01

static struct merkle_hash hash_of(struct digest digest)
{
	struct merkle_hash hash;

	memcpy(hash.b, digest.bytes, sizeof(hash.b));
	return hash;
}

struct merkle_hash merkle_empty(void)
{
	return hash_of(sha256(SPAN_NONE));
}

struct merkle_hash merkle_leaf(struct span entry)
{
	static const uint8_t prefix = LEAF_PREFIX;
	const struct span parts[] = {span(&prefix, 1), entry};

	return hash_of(sha256_parts(parts, COUNT(parts)));
}

struct merkle_hash merkle_node(const struct merkle_hash *left, const struct merkle_hash *right)
{
	uint8_t octets[1 + 2 * MERKLE_HASH_SIZE] = {NODE_PREFIX};

	memcpy(octets + 1, left->b, MERKLE_HASH_SIZE);
	memcpy(octets + 1 + MERKLE_HASH_SIZE, right->b, MERKLE_HASH_SIZE);
	return hash_of(sha256(SPAN_OF(octets)));
}

bool merkle_equal(const struct merkle_hash *a, const struct merkle_hash *b)
{
	return memcmp(a->b, b->b, MERKLE_HASH_SIZE) == 0;
}

static struct status refuse_count(const char *proof, size_t count, struct err *err)
{
	return err_set(
	    err, ERR_INPUT, "%s proof: %zu hashes do not fit the size of the tree", proof, count);
}

static struct status refuse_root(const char *proof, const char *tree, struct err *err)
{
	return err_set(err, ERR_DENIED, "%s proof: leads to another root than the %s", proof, tree);
}

/*
 * One step up, in the words of RFC 9162: fn is the node's place on its level, sn that of the last
 * one there. A last node without a sibling is its own parent, and skips those levels.
 */
struct climb {
	uint64_t fn, sn;
};

/* Does the next hash stand to the left? Steps up to its level, and past it. */
static bool climb_left(struct climb *c)
{
	bool left = (c->fn & 1) || c->fn == c->sn;

	if (left)
		while (!(c->fn & 1) && c->fn != 0) {
			c->fn >>= 1;
			c->sn >>= 1;
		}
	c->fn >>= 1;
	c->sn >>= 1;
	return left;
}

struct status merkle_verify_inclusion(const struct merkle_tree *tree, uint64_t index,
    const struct merkle_hash *leaf, const struct merkle_hash *proof, size_t count, struct err *err)
{
	struct climb c = {index, tree->size - 1};
	struct merkle_hash root = *leaf;

	if (index >= tree->size)
		return err_set(err, ERR_INPUT, "inclusion proof: no leaf %llu in a tree of %llu",
		    (unsigned long long)index, (unsigned long long)tree->size);
	for (size_t i = 0; i < count; i++) {
		if (c.sn == 0)
			return refuse_count("inclusion", count, err);
		root =
		    climb_left(&c) ? merkle_node(&proof[i], &root) : merkle_node(&root, &proof[i]);
	}
	if (c.sn != 0)
		return refuse_count("inclusion", count, err);
	if (!merkle_equal(&root, &tree->root))
		return refuse_root("inclusion", "tree's", err);
	return STATUS_OK;
}

/* Sizes for which there is nothing to climb: all refused but the same tree twice. */
static struct status verify_without_climbing(
    const struct merkle_tree *old, const struct merkle_tree *tree, size_t count, struct err *err)
{
	if (old->size > tree->size)
		return err_set(err, ERR_INPUT, "consistency proof: from %llu leaves down to %llu",
		    (unsigned long long)old->size, (unsigned long long)tree->size);
	if (old->size == tree->size && count != 0)
		return refuse_count("consistency", count, err);
	if (old->size == tree->size)
		return merkle_equal(&old->root, &tree->root)
			   ? STATUS_OK
			   : err_set(err, ERR_DENIED, "two roots for the same %llu leaves",
				 (unsigned long long)tree->size);
	if (old->size == 0)
		return err_set(err, ERR_INPUT,
		    "consistency proof: from no leaves, where nothing is to be proven");
	return refuse_count("consistency", count, err);
}

struct status merkle_verify_consistency(const struct merkle_tree *old,
    const struct merkle_tree *tree, const struct merkle_hash *proof, size_t count, struct err *err)
{
	struct climb c = {old->size - 1, tree->size - 1};
	struct merkle_hash old_root, root;
	/* An old tree that is a full subtree of the new one is not repeated in the proof. */
	bool full = (old->size & (old->size - 1)) == 0;
	size_t next = full ? 0 : 1;

	if (old->size == 0 || old->size >= tree->size || count == 0)
		return verify_without_climbing(old, tree, count, err);
	while (c.fn & 1) {
		c.fn >>= 1;
		c.sn >>= 1;
	}
	old_root = root = full ? old->root : proof[0];
	for (; next < count; next++) {
		if (c.sn == 0)
			return refuse_count("consistency", count, err);
		if (climb_left(&c)) {
			old_root = merkle_node(&proof[next], &old_root);
			root = merkle_node(&proof[next], &root);
		} else {
			root = merkle_node(&root, &proof[next]);
		}
	}
	if (c.sn != 0)
		return refuse_count("consistency", count, err);
	if (!merkle_equal(&old_root, &old->root))
		return refuse_root("consistency", "old tree's", err);
	if (!merkle_equal(&root, &tree->root))
		return refuse_root("consistency", "new tree's", err);
	return STATUS_OK;
}
