/*
 * ca/archive.h: certificates that expired long ago go into the archive, a batch at a time, each
 * batch with an entry of the log (kind certificate.archived, record_kind archive, record_id the
 * batch's).
 *
 *   record = { 1: version (1), 2: time (uint), 3: [* [id (uint), authority (uint), serial (bstr),
 *              SHA-256 of the DER (bstr), of the SPKI (bstr), not_before (uint), not_after (uint),
 *              issued_at (uint)] ] }
 *
 * Deterministic CBOR (RFC 8949 4.2.1), rows by id. So the digest of what went is proven by the log;
 * and who still has the DER proves it by its own entry, too, whose salt and other columns stay.
 */
#ifndef SIGNET_CA_ARCHIVE_H
#define SIGNET_CA_ARCHIVE_H

#include "base/clock.h"
#include "sql/archive.h"

void archive_record(const struct archive_batch *batch, struct buf *out);

/*
 * One batch in a transaction of its own, if this server is elected and something may go. Moves the
 * place on. ret_moved: so many went; ret_end: there is nothing behind the place.
 */
struct status archive_some(struct db *db, const struct clock *clock, const struct rng *rng,
    struct archive_place *place, size_t *ret_moved, bool *ret_end, struct err *err);

#endif
