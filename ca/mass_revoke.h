/*
 * ca/mass_revoke.h: all certificates that a selection finds, revoked by one act.
 *
 * Looked at first (mass_revoke_look: the blast radius), agreed to by its digest, made
 * (mass_revoke_make), and then done in batches by one of all servers (mass_revoke_step), each in a
 * transaction of its own in which the progress is stored: whoever is killed is followed by another
 * who goes on behind the last batch. What is revoked already stays as it is, so nothing is done
 * twice. Each certificate has its event and its log entry, as one that is revoked alone.
 */
#ifndef SIGNET_CA_MASS_REVOKE_H
#define SIGNET_CA_MASS_REVOKE_H

#include "access/access.h"
#include "base/clock.h"
#include "sql/mass_act.h"

/* ids that one batch looks through at most, where the selection is no narrow one */
#define MASS_WINDOW 100000

/* Does it name anything to select by? REFUSE mass.selector. */
struct status mass_selector_check(const struct mass_selector *selector, struct err *err);

struct mass_order {
	const struct mass_selector *selector;
	const struct mass_found *found; /* by mass_selection_count() */
	const char *text;               /* the selector as canonical JSON */
	int reason;
	int64_t invalidity_at; /* 0: not said */
	const struct actor *actor;
	const char *const *approvers; /* who agreed; NULL: nobody was asked */
	size_t approver_count;
	int64_t request_id; /* that they agreed to; 0: none */
	int64_t now;
};
/*
 * Make it, with a record and a log entry (mass-revocation.started), in the caller's transaction.
 * REFUSE mass.empty: it finds nothing.
 */
struct status mass_revoke_make(struct db *db, const struct mass_order *order, const struct rng *rng,
    int64_t *ret_id, struct err *err);

/*
 * End it, in the caller's transaction; what it has revoked stays revoked. Log entry
 * mass-revocation.canceled. `row` is as it was under lock. REFUSE mass.ended.
 */
struct status mass_revoke_cancel(struct db *db, const struct mass_act_row *row,
    const struct actor *actor, int64_t now, const struct rng *rng, struct err *err);

/* What a turn of mass_revoke_step() came to. */
struct mass_turn {
	int64_t id; /* 0: there was nothing to do, or another server does it */
	int64_t looked, revoked;
	int64_t left; /* certificates of this act, as counted when it was made */
	bool ended;   /* it is done */
	bool differs; /* and has found another number than was agreed to */
};
/*
 * The next batch of the oldest one that runs, in a transaction of its own. On failure ret_turn->id
 * says of which; nothing of the batch was done.
 */
struct status mass_revoke_step(
    struct db *db, int64_t now, const struct rng *rng, struct mass_turn *ret_turn, struct err *err);
/*
 * It has failed and will not go on: stored with an alarm (mass-revocation) and their log entries,
 * in a transaction of its own.
 */
struct status mass_revoke_fail(struct db *db, int64_t id, const char *why, int64_t now,
    const struct rng *rng, struct err *err);

#endif
