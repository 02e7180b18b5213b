/* access/jws.c: see jws.h. */
#include "access/jws.h"

#include <inttypes.h>
#include <jwt.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "access/json_strict.h"
#include "base/algorithm.h"
#include "base/base64url.h"
#include "base/encode.h"

#define HEADER_DEPTH_MAX 2

const char *const jws_algorithm_names[] = {"RS256", "ES256", "ES384", NULL};

static const struct algorithm {
	jwt_alg_t libjwt;
	size_t signature_size; /* RFC 7518 3.4: r and s, each as long as the group's order; 0: the
				  modulus */
} algorithms[] = {
    [JWS_RS256] = {JWT_ALG_RS256, 0},
    [JWS_ES256] = {JWT_ALG_ES256, 64},
    [JWS_ES384] = {JWT_ALG_ES384, 96},
};

struct jws {
	char *text; /* the whole, for libjwt */
	size_t size;
	json_t *header, *claims;
	enum jws_algorithm algorithm;
	size_t signature_size;
};

bool jws_algorithm_by_name(const char *name, enum jws_algorithm *ret_algorithm)
{
	for (int i = 0; name && jws_algorithm_names[i]; i++) {
		if (strcmp(name, jws_algorithm_names[i]) == 0) {
			*ret_algorithm = (enum jws_algorithm)i;
			return true;
		}
	}
	return false;
}

/* ---- keys ---- */

/* What a key of this kind can verify. */
static uint32_t kind_accepts(const struct key_algorithm *a)
{
	if (strcmp(a->name, "EC-P256") == 0)
		return JWS_BIT(JWS_ES256);
	if (strcmp(a->name, "EC-P384") == 0)
		return JWS_BIT(JWS_ES384);
	return strcmp(a->evp_type, "RSA") == 0 ? JWS_BIT(JWS_RS256) : 0;
}

static char *pem_of(struct span spki, struct arena *arena)
{
	AUTO(buf) pem = {0};

	pem_encode("PUBLIC KEY", spki, &pem);
	return arena_strndup(arena, (const char *)pem.p, pem.n);
}

bool jws_key_from_spki(struct span spki, const char *id, const char *algorithm, struct arena *arena,
    struct jws_key *ret_key)
{
	const struct key_algorithm *kind;
	AUTO_PTR(EVP_PKEY) key = NULL;
	enum jws_algorithm only;
	struct err unheard = {0};
	uint32_t accepts;

	if (!public_key_from_spki(spki, &kind, &key, &unheard).ok)
		return false;
	accepts = kind_accepts(kind);
	if (algorithm)
		accepts &= jws_algorithm_by_name(algorithm, &only) ? JWS_BIT(only) : 0;
	if (!accepts)
		return false;
	*ret_key = (struct jws_key){
	    .id = arena_strdup(arena, id), .accepts = accepts, .pem = pem_of(spki, arena)};
	return true;
}

/* ---- reading ---- */

/* Take what stands before the next dot, or the rest; false: there is none. */
static bool next_part(struct span *text, bool last, struct span *ret_part)
{
	const uint8_t *dot = text->n ? memchr(text->p, '.', text->n) : NULL;
	size_t n = dot ? (size_t)(dot - text->p) : text->n;

	if (last == (dot != NULL))
		return false;
	*ret_part = span(text->p, n);
	n += dot != NULL;
	*text = span(text->p + n, text->n - n);
	return true;
}

static struct status read_object(
    struct span part, const char *what, int depth, json_t **ret_object, struct err *err)
{
	AUTO(buf) text = {0};
	struct err why = {0};
	char wrong[160];

	if (!base64url_decode(part, &text, &why).ok)
		return REFUSE_WHO(err, JWT_FORM, "%s: %s", what, why.message);
	*ret_object = json_strict(buf_span(&text), depth, wrong, sizeof(wrong));
	if (!*ret_object)
		return REFUSE_WHO(err, JWT_JSON, "%s: %s", what, wrong);
	return STATUS_OK;
}

