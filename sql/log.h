/*
 * sql/log.h: log entries as rows, written in the transaction of the act that they tell of.
 * ca/act.h makes them.
 */
#ifndef SIGNET_SQL_LOG_H
#define SIGNET_SQL_LOG_H

#include "sql/db.h"

#define LOG_SALT_SIZE 32

/* An entry made ready, for statements that write it together with the act. */
struct log_line {
	const char *kind; /* borrowed: "certificate.issued" */
	int64_t at;       /* seconds since 1970 */
	uint8_t
	    salt[LOG_SALT_SIZE]; /* stored beside the entry; what is erased when the tie is cut */
	struct buf entry;        /* CBOR */
};
void log_line_free(struct log_line *l);
static inline void log_line_auto(struct log_line *l)
{
	log_line_free(l);
}

/* Write it; the record is found again by kind and id. Callers roll back on failure. */
struct status sql_log_append(struct db *db, const struct log_line *line, const char *record_kind,
    int64_t record_id, struct err *err);

#endif
