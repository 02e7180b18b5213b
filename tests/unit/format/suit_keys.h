/* Keys, releases and signatures for tests of signed manifests. Failure ends the test. */
#ifndef SIGNET_TESTS_SUIT_KEYS_H
#define SIGNET_TESTS_SUIT_KEYS_H

#include <criterion/criterion.h>
#include <string.h>

#include "signing/format/crypto_openssl.h"
#include "signing/format/suit_build.h"
#include "signing/format/suit_process.h"

/* clang-format off */
#define SK_VENDOR {0xfa,0x6b,0x4a,0x53,0xd5,0xad,0x5f,0xdf,0xbe,0x9d,0xe6,0x63,0xe4,0xd4,0x1f,0xfe}
#define SK_CLASS  {0x14,0x92,0xaf,0x14,0x25,0x69,0x5e,0x48,0xbf,0x42,0x9b,0x2d,0x51,0xf2,0xab,0x45}
/* clang-format on */

static const uint8_t sk_vendor[UUID_SIZE] = SK_VENDOR;
static const uint8_t sk_class[UUID_SIZE] = SK_CLASS;

struct sk_key {
	EVP_PKEY *private;
	const struct key_algorithm *native;
	int algorithm; /* that it signs with */
	struct cose_key_owned public;
};

/* False: this OpenSSL does not have it. */
static inline bool sk_key_make(const char *algorithm, struct sk_key *key)
{
	AUTO(buf) spki = {0};
	struct err err = {0};

	memset(key, 0, sizeof(*key));
	key->algorithm = cose_algorithm_by_name(algorithm);
	cr_assert(key->algorithm, "%s", algorithm);
	key->native = cose_key_algorithm(key->algorithm);
	if (!key_algorithm_available(key->native))
		return false;
	cr_assert(key_generate(key->native, &key->private, &err).ok, "%s", err.message);
	cr_assert(key_spki(key->private, &spki, &err).ok);
	cr_assert(cose_key_from_spki(buf_span(&spki), &key->public, &err).ok, "%s", err.message);
	return true;
}

/* Ends the test as skipped, by the algorithm's name, where this OpenSSL does not have it. */
static inline void sk_key_need(const char *algorithm, struct sk_key *key)
{
	if (!sk_key_make(algorithm, key))
		cr_skip_test("this OpenSSL does not have %s", algorithm);
}

static inline void sk_key_free(struct sk_key *key)
{
	EVP_PKEY_free(key->private);
	cose_key_owned_free(&key->public);
}

static inline struct span sk_kid(const struct sk_key *key)
{
	return SPAN_OF(key->public.kid);
}

/* A raw signature, appended to `out`, and what an envelope takes of it. */
static inline struct cose_made sk_sign(
    const struct sk_key *key, struct span aad, struct span payload, struct buf *out)
{
	AUTO(buf) tbs = {0};
	AUTO(buf) native = {0};
	struct err err = {0};

	cose_put_tbs(key->algorithm, sk_kid(key), aad, payload, &tbs);
	cr_assert(
	    signature_make(key->private, key->native->signature, buf_span(&tbs), &native, &err).ok);
	cr_assert(cose_signature_from_native(key->algorithm, buf_span(&native), out, &err).ok, "%s",
	    err.message);
	return (struct cose_made){key->algorithm, sk_kid(key), buf_span(out)};
}

/* Keys for a verifier. */
struct sk_ring {
	size_t count;
	struct cose_key keys[8];
};

static inline bool sk_ring_get(const void *context, size_t i, struct cose_key *ret_key)
{
	const struct sk_ring *ring = context;

	if (i >= ring->count)
		return false;
	*ret_key = ring->keys[i];
	return true;
}

static inline struct cose_keys sk_keys(const struct sk_ring *ring)
{
	return (struct cose_keys){sk_ring_get, ring};
}

static inline void sk_ring_add(struct sk_ring *ring, const struct sk_key *key)
{
	ring->keys[ring->count++] = cose_key_of(&key->public);
}

static inline enum refusal sk_verify(
    const struct sk_ring *ring, struct span envelope, struct suit *ret_suit)
{
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	struct cose_keys keys = sk_keys(ring);

	return suit_verify(&crypto, &keys, envelope, ret_suit);
}

/* A release of one or two components. */
static inline struct suit_release sk_release(uint64_t sequence, size_t components)
{
	static const uint8_t digest[64] = {1, 2, 3};
	static const struct suit_release_component both[] = {
	    {.id = "main",
		.algorithm = COSE_SHA256,
		.digest = {digest, 32},
		.size = 34768,
		.uri = "https://updates.example/main.bin"},
	    {.id = "radio", .algorithm = COSE_SHA512, .digest = {digest, 64}, .size = 5},
	};
	struct suit_release release = {.vendor_id = SK_VENDOR,
	    .class_id = SK_CLASS,
	    .sequence = sequence,
	    .component_count = components,
	    .components = both,
	    .version = "1.2.3",
	    .vendor = "Example",
	    .vendor_domain = "vendor.example",
	    .model = "X100",
	    .notes = "Repairs the clock."};

	return release;
}

static inline void sk_manifest(uint64_t sequence, size_t components, struct buf *out)
{
	struct suit_release release = sk_release(sequence, components);
	struct err err = {0};

	cr_assert(suit_build_manifest(&release, out, &err).ok, "%s", err.message);
}

/* An envelope of that manifest by these keys. */
static inline void sk_envelope(
    struct span manifest, const struct sk_key *keys, size_t count, struct buf *out)
{
	struct buf signatures[COSE_SIGNATURES_MAX] = {{0}};
	struct cose_made made[COSE_SIGNATURES_MAX];
	AUTO(buf) digest = {0};

	suit_build_digest(manifest, &digest);
	for (size_t i = 0; i < count; i++)
		made[i] = sk_sign(&keys[i], SPAN_NONE, buf_span(&digest), &signatures[i]);
	suit_build_envelope(manifest, made, count, out);
	for (size_t i = 0; i < count; i++)
		buf_free(&signatures[i]);
}

/* The first ML-DSA-44 signature in these bytes; none: empty. */
static inline struct span sk_long_signature(struct span bytes)
{
	static const uint8_t head[] = {0x59, 0x09, 0x74}; /* 2420 octets follow */
	const uint8_t *at = memmem(bytes.p, bytes.n, head, sizeof(head));

	return at ? span(at + sizeof(head), 2420) : SPAN_NONE;
}

/* Of a signature that long a test flips its first octets, the last ones and every 16th. */
static inline bool sk_left_out(struct span sparse, const uint8_t *at)
{
	const size_t i = (size_t)(at - sparse.p);

	return sparse.n > 0 && at > sparse.p && i < sparse.n - 8 && i % 16 != 0;
}

#define SK_CHECK(call, expected, ...) \
	cr_expect_str_eq(refusal_code(call), refusal_code(expected), __VA_ARGS__)

#endif
