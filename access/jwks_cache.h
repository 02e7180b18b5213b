/*
 * access/jwks_cache.h: the key sets of outside issuers, asked for as seldom as they allow.
 *
 * A set is good for as long as its Cache-Control says, but no less than 5 minutes and no more than
 * a day. A key that is not in it has the set asked for anew, at most once a minute. While the
 * issuer does not answer, the last good set is used, for a day beyond its time. A fresh set
 * replaces the old one whole: keys that are gone are gone.
 *
 * Whoever finds a set due asks for it; nobody waits for that one: others use what is there, or are
 * told to try again, so that strangers' tokens never hold more than one worker for each issuer.
 * Thread-safe.
 */
#ifndef SIGNET_ACCESS_JWKS_CACHE_H
#define SIGNET_ACCESS_JWKS_CACHE_H

#include "access/document.h"
#include "access/jwks.h"
#include "base/clock.h"
#include "base/fetch.h"

#define JWKS_AGE_LEAST    300
#define JWKS_AGE_MOST     86400
#define JWKS_AGE_STANDARD 3600 /* where the issuer says nothing */
#define JWKS_STALE_MOST   86400
#define JWKS_REFETCH      60 /* seconds between two questions, for whatever reason */
#define JWKS_CACHE_MOST   64 /* issuers; one more drops the one that was not used for longest */

struct jwks_cache;
/* Both are copied. */
struct jwks_cache *jwks_cache_new(const struct fetcher *fetcher, const struct clock *clock);
void jwks_cache_free(struct jwks_cache *c); /* NULL allowed */

/*
 * The issuer's key of this name, in the arena. ERR_AUTH jwt.key-id: there is none, or there are
 * two. ERR_BUSY oidc.keys: no set could be had yet, or somebody is asking for a new one right now.
 */
struct status jwks_cache_key(struct jwks_cache *c, const struct oidc_issuer *issuer, const char *id,
    struct arena *arena, struct jws_key *ret_key, struct err *err);

#endif
