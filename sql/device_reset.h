/* sql/device_reset.h: whose is the certificate that a device is to be reset by. */
#ifndef SIGNET_SQL_DEVICE_RESET_H
#define SIGNET_SQL_DEVICE_RESET_H

#include "base/span.h"
#include "sql/db.h"

struct reset_look {              /* zeroed: nothing known */
	int64_t device_id;       /* 0: the certificate is no device's, or not stored */
	struct span certificate; /* its DER as stored, in the arena */
	int reason;              /* RFC 5280 5.3.1: why it is revoked or held; -1: it is not */
	bool compromised;        /* its key is */
};
struct status reset_look(struct db *db, int64_t authority_id, struct span serial,
    struct arena *arena, struct reset_look *ret_look, struct err *err);

#endif
