/* server/overdue_job.c: see overdue_job.h. */
#include "server/overdue_job.h"

#include "ca/overdue.h"
#include "server/server.h"
#include "sql/election.h"

static struct status find_elected(
    struct server *s, struct db *db, struct overdue_found *ret_found, struct err *err)
{
	AUTO_REF(policy) policy = policy_current(s->policies);
	bool elected = false;

	TRY(election_try(db, ELECTION_OVERDUE, &elected, err));
	if (!elected || !policy)
		return STATUS_OK;
	return overdue_find(db, policy, clock_now(&s->api.clock), &s->api.rng, ret_found, err);
}

static void tell(struct server *s, const struct overdue_found *found)
{
	if (found->certificates == 0)
		return;
	metric_add(&s->metrics, METRIC_OVERDUE, found->certificates);
	metric_add(&s->metrics, METRIC_ALARMS, found->alarms);
	LOG(&s->log, LOG_ERROR, "alarm: certificates not renewed in time",
	    LOG_INT("certificates", found->certificates), LOG_INT("alarms", found->alarms));
}

/* In pieces: each is durable before the next. What is left then is for the next time. */
#define PIECES_MAX 5

struct status overdue_job(struct server *s, struct db *db, struct err *err)
{
	struct overdue_found found;
	struct status done;

	for (int i = 0; i < PIECES_MAX; i++) {
		found = (struct overdue_found){0};
		TRY(db_begin(db, err));
		done = find_elected(s, db, &found, err);
		if (done.ok)
			done = db_commit(db, err);
		if (!done.ok)
			db_rollback(db);
		TRY(done);
		tell(s, &found);
		if (!found.more)
			break;
	}
	return STATUS_OK;
}
