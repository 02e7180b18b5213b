/* tests/unit/ca/operator_certificate_test.c: operators' certificates, and all that are none. */
#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <string.h>

#include "ca/operator_certificate.h"
#include "sql/token.h"
#include "tests/lib/pg.h"
#include "tests/lib/pki.h"
#include "tests/unit/ca/issue_fixture.h"

/* Behind our own headers: it has macros of names that they have. */
#include <openssl/x509v3.h>

static char alice_name[] = "alice", bob_name[] = "bob", admin_name[] = "admin";

struct rig {
	struct pg_database database;
	struct db *db;
	struct world world;
	struct policy policy;
	struct access access;
	struct principal principals[2]; /* alice, who holds all; bob, who holds nothing */
	struct role role;
	struct binding binding;
	struct actor alice, bob;
	struct arena arena;
	struct operator_made made;
	struct err err;
};

static struct actor actor_of(const struct principal *p)
{
	return (struct actor){.principal = p,
	    .name = p->name,
	    .person = p->name,
	    .credential = CREDENTIAL_TOKEN,
	    .permission_mask = PERMISSION_ALL};
}

static void rig_make(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->database = pg_database_new(true);
	r->db = pg_open(&r->database);
	world_make(&r->world, "EC-P256", "EC-P256");
	r->world.issuing.id = 1;
	r->world.issuing.operators = true;
	r->principals[0] = (struct principal){.name = alice_name};
	r->principals[1] = (struct principal){.name = bob_name};
	r->role = (struct role){.name = admin_name, .permissions = PERMISSION_ALL};
	r->binding = (struct binding){.name = alice_name,
	    .principal_name = alice_name,
	    .principal = &r->principals[0],
	    .role = &r->role,
	    .expires = INT64_MAX};
	r->access = (struct access){.principals = r->principals,
	    .principal_count = 2,
	    .roles = &r->role,
	    .role_count = 1,
	    .bindings = &r->binding,
	    .binding_count = 1};
	r->policy = (struct policy){
	    .access = &r->access, .authorities = &r->world.issuing, .authority_count = 1};
	r->alice = actor_of(&r->principals[0]);
	r->bob = actor_of(&r->principals[1]);
}

static void rig_free(struct rig *r)
{
	db_close(r->db);
	pg_database_drop(&r->database);
	world_free(&r->world);
	arena_free(&r->arena);
}

static const char *csr_of(struct rig *r, EVP_PKEY *key, bool pem)
{
	const struct pki_csr want = {.common_name = "admin", .san = "DNS:evil.example"};
	AUTO(buf) der = {0};
	AUTO(buf) text = {0};

	pki_csr(key, &want, &der);
	if (pem)
		buf_put_str(&text, "-----BEGIN CERTIFICATE REQUEST-----\n");
	base64_encode_wrapped(buf_span(&der), pem ? 64 : der.n * 2, &text);
	if (pem)
		buf_put_str(&text, "-----END CERTIFICATE REQUEST-----\n");
	return arena_strdup(&r->arena, buf_cstr(&text));
}

static const char *make(struct rig *r, const struct actor *by, int principal, const char *csr)
{
	const struct operator_wish wish = {.policy = &r->policy,
	    .by = by,
	    .principal = &r->principals[principal],
	    .csr = csr,
	    .now = r->world.now};

	err_clear(&r->err);
	return operator_certificate_make(r->db, &wish, &r->world.rng, &r->arena, &r->made, &r->err)
		       .ok
		   ? "good"
		   : err_code(&r->err);
}

static X509 *read_made(const struct rig *r)
{
	BIO *in = BIO_new_mem_buf(r->made.pem, -1);
	X509 *certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);

	cr_assert_not_null(certificate);
	BIO_free(in);
	return certificate;
}

static struct span der_of(struct rig *r, X509 *certificate)
{
	unsigned char *der = NULL;
	int n = i2d_X509(certificate, &der);
	struct span copy = arena_copy(&r->arena, span(der, (size_t)n));

	OPENSSL_free(der);
	return copy;
}

/* The principal, or the code of the refusal. */
static const char *judge(struct rig *r, struct span der, int64_t now)
{
	struct operator_identity who = {0};
	int64_t version;

	err_clear(&r->err);
	return operator_certificate_judge(
		   r->db, &r->policy, der, now, &r->arena, &who, &version, &r->err)
		       .ok
		   ? who.principal
		   : err_code(&r->err);
}

