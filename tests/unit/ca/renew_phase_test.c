/* The two phases of a renewal: pending until it is used; then what it replaces stands back. */
#include <criterion/criterion.h>

#include <pthread.h>
#include <string.h>

#include "ca/ldevid.h"
#include "ca/revoke.h"
#include "tests/unit/ca/enroll_scene.h"

TestSuite(ca_renew_phase, .timeout = 120);

struct phases {
	struct scene *s;
	struct holder device, first;
	EVP_PKEY *keys[3];
	struct holder renewed[3]; /* certificates of first with keys[i] */
	struct buf der[4];        /* first, renewed[0..2] */
};

static struct buf der_copy(const struct answer *a)
{
	struct buf b = {0};

	buf_put(&b, buf_span(&a->reply.certificate));
	return b;
}

static struct phases phases_new(int superseded)
{
	struct phases p = {.s = scene_new()};
	EVP_PKEY *key = pki_key("EC-P256");
	struct answer a;

	p.s->label.superseded = superseded;
	p.device = scene_idevid(p.s, "X100", "SN1");
	a = scene_ask(p.s, &(struct ask){.as = &p.device, .key = key});
	p.first = answer_holder(&a, key);
	p.der[0] = der_copy(&a);
	answer_free(&a);
	EVP_PKEY_free(key);
	return p;
}

/* The answer to the i-th renewal arrives. */
static void renew(struct phases *p, int i)
{
	struct answer a;

	p->keys[i] = pki_key("EC-P256");
	a = scene_ask(p->s, &(struct ask){.reenroll = true, .as = &p->first, .key = p->keys[i]});
	cr_assert(a.done.ok, "%s: %s (%s)", err_code(&a.err), a.err.message, a.err.cause);
	p->renewed[i] = answer_holder(&a, p->keys[i]);
	p->der[i + 1] = der_copy(&a);
	answer_free(&a);
}

static void phases_free(struct phases *p)
{
	for (size_t i = 0; i < COUNT(p->der); i++)
		buf_free(&p->der[i]);
	for (size_t i = 0; i < COUNT(p->keys); i++) {
		EVP_PKEY_free(p->keys[i]);
		holder_free(&p->renewed[i]);
	}
	holder_free(&p->first);
	holder_free(&p->device);
	scene_free(p->s);
}

/* As a GET on the device listener does. */
static struct status use_by(struct scene *s, struct db *db, const struct buf *der,
    struct ldevid_use *ret_use, struct err *err)
{
	struct ldevid l;

	cr_assert(ldevid_recognise(&s->policy, &s->label, buf_span(der), &l));
	return ldevid_use(db, &s->policy, &l, s->now, &s->rng, ret_use, err);
}

static struct ldevid_use use(struct phases *p, int i)
{
	struct ldevid_use u;
	struct err err = {0};

	cr_assert(use_by(p->s, p->s->db, &p->der[i], &u, &err).ok, "%s: %s (%s)", err_code(&err),
	    err.message, err.cause);
	cr_assert(u.known);
	return u;
}

static void expect_use_refused(struct phases *p, int i, const char *code)
{
	struct ldevid_use u;
	struct err err = {0};

	cr_expect_not(use_by(p->s, p->s->db, &p->der[i], &u, &err).ok, "%s: let pass", code);
	cr_expect_str_eq(err_code(&err), code, "%s", err.message);
}

static int64_t number(const struct phases *p, const char *sql)
{
	return pg_number(&p->s->database, sql);
}

#define REVOKED "SELECT count(*) FROM revocation WHERE reason = 4 AND resumed_at IS NULL"

Test(ca_renew_phase, the_old_one_lives_until_the_new_one_is_used)
{
	struct phases p = phases_new(SUPERSEDED_REVOKE);
	struct ldevid_use u;

	renew(&p, 0);
	cr_expect_eq(number(&p, REVOKED), 0, "nothing is revoked while the new one is unused");
	cr_expect_not(use(&p, 0).first, "its renewal was the first use of the old one");
	u = use(&p, 1);
	cr_expect(u.first);
	cr_expect_eq(u.superseded, 1);
	cr_expect_eq(
	    number(&p, REVOKED " AND certificate_id = (SELECT min(id) FROM certificate)"), 1);
	cr_expect_eq(
	    number(&p, "SELECT count(*) FROM log_entry WHERE kind = 'certificate.revoked'"), 1);
	expect_use_refused(&p, 0, "ldevid.revoked");
	cr_expect_not(use(&p, 1).first, "once");
	phases_free(&p);
}

