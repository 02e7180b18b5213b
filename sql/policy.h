/*
 * sql/policy.h: policy as rows. ca/ knows what they mean.
 *
 * A document is kept as its canonical JSON. Every change bumps the version in its own transaction
 * and is heard by those who db_listen() to POLICY_NOTIFY.
 */
#ifndef SIGNET_SQL_POLICY_H
#define SIGNET_SQL_POLICY_H

#include "base/clock.h"
#include "sql/db.h"

#define POLICY_NOTIFY "signet_policy"

struct policy_row {
	const char *kind; /* "authority" "profile" ... "role" "principal" ... */
	int64_t id;
	const char *name;
	const char *spec; /* JSON */
	int64_t version;
	/* authorities only */
	struct span certificate; /* DER */
	int64_t parent_id;       /* 0: none held here */
	struct span *chain;      /* DER, nearest first */
	size_t chain_count;
	struct span *links; /* its name and key, certified by others: DER, oldest first */
	size_t link_count;
	bool revoked; /* by the authority above it: for good */
};
struct policy_rows {
	int64_t version;
	struct policy_row *rows;
	size_t count;
};
/* Everything, as of one moment, into the arena. */
struct status policy_rows_read(
    struct db *db, struct arena *arena, struct policy_rows *ret_rows, struct err *err);

/* The version alone: has anything changed? */
struct status policy_version_read(struct db *db, int64_t *ret_version, struct err *err);

/* ---- within a transaction that holds policy_lock() ---- */

/* Others who would change policy, or act under policy_hold(), wait until the end of the
 * transaction. */
struct status policy_lock(struct db *db, int64_t *ret_version, struct err *err);
/*
 * For what is done by policy as it is now, and changes none: whoever would change it waits until
 * the end of the transaction, others who do the same do not. Never followed by policy_lock(): two
 * that did so would wait for each other.
 */
struct status policy_hold(struct db *db, int64_t *ret_version, struct err *err);
/* Write a document: new, or in place of the one with this name. Authorities can only be changed
 * (ERR_MISSING). manufacturer and model: of products; NULL else. ERR_CONFLICT: product_model. */
struct status policy_row_put(struct db *db, const struct policy_row *row, const char *manufacturer,
    const char *model, int64_t now, int64_t *ret_id, struct err *err);
/* Only documents of access/ can be removed. ERR_MISSING. */
struct status policy_row_remove(struct db *db, const char *kind, const char *name, int64_t version,
    int64_t now, struct err *err);
/* An authority is revoked: it issues nothing more, for good. */
struct status policy_authority_revoke(struct db *db, int64_t id, int64_t now, struct err *err);
struct status policy_bump(struct db *db, int64_t version, int64_t now, struct err *err);

/* What was done: the record that its log entry commits to. */
struct policy_change_row {
	int64_t at;
	const char *who;
	int64_t version;
	const char *kind, *name;
	struct span record;
};
struct status policy_change_add(
    struct db *db, const struct policy_change_row *row, int64_t *ret_id, struct err *err);

/* An alarm that concerns no device. Its log entry is the caller's. */
struct status alarm_add(struct db *db, const char *kind, const char *detail, int64_t at,
    int64_t *ret_id, struct err *err);

/* An authority made by `signetd init`. ca/act.h has the act around it. */
struct authority_new {
	const char *name;
	const char *spec; /* canonical JSON: policy_authority_spec() in ca/policy_document.h */
	struct span certificate; /* DER */
	struct span subject, ski;
	int64_t parent_id; /* 0: none */
	const struct span *chain;
	size_t chain_count;
};
/* ERR_CONFLICT: the name is taken. */
struct status policy_authority_insert(struct db *db, const struct authority_new *authority,
    int64_t version, int64_t now, int64_t *ret_id, struct err *err);

/* An authority's key certified by another of our authorities. */
struct authority_link_new {
	int64_t authority_id, issuer_id;
	struct span certificate; /* DER */
};
/* ERR_CONFLICT: it is there already. */
struct status policy_authority_link_insert(struct db *db, const struct authority_link_new *link,
    int64_t version, int64_t now, int64_t *ret_id, struct err *err);

/* Devices of one product and batch (NULL: none), made known. ret_new: those that were not there, in
 * the arena. */
struct status device_add_many(struct db *db, int64_t product_id, const char *batch,
    const char *const *serials, size_t n, int64_t now, struct arena *arena, const char ***ret_new,
    size_t *ret_new_count, struct err *err);

#endif
