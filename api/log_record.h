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
 * What was found of an entry's record. fault: what in the row contradicts it, in the arena; NULL:
 * nothing. archived_in: of a certificate whose DER went, the batch whose entry commits to its
 * digest; 0: it did not go.
 */
struct log_record_found {
	const char *fault;
	int64_t archived_in;
};
/*
 * Append the record; nothing where it is archived. ERR_MISSING: the row is not there, or its kind
 * is none of ours.
 */
struct status log_record(struct db *db, const struct log_view *entry, struct arena *arena,
    struct buf *out, struct log_record_found *ret_found, struct err *err);

/* Does the document contradict its logged changes? NULL: no. */
const char *log_document_fault(const struct log_document *d, struct arena *arena);

#endif
