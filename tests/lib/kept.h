/*
 * tests/lib/kept.h: what one test made and others begin with, as long as tests/run runs.
 *
 * Kept below SIGNET_TEST_PLACE; where nobody set that, nothing is.
 */
#ifndef SIGNET_TESTS_KEPT_H
#define SIGNET_TESTS_KEPT_H

#include "base/base.h"
#include "tests/lib/pki.h"

/* Copy what is kept under this name into the directory, which is there. False: nothing is kept. */
MUST_USE bool kept_take(const char *name, const char *directory);
/* Keep the directory as it is now; nobody may be writing in it. The first one stays. */
void kept_put(const char *name, const char *directory);

/* As NAME.pem and NAME.key in the directory. Failure ends the program. */
void kept_authority_write(const struct pki_authority *a, const char *directory, const char *name);
struct pki_authority kept_authority_read(const char *directory, const char *name);

#endif
