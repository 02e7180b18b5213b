/*
 * sql/revocation.h: what is no longer good, as rows.
 *
 * Events (status_change) are added, never changed; what is in force (revocation) follows from them.
 * Whoever writes events holds the rows of their shards, so that a shard's sequence is the order of
 * commits. All within the caller's transaction.
 */
#ifndef SIGNET_SQL_REVOCATION_H
#define SIGNET_SQL_REVOCATION_H

#include "sql/log.h"

/* A certificate as it stands. Spans live in the arena. */
struct status_row {
	int64_t certificate_id, authority_id;
	struct span serial;
	int64_t shard;
	int64_t sequence;      /* of its shard's newest event */
	bool known;            /* there is a row of it: in force, or a hold that was lifted */
	bool in_force;         /* revoked or held */
	int reason;            /* RFC 5280 5.3.1; 6: held */
	int64_t invalidity_at; /* 0: not said */
	int64_t device_id; /* whose suspension or retirement did it; 0: of the certificate alone */
};
/*
 * Lock their shards and look at them, in one round trip. Rows come in the order of (authority,
 * shard, id); unknown ids have none.
 */
struct status status_lock(struct db *db, const int64_t *certificates, size_t count,
    struct arena *arena, struct status_row **ret_rows, size_t *ret_count, struct err *err);

/* One event, as its log entry commits to it (ca/status_record.h). Numbers are 0, texts NULL where
 * there is none. */
struct status_columns {
	int64_t certificate_id, authority_id;
	struct span serial;
	const char *change; /* "revoked" "held" "resumed" */
	int reason;
	int64_t at, invalidity_at;
	const char *who, *person;
	int64_t request_id, mass_act_id, device_id;
	int64_t sequence;
};
/* In the arena. ERR_MISSING. */
struct status status_columns_get(struct db *db, int64_t id, struct arena *arena,
    struct status_columns *ret_columns, struct err *err);

/* Events that differ in these alone. */
struct status_line {
	int64_t certificate_id;
	int64_t sequence;
	int64_t invalidity_at; /* 0: not said */
	struct log_line log;
};
struct status_batch {
	const struct status_columns *common; /* change to device_id; the rest is in the lines */
	const struct status_line *lines;     /* each certificate once, at least one */
	size_t count;
	bool compromised; /* so are the keys */
};
/* Events, entries, what is in force, sequences and keys; and those who listen are told. */
struct status status_change_add(struct db *db, const struct status_batch *batch, struct err *err);

/*
 * Ids of a device's certificates that have not expired, in their order, behind `after`, at most
 * `count`. held_by_it: those that its suspension holds instead, expired or not.
 */
struct status status_of_device(struct db *db, int64_t device_id, int64_t now, bool held_by_it,
    int64_t after, int64_t *ret_ids, size_t *count, struct err *err);

#endif