static bool is_key_id(const char *id)
{
	size_t n = 0;

	for (; id[n]; n++)
		if (id[n] <= ' ' || id[n] > '~' || n == JWS_KEY_ID_MAX)
			return false;
	return n > 0;
}

/* RFC 7515 4.1.11: what is not understood and critical refuses; we understand nothing of the kind.
 */
static struct status check_extensions(const json_t *header, struct err *err)
{
	static const char *const critical[] = {"crit", "b64", "zip", "enc"};
	static const char *const own_keys[] = {"jku", "jwk", "x5u", "x5c"};

	for (size_t i = 0; i < COUNT(critical); i++)
		if (json_object_get(header, critical[i]))
			return REFUSE_WHO(err, JWT_CRITICAL, "the header has '%s'", critical[i]);
	for (size_t i = 0; i < COUNT(own_keys); i++)
		if (json_object_get(header, own_keys[i]))
			return REFUSE_WHO(err, JWT_OWN_KEY, "the header has '%s'", own_keys[i]);
	return STATUS_OK;
}

static struct status check_header(struct jws *t, struct err *err)
{
	const json_t *type = json_object_get(t->header, "typ");
	const json_t *id = json_object_get(t->header, "kid");
	const char *algorithm = json_member_text(t->header, "alg");

	if (!jws_algorithm_by_name(algorithm, &t->algorithm))
		return REFUSE_WHO(err, JWT_ALGORITHM,
		    "alg is '%.32s'; known are RS256, ES256, ES384",
		    algorithm ? algorithm : "absent");
	TRY(check_extensions(t->header, err));
	if (type && (!json_is_string(type) || strcasecmp(json_string_value(type), "JWT") != 0))
		return REFUSE_WHO(err, JWT_TYPE, "typ is not JWT");
	if (id && (!json_is_string(id) || !is_key_id(json_string_value(id))))
		return REFUSE_WHO(err, JWT_KEY_ID,
		    "kid is not a text of 1 to %d visible characters", JWS_KEY_ID_MAX);
	return STATUS_OK;
}

static struct status check_signature_form(struct jws *t, struct span part, struct err *err)
{
	size_t want = algorithms[t->algorithm].signature_size;
	AUTO(buf) signature = {0};
	struct err why = {0};

	if (!base64url_decode(part, &signature, &why).ok)
		return REFUSE_WHO(err, JWT_FORM, "signature: %s", why.message);
	if (signature.n == 0)
		return REFUSE_WHO(err, JWT_SIGNATURE, "there is no signature");
	if (want > 0 && signature.n != want)
		return REFUSE_WHO(err, JWT_SIGNATURE, "a signature of %zu bytes; %s has %zu",
		    signature.n, jws_algorithm_names[t->algorithm], want);
	return STATUS_OK;
}

static struct status read_parts(struct jws *t, struct span text, struct err *err)
{
	struct span header, claims, signature;

	if (!next_part(&text, false, &header) || !next_part(&text, false, &claims) ||
	    !next_part(&text, true, &signature))
		return REFUSE_WHO(err, JWT_FORM, "there are not three parts");
	TRY(read_object(header, "header", HEADER_DEPTH_MAX, &t->header, err));
	TRY(check_header(t, err));
	TRY(read_object(claims, "claims", JWS_DEPTH_MAX, &t->claims, err));
	return check_signature_form(t, signature, err);
}

struct status jws_read(struct span text, struct jws **ret_token, struct err *err)
{
	if (text.n > JWS_SIZE_MAX)
		return REFUSE_WHO(
		    err, JWT_SIZE, "a token of %zu bytes; at most %d", text.n, JWS_SIZE_MAX);
	if (text.n == 0)
		return REFUSE_WHO(err, JWT_FORM, "there is no token");
	AUTO_REF(jws) t = mem_alloc(sizeof(*t));
	/* Whole, also where a NUL stands inside: what is wiped is what was taken. */
	t->text = mem_alloc(text.n + 1);
	memcpy(t->text, text.p, text.n);
	t->size = text.n;
	TRY(read_parts(t, text, err));
	*ret_token = TAKE(t);
	return STATUS_OK;
}

