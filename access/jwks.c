/* access/jwks.c: see jwks.h. */
#include "access/jwks.h"

#include <string.h>

#include "access/json_strict.h"
#include "base/algorithm.h"
#include "base/base64url.h"
#include "base/der.h"

/* { "keys": [ { "x5c": [ ... ] } ] } */
#define SET_DEPTH_MAX 6
/* 8192 bits: what base/algorithm.h takes at most. */
#define NUMBER_SIZE_MAX 1024

/* A base64url member of at most NUMBER_SIZE_MAX bytes. */
static bool read_bytes(const json_t *key, const char *name, struct buf *out)
{
	const char *text = json_member_text(key, name);
	struct err unheard = {0};

	return text && base64url_decode(span_str(text), out, &unheard).ok && out->n > 0 &&
	       out->n <= NUMBER_SIZE_MAX;
}

/* RFC 8017 A.1.1: RSAPublicKey, in a SubjectPublicKeyInfo (RFC 3279 2.3.1). */
static bool put_rsa(const json_t *key, struct buf *spki)
{
	static const uint8_t null[] = {DER_NULL, 0};
	AUTO(buf) modulus = {0};
	AUTO(buf) exponent = {0};
	AUTO(buf) numbers = {0};
	size_t whole, algorithm, sequence;

	if (!read_bytes(key, "n", &modulus) || !read_bytes(key, "e", &exponent))
		return false;
	sequence = der_begin(&numbers, DER_SEQUENCE);
	der_put_unsigned(&numbers, buf_span(&modulus));
	der_put_unsigned(&numbers, buf_span(&exponent));
	der_end(&numbers, sequence);
	whole = der_begin(spki, DER_SEQUENCE);
	algorithm = der_begin(spki, DER_SEQUENCE);
	der_put_oid(spki, "1.2.840.113549.1.1.1");
	buf_put(spki, SPAN_OF(null));
	der_end(spki, algorithm);
	der_put_bits(spki, buf_span(&numbers));
	der_end(spki, whole);
	return true;
}

static const struct curve {
	const char *name, *algorithm;
	size_t size; /* of a coordinate: RFC 7518 6.2.1.2: full size, leading zeros kept */
} curves[] = {{"P-256", "EC-P256", 32}, {"P-384", "EC-P384", 48}};

static const struct curve *curve_of(const json_t *key)
{
	const char *name = json_member_text(key, "crv");

	for (size_t i = 0; name && i < COUNT(curves); i++)
		if (strcmp(curves[i].name, name) == 0)
			return &curves[i];
	return NULL;
}

static bool put_ec(const json_t *key, struct buf *spki)
{
	const struct curve *curve = curve_of(key);
	AUTO(buf) point = {0};
	AUTO(buf) x = {0};
	AUTO(buf) y = {0};
	size_t whole;

	if (!curve || !read_bytes(key, "x", &x) || !read_bytes(key, "y", &y) ||
	    x.n != curve->size || y.n != curve->size)
		return false;
	buf_put_byte(&point, 4); /* uncompressed: SEC 1 2.3.3 */
	buf_put(&point, buf_span(&x));
	buf_put(&point, buf_span(&y));
	whole = der_begin(spki, DER_SEQUENCE);
	buf_put(spki, key_algorithm_by_name(curve->algorithm)->identifier);
	der_put_bits(spki, buf_span(&point));
	der_end(spki, whole);
	return true;
}

/* RFC 7517 4.2 and 4.3: what the key is meant for. */
static bool is_for_signatures(const json_t *key)
{
	const json_t *use = json_object_get(key, "use");
	const json_t *acts = json_object_get(key, "key_ops");

	if (use && (!json_is_string(use) || strcmp(json_string_value(use), "sig") != 0))
		return false;
	for (size_t i = 0; i < json_array_size(acts); i++) {
		const char *act = json_string_value(json_array_get(acts, i));

		if (act && strcmp(act, "verify") == 0)
			return true;
	}
	return acts == NULL;
}

/* False: not one that we use. */
static bool read_key(const json_t *key, struct arena *arena, struct jws_key *ret_key)
{
	const char *kind = json_member_text(key, "kty");
	const json_t *id = json_object_get(key, "kid");
	const json_t *algorithm = json_object_get(key, "alg");
	AUTO(buf) spki = {0};
	bool put;

	if (!kind || (id && !json_is_string(id)) || (algorithm && !json_is_string(algorithm)) ||
	    !is_for_signatures(key))
		return false;
	if (strcmp(kind, "RSA") == 0)
		put = put_rsa(key, &spki);
	else
		put = strcmp(kind, "EC") == 0 && put_ec(key, &spki);
	return put && jws_key_from_spki(buf_span(&spki), id ? json_string_value(id) : "",
			  algorithm ? json_string_value(algorithm) : NULL, arena, ret_key);
}

static struct status read_keys(
    const json_t *list, struct arena *arena, struct jwks *ret_set, struct err *err)
{
	size_t n = json_array_size(list);
	struct jwks set = {.keys = arena_alloc(arena, n * sizeof(*set.keys))};

	for (size_t i = 0; i < n; i++) {
		const json_t *key = json_array_get(list, i);

		/* Whoever publishes one key's secret cannot be believed about the others. */
		if (json_object_get(key, "d"))
			return REFUSE_WHO(
			    err, OIDC_KEYS, "key %zu of the set shows its private part", i);
		if (read_key(key, arena, &set.keys[set.count]))
			set.count++;
		else
			set.ignored++;
	}
	if (set.count == 0)
		return REFUSE_WHO(err, OIDC_KEYS,
		    "none of the set's %zu keys is RSA of 2048 bits and more, or EC P-256 or P-384, "
		    "for signatures",
		    n);
	*ret_set = set;
	return STATUS_OK;
}

struct status jwks_read(
    struct span text, struct arena *arena, struct jwks *ret_set, struct err *err)
{
	AUTO_PTR(json_t) set = NULL;
	const json_t *list;
	char why[160];

	if (text.n > JWKS_SIZE_MAX)
		return REFUSE_WHO(
		    err, OIDC_KEYS, "a key set of %zu bytes; at most %zu", text.n, JWKS_SIZE_MAX);
	set = json_strict(text, SET_DEPTH_MAX, why, sizeof(why));
	if (!set)
		return REFUSE_WHO(err, OIDC_KEYS, "the key set is no JSON object: %s", why);
	list = json_object_get(set, "keys");
	if (!json_is_array(list) || json_array_size(list) > JWKS_KEYS_MAX)
		return REFUSE_WHO(
		    err, OIDC_KEYS, "the key set has no list of 1 to %d keys", JWKS_KEYS_MAX);
	return read_keys(list, arena, ret_set, err);
}

struct status jwks_check(struct span text, struct err *err)
{
	AUTO(arena) arena = {0};
	struct jwks set;

	return jwks_read(text, &arena, &set, err);
}

enum jwks_found jwks_find(const struct jwks *set, const char *id, const struct jws_key **ret_key)
{
	const struct jws_key *found = NULL;

	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->keys[i].id, id) != 0)
			continue;
		if (found)
			return JWKS_SEVERAL;
		found = &set->keys[i];
	}
	if (!found)
		return JWKS_NONE;
	*ret_key = found;
	return JWKS_ONE;
}