Test(ca_operator_certificate, it_names_the_principal_and_nothing_of_the_request, .timeout = 60)
{
	struct rig r;
	EVP_PKEY *key = pki_key("EC-P256");
	X509 *certificate;
	char text[64] = "";
	int days, seconds;

	rig_make(&r);
	cr_assert_str_eq(make(&r, &r.bob, 1, csr_of(&r, key, true)), "good", "%s", r.err.message);
	certificate = read_made(&r);
	X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof(text));
	cr_expect_str_eq(text, "/CN=bob");
	cr_expect_null(X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL));
	cr_expect_eq(X509_get_extended_key_usage(certificate), XKU_SSL_CLIENT);
	cr_expect_eq(X509_get_key_usage(certificate), (uint32_t)0x80);
	cr_expect_eq(X509_check_ca(certificate), 0);
	ASN1_TIME_diff(
	    &days, &seconds, X509_get0_notBefore(certificate), X509_get0_notAfter(certificate));
	cr_expect_leq(days, 91);
	cr_expect_eq(EVP_PKEY_eq(X509_get0_pubkey(certificate), key), 1);
	/* In the store, in the log; and it is bob. */
	cr_expect_eq(pg_number(&r.database, "SELECT count(*) FROM certificate"), 1);
	cr_expect_eq(pg_number(&r.database, "SELECT count(*) FROM log_entry"), 2);
	cr_expect_str_eq(judge(&r, der_of(&r, certificate), r.world.now), "bob");
	X509_free(certificate);
	EVP_PKEY_free(key);
	rig_free(&r);
}

Test(ca_operator_certificate, base64_alone_is_a_request_as_well, .timeout = 60)
{
	struct rig r;
	EVP_PKEY *key = pki_key("EC-P384");

	rig_make(&r);
	cr_expect_str_eq(
	    make(&r, &r.bob, 1, "-----BEGIN CERTIFICATE REQUEST-----\n*"), "body.base64");
	cr_expect_str_eq(make(&r, &r.bob, 1, "AAAA"), "csr.malformed");
	cr_expect_str_eq(make(&r, &r.bob, 1, csr_of(&r, key, false)), "good", "%s", r.err.message);
	/* A key is one identity's, once. */
	cr_expect_str_eq(make(&r, &r.bob, 1, csr_of(&r, key, false)), "credential.key");
	cr_expect_str_eq(make(&r, &r.alice, 0, csr_of(&r, key, false)), "credential.key");
	EVP_PKEY_free(key);
	rig_free(&r);
}

Test(ca_operator_certificate, nobody_makes_one_for_more_than_they_hold, .timeout = 60)
{
	struct rig r;
	EVP_PKEY *key = pki_key("EC-P256");
	struct actor narrow;

	rig_make(&r);
	cr_expect_str_eq(make(&r, &r.bob, 0, csr_of(&r, key, true)), "credential.exceeds");
	narrow = r.alice;
	narrow.permission_mask = PERMISSION_BIT(PERMISSION_DEVICE_READ);
	cr_expect_str_eq(make(&r, &narrow, 0, csr_of(&r, key, true)), "credential.bound");
	narrow = r.alice;
	narrow.one_request = true;
	cr_expect_str_eq(make(&r, &narrow, 0, csr_of(&r, key, true)), "credential.bound");
	r.principals[1].disabled = true;
	cr_expect_str_eq(make(&r, &r.alice, 1, csr_of(&r, key, true)), "credential.principal");
	r.principals[1].disabled = false;
	r.world.issuing.operators = false;
	cr_expect_str_eq(make(&r, &r.alice, 1, csr_of(&r, key, true)), "credential.authority");
	r.world.issuing.operators = true;
	cr_expect_str_eq(make(&r, &r.alice, 1, csr_of(&r, key, true)), "good");
	EVP_PKEY_free(key);
	rig_free(&r);
}

