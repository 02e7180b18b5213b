/* api/alarm.h: alarms: handler of /api/v1/alarms. */
#ifndef SIGNET_API_ALARM_H
#define SIGNET_API_ALARM_H

#include "api/page.h"
#include "api/route.h"

struct alarm_list_query {
	struct page_query page;
	char *kind, *product;
	int64_t device;
};
extern const struct field alarm_list_fields[];

struct status alarm_list_get(struct call *call, struct http_response *response, struct err *err);

#endif
