/* tests/unit/ca/policy_test.c: applying, loading, holding. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <criterion/criterion.h>

#include "base/file.h"
#include "signing/format/entry.h"
#include "tests/unit/ca/policy_scene.h"

/* ---- applying ---- */

Test(ca_policy_apply, a_good_file_is_applied_once_and_again_changes_nothing)
{
	struct policy_scene *s = policy_scene_new();
	long long before;

	policy_scene_good(s);
	cr_assert_eq(s->change_count, 5);
	for (size_t i = 0; i < s->change_count; i++)
		cr_expect_eq((int)s->changes[i].what, POLICY_CREATED, "%s", s->changes[i].name);
	before = policy_scene_state(s);
	policy_scene_good(s);
	for (size_t i = 0; i < s->change_count; i++)
		cr_expect_eq((int)s->changes[i].what, POLICY_UNCHANGED, "%s", s->changes[i].name);
	cr_expect_eq(policy_scene_state(s), before);
	policy_scene_free(s);
}

Test(ca_policy_apply, another_way_to_write_the_same_changes_nothing)
{
	struct policy_scene *s = policy_scene_new();
	long long before;

	policy_scene_good(s);
	before = policy_scene_state(s);
	cr_expect_eq(policy_scene_apply(s, "{\"model\": \"X100\", \"kind\": \"product\", "
					   "\"manufacturer\": Acme, \"name\": 'x100'}"),
	    ERR_NONE, "%s", s->err.message);
	/* Standards written out are still standards. */
	cr_expect_eq(
	    policy_scene_apply(s, "kind: label\nname: factory\nunlabelled: true\nprofile: device\n"
				  "trust_anchors: [acme]\nproducts: [x100]\n"
				  "registration: required\npop: optional\nresend: 60m\n"),
	    ERR_NONE, "%s", s->err.message);
	cr_expect_eq(policy_scene_state(s), before);
	policy_scene_free(s);
}

Test(ca_policy_apply, a_change_bumps_the_version_once_and_notifies)
{
	struct policy_scene *s = policy_scene_new();
	AUTO_REF(db) listener = pg_open(&s->database);
	struct err err = {0};
	bool notified = false;
	long long version;

	cr_assert(db_listen(listener, "signet_policy", &err).ok);
	version = pg_number(&s->database, "SELECT version FROM policy_version");
	policy_scene_good(s);
	cr_expect_eq(pg_number(&s->database, "SELECT version FROM policy_version"), version + 1);
	cr_assert(db_wait(listener, 5000, &notified, &err).ok);
	cr_expect(notified);
	policy_scene_free(s);
}

Test(ca_policy_apply, each_change_has_a_log_entry_that_commits_to_its_record)
{
	struct policy_scene *s = policy_scene_new();

	policy_scene_good(s);
	cr_expect_eq(
	    pg_number(&s->database,
		"SELECT count(*) FROM policy_change c JOIN log_salt l ON l.record_kind = "
		"'policy_change' AND l.record_id = c.id JOIN log_entry e ON e.id = l.entry_id "
		"WHERE e.kind = 'policy.created' AND c.who = 'tester'"),
	    5);
	/* The commitment is the last member: 32 octets. PostgreSQL has no HMAC: put together here.
	 */
	cr_expect_eq(
	    pg_number(&s->database,
		"WITH r AS (SELECT e.entry, l.salt || '\\x0000000000000000000000000000000000000000"
		"000000000000000000000000'::bytea AS key, c.record FROM policy_change c JOIN log_salt"
		" l ON l.record_id = c.id JOIN log_entry e ON e.id = l.entry_id), x AS (SELECT entry,"
		" record, (SELECT string_agg(set_byte('\\x00'::bytea, 0, get_byte(key, i) # 54), ''"
		" ORDER BY i) FROM generate_series(0, 63) i) AS ipad, (SELECT string_agg(set_byte("
		"'\\x00'::bytea, 0, get_byte(key, i) # 92), '' ORDER BY i) FROM generate_series(0,"
		" 63) i) AS opad FROM r) SELECT count(*) FROM x WHERE substring(entry FROM length("
		"entry) - 31) = sha256(opad || sha256(ipad || record))"),
	    7);
	policy_scene_free(s);
}

Test(ca_policy_apply, a_dry_run_tells_and_changes_nothing)
{
	struct policy_scene *s = policy_scene_new();
	long long before = policy_scene_state(s);

	cr_assert_eq(policy_scene_try(s, policy_good), ERR_NONE, "%s", s->err.message);
	cr_expect_eq(s->change_count, 5);
	cr_expect_eq((int)s->changes[0].what, POLICY_CREATED);
	cr_expect_eq(policy_scene_state(s), before);
	policy_scene_free(s);
}

