/* ca/ocsp_cache.c: see ocsp_cache.h. */
#include "ca/ocsp_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ca/certificate.h"

/* Loops rarely meet in one of them. */
#define SHARDS 64
/* Places where a certificate may be: the one that was asked for longest ago makes room. */
#define WAYS 8
#define SETS (OCSP_CACHE_ENTRIES / SHARDS / WAYS)

struct entry {
	int64_t authority_id;
	uint8_t serial[CERTIFICATE_SERIAL_MAX];
	uint8_t serial_n; /* 0: nothing is here */
	struct ocsp_state state;
	uint64_t used; /* the shard's count of looks */
	struct ocsp_answer *answers[OCSP_SPELLINGS];
};

struct shard {
	_Alignas(64) pthread_mutex_t lock;
	uint64_t looks;
	struct entry entries[SETS][WAYS];
};

struct ocsp_cache {
	uint64_t seed;
	atomic_uint_fast64_t epoch;
	atomic_int_fast64_t heard_ms; /* monotonic; 0: never */
	atomic_size_t bytes;          /* of all answers that are kept */
	struct shard *shards;
};

/* ---- answers ---- */

struct ocsp_answer *ocsp_answer_new(void)
{
	struct ocsp_answer *a = mem_alloc(sizeof(*a));

	atomic_init(&a->references, 1);
	return a;
}

struct ocsp_answer *ocsp_answer_keep(struct ocsp_answer *a)
{
	atomic_fetch_add_explicit(&a->references, 1, memory_order_relaxed);
	return a;
}

void ocsp_answer_release(struct ocsp_answer *a)
{
	if (!a || atomic_fetch_sub(&a->references, 1) > 1)
		return;
	buf_free(&a->der);
	free(a);
}

static size_t size_of(const struct ocsp_answer *a)
{
	return sizeof(*a) + a->der.cap;
}

/* ---- places ---- */

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9fb21c651e98df25);
	return h ^ h >> 32;
}

/* Serial numbers are ours, and random: the seed keeps others from choosing among them. */
static uint64_t hash_of(const struct ocsp_cache *c, const struct ocsp_key *key)
{
	uint64_t words[3] = {0}, h = c->seed;

	memcpy(words, key->serial.p, key->serial.n);
	h = mix(h, (uint64_t)key->authority_id);
	for (size_t i = 0; i < COUNT(words); i++)
		h = mix(h, words[i]);
	return mix(h, key->serial.n);
}

struct place {
	struct shard *shard;
	struct entry *set; /* of WAYS */
};

static bool is_possible(const struct ocsp_key *key)
{
	return key->serial.n > 0 && key->serial.n <= CERTIFICATE_SERIAL_MAX;
}

static struct place lock(struct ocsp_cache *c, const struct ocsp_key *key)
{
	uint64_t h = hash_of(c, key);
	struct place p = {.shard = &c->shards[h % SHARDS]};

	p.set = p.shard->entries[h / SHARDS % SETS];
	pthread_mutex_lock(&p.shard->lock);
	p.shard->looks++;
	return p;
}

static void unlock(struct place p)
{
	pthread_mutex_unlock(&p.shard->lock);
}

static struct entry *entry_of(struct place p, const struct ocsp_key *key)
{
	for (size_t i = 0; i < WAYS; i++) {
		struct entry *e = p.set + i;

		if (e->serial_n == key->serial.n && e->authority_id == key->authority_id &&
		    memcmp(e->serial, key->serial.p, key->serial.n) == 0) {
			e->used = p.shard->looks;
			return e;
		}
	}
	return NULL;
}

static void drop_answer(struct ocsp_cache *c, struct entry *e, size_t spelling)
{
	if (!e->answers[spelling])
		return;
	atomic_fetch_sub(&c->bytes, size_of(e->answers[spelling]));
	ocsp_answer_release(e->answers[spelling]);
	e->answers[spelling] = NULL;
}

static void empty(struct ocsp_cache *c, struct entry *e)
{
	for (size_t i = 0; i < OCSP_SPELLINGS; i++)
		drop_answer(c, e, i);
	e->serial_n = 0;
}

static struct entry *room(struct ocsp_cache *c, struct place p)
{
	struct entry *oldest = p.set;

	for (size_t i = 0; i < WAYS; i++) {
		if (p.set[i].serial_n == 0)
			return p.set + i;
		if (p.set[i].used < oldest->used)
			oldest = p.set + i;
	}
	empty(c, oldest);
	return oldest;
}

/* ---- finding and keeping ---- */

uint64_t ocsp_cache_epoch(struct ocsp_cache *c)
{
	return atomic_load(&c->epoch);
}

bool ocsp_cache_find(struct ocsp_cache *c, const struct ocsp_key *key, unsigned spelling,
    struct ocsp_state *ret_state, struct ocsp_answer **ret_answer)
{
	const struct entry *e;
	struct place p;

