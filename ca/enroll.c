/* ca/enroll.c: see enroll.h. The order of things; what each step does stands in enroll_*.c. */
#include "ca/enroll.h"

#include <inttypes.h>
#include <stdio.h>

#include "ca/binding.h"
#include "ca/enroll_internal.h"
#include "ca/reason.h"

/* One that lost a race is judged again by what the winner left; a third time would mean a fault. */
#define ATTEMPTS_MAX 2

void attempt_free(struct attempt *a)
{
	buf_free(&a->body);
	enrollment_look_free(&a->look);
}

void enroll_reply_free(struct enroll_reply *r)
{
	buf_free(&r->certificate);
}

static struct status find_label(struct attempt *a, struct err *err)
{
	const char *segment = a->q->label_segment;

	a->label = policy_label(a->q->policy, segment);
	if (a->label)
		return STATUS_OK;
	if (segment)
		return REFUSE(err, LABEL_UNKNOWN, "there is no label %.64s", segment);
	return REFUSE(err, LABEL_UNKNOWN, "no label serves paths without one");
}

static struct status read_body(struct attempt *a, struct err *err)
{
	struct err why = {0};

	if (span_trim(a->q->body).n == 0)
		return REFUSE(err, BODY_EMPTY, "the body is empty");
	/* RFC 8951 3: base64 "regardless" of any Content-Transfer-Encoding. */
	if (!base64_decode(a->q->body, &a->body, &why).ok)
		return REFUSE(err, BODY_BASE64, "the body is not base64: %.200s", why.message);
	TRY(csr_parse(buf_span(&a->body), &a->csr, err));
	a->has_csr = true;
	return STATUS_OK;
}

static struct status read_request(struct attempt *a, struct err *err)
{
	const struct channel_binding session = {
	    .tls_version = a->q->tls_version,
	    .extended_master_secret = a->q->extended_master_secret,
	    .tls_unique = a->q->tls_unique,
	    .tls_exporter = a->q->tls_exporter,
	};

	TRY(read_body(a, err));
	return binding_check(a->label->pop, &session, a->csr.challenge_password, &a->linked, err);
}

/* RFC 7030 leaves registration to policy: a renewal was registered once, others may have to wait.
 */
static bool must_wait(const struct attempt *a)
{
	return a->client == CLIENT_IDEVID && a->label->registration == REGISTRATION_APPROVAL &&
	       a->look.wait != WAIT_APPROVED;
}

/* The first use of a renewed certificate has consequences, which come before any other. */
static struct status note_use(
    struct db *db, struct attempt *a, struct enroll_reply *reply, struct err *err)
{
	struct ldevid_use use;

	if (a->client != CLIENT_LDEVID || a->look.certificate_used || !a->look.certificate_renews)
		return STATUS_OK;
	TRY(ldevid_use(db, a->q->policy, &a->ldevid, a->now, a->q->rng, &use, err));
	reply->first_use = use.first;
	reply->superseded = use.superseded;
	TRY(attempt_look(db, a, err));
	return attempt_judge(a, err);
}

static struct status decide(
    struct db *db, struct attempt *a, struct enroll_reply *reply, struct err *err)
{
	TRY(attempt_look(db, a, err));
	TRY(attempt_judge(a, err));
	TRY(note_use(db, a, reply, err));
	if (a->look.resend_id)
		return attempt_resend(db, a, reply, err);
	if (must_wait(a))
		return attempt_wait(db, a, reply, err);
	TRY(attempt_within_limit(a, &reply->retry_after, err));
	return attempt_issue(db, a, reply, err);
}

/* A conflict without a reason is a race lost in the store: nothing was done, so look again. */
static bool lost_race(const struct err *err)
{
	return err->kind == ERR_CONFLICT && !err->reason;
}

/*
 * Most devices come once with their IDevID, and nothing is known of them: that takes one statement
 * and no look. Whatever speaks against it is found out by looking, in the order of the rules.
 */
static struct status try_first(
    struct db *db, struct attempt *a, struct enroll_reply *reply, bool *ret_done, struct err *err)
{
	struct err why = {0};

	*ret_done = false;
	if (!attempt_may_be_first(a) || attempt_issue_first(db, a, reply, ret_done, &why).ok ||
	    why.kind != ERR_DATABASE)
		return STATUS_OK;
	*err = why;
	return STATUS_FAILED;
}

static struct status decide_again(
    struct db *db, struct attempt *a, struct enroll_reply *reply, struct err *err)
{
	struct status done;
	bool issued;

	TRY(try_first(db, a, reply, &issued, err));
	if (issued)
		return STATUS_OK;
	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		err_clear(err);
		done = decide(db, a, reply, err);
		if (done.ok || !lost_race(err))
			return done;
	}
	err_clear(err);
	return REFUSE(
	    err, ENROLL_CONFLICT, "the device or its key changed at the same time, twice");
}

static struct status run(
    struct db *db, struct attempt *a, struct enroll_reply *reply, struct err *err)
{
	TRY(find_label(a, err));
	TRY(attempt_recognise(a, err));
	TRY(read_request(a, err));
	return decide_again(db, a, reply, err);
}

static enum enroll_outcome outcome_of(enum err_kind kind)
{
	switch (kind) {
	case ERR_PENDING: return ENROLL_PENDING;
	case ERR_INPUT:
	case ERR_AUTH:
	case ERR_DENIED:
	case ERR_MISSING:
	case ERR_CONFLICT:
	case ERR_LIMIT:
	case ERR_TOO_LARGE: return ENROLL_REFUSED;
	default: return ENROLL_FAILED;
	}
}

static void name_device(const struct attempt *a, struct enroll_reply *reply)
{
	if (!a->vouched || !a->product)
		return;
	snprintf(reply->product, sizeof reply->product, "%s", a->product->name);
	snprintf(reply->serial, sizeof reply->serial, "%s", a->serial);
}

struct status enroll(struct db *db, const struct enroll_request *request,
    struct enroll_reply *ret_reply, struct err *err)
{
	AUTO(attempt) a = {.q = request, .now = clock_now(request->clock)};
	struct status done;

	*ret_reply = (struct enroll_reply){.outcome = ENROLL_FAILED};
	done = run(db, &a, ret_reply, err);
	if (!done.ok) {
		ret_reply->outcome = outcome_of(err->kind);
		attempt_keep_failure(db, &a, ret_reply, err);
	}
	name_device(&a, ret_reply);
	return done;
}
