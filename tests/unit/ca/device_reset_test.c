/* The factory reset that a device tells of: what it revokes, whom it is refused. */
#include <criterion/criterion.h>

#include "ca/device_reset.h"
#include "tests/unit/ca/enroll_scene.h"

TestSuite(ca_device_reset, .timeout = 60);

struct rig {
	struct scene *s;
	struct holder idevid, ldevid, second; /* two LDevIDs of unit SN1 */
};

static struct holder enrolled(struct scene *s, const struct holder *idevid)
{
	EVP_PKEY *key = pki_key("EC-P256");
	struct answer a = scene_ask(s, &(struct ask){.as = idevid, .key = key});
	struct holder h = answer_holder(&a, key);

	EVP_PKEY_free(key);
	answer_free(&a);
	return h;
}

static struct rig rig_new(void)
{
	struct rig r = {.s = scene_new()};

	pg_exec(&r.s->database, "INSERT INTO product (name, manufacturer, model, spec, version) "
				"VALUES ('acme-x100', 'Acme', 'X100', '{}', 1)");
	r.idevid = scene_idevid(r.s, "X100", "SN1");
	r.ldevid = enrolled(r.s, &r.idevid);
	r.second = enrolled(r.s, &r.idevid);
	return r;
}

static void rig_free(struct rig *r)
{
	holder_free(&r->idevid);
	holder_free(&r->ldevid);
	holder_free(&r->second);
	scene_free(r->s);
}

/* The code of the refusal, or the state that the device has now. */
static const char *reset(struct rig *r, const struct holder *as, struct reset_reply *reply)
{
	static _Thread_local struct err err;
	static _Thread_local char state[16];
	unsigned char *der = NULL;
	int n = as ? i2d_X509(as->certificate, &der) : 0;
	struct reset_request q = {
	    .policy = &r->s->policy, .clock = &r->s->clock, .rng = &r->s->rng};
	struct status done;

	err_clear(&err);
	if (as)
		q.credentials = (struct credentials){as->certificate, NULL, span(der, (size_t)n)};
	done = device_reset(r->s->db, &q, reply, &err);
	OPENSSL_free(der);
	snprintf(state, sizeof(state), "%s", reply->state);
	return done.ok ? state : err_code(&err);
}

static int64_t count(const struct rig *r, const char *sql)
{
	return pg_number(&r->s->database, sql);
}

#define IN_FORCE  "SELECT count(*) FROM revocation WHERE resumed_at IS NULL"
#define RESETS    "SELECT count(*) FROM log_entry WHERE kind = 'device.reset'"
#define STATE(st) "SELECT count(*) FROM device WHERE state = '" st "'"

Test(ca_device_reset, all_ldevids_are_revoked_and_logged_and_the_idevid_enrolls_again)
{
	struct rig r = rig_new();
	struct reset_reply reply;
	struct holder again;

	cr_expect_str_eq(reset(&r, &r.ldevid, &reply), "made");
	cr_expect_eq(reply.revoked, 2);
	cr_expect_str_eq(reply.product, "acme-x100");
	cr_expect_str_eq(reply.serial, "SN1");
	cr_expect_eq(count(&r, IN_FORCE " AND reason = 5"), 2, "cessationOfOperation");
	cr_expect_eq(count(&r, RESETS), 1);
	cr_expect_eq(
	    count(&r, "SELECT count(*) FROM log_entry WHERE kind = 'certificate.revoked'"), 2);
	cr_expect_eq(
	    count(&r, "SELECT count(*) FROM policy_change WHERE kind = 'device' AND name = "
		      "'acme-x100/SN1' AND who = 'device:acme-x100/SN1'"),
	    1);
	again = enrolled(r.s, &r.idevid);
	cr_expect_eq(count(&r, STATE("enrolled")), 1);
	cr_expect_eq(count(&r, IN_FORCE), 2, "what it has now is good");
	holder_free(&again);
	rig_free(&r);
}

Test(ca_device_reset, a_device_that_was_announced_is_claimed_again)
{
	struct rig r = rig_new();
	struct reset_reply reply;

	pg_exec(&r.s->database, "UPDATE device SET announced = true");
	cr_expect_str_eq(reset(&r, &r.idevid, &reply), "claimed", "by its IDevID");
	cr_expect_eq(reply.revoked, 2);
	rig_free(&r);
}

Test(ca_device_reset, asked_again_it_is_told_so_again_and_nothing_is_done)
{
	struct rig r = rig_new();
	struct reset_reply reply;

	cr_expect_str_eq(reset(&r, &r.ldevid, &reply), "made");
	cr_expect(reply.changed);
	cr_expect_str_eq(reset(&r, &r.ldevid, &reply), "made", "the answer was lost");
	cr_expect_not(reply.changed);
	cr_expect_str_eq(reset(&r, &r.idevid, &reply), "made");
	cr_expect_eq(count(&r, RESETS), 1);
	cr_expect_eq(count(&r, IN_FORCE), 2);
	rig_free(&r);
}

