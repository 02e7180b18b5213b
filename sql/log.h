/*
 * sql/log.h: write log entries, in the transaction of the act that they tell of.
 *
 * If the entry cannot be written, the act does not happen: callers roll back on failure.
 * The record is the act's canonical bytes; it is stored by the act itself (a certificate's row,
 * a policy_change), and named here by kind and id so that it can be found again.
 */
#ifndef SIGNET_SQL_LOG_H
#define SIGNET_SQL_LOG_H

#include "base/clock.h"
#include "signing/format/entry.h"
#include "sql/db.h"

/* An entry made ready, for statements that write it together with the act. */
struct log_line {
	const char *kind; /* borrowed: "certificate.issued" */
	int64_t at;       /* seconds since 1970 */
	uint8_t salt[ENTRY_SALT_SIZE];
	struct buf entry; /* CBOR */
};
struct status log_line_make(const char *kind, int64_t at, const struct rng *rng, struct span record,
    struct log_line *ret_line, struct err *err);
void log_line_free(struct log_line *l);
static inline void log_line_auto(struct log_line *l)
{
	log_line_free(l);
}

/* Make and write one. Errors as sql_run's. */
struct status sql_log_append(struct db *db, const char *kind, int64_t at, const struct rng *rng,
    struct span record, const char *record_kind, int64_t record_id, struct err *err);

#endif
