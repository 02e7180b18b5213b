/* ca/crl_board.c: see crl_board.h. */
#include "ca/crl_board.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct held { /* a list and who holds it */
	struct crl_shown shown;
	struct crl_file file;
	atomic_int references;
};

struct crl_board {
	pthread_rwlock_t lock;
	struct held **lists; /* ordered */
	size_t count, room;
	bool complete;
};

struct crl_board *crl_board_new(void)
{
	struct crl_board *b = mem_alloc(sizeof(*b));

	pthread_rwlock_init(&b->lock, NULL);
	return b;
}

void crl_shown_release(void *owner)
{
	struct held *h = owner;

	if (!h || atomic_fetch_sub(&h->references, 1) > 1)
		return;
	crl_file_free(&h->file);
	free(h);
}

void crl_board_free(struct crl_board *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->count; i++)
		crl_shown_release(b->lists[i]);
	free(b->lists);
	pthread_rwlock_destroy(&b->lock);
	free(b);
}

static int compare(const struct crl_shown *a, int64_t authority_id, int64_t shard, bool delta)
{
	if (a->authority_id != authority_id)
		return a->authority_id < authority_id ? -1 : 1;
	if (a->shard != shard)
		return a->shard < shard ? -1 : 1;
	return (int)a->delta - (int)delta;
}

/* Where it stands, or would. */
static size_t place(const struct crl_board *b, int64_t authority_id, int64_t shard, bool delta,
    struct held **ret_held)
{
	size_t low = 0, high = b->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&b->lists[middle]->shown, authority_id, shard, delta) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_held =
	    low < b->count && compare(&b->lists[low]->shown, authority_id, shard, delta) == 0
		? b->lists[low]
		: NULL;
	return low;
}

static void insert(struct crl_board *b, size_t at, struct held *new)
{
	if (b->count == b->room) {
		b->room = b->room ? b->room * 2 : 16;
		b->lists = mem_grow(b->lists, b->room * sizeof(struct held *));
	}
	memmove(b->lists + at + 1, b->lists + at, (b->count - at) * sizeof(struct held *));
	b->lists[at] = new;
	b->count++;
}

bool crl_board_put(struct crl_board *b, const struct crl_shown *shown, struct crl_file *file)
{
	struct held *new = mem_alloc(sizeof(*new)), *old;
	size_t at;
	bool put;

	new->shown = *shown;
	new->shown.der = file->der;
	new->file = *file;
	file->map = NULL;
	atomic_init(&new->references, 1);
	pthread_rwlock_wrlock(&b->lock);
	at = place(b, shown->authority_id, shown->shard, shown->delta, &old);
	put = !old || old->shown.number < shown->number;
	if (put && old)
		b->lists[at] = new;
	else if (put)
		insert(b, at, new);
	pthread_rwlock_unlock(&b->lock);
	crl_shown_release(put ? old : new);
	return put;
}

int64_t crl_board_number(struct crl_board *b, int64_t authority_id, int64_t shard, bool delta)
{
	struct held *held;
	int64_t number;

	pthread_rwlock_rdlock(&b->lock);
	(void)place(b, authority_id, shard, delta, &held);
	number = held ? held->shown.number : 0;
	pthread_rwlock_unlock(&b->lock);
	return number;
}

void crl_board_drop(struct crl_board *b, int64_t authority_id, int64_t shard, bool delta)
{
	struct held *held;
	size_t at;

	pthread_rwlock_wrlock(&b->lock);
	at = place(b, authority_id, shard, delta, &held);
	if (held) {
		b->count--;
		memmove(b->lists + at, b->lists + at + 1, (b->count - at) * sizeof(struct held *));
	}
	pthread_rwlock_unlock(&b->lock);
	crl_shown_release(held);
}

bool crl_board_find(struct crl_board *b, int64_t authority_id, int64_t shard, bool delta,
    struct crl_shown *ret_shown, void **ret_owner)
{
	struct held *held;

	pthread_rwlock_rdlock(&b->lock);
	(void)place(b, authority_id, shard, delta, &held);
	if (held) {
		atomic_fetch_add(&held->references, 1);
		*ret_shown = held->shown;
		*ret_owner = held;
	}
	pthread_rwlock_unlock(&b->lock);
	return held != NULL;
}

void crl_board_complete(struct crl_board *b)
{
	pthread_rwlock_wrlock(&b->lock);
	b->complete = true;
	pthread_rwlock_unlock(&b->lock);
}

bool crl_board_is_complete(struct crl_board *b)
{
	bool complete;

	pthread_rwlock_rdlock(&b->lock);
	complete = b->complete;
	pthread_rwlock_unlock(&b->lock);
	return complete;
}

static void add(struct crl_board_sum *sum, const struct crl_shown *s)
{
	sum->lists++;
	if (s->delta)
		return;
	sum->entries += s->entries;
	if (!sum->oldest_this_update || s->this_update < sum->oldest_this_update)
		sum->oldest_this_update = s->this_update;
	if (!sum->first_next_update || s->next_update < sum->first_next_update)
		sum->first_next_update = s->next_update;
}

struct crl_board_sum crl_board_sum(struct crl_board *b)
{
	struct crl_board_sum sum = {0};

	pthread_rwlock_rdlock(&b->lock);
	for (size_t i = 0; i < b->count; i++)
		add(&sum, &b->lists[i]->shown);
	pthread_rwlock_unlock(&b->lock);
	return sum;
}
