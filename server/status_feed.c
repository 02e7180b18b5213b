/* server/status_feed.c: see status_feed.h. */
#include "server/status_feed.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ca/ocsp.h"
#include "server/ocsp_job.h"
#include "server/server.h"
#include "sql/crl.h"
#include "sql/ocsp.h"

/* A notification that got lost costs so much. */
#define POLL_MS 500
/* Rounds of a mass act that notifies with every batch lie at least so far apart. */
#define ROUND_MS 10
/* A statement that takes longer than the cache stays fresh is of no use. */
#define STATEMENT_TIMEOUT_MS 1500
/* Changed at once in one shard: more than that, and it is quicker to forget everything. */
#define CHANGES_MAX 4096

struct status_feed {
	struct server *server;
	struct ocsp_cache *cache;
	struct db *db;
	pthread_t thread;
	int event_fd;
	atomic_bool stop;
	bool listening, failing;
	struct status_sequence *seen; /* NULL: nothing is known of what was before */
	size_t seen_count;
};

static void forget(struct status_feed *f)
{
	free(f->seen);
	f->seen = NULL;
	f->seen_count = 0;
}

/* ---- what changed ---- */

static void drop_serials(struct status_feed *f, int64_t authority_id, struct span serials)
{
	while (serials.n > 0) {
		const size_t n = serials.p[0];
		const struct ocsp_key key = {authority_id, span(serials.p + 1, n)};

		ocsp_cache_drop(f->cache, &key);
		serials = span(serials.p + 1 + n, serials.n - 1 - n);
	}
}

/* ret_all: too many to name. */
static struct status drop_changed(
    struct status_feed *f, const struct status_sequence *seen, bool *ret_all, struct err *err)
{
	AUTO(buf) serials = {0};
	size_t count;

	TRY(status_changed_read(f->db, seen, CHANGES_MAX, &serials, &count, err));
	*ret_all = *ret_all || count == CHANGES_MAX;
	drop_serials(f, seen->authority_id, buf_span(&serials));
	return STATUS_OK;
}

static int order_of(const struct status_sequence *a, const struct status_sequence *b)
{
	if (a->authority_id != b->authority_id)
		return a->authority_id < b->authority_id ? -1 : 1;
	return a->shard < b->shard ? -1 : a->shard > b->shard;
}

/* Both in order. A shard that was not there has had no events that were seen. */
static struct status compare(struct status_feed *f, const struct status_sequence *now, size_t count,
    bool *ret_changed, bool *ret_all, struct err *err)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		struct status_sequence seen = {now[i].authority_id, now[i].shard, 0};

		while (at < f->seen_count && order_of(&f->seen[at], &now[i]) < 0)
			at++;
		if (at < f->seen_count && order_of(&f->seen[at], &now[i]) == 0)
			seen = f->seen[at];
		if (seen.sequence == now[i].sequence)
			continue;
		*ret_changed = true;
		/* It went back: this is another past than the one that was seen. */
		if (seen.sequence > now[i].sequence)
			*ret_all = true;
		else
			TRY(drop_changed(f, &seen, ret_all, err));
	}
	return STATUS_OK;
}

/* ---- rounds ---- */

static struct status hear(
    struct status_feed *f, bool *ret_changed, struct status_sequence **ret_now, struct err *err)
{
	struct status_sequence *now = NULL;
	size_t count;
	bool all = !f->seen;
	struct status compared = STATUS_OK;

	if (!f->listening) {
		TRY(db_listen(f->db, STATUS_CHANNEL, err));
		f->listening = true;
	}
	TRY(status_sequences_read(f->db, &now, &count, err));
	*ret_changed = all;
	if (!all)
		compared = compare(f, now, count, ret_changed, &all, err);
	if (!compared.ok) {
		free(now);
		return compared;
	}
	if (all)
		ocsp_cache_clear(f->cache);
	f->seen_count = count;
	*ret_now = now;
	return STATUS_OK;
}

static void tell(struct status_feed *f, struct status done, const struct err *err)
{
	const struct log *log = &f->server->log;

	if (!done.ok && !f->failing)
		LOG(log, LOG_ERROR, "no word of revocations: OCSP says nothing",
		    LOG_STR("why", err->message), LOG_STR("cause", err->cause));
	if (done.ok && f->failing)
		LOG(log, LOG_INFO, "revocations are heard of again");
	f->failing = !done.ok;
}

static void one_round(struct status_feed *f)
{
	/* What is heard was true at the beginning at least. */
	const int64_t begun = monotonic_ms();
	struct status_sequence *now = NULL;
	struct err err = {0};
	bool changed = false;
	struct status done = hear(f, &changed, &now, &err);

	free(f->seen);
	f->seen = now;
	if (!done.ok)
		forget(f);
	tell(f, done, &err);
	if (!done.ok)
		return;
	ocsp_cache_heard(f->cache, begun);
	if (changed)
		ocsp_job_wake(f->server->ocsp_job);
}

/* Until the next round is due. */
static void await(struct status_feed *f)
{
	struct pollfd fds[2] = {
	    {.fd = f->event_fd, .events = POLLIN}, {.fd = db_socket(f->db), .events = POLLIN}};
	struct err err = {0};
	bool notified = false;

	(void)poll(fds, 1, ROUND_MS);
	/* What came along with the answer of a statement does not wake poll. */
	if (atomic_load(&f->stop) ||
	    (fds[1].fd >= 0 && db_wait(f->db, 0, &notified, &err).ok && notified))
		return;
	(void)poll(fds, 2, POLL_MS);
	err_clear(&err);
	/* Taken off, or it would wake us for ever; one that is lost shows in the next round. */
	if (fds[1].revents && !db_wait(f->db, 0, &notified, &err).ok)
		err_clear(&err);
}

static void *feed_main(void *context)
{
	struct status_feed *f = context;

	while (!atomic_load(&f->stop)) {
		await(f);
		one_round(f);
	}
	OPENSSL_thread_stop();
	return NULL;
}

/* ---- starting and stopping ---- */

static void feed_free(struct status_feed *f)
{
	forget(f);
	if (f->event_fd >= 0)
		close(f->event_fd);
	db_close(f->db);
	free(f);
}

struct status status_feed_start(struct server *s, struct status_feed **ret_feed, struct err *err)
{
	struct status_feed *f = mem_alloc(sizeof(*f));

	f->server = s;
	f->cache = s->api.ocsp->cache;
	f->db = db_new(&(struct db_config){s->db.conninfo, STATEMENT_TIMEOUT_MS, "signetd-status"});
	f->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	one_round(f);
	if (f->event_fd < 0 || pthread_create(&f->thread, NULL, feed_main, f) != 0) {
		feed_free(f);
		return err_set(err, ERR_INTERNAL, "no thread to hear of revocations");
	}
	*ret_feed = f;
	return STATUS_OK;
}

void status_feed_stop(struct status_feed *f)
{
	atomic_store(&f->stop, true);
	if (eventfd_write(f->event_fd, 1) != 0)
		abort(); /* a counter of 64 bits that is written once */
	pthread_join(f->thread, NULL);
	feed_free(f);
}
