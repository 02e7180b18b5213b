/* signing/log_board.c: see log_board.h. */
#include "signing/log_board.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct kept_tile {
	int64_t origin_id, level, index;
	struct buf bytes; /* n 0: no tile here */
};

struct log_board {
	pthread_mutex_t lock;
	pthread_cond_t round;
	int event_fd;
	bool closed;
	int places;            /* that are free */
	uint64_t begun, ended; /* rounds */
	enum log_health health;
	char why[320];
	int64_t origin_id, size;
	char *vkey, *note;
	struct kept_tile tiles[LOG_BOARD_TILES];
};

struct log_board *log_board_new(int places)
{
	struct log_board *b = mem_alloc(sizeof(*b));
	pthread_condattr_t monotonic;

	b->places = places;
	pthread_mutex_init(&b->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&b->round, &monotonic);
	pthread_condattr_destroy(&monotonic);
	b->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (b->event_fd < 0)
		abort(); /* no descriptor at the very start: nothing would work */
	return b;
}

void log_board_free(struct log_board *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < LOG_BOARD_TILES; i++)
		buf_free(&b->tiles[i].bytes);
	close(b->event_fd);
	pthread_cond_destroy(&b->round);
	pthread_mutex_destroy(&b->lock);
	free(b->vkey);
	free(b->note);
	free(b);
}

/* ---- health ---- */

void log_board_judge(struct log_board *b, enum log_health health, const char *why)
{
	pthread_mutex_lock(&b->lock);
	b->health = health;
	snprintf(b->why, sizeof(b->why), "%s", why);
	pthread_mutex_unlock(&b->lock);
}

enum log_health log_board_health(struct log_board *b, char *why, size_t size)
{
	enum log_health health = LOG_SOUND;

	if (size > 0)
		why[0] = '\0';
	if (!b)
		return health;
	pthread_mutex_lock(&b->lock);
	health = b->health;
	if (size > 0)
		snprintf(why, size, "%s", b->why);
	pthread_mutex_unlock(&b->lock);
	return health;
}

/* ---- the checkpoint ---- */

void log_board_show(
    struct log_board *b, int64_t origin_id, const char *vkey, int64_t size, const char *note)
{
	pthread_mutex_lock(&b->lock);
	free(b->vkey);
	free(b->note);
	b->origin_id = origin_id;
	b->size = size;
	b->vkey = mem_strdup(vkey);
	b->note = mem_strdup(note);
	pthread_mutex_unlock(&b->lock);
}

struct log_shown log_board_shown(struct log_board *b, struct arena *arena)
{
	struct log_shown s = {0};

	pthread_mutex_lock(&b->lock);
	if (b->origin_id) {
		s.origin_id = b->origin_id;
		s.size = b->size;
		s.vkey = arena_strdup(arena, b->vkey);
		s.note = arena_copy(arena, span_str(b->note));
	}
	pthread_mutex_unlock(&b->lock);
	return s;
}

/* ---- rounds ---- */

int log_board_event(struct log_board *b)
{
	return b->event_fd;
}

bool log_board_enter(struct log_board *b)
{
	bool free_one;

	pthread_mutex_lock(&b->lock);
	free_one = b->places > 0;
	b->places -= free_one;
	pthread_mutex_unlock(&b->lock);
	return free_one;
}

void log_board_leave(struct log_board *b)
{
	pthread_mutex_lock(&b->lock);
	b->places++;
	pthread_mutex_unlock(&b->lock);
}

static struct timespec deadline_in(int64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (time_t)(ms / 1000);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

bool log_board_await(struct log_board *b, int64_t timeout_ms)
{
	struct timespec deadline = deadline_in(timeout_ms);
	uint64_t wanted;
	bool done;

	pthread_mutex_lock(&b->lock);
	wanted = b->begun + 1;
	if (!b->closed && eventfd_write(b->event_fd, 1) != 0)
		abort(); /* a counter of 64 bits that the integrator keeps emptying */
	while (b->ended < wanted && !b->closed)
		if (pthread_cond_timedwait(&b->round, &b->lock, &deadline) == ETIMEDOUT)
			break;
	done = b->ended >= wanted;
	pthread_mutex_unlock(&b->lock);
	return done;
}

void log_board_begin(struct log_board *b)
{
	eventfd_t count;

	/* Who asks from now on is served by the next round. */
	if (eventfd_read(b->event_fd, &count) != 0 && errno != EAGAIN)
		abort(); /* the descriptor is ours alone */
	pthread_mutex_lock(&b->lock);
	b->begun++;
	pthread_mutex_unlock(&b->lock);
}

void log_board_end(struct log_board *b)
{
	pthread_mutex_lock(&b->lock);
	b->ended = b->begun;
	pthread_cond_broadcast(&b->round);
	pthread_mutex_unlock(&b->lock);
}

void log_board_close(struct log_board *b)
{
	pthread_mutex_lock(&b->lock);
	b->closed = true;
	pthread_cond_broadcast(&b->round);
	pthread_mutex_unlock(&b->lock);
}

/* ---- tiles ---- */

/* Neighbours stay apart: a reader walks through them. */
static struct kept_tile *place_of(struct log_board *b, int64_t level, int64_t index)
{
	return &b->tiles[((uint64_t)index + (uint64_t)(level + 1) * 61) % LOG_BOARD_TILES];
}

static bool is(const struct kept_tile *t, int64_t origin_id, int64_t level, int64_t index)
{
	return t->bytes.n > 0 && t->origin_id == origin_id && t->level == level &&
	       t->index == index;
}

void log_board_keep(
    struct log_board *b, int64_t origin_id, int64_t level, int64_t index, struct span bytes)
{
	struct kept_tile *t = place_of(b, level, index);

	if (bytes.n > LOG_BOARD_TILE_MAX)
		return;
	pthread_mutex_lock(&b->lock);
	if (!is(t, origin_id, level, index)) {
		buf_free(&t->bytes);
		buf_put(&t->bytes, bytes);
		t->origin_id = origin_id;
		t->level = level;
		t->index = index;
	}
	pthread_mutex_unlock(&b->lock);
}

bool log_board_find(struct log_board *b, int64_t origin_id, int64_t level, int64_t index,
    struct arena *arena, struct span *ret_bytes)
{
	struct kept_tile *t = place_of(b, level, index);
	bool found;

	pthread_mutex_lock(&b->lock);
	found = is(t, origin_id, level, index);
	if (found)
		*ret_bytes = arena_copy(arena, buf_span(&t->bytes));
	pthread_mutex_unlock(&b->lock);
	return found;
}
