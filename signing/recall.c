/* signing/recall.c: see recall.h. */
#include "signing/recall.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "signing/format/trust_build.h"
#include "signing/release_internal.h"

static struct status judge_state(const struct release_row *row, struct err *err)
{
	if (strcmp(row->state, "published") == 0 || strcmp(row->state, "signed") == 0)
		return STATUS_OK;
	return REFUSE(err, RELEASE_STATE,
	    "release %" PRId64 " is %s: a signed or published one is recalled", row->id,
	    row->state);
}

/* What the list will say of where to go: sequence 0: nowhere yet. */
struct successor {
	int64_t sequence;
	const char *version;
};

static bool may_succeed(const struct release_row *next, const struct release_row *row)
{
	return next->product_id == row->product_id && strcmp(next->channel, row->channel) == 0 &&
	       next->id != row->id && strcmp(next->state, "published") == 0 &&
	       next->sequence > row->sequence;
}

static struct status find_successor(const struct release_context *c,
    const struct release_recall *recall, const struct recall_look *look, struct arena *arena,
    struct successor *ret_successor, struct err *err)
{
	struct release_row next;
	struct err why = {0};

	*ret_successor = (struct successor){look->successor, look->successor_version};
	if (recall->successor == 0)
		return STATUS_OK;
	if (!release_get(c->db, recall->successor, arena, &next, &why).ok) {
		if (why.kind == ERR_MISSING)
			return REFUSE(err, RELEASE_SUCCESSOR, "%s", why.message);
		*err = why;
		return STATUS_FAILED;
	}
	if (!may_succeed(&next, recall->row))
		return REFUSE(err, RELEASE_SUCCESSOR,
		    "release %" PRId64 " (sequence %" PRId64 ", %s) cannot follow sequence %" PRId64
		    " on '%.63s'",
		    next.id, next.sequence, next.state, recall->row->sequence,
		    recall->row->channel);
	*ret_successor = (struct successor){next.sequence, next.version};
	return STATUS_OK;
}

static struct status look_at(const struct release_context *c, const struct release_recall *recall,
    bool take_number, struct arena *arena, struct recall_look *look,
    struct successor *ret_successor, struct err *err)
{
	const struct release_row *row = recall->row;
	const struct recall_question question = {.product_id = row->product_id,
	    .channel = row->channel,
	    .without = row->id,
	    .above = row->sequence,
	    .take_number = take_number};

	TRY(recall_look(c->db, &question, arena, look, err));
	return find_successor(c, recall, look, arena, ret_successor, err);
}

struct status release_recall_plan(const struct release_context *c,
    const struct release_recall *recall, struct arena *arena, struct release_step_plan *ret_plan,
    struct err *err)
{
	const struct release_row *row = recall->row;
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	struct recall_look look;
	struct successor next;
	char path[48], sequence[24];

	TRY(judge_state(row, err));
	TRY(look_at(c, recall, false, arena, &look, &next, err));
	(void)snprintf(path, sizeof(path), "/releases/%" PRId64 "/state", row->id);
	(void)snprintf(sequence, sizeof(sequence), "%" PRId64, row->sequence);
	json_array_begin(&j, NULL);
	release_difference(&j, path, row->state, "recalled");
	release_difference(&j, "/product", NULL, row->product);
	release_difference(&j, "/channel", NULL, row->channel);
	release_difference(&j, "/version", NULL, row->version);
	release_difference(&j, "/sequence", NULL, sequence);
	release_difference(&j, "/successor", NULL, next.version);
	json_array_end(&j);
	ret_plan->difference = arena_strdup(arena, buf_cstr(&text));
	ret_plan->digest = sha256(buf_span(&text));
	return STATUS_OK;
}

/* ---- the list ---- */

struct making {
	const struct release_context *c;
	const struct release_row *row;
	const struct release_plan *keys;
	const struct recall_look *look;
	const struct successor *next;
	struct arena *arena;
};

