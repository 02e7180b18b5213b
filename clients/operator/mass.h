/* clients/operator/mass.h: mass revocations: following one that is under way. */
#ifndef SIGNET_OPERATOR_MASS_H
#define SIGNET_OPERATOR_MASS_H

#include "clients/operator/call.h"

/* Is this answer a mass revocation? What a redeemed request answers may be anything. */
bool mass_is(const json_t *answer);
/*
 * Print how far it is until it has come to an end. EXIT_DONE: all of it is done. EXIT_FAILED: it
 * was cancelled or has failed, and the operator has been told. Going away meanwhile stops nothing.
 */
int mass_follow(struct call *c, int64_t id);

#endif
