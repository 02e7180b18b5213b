/*
 * tests/bench/held.h: a store with millions of certificates, loaded through COPY: devices with four
 * certificates each, a key of every certificate and IDevID, an enrollment of every certificate, one
 * in two hundred revoked. What the log has of them is left out: its tables are only ever added to
 * at their end.
 */
#ifndef SIGNET_BENCH_HELD_H
#define SIGNET_BENCH_HELD_H

#include "tests/lib/fixture.h"

#define HELD_PER_DEVICE 4
#define HELD_BATCH      10000 /* devices of one production batch */

/* What a certificate takes on disk with all that belongs to it and its indices; measured, rounded
 * up. */
#define HELD_BYTES_EACH INT64_C(3000)

/* Serial number of a device and a key's digest, as they were loaded. */
void held_serial(long device, char *text, size_t size);
void held_key(long certificate, uint8_t digest[static 32]);

/*
 * Fill the store of a fixture whose server is stopped. Indices are built afterwards, which is
 * quicker, and nothing goes through the log of the cluster (wal_level minimal meanwhile). Ends the
 * program on failure.
 */
void held_load(struct fixture *f, long certificates);

#endif
