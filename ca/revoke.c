/* ca/revoke.c: see revoke.h. */
#include "ca/revoke.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ca/act.h"
#include "ca/reason.h"
#include "ca/status_record.h"

/* ---- reasons ---- */

/* In one order. */
static const int reason_numbers[] = {REASON_UNSPECIFIED, REASON_KEY_COMPROMISE,
    REASON_CA_COMPROMISE, REASON_AFFILIATION_CHANGED, REASON_SUPERSEDED,
    REASON_CESSATION_OF_OPERATION, REASON_CERTIFICATE_HOLD, REASON_REMOVE_FROM_CRL,
    REASON_PRIVILEGE_WITHDRAWN, REASON_AA_COMPROMISE};
const char *const revocation_reasons[] = {"unspecified", "keyCompromise", "cACompromise",
    "affiliationChanged", "superseded", "cessationOfOperation", "certificateHold", "removeFromCRL",
    "privilegeWithdrawn", "aACompromise", NULL};
_Static_assert(COUNT(reason_numbers) + 1 == COUNT(revocation_reasons), "a name for each number");
const char *const certificate_states[] = {"good", "revoked", "held", NULL};

const char *revocation_reason_name(int reason)
{
	for (size_t i = 0; i < COUNT(reason_numbers); i++)
		if (reason_numbers[i] == reason)
			return revocation_reasons[i];
	return NULL;
}

int revocation_reason_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT(reason_numbers); i++)
		if (strcmp(revocation_reasons[i], name) == 0)
			return reason_numbers[i];
	return -1;
}

struct status revocation_check(int reason, int64_t invalidity_at, int64_t now, struct err *err)
{
	const char *name = revocation_reason_name(reason);

	if (!name || reason == REASON_CERTIFICATE_HOLD || reason == REASON_REMOVE_FROM_CRL)
		return REFUSE(err, STATUS_REASON, "%s is no reason to revoke a certificate",
		    name ? name : "this");
	if (invalidity_at > now)
		return REFUSE(err, STATUS_INVALIDITY, "the invalidity date is still to come");
	return STATUS_OK;
}

/* ---- which of them change ---- */

static const struct verb {
	const char *change, *kind; /* of the event, of its log entry */
	int reason;                /* of the event; -1: the order's */
} verbs[] = {
    [STATUS_REVOKE] = {"revoked", "certificate.revoked", -1},
    [STATUS_HOLD] = {"held", "certificate.held", REASON_CERTIFICATE_HOLD},
    [STATUS_RESUME] = {"resumed", "certificate.resumed", REASON_REMOVE_FROM_CRL},
};

static struct status is_revoked(
    const struct status_order *order, const struct status_row *row, struct err *err)
{
	if (order->skip_revoked)
		return STATUS_OK;
	return REFUSE(err, STATUS_REVOKED, "certificate %" PRId64 " is revoked for good (%s)",
	    row->certificate_id, revocation_reason_name(row->reason));
}

static struct status judge_revoke(const struct status_order *order, const struct status_row *row,
    bool *ret_changes, struct err *err)
{
	*ret_changes = true;
	if (!row->in_force || row->reason == REASON_CERTIFICATE_HOLD)
		return STATUS_OK;
	if (row->reason == order->reason) {
		*ret_changes = order->invalidity_at && order->invalidity_at != row->invalidity_at;
		return STATUS_OK;
	}
	if (order->reason == REASON_KEY_COMPROMISE)
		return STATUS_OK;
	*ret_changes = false;
	return is_revoked(order, row, err);
}

/* A hold of its own takes over one that would end with its device's suspension; never the other way
 * round. */
static bool is_held_as_wanted(const struct status_row *row, int64_t device_id)
{
	return row->device_id == device_id || device_id;
}

static struct status judge(const struct status_order *order, int64_t device_id,
    const struct status_row *row, bool *ret_changes, struct err *err)
{
	const bool held = row->in_force && row->reason == REASON_CERTIFICATE_HOLD;

	if (order->change == STATUS_REVOKE)
		return judge_revoke(order, row, ret_changes, err);
	*ret_changes = false;
	if (row->in_force && !held)
		return is_revoked(order, row, err);
	if (order->change == STATUS_HOLD) {
		*ret_changes = !held || !is_held_as_wanted(row, device_id);
		return STATUS_OK;
	}
	if (held && row->device_id && !device_id)
		return REFUSE(err, STATUS_SUSPENDED,
		    "certificate %" PRId64 " is held because its device is suspended",
		    row->certificate_id);
	*ret_changes = held;
	return STATUS_OK;
}

/* ---- events ---- */

struct lines {
	struct status_line *line; /* in an arena, but for their entries */
	size_t count;
};

static void lines_auto(struct lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		log_line_free(&l->line[i].log);
}

