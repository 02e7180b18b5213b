#include "server/job.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "api/recorder.h"
#include "api/transaction.h"
#include "ca/enroll_decide.h"
#include "ca/token_keys.h"
#include "server/inventory_job.h"
#include "server/overdue_job.h"
#include "server/own_certificate.h"
#include "server/server.h"
#include "signing/approval.h"
#include "sql/election.h"
#include "sql/enrollment_view.h"
#include "sql/idempotency.h"
#include "sql/policy.h"
#include "sql/refused_call.h"
#include "sql/token.h"

/* Strangers' attempts: a week of a few per second, or a hundred thousand, whichever is less. */
#define STRANGERS_KEPT    100000
#define STRANGERS_SECONDS (7 * 86400)
/* Attempts of known makers' devices that changed nothing: a month, or a million, 600 MB. */
#define FLEETING_KEPT    1000000
#define FLEETING_SECONDS (30 * 86400)
/* In one transaction: a second's work. */
#define REQUESTS_AT_ONCE    100
#define ENROLLMENTS_AT_ONCE 100
#define ENROLLMENT_ROUNDS   100 /* of so many, in one turn */
#define JOBS_MAX            16

struct jobs {
	struct server *server;
	struct db *db;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t done;
	int event_fd;
	bool stop, reload;        /* under the lock */
	uint64_t rounds, reloads; /* finished; under the lock */
	bool listening;
	int64_t in_force;              /* the version that listeners and metrics follow */
	bool policy_told;              /* the database says that policy has changed */
	struct archive_place archived; /* so far the archive has come */
	int64_t due[JOBS_MAX];         /* monotonic ms, by row of the table */
	bool failing[JOBS_MAX];        /* the last time it went wrong: told once */
};

struct job_row {
	const char *name;
	int64_t every_ms;
	struct status (*run)(struct jobs *j, struct err *err);
};

/* ---- the jobs ---- */

static struct status see_database(struct jobs *j, struct err *err)
{
	struct server *s = j->server;

	if (!db_ping(j->db, err).ok) {
		j->listening = false;
		metric_set(&s->metrics, METRIC_DATABASE_UP, 0);
		return STATUS_FAILED;
	}
	atomic_store(&s->database_seen_ms, monotonic_ms());
	metric_set(&s->metrics, METRIC_DATABASE_UP, 1);
	if (j->listening)
		return STATUS_OK;
	TRY(db_check_schema(j->db, err));
	TRY(db_listen(j->db, POLICY_NOTIFY, err));
	j->listening = true;
	j->policy_told = true; /* what was said while nobody listened */
	return STATUS_OK;
}

static bool lacks_a_key(const struct policy *p)
{
	for (size_t i = 0; i < p->authority_count; i++)
		if (p->authorities[i].key_uri && !p->authorities[i].key)
			return true;
	return false;
}

static struct status keep_policy(struct jobs *j, struct err *err)
{
	struct server *s = j->server;
	AUTO_REF(policy) current = policy_current(s->policies);
	struct policy *next;
	int64_t version;

	TRY(policy_version_read(j->db, &version, err));
	j->policy_told = false;
	/* A key that would not open is tried again, since a token may have been put back. */
	if (current && current->version == version && !lacks_a_key(current)) {
		/* A worker may have loaded it: what hangs on it is ours to do all the same. */
		if (j->in_force == version)
			return STATUS_OK;
		j->in_force = version;
		metric_set(&s->metrics, METRIC_POLICY_VERSION, version);
		return server_renew_tls(s, err);
	}
	TRY(policy_load(j->db, s->hsm, &next, err));
	j->in_force = next->version;
	metric_set(&s->metrics, METRIC_POLICY_VERSION, next->version);
	LOG(&s->log, LOG_INFO, "policy in force", LOG_INT("version", next->version),
	    LOG_INT("labels", next->label_count), LOG_INT("authorities", next->authority_count));
	policy_swap(s->policies, next);
	return server_renew_tls(s, err);
}

