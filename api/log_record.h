/*
 * api/log_record.h: what a log entry commits to, made again from the rows as they are now.
 *
 * Whoever audits holds it against the entry's commitment (signing/format/entry.h): another record
 * means that a row was changed.
 */
#ifndef SIGNET_API_LOG_RECORD_H
#define SIGNET_API_LOG_RECORD_H

#include "sql/log_view.h"

/*
 * Append the record. ret_fault: what in the row contradicts the record, in the arena; NULL:
 * nothing. ERR_MISSING: the row is not there, or its kind is none of ours.
 */
struct status log_record(struct db *db, const struct log_view *entry, struct arena *arena,
    struct buf *out, const char **ret_fault, struct err *err);

/* Does the document contradict its logged changes? NULL: no. */
const char *log_document_fault(const struct log_document *d, struct arena *arena);

#endif
