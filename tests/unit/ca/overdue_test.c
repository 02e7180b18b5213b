/* Alarms about devices that did not renew in time: ca/overdue.c. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "ca/overdue.h"
#include "tests/unit/ca/enroll_scene.h"

TestSuite(ca_overdue, .timeout = 120);

#define DAY INT64_C(86400)

/* Label "field": certificates of 30 days, to be renewed in the last 8; overdue for the last 2. */
static struct scene *overdue_scene(void)
{
	struct scene *s = scene_new();

	s->label.renew_before = 8 * DAY;
	s->label.renew_spread = 100;
	return s;
}

static struct overdue_found find(struct scene *s)
{
	struct overdue_found found;
	struct err err = {0};

	cr_assert(db_begin(s->db, &err).ok);
	cr_assert(overdue_find(s->db, &s->policy, s->now, &s->rng, &found, &err).ok, "%s (%s)",
	    err.message, err.cause);
	cr_assert(db_commit(s->db, &err).ok);
	return found;
}

static struct holder enrolled(struct scene *s, const char *serial)
{
	struct holder device = scene_idevid(s, "X100", serial);
	EVP_PKEY *key = pki_key("EC-P256");
	struct answer a = scene_ask(s, &(struct ask){.as = &device, .key = key});
	struct holder ldevid = answer_holder(&a, key);

	answer_free(&a);
	EVP_PKEY_free(key);
	holder_free(&device);
	return ldevid;
}

static int64_t alarms(struct scene *s)
{
	return pg_number(&s->database, "SELECT count(*) FROM alarm a JOIN log_salt l"
				       " ON l.record_kind = 'alarm' AND l.record_id = a.id"
				       " WHERE a.kind = 'overdue'");
}

Test(ca_overdue, who_did_not_renew_raises_one_alarm)
{
	struct scene *s = overdue_scene();
	const int64_t issued_at = s->now;
	struct holder one = enrolled(s, "SN1");

	cr_expect_eq(find(s).certificates, 0);
	s->now = issued_at + 28 * DAY - 1;
	cr_expect_eq(find(s).certificates, 0, "a second too early");
	s->now += 1;
	cr_expect_eq(find(s).alarms, 1);
	cr_expect_eq(find(s).alarms, 0, "once");
	s->now += 10 * DAY;
	cr_expect_eq(find(s).alarms, 0, "ever");
	cr_expect_eq(alarms(s), 1);
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM alarm WHERE device_id IS NOT NULL AND detail LIKE"
			 " '%\"label\":\"field\"%\"serial\":\"SN1\"%'"),
	    1);
	holder_free(&one);
	scene_free(s);
}

Test(ca_overdue, who_renewed_raises_none_until_that_one_is_late)
{
	struct scene *s = overdue_scene();
	const int64_t issued_at = s->now;
	struct holder one = enrolled(s, "SN1");
	EVP_PKEY *key = pki_key("EC-P256");

	cr_expect_eq(find(s).alarms, 0);
	s->now = issued_at + 25 * DAY;
	expect_certificate(
	    s, &(struct ask){.reenroll = true, .as = &one, .key = key}, ENROLL_ISSUED);
	s->now = issued_at + 29 * DAY;
	cr_expect_eq(find(s).alarms, 0);
	s->now = issued_at + (25 + 28) * DAY;
	cr_expect_eq(find(s).alarms, 1);
	EVP_PKEY_free(key);
	holder_free(&one);
	scene_free(s);
}

static const struct {
	const char *what, *sql;
	int64_t alarms;
} states[] = {
    {"a suspended device", "UPDATE device SET state = 'suspended'", 0},
    {"a retired device", "UPDATE device SET state = 'retired'", 0},
    {"a revoked certificate",
	"INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, revoked_at,"
	" not_after, sequence) SELECT authority_id, serial, id, 0, 1, now(), not_after, 1 FROM"
	" certificate",
	0},
    {"a hold that was lifted",
	"INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, revoked_at,"
	" not_after, sequence, resumed_at) SELECT authority_id, serial, id, 0, 6, now(), not_after,"
	" 1, now() FROM certificate",
	1},
    {"a certificate of another label", "UPDATE certificate SET label_id = 7", 0},
    {"a certificate of no device", "UPDATE certificate SET device_id = NULL", 0},
};

Test(ca_overdue, only_devices_in_service_are_missed)
{
	for (size_t i = 0; i < COUNT(states); i++) {
		struct scene *s = overdue_scene();
		struct holder one = enrolled(s, "SN1");

		cr_expect_eq(find(s).alarms, 0);
		pg_exec(&s->database, states[i].sql);
		s->now += 29 * DAY;
		cr_expect_eq(find(s).alarms, states[i].alarms, "%s", states[i].what);
		holder_free(&one);
		scene_free(s);
	}
}

/* A fleet that was switched off: the first ones by name, the others by number; all of them once. */
Test(ca_overdue, a_thousand_and_more_are_told_in_few_alarms)
{
	struct scene *s = overdue_scene();
	struct holder one = enrolled(s, "SN1");
	struct overdue_found found;

	cr_expect_eq(find(s).alarms, 0);
	pg_exec(&s->database,
	    "INSERT INTO device (product_id, serial, state) SELECT 1, 'F' || n, 'enrolled' FROM"
	    " generate_series(1, 2500) AS n;"
	    "INSERT INTO certificate (authority_id, serial, device_id, profile_id, label_id,"
	    " key_digest, subject, not_before, not_after, der, issued_at)"
	    " SELECT 1, decode('40' || lpad(to_hex(d.id), 30, '0'), 'hex'), d.id, 1, 1, c.key_digest, c.subject,"
	    " c.not_before, c.not_after, '\\x00', c.issued_at FROM device d CROSS JOIN certificate c"
	    " WHERE d.serial LIKE 'F%'");
	s->now += 29 * DAY;
	found = find(s);
	cr_expect_eq(found.certificates, 2501);
	cr_expect_eq(found.alarms, OVERDUE_ALARMS_MAX + 1);
	cr_expect_not(found.more);
	cr_expect_eq(
	    pg_number(&s->database,
		"SELECT count(*) FROM alarm WHERE device_id IS NULL AND detail LIKE '%:2481,%'"),
	    1);
	cr_expect_eq(find(s).certificates, 0);
	holder_free(&one);
	scene_free(s);
}

/* A label that is new looks ahead, not at what ended years ago. */
Test(ca_overdue, what_ended_before_anybody_looked_is_left_alone)
{
	struct scene *s = overdue_scene();
	struct holder one = enrolled(s, "SN1");

	s->now += 40 * DAY;
	cr_expect_eq(find(s).alarms, 0);
	holder_free(&one);
	scene_free(s);
}

/* Whatever a node that dies has found counts for nothing: the next one finds it again. */
Test(ca_overdue, what_was_not_committed_is_found_again)
{
	struct scene *s = overdue_scene();
	struct holder one = enrolled(s, "SN1");
	struct overdue_found found;
	struct err err = {0};

	cr_expect_eq(find(s).alarms, 0);
	s->now += 29 * DAY;
	cr_assert(db_begin(s->db, &err).ok);
	cr_assert(overdue_find(s->db, &s->policy, s->now, &s->rng, &found, &err).ok);
	cr_expect_eq(found.alarms, 1);
	db_rollback(s->db);
	cr_expect_eq(find(s).alarms, 1);
	holder_free(&one);
	scene_free(s);
}
