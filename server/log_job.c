/* server/log_job.c: see log_job.h. */
#include "server/log_job.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/service_key.h"
#include "server/server.h"
#include "signing/log_board.h"
#include "signing/log_kept.h"

/* An entry has its index within twice that, whoever wrote it, without a notification in its act. */
#define POLL_MS 200
/* The whole integration of a batch, and a restored log's first look for what waits. */
#define STATEMENT_TIMEOUT_MS 60000
/* Old checkpoints are thinned out so often. */
#define THIN_MS 3600000

/* How many witnesses must have signed before a checkpoint is shown; -1: policy is not known yet. */
static int64_t quorum_of(struct policy_holder *policies)
{
	AUTO_REF(policy) policy = policy_current(policies);

	if (!policy)
		return -1;
	return policy->access && policy->access->log_policy ? policy->access->log_policy->quorum
							    : 0;
}

struct log_job {
	struct server *server;
	struct log_board *board;
	struct db *db;
	struct log_tree *tree;
	struct log_kept kept;
	struct hsm_key *key; /* NULL: not opened yet */
	struct vkey vkey;
	pthread_t thread;
	atomic_bool stop;
	bool failing, refusing; /* told once */
	int64_t thin_at;        /* monotonic */
	/* what was compared, and what is shown, last */
	struct log_state compared;
	struct digest shown;
};

/* ---- the key and the first log ---- */

static struct status open_key(struct log_job *j, struct err *err)
{
	struct server *s = j->server;
	const struct service_key_context c = {j->db, s->hsm, &s->api.clock, &s->api.rng, "signetd"};

	if (j->key)
		return STATUS_OK;
	return service_key_open(&c, SERVICE_KEY_LOG, &j->key, err);
}

/* A name that no other log has, and that says nothing of hosts: they come and go. */
static void name_by_key(const struct hsm_key *key, char name[static 64])
{
	struct digest d = sha256(hsm_key_spki(key));
	char hex[2 * SHA256_SIZE + 1];

	hex_text(SPAN_OF(d.bytes), hex);
	snprintf(name, 64, "signet/%.16s", hex);
}

static struct status start_log(
    struct log_job *j, struct arena *arena, struct log_state *state, struct err *err)
{
	AUTO(buf) vkey = {0};
	char name[64];
	struct vkey v;

	if (state->origin_id)
		return STATUS_OK;
	name_by_key(j->key, name);
	TRY(log_vkey(name, j->key, &v, err));
	vkey_put(&v, &vkey);
	TRY(log_origin_start(j->db, name, buf_cstr(&vkey), err));
	return log_state_read(j->db, arena, state, err);
}

/* ---- comparing ---- */

static bool same_tree(const struct log_state *a, const struct log_state *b)
{
	return a->origin_id == b->origin_id && a->size == b->size &&
	       memcmp(&a->root, &b->root, sizeof(a->root)) == 0;
}

/* Has grown from what this node saw: then acts may go on. */
static struct status compare(struct log_job *j, const struct log_state *state, struct err *err)
{
	struct err why = {0};

	if (!same_tree(state, &j->compared)) {
		if (j->key)
			TRY(log_vkey(state->name, j->key, &j->vkey, err));
		if (!log_kept_compare(&j->kept, j->db, state, j->key ? &j->vkey : NULL, &why).ok) {
			*err = why;
			if (why.kind == ERR_DENIED)
				log_board_judge(j->board, LOG_REFUSED, why.message);
			return STATUS_FAILED;
		}
		j->compared = *state;
		j->compared.name = j->compared.vkey = j->compared.predecessor = NULL;
	}
	log_board_judge(j->board, LOG_SOUND, "");
	return STATUS_OK;
}

/* ---- signing, keeping, showing ---- */

static struct status sign(struct log_job *j, const struct log_state *state, struct err *err)
{
	AUTO(buf) note = {0};
	struct log_checkpoint_row row = {.size = state->size, .root = state->root};
	bool publish = quorum_of(j->server->policies) == 0;

	if (state->checkpoint >= state->size) {
		/* Signed while a quorum was asked for, or nobody knew whether one was. */
		if (publish && state->published < state->checkpoint)
			return log_checkpoint_publish(
			    j->db, state->origin_id, state->checkpoint, err);
		return STATUS_OK;
	}
	TRY(log_checkpoint_sign(state, j->key, &note, err));
	row.note = buf_cstr(&note);
	return log_checkpoint_add(j->db, state->origin_id, &row, publish, err);
}

/* Signed by us or by another node: either way by the log's key, and of a tree that was compared. */
static struct status keep(
    struct log_job *j, const struct log_state *state, struct arena *arena, struct err *err)
{
	struct log_checkpoint_row row;
	struct note note;
	struct checkpoint c;
	struct note_seen seen;
	struct log_state stated = *state;

	if (j->kept.there && strcmp(j->kept.origin, state->name) == 0 &&
	    (int64_t)j->kept.tree.size >= state->checkpoint)
		return STATUS_OK;
	TRY(log_checkpoint_read(j->db, state->origin_id, -1, arena, &row, err));
	TRY(checkpoint_open(span_str(row.note), &j->vkey, 1, &note, &c, &seen, err));
	stated.size = (int64_t)c.tree.size;
	memcpy(stated.root.bytes, c.tree.root.b, sizeof(stated.root.bytes));
	TRY(log_kept_compare(&j->kept, j->db, &stated, &j->vkey, err));
	return log_kept_keep(&j->kept, span_str(row.note), err);
}

