/*
 * clients/operator/log_archive.h: certificates whose DER went into the archive, while a log is
 * verified.
 *
 * Their entries cannot be held against a record any more. In place of it the server names a batch;
 * the batch's own entry commits to the certificate's digest (ca/archive.h). So each that is said to
 * be archived must stand in the record of a batch that was found as it was logged.
 */
#ifndef SIGNET_OPERATOR_LOG_ARCHIVE_H
#define SIGNET_OPERATOR_LOG_ARCHIVE_H

#include "clients/operator/log_finding.h"

struct log_archived {
	int64_t batch, certificate;
	int64_t index; /* of the entry, of one that is said */
};
struct log_archived_list {
	struct log_archived *items;
	size_t count, room;
};
/* Start as {0}. */
struct log_archive {
	struct log_archived_list said, proven;
};

/* The server says that this entry's certificate went with this batch. */
void log_archive_say(struct log_archive *a, const struct log_archived *said);
/* The record of a batch, that its entry commits to. False: it is none. */
MUST_USE bool log_archive_prove(struct log_archive *a, int64_t batch, struct span record);
/* Name those that no batch proves. Returns how many are proven. */
size_t log_archive_settle(struct log_archive *a, struct log_findings *findings);
/* Is one said that is not proven yet? Batches that were logged meanwhile may do so. */
bool log_archive_lacks(struct log_archive *a);
void log_archive_free(struct log_archive *a);

#endif
