/*
 * ca/enrolled_record.h: what the log entry device.enrolled commits to: a device's move to
 * `enrolled`, made again from the enrollment that issued its first certificate.
 */
#ifndef SIGNET_CA_ENROLLED_RECORD_H
#define SIGNET_CA_ENROLLED_RECORD_H

#include "base/encode.h"

struct enrolled_columns { /* of the enrollment's row */
	int64_t at;
	const char *label, *product, *serial;
	struct span key, idevid; /* SHA-256 of the certified key, and of the IDevID */
};

/* Canonical, appended. */
void enrolled_record(const struct enrolled_columns *columns, struct buf *out);

#endif
