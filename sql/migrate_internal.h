/* sql/migrate_internal.h: the migrations that were compiled in. */
#ifndef SIGNET_SQL_MIGRATE_INTERNAL_H
#define SIGNET_SQL_MIGRATE_INTERNAL_H

struct migration {
	int version;
	const char *name; /* "0001_policy" */
	const char *text;
};
extern const struct migration migrations[]; /* in order, ended by version 0 */

#endif
