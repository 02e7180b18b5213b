/* server/crl_job.c: see crl_job.h. */
#include "server/crl_job.h"

#include <stdlib.h>

#include "ca/crl_publish.h"
#include "ca/crl_scope.h"
#include "server/server.h"
#include "server/ticker.h"
#include "sql/election.h"

#define STATEMENT_TIMEOUT_MS 60000 /* a million rows, on a disk that is busy */
/* What is published in one transaction: revoking in its shards waits until its end. */
#define BATCH_MS 250
/* A key that refused, or an authority without one, is tried again. */
#define RETRY_MS 5000
/* What nodes' clocks may differ by. */
#define CLOCK_SLACK 60

/* What this node remembers of a shard: clocks of databases and nodes may jump, this one not. */
struct seen {
	int64_t authority_id, shard;
	int64_t number, number_ms; /* the newest list, and since when it is known */
	int64_t full, full_ms;
	int64_t retry_ms; /* not before */
};

struct crl_job {
	struct server *server;
	struct ticker *ticker;
	struct db *reader;
	struct seen *seen;
	size_t seen_count;
	struct arena arena; /* what is kept of the store */
	struct crl_url_row *urls;
	size_t url_count;
	int64_t urls_version; /* of policy; the URLs change with it */
	bool failing;         /* told once */
};

/* ---- what is remembered ---- */

static struct seen *seen_of(struct crl_job *j, const struct crl_state *s)
{
	struct seen *e;

	for (size_t i = 0; i < j->seen_count; i++)
		if (j->seen[i].authority_id == s->authority_id && j->seen[i].shard == s->shard)
			return &j->seen[i];
	j->seen = mem_grow(j->seen, (j->seen_count + 1) * sizeof(*j->seen));
	e = &j->seen[j->seen_count++];
	*e = (struct seen){.authority_id = s->authority_id, .shard = s->shard};
	return e;
}

static struct crl_ages see(struct seen *e, const struct crl_state *s, int64_t now_ms)
{
	if (e->number != s->number || !e->number_ms) {
		e->number = s->number;
		e->number_ms = now_ms;
	}
	if (e->full != s->full.number || !e->full_ms) {
		e->full = s->full.number;
		e->full_ms = now_ms;
	}
	return (struct crl_ages){now_ms - e->number_ms, now_ms - e->full_ms};
}

static struct status read_urls(
    struct crl_job *j, struct db *db, const struct policy *policy, struct err *err)
{
	if (j->urls && j->urls_version == policy->version)
		return STATUS_OK;
	arena_free(&j->arena);
	j->arena = (struct arena){0};
	j->urls = NULL;
	TRY(crl_urls_read(db, &j->arena, &j->urls, &j->url_count, err));
	j->urls_version = policy->version;
	return STATUS_OK;
}

/* ---- one round ---- */

struct due {
	struct crl_task task;
	struct seen *seen;
	enum crl_due what;
};
struct round {
	struct crl_job *j;
	struct db *db;
	struct policy *policy;
	struct arena arena;
	struct crl_state *states;
	size_t state_count;
	struct due *due;
	size_t due_count;
};
static inline void round_auto(struct round *r)
{
	arena_free(&r->arena);
	policy_release(r->policy);
}

static const struct authority *authority_of(const struct policy *p, int64_t id)
{
	for (size_t i = 0; i < p->authority_count; i++)
		if (p->authorities[i].id == id)
			return &p->authorities[i];
	return NULL;
}

static int64_t shards_of(const struct round *r, int64_t authority_id)
{
	int64_t n = 0;

	for (size_t i = 0; i < r->state_count; i++)
		n += r->states[i].authority_id == authority_id;
	return n;
}

/* Rows for what policy wants. ret_added: look again. */
static struct status add_shards(struct round *r, bool *ret_added, struct err *err)
{
	*ret_added = false;
	for (size_t i = 0; i < r->policy->authority_count; i++) {
		const struct authority *a = &r->policy->authorities[i];

		if (shards_of(r, a->id) >= crl_shards(a))
			continue;
		TRY(crl_shards_add(r->db, a->id, crl_shards(a), err));
		*ret_added = true;
	}
	return STATUS_OK;
}

static int64_t cost_of(const struct due *d)
{
	return d->what == CRL_DELTA ? 0 : d->task.state->full.build_ms;
}

