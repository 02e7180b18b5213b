/* sql/ocsp.h: what OCSP answers are made of: status, what changes of it, delegated responders. */
#ifndef SIGNET_SQL_OCSP_H
#define SIGNET_SQL_OCSP_H

#include "base/encode.h"
#include "sql/db.h"

/* ---- status of a certificate ---- */

struct status_row {
	bool issued;  /* by this authority, now in the archive or not */
	bool revoked; /* or held, and that is in force */
	int reason;
	int64_t revoked_at;
};
struct status status_read(struct db *db, int64_t authority_id, struct span serial,
    struct status_row *ret, struct err *err);

/* ---- what changes ---- */

/* How far the events of a shard have come. */
struct status_sequence {
	int64_t authority_id;
	int shard;
	int64_t sequence;
};
/* In order of (authority_id, shard); the caller frees *ret. */
struct status status_sequences_read(
    struct db *db, struct status_sequence **ret, size_t *ret_count, struct err *err);
/*
 * Serial numbers of a shard with events behind `seen`, at most `most` of them: one behind the other
 * in ret_serials, each after its length in one octet.
 */
struct status status_changed_read(struct db *db, const struct status_sequence *seen, size_t most,
    struct buf *ret_serials, size_t *ret_count, struct err *err);

/* ---- delegated responders, one for each authority and node ---- */

struct ocsp_responder_row {
	int64_t authority_id, certificate_id;
	const char *authority, *node;
	struct span serial, key_digest;
	struct span der;
	int64_t not_before, not_after;
	bool revoked; /* its certificate, or held, or its key compromised */
};
/* In the arena; ret->certificate_id 0: none was made. */
struct status ocsp_responder_read(struct db *db, int64_t authority_id, const char *node,
    struct arena *arena, struct ocsp_responder_row *ret, struct err *err);
/* This certificate is now that node's. */
struct status ocsp_responder_put(
    struct db *db, int64_t authority_id, const char *node, int64_t certificate_id, struct err *err);
struct ocsp_responder_filter {
	const char *authority, *node; /* NULL: all */
	int64_t before;               /* id of a certificate; 0: from the newest on */
	int64_t limit;
};
/* By certificate, newest first; in the arena. */
struct status ocsp_responder_list(struct db *db, const struct ocsp_responder_filter *f,
    struct arena *arena, struct ocsp_responder_row **ret_rows, size_t *ret_count, struct err *err);

#endif
