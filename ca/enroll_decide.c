/* ca/enroll_decide.c: see enroll_decide.h. */
#include "ca/enroll_decide.h"

#include <stdio.h>
#include <string.h>

#include "access/requirement.h"
#include "base/json.h"
#include "ca/act.h"
#include "ca/policy.h"
#include "ca/reason.h"
#include "signing/format/entry.h"
#include "sql/enrollment_view.h"

/* What the log entry commits to: every value stands in the enrollment's row, too. */
static void decision_record(const struct enrollment_view *e, const char *decision, const char *who,
    int64_t now, struct buf *out)
{
	struct json j = {.out = out};
	char key[2 * SHA256_SIZE + 1] = "";

	if (e->key_digest.n == SHA256_SIZE)
		hex_text(e->key_digest, key);
	json_object_begin(&j, NULL);
	json_int(&j, "enrollment", e->id);
	json_str(&j, "decision", decision);
	json_str(&j, "by", who);
	json_int(&j, "at", now);
	json_str(&j, "label", e->label);
	json_str(&j, "product", e->product);
	json_str(&j, "serial", e->serial);
	json_str(&j, "key", key);
	json_object_end(&j);
}

void enroll_decision_record(const struct enrollment_view *e, const char *decision, struct buf *out)
{
	/* Who approved it, and when, stays in the row of one that expired all the same. */
	if (strcmp(decision, "expired") == 0)
		decision_record(e, decision, "signetd", e->expires_at, out);
	else
		decision_record(e, decision, e->decided_by, e->decided_at, out);
}

static const struct {
	const char *decision;
	const char *states[3]; /* that it leads to, as time goes by */
} decisions[] = {
    {"approved", {"approved", "redeemed", "expired"}},
    {"rejected", {"rejected", "expired"}},
    {"expired", {"expired"}},
};

const char *enroll_decision_of(const char *kind)
{
	for (size_t i = 0; i < COUNT(decisions); i++)
		if (strncmp(kind, "enrollment.", 11) == 0 &&
		    strcmp(kind + 11, decisions[i].decision) == 0)
			return decisions[i].decision;
	return NULL;
}

bool enroll_decision_fits(const char *decision, const char *state)
{
	for (size_t i = 0; i < COUNT(decisions); i++)
		for (size_t k = 0; k < COUNT(decisions[i].states); k++)
			if (strcmp(decision, decisions[i].decision) == 0 &&
			    decisions[i].states[k] && strcmp(state, decisions[i].states[k]) == 0)
				return true;
	return false;
}

struct status enroll_check_open(const struct enrollment_view *e, int64_t now, struct err *err)
{
	if (!e->state)
		return REFUSE(err, ENROLLMENT_DECIDED, "enrollment %lld never waited: it was %s",
		    (long long)e->id, e->outcome);
	if (strcmp(e->state, "open") != 0)
		return REFUSE(
		    err, ENROLLMENT_DECIDED, "enrollment %lld is %s", (long long)e->id, e->state);
	if (e->expires_at <= now)
		return REFUSE(
		    err, ENROLLMENT_DECIDED, "enrollment %lld has expired", (long long)e->id);
	return STATUS_OK;
}

struct status enroll_decide(struct db *db, int64_t id, bool approve, const char *who,
    const struct clock *clock, const struct rng *rng, struct err *err)
{
	const char *decision = approve ? "approved" : "rejected";
	const int64_t now = clock_now(clock);
	struct enrollment_view e;
	uint8_t salt[ENTRY_SALT_SIZE];
	char kind[ENTRY_KIND_MAX];
	AUTO(arena) arena = {0};
	AUTO(buf) record = {0};
	AUTO(buf) entry = {0};

	TRY(enrollment_get(db, id, &arena, &e, err));
	TRY(enroll_check_open(&e, now, err));
	TRY(rng_fill(rng, salt, sizeof salt, err));
	decision_record(&e, decision, who, now, &record);
	snprintf(kind, sizeof kind, "enrollment.%s", decision);
	entry_encode(kind, now, salt, buf_span(&record), &entry);
	/* The statement demands once more that it is open. */
	return enrollment_store_decision(
	    db, id, now, decision, who, buf_span(&entry), SPAN_OF(salt), err);
}

