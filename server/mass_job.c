/* server/mass_job.c: see mass_job.h. */
#include "server/mass_job.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ca/mass_revoke.h"
#include "server/server.h"
#include "signing/log_board.h"

#define IDLE_MS   1000
#define FAILED_MS 2000 /* then it is tried again */
#define TELL_MS   10000
/* So often in a row one act fails before it has failed. */
#define FAILURES_MOST 5
/* A batch of a thousand, and a look through a hundred thousand rows that are not in memory. */
#define STATEMENT_TIMEOUT_MS 60000

struct mass_job {
	struct server *server;
	struct db *db;
	pthread_t thread;
	int event_fd;
	atomic_bool stop;
	/* what is told of it */
	int64_t id;       /* that it works on; 0: none */
	int64_t revoked;  /* of it, by this node, since it was told */
	int64_t told_at;  /* monotonic */
	int64_t failing;  /* which one fails; 0: none */
	int64_t failures; /* of it, in a row */
	bool away;        /* the database is: told once */
};

/* ---- told ---- */

static void tell_progress(struct mass_job *j, const struct mass_turn *turn)
{
	const int64_t now = monotonic_ms();
	const struct log *log = &j->server->log;

	if (j->id != turn->id) {
		j->id = turn->id;
		j->revoked = 0;
		j->told_at = now;
		LOG(log, LOG_INFO, "mass revocation goes on here", LOG_INT("id", turn->id),
		    LOG_INT("left", turn->left));
	}
	j->revoked += turn->revoked;
	if (turn->differs)
		LOG(log, LOG_WARN, "a mass revocation found another number than was agreed to",
		    LOG_INT("id", turn->id));
	if (turn->ended)
		LOG(log, LOG_INFO, "mass revocation done", LOG_INT("id", turn->id));
	else if (now - j->told_at >= TELL_MS) {
		LOG(log, LOG_INFO, "mass revocation", LOG_INT("id", turn->id),
		    LOG_INT("left", turn->left),
		    LOG_INT("revoked_per_s", j->revoked * 1000 / (now - j->told_at)));
		j->revoked = 0;
		j->told_at = now;
	}
	if (turn->ended)
		j->id = 0;
}

static void tell_failure(struct mass_job *j, int64_t id, const struct err *err)
{
	const struct log *log = &j->server->log;

	if (err->kind == ERR_DATABASE && j->away)
		return;
	j->away = err->kind == ERR_DATABASE;
	LOG(log, LOG_ERROR, "a mass revocation does not go on", LOG_INT("id", id),
	    LOG_STR("why", err->message), LOG_STR("cause", err->cause));
}

/* ---- one turn ---- */

static bool acts_go_on(const struct mass_job *j)
{
	char why[sizeof(((struct err *)0)->message)];

	return log_board_health(j->server->api.log_board, why, sizeof(why)) == LOG_SOUND;
}

static void give_up(struct mass_job *j, int64_t id, const struct err *why)
{
	struct server *s = j->server;
	struct err err = {0};

	if (!mass_revoke_fail(j->db, id, why->message, clock_now(&s->api.clock), &s->api.rng, &err)
		 .ok)
		return; /* it fails again, and then this is tried again */
	metric_add(&s->metrics, METRIC_ALARMS, 1);
	metric_set(&s->metrics, METRIC_MASS_LEFT, 0);
	LOG(&s->log, LOG_ERROR, "alarm: a mass revocation has failed", LOG_INT("id", id),
	    LOG_STR("why", why->message));
	j->failing = j->failures = 0;
}

static void note_failure(struct mass_job *j, int64_t id, const struct err *err)
{
	tell_failure(j, id, err);
	if (err->kind == ERR_DATABASE || id == 0)
		return;
	j->failures = j->failing == id ? j->failures + 1 : 1;
	j->failing = id;
	if (j->failures >= FAILURES_MOST)
		give_up(j, id, err);
}

/* Milliseconds until the next one. */
static int take_turn(struct mass_job *j)
{
	struct server *s = j->server;
	struct mass_turn turn;
	struct err err = {0};

	if (!acts_go_on(j))
		return IDLE_MS;
	if (!mass_revoke_step(j->db, clock_now(&s->api.clock), &s->api.rng, &turn, &err).ok) {
		note_failure(j, turn.id, &err);
		return FAILED_MS;
	}
	j->away = false;
	if (turn.id == 0) {
		metric_set(&s->metrics, METRIC_MASS_LEFT, 0);
		return IDLE_MS;
	}
	j->failing = j->failures = 0;
	metric_add(&s->metrics, METRIC_MASS_REVOKED, turn.revoked);
	metric_set(&s->metrics, METRIC_MASS_LEFT, turn.left);
	tell_progress(j, &turn);
	return 0;
}

static void *mass_job_main(void *context)
{
	struct mass_job *j = context;
	struct pollfd stopped = {.fd = j->event_fd, .events = POLLIN};

	while (!atomic_load(&j->stop))
		(void)poll(&stopped, 1, take_turn(j));
	OPENSSL_thread_stop();
	return NULL;
}

/* ---- starting and stopping ---- */

static void job_free(struct mass_job *j)
{
	if (j->event_fd >= 0)
		close(j->event_fd);
	db_close(j->db);
	free(j);
}

struct status mass_job_start(struct server *s, struct mass_job **ret_job, struct err *err)
{
	struct mass_job *j = mem_alloc(sizeof(*j));

	j->server = s;
	j->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	j->db = db_new(&(struct db_config){s->db.conninfo, STATEMENT_TIMEOUT_MS, "signetd-mass"});
	if (j->event_fd < 0 || pthread_create(&j->thread, NULL, mass_job_main, j) != 0) {
		job_free(j);
		return err_set(err, ERR_INTERNAL, "no thread for mass revocations");
	}
	*ret_job = j;
	return STATUS_OK;
}

void mass_job_stop(struct mass_job *j)
{
	atomic_store(&j->stop, true);
	if (eventfd_write(j->event_fd, 1) != 0)
		abort(); /* a counter of 64 bits that is written once */
	pthread_join(j->thread, NULL);
	job_free(j);
}
