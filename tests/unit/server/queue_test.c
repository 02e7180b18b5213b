#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "server/queue.h"

#define JOBS    20000
#define THREADS 4

Test(server_queue, a_full_queue_refuses)
{
	struct queue *q = queue_new(2);
	struct job a, b;

	cr_expect(queue_reserve(q));
	cr_expect(queue_reserve(q));
	cr_expect_not(queue_reserve(q), "a third place");
	queue_push(q, &a);
	queue_push(q, &b);
	cr_expect_eq(queue_pop(q), &a);
	cr_expect(queue_reserve(q), "the place is free again");
	cr_expect_eq(queue_length(q), 2);
	cr_expect_eq(queue_pop(q), &b);
	queue_close(q);
	queue_free(q);
}

Test(server_queue, what_was_let_in_is_worked_off_after_closing)
{
	struct queue *q = queue_new(4);
	struct job a;

	cr_assert(queue_reserve(q));
	queue_push(q, &a);
	queue_close(q);
	cr_expect_not(queue_reserve(q));
	cr_expect_eq(queue_pop(q), &a);
	cr_expect_null(queue_pop(q));
	queue_free(q);
}

struct numbered {
	struct job job;
	int owner, number;
};

struct shared {
	struct queue *queue;
	struct completions *completions;
	struct numbered jobs[THREADS][JOBS / THREADS];
	atomic_int done;
};

static void *consume(void *context)
{
	struct shared *s = context;
	struct job *job;

	while ((job = queue_pop(s->queue)))
		completions_push(s->completions, job);
	return NULL;
}

struct producer {
	struct shared *shared;
	int number;
};

static void *produce(void *context)
{
	struct producer *p = context;

	for (int i = 0; i < JOBS / THREADS; i++) {
		struct numbered *n = &p->shared->jobs[p->number][i];

		n->owner = p->number;
		n->number = i;
		while (!queue_reserve(p->shared->queue))
			usleep(50);
		queue_push(p->shared->queue, &n->job);
	}
	return NULL;
}

static int collect(struct shared *s, int event_fd, bool (*seen)[JOBS / THREADS])
{
	int n = 0;

	while (n < JOBS) {
		struct pollfd p = {event_fd, POLLIN, 0};
		eventfd_t count;

		if (completions_may_sleep(s->completions)) {
			cr_assert_eq(
			    poll(&p, 1, 10000), 1, "a wake-up was lost: %d of %d", n, JOBS);
			cr_assert_eq(eventfd_read(event_fd, &count), 0);
		}
		for (struct job *j = completions_take(s->completions), *next; j; j = next) {
			struct numbered *done = (struct numbered *)j;

			next = j->next;
			cr_assert_not(seen[done->owner][done->number], "twice");
			seen[done->owner][done->number] = true;
			n++;
		}
	}
	return n;
}

/* Four who ask, four who work, one who collects: nothing lost, nothing twice. */
Test(server_queue, every_job_comes_back_once, .timeout = 60)
{
	static struct shared s;
	static bool seen[THREADS][JOBS / THREADS];
	int event_fd = eventfd(0, EFD_CLOEXEC);
	struct producer producers[THREADS];
	pthread_t threads[2 * THREADS];

	s.queue = queue_new(64);
	s.completions = completions_new(event_fd);
	for (int i = 0; i < THREADS; i++) {
		producers[i] = (struct producer){&s, i};
		pthread_create(&threads[i], NULL, produce, &producers[i]);
		pthread_create(&threads[THREADS + i], NULL, consume, &s);
	}
	cr_expect_eq(collect(&s, event_fd, seen), JOBS);
	queue_close(s.queue);
	for (int i = 0; i < 2 * THREADS; i++)
		pthread_join(threads[i], NULL);
	completions_free(s.completions);
	queue_free(s.queue);
	close(event_fd);
}
