/* server/restore.c: see restore.h. */
#include "server/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/act.h"
#include "ca/service_key.h"
#include "sql/crl.h"
#include "sql/election.h"
#include "sql/log_owner.h"
#include "sql/token.h"

#define RESTORED "log.restored"

static struct status open_key(const struct restore *r, struct hsm_key **ret_key, struct err *err)
{
	const struct service_key_context c = {r->db, r->hsm, &r->v->clock, &r->v->rng, r->v->who};

	return service_key_open(&c, SERVICE_KEY_LOG, ret_key, err);
}

/* Whoever holds the log's key signed it; a checkpoint that anybody could write links to nothing. */
static struct status check_signature(
    const struct restore *r, const struct hsm_key *key, struct err *err)
{
	struct vkey vkey;
	struct note note;
	struct checkpoint c;
	struct note_seen seen;
	struct err why = {0};

	TRY(log_vkey(r->newest->origin, key, &vkey, err));
	if (checkpoint_open(r->note, &vkey, 1, &note, &c, &seen, &why).ok)
		return STATUS_OK;
	return err_set(err, ERR_DENIED,
	    "the checkpoint of log %s is not signed by the key of this Signet: %s",
	    r->newest->origin, why.message);
}

static struct status read_state(
    const struct restore *r, struct arena *arena, struct log_state *ret_state, struct err *err)
{
	TRY(log_state_read(r->db, arena, ret_state, err));
	if (!ret_state->origin_id)
		return err_set(err, ERR_CONFLICT,
		    "the database has no log at all: it is not a backup of this Signet");
	return STATUS_OK;
}

struct status restore_look(const struct restore *r, bool *ret_needed, struct err *err)
{
	AUTO(arena) arena = {0};
	AUTO_REF(hsm_key) key = NULL;
	struct log_state state;
	struct vkey vkey;
	struct err why = {0};

	TRY(read_state(r, &arena, &state, err));
	TRY(open_key(r, &key, err));
	TRY(check_signature(r, key, err));
	TRY(log_vkey(state.name, key, &vkey, err));
	*ret_needed = !log_kept_compare(r->newest, r->db, &state, &vkey, &why).ok;
	if (*ret_needed && why.kind != ERR_DENIED) {
		*err = why;
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

/* ---- the new name ---- */

/* "acme/log" is 1, "acme/log/2" is 2; ret_base_n: length of what stands before. */
static long number_of(const char *name, size_t *ret_base_n)
{
	const char *slash = strrchr(name, '/');
	char *end;
	long n = slash && slash[1] >= '1' && slash[1] <= '9' ? strtol(slash + 1, &end, 10) : 0;

	*ret_base_n = strlen(name);
	if (n < 2 || n > 1000000 || *end)
		return 1;
	*ret_base_n = (size_t)(slash - name);
	return n;
}

/* Above that of the database and of what was seen: another backup may be restored later. */
static void next_name(const struct restore *r, const char *stored, char *name, size_t size)
{
	size_t base, ignored;
	long a = number_of(stored, &base), b = number_of(r->newest->origin, &ignored);

	snprintf(name, size, "%.*s/%ld", (int)base, stored, (a > b ? a : b) + 1);
}

/* ---- all of it ---- */

static struct status record(const struct restore *r, const char *name, struct err *err)
{
	struct policy_act act = {.who = r->v->who,
	    .act = RESTORED,
	    .kind = "log",
	    .name = name,
	    .document = r->note,
	    .at = clock_now(&r->v->clock)};
	int64_t version;

	/* Policy, too, has been further than this. */
	TRY(policy_lock(r->db, &version, err));
	act.version = version + RESTORE_JUMP;
	TRY(policy_bump(r->db, act.version, act.at, err));
	return policy_record(r->db, &act, &r->v->rng, err);
}

static struct status begin_log(const struct restore *r, struct log_tree *tree, struct err *err)
{
	AUTO(arena) arena = {0};
	struct log_state state;
	int64_t id, transaction;
	struct span entry;
	bool grown;
	const struct log_waiting first = {1, &id, &entry};

	TRY(log_newest_of_kind(r->db, RESTORED, &arena, &id, &entry, err));
	TRY(log_state_read(r->db, &arena, &state, err));
	TRY(log_grow_by(tree, r->db, &state, &first, state.settled, 0, &grown, &transaction, err));
	if (!grown)
		return err_set(err, ERR_BUSY, "somebody else is at the log");
	return STATUS_OK;
}

static struct status follow(const struct restore *r, const struct log_state *old,
    const struct hsm_key *key, struct restore_outcome *o, struct err *err)
{
	AUTO(buf) text = {0};
	AUTO(arena) arena = {0};
	struct vkey vkey;

	next_name(r, old->name, o->origin, sizeof(o->origin));
	TRY(log_vkey(o->origin, key, &vkey, err));
	vkey_put(&vkey, &text);
	snprintf(o->vkey, sizeof(o->vkey), "%s", buf_cstr(&text));
	return log_origin_follow(r->db, o->origin, o->vkey, old->origin_id,
	    arena_strndup(&arena, (const char *)r->note.p, r->note.n), err);
}

/* What was revoked since the backup looks as if it were not: nobody gets in by such a token. */
static struct status revoke_tokens(const struct restore *r, struct err *err)
{
	struct policy_act act = {.who = r->v->who,
	    .act = "token.revoked",
	    .kind = "token",
	    .name = "all",
	    .document = SPAN_LITERAL("{}"),
	    .at = clock_now(&r->v->clock)};
	int64_t count;

	TRY(token_revoke_all(r->db, r->v->who, act.at, &count, err));
	return count > 0 ? policy_record(r->db, &act, &r->v->rng, err) : STATUS_OK;
}

static struct status restore_within(const struct restore *r, const struct hsm_key *key,
    struct log_tree *tree, struct restore_outcome *o, struct err *err)
{
	AUTO(arena) arena = {0};
	struct log_state old;
	bool elected = false;

	TRY(election_try(r->db, ELECTION_LOG, &elected, err));
	if (!elected)
		return err_set(
		    err, ERR_BUSY, "a server is at the log right now: stop it, or try again");
	TRY(read_state(r, &arena, &old, err));
	o->entries = old.size;
	o->lost = r->newest->tree.size > (uint64_t)old.size
		      ? r->newest->tree.size - (uint64_t)old.size
		      : 0;
	TRY(log_numbers_jump(r->db, RESTORE_JUMP, err));
	TRY(crl_numbers_jump(r->db, RESTORE_JUMP, err));
	TRY(follow(r, &old, key, o, err));
	TRY(record(r, o->origin, err));
	TRY(revoke_tokens(r, err));
	TRY(begin_log(r, tree, err));
	return db_commit(r->db, err);
}

struct status restore_run(
    const struct restore *r, struct restore_outcome *ret_outcome, struct err *err)
{
	AUTO_REF(hsm_key) key = NULL;
	AUTO_REF(log_tree) tree = log_tree_new();
	struct restore_outcome o = {{0}, {0}, 0, 0};
	struct status done;

	TRY(open_key(r, &key, err));
	TRY(db_begin(r->db, err));
	done = restore_within(r, key, tree, &o, err);
	db_rollback(r->db); /* nothing, when it was committed */
	if (done.ok)
		*ret_outcome = o;
	return done;
}