Test(ca_renew_phase, a_label_that_leaves_it_revokes_nothing)
{
	struct phases p = phases_new(SUPERSEDED_LEAVE);

	renew(&p, 0);
	cr_expect(use(&p, 1).first);
	cr_expect_eq(number(&p, "SELECT count(*) FROM revocation"), 0);
	(void)use(&p, 0);
	phases_free(&p);
}

Test(ca_renew_phase, a_renewal_with_the_new_one_uses_it)
{
	struct phases p = phases_new(SUPERSEDED_REVOKE);
	EVP_PKEY *next = pki_key("EC-P256");
	struct answer a;

	renew(&p, 0);
	a = scene_ask(p.s, &(struct ask){.reenroll = true, .as = &p.renewed[0], .key = next});
	cr_assert(a.done.ok, "%s: %s (%s)", err_code(&a.err), a.err.message, a.err.cause);
	cr_expect_eq(a.reply.outcome, ENROLL_ISSUED);
	cr_expect(a.reply.first_use && a.reply.renewed);
	cr_expect_eq(a.reply.superseded, 1);
	answer_free(&a);
	cr_expect_eq(number(&p, REVOKED), 1);
	EVP_PKEY_free(next);
	phases_free(&p);
}

/* The answer never came: the device asks again with its old one, with the key or with another. */
Test(ca_renew_phase, a_lost_answer_leaves_the_device_with_what_it_has)
{
	struct phases p = phases_new(SUPERSEDED_REVOKE);

	renew(&p, 0);
	expect_certificate(
	    p.s, &(struct ask){.reenroll = true, .as = &p.first, .key = p.keys[0]}, ENROLL_RESENT);
	renew(&p, 1);
	cr_expect_eq(number(&p, REVOKED), 0);
	(void)use(&p, 0);
	cr_expect_eq(use(&p, 2).superseded, 2, "the old one, and the renewal that nobody used");
	expect_use_refused(&p, 0, "ldevid.revoked");
	expect_use_refused(&p, 1, "ldevid.revoked");
	phases_free(&p);
}

/* It asked again, and then the first answer was there after all. */
Test(ca_renew_phase, of_several_renewals_the_one_that_is_used_first_counts)
{
	struct phases p = phases_new(SUPERSEDED_REVOKE);

	renew(&p, 0);
	renew(&p, 1);
	cr_expect_eq(use(&p, 1).superseded, 2);
	expect_use_refused(&p, 2, "ldevid.revoked");
	(void)use(&p, 1);
	phases_free(&p);
}

Test(ca_renew_phase, what_was_revoked_is_not_sent_again)
{
	struct phases p = phases_new(SUPERSEDED_REVOKE);
	struct ask again = {.as = &p.device, .key = p.first.key};

	expect_certificate(p.s, &again, ENROLL_RESENT);
	renew(&p, 0);
	(void)use(&p, 1);
	expect_certificate(p.s, &again, ENROLL_ISSUED);
	phases_free(&p);
}

/* made, claimed -> enrolled: an entry of its own; renewals and further enrollments are no moves. */
Test(ca_renew_phase, each_move_to_enrolled_is_logged_once)
{
	struct phases p = phases_new(SUPERSEDED_LEAVE);
	EVP_PKEY *key = pki_key("EC-P256"), *after = pki_key("EC-P256");
	static const char count[] =
	    "SELECT count(*) FROM log_entry e JOIN log_salt s ON s.entry_id = e.id"
	    " JOIN enrollment n ON n.id = s.record_id"
	    " WHERE e.kind = 'device.enrolled' AND s.record_kind = 'enrollment'"
	    " AND n.outcome = 'issued' AND n.serial = 'SN1'";

	cr_expect_eq(number(&p, count), 1);
	renew(&p, 0);
	expect_certificate(p.s, &(struct ask){.as = &p.device, .key = key}, ENROLL_ISSUED);
	cr_expect_eq(number(&p, count), 1);
	/* A factory reset. */
	pg_exec(&p.s->database, "UPDATE device SET state = 'claimed', revision = revision + 1");
	expect_certificate(p.s, &(struct ask){.as = &p.device, .key = after}, ENROLL_ISSUED);
	cr_expect_eq(number(&p, count), 2);
	cr_expect_eq(number(&p, "SELECT count(*) FROM device WHERE state = 'enrolled'"), 1);
	cr_expect_eq(
	    number(&p, "SELECT count(*) FROM log_entry WHERE kind = 'certificate.issued'"), 4);
	EVP_PKEY_free(key);
	EVP_PKEY_free(after);
	phases_free(&p);
}

