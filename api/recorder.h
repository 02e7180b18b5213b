/*
 * api/recorder.h: the flight recorder of the API: refused calls, each a row that explains itself.
 *
 * Bounded: by a rate in each process, and by count and age in the store, calls of nobody known more
 * tightly. What is not kept is answered, logged and counted all the same.
 */
#ifndef SIGNET_API_RECORDER_H
#define SIGNET_API_RECORDER_H

#include "api/route.h"

#define RECORDER_KNOWN_PER_S  50
#define RECORDER_KNOWN_BURST  1000
#define RECORDER_NOBODY_PER_S 5
#define RECORDER_NOBODY_BURST 200
/* What the purge leaves. */
#define RECORDER_KNOWN_KEPT     100000
#define RECORDER_KNOWN_SECONDS  (30 * 86400)
#define RECORDER_NOBODY_KEPT    10000
#define RECORDER_NOBODY_SECONDS (7 * 86400)

/* Outside of a transaction. Sets call->reference where a row was written; refusals (4xx) alone are.
 */
void recorder_keep(struct call *call, const struct err *err);

#endif
