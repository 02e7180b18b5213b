/*
 * ca/certificate_record.h: the record that the log entry of an issued certificate commits to
 * (signing/format/entry.h): not its DER alone, but whose it is and under what it was issued, so
 * that no column of the stored row can change unseen.
 *
 *   record = { 1: version (2), 2: certificate (bstr, DER), 3: authority (uint), 4: product (uint),
 *              5: serial number of the device (tstr), 6: profile (uint), 7: label (uint),
 *              8: renews (uint) }
 *
 * Deterministic CBOR (RFC 8949 4.2.1). Numbers are ids of the store, 0 where there is none; the
 * device's serial number is empty where it is no device's. Version 1 was the DER alone.
 *
 * Who issues fills the columns and commits to the record; who checks the log reads the columns back
 * (certificate_columns_get) and must arrive at the same bytes. A pure function.
 */
#ifndef SIGNET_CA_CERTIFICATE_RECORD_H
#define SIGNET_CA_CERTIFICATE_RECORD_H

#include "sql/certificate_columns.h"

void certificate_record(const struct certificate_columns *columns, struct buf *out);

#endif
