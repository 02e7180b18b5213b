/* sql/certificate_columns.h: the columns of a stored certificate that its log entry commits to. */
#ifndef SIGNET_SQL_CERTIFICATE_COLUMNS_H
#define SIGNET_SQL_CERTIFICATE_COLUMNS_H

#include "base/err.h"
#include "base/span.h"
#include "sql/db.h"

/* ca/certificate_record.h makes the record of them. Ids are 0 where the row has none. */
struct certificate_columns {
	struct span der;
	int64_t authority_id;
	int64_t product_id;        /* of the device */
	const char *device_serial; /* as normalised by the trust anchor; NULL or "": no device's */
	int64_t profile_id;
	int64_t label_id;
	int64_t renews; /* the certificate that it takes over from */
};

/* As they are stored now; what is borrowed lives in the arena. ERR_MISSING: there is no such id. */
struct status certificate_columns_get(struct db *db, int64_t id, struct arena *arena,
    struct certificate_columns *ret_columns, struct err *err);

#endif