/* Of our own tokens. A node that cannot sign says so once, and checks tokens all the same. */
static struct status keep_token_keys(struct jobs *j, struct err *err)
{
	struct server *s = j->server;
	const struct service_key_context c = {.db = j->db,
	    .hsm = s->hsm,
	    .clock = &s->api.clock,
	    .rng = &s->api.rng,
	    .who = "signetd"};
	char why[sizeof(err->message)];

	TRY(token_keys_load(s->api.tokens, &c, err));
	if (!token_keys_can_sign(s->api.tokens, why, sizeof(why)))
		return err_set(err, ERR_KEY, "%s", why);
	return STATUS_OK;
}

static struct status keep_certificate(struct jobs *j, struct err *err)
{
	bool issued;

	TRY(own_certificate_keep(j->server, j->db, &issued, err));
	if (issued)
		LOG(&j->server->log, LOG_INFO, "server certificate issued",
		    LOG_INT("not_after", atomic_load(&j->server->certificate_not_after)));
	return STATUS_OK;
}

struct purged {
	int64_t strangers, fleeting, known, nobody, spent, keys;
};

static struct status purge_all(struct db *db, int64_t now, struct purged *p, struct err *err)
{
	TRY(enrollment_purge(db, now, STRANGERS_KEPT, STRANGERS_SECONDS, &p->strangers, err));
	TRY(enrollment_purge_fleeting(db, now, FLEETING_KEPT, FLEETING_SECONDS, &p->fleeting, err));
	TRY(refused_call_purge(
	    db, true, RECORDER_KNOWN_KEPT, now - RECORDER_KNOWN_SECONDS, &p->known, err));
	TRY(refused_call_purge(
	    db, false, RECORDER_NOBODY_KEPT, now - RECORDER_NOBODY_SECONDS, &p->nobody, err));
	TRY(idempotency_purge(db, now - IDEMPOTENCY_SECONDS, &p->keys, err));
	return spent_token_purge(db, now, &p->spent, err);
}

/* One transaction: the lock of the election is held until what the elected one did is durable. */
static struct status purge(struct jobs *j, struct err *err)
{
	struct server *s = j->server;
	bool elected = false;
	struct purged p = {0};
	struct status done;

	TRY(db_begin(j->db, err));
	done = election_try(j->db, ELECTION_EXPIRY, &elected, err);
	if (done.ok && elected)
		done = purge_all(j->db, clock_now(&s->api.clock), &p, err);
	if (done.ok)
		done = db_commit(j->db, err);
	if (!done.ok)
		db_rollback(j->db);
	if (done.ok && p.strangers + p.fleeting + p.known + p.nobody > 0)
		LOG(&s->log, LOG_INFO, "old attempts dropped", LOG_INT("strangers", p.strangers),
		    LOG_INT("others", p.fleeting), LOG_INT("refused_calls", p.known + p.nobody));
	return done;
}

/* Every server does: who is being decided on by another is left to the next turn. */
static struct status expire_requests(struct jobs *j, struct err *err)
{
	struct server *s = j->server;
	const struct approval_context c = {j->db, clock_now(&s->api.clock), &s->api.rng};
	struct status done;
	size_t expired;
	int64_t open;

	do {
		expired = 0;
		TRY(db_begin(j->db, err));
		done = approval_expire(&c, REQUESTS_AT_ONCE, &expired, err);
		if (done.ok)
			done = db_commit(j->db, err);
		if (!done.ok)
			db_rollback(j->db);
		if (done.ok && expired > 0)
			LOG(&s->log, LOG_INFO, "requests expired", LOG_INT("requests", expired));
	} while (done.ok && expired == REQUESTS_AT_ONCE);
	TRY(done);
	TRY(request_count_open(j->db, NULL, &open, err));
	metric_set(&s->metrics, METRIC_REQUESTS_OPEN, open);
	return STATUS_OK;
}

