/* sql/log_owner.h: what only the owner of the schema may do with the log. Within a transaction. */
#ifndef SIGNET_SQL_LOG_OWNER_H
#define SIGNET_SQL_LOG_OWNER_H

#include "sql/db.h"

/* Every sequence of the store goes on `by` numbers further. */
struct status log_numbers_jump(struct db *db, int64_t by, struct err *err);
/* A new log, in use from now on. ERR_CONFLICT: the name is taken. */
struct status log_origin_follow(struct db *db, const char *name, const char *vkey,
    int64_t predecessor_id, const char *predecessor, struct err *err);
/* The newest entry of a kind: one that this transaction has written. In the arena. ERR_MISSING. */
struct status log_newest_of_kind(struct db *db, const char *kind, struct arena *arena,
    int64_t *ret_id, struct span *ret_entry, struct err *err);
/* Cut the tie between a record and its entries. In the arena; none: there was nothing to cut. */
struct status log_salt_erase(struct db *db, const char *record_kind, int64_t record_id,
    struct arena *arena, int64_t **ret_entries, size_t *ret_count, struct err *err);

#endif
