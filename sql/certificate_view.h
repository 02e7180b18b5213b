/* sql/certificate_view.h: certificates as people look for them. Each filter has its index. */
#ifndef SIGNET_SQL_CERTIFICATE_VIEW_H
#define SIGNET_SQL_CERTIFICATE_VIEW_H

#include "base/span.h"
#include "sql/db.h"
#include "sql/scope.h"

/* Strings and spans live in the arena; NULL: none. Times in seconds since 1970; 0: none. */
struct certificate_row {
	int64_t id;
	struct span serial; /* number */
	const char *authority;
	int64_t device_id; /* 0: no device's */
	const char *product, *device_serial;
	const char *profile, *label;
	const char *subject;
	struct span key_digest;
	int64_t not_before, not_after, issued_at, first_used_at;
	int64_t archived_at;    /* 0: it is not, and its DER is there */
	struct span der_digest; /* SHA-256, of an archived one */
	int64_t renews;         /* 0: none */
	int64_t shard;          /* of its authority's revocation lists */
	/* In force against it; 0: it is good. */
	int64_t revoked_at, invalidity_at;
	int reason; /* RFC 5280 5.3.1, where revoked_at is set; 6: held */
};

/* Filters are and'ed; NULL, 0, n = 0: any. */
struct certificate_filter {
	struct scope scope; /* ids */
	int64_t authority_id, device_id;
	const char *device_serial;
	struct span serial;
	const char *subject; /* RFC 4514, the whole of it */
	int64_t issued_after;
	/* Either of these: those first that end first; else newest first. */
	int64_t expires_after, expires_before;
	/* Where to go on. */
	int64_t after_id;   /* of the last one; 0: from the start */
	int64_t after_time; /* of the last one, where the order is by end */
	int64_t limit;
};
/* Is a list with this filter ordered by not_after? */
bool certificate_by_expiry(const struct certificate_filter *f);

struct status certificate_list(struct db *db, const struct certificate_filter *filter,
    struct arena *arena, struct certificate_row **ret_rows, size_t *ret_count, struct err *err);
/* Archived ones, too: ret_der is empty then. ERR_MISSING. ret_der may be NULL. */
struct status certificate_get(struct db *db, int64_t id, struct arena *arena,
    struct certificate_row *ret_row, struct span *ret_der, struct err *err);

#endif
