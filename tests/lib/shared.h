/* tests/lib/shared.h: published vectors that stand beside the repository, where they are there. */
#ifndef SIGNET_TESTS_SHARED_H
#define SIGNET_TESTS_SHARED_H

#include "base/span.h"

/*
 * NAME below data in the folder "shared" beside the repository, or below the directory that
 * SIGNET_SHARED_DATA names. False: it is not there, and the test that needs it skips by name:
 * if (!shared_path(...)) cr_skip_test("%s is not here", ...)
 */
bool shared_path(const char *name, char *ret_path, size_t size);
/* The same, and append the file's bytes. */
bool shared_read(const char *name, struct buf *out);

#endif
