/*
 * tests/lib/pg.h: a real PostgreSQL for tests.
 *
 * One private cluster per run of a test program: started by the first test that asks, gone at the
 * end, also when the program is killed. A database of its own for each test that asks.
 *
 *	Test(sql_db, x_holds)
 *	{
 *		struct pg_database d = pg_database_new(true);
 *		... d.server is the conninfo of signet_server, d.owner of signet_owner ...
 *		pg_database_drop(&d);
 *	}
 */
#ifndef SIGNET_TESTS_LIB_PG_H
#define SIGNET_TESTS_LIB_PG_H

#include <stdbool.h>

#include "sql/db.h"

struct pg_database {
	char name[64];
	char owner[320];     /* conninfo of signet_owner */
	char server[320];    /* conninfo of signet_server */
	char superuser[320]; /* conninfo of postgres, for tampering */
	char cluster[256];   /* its directory, where it is one apart; else empty */
};

/* A new, empty database; migrated when asked. The test fails (abort) when it cannot be had. */
struct pg_database pg_database_new(bool migrated);
void pg_database_drop(struct pg_database *d);

/* A connection as the server. Aborts when it cannot be had. */
struct db *pg_open(const struct pg_database *d);

/* Run SQL as superuser; aborts with PostgreSQL's words when it fails. */
void pg_exec(const struct pg_database *d, const char *sql);
/* The same as signet_server. Returns the SQLSTATE ("00000" when it went well), in a static buffer.
 */
const char *pg_state_as(const char *conninfo, const char *sql);
/* First column of the first row as text, in a static buffer; "" when there is none. */
const char *pg_value(const struct pg_database *d, const char *sql);
long long pg_number(const struct pg_database *d, const char *sql);

/* ---- a cluster apart, for tests that stop it: the shared one serves other tests at the same time
 * ---- */
struct pg_database pg_database_apart(void);   /* migrated; pg_database_drop ends the cluster too */
void pg_restart(const struct pg_database *d); /* every connection breaks */
void pg_stop(const struct pg_database *d);
void pg_start(const struct pg_database *d);

#endif
