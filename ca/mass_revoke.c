/* ca/mass_revoke.c: see mass_revoke.h. */
#include "ca/mass_revoke.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "ca/act.h"
#include "ca/reason.h"
#include "ca/revoke.h"
#include "sql/election.h"

#define SERVER "signetd"

struct status mass_selector_check(const struct mass_selector *s, struct err *err)
{
	if (s->certificate_id || s->device_id || s->product_id || s->authority_id || s->batch ||
	    s->key_digest.n || s->algorithm || s->issued_after || s->issued_before)
		return STATUS_OK;
	return REFUSE(err, MASS_SELECTOR, "the selector names nothing");
}

/* ---- records ---- */

/* What a change row names it by. */
static void put_name(int64_t id, char name[static 24])
{
	snprintf(name, 24, "%" PRId64, id);
}

static struct status record(struct db *db, const struct policy_act *common, const char *act,
    int64_t id, const struct buf *document, const struct rng *rng, struct err *err)
{
	struct policy_act a = *common;
	char name[24];

	put_name(id, name);
	a.act = act;
	a.kind = "mass-revocation";
	a.name = name;
	a.version = 1;
	a.document = buf_span(document);
	return policy_record(db, &a, rng, err);
}

static void render_order(const struct mass_order *o, struct buf *out)
{
	struct json j = {.out = out};
	AUTO(buf) digest = {0};

	hex_encode(SPAN_OF(o->found->digest.bytes), &digest);
	json_object_begin(&j, NULL);
	json_str(&j, "kind", "mass-revocation");
	json_raw(&j, "selector", span_str(o->text));
	json_int(&j, "valid_at", o->selector->valid_at);
	json_int(&j, "newest", o->selector->newest);
	json_str(&j, "reason", revocation_reason_name(o->reason));
	json_int(&j, "invalidity_at", o->invalidity_at);
	json_int(&j, "certificates", o->found->certificates);
	json_str(&j, "digest", buf_cstr(&digest));
	json_object_end(&j);
}

static void render_end(const struct mass_act_row *row, const char *failure, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_str(&j, "kind", "mass-revocation");
	json_int(&j, "certificates", row->total);
	json_int(&j, "done", row->done);
	json_int(&j, "revoked", row->revoked);
	if (failure)
		json_str(&j, "failure", failure);
	json_object_end(&j);
}

/* ---- made and canceled ---- */

struct status mass_revoke_make(struct db *db, const struct mass_order *o, const struct rng *rng,
    int64_t *ret_id, struct err *err)
{
	const struct mass_act_new row = {.selector = o->selector,
	    .found = o->found,
	    .text = o->text,
	    .reason = o->reason,
	    .invalidity_at = o->invalidity_at,
	    .who = o->actor->name,
	    .person = o->actor->person,
	    .request_id = o->request_id,
	    .now = o->now};
	const struct policy_act by = {.who = o->actor->name,
	    .person = o->actor->person,
	    .approvers = o->approvers,
	    .approver_count = o->approver_count,
	    .request_id = o->request_id,
	    .at = o->now};
	AUTO(buf) document = {0};
	int64_t id;

	TRY(mass_selector_check(o->selector, err));
	TRY(revocation_check(o->reason, o->invalidity_at, o->now, err));
	if (o->found->certificates == 0)
		return REFUSE(
		    err, MASS_EMPTY, "no certificate that is still valid fits the selector");
	render_order(o, &document);
	TRY(mass_act_add(db, &row, &id, err));
	TRY(record(db, &by, "mass-revocation.started", id, &document, rng, err));
	*ret_id = id;
	return STATUS_OK;
}

struct status mass_revoke_cancel(struct db *db, const struct mass_act_row *row,
    const struct actor *actor, int64_t now, const struct rng *rng, struct err *err)
{
	const struct policy_act by = {.who = actor->name, .person = actor->person, .at = now};
	AUTO(buf) document = {0};

	if (row->ended_at)
		return REFUSE(
		    err, MASS_ENDED, "mass revocation %" PRId64 " is %s", row->id, row->state);
	render_end(row, NULL, &document);
	TRY(mass_act_end(db, row->id, "canceled", now, actor->name, NULL, err));
	return record(db, &by, "mass-revocation.canceled", row->id, &document, rng, err);
}

/* ---- done, batch by batch ---- */

