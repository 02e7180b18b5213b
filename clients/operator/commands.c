/* clients/operator/commands.c: the groups of commands, in the order of help and manual. */
#include "clients/operator/commands.h"

#include <string.h>

const struct command_group command_groups[] = {
    {"Who you are", login_commands},
    {"Policy: authorities, profiles, labels, products, roles, ...", policy_commands},
    {"Devices and certificates", device_commands},
    {"What is no longer good", status_commands},
    {"Approvals", request_commands},
    {"Access", access_commands},
    {"The log", log_commands},
    {"Releases: what devices may run", release_commands},
    {"What devices trust", trust_commands},
    {"This program", program_commands},
    {NULL, NULL},
};

const struct command *command_at(size_t i)
{
	for (const struct command_group *g = command_groups; g->title; g++)
		for (const struct command *row = g->rows; row->name; row++)
			if (i-- == 0)
				return row;
	return NULL;
}

bool command_takes(const struct command *row, enum option_id option)
{
	for (const enum option_id *o = row->options; o && *o != OPT_COUNT; o++)
		if (*o == option)
			return true;
	return false;
}

const char *argument_words(const char *argument)
{
	static const struct {
		const char *argument, *words;
	} rows[] = {
	    {"SHELL", "bash zsh fish"},
	    {"RECORD", "certificate policy-change enrollment alarm request approval status-change "
		       "crl archive release-step trust-statement entry"},
	    {"KIND", "authority profile label trust-anchor product role principal binding "
		     "oidc-issuer oidc-rule approval-policy log-policy signing-key channel device "
		     "certificate "
		     "enrollment request token alarm"},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strncmp(argument, rows[i].argument, strlen(rows[i].argument)) == 0)
			return rows[i].words;
	return NULL;
}
