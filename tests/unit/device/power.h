/*
 * tests/unit/device/power.h: power cuts.
 *
 * The functions in power.c stand before libc's in this program: a child counts its way through
 * every call that changes the disk, and stops dead at one of them.
 */
#ifndef TEST_DEVICE_POWER_H
#define TEST_DEVICE_POWER_H

#include <stdbool.h>

struct power_cut {
	long at;   /* the call that is cut, from 1; 0: none is, they are counted */
	int torn;  /* if that call writes: so many thousandths of it reach the file, and stay */
	bool keep; /* what was written and not synced stays; else such files are emptied, as a disk
		    * may do */
};

/* Run in a child, whose power goes so. True: it came to its end before. Failing fails the test. */
bool power_run(bool (*act)(void *context), void *context, const struct power_cut *cut);
/* How many calls there are to be cut; it is done, in a child. */
long power_count(bool (*act)(void *context), void *context);

#endif
