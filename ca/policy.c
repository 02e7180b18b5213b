/* ca/policy.c: look-ups in a snapshot, its references, and the one place that says which is
 * current. */
#include "ca/policy_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- look-ups ---- */

#define FIND_BY_NAME(array, count, wanted)                          \
	do {                                                        \
		for (size_t i = 0; (wanted) && i < (count); i++)    \
			if (strcmp((array)[i].name, (wanted)) == 0) \
				return &(array)[i];                 \
		return NULL;                                        \
	} while (0)

struct authority *policy_authority(const struct policy *p, const char *name)
{
	FIND_BY_NAME(p->authorities, p->authority_count, name);
}

struct profile *policy_profile(const struct policy *p, const char *name)
{
	FIND_BY_NAME(p->profiles, p->profile_count, name);
}

struct trust_anchor *policy_anchor(const struct policy *p, const char *name)
{
	FIND_BY_NAME(p->anchors, p->anchor_count, name);
}

struct product *policy_product(const struct policy *p, const char *manufacturer, const char *model)
{
	for (size_t i = 0; i < p->product_count; i++) {
		struct product *q = &p->products[i];

		if (strcmp(q->manufacturer, manufacturer) == 0 && strcmp(q->model, model) == 0)
			return q;
	}
	return NULL;
}

static struct label *unlabelled(const struct policy *p)
{
	for (size_t i = 0; i < p->label_count; i++)
		if (p->labels[i].unlabelled)
			return &p->labels[i];
	return NULL;
}

struct label *policy_label(const struct policy *p, const char *segment)
{
	if (!segment || !segment[0])
		return unlabelled(p);
	FIND_BY_NAME(p->labels, p->label_count, segment);
}

struct authority *policy_authority_by_ski(const struct policy *p, struct span ski)
{
	for (size_t i = 0; ski.n > 0 && i < p->authority_count; i++)
		if (span_equal(p->authorities[i].ski, ski))
			return &p->authorities[i];
	return NULL;
}

/* ---- references ---- */

struct policy *policy_new(void)
{
	struct policy *p = mem_alloc(sizeof(*p));

	__atomic_store_n(&p->references, 1, __ATOMIC_RELAXED);
	return p;
}

static void free_field(struct identity_field *f)
{
	if (f->compiled)
		regfree(f->compiled);
}

static void policy_free(struct policy *p)
{
	for (size_t i = 0; i < p->authority_count; i++)
		hsm_key_free(p->authorities[i].key);
	for (size_t i = 0; i < p->anchor_count; i++) {
		X509_free(p->anchors[i].x509);
		EVP_PKEY_free(p->anchors[i].key);
		free_field(&p->anchors[i].product);
		free_field(&p->anchors[i].serial);
	}
	arena_free(&p->arena);
	free(p);
}

void policy_release(struct policy *p)
{
	/* Release: our reads are over before another thread frees. Acquire: theirs before we do. */
	if (p && __atomic_fetch_sub(&p->references, 1, __ATOMIC_ACQ_REL) == 1)
		policy_free(p);
}

/* ---- holder ---- */

struct policy_holder {
	pthread_mutex_t
	    lock; /* between reading `current` and taking a reference nobody may free it */
	pthread_mutex_t loading; /* taken before `lock`: one loads, the others wait for it */
	struct policy *current;
};

struct policy_holder *policy_holder_new(void)
{
	struct policy_holder *h = mem_alloc(sizeof(*h));

	if (pthread_mutex_init(&h->lock, NULL) != 0 || pthread_mutex_init(&h->loading, NULL) != 0)
		abort();
	return h;
}

void policy_holder_free(struct policy_holder *h)
{
	if (!h)
		return;
	policy_release(h->current);
	(void)pthread_mutex_destroy(&h->lock);
	(void)pthread_mutex_destroy(&h->loading);
	free(h);
}

struct policy *policy_current(struct policy_holder *h)
{
	struct policy *p;

	(void)pthread_mutex_lock(&h->lock);
	p = h->current;
	if (p)
		(void)__atomic_fetch_add(&p->references, 1, __ATOMIC_RELAXED);
	(void)pthread_mutex_unlock(&h->lock);
	return p;
}

void policy_swap(struct policy_holder *h, struct policy *next)
{
	struct policy *last;

	(void)pthread_mutex_lock(&h->lock);
	last = h->current;
	h->current = next;
	(void)pthread_mutex_unlock(&h->lock);
	policy_release(last);
}

static bool is_older(struct policy_holder *h, int64_t version)
{
	bool older;

	(void)pthread_mutex_lock(&h->lock);
	older = !h->current || h->current->version < version;
	(void)pthread_mutex_unlock(&h->lock);
	return older;
}

static struct status load_newer(
    struct policy_holder *h, struct db *db, struct hsm *hsm, int64_t seen, struct err *err)
{
	struct policy *next;

	if (!is_older(h, seen))
		return STATUS_OK;
	TRY(policy_load(db, hsm, &next, err));
	/* Whoever swaps without waiting for us may have been quicker. */
	if (is_older(h, next->version))
		policy_swap(h, next);
	else
		policy_release(next);
	return STATUS_OK;
}

struct status policy_refresh(
    struct policy_holder *h, struct db *db, struct hsm *hsm, int64_t seen, struct err *err)
{
	struct status done;

	if (!is_older(h, seen))
		return STATUS_OK;
	(void)pthread_mutex_lock(&h->loading);
	done = load_newer(h, db, hsm, seen, err);
	(void)pthread_mutex_unlock(&h->loading);
	return done;
}
