/* Renewals: RFC 7030 4.2.2, each rule of ca/enroll.c for a certificate of our own. */
#include <criterion/criterion.h>

#include "tests/unit/ca/enroll_scene.h"

TestSuite(ca_reenroll, .timeout = 60);

struct renewal {
	struct scene *s;
	struct holder device, ldevid;
	EVP_PKEY *key; /* a new one */
};

static struct renewal renewal_new(void)
{
	struct renewal r = {.s = scene_new(), .key = pki_key("EC-P256")};
	EVP_PKEY *first = pki_key("EC-P256");
	struct answer a;

	r.device = scene_idevid(r.s, "X100", "SN1");
	a = scene_ask(r.s, &(struct ask){.as = &r.device, .key = first});
	r.ldevid = answer_holder(&a, first);
	EVP_PKEY_free(first);
	answer_free(&a);
	return r;
}

static void renewal_free(struct renewal *r)
{
	holder_free(&r->device);
	holder_free(&r->ldevid);
	EVP_PKEY_free(r->key);
	scene_free(r->s);
}

#define RENEW(r, ...) \
	(&(struct ask){.reenroll = true, .as = &(r).ldevid, .key = (r).key, __VA_ARGS__})

Test(ca_reenroll, a_new_key_and_the_same_key_are_both_renewals)
{
	struct renewal r = renewal_new();

	expect_certificate(r.s, RENEW(r), ENROLL_ISSUED);
	r.s->now += 1;
	expect_certificate(r.s,
	    &(struct ask){.reenroll = true, .as = &r.ldevid, .key = r.ldevid.key}, ENROLL_ISSUED);
	cr_expect_eq(pg_number(&r.s->database,
			 "SELECT count(*) FROM certificate WHERE renews = (SELECT min(id) FROM "
			 "certificate)"),
	    2);
	cr_expect_eq(
	    pg_number(&r.s->database,
		"SELECT count(*) FROM certificate WHERE first_used_at IS NOT NULL AND renews IS NULL"),
	    1, "its use is seen");
	renewal_free(&r);
}

Test(ca_reenroll, a_lost_reply_is_repeated_for_the_certificate_that_it_renews)
{
	struct renewal r = renewal_new();

	expect_certificate(r.s, RENEW(r), ENROLL_ISSUED);
	expect_certificate(r.s, RENEW(r), ENROLL_RESENT);
	/* The first enrollment had this key; what renews it is something else. */
	expect_certificate(r.s,
	    &(struct ask){.reenroll = true, .as = &r.ldevid, .key = r.ldevid.key}, ENROLL_ISSUED);
	renewal_free(&r);
}

/* RFC 7030 4.2.2: "Subject field and SubjectAltName extension MUST be identical". */
Test(ca_reenroll, subject_and_san_must_be_those_of_the_certificate)
{
	struct renewal r = renewal_new();

	expect_refused(r.s, RENEW(r, .no_renewal = "SN1"), "reenroll.subject");
	expect_refused(r.s, RENEW(r, .san = ""), "reenroll.san");
	expect_refused(r.s, RENEW(r, .san = "URI:urn:dev:test:SN2"), "reenroll.san");
	cr_expect_eq(
	    pg_number(&r.s->database,
		"SELECT count(*) FROM enrollment WHERE outcome = 'refused' AND NOT stranger"
		" AND serial = 'SN1' AND device_id IS NOT NULL AND operation = 'reenroll'"),
	    3);
	renewal_free(&r);
}

Test(ca_reenroll, an_expired_certificate_is_sent_back_to_the_idevid)
{
	struct renewal r = renewal_new();

	r.s->now += 31 * 86400;
	expect_refused(r.s, RENEW(r), "ldevid.expired");
	r.s->now -= 40 * 86400;
	expect_refused(r.s, RENEW(r), "ldevid.not-yet-valid");
	renewal_free(&r);
}

/* "bounded by policy": the last second of the grace, and the first after it. */
Test(ca_reenroll, an_expired_certificate_renews_itself_within_the_grace_of_its_label)
{
	struct renewal r = renewal_new();
	const int64_t issued_at = r.s->now;
	EVP_PKEY *late = pki_key("EC-P256");

	r.s->label.renew_grace = 3 * 86400;
	r.s->now = issued_at + 33 * 86400;
	expect_certificate(r.s, RENEW(r), ENROLL_ISSUED);
	r.s->now += 1;
	expect_refused(
	    r.s, (&(struct ask){.reenroll = true, .as = &r.ldevid, .key = late}), "ldevid.expired");
	cr_expect_eq(
	    pg_number(&r.s->database,
		"SELECT count(*) FROM enrollment WHERE reason_code = 'ldevid.expired'"
		" AND advice LIKE '%IDevID at simpleenroll%' AND message LIKE '%259200 s%'"),
	    1);
	EVP_PKEY_free(late);
	renewal_free(&r);
}

