/* sql/certificate_view.h: certificates as people look for them. Each filter has its index. */
#ifndef SIGNET_SQL_CERTIFICATE_VIEW_H
#define SIGNET_SQL_CERTIFICATE_VIEW_H

#include "base/span.h"
#include "sql/db.h"
#include "sql/list.h"
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
	int64_t authority_id, device_id, label_id;
	const char *device_serial;
	const char *batch; /* of the device */
	struct span serial;
	struct span key;     /* SHA-256 of the SPKI */
	const char *subject; /* RFC 4514, the whole of it */
	const char *status;  /* "good" "held" "revoked" */
	int64_t issued_after, issued_before;
	int64_t expires_after, expires_before;
	int64_t ends_after;      /* as expires_after, without a say in the order */
	struct list_place after; /* where to go on */
	int64_t limit;           /* rows of a page */
};
/* The order of a list with this filter. */
enum certificate_order {
	CERTIFICATE_NEWEST,   /* first; places have no major */
	CERTIFICATE_BY_END,   /* those first that end first; the major is not_after */
	CERTIFICATE_BY_DEVICE /* newest device first, and of each the newest; the major is the
				 device */
};
enum certificate_order certificate_order(const struct certificate_filter *f);

/* At most `limit` rows. ret_next says where to go on; see sql/list.h. */
struct status certificate_list(struct db *db, const struct certificate_filter *filter,
    struct arena *arena, struct certificate_row **ret_rows, size_t *ret_count,
    struct list_next *ret_next, struct err *err);
/* Archived ones, too: ret_der is empty then. ERR_MISSING. ret_der may be NULL. */
struct status certificate_get(struct db *db, int64_t id, struct arena *arena,
    struct certificate_row *ret_row, struct span *ret_der, struct err *err);

#endif
