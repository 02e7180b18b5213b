/* One enrollment with an IDevID: each rule of ca/enroll.c, against a real store. */
#include <criterion/criterion.h>

#include <string.h>

#include "sql/enrollment_view.h"
#include "tests/unit/ca/enroll_scene.h"

TestSuite(ca_enroll, .timeout = 60);

Test(ca_enroll, a_new_device_of_an_open_label_gets_a_certificate_that_is_stored)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1");
	EVP_PKEY *key = pki_key("EC-P256");
	struct answer a = scene_ask(s, &(struct ask){.as = &device, .key = key});
	struct holder ldevid = answer_holder(&a, key);
	char cn[64];

	cr_assert(a.done.ok, "%s", a.err.message);
	cr_expect_eq(X509_verify(ldevid.certificate, s->ours.key), 1);
	cr_expect_eq(EVP_PKEY_eq(X509_get0_pubkey(ldevid.certificate), key), 1);
	/* Identity comes from the IDevID, never from the CSR (which says CN=whatever). */
	X509_NAME_get_text_by_NID(
	    X509_get_subject_name(ldevid.certificate), NID_commonName, cn, sizeof cn);
	cr_expect_str_eq(cn, "SN1");
	cr_expect_str_eq(a.reply.product, "acme-x100");
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM certificate"), 1);
	cr_expect_str_eq(pg_value(&s->database, "SELECT state FROM device"), "enrolled");
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM public_key"), 2);
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM enrollment WHERE outcome = 'issued' AND NOT stranger"
			 " AND certificate_id = (SELECT id FROM certificate)"),
	    1);
	answer_free(&a);
	holder_free(&ldevid);
	holder_free(&device);
	EVP_PKEY_free(key);
	scene_free(s);
}

static void set_required(struct scene *s)
{
	s->label.registration = REGISTRATION_REQUIRED;
}
static void set_no_product(struct scene *s)
{
	s->products[0] = &s->all_products[1];
}
static void set_pop(struct scene *s)
{
	s->label.pop = POP_REQUIRED;
}
static void set_crl_required(struct scene *s)
{
	s->anchor.crl = CRL_REQUIRED;
}
static void set_no_unlabelled(struct scene *s)
{
	s->label.unlabelled = false;
}

/* What a device with a good IDevID (X100 SN1) is refused for. */
static const struct refusal {
	const char *name;
	void (*set)(struct scene *s);
	const char *sql; /* run first */
	struct ask ask;
	const char *want_code;
	bool want_known; /* the row names the device's serial number */
} refusals[] = {
    {"not registered", set_required, NULL, {0}, "device.unknown", true},
    {"suspended", NULL,
	"INSERT INTO device (product_id, serial, state) VALUES (1, 'SN1', 'suspended')", {0},
	"device.suspended", true},
    {"retired", NULL, "INSERT INTO device (product_id, serial, state) VALUES (1, 'SN1', 'retired')",
	{0}, "device.retired", true},
    {"product of another label", set_no_product, NULL, {0}, "product.label", true},
    {"binding required", set_pop, NULL, {0}, "binding.absent", true},
    {"binding of another session", set_pop, NULL, {.challenge = "AAAA"}, "binding.mismatch", true},
    {"no current list", set_crl_required, NULL, {0}, "idevid.no-crl", true},
    {"unknown label", NULL, NULL, {.segment = "nobody"}, "label.unknown", false},
    {"no label serves it", set_no_unlabelled, NULL, {0}, "label.unknown", false},
    {"empty body", NULL, NULL, {.body = {(const uint8_t *)" \r\n", 3}}, "body.empty", true},
    {"no base64", NULL, NULL, {.body = {(const uint8_t *)"-----BEGIN", 10}}, "body.base64", true},
    {"no request", NULL, NULL, {.body = {(const uint8_t *)"MAA=", 4}}, "csr.malformed", true},
};

