/* Trust statements and recall lists for tests. Failure ends the test. */
#ifndef SIGNET_TESTS_TRUST_KEYS_H
#define SIGNET_TESTS_TRUST_KEYS_H

#include "signing/format/trust_build.h"
#include "tests/unit/format/suit_keys.h"

#define TK_KEYS 4 /* may sign releases */
#define TK_NEXT 3 /* sign statements */
#define TK_MAX  4

/* Keys and one statement: what a test changes before it is written. */
struct tk {
	struct sk_key keys[TK_KEYS], next[TK_NEXT];
	struct cose_key key_rows[TK_KEYS], next_rows[TK_NEXT];
	struct span kids[TK_KEYS];
	struct span channels[2], revoked[2];
	struct trust_build_grant grants[2];
	uint8_t log_key[32];
	struct trust_build build;
};

/*
 * Grant 0: key 0 for "stable", from 10 to 99, two approvals, may recall. Grant 1: two of keys 1 to
 * 3 for "stable" and "beta", from 0. Two of three sign statements.
 */
static inline void tk_make_by(
    struct tk *t, const char *const keys[TK_KEYS], const char *const next[TK_NEXT])
{
	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < TK_KEYS; i++) {
		sk_key_need(keys[i], &t->keys[i]);
		t->key_rows[i] = cose_key_of(&t->keys[i].public);
		t->kids[i] = sk_kid(&t->keys[i]);
	}
	for (size_t i = 0; i < TK_NEXT; i++) {
		sk_key_need(next[i], &t->next[i]);
		t->next_rows[i] = cose_key_of(&t->next[i].public);
	}
	t->channels[0] = SPAN_LITERAL("stable");
	t->channels[1] = SPAN_LITERAL("beta");
	t->grants[0] = (struct trust_build_grant){.kid_count = 1,
	    .kids = t->kids,
	    .channel_count = 1,
	    .channels = t->channels,
	    .signers = 1,
	    .first = 10,
	    .last = 99,
	    .approvals = 2,
	    .may_recall = true};
	t->grants[1] = (struct trust_build_grant){.kid_count = 3,
	    .kids = t->kids + 1,
	    .channel_count = 2,
	    .channels = t->channels,
	    .signers = 2,
	    .last = UINT64_MAX};
	t->build = (struct trust_build){.product = SPAN_LITERAL("X100"),
	    .version = 1,
	    .vendor_id = SK_VENDOR,
	    .key_count = TK_KEYS,
	    .keys = t->key_rows,
	    .grant_count = 2,
	    .grants = t->grants,
	    .revoked = t->revoked,
	    .next_threshold = 2,
	    .next_count = TK_NEXT,
	    .next = t->next_rows,
	    .log_origin = SPAN_LITERAL("log.example"),
	    .log_key = SPAN_OF(t->log_key),
	    .created = 1700000000};
}

static inline void tk_make(struct tk *t)
{
	static const char *const keys[TK_KEYS] = {"ESP256", "Ed25519", "ESP256", "ESP384"};
	static const char *const next[TK_NEXT] = {"Ed25519", "Ed25519", "Ed25519"};

	tk_make_by(t, keys, next);
}

/* The same where the first key of each kind is another: skips where OpenSSL does not have it. */
static inline void tk_make_with(struct tk *t, const char *first)
{
	const char *const keys[TK_KEYS] = {first, "Ed25519", "ESP256", "ESP384"};
	const char *const next[TK_NEXT] = {first, "Ed25519", "Ed25519"};

	tk_make_by(t, keys, next);
}

static inline void tk_free(struct tk *t)
{
	for (size_t i = 0; i < TK_KEYS; i++)
		sk_key_free(&t->keys[i]);
	for (size_t i = 0; i < TK_NEXT; i++)
		sk_key_free(&t->next[i]);
}

static inline void tk_sign(struct span aad, struct span payload, const struct sk_key *const *keys,
    size_t count, struct buf *out)
{
	struct buf signatures[TK_MAX] = {{0}};
	struct cose_made made[TK_MAX];

	for (size_t i = 0; i < count; i++)
		made[i] = sk_sign(keys[i], aad, payload, &signatures[i]);
	if (span_equal(aad, TRUST_AAD))
		trust_build_file(payload, made, count, out);
	else
		recall_build_file(payload, made, count, out);
	for (size_t i = 0; i < count; i++)
		buf_free(&signatures[i]);
}

/* The statement as it stands, signed by these. */
static inline void tk_statement(
    const struct tk *t, const struct sk_key *const *keys, size_t count, struct buf *out)
{
	AUTO(buf) payload = {0};
	struct err err = {0};

	cr_assert(trust_build_payload(&t->build, &payload, &err).ok, "%s", err.message);
	tk_sign(TRUST_AAD, buf_span(&payload), keys, count, out);
}

static inline struct cose_signers tk_signers(const struct tk *t, const char *which)
{
	struct cose_signers signers = {.count = 0};

	for (; *which; which++)
		signers.kids[signers.count++] = t->kids[*which - '0'];
	return signers;
}

#endif
