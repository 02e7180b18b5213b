#include "server/core_internal.h"

static void run(struct core *core, struct db *db, struct exchange *x)
{
	int64_t begun = monotonic_us();

	x->call.db = db;
	route_run(x->route, &x->call, &x->response, &x->err);
	x->call.db = NULL;
	metric_time(core->config.api->metrics, TIMER_WORKER, monotonic_us() - begun);
}

void *worker_main(void *context)
{
	struct core *core = context;
	AUTO_REF(db) db = core->config.db ? db_new(core->config.db) : NULL;
	struct err unheard = {0};
	struct job *job;

	/* The first request finds a connection; where there is none yet, it will say so itself. */
	if (db && !db_ping(db, &unheard).ok)
		err_clear(&unheard);
	while ((job = queue_pop(core->queue))) {
		struct exchange *x = (struct exchange *)job;

		metric_set(core->config.api->metrics, METRIC_QUEUE_LENGTH,
		    (int64_t)queue_length(core->queue));
		run(core, db, x);
		shares_drop(core->shares, (const struct sockaddr *)&x->front->address);
		completions_push(x->front->loop->completions, job);
	}
	/* OpenSSL keeps state per thread. */
	OPENSSL_thread_stop();
	return NULL;
}