Test(ca_enroll, refuses_and_keeps_why)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct scene *s = scene_new();
		struct holder device = scene_idevid(s, "X100", "SN1");
		EVP_PKEY *key = pki_key("EC-P256");
		struct ask ask = r->ask;

		ask.as = &device;
		ask.key = key;
		if (r->set)
			r->set(s);
		if (r->sql)
			pg_exec(&s->database, r->sql);
		expect_refused(s, &ask, r->want_code);
		cr_expect_eq(
		    pg_number(&s->database, "SELECT count(*) FROM enrollment"), 1, "%s", r->name);
		cr_expect_str_eq(pg_value(&s->database, "SELECT reason_code FROM enrollment"),
		    r->want_code, "%s", r->name);
		cr_expect_eq(
		    pg_number(&s->database,
			"SELECT count(*) FROM enrollment WHERE message <> '' AND rule <> ''"
			" AND advice <> '' AND outcome = 'refused'"),
		    1, "%s", r->name);
		cr_expect_eq(
		    pg_number(&s->database,
			"SELECT count(*) FROM enrollment WHERE NOT stranger AND serial = 'SN1'"),
		    r->want_known, "%s", r->name);
		cr_expect_eq(
		    pg_number(&s->database, "SELECT count(*) FROM certificate"), 0, "%s", r->name);
		holder_free(&device);
		EVP_PKEY_free(key);
		scene_free(s);
	}
}

Test(ca_enroll, a_registered_device_is_known_by_product_and_serial_number)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1"),
		      other = scene_idevid(s, "X100", "SN2");
	EVP_PKEY *key = pki_key("EC-P256"), *second = pki_key("EC-P256");

	set_required(s);
	pg_exec(
	    &s->database, "INSERT INTO device (product_id, serial) VALUES (1, 'SN1'), (2, 'SN2')");
	expect_certificate(s, &(struct ask){.as = &device, .key = key}, ENROLL_ISSUED);
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM device WHERE serial = 'SN1' AND state = 'enrolled'"
			 " AND idevid_key IS NOT NULL AND first_enrolled_at IS NOT NULL"),
	    1);
	expect_refused(s, &(struct ask){.as = &other, .key = second}, "device.unknown");
	holder_free(&device);
	holder_free(&other);
	EVP_PKEY_free(key);
	EVP_PKEY_free(second);
	scene_free(s);
}

/* A known device under another IDevID key: refused, an alarm, a log entry. */
Test(ca_enroll, a_clone_is_refused_and_alarmed_once)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1"),
		      clone = scene_idevid(s, "X100", "SN1");
	EVP_PKEY *key = pki_key("EC-P256"), *other = pki_key("EC-P256");
	struct answer a;

	expect_certificate(s, &(struct ask){.as = &device, .key = key}, ENROLL_ISSUED);
	a = scene_ask(s, &(struct ask){.as = &clone, .key = other});
	cr_expect_str_eq(err_code(&a.err), "device.clone");
	cr_expect(a.reply.alarm);
	answer_free(&a);
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM alarm WHERE kind = 'clone' AND device_id IS NOT NULL"
			 " AND enrollment_id IS NOT NULL AND detail LIKE '%SN1%'"),
	    1);
	cr_expect_eq(
	    pg_number(&s->database, "SELECT count(*) FROM log_entry WHERE kind = 'alarm.clone'"),
	    1);
	expect_refused(s, &(struct ask){.as = &clone, .key = other}, "device.clone");
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM alarm"), 1, "once an hour");
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM certificate"), 1);
	holder_free(&device);
	holder_free(&clone);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	scene_free(s);
}

Test(ca_enroll, one_idevid_key_under_two_serial_numbers_is_a_clone)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1"), second = {0};
	const struct pki_idevid want = {.product = "X100", .serial = "SN2"};
	EVP_PKEY *key = pki_key("EC-P256"), *other = pki_key("EC-P256");

	EVP_PKEY_up_ref(device.key);
	second.key = device.key;
	second.certificate = pki_idevid(&s->maker, device.key, &want);
	expect_certificate(s, &(struct ask){.as = &device, .key = key}, ENROLL_ISSUED);
	expect_refused(s, &(struct ask){.as = &second, .key = other}, "device.clone");
	holder_free(&device);
	holder_free(&second);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	scene_free(s);
}

