/* clients/operator/device.h: what registering one by one and importing share. */
#ifndef SIGNET_OPERATOR_DEVICE_H
#define SIGNET_OPERATOR_DEVICE_H

#include "clients/operator/act.h"
#include "clients/operator/call.h"

struct device_count {
	int64_t created, known;
	bool waits; /* for approvals: it is a request now */
};
void device_print_count(const struct call *c, const struct device_count *count);

#endif