Test(ca_policy_apply, a_shrinking_file_takes_nothing_away)
{
	struct policy_scene *s = policy_scene_new();

	policy_scene_good(s);
	cr_assert_eq(
	    policy_scene_apply(s, "kind: product\nname: x300\nmanufacturer: Acme\nmodel: X300\n"),
	    ERR_NONE, "%s", s->err.message);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM product"), 3);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM label"), 1);
	policy_scene_free(s);
}

Test(ca_policy_apply, two_products_may_change_places)
{
	struct policy_scene *s = policy_scene_new();

	policy_scene_good(s);
	cr_assert_eq(policy_scene_apply(s,
			 "kind: product\nname: x100\nmanufacturer: Acme\nmodel: X200\n---\n"
			 "kind: product\nname: x200\nmanufacturer: Acme\nmodel: X100\n"),
	    ERR_NONE, "%s (%s)", s->err.message, s->err.cause);
	policy_scene_free(s);
}

Test(ca_policy_apply, an_authority_can_change_its_urls)
{
	struct policy_scene *s = policy_scene_new();

	cr_assert_eq(
	    policy_scene_apply(s, "kind: authority\nname: issuing\nkey_uri: file:issuing.key\n"
				  "crl_url: http://ca.example/issuing.crl\n"),
	    ERR_NONE, "%s", s->err.message);
	cr_expect_str_eq(
	    pg_value(&s->database, "SELECT spec->>'crl_url' FROM authority WHERE name = 'issuing'"),
	    "http://ca.example/issuing.crl");
	policy_scene_free(s);
}

Test(ca_policy_apply, a_key_beside_a_certificate_never_reaches_the_store)
{
	struct policy_scene *s = policy_scene_new();

	cr_assert_eq(policy_scene_apply(s, "kind: trust-anchor\nname: other\nmanufacturer: Other\n"
					   "certificate_file: with-key.pem\nproduct: {value: Y}\n"
					   "serial: {from: subject.serialNumber}\n"),
	    ERR_NONE, "%s", s->err.message);
	cr_expect_eq(
	    pg_number(&s->database,
		"SELECT count(*) FROM trust_anchor WHERE spec::text ~ 'PRIVATE' OR spec::text ~ 'some'"),
	    0);
	cr_expect_eq(
	    pg_number(&s->database,
		"SELECT count(*) FROM policy_change WHERE convert_from(record, 'UTF8') ~ 'PRIVATE'"),
	    0);
	policy_scene_free(s);
}

/* ---- devices ---- */

Test(ca_policy_apply, devices_are_made_known_once)
{
	struct policy_scene *s = policy_scene_new();
	const char *const file = "kind: devices\nproduct: x100\nserials: [A1, A2, A3, A2]\n---\n"
				 "kind: device\nproduct: x200\nserial: A1\n";
	long long before;

	policy_scene_good(s);
	cr_assert_eq(
	    policy_scene_apply(s, file), ERR_NONE, "%s (%s)", s->err.message, s->err.cause);
	cr_expect_eq(
	    pg_number(&s->database, "SELECT count(*) FROM device WHERE state = 'made'"), 4);
	cr_expect_eq(
	    pg_number(&s->database, "SELECT count(*) FROM log_entry WHERE kind = 'device.made'"),
	    2);
	before = policy_scene_state(s);
	cr_assert_eq(policy_scene_apply(s, file), ERR_NONE, "%s", s->err.message);
	cr_expect_eq(policy_scene_state(s), before);
	/* A file with one more: only that one is recorded. */
	cr_assert_eq(
	    policy_scene_apply(s, "kind: devices\nproduct: x100\nserials: [A1, A4]\n"), ERR_NONE);
	cr_expect_str_eq(
	    pg_value(&s->database,
		"SELECT (convert_from(record, 'UTF8')::json->>'document')::json->>'serials' "
		"FROM policy_change ORDER BY id DESC LIMIT 1"),
	    "[\"A4\"]");
	policy_scene_free(s);
}

Test(ca_policy_apply, a_product_and_its_devices_may_stand_in_one_file)
{
	struct policy_scene *s = policy_scene_new();

	cr_assert_eq(
	    policy_scene_apply(s, "kind: device\nproduct: z\nserial: Z1\n---\n"
				  "kind: product\nname: z\nmanufacturer: Zeta\nmodel: Z\n"),
	    ERR_NONE, "%s (%s)", s->err.message, s->err.cause);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM device"), 1);
	policy_scene_free(s);
}