Test(ca_device_reset, a_unit_that_was_never_seen_has_nothing_to_forget)
{
	struct rig r = rig_new();
	struct holder other = scene_idevid(r.s, "X100", "SN2");
	struct reset_reply reply;

	cr_expect_str_eq(reset(&r, &other, &reply), "");
	cr_expect_eq(reply.revoked, 0);
	cr_expect_eq(count(&r, IN_FORCE), 0, "another unit keeps what it has");
	holder_free(&other);
	rig_free(&r);
}

Test(ca_device_reset, authorities_of_one_name_and_key_are_told_apart_by_the_store)
{
	struct rig r = rig_new();
	struct policy *p = &r.s->policy;
	struct authority *before = p->authorities, twins[] = {before[0], before[0]};
	const size_t count_before = p->authority_count;
	struct reset_reply reply;

	cr_assert_eq(count_before, 1);
	twins[0].id += 1000; /* it has issued nothing */
	p->authorities = twins;
	p->authority_count = COUNT(twins);
	cr_expect_str_eq(reset(&r, &r.ldevid, &reply), "made");
	cr_expect_eq(reply.revoked, 2);
	p->authorities = before;
	p->authority_count = count_before;
	rig_free(&r);
}

/* ---- refused, and nothing is changed ---- */

static void expect_nothing(const struct rig *r, const char *name)
{
	cr_expect_eq(count(r, RESETS), 0, "%s", name);
	cr_expect_eq(count(r, IN_FORCE " AND reason = 5"), 0, "%s", name);
}

Test(ca_device_reset, what_the_store_says_against_it)
{
	static const struct {
		const char *name, *sql, *by_ldevid, *by_idevid;
	} cases[] = {
	    {"suspended", "UPDATE device SET state = 'suspended'", "reset.suspended",
		"reset.suspended"},
	    {"retired", "UPDATE device SET state = 'retired'", "reset.retired", "reset.retired"},
	    {"another IDevID key", "UPDATE device SET idevid_key = sha256('x')", NULL,
		"device.clone"},
	    {"the certificate is another", "UPDATE certificate SET der = 'x'", "ldevid.not-stored",
		NULL},
	    {"its key is compromised",
		"UPDATE public_key SET compromised_at = now() WHERE kind = 'ldevid'",
		"key.compromised", NULL},
	    {"the IDevID's key is compromised",
		"UPDATE public_key SET compromised_at = now() WHERE kind = 'idevid'", NULL,
		"key.compromised"},
	    {"revoked for another reason",
		"INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, "
		"revoked_at, not_after, sequence) SELECT authority_id, serial, id, 0, 1, now(), "
		"not_after, 1 FROM certificate",
		"reset.revoked", NULL},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rig r = rig_new();
		struct reset_reply reply;

		pg_exec(&r.s->database, cases[i].sql);
		if (cases[i].by_ldevid)
			cr_expect_str_eq(
			    reset(&r, &r.ldevid, &reply), cases[i].by_ldevid, "%s", cases[i].name);
		if (cases[i].by_idevid)
			cr_expect_str_eq(
			    reset(&r, &r.idevid, &reply), cases[i].by_idevid, "%s", cases[i].name);
		expect_nothing(&r, cases[i].name);
		rig_free(&r);
	}
}

Test(ca_device_reset, an_old_ldevid_does_not_reset_who_has_enrolled_again)
{
	struct rig r = rig_new();
	struct reset_reply reply;
	struct holder again;

	cr_expect_str_eq(reset(&r, &r.ldevid, &reply), "made");
	again = enrolled(r.s, &r.idevid);
	cr_expect_str_eq(reset(&r, &r.second, &reply), "reset.revoked");
	cr_expect_eq(count(&r, STATE("enrolled")), 1);
	holder_free(&again);
	rig_free(&r);
}

Test(ca_device_reset, nobody_and_strangers)
{
	struct rig r = rig_new();
	struct reset_reply reply;
	struct holder stranger = {.key = pki_key("EC-P256")};

	stranger.certificate = pki_idevid(
	    &r.s->stranger, stranger.key, &(struct pki_idevid){.product = "X100", .serial = "SN1"});
	cr_expect_str_eq(reset(&r, NULL, &reply), "reset.missing");
	cr_expect_str_eq(reset(&r, &stranger, &reply), "idevid.untrusted");
	r.s->now += 31 * 86400;
	cr_expect_str_eq(reset(&r, &r.ldevid, &reply), "ldevid.expired");
	expect_nothing(&r, "nobody");
	r.s->policy.label_count = 0;
	cr_expect_str_eq(reset(&r, &r.idevid, &reply), "reset.unknown");
	holder_free(&stranger);
	rig_free(&r);
}