/* Who stands behind the certificate that `by` makes for bob; "bob": he alone. */
static const char *behind(struct rig *r, const struct actor *by, bool agreed)
{
	EVP_PKEY *key = pki_key("EC-P256");
	const struct operator_wish wish = {.policy = &r->policy,
	    .by = by,
	    .principal = &r->principals[1],
	    .agreed = agreed,
	    .csr = csr_of(r, key, true),
	    .now = r->world.now};
	struct operator_identity who = {0};
	X509 *certificate;
	int64_t version;

	cr_assert(
	    operator_certificate_make(r->db, &wish, &r->world.rng, &r->arena, &r->made, &r->err).ok,
	    "%s", r->err.message);
	certificate = read_made(r);
	cr_assert(operator_certificate_judge(r->db, &r->policy, der_of(r, certificate),
	    r->world.now, &r->arena, &who, &version, &r->err)
		      .ok);
	X509_free(certificate);
	EVP_PKEY_free(key);
	cr_expect_str_eq(who.principal, "bob");
	return who.person ? who.person : "bob";
}

Test(ca_operator_certificate, behind_another_persons_stands_who_had_it_made, .timeout = 60)
{
	struct rig r;
	struct actor lent, local = actor_local("os:root");

	rig_make(&r);
	cr_expect_str_eq(behind(&r, &r.alice, false), "alice");
	lent = r.bob;
	lent.person = "alice"; /* bob's token, of alice's making */
	cr_expect_str_eq(behind(&r, &lent, false), "alice");
	cr_expect_str_eq(behind(&r, &r.alice, true), "bob");
	cr_expect_str_eq(behind(&r, &local, false), "bob");
	cr_expect_str_eq(behind(&r, &r.bob, false), "bob");
	cr_expect_eq(pg_number(&r.database,
			 "SELECT count(*) FROM policy_change WHERE kind = 'operator-certificate'"),
	    5);
	rig_free(&r);
}

/* A row of a token; its id. parent 0: none. */
static int64_t token_of(struct rig *r, int64_t parent, bool ended)
{
	return pg_number(&r->database,
	    arena_printf(&r->arena,
		"INSERT INTO token (jti, principal, created_by, parent_id, created_at, expires_at)"
		" VALUES (sha256(uuid_send(gen_random_uuid())), 'bob', 'os:root', nullif(%lld, 0),"
		" to_timestamp(%lld) - interval '9 hours', to_timestamp(%lld) + interval '%d hours')"
		" RETURNING id",
		(long long)parent, (long long)r->world.now, (long long)r->world.now,
		ended ? -1 : 1));
}

/* A certificate of bob's, made with this token; its DER. */
static struct span made_with(struct rig *r, int64_t token)
{
	EVP_PKEY *key = pki_key("EC-P256");
	struct actor by = r->bob;
	X509 *certificate;
	struct span der;

	by.root_token_id = token;
	cr_assert_str_eq(make(r, &by, 1, csr_of(r, key, true)), "good", "%s", r->err.message);
	certificate = read_made(r);
	der = der_of(r, certificate);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return der;
}

Test(
    ca_operator_certificate, it_outlives_the_end_of_its_token_but_not_the_revocation, .timeout = 60)
{
	struct rig r;
	int64_t first, second, count;
	struct span of_first, of_second, of_none;

	rig_make(&r);
	first = token_of(&r, 0, true);
	second = token_of(&r, first, false);
	of_first = made_with(&r, first);
	of_second = made_with(&r, second);
	of_none = made_with(&r, 0);
	cr_expect_str_eq(judge(&r, of_first, r.world.now), "bob");
	cr_expect_str_eq(judge(&r, of_second, r.world.now), "bob");
	cr_assert(token_revoke(r.db, second, "alice", r.world.now, &count, &r.err).ok);
	cr_expect_str_eq(judge(&r, of_first, r.world.now), "bob");
	cr_expect_str_eq(judge(&r, of_second, r.world.now), "operator.revoked");
	cr_expect_not_null(strstr(r.err.message, "revoked by alice"), "%s", r.err.message);
	/* The first alone is looked at, whatever became of those that it made. */
	of_second = made_with(&r, token_of(&r, first, false));
	pg_exec(&r.database,
	    arena_printf(&r.arena,
		"UPDATE token SET revoked_at = now(), revoked_by = 'os:root' WHERE id = %lld",
		(long long)first));
	cr_expect_str_eq(judge(&r, of_first, r.world.now), "operator.revoked");
	cr_expect_str_eq(judge(&r, of_second, r.world.now), "operator.revoked");
	cr_expect_str_eq(judge(&r, of_none, r.world.now), "bob");
	rig_free(&r);
}

