/* sql/enrollment_view.h: enrollments as people look at them, decide on them and let them go. */
#ifndef SIGNET_SQL_ENROLLMENT_VIEW_H
#define SIGNET_SQL_ENROLLMENT_VIEW_H

#include "base/encode.h"
#include "sql/log.h"
#include "sql/scope.h"

/* Strings live in the arena; NULL: not known. Times in seconds since 1970; 0: none. */
struct enrollment_view {
	int64_t id, at;
	const char *label, *operation, *outcome;
	const char *reason_code, *rule, *message, *advice;
	int64_t device_id; /* 0: none */
	const char *product, *serial;
	struct span key_digest, idevid_digest;
	int64_t certificate_id; /* 0: none */
	struct span certificate_serial;
	const char *peer_address, *request_id;
	bool stranger;
	const char *state; /* of one that waits or waited */
	int64_t expires_at;
	const char *decided_by;
	int64_t decided_at;
};

struct enrollment_filter {
	int64_t before;      /* ids below this one; 0: from the newest */
	const char *outcome; /* NULL: any */
	const char *state;
	const char *serial;
	int64_t limit;
};
/* Newest first; go on with filter.before = the last one's id. */
struct status enrollment_list(struct db *db, const struct enrollment_filter *filter,
    struct arena *arena, struct enrollment_view **ret_rows, size_t *ret_count, struct err *err);

/* The same for a caller's scope, each filter by its index. NULL: any. */
struct enrollment_page {
	struct scope scope; /* names */
	const char *outcome, *state, *label, *serial;
	int64_t before; /* ids below this one; 0: from the newest */
	int64_t limit;
};
extern const char *const enrollment_outcomes[]; /* ended by NULL */
extern const char *const enrollment_states[];   /* ended by NULL */
struct status enrollment_page(struct db *db, const struct enrollment_page *page,
    struct arena *arena, struct enrollment_view **ret_rows, size_t *ret_count, struct err *err);
/* ERR_MISSING. */
struct status enrollment_get(struct db *db, int64_t id, struct arena *arena,
    struct enrollment_view *ret_row, struct err *err);
/* ERR_CONFLICT: it does not wait (any more). Durable, with its log entry, on return. */
struct status enrollment_store_decision(struct db *db, int64_t id, int64_t now,
    const char *decision, const char *who, struct span log_entry, struct span salt,
    struct err *err);

/*
 * Ids of some that waited too long, oldest first, locked for the caller's transaction; who is being
 * decided on at the moment is not among them.
 */
struct status enrollment_overdue(struct db *db, int64_t now, int64_t limit, struct arena *arena,
    int64_t **ret_ids, size_t *ret_count, struct err *err);
/* It is over, with its log entry; unless it is not, or was already. */
struct status enrollment_store_expiry(
    struct db *db, int64_t id, const struct log_line *line, struct err *err);

/*
 * For the scheduled job: drop strangers' rows but for the newest `keep`, and all older than
 * `max_age` seconds. ret_removed: rows dropped.
 */
struct status enrollment_purge(struct db *db, int64_t now, int64_t keep, int64_t max_age,
    int64_t *ret_removed, struct err *err);
/*
 * The same bounds for what changed nothing, of devices that an anchor vouches for: refused, failed,
 * sent again. What was issued, decided or has expired stays, and what an alarm points at.
 */
struct status enrollment_purge_fleeting(struct db *db, int64_t now, int64_t keep, int64_t max_age,
    int64_t *ret_removed, struct err *err);

#endif
