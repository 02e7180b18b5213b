/* server/witness_job.c: see witness_job.h. */
#include "server/witness_job.h"

#include <pthread.h>
#include <stdlib.h>

#include "access/access.h"
#include "server/server.h"
#include "signing/log_witness.h"

#define THREADS 2
/* Between looks for a witness that is due; and where there is no witness, or no database. */
#define LOOK_MS 100
#define REST_MS 1000

struct witness_job {
	struct server *server;
	pthread_t threads[THREADS];
	size_t started;
	pthread_mutex_t lock;
	pthread_cond_t stopping;
	bool stop;    /* under the lock */
	bool failing; /* told once; under the lock */
};

/* False: it is time to stop. */
static bool rest(struct witness_job *j, int64_t ms)
{
	struct timespec until;
	bool go_on;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += (time_t)(ms / 1000) + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&j->lock);
	if (!j->stop)
		(void)pthread_cond_timedwait(&j->stopping, &j->lock, &until);
	go_on = !j->stop;
	pthread_mutex_unlock(&j->lock);
	return go_on;
}

/* That a witness saw more of the log than there is here is an alarm, not a delay. */
static void tell(struct witness_job *j, const struct err *trouble, const struct err *err)
{
	const struct log *log = &j->server->log;
	bool failing = trouble->kind != ERR_NONE || err->kind != ERR_NONE, before;

	pthread_mutex_lock(&j->lock);
	before = j->failing;
	j->failing = failing;
	pthread_mutex_unlock(&j->lock);
	if (trouble->kind == ERR_DENIED)
		LOG(log, LOG_ERROR, "alarm: a witness contradicts",
		    LOG_STR("why", trouble->message), LOG_STR("cause", trouble->cause));
	else if (failing && !before)
		LOG(log, LOG_WARN, "a witness does not sign",
		    LOG_STR("why", err->kind != ERR_NONE ? err->message : trouble->message),
		    LOG_STR("cause", err->kind != ERR_NONE ? err->cause : trouble->cause));
}

static size_t witnesses_of(
    const struct witness_policy *p, struct arena *arena, const struct log_witness **ret_witnesses)
{
	const struct witness *from = p->witnesses.items;
	struct log_witness *w = arena_alloc(arena, p->witnesses.count * sizeof(*w));

	for (size_t i = 0; i < p->witnesses.count; i++)
		w[i] = (struct log_witness){from[i].vkey, from[i].url};
	*ret_witnesses = w;
	return p->witnesses.count;
}

/* How long to rest after it. */
static int64_t turn(struct witness_job *j, struct db *db)
{
	AUTO_REF(policy) policy = policy_current(j->server->policies);
	AUTO(arena) arena = {0};
	const struct witness_policy *p =
	    policy && policy->access ? policy->access->log_policy : NULL;
	const struct log_witness *witnesses;
	struct err trouble = {0}, err = {0};
	bool asked;
	size_t n;

	if (!p || p->witnesses.count == 0)
		return REST_MS;
	n = witnesses_of(p, &arena, &witnesses);
	if (!log_witness_turn(
		db, &j->server->fetcher, witnesses, n, p->quorum, &asked, &trouble, &err)
		 .ok) {
		if (err.kind != ERR_DATABASE) /* the job that keeps the log says so already */
			tell(j, &trouble, &err);
		return REST_MS;
	}
	if (asked)
		tell(j, &trouble, &err);
	return asked ? 0 : LOOK_MS;
}

static void *witness_main(void *context)
{
	struct witness_job *j = context;
	AUTO_REF(db)
	db = db_new(&(struct db_config){
	    j->server->db.conninfo, j->server->db.statement_timeout_ms, "signetd-witness"});

	while (rest(j, turn(j, db)))
		;
	OPENSSL_thread_stop();
	return NULL;
}

struct status witness_job_start(struct server *s, struct witness_job **ret_job, struct err *err)
{
	struct witness_job *j = mem_alloc(sizeof(*j));

	j->server = s;
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->stopping, NULL);
	while (j->started < THREADS &&
	       pthread_create(&j->threads[j->started], NULL, witness_main, j) == 0)
		j->started++;
	if (j->started < THREADS) {
		witness_job_stop(j);
		return err_set(err, ERR_INTERNAL, "no thread for the log's witnesses");
	}
	*ret_job = j;
	return STATUS_OK;
}

void witness_job_stop(struct witness_job *j)
{
	pthread_mutex_lock(&j->lock);
	j->stop = true;
	pthread_cond_broadcast(&j->stopping);
	pthread_mutex_unlock(&j->lock);
	for (size_t i = 0; i < j->started; i++)
		pthread_join(j->threads[i], NULL);
	pthread_cond_destroy(&j->stopping);
	pthread_mutex_destroy(&j->lock);
	free(j);
}
