/* What one device, or one maker, can make the store keep; and two requests at once that are one. */
#include <criterion/criterion.h>

#include <pthread.h>
#include <stdio.h>

#include "ca/enroll_budget.h"
#include "sql/enrollment_view.h"
#include "tests/unit/ca/enroll_scene.h"

TestSuite(ca_enroll_bound, .timeout = 120);

static long long number(struct scene *s, const char *sql)
{
	return pg_number(&s->database, sql);
}

/* ---- certificates ---- */

static void enroll_new_key(struct scene *s, const struct holder *device)
{
	EVP_PKEY *key = pki_key("EC-P256");

	expect_certificate(s, &(struct ask){.as = device, .key = key}, ENROLL_ISSUED);
	EVP_PKEY_free(key);
}

Test(ca_enroll_bound, a_device_gets_so_many_certificates_a_day_and_hears_when_it_may_again)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1"),
		      other = scene_idevid(s, "X100", "SN2");
	EVP_PKEY *first = pki_key("EC-P256"), *key = pki_key("EC-P256");
	struct answer a;

	s->label.device_limit = 3;
	expect_certificate(s, &(struct ask){.as = &device, .key = first}, ENROLL_ISSUED);
	s->now += 100;
	enroll_new_key(s, &device);
	enroll_new_key(s, &device);
	a = scene_ask(s, &(struct ask){.as = &device, .key = key});
	cr_expect_eq(a.err.kind, ERR_LIMIT);
	cr_expect_str_eq(err_code(&a.err), "device.limit");
	cr_expect_eq(a.reply.outcome, ENROLL_REFUSED);
	cr_expect_eq(a.reply.retry_after, 86400 - 100, "%lld", (long long)a.reply.retry_after);
	answer_free(&a);
	/* What it has had already it may hear again; others are not concerned. */
	expect_certificate(s, &(struct ask){.as = &device, .key = first}, ENROLL_RESENT);
	enroll_new_key(s, &other);
	s->now += 86400 - 100 - 1;
	expect_refused(s, &(struct ask){.as = &device, .key = key}, "device.limit");
	s->now += 1;
	enroll_new_key(s, &device);
	expect_refused(s, &(struct ask){.as = &device, .key = key}, "device.limit");
	EVP_PKEY_free(first);
	EVP_PKEY_free(key);
	holder_free(&device);
	holder_free(&other);
	scene_free(s);
}

Test(ca_enroll_bound, renewals_count_like_enrollments)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1"), ldevid;
	EVP_PKEY *key = pki_key("EC-P256"), *next = pki_key("EC-P256");
	struct answer a;

	s->label.device_limit = 2;
	a = scene_ask(s, &(struct ask){.as = &device, .key = key});
	ldevid = answer_holder(&a, key);
	answer_free(&a);
	expect_certificate(
	    s, &(struct ask){.reenroll = true, .as = &ldevid, .key = key}, ENROLL_ISSUED);
	expect_refused(
	    s, &(struct ask){.reenroll = true, .as = &ldevid, .key = next}, "device.limit");
	cr_expect_eq(number(s, "SELECT count(*) FROM certificate"), 2);
	EVP_PKEY_free(key);
	EVP_PKEY_free(next);
	holder_free(&device);
	holder_free(&ldevid);
	scene_free(s);
}

/* ---- two at once ---- */

struct runner {
	struct scene *s;
	struct ask ask;
	struct answer answer;
	pthread_barrier_t *start;
	pthread_t thread;
};

static void *run(void *context)
{
	struct runner *r = context;

	pthread_barrier_wait(r->start);
	r->answer = scene_ask(r->s, &r->ask);
	return NULL;
}

#define CROWD 6

/* The same moment, as many servers. */
static void crowd(struct scene *s, const struct ask asks[CROWD], struct runner r[CROWD])
{
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, CROWD);
	for (int i = 0; i < CROWD; i++) {
		r[i] = (struct runner){.s = s, .ask = asks[i], .start = &start};
		r[i].ask.db = pg_open(&s->database);
		cr_assert_eq(pthread_create(&r[i].thread, NULL, run, &r[i]), 0);
	}
	for (int i = 0; i < CROWD; i++) {
		pthread_join(r[i].thread, NULL);
		db_close(r[i].ask.db);
	}
	pthread_barrier_destroy(&start);
}

/* No new key, so no constraint on keys decides: a retry while the first is still being stored. */
Test(ca_enroll_bound, a_renewal_asked_for_several_times_at_once_is_issued_once)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1"), ldevid;
	EVP_PKEY *key = pki_key("EC-P256");
	struct answer a = scene_ask(s, &(struct ask){.as = &device, .key = key});
	struct ask asks[CROWD];
	struct runner r[CROWD];
	struct span told = SPAN_NONE;

	ldevid = answer_holder(&a, key);
	answer_free(&a);
	for (int i = 0; i < CROWD; i++)
		asks[i] = (struct ask){.reenroll = true, .as = &ldevid, .key = key};
	crowd(s, asks, r);
	cr_expect_eq(number(s, "SELECT count(*) FROM certificate"), 2);
	for (int i = 0; i < CROWD; i++) {
		if (r[i].answer.done.ok && !told.p)
			told = buf_span(&r[i].answer.reply.certificate);
		if (r[i].answer.done.ok)
			cr_expect(span_equal(told, buf_span(&r[i].answer.reply.certificate)));
		else
			cr_expect_str_eq(err_code(&r[i].answer.err), "enroll.conflict");
	}
	cr_expect_not_null(told.p);
	for (int i = 0; i < CROWD; i++)
		answer_free(&r[i].answer);
	EVP_PKEY_free(key);
	holder_free(&device);
	holder_free(&ldevid);
	scene_free(s);
}