static double seconds_to_apply(struct policy_scene *s, const char *text)
{
	int64_t start = monotonic_ms();

	cr_assert_eq(
	    policy_scene_apply(s, text), ERR_NONE, "%s (%s)", s->err.message, s->err.cause);
	return (double)(monotonic_ms() - start) / 1000;
}

Test(ca_policy_apply, a_hundred_thousand_devices_take_seconds, .timeout = 240)
{
	struct policy_scene *s = policy_scene_new();
	AUTO(buf) text = {0};
	double took;

	policy_scene_good(s);
	for (int i = 0; i < 100000; i++)
		buf_printf(&text, "---\nkind: device\nproduct: x100\nserial: SN%06d\n", i);
	took = seconds_to_apply(s, buf_cstr(&text));
	/* Generous: sanitizers and a busy machine; it takes one or two. A query each would take
	 * minutes. */
	cr_expect(took < 60, "%.1f s", took);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM device"), 100000);
	policy_scene_free(s);
}

/* ---- loading ---- */

static struct policy *load(struct policy_scene *s, struct hsm *hsm)
{
	struct policy *p = NULL;
	struct err err = {0};

	cr_assert(policy_load(s->db, hsm, &p, &err).ok, "%s (%s)", err.message, err.cause);
	return p;
}

Test(ca_policy_load, what_was_applied_comes_back_linked)
{
	struct policy_scene *s = policy_scene_new();
	AUTO_REF(policy) p = NULL;
	struct label *l;
	char text[] = "Acme X100";
	regmatch_t m[3];

	policy_scene_good(s);
	p = load(s, NULL);
	cr_expect_eq(p->version, pg_number(&s->database, "SELECT version FROM policy_version"));
	l = policy_label(p, "factory");
	cr_assert_not_null(l);
	cr_expect_eq(policy_label(p, NULL), l);
	cr_expect_eq(policy_label(p, ""), l);
	cr_expect_null(policy_label(p, "nowhere"));
	cr_expect_eq(l->profile, policy_profile(p, "device"));
	cr_expect_eq(l->profile->authority, policy_authority(p, "issuing"));
	cr_expect_eq(l->profile->authority->parent, policy_authority(p, "root"));
	cr_expect_eq(l->profile->authority->chain_count, 1);
	cr_expect(
	    span_equal(l->profile->authority->chain[0], policy_authority(p, "root")->certificate));
	cr_expect_not_null(l->profile->compiled);
	cr_assert_eq(l->anchor_count, 1);
	cr_expect_eq(l->anchors[0], policy_anchor(p, "acme"));
	cr_assert_eq(l->product_count, 1);
	cr_expect_eq(l->products[0], policy_product(p, "Acme", "X100"));
	cr_expect_null(policy_product(p, "Acme", "X300"));
	cr_expect_eq(regexec(l->anchors[0]->product.compiled, text, 3, m, 0), 0);
	cr_expect_eq(m[2].rm_so, 5);
	cr_expect_neq(regexec(l->anchors[0]->product.compiled, "An Acme X100", 3, m, 0), 0);
	cr_expect(l->profile->authority->cacerts_base64.n > 0);
	cr_expect(l->csrattrs_base64.n > 0);
	cr_expect_eq(policy_authority_by_ski(p, l->profile->authority->ski), l->profile->authority);
	cr_expect_null(policy_authority_by_ski(p, SPAN_NONE));
	policy_scene_free(s);
}

/* validity has a standard value: no_expiry goes before it, or no document could say no_expiry. */
Test(ca_policy_load, a_profile_without_expiry_can_be_written)
{
	struct policy_scene *s = policy_scene_new();
	AUTO_REF(policy) p = NULL;

	cr_assert_eq(policy_scene_apply(s,
			 "kind: profile\nname: forever\nauthority: issuing\nno_expiry: true\n"
			 "subject: [{attribute: serialNumber, value: \"{serial}\"}]\n"),
	    ERR_NONE, "%s", s->err.message);
	p = load(s, NULL);
	cr_assert_not_null(policy_profile(p, "forever"));
	cr_expect(policy_profile(p, "forever")->no_expiry);
	policy_scene_free(s);
}

Test(ca_policy_load, standards_deny_by_default)
{
	struct policy_scene *s = policy_scene_new();
	AUTO_REF(policy) p = NULL;
	const struct label *l;

	policy_scene_good(s);
	p = load(s, NULL);
	l = policy_label(p, NULL);
	cr_expect_eq(l->registration, REGISTRATION_REQUIRED);
	cr_expect_eq(l->pop, POP_OPTIONAL);
	cr_expect(!l->idevid_at_reenroll);
	cr_expect_eq(l->retry_after, 60);
	cr_expect_eq(l->approval_expires, 7 * 86400);
	cr_expect_eq(l->resend, 3600);
	cr_expect_eq(l->anchors[0]->leniencies, 0);
	cr_expect_eq(l->profile->key_usage, 1U << KU_DIGITAL_SIGNATURE);
	cr_expect_eq(l->profile->key_algorithms.count, 3);
	policy_scene_free(s);
}