/* An index leads to all that it finds: no need to look through ids in windows. */
static bool is_narrow(const struct mass_selector *s)
{
	return s->certificate_id || s->device_id || s->key_digest.n;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

struct batch {
	int64_t ids[STATUS_ORDER_MAX];
	size_t count;
	int64_t until; /* up to this id it has looked at all */
};

static struct status next_batch(struct db *db, const struct mass_act_row *row,
    const struct mass_selector *selector, struct batch *b, struct err *err)
{
	struct mass_selector window = *selector;

	if (!is_narrow(selector))
		window.newest = least(selector->newest, row->cursor + MASS_WINDOW);
	b->count = COUNT(b->ids);
	TRY(mass_selection_page(db, &window, row->cursor, b->ids, &b->count, err));
	b->until = b->count == COUNT(b->ids) ? b->ids[b->count - 1] : window.newest;
	return STATUS_OK;
}

static struct status revoke_batch(struct db *db, const struct mass_act_row *row,
    const struct batch *b, int64_t now, const struct rng *rng, size_t *ret_changed, struct err *err)
{
	const struct status_order order = {.certificates = b->ids,
	    .count = b->count,
	    .change = STATUS_REVOKE,
	    .reason = row->reason,
	    .invalidity_at = row->invalidity_at,
	    .who = row->who,
	    .person = row->person,
	    .request_id = row->request_id,
	    .mass_act_id = row->id,
	    /* By a clock that is behind the one by which it was made, it would be refused. */
	    .now = now < row->created_at ? row->created_at : now,
	    .skip_revoked = true};

	*ret_changed = 0;
	return b->count ? status_change(db, &order, rng, ret_changed, err) : STATUS_OK;
}

static struct status finish(struct db *db, const struct mass_act_row *row, int64_t now,
    const struct rng *rng, struct err *err)
{
	const struct policy_act by = {.who = SERVER, .at = now};
	AUTO(buf) document = {0};

	render_end(row, NULL, &document);
	TRY(mass_act_end(db, row->id, "done", now, NULL, NULL, err));
	return record(db, &by, "mass-revocation.done", row->id, &document, rng, err);
}

static struct status step(struct db *db, struct mass_act_row *row, struct arena *arena, int64_t now,
    const struct rng *rng, struct mass_turn *turn, struct err *err)
{
	struct mass_selector selector;
	struct batch *batch = arena_alloc(arena, sizeof(*batch));
	size_t changed;

	TRY(mass_act_selector(db, row->id, arena, &selector, err));
	TRY(next_batch(db, row, &selector, batch, err));
	TRY(revoke_batch(db, row, batch, now, rng, &changed, err));
	TRY(mass_act_step(db, row->id, batch->until, (int64_t)batch->count, (int64_t)changed, err));
	row->done += (int64_t)batch->count;
	row->revoked += (int64_t)changed;
	turn->looked = (int64_t)batch->count;
	turn->revoked = (int64_t)changed;
	turn->left = row->total > row->done ? row->total - row->done : 0;
	turn->ended = batch->until >= selector.newest;
	turn->differs = turn->ended && row->done != row->total;
	return turn->ended ? finish(db, row, now, rng, err) : STATUS_OK;
}

static struct status turn_in_transaction(
    struct db *db, int64_t now, const struct rng *rng, struct mass_turn *turn, struct err *err)
{
	AUTO(arena) arena = {0};
	struct mass_act_row row;
	bool elected;

	TRY(election_try(db, ELECTION_MASS_ACT, &elected, err));
	if (!elected)
		return STATUS_OK;
	TRY(mass_act_take(db, &arena, &row, err));
	turn->id = row.id;
	return row.id ? step(db, &row, &arena, now, rng, turn, err) : STATUS_OK;
}

struct status mass_revoke_step(
    struct db *db, int64_t now, const struct rng *rng, struct mass_turn *ret_turn, struct err *err)
{
	struct status done;

	*ret_turn = (struct mass_turn){0};
	TRY(db_begin(db, err));
	done = turn_in_transaction(db, now, rng, ret_turn, err);
	if (done.ok)
		done = db_commit(db, err);
	if (!done.ok)
		db_rollback(db);
	return done;
}

/* ---- failed ---- */

static struct status raise_alarm(
    struct db *db, int64_t id, const char *why, int64_t now, const struct rng *rng, struct err *err)
{
	AUTO(buf) detail = {0};
	AUTO(log_line) line = {0};
	struct json j = {.out = &detail};
	int64_t alarm;

	json_object_begin(&j, NULL);
	json_str(&j, "kind", "mass-revocation");
	json_int(&j, "at", now);
	json_int(&j, "mass_revocation", id);
	json_str(&j, "why", why);
	json_object_end(&j);
	TRY(log_line_make("alarm.mass-revocation", now, rng, buf_span(&detail), &line, err));
	TRY(alarm_add(db, "mass-revocation", buf_cstr(&detail), now, &alarm, err));
	return sql_log_append(db, &line, "alarm", alarm, err);
}

static struct status fail(
    struct db *db, int64_t id, const char *why, int64_t now, const struct rng *rng, struct err *err)
{
	const struct policy_act by = {.who = SERVER, .at = now};
	AUTO(arena) arena = {0};
	AUTO(buf) document = {0};
	struct mass_act_row row;

	TRY(mass_act_lock(db, id, &arena, &row, err));
	if (row.ended_at)
		return STATUS_OK;
	render_end(&row, why, &document);
	TRY(mass_act_end(db, id, "failed", now, NULL, why, err));
	TRY(record(db, &by, "mass-revocation.failed", id, &document, rng, err));
	return raise_alarm(db, id, why, now, rng, err);
}

struct status mass_revoke_fail(
    struct db *db, int64_t id, const char *why, int64_t now, const struct rng *rng, struct err *err)
{
	struct status done;

	TRY(db_begin(db, err));
	done = fail(db, id, why, now, rng, err);
	if (done.ok)
		done = db_commit(db, err);
	if (!done.ok)
		db_rollback(db);
	return done;
}
