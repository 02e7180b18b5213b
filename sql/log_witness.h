/* sql/log_witness.h: how far witnesses have come, and what they signed, as rows. */
#ifndef SIGNET_SQL_LOG_WITNESS_H
#define SIGNET_SQL_LOG_WITNESS_H

#include "sql/db.h"

/*
 * Claim a witness (by its vkey) for `seconds`, where it has not signed a tree of that size yet and
 * nobody else has claimed it. ret_claimed false: so it is, or its time has not come.
 */
struct status log_witness_claim(struct db *db, int64_t origin_id, const char *witness, int64_t size,
    int64_t seconds, bool *ret_claimed, int64_t *ret_size, int64_t *ret_failures, struct err *err);
/* It signed; it may be asked again in `pause_ms`. */
struct status log_witness_signed(struct db *db, int64_t origin_id, const char *witness,
    int64_t size, const char *line, int64_t pause_ms, struct err *err);
/* It did not; `size` is what is known of it now. */
struct status log_witness_failed(struct db *db, int64_t origin_id, const char *witness,
    int64_t size, const char *trouble, int64_t pause_ms, struct err *err);
/*
 * The checkpoint that witnesses are to sign: one that another has signed lately and that is not
 * published, else the newest, so that their signatures meet on one. -1: none.
 */
struct status log_witness_candidate(
    struct db *db, int64_t origin_id, int64_t *ret_size, struct err *err);
/* How many of these witnesses have signed the checkpoint of that size? */
struct status log_witness_count(struct db *db, int64_t origin_id, int64_t size,
    const char *const *witnesses, size_t n, int64_t *ret_count, struct err *err);

#endif
