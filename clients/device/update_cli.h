/* clients/device/update_cli.h: signet-device update ...: firmware. */
#ifndef SIGNET_DEVICE_UPDATE_CLI_H
#define SIGNET_DEVICE_UPDATE_CLI_H

#include <stdio.h>

#include "clients/device/signet-device-update.h"

/* argv[0] is "update". The exit code: 0 done, 1 refused or failed, 2 usage, 5 try again later. */
int update_cli(int argc, char **argv, FILE *out, FILE *err);

#define EXIT_UPDATE_NEWER 3 /* check: a newer release is there */
#define EXIT_UPDATE_LEAVE 4 /* check: what runs here is recalled */
#define EXIT_UPDATE_LATER 5 /* the network: try again */

/* ---- update_show.c: what it prints ---- */

struct update_show {
	FILE *out, *err;
	bool json;
	const char *command;
};
/* Why not. Prints nothing when it is done and not JSON. */
void update_show_outcome(
    const struct update_show *show, enum signet_result result, const struct signet_reason *why);
void update_show_offer(const struct update_show *show, const struct signet_update_offer *offer);
void update_show_report(const struct update_show *show, const struct signet_update_report *report,
    enum signet_result result, const struct signet_reason *why);
void update_show_status(const struct update_show *show, const struct signet_update_status *st);
void update_show_start(const struct update_show *show, const struct signet_update_start *start);

#endif
