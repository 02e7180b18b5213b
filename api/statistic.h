/* api/statistic.h: how many there are: handler of GET /api/v1/statistics. Counts are kept
 * (sql/statistic.h). */
#ifndef SIGNET_API_STATISTIC_H
#define SIGNET_API_STATISTIC_H

#include "api/route.h"

struct statistic_query {
	char *product;
};
extern const struct field statistic_fields[];

struct status statistic_get(struct call *call, struct http_response *response, struct err *err);

#endif
