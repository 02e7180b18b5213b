/* Registration by approval: RFC 7030 4.2.3, 202 until somebody decided. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "ca/enroll_decide.h"
#include "sql/enrollment_view.h"
#include "tests/unit/ca/enroll_scene.h"

TestSuite(ca_enroll_wait, .timeout = 60);

struct waiting {
	struct scene *s;
	struct holder device;
	EVP_PKEY *key;
	int64_t id; /* of the enrollment that waits */
};

static struct waiting waiting_new(void)
{
	struct waiting w = {.s = scene_new(), .key = pki_key("EC-P256")};
	struct answer a;

	w.s->label.registration = REGISTRATION_APPROVAL;
	w.device = scene_idevid(w.s, "X100", "SN1");
	a = scene_ask(w.s, &(struct ask){.as = &w.device, .key = w.key});
	cr_assert_eq(a.err.kind, ERR_PENDING, "%s (%s)", a.err.message, a.err.cause);
	cr_expect_eq(a.reply.outcome, ENROLL_PENDING);
	cr_expect_eq(a.reply.retry_after, 120);
	w.id = atoll(a.reply.enrollment_id);
	cr_assert_gt(w.id, 0);
	answer_free(&a);
	return w;
}

static void waiting_free(struct waiting *w)
{
	holder_free(&w->device);
	EVP_PKEY_free(w->key);
	scene_free(w->s);
}

#define ASK(w) (&(struct ask){.as = &(w).device, .key = (w).key})

static void decide(struct waiting *w, bool approve)
{
	struct err err = {0};

	cr_assert(
	    enroll_decide(w->s->db, w->id, approve, "alice", &w->s->clock, &w->s->rng, &err).ok,
	    "%s (%s)", err.message, err.cause);
}

Test(ca_enroll_wait, a_repeated_request_finds_the_one_that_waits)
{
	struct waiting w = waiting_new();
	struct answer a = scene_ask(w.s, ASK(w));

	cr_expect_eq(a.err.kind, ERR_PENDING);
	cr_expect_eq(atoll(a.reply.enrollment_id), w.id);
	cr_expect_eq(pg_number(&w.s->database, "SELECT count(*) FROM enrollment"), 1);
	/* Who waits is no device yet: elsewhere it would pass for registered. */
	cr_expect_eq(pg_number(&w.s->database, "SELECT count(*) FROM device"), 0);
	answer_free(&a);
	waiting_free(&w);
}

Test(ca_enroll_wait, another_key_waits_on_its_own)
{
	struct waiting w = waiting_new();
	EVP_PKEY *other = pki_key("EC-P256");

	expect_refused(w.s, &(struct ask){.as = &w.device, .key = other}, "registration.pending");
	cr_expect_eq(
	    pg_number(&w.s->database, "SELECT count(*) FROM enrollment WHERE state = 'open'"), 2);
	decide(&w, true);
	expect_refused(w.s, &(struct ask){.as = &w.device, .key = other}, "registration.pending");
	EVP_PKEY_free(other);
	waiting_free(&w);
}

Test(ca_enroll_wait, once_approved_it_is_issued_and_a_lost_reply_repeated)
{
	struct waiting w = waiting_new();
	struct answer first, again;

	decide(&w, true);
	/* No resend window: what was approved is found by its approval. */
	w.s->label.resend = 0;
	first = scene_ask(w.s, ASK(w));
	cr_assert(first.done.ok, "%s (%s)", first.err.message, first.err.cause);
	w.s->now += 3600;
	again = scene_ask(w.s, ASK(w));
	cr_expect_eq(again.reply.outcome, ENROLL_RESENT, "%s", again.err.message);
	cr_expect(
	    span_equal(buf_span(&first.reply.certificate), buf_span(&again.reply.certificate)));
	cr_expect_str_eq(
	    pg_value(&w.s->database, "SELECT state FROM enrollment WHERE outcome = 'pending'"),
	    "redeemed");
	cr_expect_eq(pg_number(&w.s->database, "SELECT count(*) FROM certificate"), 1);
	answer_free(&first);
	answer_free(&again);
	waiting_free(&w);
}

