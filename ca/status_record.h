/*
 * ca/status_record.h: the record that the log entry of a revocation, a hold or its end commits to
 * (signing/format/entry.h): all of the event's row, so that no column of it can change unseen.
 *
 *   record = { 1: version (1), 2: certificate (uint), 3: authority (uint), 4: serial number (bstr),
 *              5: change (tstr), 6: reason (uint), 7: at (uint), 8: invalidity date (uint),
 *              9: who (tstr), 10: person (tstr), 11: request (uint), 12: mass act (uint),
 *              13: device (uint), 14: sequence (uint) }
 *
 * Deterministic CBOR (RFC 8949 4.2.1). Numbers are 0, texts empty where there is none. Times are
 * seconds since 1970; certificate, authority, request, mass act and device are ids of the store.
 *
 * Who acts fills the columns and commits to the record; who checks the log reads the columns back
 * (status_columns_get) and must arrive at the same bytes. A pure function.
 */
#ifndef SIGNET_CA_STATUS_RECORD_H
#define SIGNET_CA_STATUS_RECORD_H

#include "sql/revocation.h"

void status_record(const struct status_columns *columns, struct buf *out);

#endif
