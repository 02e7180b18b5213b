/* tests/lib/place.h: where tests make their directories. */
#ifndef SIGNET_TESTS_PLACE_H
#define SIGNET_TESTS_PLACE_H

#include <stddef.h>

/*
 * A new directory, named after what it is for; ret_path holds its path, which fits or the program
 * ends. Below SIGNET_TEST_PLACE, which tests/run lets be in memory where there is enough of it,
 * else below /tmp.
 */
void place_new(const char *what, char *ret_path, size_t size);
const char *place_top(void);

#endif