Test(ca_enroll_wait, rejected_is_refused_with_a_reason)
{
	struct waiting w = waiting_new();

	decide(&w, false);
	expect_refused(w.s, ASK(w), "registration.rejected");
	cr_expect_eq(pg_number(&w.s->database, "SELECT count(*) FROM certificate"), 0);
	waiting_free(&w);
}

/* A fresh binding each time: an approval does not make an old one good. */
Test(ca_enroll_wait, an_approved_one_still_needs_its_binding)
{
	struct waiting w = waiting_new();

	decide(&w, true);
	w.s->label.pop = POP_REQUIRED;
	expect_refused(w.s, ASK(w), "binding.absent");
	expect_refused(w.s, &(struct ask){.as = &w.device, .key = w.key, .challenge = "AAAA"},
	    "binding.mismatch");
	waiting_free(&w);
}

/* Enrollments that the log says have expired, each once. */
static long long expiries(struct waiting *w)
{
	return pg_number(&w->s->database,
	    "SELECT CASE WHEN count(*) = count(DISTINCT record_id) THEN count(*) END FROM log_salt "
	    "JOIN log_entry e ON e.id = entry_id WHERE record_kind = 'enrollment' "
	    "AND e.kind = 'enrollment.expired'");
}

Test(ca_enroll_wait, what_waited_too_long_begins_anew)
{
	struct waiting w = waiting_new();
	struct err err = {0};
	struct answer a;
	size_t expired;

	w.s->now += 86400;
	cr_expect_not(enroll_decide(w.s->db, w.id, true, "alice", &w.s->clock, &w.s->rng, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFLICT);
	a = scene_ask(w.s, ASK(w));
	cr_expect_eq(a.err.kind, ERR_PENDING, "%s (%s)", a.err.message, a.err.cause);
	cr_expect_neq(atoll(a.reply.enrollment_id), w.id);
	answer_free(&a);
	w.s->now += 86400;
	err_clear(&err);
	cr_assert(enroll_expire_some(w.s->db, w.s->now, 10, &w.s->rng, &expired, &err).ok, "%s",
	    err.cause);
	cr_expect_eq(expired, 1);
	cr_expect_eq(
	    pg_number(&w.s->database, "SELECT count(*) FROM enrollment WHERE state = 'expired'"),
	    2);
	cr_expect_eq(expiries(&w), 2);
	waiting_free(&w);
}

/* Whoever decided, and whether the device came for it: with its time it ends, once. */
Test(ca_enroll_wait, whatever_ends_with_its_time_is_logged_once)
{
	static const struct {
		const char *before, *by;
		bool used;
	} ends[] = {{"open", "signetd", false}, {"approved", "alice", false},
	    {"rejected", "alice", false}, {"redeemed", "alice", true}};

	for (size_t i = 0; i < COUNT(ends); i++) {
		struct waiting w = waiting_new();
		size_t expired;
		struct err err = {0};

		if (i > 0)
			decide(&w, strcmp(ends[i].before, "rejected") != 0);
		if (ends[i].used)
			expect_certificate(w.s, ASK(w), ENROLL_ISSUED);
		cr_expect_str_eq(pg_value(&w.s->database,
				     "SELECT state FROM enrollment WHERE outcome = 'pending'"),
		    ends[i].before);
		cr_assert(enroll_expire_some(w.s->db, w.s->now, 10, &w.s->rng, &expired, &err).ok);
		cr_expect_eq(expired, 0, "%s", ends[i].before);
		w.s->now += 86400;
		expect_refused(w.s, ASK(w), "registration.pending");
		cr_expect_eq(expiries(&w), 1, "%s", ends[i].before);
		cr_expect_str_eq(pg_value(&w.s->database,
				     "SELECT decided_by FROM enrollment WHERE state = 'expired'"),
		    ends[i].by);
		waiting_free(&w);
	}
}

Test(ca_enroll_wait, so_many_expire_at_a_time_and_not_twice)
{
	struct waiting w = waiting_new();
	struct err err = {0};
	size_t expired;

	pg_exec(&w.s->database,
	    "INSERT INTO enrollment (label, operation, outcome, product, serial, key_digest, "
	    "peer_address, request_id, stranger, state, expires_at) SELECT 'l', 'enroll', 'pending', "
	    "'X100', 'S-' || n, sha256(n::text::bytea), 'a', 'r', false, 'open', to_timestamp(n) "
	    "FROM generate_series(1, 5) n");
	for (int i = 0; i < 4; i++) {
		cr_assert(enroll_expire_some(w.s->db, w.s->now, 2, &w.s->rng, &expired, &err).ok,
		    "%s", err.cause);
		cr_expect_eq(expired, i < 2 ? 2 : i == 2 ? 1 : 0);
	}
	cr_expect_eq(expiries(&w), 5);
	cr_expect_eq(
	    pg_number(&w.s->database, "SELECT count(*) FROM enrollment WHERE state = 'open'"), 1);
	waiting_free(&w);
}

Test(ca_enroll_wait, a_decision_is_made_once_and_logged)
{
	struct waiting w = waiting_new();
	struct err err = {0};

	decide(&w, true);
	cr_expect_not(enroll_decide(w.s->db, w.id, false, "bob", &w.s->clock, &w.s->rng, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFLICT);
	err_clear(&err);
	cr_expect_not(enroll_decide(w.s->db, 99999, true, "bob", &w.s->clock, &w.s->rng, &err).ok);
	cr_expect_eq(err.kind, ERR_MISSING);
	cr_expect_str_eq(pg_value(&w.s->database, "SELECT decided_by FROM enrollment"), "alice");
	cr_expect_eq(pg_number(&w.s->database,
			 "SELECT count(*) FROM log_entry WHERE kind LIKE 'enrollment.%'"),
	    1);
	cr_expect_eq(pg_number(&w.s->database,
			 "SELECT count(*) FROM log_salt WHERE record_kind = 'enrollment'"),
	    1);
	waiting_free(&w);
}

Test(ca_enroll_wait, a_second_idevid_for_the_same_serial_number_is_a_clone)
{
	struct waiting w = waiting_new();
	struct holder clone = scene_idevid(w.s, "X100", "SN1");

	decide(&w, true);
	/* It even holds the key that was approved; the approval was for another IDevID. */
	expect_refused(w.s, &(struct ask){.as = &clone, .key = w.key}, "device.clone");
	cr_expect_eq(pg_number(&w.s->database, "SELECT count(*) FROM alarm"), 1);
	holder_free(&clone);
	waiting_free(&w);
}

Test(ca_enroll_wait, lists_and_explains_what_happened)
{
	struct waiting w = waiting_new();
	struct enrollment_filter open = {.state = "open", .limit = 10}, page = {.limit = 1};
	struct enrollment_view *rows, one;
	struct err err = {0};
	AUTO(arena) arena = {0};
	size_t n;

	expect_refused(w.s, &(struct ask){.key = w.key}, "idevid.missing");
	cr_assert(enrollment_list(w.s->db, &open, &arena, &rows, &n, &err).ok, "%s", err.cause);
	cr_assert_eq(n, 1);
	cr_expect_eq(rows[0].id, w.id);
	cr_expect_str_eq(rows[0].serial, "SN1");
	cr_expect_eq(rows[0].expires_at, w.s->now + 86400);
	cr_assert(enrollment_list(w.s->db, &page, &arena, &rows, &n, &err).ok);
	cr_assert_eq(n, 1);
	cr_expect_str_eq(rows[0].reason_code, "idevid.missing", "newest first");
	page.before = rows[0].id;
	cr_assert(enrollment_list(w.s->db, &page, &arena, &rows, &n, &err).ok);
	cr_assert_eq(n, 1);
	cr_expect_eq(rows[0].id, w.id);
	cr_assert(enrollment_get(w.s->db, w.id, &arena, &one, &err).ok);
	cr_expect_str_eq(one.outcome, "pending");
	cr_expect_str_eq(one.peer_address, "192.0.2.7");
	cr_expect_not_null(one.advice);
	waiting_free(&w);
}
