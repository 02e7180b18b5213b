/* clients/operator/cli.h: the whole program, callable from tests. */
#ifndef SIGNET_OPERATOR_CLI_H
#define SIGNET_OPERATOR_CLI_H

#include "clients/operator/call.h"

/* argv as of main(); curl_global_init() was called. Returns the exit code: EXIT_... */
int operator_cli(int argc, char **argv, const struct operator_io *io);

#endif