Test(ca_operator_certificate, one_that_is_held_or_revoked_is_nobody, .timeout = 60)
{
	struct rig r;
	struct span der;

	rig_make(&r);
	der = made_with(&r, 0);
	pg_exec(&r.database,
	    "INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, revoked_at, "
	    "not_after, sequence) SELECT authority_id, serial, id, shard, 6, now(), not_after, 1 FROM "
	    "certificate");
	cr_expect_str_eq(judge(&r, der, r.world.now), "operator.revoked");
	cr_expect_not_null(strstr(r.err.message, "certificateHold"), "%s", r.err.message);
	pg_exec(&r.database, "UPDATE revocation SET resumed_at = now()");
	cr_expect_str_eq(judge(&r, der, r.world.now), "bob");
	pg_exec(&r.database, "UPDATE revocation SET resumed_at = NULL, reason = 4");
	cr_expect_str_eq(judge(&r, der, r.world.now), "operator.revoked");
	rig_free(&r);
}

Test(ca_operator_certificate, after_a_restore_none_that_a_token_made_is_good, .timeout = 60)
{
	struct rig r;
	int64_t count = 0, idle;
	struct span live, ended, of_none;

	rig_make(&r);
	live = made_with(&r, token_of(&r, 0, false));
	ended = made_with(&r, token_of(&r, 0, true));
	of_none = made_with(&r, 0);
	idle = token_of(&r, 0, true);
	cr_assert(token_revoke_all(r.db, "os:root", r.world.now, &count, &r.err).ok);
	cr_expect_eq(count, 2);
	cr_expect_str_eq(judge(&r, live, r.world.now), "operator.revoked");
	cr_expect_str_eq(judge(&r, ended, r.world.now), "operator.revoked");
	cr_expect_str_eq(judge(&r, of_none, r.world.now), "bob");
	cr_expect_eq(pg_number(&r.database,
			 arena_printf(&r.arena,
			     "SELECT count(*) FROM token WHERE id = %lld AND revoked_at IS NULL",
			     (long long)idle)),
	    1);
	rig_free(&r);
}

Test(ca_operator_certificate, what_was_not_issued_to_an_operator_is_none, .timeout = 60)
{
	struct rig r;
	EVP_PKEY *key = pki_key("EC-P256");
	struct pki_authority stranger = pki_authority("Stranger", NULL, -1);
	const struct pki_idevid want = {.common_name = "alice", .serial = "alice"};
	X509 *certificate, *foreign;
	struct span der;

	rig_make(&r);
	cr_assert_str_eq(make(&r, &r.alice, 0, csr_of(&r, key, true)), "good");
	certificate = read_made(&r);
	der = der_of(&r, certificate);
	cr_expect_str_eq(judge(&r, der, r.world.now), "alice");
	cr_expect_str_eq(judge(&r, der, r.made.not_after + 1), "operator.validity");
	cr_expect_str_eq(judge(&r, der, r.made.not_before - 1), "operator.validity");
	foreign = pki_idevid(&stranger, key, &want);
	cr_expect_str_eq(judge(&r, der_of(&r, foreign), r.world.now), "operator.certificate");
	cr_expect_str_eq(judge(&r, SPAN_LITERAL("\x30\x00"), r.world.now), "operator.certificate");
	/* A certificate of another kind of the same authority, whatever its name. */
	pg_exec(&r.database, "UPDATE public_key SET kind = 'server'");
	cr_expect_str_eq(judge(&r, der, r.world.now), "operator.certificate");
	pg_exec(&r.database, "UPDATE public_key SET kind = 'operator', compromised_at = now()");
	cr_expect_str_eq(judge(&r, der, r.world.now), "operator.certificate");
	pg_exec(&r.database, "UPDATE public_key SET compromised_at = NULL");
	cr_expect_str_eq(judge(&r, der, r.world.now), "alice");
	/* The authority is one for operators no more. */
	r.world.issuing.operators = false;
	cr_expect_str_eq(judge(&r, der, r.world.now), "operator.certificate");
	X509_free(certificate);
	X509_free(foreign);
	pki_authority_free(&stranger);
	EVP_PKEY_free(key);
	rig_free(&r);
}
