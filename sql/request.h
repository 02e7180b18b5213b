/*
 * sql/request.h: calls that wait for approvals, and the verdicts on them, as rows.
 * signing/approval.h has the rules; nothing here decides.
 */
#ifndef SIGNET_SQL_REQUEST_H
#define SIGNET_SQL_REQUEST_H

#include "base/encode.h"
#include "sql/db.h"

/* What a request asks to do: kinds of acts and, in the same place, what each is about. */
struct request_acts {
	const char *const *kinds;
	const char *const *products; /* "": about none, or all */
	const char *const *channels; /* likewise */
	size_t count;
};

/* So many verdicts of people who hold the role, since this approval policy says so. */
struct request_requirement {
	const char *policy, *act;
	const char *product, *channel; /* "": none, or all */
	const char *role;
	int64_t approvals;
};

struct request_verdict {
	int64_t id;
	const char *principal;
	bool approved; /* else rejected */
	int64_t at;
	struct digest digest; /* that was named */
	const char *comment;  /* NULL: none */
};

/* The call as it was made. NULL, or n = 0 for the body: absent. */
struct stored_call {
	const char *method, *path, *query, *if_match, *if_none_match, *content_type;
	struct span body;
};

/* A row with its requirements and verdicts. Everything lives in the arena it was read into. */
struct request_row {
	int64_t id;
	int64_t created_at, expires_at;
	const char *requester;
	const char *person;             /* NULL: none known */
	const char *const *permissions; /* names; NULL: not narrowed */
	size_t permission_count;
	int64_t token_id; /* that asked, or whose certificate did; 0: none */
	struct request_acts acts;
	struct stored_call call;
	struct digest plan, digest;
	const char *difference; /* JSON */
	int64_t policy_version;
	const char *state; /* "open" "rejected" "withdrawn" "expired" "redeemed" */
	int64_t closed_at; /* 0: open */
	const char *closed_by;
	struct request_requirement *requirements;
	size_t requirement_count;
	struct request_verdict *verdicts;
	size_t verdict_count;
};

/* ---- reading ---- */

/* With requirements and verdicts. ERR_MISSING. */
struct status request_get(
    struct db *db, int64_t id, struct arena *arena, struct request_row *ret_row, struct err *err);
/* The same within a transaction, at whose end others may decide on it again. */
struct status request_lock(
    struct db *db, int64_t id, struct arena *arena, struct request_row *ret_row, struct err *err);

struct request_filter {
	int64_t before;        /* ids below this one; 0: from the newest */
	const char *state;     /* NULL: any */
	const char *act;       /* kind that it contains; NULL: any */
	const char *requester; /* NULL: any */
	bool all_products;     /* else those that are about `products` alone */
	const char *const *products;
	size_t product_count;
	const char *own; /* whose requests are listed whatever they are about; NULL: nobody's */
	int64_t limit;
};
/* Newest first, without bodies and differences; go on with filter.before = the last one's id. */
struct status request_list(struct db *db, const struct request_filter *filter, struct arena *arena,
    struct request_row **ret_rows, size_t *ret_count, struct err *err);

/* One verdict alone. ERR_MISSING. */
struct status approval_get(struct db *db, int64_t id, struct arena *arena, int64_t *ret_request_id,
    struct request_verdict *ret_verdict, struct err *err);

/* Requests of this requester (NULL: of all) that are open. */
struct status request_count_open(
    struct db *db, const char *requester, int64_t *ret_count, struct err *err);

/* ---- writing: in a transaction ---- */

/*
 * Insert what `row` says but for its id, state and verdicts. ret_id 0: the same call by the same
 * requester is open already.
 */
struct status request_add(
    struct db *db, const struct request_row *row, int64_t *ret_id, struct err *err);
/* The open one of this requester with this digest, locked; ret_id 0: none. */
struct status request_open_same(struct db *db, const char *requester, const char *person,
    const struct digest *digest, int64_t *ret_id, int64_t *ret_expires_at, struct err *err);
/* ERR_CONFLICT: not open. */
struct status request_close(
    struct db *db, int64_t id, const char *state, const char *by, int64_t now, struct err *err);
/* Open ones that are overdue, at most `limit`, locked; those that are locked are left out. */
struct status request_overdue(struct db *db, int64_t now, int64_t limit, struct arena *arena,
    int64_t **ret_ids, size_t *ret_count, struct err *err);
/* ERR_CONFLICT: this principal has given a verdict already. */
struct status approval_add(struct db *db, int64_t request_id, const struct request_verdict *verdict,
    int64_t *ret_id, struct err *err);

#endif