Test(ca_enroll_bound, many_at_once_do_not_get_past_the_limit)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1");
	struct ask asks[CROWD];
	struct runner r[CROWD];

	s->label.device_limit = 2;
	enroll_new_key(s, &device);
	for (int i = 0; i < CROWD; i++)
		asks[i] = (struct ask){.as = &device, .key = pki_key("EC-P256")};
	crowd(s, asks, r);
	cr_expect_eq(number(s, "SELECT count(*) FROM certificate"), 2);
	for (int i = 0; i < CROWD; i++) {
		EVP_PKEY_free(asks[i].key);
		answer_free(&r[i].answer);
	}
	holder_free(&device);
	scene_free(s);
}

/* ---- those that wait ---- */

Test(ca_enroll_bound, few_enrollments_of_one_device_wait_at_a_time)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1"),
		      other = scene_idevid(s, "X100", "SN2");
	EVP_PKEY *keys[ENROLL_WAITING_OF_DEVICE], *key = pki_key("EC-P256");
	struct answer a;

	s->label.registration = REGISTRATION_APPROVAL;
	for (int i = 0; i < ENROLL_WAITING_OF_DEVICE; i++) {
		keys[i] = pki_key("EC-P256");
		expect_refused(
		    s, &(struct ask){.as = &device, .key = keys[i]}, "registration.pending");
	}
	a = scene_ask(s, &(struct ask){.as = &device, .key = key});
	cr_expect_str_eq(err_code(&a.err), "registration.limit");
	cr_expect_eq(a.err.kind, ERR_LIMIT);
	cr_expect_eq(a.reply.retry_after, 120);
	answer_free(&a);
	/* Those that wait are found again, and others wait as before. */
	expect_refused(s, &(struct ask){.as = &device, .key = keys[0]}, "registration.pending");
	expect_refused(s, &(struct ask){.as = &other, .key = key}, "registration.pending");
	/* What waited in vain makes room. */
	s->now += 86401;
	expect_refused(s, &(struct ask){.as = &device, .key = key}, "registration.pending");
	for (int i = 0; i < ENROLL_WAITING_OF_DEVICE; i++)
		EVP_PKEY_free(keys[i]);
	EVP_PKEY_free(key);
	holder_free(&device);
	holder_free(&other);
	scene_free(s);
}

/* A maker's authority can sign as many serial numbers as it likes. */
Test(ca_enroll_bound, the_units_of_one_product_cannot_wait_without_end)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1");
	EVP_PKEY *key = pki_key("EC-P256");

	s->label.registration = REGISTRATION_APPROVAL;
	pg_exec(&s->database,
	    "INSERT INTO enrollment (label, operation, outcome, product, serial, key_digest,"
	    " peer_address, request_id, stranger, state, expires_at)"
	    " SELECT 'field', 'enroll', 'pending', 'acme-x100', 'S' || n, '', 'a', 'r', false,"
	    " 'open', now() + interval '1 hour' FROM generate_series(1, 10000) n");
	expect_refused(s, &(struct ask){.as = &device, .key = key}, "registration.limit");
	pg_exec(&s->database, "UPDATE enrollment SET product = 'acme-y200' WHERE serial = 'S1'");
	expect_refused(s, &(struct ask){.as = &device, .key = key}, "registration.pending");
	EVP_PKEY_free(key);
	holder_free(&device);
	scene_free(s);
}

/* ---- attempts that change nothing ---- */

Test(ca_enroll_bound, a_device_that_asks_in_vain_for_ever_leaves_few_rows)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1"),
		      other = scene_idevid(s, "X100", "SN2");
	EVP_PKEY *key = pki_key("EC-P256");

	expect_certificate(s, &(struct ask){.as = &device, .key = key}, ENROLL_ISSUED);
	for (int i = 0; i < 140; i++) {
		expect_refused(s, &(struct ask){.as = &device, .key = device.key}, "key.idevid");
		expect_certificate(s, &(struct ask){.as = &device, .key = key}, ENROLL_RESENT);
	}
	cr_expect_leq(
	    number(s, "SELECT count(*) FROM enrollment WHERE outcome IN ('refused', 'resent')"),
	    ENROLL_DEVICE_BURST + 2 * ENROLL_DEVICE_PER_MINUTE);
	/* It silences nobody else, and no alarm of its own. */
	expect_refused(s, &(struct ask){.as = &other, .key = other.key}, "key.idevid");
	cr_expect_eq(number(s, "SELECT count(*) FROM enrollment WHERE serial = 'SN2'"), 1);
	holder_free(&other);
	other = scene_idevid(s, "X100", "SN1");
	expect_refused(s, &(struct ask){.as = &other, .key = key}, "device.clone");
	cr_expect_eq(number(s, "SELECT count(*) FROM alarm"), 1);
	EVP_PKEY_free(key);
	holder_free(&device);
	holder_free(&other);
	scene_free(s);
}

