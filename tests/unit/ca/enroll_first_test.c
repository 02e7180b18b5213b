/*
 * The first certificate of a device takes no look at the store; whatever the store knows does. A
 * look reads certificates: where the server may not, only what takes no look can succeed.
 */
#include <criterion/criterion.h>

#include <openssl/ssl.h>
#include <stdio.h>

#include "tests/unit/ca/enroll_scene.h"

TestSuite(ca_enroll_first, .timeout = 60);

static void forbid_looking(struct scene *s)
{
	pg_exec(&s->database, "REVOKE SELECT ON certificate FROM signet_server;"
			      "GRANT SELECT (id, device_id) ON certificate TO signet_server");
}

static void allow_looking(struct scene *s)
{
	pg_exec(&s->database, "GRANT SELECT ON certificate TO signet_server");
}

#define ANNOUNCE "INSERT INTO device (product_id, serial) VALUES (1, 'SN1');"

static const struct first {
	const char *name;
	bool required; /* registration, else open */
	const char *sql;
} firsts[] = {
    {"never seen", false, NULL},
    {"announced", true, ANNOUNCE},
    {"announced, and the label is open", false, ANNOUNCE},
    {"claimed", true, ANNOUNCE "UPDATE device SET state = 'claimed'"},
    {"another device of the kind is there", false,
	"INSERT INTO device (product_id, serial, state) VALUES (1, 'SN2', 'suspended')"},
};

Test(ca_enroll_first, takes_no_look)
{
	for (size_t i = 0; i < COUNT(firsts); i++) {
		struct scene *s = scene_new();
		struct holder device = scene_idevid(s, "X100", "SN1");
		EVP_PKEY *key = pki_key("EC-P256");
		struct answer a;

		if (firsts[i].required)
			s->label.registration = REGISTRATION_REQUIRED;
		if (firsts[i].sql)
			pg_exec(&s->database, firsts[i].sql);
		forbid_looking(s);
		a = scene_ask(s, &(struct ask){.as = &device, .key = key});
		cr_expect(a.done.ok, "%s: %s (%s)", firsts[i].name, a.err.message, a.err.cause);
		cr_expect_eq(a.reply.outcome, ENROLL_ISSUED);
		cr_expect_eq(
		    pg_number(&s->database,
			"SELECT count(*) FROM device d JOIN certificate c ON c.device_id = d.id"
			" JOIN enrollment e ON e.certificate_id = c.id AND e.device_id = d.id"
			" JOIN log_salt l ON l.record_kind = 'certificate' AND l.record_id = c.id"
			" WHERE d.serial = 'SN1' AND d.state = 'enrolled' AND d.issuances = 1"
			" AND d.idevid_key IS NOT NULL AND d.idevid_certificate IS NOT NULL"
			" AND d.first_enrolled_at IS NOT NULL"),
		    1, "%s", firsts[i].name);
		cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM public_key"), 2);
		answer_free(&a);
		holder_free(&device);
		EVP_PKEY_free(key);
		scene_free(s);
	}
}

/* Digests that put_key() finds, for the SQL behind it. */
#define NEW_KEY    "decode(current_setting('test.new_key'), 'hex')"
#define IDEVID_KEY "decode(current_setting('test.idevid_key'), 'hex')"
#define WAITING(state)                                                                           \
	"INSERT INTO enrollment (label, operation, outcome, product, serial, key_digest, "       \
	"idevid_digest, peer_address, request_id, stranger, state, expires_at) SELECT 'field', " \
	"'enroll', 'pending', 'acme-x100', 'SN1', " NEW_KEY ", " IDEVID_KEY                      \
	", '', '', false, '" state "', '2200-01-01'"
#define KEY_SEEN(digest, kind)                                                     \
	ANNOUNCE "INSERT INTO public_key (digest, device_id, kind) SELECT " digest \
		 ", NULL, '" kind "' FROM device"

static const struct known {
	const char *name;
	bool required;
	const char *sql;
	const char *want_code; /* with a look; NULL: a certificate */
} knowns[] = {
    {"not announced", true, "SELECT 1", "device.unknown"},
    {"came to an open label once", true,
	"INSERT INTO device (product_id, serial, announced) VALUES (1, 'SN1', false)",
	"device.unknown"},
    {"has had a certificate", false,
	"INSERT INTO device (product_id, serial, state, issuances) VALUES (1, 'SN1', 'enrolled', 1)",
	NULL},
    {"suspended", false,
	"INSERT INTO device (product_id, serial, state) VALUES (1, 'SN1', 'suspended')",
	"device.suspended"},
    {"retired", true, "INSERT INTO device (product_id, serial, state) VALUES (1, 'SN1', 'retired')",
	"device.retired"},
    {"announced with another IDevID key", true,
	ANNOUNCE "UPDATE device SET idevid_key = decode(repeat('ab', 32), 'hex')", "device.clone"},
    {"the key of the request was seen", false, KEY_SEEN(NEW_KEY, "server"), "key.reused"},
    {"the IDevID's key was seen", false, KEY_SEEN(IDEVID_KEY, "ldevid"), "device.clone"},
    {"one waits here", false, WAITING("open"), "device.clone"},
};

static void put_key(EVP_PKEY *key, char hex[static 2 * SHA256_SIZE + 1])
{
	AUTO(buf) spki = {0};
	struct err err = {0};
	struct digest digest;

	cr_assert(key_spki(key, &spki, &err).ok);
	digest = sha256(buf_span(&spki));
	hex_text(SPAN_OF(digest.bytes), hex);
}

Test(ca_enroll_first, whatever_is_known_is_looked_at)
{
	for (size_t i = 0; i < COUNT(knowns); i++) {
		const struct known *k = &knowns[i];
		struct scene *s = scene_new();
		struct holder device = scene_idevid(s, "X100", "SN1");
		EVP_PKEY *key = pki_key("EC-P256");
		const struct ask ask = {.as = &device, .key = key};
		char new_key[2 * SHA256_SIZE + 1], idevid_key[2 * SHA256_SIZE + 1], sql[1000];
		struct answer a;

		if (k->required)
			s->label.registration = REGISTRATION_REQUIRED;
		put_key(key, new_key);
		put_key(device.key, idevid_key);
		snprintf(sql, sizeof sql, "SET test.new_key = '%s'; SET test.idevid_key = '%s'; %s",
		    new_key, idevid_key, k->sql);
		pg_exec(&s->database, sql);
		forbid_looking(s);
		a = scene_ask(s, &ask);
		cr_expect_not(a.done.ok, "%s", k->name);
		cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM certificate"), 0);
		answer_free(&a);
		allow_looking(s);
		if (k->want_code)
			expect_refused(s, &ask, k->want_code);
		else
			expect_certificate(s, &ask, ENROLL_ISSUED);
		holder_free(&device);
		EVP_PKEY_free(key);
		scene_free(s);
	}
}
