/*
 * signing/log_board.h: what all threads of one server know of the log at this moment: may acts go
 * on, the checkpoint that is shown, tiles that are asked for often. Thread-safe, from memory only.
 *
 * One thread writes (the integrator, server/log_job.h); the others read, or ask it to look at once.
 */
#ifndef SIGNET_SIGNING_LOG_BOARD_H
#define SIGNET_SIGNING_LOG_BOARD_H

#include "signing/log.h"

/*
 * Full tiles and bundles never change. 512 of at most 32 KiB are 16 MiB; most have 8 or some 20.
 * The newest of a log are asked for by everybody.
 */
#define LOG_BOARD_TILES    512
#define LOG_BOARD_TILE_MAX 32768

struct log_board;
/* places: how many may wait for the integrator at a time. */
struct log_board *log_board_new(int places);
void log_board_free(struct log_board *b);

/* ---- may acts go on? ---- */

enum log_health {
	LOG_AWAY,    /* the database has not been compared since it was away; so it starts */
	LOG_SOUND,   /* it grew from what this node saw */
	LOG_REFUSED, /* it lies behind, or has another past */
};
void log_board_judge(struct log_board *b, enum log_health health, const char *why);
/* why: "" or the reason, cut to size. NULL: a server without a log. */
enum log_health log_board_health(struct log_board *b, char *why, size_t size);

/* ---- the checkpoint that is shown ---- */

void log_board_show(
    struct log_board *b, int64_t origin_id, const char *vkey, int64_t size, const char *note);
struct log_shown {
	int64_t origin_id; /* 0: there is no log yet */
	int64_t size;      /* of the checkpoint */
	const char *vkey;
	struct span note; /* empty: none is published yet */
};
/* In the arena. */
struct log_shown log_board_shown(struct log_board *b, struct arena *arena);

/* ---- waiting for the integrator ---- */

/* Readable when somebody asked. */
int log_board_event(struct log_board *b);
/*
 * Who waits holds a worker meanwhile, and others must find one: a place is taken first, and given
 * back. False: all are taken.
 */
bool log_board_enter(struct log_board *b);
void log_board_leave(struct log_board *b);
/* Ask for a round, and wait for the end of one that began after this call. False: time is up. */
bool log_board_await(struct log_board *b, int64_t timeout_ms);
/* The integrator: a round begins, and has ended. */
void log_board_begin(struct log_board *b);
void log_board_end(struct log_board *b);
/* Nobody integrates any more: wakes who waits. */
void log_board_close(struct log_board *b);

/* ---- tiles; level -1: entry bundles ---- */

void log_board_keep(
    struct log_board *b, int64_t origin_id, int64_t level, int64_t index, struct span bytes);
/* In the arena. */
bool log_board_find(struct log_board *b, int64_t origin_id, int64_t level, int64_t index,
    struct arena *arena, struct span *ret_bytes);

#endif