static struct status add_line(struct lines *lines, const struct status_columns *event,
    const char *kind, const struct rng *rng, struct err *err)
{
	struct status_line *line = &lines->line[lines->count];
	AUTO(buf) record = {0};

	status_record(event, &record);
	TRY(log_line_make(kind, event->at, rng, buf_span(&record), &line->log, err));
	line->certificate_id = event->certificate_id;
	line->sequence = event->sequence;
	line->invalidity_at = event->invalidity_at;
	lines->count++;
	return STATUS_OK;
}

/* What its row will say: an order without a date leaves the one that is there. */
static int64_t invalidity_of(const struct status_order *order, const struct status_row *row)
{
	if (order->change != STATUS_REVOKE)
		return 0;
	return order->invalidity_at ? order->invalidity_at
				    : (row->in_force ? row->invalidity_at : 0);
}

static bool is_same_shard(const struct status_row *a, const struct status_row *b)
{
	return a->authority_id == b->authority_id && a->shard == b->shard;
}

static struct status make_lines(const struct status_order *order, struct status_columns *event,
    const struct status_row *rows, size_t count, const struct rng *rng, struct lines *lines,
    struct err *err)
{
	int64_t sequence = 0;

	for (size_t i = 0; i < count; i++) {
		const struct status_row *row = &rows[i];
		bool changes;

		if (i == 0 || !is_same_shard(row, &rows[i - 1]))
			sequence = row->sequence;
		TRY(judge(order, event->device_id, row, &changes, err));
		if (!changes)
			continue;
		event->certificate_id = row->certificate_id;
		event->authority_id = row->authority_id;
		event->serial = row->serial;
		event->invalidity_at = invalidity_of(order, row);
		event->sequence = ++sequence;
		TRY(add_line(lines, event, verbs[order->change].kind, rng, err));
	}
	return STATUS_OK;
}

static int compare_ids(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static size_t count_distinct(const struct status_order *order, struct arena *arena)
{
	int64_t *ids = arena_alloc(arena, order->count * sizeof(*ids));
	size_t n = 0;

	memcpy(ids, order->certificates, order->count * sizeof(*ids));
	qsort(ids, order->count, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < order->count; i++)
		n += i == 0 || ids[i] != ids[i - 1];
	return n;
}

static struct status check(const struct status_order *order, struct err *err)
{
	if (order->count > STATUS_ORDER_MAX)
		return err_set(err, ERR_INTERNAL, "%zu certificates in one order", order->count);
	if (order->change == STATUS_REVOKE)
		return revocation_check(order->reason, order->invalidity_at, order->now, err);
	return STATUS_OK;
}

/* device_id: whose suspension, resumption or retirement it is; 0: of the certificates alone. */
static struct status change(struct db *db, const struct status_order *order, int64_t device_id,
    const struct rng *rng, size_t *ret_changed, struct err *err)
{
	const struct verb *verb = &verbs[order->change];
	struct status_columns event = {.change = verb->change,
	    .reason = verb->reason < 0 ? order->reason : verb->reason,
	    .at = order->now,
	    .who = order->who,
	    .person = order->person,
	    .request_id = order->request_id,
	    .mass_act_id = order->mass_act_id,
	    .device_id = device_id};
	AUTO(arena) arena = {0};
	AUTO(lines) lines = {.line = arena_alloc(&arena, order->count * sizeof(*lines.line))};
	struct status_batch batch = {.common = &event,
	    .compromised =
		order->change == STATUS_REVOKE && order->reason == REASON_KEY_COMPROMISE};
	struct status_row *rows;
	size_t count;

	TRY(check(order, err));
	TRY(status_lock(db, order->certificates, order->count, &arena, &rows, &count, err));
	if (count != count_distinct(order, &arena))
		return err_set(err, ERR_MISSING, "a certificate is not there");
	TRY(make_lines(order, &event, rows, count, rng, &lines, err));
	batch.lines = lines.line;
	batch.count = lines.count;
	if (batch.count > 0)
		TRY(status_change_add(db, &batch, err));
	*ret_changed = batch.count;
	return STATUS_OK;
}

struct status status_change(struct db *db, const struct status_order *order, const struct rng *rng,
    size_t *ret_changed, struct err *err)
{
	return change(db, order, 0, rng, ret_changed, err);
}

struct status status_change_device(struct db *db, int64_t device_id,
    const struct status_order *order, const struct rng *rng, size_t *ret_changed, struct err *err)
{
	int64_t ids[STATUS_ORDER_MAX], after = 0;
	struct status_order page = *order;
	size_t changed = 0, some;

	page.certificates = ids;
	page.skip_revoked = true;
	do {
		page.count = COUNT(ids);
		TRY(status_of_device(db, device_id, order->now, order->change == STATUS_RESUME,
		    after, ids, &page.count, err));
		if (page.count == 0)
			break;
		TRY(change(db, &page, device_id, rng, &some, err));
		after = ids[page.count - 1];
		changed += some;
	} while (page.count == COUNT(ids));
	*ret_changed = changed;
	return STATUS_OK;
}
