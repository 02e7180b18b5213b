/*
 * ca/crl_publish.h: when an authority's list is due, and what becomes of it: built from the store,
 * signed, stored, logged, under a number that nobody else has given out.
 *
 * A publication is a full list and, where policy has a delta_url, a delta list under the same
 * number (RFC 5280 5.2.4). A delta adds to the oldest full list that clients may still hold. A full
 * list that was costly is not built again and again while much is revoked at once: then the delta
 * alone comes at once, and the full list when no more than a tenth of the time goes into it.
 *
 * Neither numbers nor thisUpdate ever fall, whatever the clock does. What a list tells of was
 * committed before; nothing is served before the publication is committed.
 */
#ifndef SIGNET_CA_CRL_PUBLISH_H
#define SIGNET_CA_CRL_PUBLISH_H

#include "base/clock.h"
#include "ca/crl.h"
#include "ca/authority.h"
#include "sql/crl.h"

/* Two lists of a shard are at least so far apart, so that their thisUpdate tells them apart. */
#define CRL_APART_MS 1000
/* A delta tells of no more than that; what is larger is better fetched as a full list. */
#define CRL_DELTA_MOST 50000

/* A list that was signed elsewhere, of what crl_to_be_signed() has given. */
struct crl_given {
	int64_t number, this_update, next_update;
	struct span signature;
};

/* A shard and what its lists are for. */
struct crl_task {
	const struct authority *authority;
	const struct crl_state *state;
	/* URLs of all authorities, as the store has them. */
	const struct crl_url_row *urls;
	size_t url_count;
	const struct crl_given *given; /* with key NULL; else NULL */
};

enum crl_due {
	CRL_LATER,
	CRL_DELTA, /* the delta list alone */
	CRL_ALL
};
/* How long this node has known of what is served, in milliseconds of a clock that only rises. */
struct crl_ages {
	int64_t newest, full;
};
enum crl_due crl_due(const struct crl_task *t, int64_t now, const struct crl_ages *ages);

/* Could the authority sign lists at all: is its certificate valid now, and for that (cRLSign)? */
bool crl_may_sign(const struct authority *a, int64_t now);

struct crl_publisher {
	struct db *db; /* in a transaction that the caller commits */
	/* Another connection, in no transaction: what is committed is read there, as of one moment.
	 * NULL: read within the transaction; then there are no deltas. */
	struct db *reader;
	const char *directory; /* for lists while they are built */
	const struct clock *clock;
	const struct rng *rng;
};
/*
 * Publish: write it all but for the commit. ret_taken false: somebody else has published; roll
 * back. ERR_KEY, ERR_INTERNAL lint.crl_*: nothing was written; the transaction can go on.
 */
struct status crl_publish(const struct crl_publisher *p, const struct crl_task *t,
    struct hsm_key *key, enum crl_due what, struct crl_row *ret_row, bool *ret_taken,
    struct err *err);

/* The part to be signed of the full list that would be published now. Writes nothing. */
struct status crl_to_be_signed(const struct crl_publisher *p, const struct crl_task *t,
    struct crl_file *ret_file, struct err *err);

/*
 * A list of which three quarters have passed and that nobody made anew: an alarm, once, with its
 * log entry, in the caller's transaction. ret_raised: it is new.
 */
bool crl_is_late(const struct crl_state *s, int64_t now);
struct status crl_late_alarm(struct db *db, const struct crl_task *t, int64_t now,
    const struct rng *rng, bool *ret_raised, struct err *err);

/* The record that the log entry crl.published commits to: canonical JSON, appended. */
void crl_record(const struct crl_row *row, struct buf *out);

#endif
