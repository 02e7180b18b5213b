/*
 * sql/idempotency.h: what was answered to an Idempotency-Key, kept in the transaction of the act:
 * the answer is there if and only if the act is.
 */
#ifndef SIGNET_SQL_IDEMPOTENCY_H
#define SIGNET_SQL_IDEMPOTENCY_H

#include "base/encode.h"
#include "sql/db.h"

struct idempotency_key {
	const char *principal, *key;
	struct digest call; /* of all that makes the call what it is */
	int64_t now;
	int64_t free_before; /* keys used before this time count no more */
};

/* Read ones live in the arena. */
struct idempotency_answer {
	int64_t status;
	const char *content_type, *location, *etag; /* NULL: none */
	struct span body;                           /* p NULL: not kept */
};

/*
 * In a transaction. ret_known: the key was used before, and ret_call and ret_answer say for what.
 * Who takes the same key at the same time waits here.
 */
struct status idempotency_take(struct db *db, const struct idempotency_key *key,
    struct arena *arena, bool *ret_known, struct digest *ret_call,
    struct idempotency_answer *ret_answer, struct err *err);
/* In the same transaction. */
struct status idempotency_keep(struct db *db, const struct idempotency_key *key,
    const struct idempotency_answer *answer, struct err *err);
struct status idempotency_purge(
    struct db *db, int64_t older_than, int64_t *ret_removed, struct err *err);

#endif
