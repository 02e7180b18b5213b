/*
 * api/attempt.h: how often an address has failed to say who it is.
 *
 * A bucket per address (IPv6: per /64, which is what one subscriber has) in a table of fixed size:
 * nobody can fill it; a full row gives up the bucket that forgives least by its loss. In memory,
 * per process: a restart forgets. Thread-safe.
 */
#ifndef SIGNET_API_ATTEMPT_H
#define SIGNET_API_ATTEMPT_H

#include "base/base.h"

/* A script with an old token fails a few times before somebody looks. */
#define ATTEMPT_BURST 20
/* Then one in three seconds: 1,200 an hour, against 2^128. */
#define ATTEMPT_EACH_MS 3000

struct attempts;
struct attempts *attempts_new(uint64_t seed);
void attempts_free(struct attempts *a); /* NULL allowed */
/* May this address ("192.0.2.1", "2001:db8::1") try? Takes nothing. */
MUST_USE bool attempts_may(struct attempts *a, const char *address, int64_t now_ms);
/* It tried, and failed. */
void attempts_failed(struct attempts *a, const char *address, int64_t now_ms);

#endif
