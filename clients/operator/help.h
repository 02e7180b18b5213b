/* clients/operator/help.h: --help, of everything, of a group, of one command. */
#ifndef SIGNET_OPERATOR_HELP_H
#define SIGNET_OPERATOR_HELP_H

#include "clients/operator/call.h"

void help_overview(const struct screen *out);
void help_command(const struct screen *out, const struct command *row);
/* `signet help WORD...`: EXIT_DONE, or a usage error. */
int help_words(const struct call *c, int argc, char **argv);
/* `signet device` alone or with an unknown verb: the group's commands. --help: EXIT_DONE. */
int help_group(const struct call *c, int argc, char **argv);

/* A group of commands with its title, in the order of help and manual. */
struct command_group {
	const char *title;
	const char *first; /* name of its first row in command_rows[] */
};
extern const struct command_group command_groups[];              /* ended by title NULL */
const struct command_group *group_at(const struct command *row); /* NULL: goes on */

extern const char overview_text[];

#endif
