/* clients/device/cli_internal.h: what cli.c and cli_show.c share. */
#ifndef SIGNET_DEVICE_CLI_INTERNAL_H
#define SIGNET_DEVICE_CLI_INTERNAL_H

#include <stdio.h>

#include "clients/device/signet-device.h"

/* What was done, or why not, for people or (json) for machines. */
void show_outcome(FILE *out, FILE *err, bool json, const char *command, enum signet_result result,
    const struct signet_reason *why, const struct signet_status *status);
void show_status(FILE *out, bool json, const struct signet_status *status);

#endif
