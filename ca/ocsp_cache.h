/*
 * ca/ocsp_cache.h: what this process knows of certificates' status, and answers that are signed.
 * Thread-safe, from memory only, bounded.
 *
 * Only what the store has said is kept, and only while somebody listens to what changes there
 * (server/status_feed.h), who drops what has changed. Serial numbers that were never issued are not
 * kept: nobody tells when one is issued after all, and strangers could fill the place with them.
 *
 * Who reads the store takes the epoch first and hands it in with what was read: if anything was
 * dropped in between, it may be out of date already and is not kept.
 */
#ifndef SIGNET_CA_OCSP_CACHE_H
#define SIGNET_CA_OCSP_CACHE_H

#include <stdatomic.h>

#include "base/calendar.h"
#include "base/encode.h"
#include "ca/ocsp_answer.h"

/* Certificates: 3.5 MB. Those that a fleet asks about within an hour or so. */
#define OCSP_CACHE_ENTRIES 32768
/* Of signed answers: 900 octets each with P-256, 10 kB with ML-DSA-65. */
#define OCSP_CACHE_BYTES ((size_t)32 << 20)
/* Silence of the store for so long, and nothing is answered: what the cache says may be untrue. */
#define OCSP_FRESH_MS 2000

/* A signed answer as it is sent, by all loops at once. Counted; never changed once it is made. */
struct ocsp_answer {
	atomic_int references;
	struct buf der;
	enum ocsp_status status; /* of the first certificate in it */
	uint32_t mark;           /* of the responder that signed it: ca/ocsp_board.h */
	int64_t at, renew_at, next_update;
	char etag[2 * SHA256_SIZE + 3];
	char last_modified[HTTP_DATE_SIZE], expires[HTTP_DATE_SIZE];
	char cache_control[80];
};
struct ocsp_answer *ocsp_answer_new(void);
struct ocsp_answer *ocsp_answer_keep(struct ocsp_answer *a); /* one more reference */
void ocsp_answer_release(struct ocsp_answer *a);             /* NULL allowed */
DEFINE_AUTO_REF(ocsp_answer, ocsp_answer_release)

struct ocsp_cache;
/* seed: nobody's to know, or certificates could be chosen that push each other out. */
struct ocsp_cache *ocsp_cache_new(uint64_t seed);
void ocsp_cache_free(struct ocsp_cache *c);

/* A certificate, by the authority's id and the serial number as struct ocsp_cert_id has it. */
struct ocsp_key {
	int64_t authority_id;
	struct span serial;
};

uint64_t ocsp_cache_epoch(struct ocsp_cache *c);
/* False: not known. ret_answer: a reference, NULL: none is signed for this spelling. */
bool ocsp_cache_find(struct ocsp_cache *c, const struct ocsp_key *key, unsigned spelling,
    struct ocsp_state *ret_state, struct ocsp_answer **ret_answer);
void ocsp_cache_keep_state(struct ocsp_cache *c, uint64_t epoch, const struct ocsp_key *key,
    const struct ocsp_state *state);
/* Beside a state that is known; takes a reference of its own. */
void ocsp_cache_keep_answer(struct ocsp_cache *c, uint64_t epoch, const struct ocsp_key *key,
    unsigned spelling, struct ocsp_answer *answer);

void ocsp_cache_drop(struct ocsp_cache *c, const struct ocsp_key *key);
void ocsp_cache_clear(struct ocsp_cache *c);

/* The store was heard, at this monotonic time; everything that had changed has been dropped. */
void ocsp_cache_heard(struct ocsp_cache *c, int64_t at_ms);
/* Milliseconds since then; INT64_MAX: never. */
int64_t ocsp_cache_age(struct ocsp_cache *c);
bool ocsp_cache_is_fresh(struct ocsp_cache *c);

#endif
