/*
 * sql/archive.h: certificates that expired long ago. Their DER goes, its digest and the rest stays
 * (certificate_archive). What goes, and when, is said by the authority's document: archive_after.
 *
 * The server's role can move a certificate, not delete one: sql/migrations/0016_inventory.sql.
 */
#ifndef SIGNET_SQL_ARCHIVE_H
#define SIGNET_SQL_ARCHIVE_H

#include "base/span.h"
#include "sql/db.h"

/* Of one batch: few enough that a record of the log stays below thirty kilobytes. */
#define ARCHIVE_BATCH_MAX 200

/* How far the search has come, in the order of not_after and id. Starts as {0}. */
struct archive_place {
	int64_t not_after, id;
};
/*
 * The next ones that may go, by the database's clock: at most ARCHIVE_BATCH_MAX of the next
 * `window` that have expired. Moves the place; ret_end: nothing stands behind it.
 */
struct status archive_due(struct db *db, int64_t window, struct archive_place *place,
    int64_t ret_ids[static ARCHIVE_BATCH_MAX], size_t *ret_count, bool *ret_end, struct err *err);

/*
 * In a transaction: these go, as one batch. ERR_DATABASE: one of them may not, or is gone; the
 * caller rolls back.
 */
struct status archive_move(struct db *db, int64_t now, const int64_t *ids, size_t count,
    int64_t *ret_batch, struct err *err);

/* What the entry of a batch commits to; borrowed bytes live in the arena. */
struct archive_row {
	int64_t id, authority_id;
	struct span serial, der_digest, key_digest;
	int64_t not_before, not_after, issued_at;
};
struct archive_batch {
	int64_t at;
	int64_t said; /* how many there are, by the batch's own row */
	struct archive_row *rows;
	size_t count;
};
/* ERR_MISSING. */
struct status archive_batch_get(struct db *db, int64_t batch, struct arena *arena,
    struct archive_batch *ret_batch, struct err *err);

/* The batch that a certificate went with; 0: it is not in the archive. */
struct status archive_batch_of(
    struct db *db, int64_t certificate, int64_t *ret_batch, struct err *err);
/* Was this serial number issued, and is in the archive? For OCSP. ret_id 0: it is not. */
struct status archive_known(struct db *db, int64_t authority_id, struct span serial,
    int64_t *ret_id, int64_t *ret_not_after, struct err *err);

#endif