/* Somebody recalled it since the row was read: release_step_make() will find the race lost. */
static bool is_listed(const struct making *m)
{
	for (size_t i = 0; i < m->look->count; i++)
		if (m->look->sequences[i] == m->row->sequence)
			return true;
	return false;
}

static struct status put_payload(const struct making *m, struct buf *out, struct err *err)
{
	struct recall_build build = {.product = span_str(m->row->product),
	    .channel = span_str(m->row->channel),
	    .number = (uint64_t)m->look->number,
	    .sequence_count = m->look->count + !is_listed(m),
	    .has_successor = m->next->sequence != 0,
	    .successor = (uint64_t)m->next->sequence,
	    .successor_version = span_str(m->next->version),
	    .created = (uint64_t)m->c->now};
	uint64_t *sequences = arena_alloc(m->arena, (m->look->count + 1) * sizeof(*sequences));

	if (build.sequence_count > RECALL_SEQUENCES_MAX)
		return REFUSE(err, RELEASE_RECALLS, "channel '%.63s' has %zu recalled releases",
		    m->row->channel, m->look->count);
	for (size_t i = 0; i < m->look->count; i++)
		sequences[i] = (uint64_t)m->look->sequences[i];
	sequences[m->look->count] = (uint64_t)m->row->sequence;
	build.sequences = sequences;
	memcpy(build.class_id, m->row->class_id.p, UUID_SIZE);
	return recall_build_payload(&build, out, err);
}

static struct status make_list(const struct making *m, struct recall_row *ret_list, struct err *err)
{
	struct cose_made made[CHANNEL_KEYS_MAX];
	AUTO(buf) payload = {0};
	AUTO(buf) file = {0};

	TRY(put_payload(m, &payload, err));
	for (size_t i = 0; i < m->keys->key_count; i++) {
		AUTO(buf) room = {0};

		TRY(signer_cose(
		    m->keys->keys[i], RECALL_AAD, buf_span(&payload), &room, &made[i], err));
		made[i].signature = arena_copy(m->arena, made[i].signature);
	}
	recall_build_file(buf_span(&payload), made, m->keys->key_count, &file);
	*ret_list = (struct recall_row){.number = m->look->number,
	    .bytes = arena_copy(m->arena, buf_span(&file)),
	    .created_at = m->c->now};
	ret_list->sha256 = sha256(ret_list->bytes);
	return STATUS_OK;
}

static struct status store(const struct making *m, const struct release_actor *by, struct err *err)
{
	struct recall_row list;
	struct release_change change = {
	    .step = "recalled", .state = "recalled", .request_id = m->row->request_id};
	int64_t step;

	TRY(make_list(m, &list, err));
	change.digest = SPAN_OF(list.sha256.bytes);
	TRY(release_step_make(m->c, m->row, &change, by, &step, err));
	return recall_add(m->c->db, m->row, step, m->look->previous, &list, err);
}

static struct status recall_it(const struct release_context *c, const struct release_recall *recall,
    const struct release_actor *by, struct arena *arena, struct err *err)
{
	const struct release_row *row = recall->row;
	const struct channel *channel;
	AUTO(release_plan) keys = {0};
	struct recall_look look;
	struct successor next;

	TRY(judge_state(row, err));
	TRY(release_channel(c, row->product, row->channel, &channel, err));
	TRY(release_keys(c, channel, &keys, err));
	TRY(look_at(c, recall, true, arena, &look, &next, err));
	return store(&(struct making){c, row, &keys, &look, &next, arena}, by, err);
}

struct status release_recall(const struct release_context *c, const struct release_recall *recall,
    const struct release_actor *by, struct arena *arena, struct release_row *ret_row,
    struct err *err)
{
	struct release_row after = *recall->row;

	if (strcmp(after.state, "recalled") != 0) {
		TRY(recall_it(c, recall, by, arena, err));
		after.state = "recalled";
		after.revision++;
	}
	*ret_row = after;
	return STATUS_OK;
}
