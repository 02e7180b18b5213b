/*
 * server/command.h: signetd's subcommands, one row each in main.c; --help is made from the rows.
 */
#ifndef SIGNET_SERVER_COMMAND_H
#define SIGNET_SERVER_COMMAND_H

#include <stdio.h>

#include "base/clock.h"
#include "ca/policy_apply.h"
#include "server/config.h"
#include "sql/db.h"

/* Exit codes: done; refused or failed; wrong usage. */
enum {
	COMMAND_OK = 0,
	COMMAND_FAILED = 1,
	COMMAND_USAGE = 2
};

struct invocation {
	const char *config_path;
	const struct config *config;
	struct clock clock;
	struct rng rng;
	const char *who;               /* for the log: "os:" and the user's name */
	const struct command *command; /* its own row, for usage */
};

/* argv[0] is the subcommand's name; options by getopt_long, reset already. */
typedef int (*command_run)(const struct invocation *v, int argc, char **argv);

struct command {
	const char *name;
	command_run run;
	const char *arguments; /* for usage: "-f FILE [--dry-run]" */
	const char *summary;   /* one line */
	const char *help;      /* options and an example */
	bool no_config;        /* v->config is NULL */
};

int cmd_run(const struct invocation *v, int argc, char **argv);
int cmd_init(const struct invocation *v, int argc, char **argv);
int cmd_crl(const struct invocation *v, int argc, char **argv); /* cmd_crl.c */
int cmd_crl_sign(const struct invocation *v, int argc, char **argv);
int cmd_rollover(const struct invocation *v, int argc, char **argv);
int cmd_migrate(const struct invocation *v, int argc, char **argv);
int cmd_admin(const struct invocation *v, int argc, char **argv); /* admin.c */
int cmd_token(const struct invocation *v, int argc, char **argv); /* admin.c */
int cmd_bootstrap(const struct invocation *v, int argc, char **argv);
int cmd_check(const struct invocation *v, int argc, char **argv);
int cmd_enrollment(const struct invocation *v, int argc, char **argv); /* cmd_enrollment.c */
int cmd_trust_crl(const struct invocation *v, int argc, char **argv);
int cmd_restore(const struct invocation *v, int argc, char **argv); /* cmd_restore.c */
int cmd_statistics(const struct invocation *v, int argc, char **argv);
int cmd_log(const struct invocation *v, int argc, char **argv);
int cmd_directives(const struct invocation *v, int argc, char **argv);
int cmd_token_key(const struct invocation *v, int argc, char **argv);
int cmd_fingerprint(const struct invocation *v, int argc, char **argv);

/* "signetd: message" and its cause on standard error; COMMAND_FAILED. */
int command_failed(const struct err *err);
/* "signetd: ..." and the command's usage on standard error; COMMAND_USAGE. */
int command_usage(const struct invocation *v, const char *format, ...) PRINTF(2, 3);
/* Why the glass is broken is kept for ever: 10 to 200 bytes of UTF-8 must stand there. */
bool command_reason_fits(const char *reason);
/* What became of policy, a line each. */
void command_changes(FILE *out, const struct policy_change *changes, size_t n, bool dry_run);
/* A connection as the server's role. ERR_DATABASE. */
struct status command_db(const struct invocation *v, struct db **ret_db, struct err *err);

#endif
