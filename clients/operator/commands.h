/* clients/operator/commands.h: the tables of commands, a group each; within
 * clients/operator/commands*.c. */
#ifndef SIGNET_OPERATOR_COMMANDS_H
#define SIGNET_OPERATOR_COMMANDS_H

#include "clients/operator/command.h"

#define PAGING OPT_ALL, OPT_LIMIT, OPT_JSON
/* Of an authority: what its certificates say about where to look. */
#define URLS OPT_ISSUER_URL, OPT_CRL_URL, OPT_DELTA_URL, OPT_OCSP_URL, OPT_CRL_SHARDS

/* Each ended by name NULL. */
extern const struct command login_commands[], policy_commands[], device_commands[],
    status_commands[], request_commands[], access_commands[], log_commands[], release_commands[],
    trust_commands[], program_commands[];

#endif
