/* ca/ocsp_board.c: see ocsp_board.h. */
#include "ca/ocsp_board.h"

#include <stdlib.h>
#include <string.h>

/* ---- signers ---- */

/* RSA and ML-DSA take a millisecond or so: a loop has others waiting. */
static bool is_quick(const struct key_algorithm *a)
{
	static const char *const quick[] = {"EC-P256", "Ed25519"};

	for (size_t i = 0; i < COUNT(quick); i++)
		if (strcmp(a->name, quick[i]) == 0)
			return true;
	return false;
}

struct ocsp_signer *ocsp_signer_new(struct hsm_key *key, struct span certificate,
    int64_t not_before, int64_t not_after, uint32_t number)
{
	struct ocsp_signer *s = mem_alloc(sizeof(*s));

	atomic_init(&s->references, 1);
	s->key = key;
	buf_put(&s->certificate, certificate);
	s->not_before = not_before;
	s->not_after = not_after;
	s->number = number;
	s->quick = is_quick(hsm_key_algorithm(key));
	return s;
}

struct ocsp_signer *ocsp_signer_keep(struct ocsp_signer *s)
{
	atomic_fetch_add(&s->references, 1);
	return s;
}

void ocsp_signer_release(struct ocsp_signer *s)
{
	if (!s || atomic_fetch_sub(&s->references, 1) > 1)
		return;
	hsm_key_free(s->key);
	buf_free(&s->certificate);
	free(s);
}

/* ---- boards ---- */

static void name_issuer(struct ocsp_responder *r, const struct authority *a)
{
	struct span bits;

	if (!ocsp_key_bits(a->spki, &bits))
		return; /* named by nobody */
	for (size_t i = 0; i < OCSP_HASHES; i++) {
		struct ocsp_issuer_hash *h = &r->hashes[i];

		h->n = ocsp_hash_of((enum ocsp_hash)i, a->subject, h->name);
		ocsp_hash_of((enum ocsp_hash)i, bits, h->key);
	}
}

struct ocsp_board *ocsp_board_new(const struct policy *policy)
{
	struct ocsp_board *b =
	    mem_alloc(sizeof(*b) + policy->authority_count * sizeof(b->responders[0]));

	atomic_init(&b->references, 1);
	b->policy_version = policy->version;
	b->count = policy->authority_count;
	for (size_t i = 0; i < b->count; i++) {
		const struct authority *a = &policy->authorities[i];
		struct ocsp_responder *r = &b->responders[i];

		r->authority_id = a->id;
		r->offline = !a->key_uri;
		r->validity = a->ocsp_validity ? a->ocsp_validity : OCSP_VALIDITY_STANDARD;
		r->max_age = a->ocsp_max_age ? a->ocsp_max_age : OCSP_MAX_AGE_STANDARD;
		name_issuer(r, a);
	}
	return b;
}

struct ocsp_board *ocsp_board_keep(struct ocsp_board *b)
{
	atomic_fetch_add(&b->references, 1);
	return b;
}

void ocsp_board_release(struct ocsp_board *b)
{
	if (!b || atomic_fetch_sub(&b->references, 1) > 1)
		return;
	for (size_t i = 0; i < b->count; i++)
		ocsp_signer_release(b->responders[i].signer);
	free(b);
}

const struct ocsp_responder *ocsp_board_find(
    const struct ocsp_board *b, const struct ocsp_cert_id *cert)
{
	for (size_t i = 0; cert->hash < OCSP_HASHES && i < b->count; i++) {
		const struct ocsp_issuer_hash *h = &b->responders[i].hashes[cert->hash];

		if (h->n > 0 && span_equal(cert->key_hash, span(h->key, h->n)) &&
		    span_equal(cert->name_hash, span(h->name, h->n)))
			return &b->responders[i];
	}
	return NULL;
}
