/*
 * clients/operator/command.h: the subcommands of signet, as one constant table.
 *
 * Parsing, usage errors, --help, shell completion and the manual pages read it; nothing else says
 * what a command takes. command_groups[] is in commands.c, option_rows[] in options.c.
 */
#ifndef SIGNET_OPERATOR_COMMAND_H
#define SIGNET_OPERATOR_COMMAND_H

#include "base/base.h"

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* refused or failed */
	EXIT_USAGE = 2,
	EXIT_WAITING = 3,     /* for approvals, longer than --wait allows */
	EXIT_REJECTED = 4,    /* rejected, withdrawn or expired: nothing will come of it */
	EXIT_UNREACHABLE = 5, /* the server; the same again may work */
};

/* A row each in options.c. Two may share a name where no command takes both. */
enum option_id {
	OPT_JSON,
	OPT_YES,
	OPT_FILE,
	OPT_DRY_RUN,
	OPT_ALL,
	OPT_LIMIT,
	OPT_PRODUCT,
	OPT_SERIAL,
	OPT_STATE,
	OPT_LABEL,
	OPT_OUTCOME,
	OPT_KIND,
	OPT_CODE,
	OPT_ACT,
	OPT_DEVICE,
	OPT_SERIAL_NUMBER,
	OPT_AUTHORITY,
	OPT_SUBJECT,
	OPT_EXPIRES_BEFORE,
	OPT_EXPIRES_AFTER,
	OPT_ISSUED_AFTER,
	OPT_ISSUED_BEFORE,
	OPT_CREATED_AFTER,
	OPT_CREATED_BEFORE,
	OPT_ENROLLED_AFTER,
	OPT_ENROLLED_BEFORE,
	OPT_STATUS,
	OPT_BATCH,
	OPT_KEY_DIGEST,
	OPT_KEY_ALGORITHM,
	OPT_CERTIFICATE_ID,
	OPT_PRINCIPAL,
	OPT_TTL,
	OPT_PERMISSION,
	OPT_DIGEST,
	OPT_COMMENT,
	OPT_OUTPUT,
	OPT_FROM_LINE,
	OPT_FORMAT,
	OPT_API_URL,
	OPT_CACERT,
	OPT_PIN,
	OPT_TOKEN_FILE,
	OPT_OIDC_TOKEN_FILE,
	OPT_CERTIFICATE,
	OPT_KEY,
	OPT_LOG_URL,
	OPT_CHECKPOINT,
	OPT_FULL,
	OPT_PUBLIC_ONLY,
	OPT_VKEY,
	OPT_RECORD,
	OPT_DIRECTORY,
	OPT_PARENT,
	OPT_ALGORITHM,
	OPT_VALIDITY,
	OPT_PATH_LENGTH,
	OPT_OPERATORS,
	OPT_ISSUER_URL,
	OPT_CRL_URL,
	OPT_DELTA_URL,
	OPT_OCSP_URL,
	OPT_CRL_SHARDS,
	OPT_REASON,
	OPT_INVALID_SINCE,
	OPT_WATCH,
	OPT_SHARD,
	OPT_DELTA,
	OPT_PROFILE,
	OPT_CSR,
	OPT_DNS,
	OPT_IP,
	OPT_CHANNEL,
	OPT_RELEASE_VERSION,
	OPT_COMPONENT,
	OPT_SBOM,
	OPT_NOTES,
	OPT_NOTES_FILE,
	OPT_SUPERSEDES,
	OPT_PUBLISH,
	OPT_WAIT,
	OPT_OUT,
	OPT_PATIENCE,
	OPT_AUDIENCE,
	OPT_SUCCESSOR,
	OPT_TRUST,
	OPT_MANIFEST,
	OPT_SIGNING_ALGORITHM,
	OPT_TEST,
	OPT_PRODUCTS,
	OPT_ISSUER,
	OPT_PASSPHRASE_FILE,
	OPT_OFFLINE_ALGORITHM,
	OPT_OFFLINE_KEY,
	OPT_PREVIOUS,
	OPT_FILE_DIGEST,
	OPT_COUNT
};
/* What a row of commands takes, ended as it has to be. */
#define OPTIONS(...)                   \
	(const enum option_id[])       \
	{                              \
		__VA_ARGS__, OPT_COUNT \
	}

struct option_row {
	const char *name;     /* "--file" */
	char letter;          /* 'f' for -f; 0: none */
	const char *argument; /* "FILE"; NULL: a switch */
	const char *words;    /* all that it takes, "csv ndjson", for completion; NULL: anything */
	const char *help;     /* one line */
	const char *query_member; /* of the API, where it filters a list; NULL: it does not */
	bool many;                /* may be given more than once: call_next() */
};
extern const struct option_row option_rows[OPT_COUNT];

struct call;
struct list_view;

struct command {
	const char *name;      /* "device register" */
	const char *arguments; /* "PRODUCT SERIAL..."; "": none */
	int least, most;       /* how many of them; most -1: any number */
	const enum option_id
	    *options;        /* OPTIONS(...); NULL: none but --help, which is everybody's */
	const char *summary; /* one line, lower case */
	const char *text;    /* more, in lines of up to 90 characters; NULL: nothing more */
	/* Whole command lines; what stands behind a # explains. Tests run each of them. */
	const char *examples;
	int (*run)(struct call *call); /* EXIT_... */
	const struct list_view *view;  /* what the generic handlers need; else NULL */
	const struct act *act;
};

/* A group of commands with its title, in the order of help and manual. */
struct command_group {
	const char *title;
	const struct command *rows; /* ended by name NULL */
};
extern const struct command_group command_groups[]; /* ended by title NULL */

/* The i-th command of all groups; NULL: there are no more. */
const struct command *command_at(size_t i);
bool command_takes(const struct command *row, enum option_id option);

/*
 * The row for the words at the head of argv ("device", "register"), and how many of them it took.
 * NULL: there is none; ret_group then tells whether the first word begins some commands' names.
 */
const struct command *command_find(int argc, char *const *argv, int *ret_words, bool *ret_group);
/* What an argument of that name takes ("KIND"), separated by blanks; NULL: anything. */
const char *argument_words(const char *argument);

#endif
