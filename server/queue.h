/*
 * server/queue.h: requests waiting for a worker, bounded, and answers on their way back.
 *
 * A place is reserved before the connection is suspended, so that a full queue is known while
 * the request can still be refused at once; the push after that cannot fail.
 */
#ifndef SIGNET_SERVER_QUEUE_H
#define SIGNET_SERVER_QUEUE_H

#include "base/base.h"

struct job {
	struct job *next;
};

struct queue;
struct queue *queue_new(size_t length);
void queue_free(struct queue *q); /* NULL allowed; must be empty */
/* False: full, or closed. */
MUST_USE bool queue_reserve(struct queue *q);
void queue_push(struct queue *q, struct job *job); /* into the place that was reserved */
/* Waits; of several, who came last is served first. NULL: closed and empty. */
struct job *queue_pop(struct queue *q);
/* Nothing more is let in; those that wait in queue_pop() get what is left, then NULL. */
void queue_close(struct queue *q);
size_t queue_length(struct queue *q); /* places taken */

/*
 * Finished jobs, handed to one loop: many push, one takes all. A loop that is awake takes before it
 * sleeps; one that may sleep is woken by an eventfd.
 *
 *	for (;;) {
 *		wait for events, without a time-out unless completions_may_sleep();
 *		completions_take(), whatever woke us;
 *	}
 */
struct completions;
struct completions *completions_new(int event_fd); /* borrowed */
void completions_free(struct completions *c);
void completions_push(struct completions *c, struct job *job);
/* False: something is there to be taken. True: the next push writes the eventfd. */
MUST_USE bool completions_may_sleep(struct completions *c);
struct job *completions_take(struct completions *c); /* a list in the order of pushing, or NULL */

#endif
