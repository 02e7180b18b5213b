/* server/cmd_statistics.c: signetd statistics: are the kept counts what counting says? */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "server/command.h"
#include "sql/statistic.h"

/* Counting reads every row of the inventory once. */
#define COUNT_TIMEOUT_MS (30 * 60000)

static void print_drift(const struct statistic_drift *d)
{
	const struct statistic_row *r = &d->row;

	printf("%s%s%s%s%s, %s: kept %" PRId64 ", counted %" PRId64 "\n", r->kind,
	    r->authority ? " of authority " : "", r->authority ? r->authority : "",
	    r->product ? " of product " : "", r->product ? r->product : "", r->state, r->count,
	    d->counted);
}

static int check(const struct invocation *v, bool mend)
{
	const struct db_config config = {
	    v->config->database.server, COUNT_TIMEOUT_MS, "signetd-statistics"};
	AUTO_REF(db) db = NULL;
	AUTO(arena) arena = {0};
	struct statistic_drift *rows;
	struct err err = {0};
	size_t count;

	if (!db_open(&config, &db, &err).ok ||
	    !statistic_drift(db, mend, &arena, &rows, &count, &err).ok)
		return command_failed(&err);
	for (size_t i = 0; i < count; i++)
		print_drift(&rows[i]);
	printf("%zu counts differ%s\n", count, count && mend ? "ed, and were put right" : "");
	return count == 0 || mend ? COMMAND_OK : COMMAND_FAILED;
}

int cmd_statistics(const struct invocation *v, int argc, char **argv)
{
	static const struct option options[] = {
	    {"mend", no_argument, NULL, 'm'}, {NULL, 0, NULL, 0}};
	bool mend = false;
	int c;

	while ((c = getopt_long(argc, argv, "m", options, NULL)) != -1) {
		if (c != 'm')
			return command_usage(v, NULL);
		mend = true;
	}
	if (optind != argc)
		return command_usage(v, "statistics takes no argument");
	return check(v, mend);
}
