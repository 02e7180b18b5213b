/* sql/enrollment_wait.h: enrollments that wait for somebody to approve them. */
#ifndef SIGNET_SQL_ENROLLMENT_WAIT_H
#define SIGNET_SQL_ENROLLMENT_WAIT_H

#include "sql/enrollment.h"

struct enrollment_room {
	int64_t of_device, of_product; /* may wait at one label */
};
/* The one of its label, device and key that is over and makes room for a new one. ret_id 0: none.
 */
struct status enrollment_stale(
    struct db *db, const struct enrollment_row *row, int64_t *ret_id, struct err *err);
/* Let it wait. ERR_CONFLICT: it does already. ret_id 0: there is no room. */
struct status enrollment_wait(struct db *db, const struct enrollment_row *row, int64_t expires,
    const struct enrollment_room *room, int64_t *ret_id, struct err *err);
struct status enrollment_wait_again(struct db *db, int64_t id, int64_t now,
    const char *peer_address, const char *request_id, struct err *err);

#endif
