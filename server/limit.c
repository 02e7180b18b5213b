#include "server/limit.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SETS 1024 /* x 4 ways x 32 bytes: 128 KiB, 4,096 addresses at once */
#define WAYS 4

struct bucket {
	uint64_t key[2]; /* the address; 0, 0: free */
	int64_t milli_tokens;
	int64_t updated_ms;
};

struct limiter {
	pthread_mutex_t lock;
	int64_t rate;  /* tokens a second: milli-tokens a millisecond */
	int64_t burst; /* in milli-tokens */
	uint64_t seed;
	struct bucket sets[SETS][WAYS];
};

struct limits limits_standard(void)
{
	return (struct limits){
	    .connections = LIMIT_CONNECTIONS,
	    .handshake_rate = LIMIT_HANDSHAKE_RATE,
	    .handshake_burst = LIMIT_HANDSHAKE_BURST,
	    .requests_per_address = LIMIT_REQUESTS_PER_ADDRESS,
	    .header_bytes = LIMIT_HEADER_BYTES,
	    .body_bytes = LIMIT_BODY_BYTES,
	    .handshake_seconds = LIMIT_HANDSHAKE_SECONDS,
	    .header_seconds = LIMIT_HEADER_SECONDS,
	    .body_seconds = LIMIT_BODY_SECONDS,
	    .idle_seconds = LIMIT_IDLE_SECONDS,
	    .write_seconds = LIMIT_WRITE_SECONDS,
	};
}

struct limiter *limiter_new(int64_t rate, int64_t burst, uint64_t seed)
{
	struct limiter *l = mem_alloc(sizeof(*l));

	pthread_mutex_init(&l->lock, NULL);
	l->rate = rate;
	l->burst = (burst > 0 ? burst : 1) * 1000;
	l->seed = seed;
	return l;
}

void limiter_free(struct limiter *l)
{
	if (!l)
		return;
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* IPv4 as itself, also when it comes mapped into IPv6; IPv6 as its /64. False: neither. */
static bool address_key(const struct sockaddr *address, uint64_t key[static 2])
{
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;
	uint32_t low;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		key[0] = v4.sin_addr.s_addr;
		key[1] = 4;
		return true;
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&v6, address, sizeof(v6));
	if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
		memcpy(&low, v6.sin6_addr.s6_addr + 12, sizeof(low));
		key[0] = low;
		key[1] = 4;
		return true;
	}
	memcpy(&key[0], v6.sin6_addr.s6_addr, sizeof(key[0]));
	key[1] = 6;
	return true;
}

/* Mixes well enough with a secret seed that a stranger cannot aim at one set. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static void refill(const struct limiter *l, struct bucket *b, int64_t now_ms)
{
	int64_t passed = now_ms - b->updated_ms;

	if (passed <= 0)
		return;
	b->updated_ms = now_ms;
	if (passed > l->burst / l->rate)
		b->milli_tokens = l->burst;
	else
		b->milli_tokens += passed * l->rate;
	if (b->milli_tokens > l->burst)
		b->milli_tokens = l->burst;
}

static struct bucket *find(struct limiter *l, const uint64_t key[static 2], int64_t now_ms)
{
	struct bucket *set = l->sets[mix(mix(key[0] ^ l->seed) + key[1]) % SETS];
	struct bucket *victim = NULL;

	for (int i = 0; i < WAYS; i++) {
		struct bucket *b = &set[i];

		if (b->key[0] == key[0] && b->key[1] == key[1]) {
			refill(l, b, now_ms);
			return b;
		}
		if (b->key[1])
			refill(l, b, now_ms);
		if (!victim || (victim->key[1] && !b->key[1]) ||
		    (victim->key[1] && b->milli_tokens > victim->milli_tokens))
			victim = b;
	}
	*victim = (struct bucket){{key[0], key[1]}, l->burst, now_ms};
	return victim;
}

bool limiter_take(struct limiter *l, const struct sockaddr *address, int64_t now_ms)
{
	struct bucket *b;
	uint64_t key[2];
	bool pass;

	if (l->rate <= 0 || !address_key(address, key))
		return true;
	pthread_mutex_lock(&l->lock);
	b = find(l, key, now_ms);
	pass = b->milli_tokens >= 1000;
	if (pass)
		b->milli_tokens -= 1000;
	pthread_mutex_unlock(&l->lock);
	return pass;
}

/* ---- shares ---- */

struct share {
	uint64_t key[2];
	int64_t requests;
	struct share *next; /* with the same hash, or free */
};

struct shares {
	pthread_mutex_t lock;
	int64_t most;
	uint64_t seed;
	size_t capacity;
	struct share *places, *unused;
	struct share **heads; /* by hash; as many as places */
};

struct shares *shares_new(int64_t most, size_t capacity, uint64_t seed)
{
	struct shares *s = mem_alloc(sizeof(*s));

	pthread_mutex_init(&s->lock, NULL);
	s->most = most;
	s->seed = seed;
	s->capacity = capacity;
	s->places = mem_array(capacity, sizeof(*s->places));
	s->heads = mem_array(capacity, sizeof(struct share *));
	for (size_t i = 0; i < capacity; i++) {
		s->places[i].next = s->unused;
		s->unused = &s->places[i];
	}
	return s;
}

void shares_free(struct shares *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s->places);
	free(s->heads);
	free(s);
}

/* The link to the share of this address, or the one where it would be. */
static struct share **share_link(struct shares *s, const uint64_t key[static 2])
{
	struct share **at = &s->heads[mix(mix(key[0] ^ s->seed) + key[1]) % s->capacity];

	while (*at && ((*at)->key[0] != key[0] || (*at)->key[1] != key[1]))
		at = &(*at)->next;
	return at;
}

/* With the lock. */
static bool take_share(struct shares *s, const uint64_t key[static 2])
{
	struct share **at = share_link(s, key);
	struct share *share = *at;

	if (!share) {
		share = s->unused;
		if (!share)
			return false;
		s->unused = share->next;
		*share = (struct share){.key = {key[0], key[1]}};
		*at = share;
	}
	if (share->requests >= s->most)
		return false;
	share->requests++;
	return true;
}

bool shares_take(struct shares *s, const struct sockaddr *address)
{
	uint64_t key[2];
	bool taken;

	if (s->most <= 0 || !address_key(address, key))
		return true;
	pthread_mutex_lock(&s->lock);
	taken = take_share(s, key);
	pthread_mutex_unlock(&s->lock);
	return taken;
}

void shares_drop(struct shares *s, const struct sockaddr *address)
{
	struct share **at, *share;
	uint64_t key[2];

	if (s->most <= 0 || !address_key(address, key))
		return;
	pthread_mutex_lock(&s->lock);
	at = share_link(s, key);
	share = *at;
	if (share && --share->requests == 0) {
		*at = share->next;
		share->next = s->unused;
		s->unused = share;
	}
	pthread_mutex_unlock(&s->lock);
}
