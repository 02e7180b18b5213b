/* api/health.h: is it alive, is it fit to serve, what are its numbers. From memory, on the loop. */
#ifndef SIGNET_API_HEALTH_H
#define SIGNET_API_HEALTH_H

#include "api/route.h"

struct status health_live(struct call *call, struct http_response *response, struct err *err);
/* 503 with the reason as text while api->ready says no. */
struct status health_ready(struct call *call, struct http_response *response, struct err *err);
struct status health_metrics(struct call *call, struct http_response *response, struct err *err);

#endif
