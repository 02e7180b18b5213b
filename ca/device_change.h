/*
 * ca/device_change.h: an operator moves a device from state to state.
 *
 *	made -> claimed -> enrolled        claimed: somebody says that it is theirs
 *	made, claimed, enrolled -> suspended -> back to what it was
 *	whatever -> retired                for ever
 *
 * `enrolled` is what enrollment makes of a device; an operator only resumes a suspended one to it,
 * and only one that had enrolled. A suspended or retired device gets no certificate, and those that
 *it has do not count: suspension holds them, resumption lifts those holds, retirement revokes them
 * (cessationOfOperation), all in the transaction of the move. What had expired by then stays as it
 *is.
 */
#ifndef SIGNET_CA_DEVICE_CHANGE_H
#define SIGNET_CA_DEVICE_CHANGE_H

#include "access/access.h"
#include "base/clock.h"
#include "sql/device_view.h"

struct device_change {
	const struct actor *actor;
	const char *const *approvers; /* who agreed; NULL: nobody was asked */
	size_t approver_count;
	int64_t request_id; /* that they agreed to; 0: none */
	int64_t now;
	const struct rng *rng;
};

/* May it go there? ERR_CONFLICT device.move. The same state: yes, and nothing happens. */
struct status device_move_check(
    const struct device_row *device, const char *state, struct err *err);

/*
 * Move it, with a record and a log entry (device.changed), in the caller's transaction, in which
 * the row is locked. device->state and device->version become the new ones. The revocation lists'
 * rows stay locked until the transaction ends: do this last.
 */
struct status device_change_state(struct db *db, const struct device_change *change,
    struct device_row *device, const char *state, struct arena *arena, struct err *err);

#endif
