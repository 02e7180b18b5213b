/*
 * clients/operator/command.h: the subcommands of signet, as one constant table.
 *
 * Parsing, usage errors, --help, shell completion and the manual pages read it; nothing else says
 * what a command takes. command_groups[] is in commands.c, option_rows[] in options.c.
 */
#ifndef SIGNET_OPERATOR_COMMAND_H
#define SIGNET_OPERATOR_COMMAND_H

#include "clients/operator/option.h"

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* refused or failed */
	EXIT_USAGE = 2,
	EXIT_WAITING = 3,     /* for approvals, longer than --wait allows */
	EXIT_REJECTED = 4,    /* rejected, withdrawn or expired: nothing will come of it */
	EXIT_UNREACHABLE = 5, /* the server; the same again may work */
};

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
