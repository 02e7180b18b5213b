#include "server/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>

/* A list with its last link, so that order is kept. */
struct fifo {
	struct job *first, **last;
};

/* A worker that waits; on its own stack. */
struct waiter {
	pthread_cond_t wake;
	bool woken;
	struct waiter *next;
};

/*
 * Who waited last is woken first: its caches are warm, and so are those of the database's process
 * that serves its connection. In turn, all workers and all those processes would go round.
 */
struct queue {
	pthread_mutex_t lock;
	struct waiter *waiting;
	struct fifo jobs;
	size_t taken, length;
	bool closed;
};

struct completions {
	pthread_mutex_t lock;
	struct fifo jobs;
	int event_fd;
};

static void fifo_clear(struct fifo *f)
{
	f->first = NULL;
	f->last = &f->first;
}

static void fifo_add(struct fifo *f, struct job *job)
{
	job->next = NULL;
	*f->last = job;
	f->last = &job->next;
}

struct queue *queue_new(size_t length)
{
	struct queue *q = mem_alloc(sizeof(*q));

	pthread_mutex_init(&q->lock, NULL);
	fifo_clear(&q->jobs);
	q->length = length;
	return q;
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	pthread_mutex_destroy(&q->lock);
	free(q);
}

bool queue_reserve(struct queue *q)
{
	bool room;

	pthread_mutex_lock(&q->lock);
	room = !q->closed && q->taken < q->length;
	if (room)
		q->taken++;
	pthread_mutex_unlock(&q->lock);
	return room;
}

/* With the lock. */
static void wake_one(struct queue *q)
{
	struct waiter *w = q->waiting;

	if (!w)
		return;
	q->waiting = w->next;
	w->woken = true;
	pthread_cond_signal(&w->wake);
}

void queue_push(struct queue *q, struct job *job)
{
	pthread_mutex_lock(&q->lock);
	fifo_add(&q->jobs, job);
	wake_one(q);
	pthread_mutex_unlock(&q->lock);
}

/* With the lock. */
static void wait_for_job(struct queue *q)
{
	struct waiter self = {.wake = PTHREAD_COND_INITIALIZER, .next = q->waiting};

	q->waiting = &self;
	while (!self.woken)
		pthread_cond_wait(&self.wake, &q->lock);
	pthread_cond_destroy(&self.wake);
}

struct job *queue_pop(struct queue *q)
{
	struct job *job;

	pthread_mutex_lock(&q->lock);
	while (!q->jobs.first && !q->closed)
		wait_for_job(q);
	job = q->jobs.first;
	if (job) {
		q->jobs.first = job->next;
		if (!q->jobs.first)
			fifo_clear(&q->jobs);
		q->taken--;
	}
	pthread_mutex_unlock(&q->lock);
	return job;
}

void queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	while (q->waiting)
		wake_one(q);
	pthread_mutex_unlock(&q->lock);
}

size_t queue_length(struct queue *q)
{
	size_t n;

	pthread_mutex_lock(&q->lock);
	n = q->taken;
	pthread_mutex_unlock(&q->lock);
	return n;
}

struct completions *completions_new(int event_fd)
{
	struct completions *c = mem_alloc(sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	fifo_clear(&c->jobs);
	c->event_fd = event_fd;
	return c;
}

void completions_free(struct completions *c)
{
	if (!c)
		return;
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void completions_push(struct completions *c, struct job *job)
{
	bool first;

	pthread_mutex_lock(&c->lock);
	first = !c->jobs.first;
	fifo_add(&c->jobs, job);
	/* Inside the lock: after it, the loop may have taken the job and gone. */
	if (first && eventfd_write(c->event_fd, 1) != 0)
		abort(); /* cannot be: a counter of 64 bits that a loop keeps emptying */
	pthread_mutex_unlock(&c->lock);
}

struct job *completions_take(struct completions *c)
{
	struct job *jobs;

	pthread_mutex_lock(&c->lock);
	jobs = c->jobs.first;
	fifo_clear(&c->jobs);
	pthread_mutex_unlock(&c->lock);
	return jobs;
}