struct keys {
	char directory[64], key_directory[80], passphrase[80];
	struct hsm *hsm;
};

static void keys_open(struct keys *k)
{
	struct err err = {0};
	struct hsm_config config;

	snprintf(k->directory, sizeof(k->directory), "/tmp/signet-keys-XXXXXX");
	cr_assert_not_null(mkdtemp(k->directory));
	snprintf(k->key_directory, sizeof(k->key_directory), "%s/keys", k->directory);
	snprintf(k->passphrase, sizeof(k->passphrase), "%s/passphrase", k->directory);
	cr_assert_eq(mkdir(k->key_directory, 0700), 0);
	cr_assert(file_create(k->passphrase, SPAN_LITERAL("correct horse\n"), 0600, &err).ok);
	config = (struct hsm_config){k->key_directory, k->passphrase};
	cr_assert(hsm_open(&config, &k->hsm, &err).ok, "%s", err.message);
}

static void keys_import(struct keys *k, EVP_PKEY *key)
{
	AUTO_REF(hsm_key) imported = NULL;
	AUTO(buf) pem = {0};
	struct err err = {0};

	pki_pem_key(key, &pem);
	cr_assert(
	    hsm_key_import(k->hsm, "file:issuing.key", buf_span(&pem), NULL, &imported, &err).ok,
	    "%s", err.message);
}

static void keys_close(struct keys *k)
{
	char command[96];

	hsm_close(k->hsm);
	snprintf(command, sizeof(command), "rm -rf %s", k->directory);
	cr_expect_eq(system(command), 0);
}

Test(ca_policy_load, keys_on_this_node_are_opened, .timeout = 60)
{
	struct policy_scene *s = policy_scene_new();
	struct keys k = {0};
	struct policy *p;

	keys_open(&k);
	keys_import(&k, s->issuing.key);
	p = load(s, k.hsm);
	cr_expect_not_null(policy_authority(p, "issuing")->key);
	cr_expect_null(policy_authority(p, "root")->key);
	cr_expect_str_eq(policy_authority(p, "root")->key_problem, "");
	policy_release(p);
	keys_close(&k);
	policy_scene_free(s);
}

Test(ca_policy_load, a_key_of_another_certificate_is_not_used, .timeout = 60)
{
	struct policy_scene *s = policy_scene_new();
	struct keys k = {0};
	struct policy *p;

	keys_open(&k);
	keys_import(&k, s->other.key);
	p = load(s, k.hsm);
	cr_expect_null(policy_authority(p, "issuing")->key);
	cr_expect(strstr(policy_authority(p, "issuing")->key_problem, "not that of"), "%s",
	    policy_authority(p, "issuing")->key_problem);
	policy_release(p);
	keys_close(&k);
	policy_scene_free(s);
}

Test(ca_policy_load, a_missing_key_says_so_and_the_rest_goes_on, .timeout = 60)
{
	struct policy_scene *s = policy_scene_new();
	struct keys k = {0};
	struct policy *p;

	keys_open(&k);
	policy_scene_good(s);
	p = load(s, k.hsm);
	cr_expect_null(policy_authority(p, "issuing")->key);
	cr_expect(policy_authority(p, "issuing")->key_problem[0] != 0);
	cr_expect_not_null(policy_label(p, "factory"));
	policy_release(p);
	keys_close(&k);
	policy_scene_free(s);
}

Test(ca_policy_load, an_empty_database_gives_an_empty_policy)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	AUTO_REF(policy) p = NULL;
	struct err err = {0};

	cr_assert(policy_load(db, NULL, &p, &err).ok, "%s (%s)", err.message, err.cause);
	cr_expect_eq(p->label_count, 0);
	cr_expect_null(policy_label(p, NULL));
	pg_database_drop(&d);
}

Test(ca_policy_load, a_tampered_row_is_refused_by_name)
{
	struct policy_scene *s = policy_scene_new();
	struct policy *p = NULL;
	struct err err = {0};

	policy_scene_good(s);
	pg_exec(
	    &s->database, "UPDATE label SET spec = replace(spec::text, 'acme', 'nobody')::json");
	cr_expect(!policy_load(s->db, NULL, &p, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFIG);
	cr_expect(strstr(err.message, "stored label 'factory'"), "%s", err.message);
	policy_scene_free(s);
}
