/* ca/token_keys.c: see token_keys.h. */
#include "ca/token_keys.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/jwks.h"
#include "base/base64url.h"
#include "base/der.h"
#include "base/encode.h"
#include "base/json.h"

#define KEY_ID_BYTES    16
#define KEY_ID_SIZE     (2 * KEY_ID_BYTES + 1)
#define COORDINATE_SIZE 32 /* RFC 7518 3.4, P-256 */

/* What was loaded once, whole. */
struct key_set {
	struct arena arena;
	const char *issuer;
	struct jwks known;   /* in use, and retired ones whose tokens may live */
	struct hsm_key *key; /* NULL: this node cannot sign */
	char key_id[KEY_ID_SIZE];
	int64_t newest;    /* id of the row in use */
	struct jws *decoy; /* of the form of a token, with a wrong signature */
	char problem[sizeof(((struct err *)0)->message)];
};

struct token_keys {
	pthread_rwlock_t lock;
	struct key_set *set; /* NULL: not loaded yet */
};

struct token_keys *token_keys_new(void)
{
	struct token_keys *k = mem_alloc(sizeof(*k));

	pthread_rwlock_init(&k->lock, NULL);
	return k;
}

static void key_set_free(struct key_set *s)
{
	if (!s)
		return;
	hsm_key_free(s->key);
	jws_free(s->decoy);
	arena_free(&s->arena);
	free(s);
}

void token_keys_free(struct token_keys *k)
{
	if (!k)
		return;
	key_set_free(k->set);
	pthread_rwlock_destroy(&k->lock);
	free(k);
}

/* ---- loading ---- */

static void key_id_of(struct span spki, char id[static KEY_ID_SIZE])
{
	struct digest d = sha256(spki);

	hex_text(span(d.bytes, KEY_ID_BYTES), id);
}

static bool may_have_live_tokens(const struct service_key_row *row, int64_t now)
{
	return row->retired_at == 0 || row->retired_at + TOKEN_TTL_MAX + TOKEN_CLOCK_SKEW > now;
}

static struct status take_rows(
    struct key_set *s, const struct service_key_row *rows, size_t n, int64_t now, struct err *err)
{
	s->known.keys = arena_alloc(&s->arena, n * sizeof(*s->known.keys));
	for (size_t i = 0; i < n; i++) {
		char id[KEY_ID_SIZE];

		if (!may_have_live_tokens(&rows[i], now))
			continue;
		key_id_of(rows[i].spki, id);
		if (!jws_key_from_spki(
			rows[i].spki, id, "ES256", &s->arena, &s->known.keys[s->known.count]))
			return err_set(
			    err, ERR_INTERNAL, "service key %s is no EC-P256 key", rows[i].key_uri);
		s->known.count++;
	}
	s->issuer = n > 0 ? rows[n - 1].issuer : NULL;
	s->newest = n > 0 ? rows[n - 1].id : 0;
	return STATUS_OK;
}

/* r = s = 1: a signature that is looked at in earnest, and fits nothing. */
static struct status make_decoy(struct key_set *s, struct err *err)
{
	static const uint8_t signature[2 * COORDINATE_SIZE] = {
	    [COORDINATE_SIZE - 1] = 1, [2 * COORDINATE_SIZE - 1] = 1};
	AUTO(buf) text = {0};

	base64url_encode(SPAN_LITERAL("{\"alg\":\"ES256\"}"), &text);
	buf_put_byte(&text, '.');
	base64url_encode(SPAN_LITERAL("{}"), &text);
	buf_put_byte(&text, '.');
	base64url_encode(SPAN_OF(signature), &text);
	return jws_read(buf_span(&text), &s->decoy, err);
}

static struct status fill(struct key_set *s, const struct service_key_context *c, struct err *err)
{
	struct service_key_row *rows;
	struct err why = {0};
	size_t n;

	if (service_key_open(c, SERVICE_KEY_TOKEN, &s->key, &why).ok)
		key_id_of(hsm_key_spki(s->key), s->key_id);
	else if (why.kind != ERR_DATABASE)
		snprintf(s->problem, sizeof(s->problem), "%s", why.message);
	else
		return err_set(err, ERR_DATABASE, "the token keys cannot be read");
	TRY(service_key_list(c->db, "token", &s->arena, &rows, &n, err));
	TRY(take_rows(s, rows, n, clock_now(c->clock), err));
	return make_decoy(s, err);
}