	if (!is_possible(key))
		return false;
	p = lock(c, key);
	e = entry_of(p, key);
	if (e) {
		*ret_state = e->state;
		*ret_answer = spelling < OCSP_SPELLINGS && e->answers[spelling]
				  ? ocsp_answer_keep(e->answers[spelling])
				  : NULL;
	}
	unlock(p);
	return e != NULL;
}

void ocsp_cache_keep_state(struct ocsp_cache *c, uint64_t epoch, const struct ocsp_key *key,
    const struct ocsp_state *state)
{
	struct place p;
	struct entry *e;

	if (!is_possible(key) || state->status == OCSP_UNKNOWN)
		return;
	p = lock(c, key);
	/* Looked at under the lock: who drops counts up first, and then wants this lock. */
	if (atomic_load(&c->epoch) == epoch && !entry_of(p, key)) {
		e = room(c, p);
		e->authority_id = key->authority_id;
		memcpy(e->serial, key->serial.p, key->serial.n);
		e->serial_n = (uint8_t)key->serial.n;
		e->state = *state;
		e->used = p.shard->looks;
	}
	unlock(p);
}

/* Answers that others in the set hold make room; where that is not enough, it is not kept. */
static bool make_room(struct ocsp_cache *c, struct place p, size_t n)
{
	for (size_t i = 0; i < WAYS && atomic_load(&c->bytes) + n > OCSP_CACHE_BYTES; i++)
		for (size_t j = 0; j < OCSP_SPELLINGS; j++)
			drop_answer(c, p.set + i, j);
	if (atomic_fetch_add(&c->bytes, n) + n <= OCSP_CACHE_BYTES)
		return true;
	atomic_fetch_sub(&c->bytes, n);
	return false;
}

void ocsp_cache_keep_answer(struct ocsp_cache *c, uint64_t epoch, const struct ocsp_key *key,
    unsigned spelling, struct ocsp_answer *answer)
{
	struct place p;
	struct entry *e;

	if (!is_possible(key) || spelling >= OCSP_SPELLINGS)
		return;
	p = lock(c, key);
	e = entry_of(p, key);
	if (e && atomic_load(&c->epoch) == epoch) {
		drop_answer(c, e, spelling);
		if (make_room(c, p, size_of(answer)))
			e->answers[spelling] = ocsp_answer_keep(answer);
	}
	unlock(p);
}

/* ---- dropping ---- */

void ocsp_cache_drop(struct ocsp_cache *c, const struct ocsp_key *key)
{
	struct place p;
	struct entry *e;

	atomic_fetch_add(&c->epoch, 1);
	if (!is_possible(key))
		return;
	p = lock(c, key);
	e = entry_of(p, key);
	if (e)
		empty(c, e);
	unlock(p);
}

void ocsp_cache_clear(struct ocsp_cache *c)
{
	atomic_fetch_add(&c->epoch, 1);
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *s = &c->shards[i];

		pthread_mutex_lock(&s->lock);
		for (size_t j = 0; j < SETS; j++)
			for (size_t k = 0; k < WAYS; k++)
				empty(c, &s->entries[j][k]);
		pthread_mutex_unlock(&s->lock);
	}
}

/* ---- freshness ---- */

void ocsp_cache_heard(struct ocsp_cache *c, int64_t at_ms)
{
	atomic_store(&c->heard_ms, at_ms);
}

int64_t ocsp_cache_age(struct ocsp_cache *c)
{
	int64_t heard = atomic_load(&c->heard_ms);

	return heard == 0 ? INT64_MAX : monotonic_ms() - heard;
}

bool ocsp_cache_is_fresh(struct ocsp_cache *c)
{
	return ocsp_cache_age(c) <= OCSP_FRESH_MS;
}

/* ---- making and ending ---- */

struct ocsp_cache *ocsp_cache_new(uint64_t seed)
{
	struct ocsp_cache *c = mem_alloc(sizeof(*c));

	c->seed = seed;
	/* Pages that nobody has asked for cost nothing. */
	c->shards = aligned_alloc(_Alignof(struct shard), SHARDS * sizeof(*c->shards));
	if (!c->shards)
		abort(); /* as mem_alloc() does */
	memset(c->shards, 0, SHARDS * sizeof(*c->shards));
	for (size_t i = 0; i < SHARDS; i++)
		pthread_mutex_init(&c->shards[i].lock, NULL);
	return c;
}

void ocsp_cache_free(struct ocsp_cache *c)
{
	if (!c)
		return;
	ocsp_cache_clear(c);
	for (size_t i = 0; i < SHARDS; i++)
		pthread_mutex_destroy(&c->shards[i].lock);
	free(c->shards);
	free(c);
}