Test(ca_enroll, a_key_belongs_to_one_identity)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1"),
		      other = scene_idevid(s, "X100", "SN2");
	EVP_PKEY *key = pki_key("EC-P256"), *third = pki_key("EC-P256");

	expect_certificate(s, &(struct ask){.as = &device, .key = key}, ENROLL_ISSUED);
	expect_refused(s, &(struct ask){.as = &other, .key = key}, "key.reused");
	/* Its own IDevID's, and that of a device seen before. */
	expect_refused(s, &(struct ask){.as = &other, .key = other.key}, "key.idevid");
	expect_refused(s, &(struct ask){.as = &other, .key = device.key}, "key.idevid");
	pg_exec(&s->database, "UPDATE public_key SET compromised_at = now() WHERE kind = 'ldevid'");
	expect_refused(s, &(struct ask){.as = &device, .key = key}, "key.compromised");
	expect_certificate(s, &(struct ask){.as = &device, .key = third}, ENROLL_ISSUED);
	pg_exec(&s->database, "UPDATE public_key SET compromised_at = now() WHERE kind = 'idevid'");
	EVP_PKEY_free(third);
	third = pki_key("EC-P256");
	expect_refused(s, &(struct ask){.as = &device, .key = third}, "key.compromised");
	holder_free(&device);
	holder_free(&other);
	EVP_PKEY_free(key);
	EVP_PKEY_free(third);
	scene_free(s);
}

Test(ca_enroll, a_lost_reply_is_repeated_within_the_resend_window)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1");
	EVP_PKEY *key = pki_key("EC-P256");
	struct ask ask = {.as = &device, .key = key};
	struct answer first = scene_ask(s, &ask), again;

	cr_assert(first.done.ok);
	s->now += 599;
	again = scene_ask(s, &ask);
	cr_expect_eq(again.reply.outcome, ENROLL_RESENT, "%s", again.err.message);
	cr_expect(
	    span_equal(buf_span(&first.reply.certificate), buf_span(&again.reply.certificate)));
	cr_expect_eq(
	    pg_number(&s->database, "SELECT count(*) FROM enrollment WHERE outcome = 'resent'"
				    " AND certificate_id = (SELECT id FROM certificate)"),
	    1);
	answer_free(&again);
	s->now += 2;
	again = scene_ask(s, &ask);
	cr_expect_eq(again.reply.outcome, ENROLL_ISSUED, "%s", again.err.message);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM certificate"), 2);
	answer_free(&again);
	answer_free(&first);
	holder_free(&device);
	EVP_PKEY_free(key);
	scene_free(s);
}

Test(ca_enroll, what_the_manufacturer_revoked_is_refused)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1");
	const ASN1_INTEGER *n = X509_get0_serialNumber(device.certificate);
	AUTO(buf) room = {0};
	AUTO(buf) sql = {0};
	AUTO(buf) serial = {0};
	EVP_PKEY *key = pki_key("EC-P256");
	struct digest issuer;
	char issuer_hex[2 * SHA256_SIZE + 1];

	/* As ca/trust.h says: SHA-256 over the issuer's Name DER and SPKI DER. */
	buf_put(&room, s->anchor.subject);
	buf_put(&room, s->anchor.spki);
	issuer = sha256(buf_span(&room));
	hex_text(SPAN_OF(issuer.bytes), issuer_hex);
	hex_encode(span(ASN1_STRING_get0_data(n), (size_t)ASN1_STRING_length(n)), &serial);
	buf_printf(&sql,
	    "INSERT INTO trust_crl (issuer, anchor_id, number, this_update, next_update, der) VALUES"
	    " ('\\x%s', 1, 1, now(), now() + interval '1 day', '')",
	    issuer_hex);
	pg_exec(&s->database, buf_cstr(&sql));
	set_crl_required(s);
	expect_certificate(s, &(struct ask){.as = &device, .key = key}, ENROLL_ISSUED);
	buf_reset(&sql);
	buf_printf(&sql, "INSERT INTO trust_revoked VALUES ('\\x%s', '\\x%s', now())", issuer_hex,
	    buf_cstr(&serial));
	pg_exec(&s->database, buf_cstr(&sql));
	expect_refused(s, &(struct ask){.as = &device, .key = key}, "idevid.revoked");
	holder_free(&device);
	EVP_PKEY_free(key);
	scene_free(s);
}

