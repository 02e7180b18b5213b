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

extern const char overview_text[];

#endif
