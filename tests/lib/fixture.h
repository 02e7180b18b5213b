/*
 * tests/lib/fixture.h: a whole Signet: private PostgreSQL, authorities, policy, one or more real
 * servers.
 *
 * Everything lives in a new directory under /tmp and is gone after fixture_stop(). Failure to set
 * it up ends the test program with the output of what failed.
 */
#ifndef SIGNET_TESTS_FIXTURE_H
#define SIGNET_TESTS_FIXTURE_H

#include <sys/types.h>

#include "tests/lib/https.h"
#include "tests/lib/pki.h"

#define FIXTURE_SERVERS 2

struct fixture_server {
	pid_t pid; /* 0: not running */
	int device_port, operator_port, public_port;
	/* Before it starts: */
	const char *database; /* conninfo of a way of its own; NULL: the fixture's */
	bool own_clock;       /* fixture_clock_set() sets its clock */
};

struct fixture {
	char dir[64];
	char database[256]; /* conninfo of the server's role */
	char owner[256];    /* conninfo of the owner of the schema */
	bool disk;          /* PostgreSQL has one of its own */
	struct fixture_server servers[FIXTURE_SERVERS];
	struct pki_authority
	    maker; /* trusted by the policy: manufacturer "Test", products X100, Y200 */
	struct pki_authority stranger; /* trusted by nobody */
	X509 *root;                    /* Signet's own root */
	X509 *issuing;                 /* its issuing authority */
};

/*
 * Policy: label (none): open, X100, pop optional, idevid_at_reenroll; "bound": the same, pop
 * required; "factory": required, X100; "y200": open, Y200 only; "approval".
 */
void fixture_start(struct fixture *f);
/*
 * The same, with PostgreSQL on a disk of its own, of so many MB, in a mount namespace that this
 * process enters. False: it may not (no root); nothing was started.
 */
MUST_USE bool fixture_start_on_disk(struct fixture *f, int mb);
/* Stop all and remove the directory. Every server must end with exit code 0 and without a
 * sanitizer's word. */
void fixture_stop(struct fixture *f);

/* Start server i, wait until it has its ports; it may not be ready. */
void fixture_server_launch(struct fixture *f, int i);
/* GET on the operator listener; status, 0: no answer. The body as text, cut to size. */
int fixture_get(struct fixture *f, int i, const char *path, char *ret_text, size_t size);
/* Start server i, wait until it is ready. Its ports stay over restarts. */
void fixture_server_start(struct fixture *f, int i);
/* SIGTERM and wait: exit code. */
int fixture_server_stop(struct fixture *f, int i);
void fixture_server_kill(struct fixture *f, int i); /* SIGKILL */
/* From now on the time of day of server i, which has own_clock, is off by so much. */
void fixture_clock_set(struct fixture *f, int i, int64_t seconds);
void fixture_database_start(struct fixture *f);
void fixture_database_stop(struct fixture *f); /* orderly */
void fixture_database_kill(struct fixture *f); /* SIGKILL to the postmaster and its children */
bool fixture_database_runs(const struct fixture *f);
/* Of fixture_start_on_disk(): nothing fits on it any more, and there is room again. */
void fixture_disk_fill(struct fixture *f);
void fixture_disk_empty(struct fixture *f);

/* One SQL statement as the owner; the first column of the first row as text, "" for none. */
void fixture_sql(struct fixture *f, const char *sql, char *ret_text, size_t size);

/* Where server i's standard error went. */
void fixture_log_path(const struct fixture *f, int i, char *path, size_t size);

#endif