/* What is quickly done first: the rest waits for little. */
static int by_cost(const void *a, const void *b)
{
	const int64_t x = cost_of(a), y = cost_of(b);

	return (x > y) - (x < y);
}

static void find_due(struct round *r)
{
	const int64_t now = clock_now(&r->j->server->api.clock), now_ms = monotonic_ms();

	r->due = arena_alloc(&r->arena, (r->state_count + 1) * sizeof(*r->due));
	r->due_count = 0;
	/* Room first: the entries are pointed to. */
	for (size_t i = 0; i < r->state_count; i++)
		(void)seen_of(r->j, &r->states[i]);
	for (size_t i = 0; i < r->state_count; i++) {
		struct due *d = &r->due[r->due_count];
		struct seen *seen = seen_of(r->j, &r->states[i]);
		const struct crl_ages ages = see(seen, &r->states[i], now_ms);

		d->seen = seen;
		d->task = (struct crl_task){
		    .authority = authority_of(r->policy, r->states[i].authority_id),
		    .state = &r->states[i],
		    .urls = r->j->urls,
		    .url_count = r->j->url_count};
		if (!d->task.authority || !d->task.authority->key || seen->retry_ms > now_ms ||
		    !crl_may_sign(d->task.authority, now))
			continue;
		d->what = crl_due(&d->task, now, &ages);
		r->due_count += d->what != CRL_LATER;
	}
	qsort(r->due, r->due_count, sizeof(*r->due), by_cost);
}

static struct status look(struct round *r, struct err *err)
{
	TRY(crl_states_read(r->db, &r->arena, &r->states, &r->state_count, err));
	find_due(r);
	return STATUS_OK;
}

/* ---- publishing ---- */

static void tell_published(struct crl_job *j, const struct due *d, const struct crl_row *row)
{
	metric_set(&j->server->metrics, METRIC_CRL_BUILD, row->build_ms);
	metric_add(&j->server->metrics, METRIC_CRL_PUBLISHED, 1);
	LOG(&j->server->log, LOG_INFO, "revocation list published",
	    LOG_STR("authority", d->task.authority->name), LOG_INT("shard", row->shard),
	    LOG_INT("number", row->number),
	    LOG_INT("entries", row->full.there ? row->full.entries : row->delta.entries),
	    LOG_INT("build_ms", row->build_ms));
	/* It never falls, so that it stays ahead until the clock has caught up. */
	if (row->this_update > row->made_at + CLOCK_SLACK)
		LOG(&j->server->log, LOG_WARN,
		    "the clock was set back: thisUpdate lies ahead of it",
		    LOG_STR("authority", d->task.authority->name),
		    LOG_INT("seconds", row->this_update - row->made_at));
}

static struct status publish_one(struct round *r, struct due *d, bool *ret_taken, struct err *err)
{
	const struct crl_publisher p = {r->db, r->j->reader, r->j->server->config->state_directory,
	    &r->j->server->api.clock, &r->j->server->api.rng};
	struct err why = {0};
	struct crl_row row;

	if (crl_publish(&p, &d->task, d->task.authority->key, d->what, &row, ret_taken, &why).ok) {
		if (*ret_taken)
			tell_published(r->j, d, &row);
		return STATUS_OK;
	}
	if (why.kind != ERR_DATABASE && why.kind != ERR_CONFLICT)
		d->seen->retry_ms = monotonic_ms() + RETRY_MS;
	*err = why;
	return STATUS_FAILED;
}

/* A batch in one transaction. A key that refuses has written nothing: the others go on. */
static struct status publish_batch(struct round *r, bool *ret_more, struct err *err)
{
	const int64_t start = monotonic_ms();
	size_t published = 0;
	struct status all = STATUS_OK;
	size_t i;

	for (i = 0; i < r->due_count; i++) {
		struct err why = {0};
		bool taken = false;

		if (published > 0 && monotonic_ms() - start + cost_of(&r->due[i]) > BATCH_MS)
			break;
		if (!publish_one(r, &r->due[i], &taken, &why).ok) {
			all = STATUS_FAILED;
			if (err->kind == ERR_NONE)
				*err = why;
			if (why.kind == ERR_DATABASE)
				return STATUS_FAILED;
			continue;
		}
		if (!taken)
			return STATUS_OK; /* another was quicker: roll back, look again */
		published++;
	}
	*ret_more = i < r->due_count;
	if (published > 0)
		TRY(db_commit(r->db, err));
	return all;
}