Test(ca_enroll, a_linked_request_says_so_in_its_row)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1");
	EVP_PKEY *key = pki_key("EC-P256");
	AUTO(buf) text = {0};
	const uint8_t exporter[32] = {9};

	set_pop(s);
	base64_encode(SPAN_OF(exporter), &text);
	expect_certificate(s,
	    &(struct ask){.as = &device, .key = key, .challenge = buf_cstr(&text)}, ENROLL_ISSUED);
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM enrollment WHERE message LIKE '%, linked to its%'"),
	    1);
	holder_free(&device);
	EVP_PKEY_free(key);
	scene_free(s);
}

/* A request with RFC 6402's ChangeSubjectName { subject } for this Name, as base64. */
static void change_csr(EVP_PKEY *key, X509_NAME *name, bool malformed, struct buf *out)
{
	X509_REQ *req = X509_REQ_new();
	ASN1_OBJECT *id = OBJ_txt2obj("1.3.6.1.5.5.7.7.36", 1);
	const unsigned char *der;
	unsigned char *bytes = NULL;
	AUTO(buf) value = {0};
	size_t n, mark;
	int size;

	cr_assert(X509_NAME_get0_der(name, &der, &n));
	mark = der_begin(&value, DER_SEQUENCE);
	buf_put(&value, span(der, n));
	if (malformed)
		der_put_uint(&value, 1);
	der_end(&value, mark);
	cr_assert(X509_REQ_set_pubkey(req, key));
	cr_assert(X509_REQ_add1_attr_by_OBJ(req, id, V_ASN1_SEQUENCE, value.p, (int)value.n));
	cr_assert_gt(X509_REQ_sign(req, key, EVP_sha256()), 0);
	size = i2d_X509_REQ(req, &bytes);
	base64_encode(span(bytes, (size_t)size), out);
	OPENSSL_free(bytes);
	ASN1_OBJECT_free(id);
	X509_REQ_free(req);
}

Test(ca_enroll, change_subject_name_may_ask_for_what_the_profile_gives_and_nothing_else)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1");
	EVP_PKEY *key = pki_key("EC-P256"), *other = pki_key("EC-P256");
	struct answer a = scene_ask(s, &(struct ask){.as = &device, .key = key});
	struct holder ldevid = answer_holder(&a, key);
	X509_NAME *given = X509_get_subject_name(ldevid.certificate),
		  *wanted = X509_get_subject_name(device.certificate);
	AUTO(buf) same = {0};
	AUTO(buf) another = {0};
	AUTO(buf) wrong = {0};

	change_csr(other, wanted, false, &another);
	expect_refused(
	    s, &(struct ask){.as = &device, .body = buf_span(&another)}, "csr.change-subject-name");
	change_csr(other, given, true, &wrong);
	answer_free(&a);
	a = scene_ask(s, &(struct ask){.as = &device, .body = buf_span(&wrong)});
	cr_expect_not(a.done.ok);
	cr_expect_eq(a.reply.outcome, ENROLL_REFUSED, "%s", a.err.message);
	change_csr(other, given, false, &same);
	expect_certificate(s, &(struct ask){.as = &device, .body = buf_span(&same)}, ENROLL_ISSUED);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM certificate"), 2);
	answer_free(&a);
	holder_free(&ldevid);
	holder_free(&device);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	scene_free(s);
}