/* ---- revoked, held, out of service ---- */

static void change(struct phases *p, const char *which, enum status_verb verb, int reason)
{
	const int64_t id = pg_number(&p->s->database, which);
	const struct status_order order = {.certificates = &id,
	    .count = 1,
	    .change = verb,
	    .reason = reason,
	    .who = "alice",
	    .now = p->s->now};
	struct err err = {0};
	size_t changed;

	cr_assert(db_begin(p->s->db, &err).ok);
	cr_assert(status_change(p->s->db, &order, &p->s->rng, &changed, &err).ok, "%s (%s)",
	    err.message, err.cause);
	cr_assert(db_commit(p->s->db, &err).ok);
	cr_assert_eq(changed, 1);
}

#define FIRST  "SELECT min(id) FROM certificate"
#define NEWEST "SELECT max(id) FROM certificate"

Test(ca_renew_phase, a_revoked_ldevid_does_nothing_any_more)
{
	struct phases p = phases_new(SUPERSEDED_LEAVE);
	EVP_PKEY *key = pki_key("EC-P256");
	struct ask ask = {.reenroll = true, .as = &p.first, .key = key};

	change(&p, FIRST, STATUS_HOLD, REASON_CERTIFICATE_HOLD);
	expect_refused(p.s, &ask, "ldevid.held");
	expect_use_refused(&p, 0, "ldevid.held");
	change(&p, FIRST, STATUS_RESUME, 0);
	(void)use(&p, 0);
	change(&p, FIRST, STATUS_REVOKE, REASON_CESSATION_OF_OPERATION);
	expect_refused(p.s, &ask, "ldevid.revoked");
	expect_use_refused(&p, 0, "ldevid.revoked");
	/* The device is in service: its IDevID brings it back. */
	expect_certificate(p.s, &(struct ask){.as = &p.device, .key = key}, ENROLL_ISSUED);
	EVP_PKEY_free(key);
	phases_free(&p);
}

/* Nobody's old certificate goes for one that cannot be used. */
Test(ca_renew_phase, a_pending_one_that_is_revoked_supersedes_nothing)
{
	struct phases p = phases_new(SUPERSEDED_REVOKE);

	renew(&p, 0);
	change(&p, NEWEST, STATUS_REVOKE, REASON_UNSPECIFIED);
	expect_use_refused(&p, 1, "ldevid.revoked");
	cr_expect_eq(number(&p, REVOKED), 0);
	(void)use(&p, 0);
	phases_free(&p);
}

Test(ca_renew_phase, a_compromised_key_is_never_certified_again)
{
	struct phases p = phases_new(SUPERSEDED_LEAVE);
	struct holder other = scene_idevid(p.s, "X100", "SN2");
	EVP_PKEY *key = pki_key("EC-P256");

	change(&p, FIRST, STATUS_REVOKE, REASON_KEY_COMPROMISE);
	expect_refused(p.s, &(struct ask){.as = &p.device, .key = p.first.key}, "key.compromised");
	expect_refused(p.s, &(struct ask){.as = &other, .key = p.first.key}, "key.compromised");
	expect_refused(
	    p.s, &(struct ask){.reenroll = true, .as = &p.first, .key = key}, "key.compromised");
	expect_use_refused(&p, 0, "key.compromised");
	expect_certificate(p.s, &(struct ask){.as = &p.device, .key = key}, ENROLL_ISSUED);
	EVP_PKEY_free(key);
	holder_free(&other);
	phases_free(&p);
}

Test(ca_renew_phase, a_device_out_of_service_uses_nothing)
{
	struct phases p = phases_new(SUPERSEDED_REVOKE);

	renew(&p, 0);
	pg_exec(&p.s->database, "UPDATE device SET state = 'suspended'");
	expect_use_refused(&p, 1, "device.suspended");
	pg_exec(&p.s->database, "UPDATE device SET state = 'retired'");
	expect_use_refused(&p, 1, "device.retired");
	cr_expect_eq(number(&p, REVOKED), 0);
	phases_free(&p);
}

Test(ca_renew_phase, a_forged_one_is_a_strangers)
{
	struct phases p = phases_new(SUPERSEDED_REVOKE);
	struct ldevid_use u;
	struct err err = {0};

	pg_exec(&p.s->database, "UPDATE certificate SET der = der || '\\x00'");
	cr_assert(use_by(p.s, p.s->db, &p.der[0], &u, &err).ok);
	cr_expect_not(u.known || u.first);
	phases_free(&p);
}