/* As requests; what is left after so many waits for the next turn. */
static struct status expire_enrollments(struct jobs *j, struct err *err)
{
	struct server *s = j->server;
	size_t expired = ENROLLMENTS_AT_ONCE, sum = 0;

	for (int i = 0; i < ENROLLMENT_ROUNDS && expired == ENROLLMENTS_AT_ONCE; i++) {
		struct status done;

		TRY(db_begin(j->db, err));
		done = enroll_expire_some(j->db, clock_now(&s->api.clock), ENROLLMENTS_AT_ONCE,
		    &s->api.rng, &expired, err);
		if (done.ok)
			done = db_commit(j->db, err);
		if (!done.ok)
			db_rollback(j->db);
		TRY(done);
		sum += expired;
	}
	if (sum > 0)
		LOG(&s->log, LOG_INFO, "enrollments expired", LOG_INT("enrollments", sum));
	return STATUS_OK;
}

static struct status fold_counts(struct jobs *j, struct err *err)
{
	return inventory_fold(j->db, err);
}

static struct status archive(struct jobs *j, struct err *err)
{
	return inventory_archive(j->server, j->db, &j->archived, err);
}

static struct status find_overdue(struct jobs *j, struct err *err)
{
	return overdue_job(j->server, j->db, err);
}

/* In this order: each leans on those before it. */
static const struct job_row table[] = {
    {"database", 5000, see_database},
    {"policy", 60000, keep_policy},
    {"certificate", 60000, keep_certificate},
    {"requests", 60000, expire_requests},
    {"enrollments", 60000, expire_enrollments},
    {"token keys", 15000, keep_token_keys},
    {"purge", 600000, purge},
    {"counts", 10000, fold_counts},
    {"archive", 60000, archive},
    {"overdue", 60000, find_overdue},
};
_Static_assert(COUNT(table) <= JOBS_MAX, "each job has its place in struct jobs");
enum {
	JOB_DATABASE,
	JOB_POLICY,
	JOB_CERTIFICATE,
	JOB_REQUESTS,
	JOB_ENROLLMENTS,
	JOB_TOKEN_KEYS,
	JOB_PURGE
};

/* ---- the thread ---- */

/* A fault is told when it comes and when it goes, not every five seconds. */
static void tell(struct jobs *j, size_t i, struct status done, const struct err *err)
{
	const struct log *log = &j->server->log;

	if (!done.ok && !j->failing[i])
		LOG(log, LOG_ERROR, "job failed", LOG_STR("job", table[i].name),
		    LOG_STR("why", err->message), LOG_STR("cause", err->cause));
	if (done.ok && j->failing[i])
		LOG(log, LOG_INFO, "job recovered", LOG_STR("job", table[i].name));
	j->failing[i] = !done.ok;
}

static void run_due(struct jobs *j, int64_t now)
{
	const int64_t in_force = j->in_force;

	for (size_t i = 0; i < COUNT(table); i++) {
		struct err err = {0};
		struct status done;

		if (j->due[i] > now && !(i == JOB_POLICY && j->policy_told))
			continue;
		/* Without a database the rest can only fail: it is due as soon as there is one. */
		if (i != JOB_DATABASE && j->failing[JOB_DATABASE])
			continue;
		done = table[i].run(j, &err);
		tell(j, i, done, &err);
		j->due[i] = now + (done.ok || i == JOB_DATABASE ? table[i].every_ms : 5000);
		/* What stands behind the server's own certificate hangs on policy. */
		if (i == JOB_POLICY && j->in_force != in_force)
			j->due[JOB_CERTIFICATE] = 0;
	}
}

static int next_due(const struct jobs *j, int64_t now)
{
	int64_t wait = j->due[JOB_DATABASE] - now;

	for (size_t i = 0; i < COUNT(table) && !j->failing[JOB_DATABASE]; i++)
		if (j->due[i] - now < wait)
			wait = j->due[i] - now;
	return wait < 0 ? 0 : (int)wait;
}