/* Who no anchor vouches for is kept, but boundedly: 100 at once, then 20 a second. */
Test(ca_enroll, strangers_cannot_fill_the_store)
{
	struct scene *s = scene_new();
	struct holder nobody = {.key = pki_key("EC-P256")};
	const struct pki_idevid want = {.product = "X100", .serial = "SN1"};
	EVP_PKEY *key = pki_key("EC-P256");
	long long kept;
	int64_t removed = 0, started = monotonic_ms();
	struct err err = {0};

	nobody.certificate = pki_idevid(&s->stranger, nobody.key, &want);
	expect_refused(s, &(struct ask){.as = &nobody, .key = key}, "idevid.untrusted");
	expect_refused(s, &(struct ask){.key = key}, "idevid.missing");
	for (int i = 0; i < 150; i++)
		expect_refused(s, &(struct ask){.key = key}, "idevid.missing");
	kept = pg_number(&s->database, "SELECT count(*) FROM enrollment WHERE stranger");
	cr_expect_geq(kept, 100);
	cr_expect_leq(kept, 100 + (monotonic_ms() - started) * ENROLL_STRANGERS_PER_S / 1000 + 1,
	    "%lld", kept);
	cr_expect_eq(
	    pg_number(&s->database, "SELECT count(*) FROM enrollment WHERE NOT stranger"), 0);
	/* By count, then by age. */
	cr_assert(enrollment_purge(s->db, s->now, 10, 86400, &removed, &err).ok, "%s", err.cause);
	cr_expect_eq(removed, kept - 10);
	cr_assert(enrollment_purge(s->db, s->now + 86401, 10, 86400, &removed, &err).ok);
	cr_expect_eq(removed, 10);
	holder_free(&nobody);
	EVP_PKEY_free(key);
	scene_free(s);
}

/* A label that nobody has, named in bytes that no text may hold. */
Test(ca_enroll, a_strange_label_is_kept_printably)
{
	struct scene *s = scene_new();
	EVP_PKEY *key = pki_key("EC-P256");

	expect_refused(s, &(struct ask){.key = key, .segment = "a\xff\x01\nb"}, "label.unknown");
	cr_expect_str_eq(pg_value(&s->database, "SELECT label FROM enrollment"), "a???b");
	EVP_PKEY_free(key);
	scene_free(s);
}

/* A profile that would make a wrong certificate is our fault: nothing is signed, an alarm stands.
 */
Test(ca_enroll, a_lint_finding_is_ours_and_alarmed)
{
	struct scene *s = scene_new();
	struct holder device = scene_idevid(s, "X100", "SN1");
	EVP_PKEY *key = pki_key("EC-P256");
	struct answer a;

	/* notBefore a month in the past is more than any clock lags. */
	s->profiles[0].backdate = 30 * 86400;
	s->authority.not_before = s->now - 60 * 86400;
	a = scene_ask(s, &(struct ask){.as = &device, .key = key});
	cr_expect_not(a.done.ok);
	cr_expect_eq(a.err.kind, ERR_INTERNAL);
	cr_expect_eq(
	    strncmp(err_code(&a.err), "lint.", 5), 0, "%s: %s", err_code(&a.err), a.err.message);
	cr_expect_eq(a.reply.outcome, ENROLL_FAILED);
	cr_expect(a.reply.alarm);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM alarm WHERE kind = 'lint'"), 1);
	cr_expect_eq(
	    pg_number(&s->database, "SELECT count(*) FROM enrollment WHERE outcome = 'failed'"), 1);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM certificate"), 0);
	answer_free(&a);
	holder_free(&device);
	EVP_PKEY_free(key);
	scene_free(s);
}

Test(ca_enroll, with_the_database_away_nothing_is_known_and_refusals_are_answered)
{
	struct scene *s = scene_new_apart();
	struct holder device = scene_idevid(s, "X100", "SN1");
	EVP_PKEY *key = pki_key("EC-P256");
	struct answer a;

	pg_stop(&s->database);
	a = scene_ask(s, &(struct ask){.as = &device, .key = key});
	cr_expect_not(a.done.ok);
	cr_expect_eq(a.err.kind, ERR_DATABASE, "%s", a.err.message);
	cr_expect_eq(a.reply.outcome, ENROLL_FAILED);
	cr_expect_eq(a.reply.certificate.n, 0);
	answer_free(&a);
	/* What needs no store to be refused is refused all the same. */
	expect_refused(s, &(struct ask){.key = key}, "idevid.missing");
	expect_refused(
	    s, &(struct ask){.as = &device, .body = SPAN_LITERAL("MAA=")}, "csr.malformed");
	pg_start(&s->database);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM enrollment"), 0);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM certificate"), 0);
	holder_free(&device);
	EVP_PKEY_free(key);
	scene_free(s);
}
