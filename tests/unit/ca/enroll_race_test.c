/* Two at once: constraints decide, and who loses gets a truthful answer. */
#include <criterion/criterion.h>

#include <pthread.h>
#include <stdio.h>

#include "tests/unit/ca/enroll_scene.h"

TestSuite(ca_enroll_race, .timeout = 120);

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

/* Ask both at the same moment, each on a connection of its own. */
static void race(struct scene *s, const struct ask *a, const struct ask *b, struct answer ret[2])
{
	struct runner r[2] = {{.s = s, .ask = *a}, {.s = s, .ask = *b}};
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, 2);
	for (int i = 0; i < 2; i++) {
		r[i].start = &start;
		r[i].ask.db = pg_open(&s->database);
		cr_assert_eq(pthread_create(&r[i].thread, NULL, run, &r[i]), 0);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(r[i].thread, NULL);
		db_close(r[i].ask.db);
		ret[i] = r[i].answer;
	}
	pthread_barrier_destroy(&start);
}

#define ROUNDS 15

Test(ca_enroll_race, of_two_idevid_keys_for_one_new_device_exactly_one_wins)
{
	struct scene *s = scene_new();

	for (int i = 0; i < ROUNDS; i++) {
		char serial[16];
		struct holder a, b;
		EVP_PKEY *ka = pki_key("EC-P256"), *kb = pki_key("EC-P256");
		struct answer answers[2];

		snprintf(serial, sizeof serial, "SN%d", i);
		a = scene_idevid(s, "X100", serial);
		b = scene_idevid(s, "X100", serial);
		race(s, &(struct ask){.as = &a, .key = ka}, &(struct ask){.as = &b, .key = kb},
		    answers);
		cr_expect_eq(answers[0].done.ok + answers[1].done.ok, 1, "%s / %s",
		    answers[0].err.message, answers[1].err.message);
		cr_expect_str_eq(
		    err_code(&answers[answers[0].done.ok ? 1 : 0].err), "device.clone");
		answer_free(&answers[0]);
		answer_free(&answers[1]);
		holder_free(&a);
		holder_free(&b);
		EVP_PKEY_free(ka);
		EVP_PKEY_free(kb);
	}
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM certificate"), ROUNDS);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM alarm"), ROUNDS);
	scene_free(s);
}

/* Registered before, never seen: the row is there, its IDevID key is not. */
Test(ca_enroll_race, of_two_idevid_keys_for_one_registered_device_exactly_one_wins)
{
	struct scene *s = scene_new();

	pg_exec(&s->database,
	    "INSERT INTO device (product_id, serial) SELECT 1, 'SN' || n FROM generate_series(0, 99) n");
	for (int i = 0; i < ROUNDS; i++) {
		char serial[16];
		struct holder a, b;
		EVP_PKEY *ka = pki_key("EC-P256"), *kb = pki_key("EC-P256");
		struct answer answers[2];

		snprintf(serial, sizeof serial, "SN%d", i);
		a = scene_idevid(s, "X100", serial);
		b = scene_idevid(s, "X100", serial);
		race(s, &(struct ask){.as = &a, .key = ka}, &(struct ask){.as = &b, .key = kb},
		    answers);
		cr_expect_eq(answers[0].done.ok + answers[1].done.ok, 1, "%s / %s",
		    answers[0].err.message, answers[1].err.message);
		answer_free(&answers[0]);
		answer_free(&answers[1]);
		holder_free(&a);
		holder_free(&b);
		EVP_PKEY_free(ka);
		EVP_PKEY_free(kb);
	}
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM certificate"), ROUNDS);
	scene_free(s);
}

Test(ca_enroll_race, the_same_key_twice_gets_the_same_certificate)
{
	struct scene *s = scene_new();

	for (int i = 0; i < ROUNDS; i++) {
		char serial[16];
		struct holder device;
		EVP_PKEY *key = pki_key("EC-P256");
		struct answer answers[2];

		snprintf(serial, sizeof serial, "SN%d", i);
		device = scene_idevid(s, "X100", serial);
		race(s, &(struct ask){.as = &device, .key = key},
		    &(struct ask){.as = &device, .key = key}, answers);
		cr_assert(answers[0].done.ok && answers[1].done.ok, "%s / %s",
		    answers[0].err.message, answers[1].err.message);
		cr_expect(span_equal(buf_span(&answers[0].reply.certificate),
		    buf_span(&answers[1].reply.certificate)));
		answer_free(&answers[0]);
		answer_free(&answers[1]);
		holder_free(&device);
		EVP_PKEY_free(key);
	}
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM certificate"), ROUNDS);
	scene_free(s);
}

Test(ca_enroll_race, one_key_for_two_devices_is_given_to_one)
{
	struct scene *s = scene_new();

	for (int i = 0; i < ROUNDS; i++) {
		char serial[2][16];
		struct holder a, b;
		EVP_PKEY *key = pki_key("EC-P256");
		struct answer answers[2];

		snprintf(serial[0], sizeof serial[0], "A%d", i);
		snprintf(serial[1], sizeof serial[1], "B%d", i);
		a = scene_idevid(s, "X100", serial[0]);
		b = scene_idevid(s, "X100", serial[1]);
		race(s, &(struct ask){.as = &a, .key = key}, &(struct ask){.as = &b, .key = key},
		    answers);
		cr_expect_eq(answers[0].done.ok + answers[1].done.ok, 1, "%s / %s",
		    answers[0].err.message, answers[1].err.message);
		cr_expect_str_eq(err_code(&answers[answers[0].done.ok ? 1 : 0].err), "key.reused");
		answer_free(&answers[0]);
		answer_free(&answers[1]);
		holder_free(&a);
		holder_free(&b);
		EVP_PKEY_free(key);
	}
	/* Who lost left nothing behind, not even a device. */
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM device"), ROUNDS);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM public_key"), 2 * ROUNDS);
	scene_free(s);
}

Test(ca_enroll_race, one_waits_once)
{
	struct scene *s = scene_new();

	s->label.registration = REGISTRATION_APPROVAL;
	for (int i = 0; i < ROUNDS; i++) {
		char serial[16];
		struct holder device;
		EVP_PKEY *key = pki_key("EC-P256");
		struct answer answers[2];

		snprintf(serial, sizeof serial, "SN%d", i);
		device = scene_idevid(s, "X100", serial);
		race(s, &(struct ask){.as = &device, .key = key},
		    &(struct ask){.as = &device, .key = key}, answers);
		cr_expect_eq(answers[0].err.kind, ERR_PENDING, "%s", answers[0].err.message);
		cr_expect_eq(answers[1].err.kind, ERR_PENDING, "%s", answers[1].err.message);
		cr_expect_str_eq(answers[0].reply.enrollment_id, answers[1].reply.enrollment_id);
		holder_free(&device);
		EVP_PKEY_free(key);
	}
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM enrollment"), ROUNDS);
	scene_free(s);
}
