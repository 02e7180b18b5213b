/* signing/approval.c: the steps of a request, each with its log entry. */
#include "signing/approval_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "signing/format/entry.h"
#include "signing/release_follow.h"
#include "sql/log.h"

/* Two of one kind at the same time: one inserts, the other finds. More turns than that are none. */
#define ADD_TURNS 3

const struct reason approval_reasons[] = {
#define REASON_ROW(id, code, kind, rule, advice) {(code), (kind), (rule), (advice)},
    REASONS_APPROVAL(REASON_ROW)
#undef REASON_ROW
};

/* ---- the log ---- */

static struct status log_step(const struct approval_context *c, const char *kind,
    const char *record_kind, int64_t id, struct span record, struct err *err)
{
	AUTO(log_line) line = {.kind = kind, .at = c->now};

	TRY(rng_fill(c->rng, line.salt, sizeof(line.salt), err));
	entry_encode(kind, c->now, line.salt, record, &line.entry);
	return sql_log_append(c->db, &line, record_kind, id, err);
}

static struct status close_request(const struct approval_context *c, const struct request_row *row,
    const char *state, const char *by, struct err *err)
{
	AUTO(buf) record = {0};
	char kind[ENTRY_KIND_MAX];

	TRY(request_close(c->db, row->id, state, by, c->now, err));
	if (strcmp(state, "redeemed") != 0)
		TRY(release_follow_ended(c, row, by, err));
	approval_record_closed(row, state, by, c->now, &record);
	(void)snprintf(kind, sizeof(kind), "request.%s", state);
	return log_step(c, kind, "request", row->id, buf_span(&record), err);
}

/* ---- what is open ---- */

static struct status refuse_ended(const struct request_row *row, int64_t now, struct err *err)
{
	if (strcmp(row->state, "expired") == 0 || row->expires_at <= now)
		return REFUSE(err, REQUEST_EXPIRED, "request %" PRId64 " has expired", row->id);
	return REFUSE(err, REQUEST_ENDED, "request %" PRId64 " is %s", row->id, row->state);
}

static struct status lock_open(const struct approval_context *c, int64_t id, struct arena *arena,
    struct request_row *row, struct err *err)
{
	TRY(request_lock(c->db, id, arena, row, err));
	if (strcmp(row->state, "open") != 0 || row->expires_at <= c->now)
		return refuse_ended(row, c->now, err);
	return STATUS_OK;
}

/* ---- asking ---- */

static struct status expire_one(const struct approval_context *c, int64_t id, struct err *err)
{
	AUTO(arena) arena = {0};
	struct request_row row;

	TRY(request_lock(c->db, id, &arena, &row, err));
	return close_request(c, &row, "expired", "signetd", err);
}

/* The open one, or 0. One that is overdue is no longer open. */
static struct status find_same(
    const struct approval_context *c, const struct request_row *q, int64_t *ret_id, struct err *err)
{
	int64_t id, expires_at;

	TRY(request_open_same(c->db, q->requester, q->person, &q->digest, &id, &expires_at, err));
	if (id && expires_at <= c->now) {
		TRY(expire_one(c, id, err));
		id = 0;
	}
	*ret_id = id;
	return STATUS_OK;
}

static struct status add(const struct approval_context *c, struct request_row *q, struct err *err)
{
	AUTO(buf) record = {0};
	int64_t open;

	TRY(request_count_open(c->db, q->requester, &open, err));
	if (open >= APPROVAL_OPEN_MAX)
		return REFUSE(err, REQUEST_TOO_MANY, "'%s' has %" PRId64 " open requests",
		    q->requester, open);
	TRY(request_add(c->db, q, &q->id, err));
	if (q->id == 0)
		return STATUS_OK;
	approval_record_created(q, &record);
	return log_step(c, STEP_CREATED, "request", q->id, buf_span(&record), err);
}

