/*
 * ca/renewal.h: when a certificate should be renewed, and when it is late.
 *
 *	notBefore ... opens ----- hints ----- overdue ... notAfter ----- grace
 *
 * A million devices whose certificates end together are each told a time of their own, which
 * follows from the serial number: it stays the same however often it is asked for, and is spread
 * evenly, whatever the serial numbers have in common.
 */
#ifndef SIGNET_CA_RENEWAL_H
#define SIGNET_CA_RENEWAL_H

#include "ca/policy_model.h"

struct renewal_window {  /* seconds since 1970, in this order */
	int64_t opens;   /* from when on clients should renew */
	int64_t overdue; /* from when on somebody is told that this one has not; no hint is later */
	int64_t grace;   /* until when it may renew itself: notAfter at least */
};
/* What ends never (TIME_NO_EXPIRY) has all three there. */
struct renewal_window renewal_window(
    const struct label *label, int64_t not_before, int64_t not_after);

/* When this certificate should be renewed: within opens and overdue. 0: it never ends. */
int64_t renewal_hint(
    const struct label *label, struct span serial, int64_t not_before, int64_t not_after);

#endif
