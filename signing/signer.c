/* signing/signer.c: see signer.h. */
#include "signing/signer.h"

#include <openssl/pem.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "signing/release_internal.h"

/* More keys than anybody's channels have; the one that was opened first makes room. */
#define KEPT_MAX 128

DEFINE_AUTO_PTR(BIO, BIO_free)

/* What is handed out is its first member. */
struct opened_key {
	struct signer_key key;
	atomic_int refs; /* the signer's and those of who holds it */
	struct hsm_key *hsm;
	struct cose_key_owned owned;
	struct buf chain;
	/* as the document said */
	char *key_uri, *public_key, *chain_pem;
	int algorithm;
};

struct signer {
	struct hsm *hsm;
	pthread_mutex_t lock;
	size_t count;
	struct opened_key *kept[KEPT_MAX];
};

struct signer *signer_new(struct hsm *hsm)
{
	struct signer *s = mem_alloc(sizeof(*s));

	s->hsm = hsm;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void signer_free(struct signer *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		signer_key_free(&s->kept[i]->key);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void opened_free(struct opened_key *o)
{
	hsm_key_free(o->hsm);
	cose_key_owned_free(&o->owned);
	buf_free(&o->chain);
	free(o->key_uri);
	free(o->public_key);
	free(o->chain_pem);
	free(o);
}

void signer_key_free(struct signer_key *k)
{
	struct opened_key *o = (struct opened_key *)k;

	if (o && atomic_fetch_sub(&o->refs, 1) == 1)
		opened_free(o);
}

/* ---- opening ---- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_of(const struct opened_key *o, const struct signing_key *d)
{
	return o->algorithm == d->algorithm && strcmp(o->key_uri, d->key_uri) == 0 &&
	       strcmp(o->public_key, d->public_key) == 0 && same_text(o->chain_pem, d->chain);
}

static struct status open_hsm(
    struct hsm *hsm, const struct signing_key *d, struct hsm_key **ret_key, struct err *err)
{
	AUTO_REF(hsm_key) key = NULL;
	AUTO(buf) spki = {0};
	struct err why = {0};

	if (!hsm_key_open(hsm, d->key_uri, &key, &why).ok) {
		if (why.kind == ERR_MISSING)
			return REFUSE(err, RELEASE_KEY,
			    "this node has no key %s, which signing-key '%.63s' names", d->key_uri,
			    d->name);
		*err = why;
		return STATUS_FAILED;
	}
	TRY(base64_decode(span_str(d->public_key), &spki, err));
	if (!span_equal(hsm_key_spki(key), buf_span(&spki)))
		return REFUSE(err, RELEASE_KEY,
		    "%s of this node is another key than the one of signing-key '%.63s'",
		    d->key_uri, d->name);
	*ret_key = TAKE(key);
	return STATUS_OK;
}

/* Offsets first: the buffer moves while it grows. */
static struct status read_chain(struct opened_key *o, const char *pem, struct err *err)
{
	AUTO_PTR(BIO) in = BIO_new_mem_buf(pem, -1);
	size_t ends[SIGNER_CHAIN_MAX], n = 0;
	X509 *certificate;

	while ((certificate = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
		unsigned char *der = NULL;
		const int size = i2d_X509(certificate, &der);

		X509_free(certificate);
		if (size <= 0 || n == SIGNER_CHAIN_MAX) {
			OPENSSL_free(der);
			return REFUSE(err, RELEASE_KEY, "its chain has more than %d certificates",
			    SIGNER_CHAIN_MAX);
		}
		buf_put(&o->chain, span(der, (size_t)size));
		OPENSSL_free(der);
		ends[n++] = o->chain.n;
	}
	for (size_t i = 0, start = 0; i < n; start = ends[i++])
		o->key.chain[i] = span(o->chain.p + start, ends[i] - start);
	o->key.chain_count = n;
	return STATUS_OK;
}

static struct status fill(
    struct hsm *hsm, const struct signing_key *d, struct opened_key *o, struct err *err)
{
	o->key_uri = mem_strdup(d->key_uri);
	o->public_key = mem_strdup(d->public_key);
	o->chain_pem = d->chain ? mem_strdup(d->chain) : NULL;
	o->algorithm = d->algorithm;
	TRY(open_hsm(hsm, d, &o->hsm, err));
	TRY(cose_key_from_spki(hsm_key_spki(o->hsm), &o->owned, err));
	o->key.algorithm = cose_algorithm_by_name(signing_algorithms[d->algorithm]);
	o->key.kind = hsm_key_algorithm(o->hsm);
	o->key.public = cose_key_of(&o->owned);
	o->key.public.algorithm = o->key.algorithm;
	memcpy(o->key.kid, o->owned.kid, sizeof(o->key.kid));
	if (!cose_algorithm_fits(o->owned.algorithm, o->key.algorithm))
		return REFUSE(err, RELEASE_KEY, "signing-key '%.63s' cannot sign by %s", d->name,
		    signing_algorithms[d->algorithm]);
	return d->chain ? read_chain(o, d->chain, err) : STATUS_OK;
}

static struct opened_key *find(struct signer *s, const struct signing_key *d)
{
	for (size_t i = 0; i < s->count; i++)
		if (is_of(s->kept[i], d))
			return s->kept[i];
	return NULL;
}

static void keep(struct signer *s, struct opened_key *o)
{
	if (s->count == KEPT_MAX) {
		signer_key_free(&s->kept[0]->key);
		memmove(&s->kept[0], &s->kept[1], (KEPT_MAX - 1) * sizeof(s->kept[0]));
		s->count--;
	}
	atomic_fetch_add(&o->refs, 1);
	s->kept[s->count++] = o;
}

/* Under the lock: opening costs a scrypt, once. */
static struct status find_or_open(
    struct signer *s, const struct signing_key *d, struct opened_key **ret_key, struct err *err)
{
	struct opened_key *o = find(s, d);

	if (!o) {
		o = mem_alloc(sizeof(*o));
		if (!fill(s->hsm, d, o, err).ok) {
			opened_free(o);
			return STATUS_FAILED;
		}
		keep(s, o);
	}
	atomic_fetch_add(&o->refs, 1);
	*ret_key = o;
	return STATUS_OK;
}

struct status signer_open(struct signer *s, const struct signing_key *document,
    struct signer_key **ret_key, struct err *err)
{
	struct opened_key *o = NULL;
	struct status done;

	pthread_mutex_lock(&s->lock);
	done = find_or_open(s, document, &o, err);
	pthread_mutex_unlock(&s->lock);
	if (done.ok)
		*ret_key = &o->key;
	return done;
}

/* ---- signing ---- */

struct status signer_sign(
    const struct signer_key *k, struct span message, struct buf *out, struct err *err)
{
	const struct opened_key *o = (const struct opened_key *)k;

	return hsm_sign(o->hsm, message, out, err);
}

struct status signer_sign_raw(
    const struct signer_key *k, struct span message, struct buf *out, struct err *err)
{
	AUTO(buf) native = {0};

	TRY(signer_sign(k, message, &native, err));
	return cose_signature_from_native(k->algorithm, buf_span(&native), out, err);
}

struct status signer_cose(const struct signer_key *k, struct span external_aad, struct span payload,
    struct buf *room, struct cose_made *ret_made, struct err *err)
{
	AUTO(buf) tbs = {0};

	cose_put_tbs(k->algorithm, SPAN_OF(k->kid), external_aad, payload, &tbs);
	TRY(signer_sign_raw(k, buf_span(&tbs), room, err));
	*ret_made = (struct cose_made){
	    .algorithm = k->algorithm, .kid = SPAN_OF(k->kid), .signature = buf_span(room)};
	return STATUS_OK;
}
