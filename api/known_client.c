/* api/known_client.c: see known_client.h. */
#include "api/known_client.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 4096 /* x 40 bytes; who falls into one together takes it from the other */

struct known_clients {
	pthread_mutex_t lock;
	struct place {
		struct digest certificate;
		int64_t until_ms; /* 0: free */
	} places[PLACES];
};

struct known_clients *known_clients_new(void)
{
	struct known_clients *k = mem_alloc(sizeof(*k));

	pthread_mutex_init(&k->lock, NULL);
	return k;
}

void known_clients_free(struct known_clients *k)
{
	if (!k)
		return;
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static struct place *place_of(struct known_clients *k, const struct digest *certificate)
{
	return &k->places[(size_t)(certificate->bytes[0] << 8 | certificate->bytes[1]) % PLACES];
}

bool known_client(struct known_clients *k, const struct digest *certificate, int64_t now_ms)
{
	const struct place *p = place_of(k, certificate);
	bool known;

	pthread_mutex_lock(&k->lock);
	known = p->until_ms > now_ms &&
		memcmp(p->certificate.bytes, certificate->bytes, SHA256_SIZE) == 0;
	pthread_mutex_unlock(&k->lock);
	return known;
}

void known_client_add(struct known_clients *k, const struct digest *certificate, int64_t now_ms)
{
	struct place *p = place_of(k, certificate);

	pthread_mutex_lock(&k->lock);
	p->certificate = *certificate;
	p->until_ms = now_ms + KNOWN_CLIENT_MS;
	pthread_mutex_unlock(&k->lock);
}