struct status approval_request(const struct approval_context *c, const struct request_row *asked,
    int64_t lifetime, int64_t *ret_id, struct err *err)
{
	struct request_row q = *asked;

	q.created_at = c->now;
	q.expires_at = c->now + lifetime;
	approval_digest(&q.call, &q.plan, &q.digest);
	for (int turn = 0; turn < ADD_TURNS; turn++) {
		TRY(find_same(c, &q, &q.id, err));
		if (q.id == 0)
			TRY(add(c, &q, err));
		if (q.id != 0) {
			*ret_id = q.id;
			return STATUS_OK;
		}
	}
	return err_set(err, ERR_BUSY, "the same request is made and ended at the same time");
}

/* ---- verdicts ---- */

static struct status check_vote(
    const struct request_row *row, const struct approval_vote *vote, struct err *err)
{
	if (vote->comment && strlen(vote->comment) > APPROVAL_COMMENT_MAX)
		return err_set(
		    err, ERR_INPUT, "a comment is at most %d bytes", APPROVAL_COMMENT_MAX);
	if (vote->approve && !vote->digest)
		return err_set(err, ERR_INPUT, "an approval names the request's digest");
	if (vote->digest && memcmp(vote->digest, &row->digest, sizeof(row->digest)) != 0)
		return REFUSE(
		    err, APPROVAL_DIGEST, "the digest is not that of request %" PRId64, row->id);
	for (size_t i = 0; i < row->verdict_count; i++)
		if (strcmp(row->verdicts[i].principal, vote->who->name) == 0)
			return REFUSE(err, APPROVAL_TWICE,
			    "'%s' has approved request %" PRId64 " already", vote->who->name,
			    row->id);
	return STATUS_OK;
}

static struct status store_vote(const struct approval_context *c, const struct request_row *row,
    const struct approval_vote *vote, struct err *err)
{
	const struct request_verdict verdict = {.principal = vote->who->name,
	    .approved = vote->approve,
	    .at = c->now,
	    .digest = row->digest,
	    .comment = vote->comment};
	AUTO(buf) record = {0};
	int64_t id;

	TRY(approval_add(c->db, row->id, &verdict, &id, err));
	approval_record_verdict(row->id, &verdict, &record);
	return log_step(c, vote->approve ? STEP_APPROVED : STEP_REJECTED, "approval", id,
	    buf_span(&record), err);
}

/* Whoever made a release agrees to it no more than whoever asks for its signature. */
static struct status check_author(const struct approval_context *c, const struct access *access,
    const struct request_row *row, const struct actor *who, struct err *err)
{
	AUTO(arena) arena = {0};
	const char *author, *person;

	TRY(release_follow_author(c, row, &arena, &author, &person, err));
	if (!author)
		return STATUS_OK;
	if (!access_requester_known(access, author, person))
		return REFUSE(err, APPROVAL_PERSON,
		    "behind the run that made the release stands '%s', who is nobody here",
		    person ? person : "nobody");
	if (strcmp(author, who->name) == 0 || access_is_person(access, person, who->name) ||
	    (who->person && access_is_person(access, person, who->person)))
		return REFUSE(err, APPROVAL_OWN,
		    "the release of request %" PRId64 " was made by %s: '%s' cannot approve it",
		    row->id, author, who->name);
	return STATUS_OK;
}

/* A release that waits for the request is approved with the last approval that it needs. */
static struct status follow_approval(const struct approval_context *c, const struct access *access,
    int64_t id, const struct actor *who, struct err *err)
{
	AUTO(arena) arena = {0};
	struct request_row row;

	TRY(request_get(c->db, id, &arena, &row, err));
	if (!approval_ready(access, &row, c->now))
		return STATUS_OK;
	return release_follow_approved(c, &row, who, err);
}

