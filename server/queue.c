#include "server/queue.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>

/* A list with its last link, so that order is kept. */
struct fifo {
	struct job *first, **last;
};

/*
 * Where a worker waits, and where it finds its job, so that it need not ask again for the lock that
 * whoever woke it may still hold. Kept for the next one who waits, never freed while the queue is
 * there: the waking ends behind the lock.
 */
struct waiter {
	sem_t wake;
	struct job *job; /* NULL when woken: closed */
	struct waiter *next;
};

/*
 * Who waited last is woken first: its caches are warm, and so are those of the database's process
 * that serves its connection. In turn, all workers and all those processes would go round.
 */
struct queue {
	pthread_mutex_t lock;
	struct waiter *waiting, *spare;
	struct fifo jobs;
	size_t length;
	atomic_size_t taken; /* changed with the lock */
	bool closed;
};

struct completions {
	pthread_mutex_t lock;
	struct fifo jobs;
	bool awake; /* the loop takes what is there before it sleeps: no need to wake it */
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
	while (q->spare) {
		struct waiter *w = q->spare;

		q->spare = w->next;
		sem_destroy(&w->wake);
		free(w);
	}
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

void queue_push(struct queue *q, struct job *job)
{
	struct waiter *w;

	pthread_mutex_lock(&q->lock);
	w = q->waiting;
	if (w) {
		q->waiting = w->next;
		w->job = job;
		q->taken--;
	} else {
		fifo_add(&q->jobs, job);
	}
	pthread_mutex_unlock(&q->lock);
	if (w)
		sem_post(&w->wake);
}

/* With the lock. */
static struct waiter *waiter_new(struct queue *q)
{
	struct waiter *w = q->spare;

	if (w) {
		q->spare = w->next;
	} else {
		w = mem_alloc(sizeof(*w));
		sem_init(&w->wake, 0, 0);
	}
	w->job = NULL;
	return w;
}

/* With the lock, which it gives up. */
static struct job *wait_for_job(struct queue *q)
{
	struct waiter *w = waiter_new(q);
	struct job *job;

	w->next = q->waiting;
	q->waiting = w;
	pthread_mutex_unlock(&q->lock);
	while (sem_wait(&w->wake) != 0)
		; /* a signal */
	job = w->job;
	pthread_mutex_lock(&q->lock);
	w->next = q->spare;
	q->spare = w;
	pthread_mutex_unlock(&q->lock);
	return job;
}

struct job *queue_pop(struct queue *q)
{
	struct job *job;

	pthread_mutex_lock(&q->lock);
	job = q->jobs.first;
	if (!job && !q->closed)
		return wait_for_job(q);
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
	struct waiter *w, *next;

	pthread_mutex_lock(&q->lock);
	q->closed = true;
	w = q->waiting;
	q->waiting = NULL;
	pthread_mutex_unlock(&q->lock);
	for (; w; w = next) {
		next = w->next; /* its own again once it is woken */
		sem_post(&w->wake);
	}
}

size_t queue_length(struct queue *q)
{
	return atomic_load_explicit(&q->taken, memory_order_relaxed);
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
	pthread_mutex_lock(&c->lock);
	fifo_add(&c->jobs, job);
	/* Inside the lock: after it, the loop may have taken the job and gone. */
	if (!c->awake && eventfd_write(c->event_fd, 1) != 0)
		abort(); /* cannot be: a counter of 64 bits that a loop keeps emptying */
	c->awake = true; /* one call is enough */
	pthread_mutex_unlock(&c->lock);
}

bool completions_may_sleep(struct completions *c)
{
	bool none;

	pthread_mutex_lock(&c->lock);
	none = !c->jobs.first;
	c->awake = !none;
	pthread_mutex_unlock(&c->lock);
	return none;
}

struct job *completions_take(struct completions *c)
{
	struct job *jobs;

	pthread_mutex_lock(&c->lock);
	jobs = c->jobs.first;
	fifo_clear(&c->jobs);
	c->awake = true;
	pthread_mutex_unlock(&c->lock);
	return jobs;
}