/* ---- what nobody decided on ---- */

struct status enroll_expire(
    struct db *db, int64_t id, int64_t now, const struct rng *rng, struct err *err)
{
	AUTO(log_line) line = {0};
	AUTO(arena) arena = {0};
	AUTO(buf) record = {0};
	struct enrollment_view e;

	TRY(enrollment_get(db, id, &arena, &e, err));
	enroll_decision_record(&e, "expired", &record);
	TRY(log_line_make("enrollment.expired", now, rng, buf_span(&record), &line, err));
	return enrollment_store_expiry(db, id, &line, err);
}

struct status enroll_expire_some(struct db *db, int64_t now, int64_t limit, const struct rng *rng,
    size_t *ret_count, struct err *err)
{
	AUTO(arena) arena = {0};
	int64_t *ids;
	size_t n;

	TRY(enrollment_overdue(db, now, limit, &arena, &ids, &n, err));
	for (size_t i = 0; i < n; i++)
		TRY(enroll_expire(db, ids[i], now, rng, err));
	*ret_count = n;
	return STATUS_OK;
}

/* ---- approvals ---- */

struct act enroll_act(const struct enrollment_view *e)
{
	return (struct act){.kind = ACT_ENROLLMENT_APPROVE, .product = e->product};
}

struct digest enroll_plan(const struct enrollment_view *e)
{
	AUTO(buf) text = {0};
	AUTO(buf) key = {0};
	AUTO(buf) idevid = {0};
	struct json j = {.out = &text};

	hex_encode(e->key_digest, &key);
	hex_encode(e->idevid_digest, &idevid);
	json_object_begin(&j, NULL);
	json_int(&j, "enrollment", e->id);
	json_str(&j, "label", e->label);
	json_str(&j, "product", e->product);
	json_str(&j, "serial", e->serial);
	json_span(&j, "key", buf_span(&key));
	json_span(&j, "idevid", buf_span(&idevid));
	json_object_end(&j);
	return sha256(buf_span(&text));
}

/* ---- on the server's machine ---- */

static struct status check_local(
    struct db *db, int64_t id, const char *break_glass, int64_t *ret_version, struct err *err)
{
	AUTO(arena) arena = {0};
	AUTO_REF(policy) policy = NULL;
	struct enrollment_view e;
	struct requirement *wanted;
	struct act act;

	TRY(policy_load(db, NULL, &policy, err));
	TRY(enrollment_get(db, id, &arena, &e, err));
	act = enroll_act(&e);
	*ret_version = policy->version;
	if (access_requirements(policy->access, policy->access, &act, 1, &arena, &wanted) == 0 ||
	    break_glass)
		return STATUS_OK;
	return REFUSE(err, ENROLLMENT_APPROVALS,
	    "approval policy '%s' wants %lld approvals of role '%s' for enrollment %lld",
	    wanted[0].policy, (long long)wanted[0].approvals, wanted[0].role, (long long)id);
}

static struct status decide_local(struct db *db, int64_t id, bool approve, const char *who,
    const char *break_glass, const struct clock *clock, const struct rng *rng, struct err *err)
{
	struct policy_act act = {.who = who, .at = clock_now(clock)};
	char name[40];

	snprintf(name, sizeof(name), "enrollment %lld", (long long)id);
	if (approve)
		TRY(check_local(db, id, break_glass, &act.version, err));
	TRY(enroll_decide(db, id, approve, who, clock, rng, err));
	if (!approve || !break_glass)
		return STATUS_OK;
	return break_glass_record(db, &act, name, break_glass, rng, err);
}

struct status enroll_decide_local(struct db *db, int64_t id, bool approve, const char *who,
    const char *break_glass, const struct clock *clock, const struct rng *rng, struct err *err)
{
	struct status done;

	TRY(db_begin(db, err));
	done = decide_local(db, id, approve, who, break_glass, clock, rng, err);
	if (done.ok)
		return db_commit(db, err);
	db_rollback(db);
	return done;
}
