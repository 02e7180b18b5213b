/* sql/device_history.h: what happened to a device, from the rows that its acts have left. */
#ifndef SIGNET_SQL_DEVICE_HISTORY_H
#define SIGNET_SQL_DEVICE_HISTORY_H

#include "base/span.h"
#include "sql/db.h"

struct device_event {      /* strings live in the arena; NULL, 0: does not apply */
	int64_t at, key;   /* key: orders what happened within a second */
	const char *event; /* kind of its log entry: "device.changed" "certificate.issued" ... */
	const char *state; /* of the device from then on */
	const char *who;
	int64_t certificate_id;
	int reason; /* RFC 5280 5.3.1, of a certificate's; -1: none */
};
/* Newest first, those before (at, key); 0 and 0: from the newest. */
struct status device_history(struct db *db, int64_t device_id, int64_t at, int64_t key,
    int64_t limit, struct arena *arena, struct device_event **ret_events, size_t *ret_count,
    struct err *err);

#endif
