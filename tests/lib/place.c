#include "tests/lib/place.h"

#include <stdio.h>
#include <stdlib.h>

const char *place_top(void)
{
	const char *asked = getenv("SIGNET_TEST_PLACE");

	return asked && asked[0] ? asked : "/tmp";
}

void place_new(const char *what, char *ret_path, size_t size)
{
	const int n = snprintf(ret_path, size, "%s/signet-%s-XXXXXX", place_top(), what);

	if (n > 0 && (size_t)n < size && mkdtemp(ret_path))
		return;
	fprintf(stderr, "tests/lib/place: no directory %s\n", ret_path);
	exit(99);
}