/* Elected: what was read before may be old. */
static struct status publish(struct round *r, bool *ret_more, struct err *err)
{
	bool elected = false;
	struct status done;

	TRY(db_begin(r->db, err));
	done = election_try(r->db, ELECTION_CRL, &elected, err);
	if (done.ok && elected)
		done = look(r, err);
	if (done.ok && elected && r->due_count > 0)
		done = publish_batch(r, ret_more, err);
	db_rollback(r->db); /* nothing, when it was committed */
	return done;
}

/* ---- alarms ---- */

static struct status raise_alarm(
    struct round *r, const struct crl_task *task, int64_t now, struct err *err)
{
	struct status done;
	bool raised = false;

	TRY(db_begin(r->db, err));
	done = crl_late_alarm(r->db, task, now, &r->j->server->api.rng, &raised, err);
	if (done.ok && raised)
		done = db_commit(r->db, err);
	db_rollback(r->db);
	if (done.ok && raised)
		LOG(&r->j->server->log, LOG_ERROR, "alarm: a revocation list nears its end",
		    LOG_STR("authority", task->authority->name),
		    LOG_INT("shard", task->state->shard),
		    LOG_INT("next_update", task->state->full.next_update));
	if (done.ok && raised)
		metric_add(&r->j->server->metrics, METRIC_ALARMS, 1);
	return done;
}

static struct status raise_alarms(struct round *r, struct err *err)
{
	const int64_t now = clock_now(&r->j->server->api.clock);

	for (size_t i = 0; i < r->state_count; i++) {
		const struct crl_task task = {
		    .authority = authority_of(r->policy, r->states[i].authority_id),
		    .state = &r->states[i]};

		if (task.authority && now <= task.authority->not_after &&
		    crl_is_late(task.state, now))
			TRY(raise_alarm(r, &task, now, err));
	}
	return STATUS_OK;
}

/* ---- the thread ---- */

static struct status round_of(void *context, struct db *db, bool *ret_again, struct err *err)
{
	struct crl_job *j = context;
	AUTO(round) r = {.j = j, .db = db, .policy = policy_current(j->server->policies)};
	bool added;

	*ret_again = false;
	if (!r.policy)
		return STATUS_OK;
	TRY(read_urls(j, db, r.policy, err));
	TRY(look(&r, err));
	TRY(add_shards(&r, &added, err));
	if (added)
		TRY(look(&r, err));
	TRY(raise_alarms(&r, err));
	return r.due_count > 0 ? publish(&r, ret_again, err) : STATUS_OK;
}

static void tell(void *context, struct status done, const struct err *err)
{
	struct crl_job *j = context;

	if (!done.ok && !j->failing)
		LOG(&j->server->log, LOG_ERROR, "revocation lists are not published",
		    LOG_STR("why", err->message), LOG_STR("cause", err->cause));
	if (done.ok && j->failing)
		LOG(&j->server->log, LOG_INFO, "revocation lists are published again");
	j->failing = !done.ok;
}

static void job_free(struct crl_job *j)
{
	db_close(j->reader);
	free(j->seen);
	arena_free(&j->arena);
	free(j);
}

struct status crl_job_start(struct server *s, struct crl_job **ret_job, struct err *err)
{
	struct crl_job *j = mem_alloc(sizeof(*j));
	const struct db_config db = {s->db.conninfo, STATEMENT_TIMEOUT_MS, "signetd-crl"};
	const struct db_config reader = {s->db.conninfo, STATEMENT_TIMEOUT_MS, "signetd-crl-read"};
	const struct ticker_task task = {STATUS_CHANNEL, round_of, tell, j};

	j->server = s;
	j->reader = db_new(&reader);
	if (!ticker_start(&db, &task, &j->ticker, err).ok) {
		job_free(j);
		return STATUS_FAILED;
	}
	*ret_job = j;
	return STATUS_OK;
}

void crl_job_stop(struct crl_job *j)
{
	if (!j)
		return;
	ticker_stop(j->ticker);
	job_free(j);
}
