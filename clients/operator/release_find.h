/* clients/operator/release_find.h: which release is meant. */
#ifndef SIGNET_OPERATOR_RELEASE_FIND_H
#define SIGNET_OPERATOR_RELEASE_FIND_H

#include "clients/operator/release_follow.h"

/*
 * A number, or PRODUCT/CHANNEL/VERSION, looked up. EXIT_DONE with the release as the API has it, or
 * the operator has been told.
 */
int release_find(struct follow *f, const char *text, struct client_reply *ret_reply);

#endif
