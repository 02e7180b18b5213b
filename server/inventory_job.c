/* server/inventory_job.c: see inventory_job.h. */
#include "server/inventory_job.h"

#include "server/server.h"
#include "sql/statistic.h"

#define ARCHIVE_MS 2000

struct status inventory_fold(struct db *db, struct err *err)
{
	int64_t changes;

	return statistic_fold(db, &changes, err);
}

struct status inventory_archive(
    const struct server *s, struct db *db, struct archive_place *place, struct err *err)
{
	const int64_t until = monotonic_ms() + ARCHIVE_MS;
	size_t moved = 0, all = 0;
	bool end = false;

	while (!end && monotonic_ms() < until) {
		TRY(archive_some(db, &s->api.clock, &s->api.rng, place, &moved, &end, err));
		all += moved;
	}
	if (end)
		*place = (struct archive_place){0};
	if (all > 0)
		LOG(&s->log, LOG_INFO, "certificates archived", LOG_INT("certificates", all));
	return STATUS_OK;
}
