/*
 * server/status_feed.h: hears of every revocation, on each node: a thread and a database connection
 * of its own.
 *
 * Every 500 ms, and at once when the database says "signet_status", it reads how far the events of
 * each shard have come and drops from the cache (ca/ocsp_cache.h) whatever they changed. Only then
 * it says that it was heard: a database that does not answer leaves a cache that nobody uses.
 */
#ifndef SIGNET_SERVER_STATUS_FEED_H
#define SIGNET_SERVER_STATUS_FEED_H

#include "base/err.h"

struct server;
struct status_feed;

/* Returns when the first round is over, whether or not the database was there. */
struct status status_feed_start(struct server *s, struct status_feed **ret_feed, struct err *err);
void status_feed_stop(struct status_feed *f);

#endif
