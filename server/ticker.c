/* server/ticker.c: see ticker.h. */
#include "server/ticker.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <openssl/crypto.h>

struct ticker {
	struct ticker_task task;
	struct db *db;
	pthread_t thread;
	int event_fd;
	atomic_bool stop;
	bool listening;
};

static struct status listen_once(struct ticker *t, struct err *err)
{
	if (t->listening)
		return db_ping(t->db, err);
	TRY(db_listen(t->db, t->task.channel, err));
	t->listening = true;
	return STATUS_OK;
}

static bool one_round(struct ticker *t)
{
	struct err err = {0};
	bool again = false;
	struct status done = listen_once(t, &err);

	if (done.ok)
		done = t->task.round(t->task.context, t->db, &again, &err);
	db_rollback(t->db);
	t->task.tell(t->task.context, done, &err);
	return done.ok && again;
}

static bool notified(struct ticker *t)
{
	struct err ignored = {0};
	bool any = false;

	return db_socket(t->db) >= 0 && db_wait(t->db, 0, &any, &ignored).ok && any;
}

static void await(struct ticker *t)
{
	struct pollfd fds[2] = {
	    {.fd = t->event_fd, .events = POLLIN}, {.fd = db_socket(t->db), .events = POLLIN}};

	/* What came along with the answer of a statement does not wake poll. */
	if (!notified(t))
		(void)poll(fds, 2, TICK_MS);
	(void)notified(t); /* what was told by now is seen by the round to come */
}

static void *ticker_main(void *context)
{
	struct ticker *t = context;
	bool again = true; /* since the first round something may have happened */

	while (!atomic_load(&t->stop)) {
		if (!again)
			await(t);
		if (!atomic_load(&t->stop))
			again = one_round(t);
	}
	OPENSSL_thread_stop();
	return NULL;
}

static void ticker_free(struct ticker *t)
{
	if (t->event_fd >= 0)
		close(t->event_fd);
	db_close(t->db);
	free(t);
}

struct status ticker_start(const struct db_config *db, const struct ticker_task *task,
    struct ticker **ret_ticker, struct err *err)
{
	struct ticker *t = mem_alloc(sizeof(*t));

	t->task = *task;
	t->db = db_new(db);
	t->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	(void)one_round(t);
	if (t->event_fd < 0 || pthread_create(&t->thread, NULL, ticker_main, t) != 0) {
		ticker_free(t);
		return err_set(err, ERR_INTERNAL, "no thread for %s", db->application_name);
	}
	*ret_ticker = t;
	return STATUS_OK;
}

void ticker_stop(struct ticker *t)
{
	if (!t)
		return;
	atomic_store(&t->stop, true);
	if (eventfd_write(t->event_fd, 1) != 0)
		abort(); /* a counter of 64 bits that is written once */
	pthread_join(t->thread, NULL);
	ticker_free(t);
}
