/* clients/device/cli.h: the program signet-device, callable with other streams than the standard
 * ones. */
#ifndef SIGNET_DEVICE_CLI_H
#define SIGNET_DEVICE_CLI_H

#include <stdio.h>

/* 0 success, 1 refused or failed, 2 wrong usage. Results go to `out`, progress and failures to
 * `err`. */
int device_cli(int argc, char **argv, FILE *out, FILE *err);

#endif
