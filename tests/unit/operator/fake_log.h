/*
 * tests/unit/operator/fake_log.h: a log with its store behind it, that a test can tamper with.
 *
 * What is published and what is stored are separate copies: a tamperer reaches one or the other.
 */
#ifndef TEST_OPERATOR_FAKE_LOG_H
#define TEST_OPERATOR_FAKE_LOG_H

#include <openssl/evp.h>

#include "signing/format/log_proof.h"
#include "tests/unit/operator/responder.h"

#define FAKE_ENTRIES_MAX 1000

struct fake_entry {
	struct buf published;            /* in the entry bundle */
	struct buf stored, salt, record; /* n 0: null */
	bool leaf_gone, erased;
	char fault[64]; /* "": null */
};

struct fake_log {
	const char *origin;
	EVP_PKEY *key;
	char vkey[200];
	size_t size;
	struct fake_entry entries[FAKE_ENTRIES_MAX];
	struct buf checkpoint;
	char predecessor[1000]; /* a note; "": null */
	char stray[200];        /* a JSON object; "": none */
	char missing[64];       /* a published file that is not there: "tile/0/000" */
	char spoiled[64];       /* one whose first octet is another */
	struct responder *responder;
};

/* Start a responder with a log of so many entries. */
struct fake_log *fake_log_start(const char *origin, size_t size);
void fake_log_stop(struct fake_log *f);
/* Entry i as it was, or with another record: then another history. */
void fake_log_entry(struct fake_log *f, size_t i, const char *record);
/* Sign the checkpoint of the first `size` published entries. */
void fake_log_publish(struct fake_log *f, size_t size);
/* A tlog-proof file of entry i, with our extra data. */
void fake_log_prove(struct fake_log *f, size_t i, struct buf *out);

#endif
