/*
 * sql/log_view.h: the log and the rows that it tells of, side by side, as an auditor looks at them.
 * What is borrowed lives in the arena.
 */
#ifndef SIGNET_SQL_LOG_VIEW_H
#define SIGNET_SQL_LOG_VIEW_H

#include "base/encode.h"
#include "sql/db.h"

/* An entry with its place and what ties it to its record. */
struct log_view {
	int64_t entry_id;
	int64_t index;           /* -1: none yet */
	int64_t at;              /* as the row has it; 0: no row */
	const char *kind;        /* as the row has it; NULL: no row */
	struct span entry;       /* p NULL: no row */
	struct span salt;        /* p NULL: erased, or no row */
	int64_t erased_at;       /* 0: not */
	const char *record_kind; /* NULL: no row */
	int64_t record_id;
};
/* Entries in the order of their ids, behind `after`. */
struct status log_entries_list(struct db *db, int64_t origin_id, int64_t after, int64_t limit,
    struct arena *arena, struct log_view **ret_rows, size_t *ret_count, struct err *err);
/* Leaves in their order, from index `from` on. */
struct status log_leaves_list(struct db *db, int64_t origin_id, int64_t from, int64_t limit,
    struct arena *arena, struct log_view **ret_rows, size_t *ret_count, struct err *err);
/* The newest entry of a record. ERR_MISSING. */
struct status log_entry_of(struct db *db, int64_t origin_id, const char *record_kind,
    int64_t record_id, struct arena *arena, struct log_view *ret_row, struct err *err);
struct status log_entry_get(struct db *db, int64_t origin_id, int64_t id, struct arena *arena,
    struct log_view *ret_row, struct err *err);

/* ---- records ---- */

/* The columns of a certificate that its DER says, too. */
struct certificate_said {
	struct span der, serial, subject, key_digest;
	int64_t not_before, not_after, issued_at;
};
struct status certificate_said_get(struct db *db, int64_t id, struct arena *arena,
    struct certificate_said *ret_said, struct err *err);
struct policy_change_view {
	int64_t at, version;
	const char *who, *kind, *name;
	struct span record;
};
struct status policy_change_get(struct db *db, int64_t id, struct arena *arena,
    struct policy_change_view *ret_change, struct err *err);
struct alarm_view {
	int64_t at;
	const char *kind, *detail;
};
struct status alarm_record_get(
    struct db *db, int64_t id, struct arena *arena, struct alarm_view *ret_alarm, struct err *err);

/* ---- what the log does not tell of ---- */

struct log_stray {
	int64_t id;
	const char *name, *what;
};
enum log_stray_source {
	LOG_STRAY_CERTIFICATE,
	LOG_STRAY_ARCHIVE, /* certificates in the archive */
	LOG_STRAY_POLICY_CHANGE,
	LOG_STRAY_ALARM,
	LOG_STRAY_ENROLLMENT,
	LOG_STRAY_REQUEST,
	LOG_STRAY_APPROVAL,
	LOG_STRAY_DEVICE,   /* in a state that was not logged */
	LOG_STRAY_TOKEN,    /* not as it was made, or alive although it was revoked */
	LOG_STRAY_OPERATOR, /* a certificate behind which another stands than was logged */
	LOG_STRAY_CRL,
	LOG_STRAY_STATUS,     /* events of certificates */
	LOG_STRAY_REVOCATION, /* certificates of which another thing is in force than was logged */
	LOG_STRAY_RELEASE_STEP, /* also releases in another state than their newest step says */
	LOG_STRAY_RELEASE,      /* that no step tells of, or signed past the steps */
	LOG_STRAY_RECALL,
	LOG_STRAY_TRUST,
	LOG_STRAY_ENTRY,
	LOG_STRAY_SOURCES
};
/*
 * Looks at up to `window` rows behind id `after`: which have no entry. ret_last: the last id looked
 * at; 0: there was no row.
 */
struct status log_strays_read(struct db *db, enum log_stray_source source, int64_t origin_id,
    int64_t after, int64_t window, struct arena *arena, struct log_stray **ret_strays,
    size_t *ret_count, int64_t *ret_last, struct err *err);

/* A policy document as it is, and the changes of it that were logged. */
struct log_document {
	const char *kind, *name;
	const char *spec; /* NULL: there is no row, and the log tells of one */
	bool removed;
	struct span certificate;   /* of an authority; else p NULL */
	struct span first, newest; /* records of policy_change; p NULL: none */
};
/* `kinds`: those of which a change in the log tells of a row. */
struct status log_documents_read(struct db *db, const char *const *kinds, size_t kind_count,
    struct arena *arena, struct log_document **ret_documents, size_t *ret_count, struct err *err);

#endif