/* Opening a key file takes its time on purpose (scrypt): not when nothing has changed. */
static struct status is_current(
    struct token_keys *k, const struct service_key_context *c, bool *ret_current, struct err *err)
{
	AUTO(arena) arena = {0};
	struct service_key_row *rows;
	size_t n;

	TRY(service_key_list(c->db, "token", &arena, &rows, &n, err));
	pthread_rwlock_rdlock(&k->lock);
	*ret_current = k->set && k->set->key && n > 0 && rows[n - 1].id == k->set->newest;
	pthread_rwlock_unlock(&k->lock);
	return STATUS_OK;
}

struct status token_keys_load(
    struct token_keys *k, const struct service_key_context *c, struct err *err)
{
	struct key_set *next, *last;
	struct status filled;
	bool current = false;

	TRY(is_current(k, c, &current, err));
	if (current)
		return STATUS_OK;
	next = mem_alloc(sizeof(*next));
	filled = fill(next, c, err);
	if (!filled.ok) {
		key_set_free(next);
		return filled;
	}
	pthread_rwlock_wrlock(&k->lock);
	last = k->set;
	k->set = next;
	pthread_rwlock_unlock(&k->lock);
	key_set_free(last);
	return STATUS_OK;
}

bool token_keys_known(struct token_keys *k)
{
	bool known;

	pthread_rwlock_rdlock(&k->lock);
	known = k->set != NULL;
	pthread_rwlock_unlock(&k->lock);
	return known;
}

bool token_keys_can_sign(struct token_keys *k, char *why, size_t size)
{
	bool can;

	pthread_rwlock_rdlock(&k->lock);
	can = k->set && k->set->key;
	if (!can)
		snprintf(why, size, "%s", k->set ? k->set->problem : "not loaded yet");
	pthread_rwlock_unlock(&k->lock);
	return can;
}

/* ---- signing ---- */

static void put_json(const struct buf *json, struct buf *out)
{
	base64url_encode(buf_span(json), out);
}

static void put_header(const struct key_set *s, struct buf *out)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_str(&j, "alg", "ES256");
	json_str(&j, "kid", s->key_id);
	json_str(&j, "typ", "JWT");
	json_object_end(&j);
	put_json(&text, out);
}

static void put_claims(const struct key_set *s, const struct token_claims *c, struct buf *out)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_str(&j, "iss", s->issuer);
	json_str(&j, "aud", TOKEN_AUDIENCE);
	json_str(&j, "sub", c->principal);
	json_str(&j, "jti", c->jti);
	json_int(&j, "iat", c->issued_at);
	json_int(&j, "nbf", c->issued_at);
	json_int(&j, "exp", c->expires_at);
	json_object_end(&j);
	put_json(&text, out);
}

/* An INTEGER's contents as COORDINATE_SIZE octets. */
static bool put_coordinate(struct span *numbers, uint8_t out[static COORDINATE_SIZE])
{
	struct span n;

	if (!der_take(numbers, DER_INTEGER, &n))
		return false;
	while (n.n > 0 && n.p[0] == 0)
		n = span(n.p + 1, n.n - 1);
	if (n.n > COORDINATE_SIZE)
		return false;
	memcpy(out + COORDINATE_SIZE - n.n, n.p, n.n);
	return true;
}

/* RFC 7518 3.4: r and s one behind the other, where X9.62 has a SEQUENCE. */
static bool put_signature(struct span der, struct buf *out)
{
	uint8_t raw[2 * COORDINATE_SIZE] = {0};
	struct span numbers;

	if (!der_take(&der, DER_SEQUENCE, &numbers) || der.n > 0 ||
	    !put_coordinate(&numbers, raw) || !put_coordinate(&numbers, raw + COORDINATE_SIZE) ||
	    numbers.n > 0)
		return false;
	base64url_encode(SPAN_OF(raw), out);
	return true;
}

static struct status sign_by(
    const struct key_set *s, const struct token_claims *claims, struct buf *out, struct err *err)
{
	AUTO(buf) text = {0};
	AUTO(buf) signature = {0};

	put_header(s, &text);
	buf_put_byte(&text, '.');
	put_claims(s, claims, &text);
	TRY(hsm_sign(s->key, buf_span(&text), &signature, err));
	buf_put_byte(&text, '.');
	if (!put_signature(buf_span(&signature), &text))
		return err_set(err, ERR_KEY, "the token key made no ECDSA signature");
	buf_put(out, buf_span(&text));
	return STATUS_OK;
}

