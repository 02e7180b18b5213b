/* server/crl_shelf.c: see crl_shelf.h. */
#include "server/crl_shelf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "ca/crl_board.h"
#include "server/server.h"
#include "server/ticker.h"
#include "sql/crl.h"

#define STATEMENT_TIMEOUT_MS 60000 /* a chunk of a list, on a disk that is busy */

struct crl_shelf {
	struct server *server;
	struct crl_board *board;
	struct ticker *ticker;
	bool failing, backwards; /* told once */
};

/* ---- one list ---- */

static struct status read_list(struct db *db, const struct crl_row *row, bool delta,
    const char *directory, struct crl_file *ret_file, bool *ret_there, struct err *err)
{
	const struct crl_part *part = delta ? &row->delta : &row->full;
	AUTO_REF(crl_copy) copy = NULL;
	AUTO(buf) chunk = {0};

	TRY(crl_copy_new(directory, &copy, err));
	for (int64_t n = 0, size = 0; size < part->bytes; n++) {
		buf_reset(&chunk);
		TRY(crl_chunk_get(db, row->id, delta, n, &chunk, ret_there, err));
		if (!*ret_there)
			return STATUS_OK; /* replaced meanwhile: the next round has the newer one */
		TRY(crl_copy_add(copy, buf_span(&chunk), err));
		size += (int64_t)chunk.n;
	}
	*ret_there = true;
	return crl_copy_end(copy, ret_file, err);
}

static void put(struct crl_shelf *s, const struct crl_row *row, bool delta, struct crl_file *file)
{
	const struct crl_part *part = delta ? &row->delta : &row->full;
	const struct crl_shown shown = {.authority_id = row->authority_id,
	    .shard = row->shard,
	    .delta = delta,
	    .number = row->number,
	    .this_update = row->this_update,
	    .next_update = row->next_update,
	    .entries = part->entries,
	    .digest = part->digest};

	(void)crl_board_put(s->board, &shown, file);
}

/* A store that was put back behind what this server has shown: nobody sees a list go backwards. */
static void tell_backwards(struct crl_shelf *s, const struct crl_row *row)
{
	if (!s->backwards)
		LOG(&s->server->log, LOG_ERROR,
		    "alarm: a revocation list is older than the one shown",
		    LOG_INT("authority", row->authority_id), LOG_INT("shard", row->shard),
		    LOG_INT("number", row->number));
	s->backwards = true;
}

static struct status fetch_list(
    struct crl_shelf *s, struct db *db, const struct crl_row *row, bool delta, struct err *err)
{
	const struct crl_part *part = delta ? &row->delta : &row->full;
	const int64_t shown = crl_board_number(s->board, row->authority_id, row->shard, delta);
	AUTO(crl_file) file = {0};
	bool there = false;

	if (row->id && row->number < shown)
		tell_backwards(s, row);
	if (!row->id && shown && delta)
		crl_board_drop(s->board, row->authority_id, row->shard, delta);
	if (!row->id || row->number <= shown)
		return STATUS_OK;
	TRY(read_list(db, row, delta, s->server->config->state_directory, &file, &there, err));
	if (!there)
		return STATUS_OK;
	if (memcmp(&file.digest, &part->digest, sizeof(file.digest)) != 0)
		return err_set(
		    err, ERR_INTERNAL, "a stored list is not the one that was published");
	put(s, row, delta, &file);
	return STATUS_OK;
}

/* ---- rounds ---- */

static void show_numbers(struct crl_shelf *s)
{
	struct metrics *m = &s->server->metrics;
	const struct crl_board_sum sum = crl_board_sum(s->board);
	const int64_t now = clock_now(&s->server->api.clock);

	metric_set(m, METRIC_CRL_LISTS, sum.lists);
	metric_set(m, METRIC_CRL_ENTRIES, sum.entries);
	metric_set(m, METRIC_CRL_AGE, sum.oldest_this_update ? now - sum.oldest_this_update : 0);
	metric_set(m, METRIC_CRL_NEXT_UPDATE, sum.first_next_update);
}

static struct status round_of(void *context, struct db *db, bool *ret_again, struct err *err)
{
	struct crl_shelf *s = context;
	AUTO(arena) arena = {0};
	struct crl_state *states;
	struct status all = STATUS_OK;
	size_t count;

	*ret_again = false;
	TRY(crl_states_read(db, &arena, &states, &count, err));
	/* One that cannot be had keeps no other one back. */
	for (size_t i = 0; i < count; i++) {
		if (!fetch_list(s, db, &states[i].full, false, err).ok)
			all = STATUS_FAILED;
		if (!fetch_list(s, db, &states[i].delta, true, err).ok)
			all = STATUS_FAILED;
	}
	show_numbers(s);
	if (all.ok)
		crl_board_complete(s->board);
	return all;
}

static void tell(void *context, struct status done, const struct err *err)
{
	struct crl_shelf *s = context;

	if (!done.ok && !s->failing)
		LOG(&s->server->log, LOG_ERROR, "revocation lists are not fetched",
		    LOG_STR("why", err->message), LOG_STR("cause", err->cause));
	if (done.ok && s->failing)
		LOG(&s->server->log, LOG_INFO, "revocation lists are fetched again");
	s->failing = !done.ok;
}

struct status crl_shelf_start(struct server *s, struct crl_shelf **ret_shelf, struct err *err)
{
	struct crl_shelf *shelf = mem_alloc(sizeof(*shelf));
	const struct db_config db = {s->db.conninfo, STATEMENT_TIMEOUT_MS, "signetd-crl-shelf"};
	const struct ticker_task task = {STATUS_CHANNEL, round_of, tell, shelf};

	shelf->server = s;
	shelf->board = s->api.crl_board;
	if (!ticker_start(&db, &task, &shelf->ticker, err).ok) {
		free(shelf);
		return STATUS_FAILED;
	}
	*ret_shelf = shelf;
	return STATUS_OK;
}

void crl_shelf_stop(struct crl_shelf *s)
{
	if (!s)
		return;
	ticker_stop(s->ticker);
	free(s);
}