void jws_free(struct jws *t)
{
	if (!t)
		return;
	json_decref(t->header);
	json_decref(t->claims);
	/* It would let its finder in. */
	if (t->text)
		OPENSSL_cleanse(t->text, t->size);
	free(t->text);
	free(t);
}

enum jws_algorithm jws_algorithm(const struct jws *t)
{
	return t->algorithm;
}

const char *jws_key_id(const struct jws *t)
{
	return json_member_text(t->header, "kid");
}

struct status jws_verify(const struct jws *t, const struct jws_key *key, struct err *err)
{
	jwt_t *verified = NULL;
	bool good;

	/* RFC 8725 3.1: "each key MUST be used with exactly one algorithm". */
	if (!(key->accepts & JWS_BIT(t->algorithm)))
		return REFUSE_WHO(err, JWT_ALGORITHM, "alg is %s, which is not of the key '%.64s'",
		    jws_algorithm_names[t->algorithm], key->id);
	good = jwt_decode(&verified, t->text, (const unsigned char *)key->pem,
		   (int)strlen(key->pem)) == 0 &&
	       jwt_get_alg(verified) == algorithms[t->algorithm].libjwt;
	jwt_free(verified);
	ERR_clear_error();
	if (!good)
		return REFUSE_WHO(
		    err, JWT_SIGNATURE, "the signature is not by the key '%.64s'", key->id);
	return STATUS_OK;
}

/* ---- claims ---- */

const char *jws_text(const struct jws *t, const char *claim)
{
	return json_member_text(t->claims, claim);
}

bool jws_number(const struct jws *t, const char *claim, int64_t *ret_value)
{
	const json_t *value = json_object_get(t->claims, claim);

	if (!json_is_integer(value))
		return false;
	*ret_value = json_integer_value(value);
	return true;
}

const char *jws_as_text(const struct jws *t, const char *claim, struct arena *arena)
{
	const json_t *value = json_object_get(t->claims, claim);

	if (json_is_string(value))
		return arena_strdup(arena, json_string_value(value));
	if (json_is_integer(value))
		return arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	return NULL;
}

static bool text_is(const json_t *value, const char *text)
{
	return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

bool jws_is_for(const struct jws *t, const char *audience)
{
	const json_t *value = json_object_get(t->claims, "aud");

	if (!json_is_array(value))
		return text_is(value, audience);
	for (size_t i = 0; i < json_array_size(value); i++)
		if (text_is(json_array_get(value, i), audience))
			return true;
	return false;
}

struct status jws_check_times(const struct jws *t, const struct jws_times *times, struct err *err)
{
	int64_t issued, ends, begins;
	bool bounded = json_object_get(t->claims, "nbf") != NULL;

	/* Numbers that no clock shows could overflow the sums below. */
	const int64_t least = 0, most = INT64_C(1) << 40;

	if (!jws_number(t, "iat", &issued) || !jws_number(t, "exp", &ends) ||
	    (bounded && !jws_number(t, "nbf", &begins)))
		return REFUSE_WHO(err, JWT_CLAIM, "iat, exp or nbf is absent or no integer");
	if (!bounded)
		begins = issued;
	if (issued < least || issued > most || ends < least || ends > most || begins < least ||
	    begins > most)
		return REFUSE_WHO(err, JWT_CLAIM, "iat, exp or nbf is no time");
	if (times->now >= ends + times->skew)
		return REFUSE_WHO(
		    err, JWT_EXPIRED, "the token ended %" PRId64 " s ago", times->now - ends);
	if (times->now + times->skew < begins || times->now + times->skew < issued)
		return REFUSE_WHO(err, JWT_NOT_YET, "the token begins in %" PRId64 " s",
		    (begins > issued ? begins : issued) - times->now);
	if (times->max_age > 0 && times->now - issued > times->max_age + times->skew)
		return REFUSE_WHO(err, JWT_AGE,
		    "the token is %" PRId64 " s old; at most %" PRId64 " s are taken",
		    times->now - issued, times->max_age);
	return STATUS_OK;
}