Test(ca_reenroll, a_label_may_refuse_who_comes_before_the_window)
{
	struct renewal r = renewal_new();
	const int64_t opens = r.s->now + 20 * 86400;

	r.s->label.renew_before = 10 * 86400;
	r.s->label.renew_early = RENEW_EARLY_REFUSE;
	r.s->now = opens - 1;
	expect_refused(r.s, RENEW(r), "renew.early");
	r.s->now = opens;
	expect_certificate(r.s, RENEW(r), ENROLL_ISSUED);
	r.s->now = opens - 1;
	expect_certificate(r.s, RENEW(r), ENROLL_RESENT);
	renewal_free(&r);
}

/* After a rollover: what the retired authority issued is renewed by the one of the label. */
Test(ca_reenroll, what_a_retired_authority_issued_is_renewed_by_its_successor)
{
	struct renewal r = renewal_new();
	struct authority both[2];
	struct err err = {0};

	both[0] = both[1] = r.s->authority;
	both[0].state = AUTHORITY_RETIRED;
	both[1].id = 2; /* the same key and name under a new root: told apart by the store alone */
	r.s->policy.authorities = both;
	r.s->policy.authority_count = 2;
	r.s->profiles[0].authority = &both[1];
	cr_assert(
	    profile_compile(&r.s->profiles[0], &r.s->policy.arena, &err).ok, "%s", err.message);
	expect_certificate(r.s, RENEW(r), ENROLL_ISSUED);
	cr_expect_eq(pg_number(&r.s->database,
			 "SELECT authority_id FROM certificate ORDER BY id DESC LIMIT 1"),
	    2);
	r.s->policy.authorities = &r.s->authority;
	renewal_free(&r);
}

Test(ca_reenroll, a_renewal_says_when_to_come_back)
{
	struct renewal r = renewal_new();
	struct answer a;
	int64_t at;

	r.s->label.renew_before = 10 * 86400;
	r.s->label.renew_spread = 100;
	a = scene_ask(r.s, RENEW(r));
	at = a.reply.renew_at;
	cr_expect(at >= r.s->now + 20 * 86400 && at < r.s->now + 30 * 86400, "%lld",
	    (long long)(at - r.s->now));
	answer_free(&a);
	a = scene_ask(r.s, RENEW(r));
	cr_expect_eq(a.reply.outcome, ENROLL_RESENT);
	cr_expect_eq(a.reply.renew_at, at, "the same certificate, the same time");
	answer_free(&a);
	renewal_free(&r);
}

Test(ca_reenroll, a_device_that_is_not_in_service_cannot_renew)
{
	struct renewal r = renewal_new();

	pg_exec(&r.s->database, "UPDATE device SET state = 'suspended'");
	expect_refused(r.s, RENEW(r), "device.suspended");
	pg_exec(&r.s->database, "UPDATE device SET state = 'retired'");
	expect_refused(r.s, RENEW(r), "device.retired");
	pg_exec(&r.s->database, "UPDATE device SET state = 'enrolled'");
	pg_exec(
	    &r.s->database, "UPDATE public_key SET compromised_at = now() WHERE kind = 'ldevid'");
	expect_refused(r.s, RENEW(r), "key.compromised");
	renewal_free(&r);
}

Test(ca_reenroll, keys_of_others_are_refused)
{
	struct renewal r = renewal_new();
	struct holder other = scene_idevid(r.s, "X100", "SN2");
	EVP_PKEY *others = pki_key("EC-P256");

	expect_certificate(r.s, &(struct ask){.as = &other, .key = others}, ENROLL_ISSUED);
	expect_refused(
	    r.s, (&(struct ask){.reenroll = true, .as = &r.ldevid, .key = others}), "key.reused");
	expect_refused(r.s, (&(struct ask){.reenroll = true, .as = &r.ldevid, .key = other.key}),
	    "key.idevid");
	expect_refused(r.s, (&(struct ask){.reenroll = true, .as = &r.ldevid, .key = r.device.key}),
	    "key.idevid");
	EVP_PKEY_free(others);
	holder_free(&other);
	renewal_free(&r);
}

