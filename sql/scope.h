/* sql/scope.h: what of a list its reader may see: filters of sql/'s lists, by product. */
#ifndef SIGNET_SQL_SCOPE_H
#define SIGNET_SQL_SCOPE_H

#include "base/base.h"

/* Products by id where rows have ids, by name where rows have names. */
struct scope {
	bool all; /* every product, and what is of none */
	const int64_t *ids;
	const char *const *names;
	size_t count;
};

/* Rows are asked for one more than a page holds: whether there is a next one is then known. */
#define ID_NEWEST INT64_MAX /* "before this id", from the newest */

#endif
