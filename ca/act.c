/* ca/act.c: see act.h. */
#include "ca/act.h"

#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "signing/format/entry.h"

_Static_assert(LOG_SALT_SIZE == ENTRY_SALT_SIZE, "the salt that is stored is the entry's");

struct status log_line_make(const char *kind, int64_t at, const struct rng *rng, struct span record,
    struct log_line *ret_line, struct err *err)
{
	struct log_line l = {.kind = kind, .at = at};

	TRY(rng_fill(rng, l.salt, sizeof(l.salt), err));
	entry_encode(kind, at, l.salt, record, &l.entry);
	*ret_line = l;
	return STATUS_OK;
}

/* Who is answerable beside `who`. Absent members are left out: the form is canonical. */
static void render_evidence(struct json *j, const struct policy_act *act)
{
	if (act->person && strcmp(act->person, act->who) != 0)
		json_str(j, "person", act->person);
	if (act->request_id)
		json_int(j, "request", act->request_id);
	if (act->approver_count == 0)
		return;
	json_array_begin(j, "approvers");
	for (size_t i = 0; i < act->approver_count; i++)
		json_str(j, NULL, act->approvers[i]);
	json_array_end(j);
}

static void render_record(const struct policy_act *act, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_str(&j, "act", act->act);
	json_int(&j, "at", act->at);
	json_str(&j, "who", act->who);
	render_evidence(&j, act);
	json_str(&j, "kind", act->kind);
	json_str(&j, "name", act->name);
	json_int(&j, "version", act->version);
	json_span(&j, "document", act->document);
	json_object_end(&j);
}

struct status policy_record(
    struct db *db, const struct policy_act *act, const struct rng *rng, struct err *err)
{
	struct policy_change_row row = {.at = act->at,
	    .who = act->who,
	    .version = act->version,
	    .kind = act->kind,
	    .name = act->name};
	AUTO(buf) record = {0};
	AUTO(log_line) line = {0};
	int64_t id;

	render_record(act, &record);
	row.record = buf_span(&record);
	TRY(log_line_make(act->act, act->at, rng, row.record, &line, err));
	TRY(policy_change_add(db, &row, &id, err));
	return sql_log_append(db, &line, "policy_change", id, err);
}

struct status break_glass_record(struct db *db, const struct policy_act *act, const char *name,
    const char *reason, const struct rng *rng, struct err *err)
{
	struct policy_act broken = *act;
	AUTO(buf) detail = {0};
	AUTO(log_line) line = {0};
	struct json j = {.out = &detail};
	int64_t id;

	json_object_begin(&j, NULL);
	json_str(&j, "kind", "break-glass");
	json_int(&j, "at", act->at);
	json_str(&j, "who", act->who);
	json_str(&j, "for", name);
	json_str(&j, "reason", reason);
	json_object_end(&j);
	broken.act = "policy.break-glass";
	broken.kind = "break-glass";
	broken.name = name;
	broken.document = buf_span(&detail);
	TRY(policy_record(db, &broken, rng, err));
	TRY(log_line_make("alarm.break-glass", act->at, rng, buf_span(&detail), &line, err));
	TRY(alarm_add(db, "break-glass", buf_cstr(&detail), act->at, &id, err));
	return sql_log_append(db, &line, "alarm", id, err);
}

struct status policy_store_authority_by(struct db *db, const struct authority_new *a,
    const struct policy_act *by, const struct rng *rng, int64_t *ret_id, struct err *err)
{
	struct policy_act act = *by;
	AUTO(buf) document = {0};
	int64_t version;

	TRY(policy_lock(db, &version, err));
	TRY(policy_authority_insert(db, a, version + 1, by->at, ret_id, err));
	TRY(policy_bump(db, version + 1, by->at, err));
	hex_encode(a->certificate, &document);
	act.act = "authority.created";
	act.kind = "authority";
	act.name = a->name;
	act.document = buf_span(&document);
	act.version = version + 1;
	return policy_record(db, &act, rng, err);
}

struct status policy_store_authority(struct db *db, const struct authority_new *authority,
    const char *who, const struct clock *clock, const struct rng *rng, int64_t *ret_id,
    struct err *err)
{
	const struct policy_act by = {.who = who, .at = clock_now(clock)};
	bool own = !db_in_transaction(db);
	struct status status;
	int64_t id = 0;

	if (own)
		TRY(db_begin(db, err));
	status = policy_store_authority_by(db, authority, &by, rng, &id, err);
	if (status.ok && own)
		status = db_commit(db, err);
	if (!status.ok && own)
		db_rollback(db);
	if (status.ok)
		*ret_id = id;
	return status;
}