Test(ca_reenroll, another_profile_or_product_is_not_of_this_label)
{
	struct renewal r = renewal_new();

	r.s->label.profile = &r.s->profiles[1];
	expect_refused(r.s, RENEW(r), "ldevid.label");
	r.s->label.profile = &r.s->profiles[0];
	r.s->products[0] = &r.s->all_products[1];
	expect_refused(r.s, RENEW(r), "product.label");
	/* No product named: those of the manufacturers of the anchors. */
	r.s->label.product_count = 0;
	expect_certificate(r.s, RENEW(r), ENROLL_ISSUED);
	renewal_free(&r);
}

/* Names, key identifier and signature are right: but the store has never seen it. */
Test(ca_reenroll, a_certificate_that_is_not_stored_is_a_strangers)
{
	struct renewal r = renewal_new();
	const struct pki_idevid want = {.product = "X100", .serial = "SN1", .not_after = 86400};
	struct holder forged = {.key = pki_key("EC-P256")};

	forged.certificate = pki_idevid(&r.s->ours, forged.key, &want);
	expect_refused(r.s, (&(struct ask){.reenroll = true, .as = &forged, .key = r.key}),
	    "ldevid.not-stored");
	cr_expect_eq(
	    pg_number(&r.s->database, "SELECT count(*) FROM enrollment WHERE stranger"), 1);
	holder_free(&forged);
	renewal_free(&r);
}

/* The same serial number, other bytes: the stored DER must equal what was presented. */
Test(ca_reenroll, a_stored_certificate_of_other_bytes_does_not_vouch)
{
	struct renewal r = renewal_new();

	pg_exec(&r.s->database, "ALTER TABLE certificate DISABLE TRIGGER ALL");
	pg_exec(&r.s->database, "UPDATE certificate SET der = der || '\\x00'");
	expect_refused(r.s, RENEW(r), "ldevid.not-stored");
	renewal_free(&r);
}

Test(ca_reenroll, no_certificate_and_strangers_are_401)
{
	struct renewal r = renewal_new();
	const struct pki_idevid want = {.product = "X100", .serial = "SN1"};
	struct holder nobody = {.key = pki_key("EC-P256")};
	struct answer a;

	nobody.certificate = pki_idevid(&r.s->stranger, nobody.key, &want);
	expect_refused(
	    r.s, (&(struct ask){.reenroll = true, .as = NULL, .key = r.key}), "ldevid.missing");
	a = scene_ask(r.s, (&(struct ask){.reenroll = true, .as = &nobody, .key = r.key}));
	cr_expect_str_eq(err_code(&a.err), "ldevid.unknown");
	cr_expect_eq(a.err.kind, ERR_AUTH);
	answer_free(&a);
	holder_free(&nobody);
	renewal_free(&r);
}

Test(ca_reenroll, an_idevid_enrolls_there_only_where_the_label_says_so)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1");
	EVP_PKEY *key = pki_key("EC-P256");
	/* strongSwan sends names of its own: the rule of 4.2.2 is for renewals. */
	struct ask ask = {.as = &device, .key = key, .reenroll = true, .no_renewal = "my router"};

	expect_refused(s, &ask, "reenroll.idevid");
	s->label.idevid_at_reenroll = true;
	expect_certificate(s, &ask, ENROLL_ISSUED);
	holder_free(&device);
	EVP_PKEY_free(key);
	scene_free(s);
}

Test(ca_reenroll, an_ldevid_at_simpleenroll_is_told_where_to_go)
{
	struct renewal r = renewal_new();

	expect_refused(r.s, &(struct ask){.as = &r.ldevid, .key = r.key}, "enroll.ldevid");
	cr_expect_eq(pg_number(&r.s->database,
			 "SELECT count(*) FROM enrollment WHERE reason_code = 'enroll.ldevid'"
			 " AND NOT stranger AND serial = 'SN1' AND advice LIKE '%simplereenroll%'"),
	    1);
	renewal_free(&r);
}

/* A server's certificate is ours, but no device's. */
Test(ca_reenroll, a_certificate_of_no_device_renews_nothing)
{
	struct renewal r = renewal_new();

	pg_exec(&r.s->database, "UPDATE certificate SET device_id = NULL");
	expect_refused(r.s, RENEW(r), "ldevid.not-stored");
	renewal_free(&r);
}
