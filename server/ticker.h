/*
 * server/ticker.h: a thread with a database connection that does its round when the database says
 * that something changed, and every half second all the same: a lost notification costs little.
 */
#ifndef SIGNET_SERVER_TICKER_H
#define SIGNET_SERVER_TICKER_H

#include "sql/db.h"

#define TICK_MS 500

struct ticker_task {
	const char *channel; /* to listen on; a constant */
	/* One round, on the ticker's connection. ret_again: without waiting. */
	struct status (*round)(void *context, struct db *db, bool *ret_again, struct err *err);
	/* How it went, after each round, for the log: a fault is told when it comes and goes. */
	void (*tell)(void *context, struct status done, const struct err *err);
	void *context;
};

struct ticker;
/* The first round is over when this returns. ERR_INTERNAL: no thread. */
struct status ticker_start(const struct db_config *db, const struct ticker_task *task,
    struct ticker **ret_ticker, struct err *err);
/* Waits for the round that runs. */
void ticker_stop(struct ticker *t);

#endif
