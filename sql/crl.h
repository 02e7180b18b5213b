/*
 * sql/crl.h: revocation lists as they are stored: publications, which of them are served, what a
 * list is made of.
 */
#ifndef SIGNET_SQL_CRL_H
#define SIGNET_SQL_CRL_H

#include "base/encode.h"
#include "sql/db.h"

/* Notified of each change of what is good, and of each publication. No payload. */
#define STATUS_CHANNEL "signet_status"

/* ---- publications ---- */

struct crl_part { /* a list: a full one, or a delta */
	bool there;
	int64_t entries, bytes;
	struct digest digest; /* SHA-256 */
};
struct crl_row {
	int64_t id; /* of the publication */
	int64_t authority_id, shard, number, sequence;
	struct digest scope;
	int64_t this_update, next_update, made_at;
	int64_t build_ms;
	struct crl_part full, delta;
	int64_t base_number; /* of the delta */
};
struct crl_state {
	int64_t authority_id, shard;
	int64_t sequence; /* of the newest event */
	int64_t number;   /* of the newest list; 0: none */
	int64_t floor;    /* lists up to it are no bases */
	int64_t alarmed;  /* number of the list whose end was told of */
	/* What is served: publications of which the part counts. id 0: none. */
	struct crl_row full, delta;
};
/* All shards, by authority and number. In the arena. */
struct status crl_states_read(struct db *db, struct arena *arena, struct crl_state **ret_states,
    size_t *ret_count, struct err *err);
/* Rows for shards 0 .. count - 1 of an authority, where there are none. */
struct status crl_shards_add(struct db *db, int64_t authority_id, int64_t count, struct err *err);

/* URLs as policy has had them, {shard} not filled in, oldest first for each authority. */
struct crl_url_row {
	int64_t authority_id;
	const char *url;
};
struct status crl_urls_read(struct db *db, struct arena *arena, struct crl_url_row **ret_urls,
    size_t *ret_count, struct err *err);

/* ERR_MISSING. */
struct status crl_get(struct db *db, int64_t id, struct crl_row *ret_row, struct err *err);

/* ---- what a list is made of ---- */

/* Inside a transaction that has read nothing yet: all that it reads is of one moment. */
struct status crl_snapshot(struct db *db, struct err *err);
struct status crl_sequence_read(
    struct db *db, int64_t authority_id, int64_t shard, int64_t *ret_sequence, struct err *err);
/*
 * The oldest full list of this scope that has not ended and tells of all events up to `sequence` at
 * least, its number above `floor`. ret_number 0: none.
 */
struct crl_base_order {
	int64_t authority_id, shard;
	const struct digest *scope;
	int64_t now, sequence, floor;
};
struct status crl_base_find(struct db *db, const struct crl_base_order *order, int64_t *ret_number,
    int64_t *ret_sequence, struct err *err);

/* Inside a transaction; a few thousand rows at a time are in memory. One reader at a time. */
struct crl_reader;
/* What is in force, but for certificates that ended before `ended_before`. */
struct status crl_read_full(struct db *db, int64_t authority_id, int64_t shard,
    int64_t ended_before, struct crl_reader **ret_reader, struct err *err);
/* What changed since the event of this sequence; what was lifted has reason 8. */
struct status crl_read_delta(struct db *db, int64_t authority_id, int64_t shard, int64_t since,
    struct crl_reader **ret_reader, struct err *err);
struct crl_read_row {
	struct span serial; /* until the next call */
	int64_t revoked_at, invalidity_at;
	int reason;
};
/* ret_there false: that was the last. */
struct status crl_read_next(
    struct crl_reader *r, bool *ret_there, struct crl_read_row *ret_row, struct err *err);
void crl_reader_free(struct crl_reader *r);
DEFINE_AUTO_REF(crl_reader, crl_reader_free)

/* ---- publishing: one transaction ---- */

struct status crl_add(struct db *db, const struct crl_row *row, int64_t *ret_id, struct err *err);
/* The list's bytes, in chunks. */
struct status crl_chunks_add(
    struct db *db, int64_t id, bool delta, struct span list, struct err *err);
/*
 * Compare and swap of the number, last: `row` is served from the commit on, and what was served
 * loses its bytes. ret_taken false: somebody came first; roll back.
 */
struct status crl_take(struct db *db, const struct crl_row *row, int64_t number_before,
    bool *ret_taken, struct err *err);
struct status status_notify(struct db *db, struct err *err);
/* ret_first: nobody told of it before. */
struct status crl_alarmed(struct db *db, int64_t authority_id, int64_t shard, int64_t number,
    bool *ret_first, struct err *err);

/* ---- serving ---- */

/* Part n of a list's bytes, appended. ret_there false: there is none, or no longer. */
struct status crl_chunk_get(struct db *db, int64_t id, bool delta, int64_t part, struct buf *out,
    bool *ret_there, struct err *err);

/* As the owner, after a backup was restored: every number goes on far behind what may be out there.
 */
struct status crl_numbers_jump(struct db *db, int64_t by, struct err *err);

#endif
