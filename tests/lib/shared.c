/* tests/lib/shared.c: see shared.h. */
#include "tests/lib/shared.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

/* What the engineers of this project share, beside the checkout. */
#define BESIDE          "../shared"
#define SHARED_FILE_MAX ((size_t)16 << 20)

bool shared_path(const char *name, char *ret_path, size_t size)
{
	const char *dir = getenv("SIGNET_SHARED_DATA");
	int n = dir ? snprintf(ret_path, size, "%s/%s", dir, name)
		    : snprintf(ret_path, size, "%s/data/%s", BESIDE, name);

	return n > 0 && (size_t)n < size && file_exists(ret_path);
}

bool shared_read(const char *name, struct buf *out)
{
	struct err err = {0};
	char path[512];

	return shared_path(name, path, sizeof(path)) &&
	       file_read(path, SHARED_FILE_MAX, out, &err).ok;
}
