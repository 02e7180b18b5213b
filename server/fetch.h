/* server/fetch.h: base/fetch.h by libcurl. */
#ifndef SIGNET_SERVER_FETCH_H
#define SIGNET_SERVER_FETCH_H

#include "base/fetch.h"

struct curl_fetcher {
	const char
	    *ca_file; /* PEM of further authorities to trust, beside the system's; NULL: none */
	bool clear_loopback; /* http:// to this machine itself may be asked */
};

/* `own` must outlive what is returned. */
struct fetcher fetcher_by_curl(const struct curl_fetcher *own);

/* Once, before there are threads, and once at the end. ERR_INTERNAL. */
struct status fetch_begin(struct err *err);
void fetch_end(void);

#endif