struct status token_sign(
    struct token_keys *k, const struct token_claims *claims, struct buf *out, struct err *err)
{
	struct status done;

	pthread_rwlock_rdlock(&k->lock);
	if (k->set && k->set->key) {
		done = sign_by(k->set, claims, out, err);
	} else {
		done = REFUSE_WHO(err, CREDENTIAL_KEYS_AWAY, "this node cannot sign tokens now");
		err_cause(err, "%s", k->set ? k->set->problem : "not loaded yet");
	}
	pthread_rwlock_unlock(&k->lock);
	return done;
}

/* ---- checking ---- */

static struct status check_claims(
    const struct key_set *s, const struct jws *t, int64_t now, struct err *err)
{
	const struct jws_times times = {.now = now, .skew = TOKEN_CLOCK_SKEW};
	const char *issuer = jws_text(t, "iss"), *jti = jws_text(t, "jti");
	int64_t ends = 0;

	if (!issuer || strcmp(issuer, s->issuer) != 0)
		return REFUSE_WHO(err, JWT_ISSUER, "iss is not %s", s->issuer);
	if (!jws_is_for(t, TOKEN_AUDIENCE))
		return REFUSE_WHO(err, JWT_AUDIENCE, "aud is not " TOKEN_AUDIENCE);
	TRY(jws_check_times(t, &times, err));
	/* The store says the same by its own clock; here nobody is let in late. */
	if (!jws_number(t, "exp", &ends) || now >= ends)
		return REFUSE_WHO(err, JWT_EXPIRED, "the token has ended");
	if (!jti || strlen(jti) != TOKEN_JTI_SIZE - 1 || !jws_text(t, "sub"))
		return REFUSE_WHO(err, JWT_CLAIM, "jti or sub is not one of ours");
	return STATUS_OK;
}

static struct status find_key(
    const struct key_set *s, const struct jws *t, const struct jws_key **ret_key, struct err *err)
{
	const char *id = jws_key_id(t);

	if (!id || jwks_find(&s->known, id, ret_key) != JWKS_ONE)
		return REFUSE_WHO(err, JWT_KEY_ID, "kid is not that of a key of ours");
	return STATUS_OK;
}

static void spend_time(const struct key_set *s)
{
	struct err unheard = {0};

	if (s->known.count > 0 && jws_verify(s->decoy, &s->known.keys[0], &unheard).ok)
		abort(); /* a signature of r = s = 1 that fits: OpenSSL is broken */
}

static struct status verify_by(const struct key_set *s, struct span text, int64_t now,
    struct arena *arena, struct token_claims *ret_claims, struct err *err)
{
	const struct jws_key *key = NULL;
	AUTO_REF(jws) t = NULL;
	struct status read = jws_read(text, &t, err);
	int64_t issued = 0, ends = 0;

	if (read.ok)
		read = find_key(s, t, &key, err);
	if (!read.ok) {
		spend_time(s);
		return read;
	}
	TRY(jws_verify(t, key, err));
	TRY(check_claims(s, t, now, err));
	if (!jws_number(t, "iat", &issued) || !jws_number(t, "exp", &ends))
		return REFUSE_WHO(err, JWT_CLAIM, "iat or exp is absent");
	*ret_claims = (struct token_claims){.jti = arena_strdup(arena, jws_text(t, "jti")),
	    .principal = arena_strdup(arena, jws_text(t, "sub")),
	    .issued_at = issued,
	    .expires_at = ends};
	return STATUS_OK;
}

struct status token_verify(struct token_keys *k, struct span text, int64_t now, struct arena *arena,
    struct token_claims *ret_claims, struct err *err)
{
	struct status done;

	pthread_rwlock_rdlock(&k->lock);
	if (k->set && k->set->issuer)
		done = verify_by(k->set, text, now, arena, ret_claims, err);
	else
		done = REFUSE_WHO(err, CREDENTIAL_KEYS_AWAY, "tokens cannot be checked yet");
	pthread_rwlock_unlock(&k->lock);
	return done;
}