static void await(struct jobs *j)
{
	struct pollfd fds[2] = {
	    {.fd = j->event_fd, .events = POLLIN}, {.fd = db_socket(j->db), .events = POLLIN}};
	struct err err = {0};
	bool notified = false;
	eventfd_t count;

	/* What came along with the answer of a statement does not wake poll. */
	if (fds[1].fd >= 0 && db_wait(j->db, 0, &notified, &err).ok && notified) {
		j->policy_told = true;
		return;
	}
	err_clear(&err);
	if (poll(fds, 2, next_due(j, monotonic_ms())) <= 0)
		return;
	if (fds[0].revents && eventfd_read(j->event_fd, &count) != 0 && errno != EAGAIN)
		abort(); /* the descriptor is ours alone */
	if (!fds[1].revents)
		return;
	if (!db_wait(j->db, 0, &notified, &err).ok)
		j->due[JOB_DATABASE] = 0; /* it went away: say so at once */
	else if (notified)
		j->policy_told = true;
}

/* Asked by SIGHUP: everything as if it were due, and the certificate from its file. */
static void reload(struct jobs *j)
{
	struct err err = {0};

	for (size_t i = 0; i < COUNT(table); i++)
		j->due[i] = 0;
	if (!own_certificate_load(j->server, &err).ok)
		LOG(&j->server->log, LOG_WARN, "stored certificate not used",
		    LOG_STR("why", err.message), LOG_STR("cause", err.cause));
}

static bool ask(struct jobs *j, bool *ret_reload)
{
	bool go_on;

	pthread_mutex_lock(&j->lock);
	go_on = !j->stop;
	*ret_reload = j->reload;
	j->reload = false;
	pthread_mutex_unlock(&j->lock);
	return go_on;
}

static void finish_round(struct jobs *j, bool reloaded)
{
	pthread_mutex_lock(&j->lock);
	j->rounds++;
	j->reloads += reloaded;
	pthread_cond_broadcast(&j->done);
	pthread_mutex_unlock(&j->lock);
}

static void *jobs_main(void *context)
{
	struct jobs *j = context;
	bool reloading;

	while (ask(j, &reloading)) {
		if (reloading)
			reload(j);
		run_due(j, monotonic_ms());
		finish_round(j, reloading);
		await(j);
	}
	OPENSSL_thread_stop();
	return NULL;
}

static void wake(struct jobs *j)
{
	if (eventfd_write(j->event_fd, 1) != 0)
		abort(); /* a counter of 64 bits that the thread keeps emptying */
}

struct status jobs_start(struct server *s, struct jobs **ret_jobs, struct err *err)
{
	struct jobs *j = mem_alloc(sizeof(*j));

	j->server = s;
	j->db =
	    db_new(&(struct db_config){s->db.conninfo, s->db.statement_timeout_ms, "signetd-jobs"});
	j->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->done, NULL);
	if (j->event_fd < 0 || pthread_create(&j->thread, NULL, jobs_main, j) != 0) {
		db_close(j->db);
		free(j);
		return err_set(err, ERR_INTERNAL, "no thread for scheduled jobs");
	}
	pthread_mutex_lock(&j->lock);
	while (j->rounds == 0)
		pthread_cond_wait(&j->done, &j->lock);
	pthread_mutex_unlock(&j->lock);
	*ret_jobs = j;
	return STATUS_OK;
}

void jobs_reload(struct jobs *j)
{
	uint64_t before;

	pthread_mutex_lock(&j->lock);
	before = j->reloads;
	j->reload = true;
	wake(j);
	while (j->reloads == before)
		pthread_cond_wait(&j->done, &j->lock);
	pthread_mutex_unlock(&j->lock);
}

void jobs_stop(struct jobs *j)
{
	pthread_mutex_lock(&j->lock);
	j->stop = true;
	pthread_mutex_unlock(&j->lock);
	wake(j);
	pthread_join(j->thread, NULL);
	pthread_cond_destroy(&j->done);
	pthread_mutex_destroy(&j->lock);
	close(j->event_fd);
	db_close(j->db);
	free(j);
}
