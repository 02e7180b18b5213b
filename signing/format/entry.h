/*
 * signing/format/entry.h: a transparency-log entry, version 1: what happened, when, and a salted
 * commitment.
 *
 *   entry = { 1: version (1), 2: kind (tstr), 3: time (uint, seconds since 1970), 4: commitment
 * (bstr .size 32) }
 *
 * Deterministic CBOR (RFC 8949 4.2.1). commitment = HMAC-SHA-256(key = salt, record). The record is
 * the act's own canonical bytes (a certificate's ca/certificate_record.h, a policy document's
 * canonical JSON, ...). With the salt erased the entry tells an outsider nothing; with it, anybody
 * who holds the record can check it.
 */
#ifndef SIGNET_FORMAT_ENTRY_H
#define SIGNET_FORMAT_ENTRY_H

#include "base/err.h"
#include "base/span.h"

#define ENTRY_SALT_SIZE 32
#define ENTRY_KIND_MAX  64

void entry_encode(const char *kind, int64_t time, const uint8_t salt[static ENTRY_SALT_SIZE],
    struct span record, struct buf *out);

struct entry {
	char kind[ENTRY_KIND_MAX + 1];
	int64_t time;
	uint8_t commitment[32];
};
/* ERR_INPUT: not exactly this, or bytes behind it. */
struct status entry_decode(struct span cbor, struct entry *ret_entry, struct err *err);
bool entry_commits_to(
    const struct entry *e, const uint8_t salt[static ENTRY_SALT_SIZE], struct span record);

#endif