static struct status show(
    struct log_job *j, const struct log_state *state, struct arena *arena, struct err *err)
{
	AUTO(buf) text = {0};
	struct log_checkpoint_row row;
	struct digest digest;

	if (state->published < 0) {
		log_board_show(j->board, state->origin_id, state->vkey, 0, "");
		return STATUS_OK;
	}
	TRY(log_checkpoint_read(j->db, state->origin_id, state->published, arena, &row, err));
	buf_printf(&text, "%s%s", row.note, row.cosignatures);
	digest = sha256(buf_span(&text));
	if (memcmp(&digest, &j->shown, sizeof(digest)) != 0)
		log_board_show(j->board, state->origin_id, state->vkey, row.size, buf_cstr(&text));
	j->shown = digest;
	metric_set(&j->server->metrics, METRIC_LOG_SIZE, row.size);
	return STATUS_OK;
}

static struct status thin(struct log_job *j, struct err *err)
{
	int64_t gone;

	if (monotonic_ms() < j->thin_at)
		return STATUS_OK;
	j->thin_at = monotonic_ms() + THIN_MS;
	return log_checkpoint_thin(j->db, &gone, err);
}

/* ---- rounds ---- */

static struct status run(struct log_job *j, bool *ret_more, struct err *err)
{
	AUTO(arena) arena = {0};
	struct log_state state;
	struct log_round round;
	struct err why = {0};
	struct status opened;

	TRY(log_state_read(j->db, &arena, &state, err));
	opened = open_key(j, &why);
	if (opened.ok)
		TRY(start_log(j, &arena, &state, err));
	TRY(compare(j, &state, err));
	TRY(log_integrate(j->tree, j->db, &arena, &round, err));
	/* Without the key entries still get their index; another node may have it, and sign. */
	if (!opened.ok) {
		*err = why;
		return opened;
	}
	TRY(compare(j, &round.state, err));
	metric_set(&j->server->metrics, METRIC_LOG_TREE_SIZE, round.state.size);
	TRY(sign(j, &round.state, err));
	TRY(log_state_read(j->db, &arena, &state, err));
	TRY(keep(j, &state, &arena, err));
	TRY(show(j, &state, &arena, err));
	*ret_more = round.more;
	return thin(j, err);
}

/* Told when it comes and when it goes. What was refused is an alarm, and louder. */
static void tell(struct log_job *j, struct status done, const struct err *err)
{
	const struct log *log = &j->server->log;
	bool refusing = !done.ok && err->kind == ERR_DENIED;

	metric_set(&j->server->metrics, METRIC_LOG_REFUSED, refusing);
	if (refusing && !j->refusing)
		LOG(log, LOG_ERROR, "alarm: the database is refused, acts stop",
		    LOG_STR("why", err->message), LOG_STR("cause", err->cause));
	else if (!done.ok && !j->failing)
		LOG(log, LOG_ERROR, "the log is not kept", LOG_STR("why", err->message),
		    LOG_STR("cause", err->cause));
	if (done.ok && j->failing)
		LOG(log, LOG_INFO, "the log is kept again");
	j->failing = !done.ok;
	j->refusing = refusing;
}

/* A database that was away may come back as another: nothing is known of it until it is compared.
 */
static void forget(struct log_job *j, const struct err *err)
{
	j->compared = (struct log_state){0};
	if (err->kind == ERR_DATABASE)
		log_board_judge(j->board, LOG_AWAY, err->message);
}

static bool one_round(struct log_job *j)
{
	struct err err = {0};
	bool more = false;
	struct status done;

	log_board_begin(j->board);
	done = run(j, &more, &err);
	if (!done.ok)
		forget(j, &err);
	tell(j, done, &err);
	log_board_end(j->board);
	return done.ok && more;
}

static void *log_job_main(void *context)
{
	struct log_job *j = context;
	struct pollfd asked = {.fd = log_board_event(j->board), .events = POLLIN};

	while (!atomic_load(&j->stop)) {
		bool more = one_round(j);

		(void)poll(&asked, 1, more ? 0 : POLL_MS);
	}
	OPENSSL_thread_stop();
	return NULL;
}

/* ---- starting and stopping ---- */

static void job_free(struct log_job *j)
{
	hsm_key_free(j->key);
	log_kept_free(&j->kept);
	log_tree_free(j->tree);
	db_close(j->db);
	free(j);
}

struct status log_job_start(struct server *s, struct log_job **ret_job, struct err *err)
{
	struct log_kept kept;
	struct log_job *j;

	TRY(log_kept_load(s->config->state_directory, &kept, err));
	j = mem_alloc(sizeof(*j));
	j->server = s;
	j->board = s->api.log_board;
	j->kept = kept;
	j->tree = log_tree_new();
	j->db = db_new(&(struct db_config){s->db.conninfo, STATEMENT_TIMEOUT_MS, "signetd-log"});
	(void)one_round(j);
	if (pthread_create(&j->thread, NULL, log_job_main, j) != 0) {
		job_free(j);
		return err_set(err, ERR_INTERNAL, "no thread for the log");
	}
	*ret_job = j;
	return STATUS_OK;
}

void log_job_stop(struct log_job *j)
{
	atomic_store(&j->stop, true);
	(void)log_board_await(j->board, 0); /* wakes it */
	pthread_join(j->thread, NULL);
	log_board_close(j->board);
	job_free(j);
}
