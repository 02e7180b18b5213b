/* access/jwks_cache.c: see jwks_cache.h. */
#include "access/jwks_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

/* What is known of one address. Under the lock, but for `busy`'s owner while it asks. */
struct entry {
	char *source; /* URL, or the set itself where the document has it */
	struct arena arena;
	struct jwks set; /* in the arena; count 0: none yet */
	int64_t fresh_until, asked_at, used_at;
	bool asked; /* asked_at says when */
	bool busy;  /* somebody is asking */
	char problem[200];
};

struct jwks_cache {
	pthread_mutex_t lock;
	struct fetcher fetcher;
	struct clock clock;
	struct entry *entries[JWKS_CACHE_MOST];
	size_t count;
};

struct jwks_cache *jwks_cache_new(const struct fetcher *fetcher, const struct clock *clock)
{
	struct jwks_cache *c = mem_alloc(sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	c->fetcher = *fetcher;
	c->clock = *clock;
	return c;
}

static void entry_free(struct entry *e)
{
	arena_free(&e->arena);
	free(e->source);
	free(e);
}

void jwks_cache_free(struct jwks_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		entry_free(c->entries[i]);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* ---- finding a place ---- */

/* The one that nobody used for longest and nobody is asking for; count: all are being asked for. */
static size_t oldest(const struct jwks_cache *c)
{
	size_t at = c->count;

	for (size_t i = 0; i < c->count; i++)
		if (!c->entries[i]->busy &&
		    (at == c->count || c->entries[i]->used_at < c->entries[at]->used_at))
			at = i;
	return at;
}

static struct entry *entry_of(struct jwks_cache *c, const char *source, int64_t now)
{
	struct entry *e;
	size_t at;

	for (size_t i = 0; i < c->count; i++) {
		if (strcmp(c->entries[i]->source, source) == 0) {
			c->entries[i]->used_at = now;
			return c->entries[i];
		}
	}
	at = c->count < JWKS_CACHE_MOST ? c->count : oldest(c);
	if (at == JWKS_CACHE_MOST)
		return NULL;
	if (at < c->count)
		entry_free(c->entries[at]);
	else
		c->count++;
	e = mem_alloc(sizeof(*e));
	e->source = mem_strdup(source);
	e->used_at = now;
	c->entries[at] = e;
	return e;
}

/* ---- asking ---- */

/* What came of a question, until it is put into the entry. */
struct answer {
	struct arena arena;
	struct jwks set;
	int64_t good_for;
};

static int64_t age_of(int64_t said)
{
	if (said < 0)
		return JWKS_AGE_STANDARD;
	if (said < JWKS_AGE_LEAST)
		return JWKS_AGE_LEAST;
	return said < JWKS_AGE_MOST ? said : JWKS_AGE_MOST;
}

static struct status ask(
    const struct jwks_cache *c, const char *url, struct answer *ret, struct err *err)
{
	const struct fetch_request q = {
	    .url = url, .accept = "application/json", .body_max = JWKS_SIZE_MAX};
	AUTO(fetch_response) r = {0};

	TRY(fetch(&c->fetcher, &q, &r, err));
	ret->good_for = age_of(r.max_age);
	return jwks_read(buf_span(&r.body), &ret->arena, &ret->set, err);
}

static void put_answer(struct entry *e, struct answer *a, int64_t now)
{
	arena_free(&e->arena);
	e->arena = a->arena;
	e->set = a->set;
	e->fresh_until = now + a->good_for;
	e->problem[0] = '\0';
}

/* An issuer's answer can be long; its beginning says enough. */
static void note_problem(struct entry *e, const struct err *why)
{
	(void)snprintf(
	    e->problem, sizeof(e->problem), "%.*s", (int)sizeof(e->problem) - 1, why->message);
}

/* Called with the lock, which is given up while the issuer is asked. */
static void refresh(struct jwks_cache *c, struct entry *e, int64_t now)
{
	struct answer a = {.good_for = 0};
	struct err why = {0};
	struct status asked;

	e->busy = true;
	e->asked = true;
	e->asked_at = now;
	pthread_mutex_unlock(&c->lock);
	asked = ask(c, e->source, &a, &why);
	pthread_mutex_lock(&c->lock);
	e->busy = false;
	if (asked.ok) {
		put_answer(e, &a, now);
		return;
	}
	arena_free(&a.arena);
	note_problem(e, &why);
}

/* A set that the document itself holds: read once, good for ever. */
static void read_offline(struct entry *e)
{
	struct answer a = {.good_for = 0};
	struct err why = {0};

	if (e->set.count > 0)
		return;
	if (jwks_read(span_str(e->source), &a.arena, &a.set, &why).ok) {
		put_answer(e, &a, 0);
		return;
	}
	arena_free(&a.arena);
	note_problem(e, &why);
}

/* ---- looking ---- */

static bool may_ask(const struct entry *e, int64_t now)
{
	/* A clock that went back must not silence us for ever. */
	return !e->busy && (!e->asked || now >= e->asked_at + JWKS_REFETCH || now < e->asked_at);
}

static bool is_usable(const struct entry *e, bool offline, int64_t now)
{
	return e->set.count > 0 && (offline || now < e->fresh_until + JWKS_STALE_MOST);
}

static struct status take_key(const struct entry *e, bool usable, const char *id,
    struct arena *arena, struct jws_key *ret_key, struct err *err)
{
	const struct jws_key *key = NULL;
	enum jwks_found found = usable ? jwks_find(&e->set, id, &key) : JWKS_NONE;

	if (found == JWKS_SEVERAL)
		return REFUSE_WHO(
		    err, JWT_KEY_ID, "kid '%.64s' names several keys of the issuer's set", id);
	if (found == JWKS_ONE) {
		*ret_key = (struct jws_key){.id = arena_strdup(arena, key->id),
		    .accepts = key->accepts,
		    .pem = arena_strdup(arena, key->pem)};
		return STATUS_OK;
	}
	if (usable && !e->busy)
		return REFUSE_WHO(
		    err, JWT_KEY_ID, "the issuer's set has no key of kid '%.64s'", id);
	(void)REFUSE_WHO(err, OIDC_KEYS, "the issuer's key set is not at hand");
	err_cause(err, "%s", e->busy ? "it is being asked for" : e->problem);
	return STATUS_FAILED;
}

static struct status look(struct jwks_cache *c, struct entry *e, bool offline, const char *id,
    struct arena *arena, struct jws_key *ret_key, struct err *err)
{
	int64_t now = clock_now(&c->clock);
	const struct jws_key *unused;
	bool due;

	if (offline) {
		read_offline(e);
	} else {
		due = now >= e->fresh_until || jwks_find(&e->set, id, &unused) == JWKS_NONE;
		if (due && may_ask(e, now))
			refresh(c, e, now);
	}
	return take_key(e, is_usable(e, offline, now), id, arena, ret_key, err);
}

struct status jwks_cache_key(struct jwks_cache *c, const struct oidc_issuer *issuer, const char *id,
    struct arena *arena, struct jws_key *ret_key, struct err *err)
{
	const char *source = issuer->jwks ? issuer->jwks : issuer->jwks_url;
	struct status done;
	struct entry *e;

	if (!source)
		return REFUSE_WHO(err, OIDC_KEYS, "the issuer has no key set");
	pthread_mutex_lock(&c->lock);
	e = entry_of(c, source, clock_now(&c->clock));
	if (e)
		done = look(c, e, issuer->jwks != NULL, id, arena, ret_key, err);
	else
		done = REFUSE_WHO(err, OIDC_KEYS, "too many issuers are asked at once");
	pthread_mutex_unlock(&c->lock);
	return done;
}
