/* ca/enroll_decide.c: see enroll_decide.h. */
#include "ca/enroll_decide.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
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
	decision_record(e, decision, e->decided_by, e->decided_at, out);
}

static struct status refuse_undecidable(
    const struct enrollment_view *e, int64_t now, struct err *err)
{
	if (!e->state)
		return err_set(err, ERR_CONFLICT, "enrollment %lld never waited: it was %s",
		    (long long)e->id, e->outcome);
	if (strcmp(e->state, "open") != 0)
		return err_set(
		    err, ERR_CONFLICT, "enrollment %lld is %s", (long long)e->id, e->state);
	if (e->expires_at <= now)
		return err_set(err, ERR_CONFLICT, "enrollment %lld has expired", (long long)e->id);
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
	TRY(refuse_undecidable(&e, now, err));
	TRY(rng_fill(rng, salt, sizeof salt, err));
	decision_record(&e, decision, who, now, &record);
	snprintf(kind, sizeof kind, "enrollment.%s", decision);
	entry_encode(kind, now, salt, buf_span(&record), &entry);
	/* The statement demands once more that it is open. */
	return enrollment_store_decision(
	    db, id, now, decision, who, buf_span(&entry), SPAN_OF(salt), err);
}