/* ---- at once ---- */

struct racer {
	struct phases *p;
	int which;
	bool renews;
	EVP_PKEY *key;
	pthread_barrier_t *start;
	struct status done;
	struct err err;
	size_t superseded;
};

static void *race(void *context)
{
	struct racer *r = context;
	struct db *db = pg_open(&r->p->s->database);
	struct ldevid_use u;

	pthread_barrier_wait(r->start);
	if (r->renews) {
		struct answer a = scene_ask(r->p->s,
		    &(struct ask){.reenroll = true, .as = &r->p->first, .key = r->key, .db = db});
		r->done = a.done;
		r->err = a.err;
		answer_free(&a);
	} else {
		r->done = use_by(r->p->s, db, &r->p->der[r->which], &u, &r->err);
		r->superseded = r->done.ok ? u.superseded : 0;
	}
	db_close(db);
	return NULL;
}

static void run_race(struct racer *racers, size_t n)
{
	pthread_barrier_t start;
	pthread_t threads[8];

	cr_assert_leq(n, COUNT(threads));
	pthread_barrier_init(&start, NULL, (unsigned)n);
	for (size_t i = 0; i < n; i++) {
		racers[i].start = &start;
		cr_assert_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
}

/* Two renewals of one certificate are used at once: one stays good, whichever. */
Test(ca_renew_phase, used_at_once_exactly_one_stays)
{
	struct phases p = phases_new(SUPERSEDED_REVOKE);

	renew(&p, 0);
	renew(&p, 1);
	for (int round = 0; round < 10; round++) {
		struct racer r[2] = {{.p = &p, .which = 1}, {.p = &p, .which = 2}};

		run_race(r, 2);
		cr_expect_eq(
		    r[0].done.ok + r[1].done.ok, 1, "%s; %s", r[0].err.message, r[1].err.message);
		cr_expect_eq(r[0].superseded + r[1].superseded, 2);
		cr_expect_eq(number(&p, REVOKED), 2);
		pg_exec(&p.s->database,
		    "DELETE FROM revocation; UPDATE certificate SET first_used_at = NULL"
		    " WHERE renews IS NOT NULL");
	}
	phases_free(&p);
}

/* Many requests with the new one at once are one first use. */
Test(ca_renew_phase, first_uses_at_once_are_one)
{
	struct phases p = phases_new(SUPERSEDED_REVOKE);
	struct racer r[6];
	size_t superseded = 0;

	renew(&p, 0);
	for (size_t i = 0; i < COUNT(r); i++)
		r[i] = (struct racer){.p = &p, .which = 1};
	run_race(r, COUNT(r));
	for (size_t i = 0; i < COUNT(r); i++) {
		cr_expect(r[i].done.ok, "%s (%s)", r[i].err.message, r[i].err.cause);
		superseded += r[i].superseded;
	}
	cr_expect_eq(superseded, 1);
	cr_expect_eq(number(&p, "SELECT count(*) FROM status_change"), 1);
	phases_free(&p);
}

/*
 * The old one renews itself while the new one is used: either the renewal was first, and is now
 * superseded like the old one, or it was refused. Never is there a good one beside the used one.
 */
Test(ca_renew_phase, renewing_with_the_old_one_while_the_new_one_is_used)
{
	struct phases p = phases_new(SUPERSEDED_REVOKE);

	renew(&p, 0);
	for (int round = 0; round < 10; round++) {
		EVP_PKEY *key = pki_key("EC-P256");
		struct racer r[2] = {{.p = &p, .which = 1}, {.p = &p, .renews = true, .key = key}};

		p.s->label.device_limit = 1000;
		run_race(r, 2);
		cr_expect(r[0].done.ok, "%s (%s)", r[0].err.message, r[0].err.cause);
		if (!r[1].done.ok)
			cr_expect_str_eq(
			    err_code(&r[1].err), "ldevid.revoked", "%s", r[1].err.message);
		cr_expect_eq(
		    number(&p, "SELECT count(*) FROM certificate c WHERE NOT EXISTS (SELECT FROM "
			       "revocation r WHERE r.certificate_id = c.id)"),
		    1);
		pg_exec(&p.s->database,
		    "DELETE FROM revocation; DELETE FROM certificate WHERE renews IS NOT NULL"
		    " AND id > (SELECT min(id) + 1 FROM certificate);"
		    " UPDATE certificate SET first_used_at = NULL WHERE renews IS NOT NULL");
		EVP_PKEY_free(key);
	}
	phases_free(&p);
}
