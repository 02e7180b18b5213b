/* api/attempt.c: see attempt.h. */
#include "api/attempt.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 1024
#define WAYS 8

struct place {
	uint8_t network[8]; /* IPv4: mapped */
	bool used;
	int64_t full_again_ms; /* the later, the emptier */
};

struct attempts {
	pthread_mutex_t lock;
	uint64_t seed;
	struct place rows[ROWS][WAYS];
};

struct attempts *attempts_new(uint64_t seed)
{
	struct attempts *a = mem_alloc(sizeof(*a));

	pthread_mutex_init(&a->lock, NULL);
	a->seed = seed;
	return a;
}

void attempts_free(struct attempts *a)
{
	if (!a)
		return;
	pthread_mutex_destroy(&a->lock);
	free(a);
}

/* What is counted: four bytes of IPv4 behind four that no /64 in use begins with, or a /64. */
static void network_of(const char *address, uint8_t network[static 8])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint8_t bytes[16];

	memset(network, 0, 8);
	if (inet_pton(AF_INET, address, network + 4) == 1)
		return;
	if (inet_pton(AF_INET6, address, bytes) != 1)
		return; /* a socket that has no address: all of them are one */
	if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
		memcpy(network + 4, bytes + 12, 4);
	else
		memcpy(network, bytes, 8);
}

/* SplitMix64's finisher: who does not know the seed cannot choose a row. */
static size_t row_of(uint64_t seed, const uint8_t network[static 8])
{
	uint64_t x;

	memcpy(&x, network, sizeof(x));
	x ^= seed;
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (size_t)((x ^ (x >> 31)) % ROWS);
}

/* Its place, or the one that it would take: an unused one, or the fullest. */
static struct place *find(struct attempts *a, const uint8_t network[static 8])
{
	struct place *row = a->rows[row_of(a->seed, network)], *best = &row[0];

	for (size_t i = 0; i < WAYS; i++) {
		if (row[i].used && memcmp(row[i].network, network, 8) == 0)
			return &row[i];
		if (best->used && (!row[i].used || row[i].full_again_ms < best->full_again_ms))
			best = &row[i];
	}
	return best;
}

static bool is_of(const struct place *p, const uint8_t network[static 8])
{
	return p->used && memcmp(p->network, network, 8) == 0;
}

bool attempts_may(struct attempts *a, const char *address, int64_t now_ms)
{
	uint8_t network[8];
	struct place *p;
	bool may;

	network_of(address, network);
	pthread_mutex_lock(&a->lock);
	p = find(a, network);
	may = !is_of(p, network) ||
	      p->full_again_ms - now_ms <= (int64_t)ATTEMPT_EACH_MS * (ATTEMPT_BURST - 1);
	pthread_mutex_unlock(&a->lock);
	return may;
}

void attempts_failed(struct attempts *a, const char *address, int64_t now_ms)
{
	uint8_t network[8];
	struct place *p;

	network_of(address, network);
	pthread_mutex_lock(&a->lock);
	p = find(a, network);
	if (!is_of(p, network)) {
		*p = (struct place){.used = true};
		memcpy(p->network, network, sizeof(network));
	}
	if (p->full_again_ms < now_ms)
		p->full_again_ms = now_ms;
	p->full_again_ms += ATTEMPT_EACH_MS;
	pthread_mutex_unlock(&a->lock);
}