struct status approval_decide(const struct approval_context *c, const struct access *access,
    int64_t id, const struct approval_vote *vote, struct err *err)
{
	AUTO(arena) arena = {0};
	struct request_row row;

	TRY(lock_open(c, id, &arena, &row, err));
	TRY(approval_may_decide(access, &row, vote->who, c->now, err));
	TRY(check_vote(&row, vote, err));
	if (vote->approve)
		TRY(check_author(c, access, &row, vote->who, err));
	TRY(store_vote(c, &row, vote, err));
	if (vote->approve)
		return follow_approval(c, access, id, vote->who, err);
	/* The verdict's own entry says that it has ended. */
	TRY(request_close(c->db, id, "rejected", vote->who->name, c->now, err));
	return release_follow_ended(c, &row, vote->who->name, err);
}

/* ---- the requester's ---- */

static bool is_requester(const struct request_row *row, const struct actor *who)
{
	return strcmp(row->requester, who->name) == 0;
}

struct status approval_withdraw(
    const struct approval_context *c, int64_t id, const struct actor *who, struct err *err)
{
	AUTO(arena) arena = {0};
	struct request_row row;

	TRY(lock_open(c, id, &arena, &row, err));
	if (!is_requester(&row, who))
		return REFUSE(err, REQUEST_NOT_YOURS,
		    "request %" PRId64 " is %s's: '%s' cannot withdraw it", id, row.requester,
		    who->name);
	return close_request(c, &row, "withdrawn", who->name, err);
}

struct status approval_cancel(const struct approval_context *c, const char *requester,
    const struct stored_call *call, const struct digest *plan, const char *by, struct err *err)
{
	AUTO(arena) arena = {0};
	struct request_row row;
	struct digest digest;
	int64_t id, expires_at;

	approval_digest(call, plan, &digest);
	TRY(request_open_same(c->db, requester, NULL, &digest, &id, &expires_at, err));
	if (id == 0)
		return STATUS_OK;
	TRY(request_lock(c->db, id, &arena, &row, err));
	return close_request(c, &row, "withdrawn", by, err);
}

static bool has_approved(const struct request_row *row, const struct actor *who)
{
	for (size_t i = 0; i < row->verdict_count; i++)
		if (row->verdicts[i].approved && strcmp(row->verdicts[i].principal, who->name) == 0)
			return true;
	return false;
}

/* Rows can be tampered with by who has the database: what is done is what the digest says. */
static struct status check_digest(const struct request_row *row, struct err *err)
{
	struct digest now;

	approval_digest(&row->call, &row->plan, &now);
	if (memcmp(&now, &row->digest, sizeof(now)) != 0)
		return REFUSE(err, REQUEST_CHANGED,
		    "what is stored as request %" PRId64 " is not what its digest stands for",
		    row->id);
	return STATUS_OK;
}

struct status approval_take(const struct approval_context *c, int64_t id, const struct actor *who,
    struct arena *arena, struct request_row *ret_row, struct err *err)
{
	struct request_row row;

	TRY(lock_open(c, id, arena, &row, err));
	if (!is_requester(&row, who) && !has_approved(&row, who))
		return REFUSE(err, REQUEST_NOT_YOURS,
		    "request %" PRId64 " is %s's: '%s' cannot redeem it", id, row.requester,
		    who->name);
	TRY(check_digest(&row, err));
	*ret_row = row;
	return STATUS_OK;
}

struct status approval_spend(const struct approval_context *c, const struct request_row *row,
    const struct actor *who, struct err *err)
{
	return close_request(c, row, "redeemed", who->name, err);
}

/* ---- time ---- */

struct status approval_expire(
    const struct approval_context *c, int64_t limit, size_t *ret_count, struct err *err)
{
	AUTO(arena) arena = {0};
	int64_t *ids;
	size_t n;

	TRY(request_overdue(c->db, c->now, limit, &arena, &ids, &n, err));
	for (size_t i = 0; i < n; i++)
		TRY(expire_one(c, ids[i], err));
	*ret_count = n;
	return STATUS_OK;
}
