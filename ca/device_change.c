/* ca/device_change.c: see device_change.h. */
#include "ca/device_change.h"

#include <string.h>

#include "base/json.h"
#include "ca/act.h"
#include "ca/reason.h"
#include "ca/revoke.h"

/*
 * `enrolled` says whether it must have had a certificate, or must not have; `then` what becomes of
 * those that it has.
 */
static const struct move {
	const char *from, *to;
	enum {
		EITHER,
		HAS_ENROLLED,
		NEVER_ENROLLED
	} enrolled;
	enum {
		LEAVE,
		HOLD,
		RESUME,
		REVOKE
	} then;
} moves[] = {
    {"made", "claimed", EITHER, LEAVE},
    {"made", "suspended", EITHER, HOLD},
    {"claimed", "suspended", EITHER, HOLD},
    {"enrolled", "suspended", EITHER, HOLD},
    {"suspended", "enrolled", HAS_ENROLLED, RESUME},
    {"suspended", "claimed", NEVER_ENROLLED, RESUME},
    {"made", "retired", EITHER, REVOKE},
    {"claimed", "retired", EITHER, REVOKE},
    {"enrolled", "retired", EITHER, REVOKE},
    {"suspended", "retired", EITHER, REVOKE},
};

static bool fits(const struct move *m, const struct device_row *d, const char *state)
{
	const bool has = d->first_enrolled_at != 0;

	return strcmp(m->from, d->state) == 0 && strcmp(m->to, state) == 0 &&
	       (m->enrolled == EITHER || (m->enrolled == HAS_ENROLLED) == has);
}

static const struct move *move_of(const struct device_row *device, const char *state)
{
	for (size_t i = 0; i < COUNT(moves); i++)
		if (fits(&moves[i], device, state))
			return &moves[i];
	return NULL;
}

struct status device_move_check(const struct device_row *device, const char *state, struct err *err)
{
	if (strcmp(device->state, state) == 0 || move_of(device, state))
		return STATUS_OK;
	return REFUSE(err, DEVICE_MOVE, "a device that is %s%s does not become %.20s",
	    device->state,
	    device->first_enrolled_at ? " and has enrolled" : " and has not enrolled yet", state);
}

static void render(const struct device_row *d, const char *state, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_str(&j, "kind", "device");
	json_str(&j, "product", d->product);
	json_str(&j, "serial", d->serial);
	json_str(&j, "from", d->state);
	json_str(&j, "state", state);
	json_object_end(&j);
}

static struct status record(struct db *db, const struct device_change *c,
    const struct device_row *d, const char *state, struct arena *arena, struct err *err)
{
	AUTO(buf) document = {0};
	struct policy_act act = {.who = c->actor->name,
	    .person = c->actor->person,
	    .approvers = c->approvers,
	    .approver_count = c->approver_count,
	    .request_id = c->request_id,
	    .act = "device.changed",
	    .kind = "device",
	    .name = arena_printf(arena, "%s/%s", d->product, d->serial),
	    .version = d->version,
	    .at = c->now};

	render(d, state, &document);
	act.document = buf_span(&document);
	return policy_record(db, &act, c->rng, err);
}

static struct status change_certificates(struct db *db, const struct device_change *c,
    const struct device_row *device, const struct move *move, struct err *err)
{
	static const struct {
		enum status_verb verb;
		int reason;
	} orders[] = {[HOLD] = {STATUS_HOLD, 0},
	    [RESUME] = {STATUS_RESUME, 0},
	    [REVOKE] = {STATUS_REVOKE, REASON_CESSATION_OF_OPERATION}};
	const struct status_order order = {.change = orders[move->then].verb,
	    .reason = orders[move->then].reason,
	    .who = c->actor->name,
	    .person = c->actor->person,
	    .request_id = c->request_id,
	    .now = c->now};
	size_t changed;

	return move->then == LEAVE
		   ? STATUS_OK
		   : status_change_device(db, device->id, &order, c->rng, &changed, err);
}

struct status device_change_state(struct db *db, const struct device_change *change,
    struct device_row *device, const char *state, struct arena *arena, struct err *err)
{
	const struct move *move = move_of(device, state);

	TRY(device_move_check(device, state, err));
	if (!move)
		return STATUS_OK;
	TRY(record(db, change, device, state, arena, err));
	TRY(device_move(db, device->id, state, &device->version, err));
	TRY(change_certificates(db, change, device, move, err));
	device->state = arena_strdup(arena, state);
	return STATUS_OK;
}