Test(ca_enroll_bound, a_maker_without_end_of_units_leaves_few_rows)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN0");
	const int64_t started = monotonic_ms();
	long long kept;

	s->label.registration = REGISTRATION_REQUIRED;
	for (int i = 0; i < 600; i++) {
		char serial[16];
		struct holder unit = {.key = device.key};
		struct pki_idevid want = {.product = "X100", .serial = serial};

		snprintf(serial, sizeof serial, "SN%d", i);
		unit.certificate = pki_idevid(&s->maker, unit.key, &want);
		expect_refused(s, &(struct ask){.as = &unit, .key = unit.key}, "key.idevid");
		X509_free(unit.certificate);
	}
	kept = number(s, "SELECT count(*) FROM enrollment");
	cr_expect_geq(kept, ENROLL_MAKER_BURST);
	cr_expect_leq(
	    kept, ENROLL_MAKER_BURST + (monotonic_ms() - started) * ENROLL_MAKER_PER_S / 1000 + 1);
	holder_free(&device);
	scene_free(s);
}

/* Makers that share a server: the noise of one must not hide what the other's units do. */
Test(ca_enroll_bound, an_alarm_of_one_product_does_not_hide_that_of_another)
{
	struct scene *s = scene_new();
	struct product *both[2] = {&s->all_products[0], &s->all_products[1]};
	struct holder one = scene_idevid(s, "X100", "SN1"), two = scene_idevid(s, "Y200", "SN1"),
		      liar;
	EVP_PKEY *key = pki_key("EC-P256"), *other = pki_key("EC-P256"),
		 *third = pki_key("EC-P256");

	s->label.products = both;
	s->label.product_count = 2;
	expect_certificate(s, &(struct ask){.as = &one, .key = key}, ENROLL_ISSUED);
	expect_certificate(s, &(struct ask){.as = &two, .key = other}, ENROLL_ISSUED);
	/* Keys that are known, under serial numbers that are not. */
	liar =
	    (struct holder){one.key, pki_idevid(&s->maker, one.key,
					 &(struct pki_idevid){.product = "X100", .serial = "SN8"})};
	expect_refused(s, &(struct ask){.as = &liar, .key = third}, "device.clone");
	expect_refused(s, &(struct ask){.as = &liar, .key = third}, "device.clone");
	X509_free(liar.certificate);
	liar =
	    (struct holder){two.key, pki_idevid(&s->maker, two.key,
					 &(struct pki_idevid){.product = "Y200", .serial = "SN9"})};
	expect_refused(s, &(struct ask){.as = &liar, .key = third}, "device.clone");
	X509_free(liar.certificate);
	cr_expect_eq(number(s, "SELECT count(*) FROM alarm"), 2);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	EVP_PKEY_free(third);
	holder_free(&one);
	holder_free(&two);
	scene_free(s);
}

Test(ca_enroll_bound, what_changed_nothing_goes_and_what_counts_stays)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1"),
		      clone = scene_idevid(s, "X100", "SN1");
	EVP_PKEY *key = pki_key("EC-P256");
	struct err err = {0};
	int64_t removed = 0;

	expect_certificate(s, &(struct ask){.as = &device, .key = key}, ENROLL_ISSUED);
	expect_refused(s, &(struct ask){.as = &clone, .key = key}, "device.clone");
	for (int i = 0; i < 5; i++)
		expect_refused(s, &(struct ask){.as = &device, .key = device.key}, "key.idevid");
	pg_exec(&s->database,
	    "INSERT INTO enrollment (label, operation, outcome, peer_address, request_id, stranger,"
	    " state, decided_by, decided_at) VALUES"
	    " ('l', 'enroll', 'pending', 'a', 'r', false, 'open', NULL, NULL),"
	    " ('l', 'enroll', 'pending', 'a', 'r', false, 'expired', 'alice', now()),"
	    " ('l', 'enroll', 'pending', 'a', 'r', false, 'expired', NULL, NULL)");
	cr_assert(
	    enrollment_purge_fleeting(s->db, s->now, 3, 86400, &removed, &err).ok, "%s", err.cause);
	cr_expect_eq(removed, 3, "%lld", (long long)removed);
	cr_assert(enrollment_purge_fleeting(s->db, s->now + 90000, 3, 86400, &removed, &err).ok);
	cr_expect_eq(removed, 3, "%lld", (long long)removed);
	cr_expect_str_eq(
	    pg_value(&s->database,
		"SELECT string_agg(coalesce(state, reason_code, outcome), ' ' ORDER BY id) FROM enrollment"),
	    "issued device.clone open expired");
	EVP_PKEY_free(key);
	holder_free(&device);
	holder_free(&clone);
	scene_free(s);
}
