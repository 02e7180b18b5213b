/*
 * ca/act.h: acts and their log entries. Every act is in the log: the entry is written in the
 * transaction of the act, and if it cannot be written, the act does not happen.
 *
 * The record is the act's canonical bytes; it is stored by the act itself (a certificate's row, a
 * policy_change) and named by the entry's salt, so that it can be found and checked again.
 */
#ifndef SIGNET_CA_ACT_H
#define SIGNET_CA_ACT_H

#include "base/clock.h"
#include "sql/log.h"
#include "sql/policy.h"

/* An entry for `record`, ready to be written. `kind` is borrowed. Freed with log_line_free(). */
struct status log_line_make(const char *kind, int64_t at, const struct rng *rng, struct span record,
    struct log_line *ret_line, struct err *err);

/* What was done to policy, or by an operator with a document: kept as a policy_change row. */
struct policy_act {
	const char *who;
	const char *person;           /* who acted, where that is somebody else than `who`; NULL */
	const char *const *approvers; /* who agreed; NULL: nobody was asked */
	size_t approver_count;
	int64_t request_id; /* that they agreed to; 0: none */
	const char *act;    /* log kind: "policy.created" "policy.changed" "device.made" ... */
	const char *kind, *name;
	struct span document; /* UTF-8: canonical JSON, or hex of DER */
	int64_t version;
	int64_t at;
};
/* The row and its log entry, in the caller's transaction. */
struct status policy_record(
    struct db *db, const struct policy_act *act, const struct rng *rng, struct err *err);

/*
 * The glass was broken: somebody on the server's machine did what others should have agreed to. The
 * row and its log entry, and an alarm with one of its own, in the caller's transaction. `act` says
 * who, when and in which version; `name` what was done by it: "policy", "enrollment 42".
 */
struct status break_glass_record(struct db *db, const struct policy_act *act, const char *name,
    const char *reason, const struct rng *rng, struct err *err);

/*
 * An authority made by `signetd init`, with its version, change row, log entry and notification:
 * within the caller's transaction, or in one of its own when there is none. ERR_CONFLICT: the name
 * is taken.
 */
struct status policy_store_authority(struct db *db, const struct authority_new *authority,
    const char *who, const struct clock *clock, const struct rng *rng, int64_t *ret_id,
    struct err *err);
/* The same in the caller's transaction, by somebody with approvals: `by` says who, when, and the
 * rest. */
struct status policy_store_authority_by(struct db *db, const struct authority_new *authority,
    const struct policy_act *by, const struct rng *rng, int64_t *ret_id, struct err *err);

#endif
