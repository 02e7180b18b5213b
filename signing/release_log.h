/*
 * signing/release_log.h: what the log entries of releases, recalls and trust statements commit to,
 * made from the rows: by who acts, and again by who audits.
 *
 * Of a step but "signed" (record kind "release-step"), deterministic CBOR:
 *
 *   record = {1: 1, 2: step, 3: time, 4: who, 5: person, 6: request, 7: digest (of bundle or recall
 *             list), 8: product, 9: channel, 10: version, 11: sequence, 12: class id, 13: manifest
 *             digest, 14: JSON manifest digest, 15: content (JSON), 16: provenance (JSON)}
 *
 * The record of "release.signed" is signing/format/release_record.h's. Of a trust statement (record
 * kind "trust-statement"):
 *
 *   record = {1: 1, 2: product, 3: version, 4: SHA-256, 5: time, 6: who, 7: person, 8: request}
 *
 * Texts are empty, numbers 0 and octets none where there is none.
 */
#ifndef SIGNET_SIGNING_RELEASE_LOG_H
#define SIGNET_SIGNING_RELEASE_LOG_H

#include "sql/release.h"
#include "sql/trust_statement.h"

#define RELEASE_RECORD "release-step" /* record kinds of log_salt */
#define TRUST_RECORD   "trust-statement"

void release_step_record(
    const struct release_row *row, const struct release_step *step, struct buf *out);
void trust_record(const struct trust_row *row, struct buf *out);

/*
 * For who audits: the record of this step or statement, from the rows as they are, and what in the
 * rows contradicts it (static text; NULL: nothing). `kind` is that of the entry, `at` its time.
 * ERR_MISSING: no such row.
 */
struct status release_record_again(struct db *db, const char *kind, int64_t at, int64_t id,
    struct arena *arena, struct buf *out, const char **ret_fault, struct err *err);
struct status trust_record_again(struct db *db, int64_t at, int64_t id, struct arena *arena,
    struct buf *out, const char **ret_fault, struct err *err);

#endif
