/* Issued certificates, read back by OpenSSL (API and programs) and GnuTLS. */

#include <criterion/criterion.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/encode.h"
#include "ca/extension.h"
#include "ca/name.h"
#include "issue_fixture.h"

static X509 *read_back(const struct issued *issued)
{
	const unsigned char *p = issued->der.p;
	X509 *x = d2i_X509(NULL, &p, (long)issued->der.n);
	cr_assert_not_null(x);
	cr_assert_eq(p, issued->der.p + issued->der.n);
	return x;
}

static void write_files(const struct world *w, const struct issued *issued)
{
	struct span root = buf_span(&w->root_der), issuing = buf_span(&w->issuing_der);
	struct span leaf = buf_span(&issued->der);
	fixture_file("root.pem", "CERTIFICATE", &root, 1);
	fixture_file("issuing.pem", "CERTIFICATE", &issuing, 1);
	fixture_file("leaf.pem", "CERTIFICATE", &leaf, 1);
	fixture_file("chain.pem", "CERTIFICATE", (struct span[]){leaf, issuing, root}, 3);
}

static struct status issue(struct world *w, struct issued *ret, struct err *err)
{
	TRY(profile_compile(&w->profile, &w->arena, err));
	return issue_certificate(&w->profile, &w->device, hsm_key_spki(w->device_key),
	    hsm_key_algorithm(w->device_key), w->now, &w->rng, ret, err);
}

/* ---- others read it ---- */

Test(ca_issue, openssl_verifies_the_chain_strictly)
{
	AUTO(world) w;
	world_make(&w, "EC-P384", "EC-P256");
	AUTO(issued) issued = world_issue(&w);
	write_files(&w, &issued);
	fixture_must("leaf.pem: OK",
	    "openssl verify -x509_strict -check_ss_sig -policy_check -purpose sslclient "
	    "-CAfile root.pem -untrusted issuing.pem leaf.pem");
	fixture_must(NULL, "openssl asn1parse -strparse 0 -in leaf.pem > /dev/null; "
			   "openssl asn1parse -in leaf.pem");
}

Test(ca_issue, gnutls_verifies_the_chain)
{
	AUTO(world) w;
	world_make(&w, "EC-P384", "EC-P256");
	AUTO(issued) issued = world_issue(&w);
	write_files(&w, &issued);
	fixture_must(
	    "Chain verification output: Verified", "certtool --verify-chain --infile chain.pem");
	fixture_must("Serial Number (hex)", "certtool -i --infile leaf.pem");
}

/* Every key algorithm signs and is certified. */
static void chain_of(const char *algorithm)
{
	AUTO(world) w;
	if (!key_algorithm_available(key_algorithm_by_name(algorithm)))
		cr_skip_test("%s needs OpenSSL 3.5", algorithm);
	world_make(&w, algorithm, algorithm);
	w.keys[0] = arena_strdup(&w.arena, algorithm);
	w.device_key = fixture_key(algorithm);
	AUTO(issued) issued = world_issue(&w);
	write_files(&w, &issued);
	fixture_must("leaf.pem: OK",
	    "openssl verify -x509_strict -check_ss_sig -CAfile root.pem -untrusted issuing.pem leaf.pem");
	if (strncmp(algorithm, "ML-DSA", 6) != 0)
		fixture_must("Verified", "certtool --verify-chain --infile chain.pem");
}

Test(ca_issue, ec_p256_chain)
{
	chain_of("EC-P256");
}
Test(ca_issue, ec_p384_chain)
{
	chain_of("EC-P384");
}
Test(ca_issue, ed25519_chain)
{
	chain_of("Ed25519");
}
Test(ca_issue, rsa_chain)
{
	chain_of("RSA-3072");
}
Test(ca_issue, ml_dsa_44_chain)
{
	chain_of("ML-DSA-44");
}
Test(ca_issue, ml_dsa_87_chain)
{
	chain_of("ML-DSA-87");
}

Test(ca_issue, names_and_extensions_are_those_of_the_profile)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	w.profile.subject_key_id = true;
	AUTO(issued) issued = world_issue(&w);
	write_files(&w, &issued);
	AUTO(buf) out = {0};
	cr_assert_eq(
	    fixture_run(&out, "openssl x509 -in leaf.pem -noout -text -nameopt RFC2253"), 0);
	const char *text = buf_cstr(&out);
	static const char *const wanted[] = {"Version: 3 (0x2)",
	    "Subject: serialNumber=SN-0042,CN=X100 SN-0042,O=Acme,C=DE",
	    "Issuer: CN=Acme Device CA 1,O=Acme,C=DE", "X509v3 Basic Constraints: critical",
	    "CA:FALSE", "X509v3 Key Usage: critical", "Digital Signature",
	    "TLS Web Client Authentication", "Policy: 1.3.6.1.4.1.32473.2.1",
	    "URI:urn:acme:device:SN-0042", "DNS:devices.example", "IP Address:2001:DB8:0:0:0:0:0:1",
	    "email:devices@example.com", "URI:http://pki.example/crl/acme-1.crl",
	    "OCSP - URI:http://pki.example/ocsp",
	    "CA Issuers - URI:http://pki.example/ca/acme-1.cer", "X509v3 Subject Key Identifier",
	    "1.3.6.1.5.5.7.1.25", "https://mud.example/x100.json"};
	for (size_t i = 0; i < COUNT(wanted); i++)
		cr_expect(strstr(text, wanted[i]), "\"%s\" is missing in %s", wanted[i], text);
	cr_expect_null(strstr(text, "X509v3 Subject Alternative Name: critical"));
	cr_expect_null(strstr(text, "X509v3 Extended Key Usage: critical"));
}

/* RFC 4108 section 5: HardwareModuleName ::= SEQUENCE { hwType OBJECT IDENTIFIER, hwSerialNum OCTET
 * STRING }, here put together by hand. */
Test(ca_issue, hardware_module_name_is_that_of_rfc_4108)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	w.profile.san.count = 1;
	AUTO(issued) issued = world_issue(&w);
	X509 *x = read_back(&issued);
	X509_EXTENSION *e = X509_get_ext(x, X509_get_ext_by_NID(x, NID_subject_alt_name, -1));
	cr_assert_not_null(e);
	ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(e);
	struct span wanted = fixture_hex(&w.arena, "3024a02206082b06010505070804a0163014"
						   "06092b0601040181fd59010407534e2d30303432");
	cr_assert_eq((size_t)value->length, wanted.n);
	cr_assert_arr_eq(value->data, wanted.p, wanted.n);
	X509_free(x);
}

/* ---- serial number ---- */

Test(ca_issue, serial_number_is_sixteen_positive_octets)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	for (int i = 0; i < 32; i++) {
		AUTO(issued) issued = world_issue(&w);
		cr_assert_eq(issued.serial[0] & 0xc0, 0x40);
		X509 *x = read_back(&issued);
		const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
		cr_assert_eq(serial->length, SERIAL_SIZE);
		cr_assert_eq(serial->type, V_ASN1_INTEGER);
		cr_assert_arr_eq(serial->data, issued.serial, SERIAL_SIZE);
		X509_free(x);
	}
}

static struct status ones(void *context, uint8_t *p, size_t n, struct err *err)
{
	(void)context;
	(void)err;
	memset(p, 0xff, n);
	return STATUS_OK;
}

static struct status no_entropy(void *context, uint8_t *p, size_t n, struct err *err)
{
	(void)context;
	(void)p;
	(void)n;
	return err_set(err, ERR_INTERNAL, "no entropy");
}

Test(ca_issue, serial_number_comes_from_the_generator_passed_in)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	w.rng = (struct rng){ones, NULL};
	AUTO(issued) issued = world_issue(&w);
	cr_assert_eq(issued.serial[0], 0x7f);
	cr_assert_eq(issued.serial[15], 0xff);
}

Test(ca_issue, failing_generator_issues_nothing)
{
	AUTO(world) w;
	AUTO(issued) issued = {0};
	struct err err = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.rng = (struct rng){no_entropy, NULL};
	cr_assert_not(issue(&w, &issued, &err).ok);
	cr_assert_eq(issued.der.n, 0);
}

/* ---- validity ---- */

Test(ca_issue, not_before_is_backdated)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	AUTO(issued) issued = world_issue(&w);
	cr_assert_eq(issued.not_before, w.now - 300);
	cr_assert_eq(issued.not_after, w.now + 90 * DAY);
	X509 *x = read_back(&issued);
	cr_assert_eq(ASN1_TIME_cmp_time_t(X509_get0_notBefore(x), (time_t)issued.not_before), 0);
	cr_assert_eq(ASN1_TIME_cmp_time_t(X509_get0_notAfter(x), (time_t)issued.not_after), 0);
	X509_free(x);
}

Test(ca_issue, validity_is_cut_at_the_issuers_end)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	w.profile.validity = 40 * 365 * DAY;
	AUTO(issued) issued = world_issue(&w);
	cr_assert_eq(issued.not_after, w.issuing.not_after);
}

Test(ca_issue, backdate_stops_at_the_issuers_start)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	w.profile.backdate = 2 * DAY;
	AUTO(issued) issued = world_issue(&w);
	cr_assert_eq(issued.not_before, w.issuing.not_before);
}

/* RFC 5280 4.1.2.5: GeneralizedTime from 2050 on, 99991231235959Z without an end. */
Test(ca_issue, no_expiry_is_99991231235959Z)
{
	AUTO(world) w;
	struct err err = {0};
	world_make(&w, "EC-P256", "EC-P256");
	struct ceremony_request eternal = {
	    .subject = "CN=Acme IDevID Root",
	    .key = fixture_key("EC-P256"),
	    .not_before = w.now - DAY,
	    .not_after = TIME_NO_EXPIRY,
	    .path_length = 0,
	};
	buf_free(&w.issuing_der);
	cr_assert(
	    ceremony_make(&eternal, w.now, &w.rng, &w.issuing_der, &err).ok, "%s", err.message);
	cr_assert(authority_of_certificate(buf_span(&w.issuing_der), &w.issuing, &err).ok);
	w.issuing.key = eternal.key;
	w.issuing.parent = NULL;
	w.profile.no_expiry = true;
	w.profile.validity = 0;
	AUTO(issued) issued = world_issue(&w);
	X509 *x = read_back(&issued);
	const ASN1_TIME *end = X509_get0_notAfter(x);
	cr_assert_eq(end->type, V_ASN1_GENERALIZEDTIME);
	cr_assert_eq(memcmp(end->data, "99991231235959Z", 15), 0);
	cr_assert_eq(X509_get0_notBefore(x)->type, V_ASN1_UTCTIME);
	X509_free(x);
}

Test(ca_issue, expired_issuer_is_refused)
{
	AUTO(world) w;
	AUTO(issued) issued = {0};
	struct err err = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.now = w.issuing.not_after + 1;
	cr_assert_not(issue(&w, &issued, &err).ok);
	cr_assert_eq(err.kind, ERR_INTERNAL);
	cr_assert(strstr(err.message, "issuer expired"), "%s", err.message);
	cr_assert_eq(issued.der.n, 0);
}

Test(ca_issue, issuer_of_the_future_is_refused)
{
	AUTO(world) w;
	AUTO(issued) issued = {0};
	struct err err = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.now = w.issuing.not_before - 1;
	cr_assert_not(issue(&w, &issued, &err).ok);
	cr_assert_eq(err.kind, ERR_INTERNAL);
	cr_assert(strstr(err.message, "not yet valid"), "%s", err.message);
}

/* ---- keys ---- */

Test(ca_issue, key_algorithm_outside_the_profile_is_refused)
{
	AUTO(world) w;
	AUTO(issued) issued = {0};
	struct err err = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.device_key = fixture_key("RSA-2048");
	cr_assert_not(issue(&w, &issued, &err).ok);
	cr_assert_eq(err.kind, ERR_DENIED);
	cr_assert_str_eq(err_code(&err), "csr.key-algorithm");
	cr_assert(strstr(err.message, "EC-P256, EC-P384, Ed25519"), "%s", err.message);
}

Test(ca_issue, authority_without_its_key_is_our_fault)
{
	AUTO(world) w;
	AUTO(issued) issued = {0};
	struct err err = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.issuing.key = NULL;
	snprintf(w.issuing.key_problem, sizeof(w.issuing.key_problem), "wrong passphrase");
	cr_assert_not(issue(&w, &issued, &err).ok);
	cr_assert_eq(err.kind, ERR_KEY);
	cr_assert(strstr(err.message, "wrong passphrase"), "%s", err.message);
}

Test(ca_issue, token_that_refuses_is_our_fault)
{
	AUTO(world) w;
	AUTO(issued) issued = {0};
	struct err err = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.issuing.key = fixture_dead_key("EC-P256");
	cr_assert_not(issue(&w, &issued, &err).ok);
	cr_assert_eq(err.kind, ERR_KEY);
	cr_assert_eq(issued.der.n, 0);
}

/* A key that belongs to another algorithm than the certificate would say: the lint stops it. */
Test(ca_issue, certificate_that_fails_a_lint_is_not_signed)
{
	AUTO(world) w;
	AUTO(issued) issued = {0};
	struct err err = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.device.mud_url = "http://mud.example/x100.json";
	cr_assert_not(issue(&w, &issued, &err).ok);
	cr_assert_eq(err.kind, ERR_INTERNAL);
	cr_assert_str_eq(err_code(&err), "lint.mud_url_not_https");
	cr_assert_eq(issued.der.n, 0);
}

Test(ca_issue, profile_compiled_for_no_authority_issues_nothing)
{
	AUTO(world) w;
	AUTO(issued) issued = {0};
	struct err err = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.profile.authority = NULL;
	cr_assert_not(issue(&w, &issued, &err).ok);
	cr_assert_eq(err.kind, ERR_INTERNAL);
}

/* ---- identifiers ---- */

/* standards.md 4: "Copy the issuer's SKI bytes into AKI; never recompute." */
Test(ca_issue, authority_key_identifier_is_copied)
{
	AUTO(world) w;
	static const uint8_t odd[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	world_make(&w, "EC-P256", "EC-P256");
	w.issuing.ski = SPAN_OF(odd);
	AUTO(issued) issued = world_issue(&w);
	X509 *x = read_back(&issued);
	X509_EXTENSION *e =
	    X509_get_ext(x, X509_get_ext_by_NID(x, NID_authority_key_identifier, -1));
	cr_assert_not_null(e);
	ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(e);
	cr_assert_eq(value->length, 12);
	cr_assert_arr_eq(value->data, "\x30\x0a\x80\x08\1\2\3\4\5\6\7\10", 12);
	/* 802.1AR advises none on leaves */
	cr_assert_eq(X509_get_ext_by_NID(x, NID_subject_key_identifier, -1), -1);
	X509_free(x);
}

Test(ca_issue, inner_and_outer_algorithm_are_the_same_bytes)
{
	AUTO(world) w;
	world_make(&w, "RSA-2048", "RSA-2048");
	AUTO(issued) issued = world_issue(&w);
	X509 *x = read_back(&issued);
	const X509_ALGOR *outer;
	X509_get0_signature(NULL, &outer, x);
	cr_assert_eq(X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(x)), 0);
	const void *parameter;
	int type;
	X509_ALGOR_get0(NULL, &type, &parameter, outer);
	cr_assert_eq(type, V_ASN1_NULL); /* RFC 4055: RSA has NULL */
	X509_free(x);
}

Test(ca_issue, digest_and_subject_are_returned)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	AUTO(issued) issued = world_issue(&w);
	char text[NAME_TEXT_SIZE];
	name_text(buf_span(&issued.subject), text, sizeof(text));
	cr_assert_str_eq(text, "serialNumber=SN-0042,CN=X100 SN-0042,O=Acme,C=DE");
	struct digest wanted = sha256(hsm_key_spki(w.device_key));
	cr_assert_arr_eq(issued.key_digest.bytes, wanted.bytes, SHA256_SIZE);
}

/* ---- names ---- */

/* RFC 5280 4.2.1.6: "If the subject field contains an empty sequence, then the issuing CA MUST
 * include a subjectAltName extension that is marked as critical." */
Test(ca_issue, san_is_critical_without_a_subject)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	w.profile.subject.count = 0;
	AUTO(issued) issued = world_issue(&w);
	write_files(&w, &issued);
	fixture_must(
	    "X509v3 Subject Alternative Name: critical", "openssl x509 -in leaf.pem -noout -text");
}

Test(ca_issue, constant_san_is_prepared_and_critical_too)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	w.profile.subject.count = 0;
	w.profile.san = (struct map_list){&w.san[2], 3};
	AUTO(issued) issued = world_issue(&w);
	cr_assert(w.profile.compiled->san_constant);
	write_files(&w, &issued);
	fixture_must(
	    "X509v3 Subject Alternative Name: critical", "openssl x509 -in leaf.pem -noout -text");
}

Test(ca_issue, no_san_where_templates_give_none)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	w.profile.san.count = 0;
	AUTO(issued) issued = world_issue(&w);
	X509 *x = read_back(&issued);
	cr_assert_eq(X509_get_ext_by_NID(x, NID_subject_alt_name, -1), -1);
	X509_free(x);
}

Test(ca_issue, mud_url_only_where_product_and_profile_have_it)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	w.device.mud_url = NULL;
	AUTO(issued) without = world_issue(&w);
	cr_assert_null(memmem(without.der.p, without.der.n, "mud.example", 11));
	w.device.mud_url = "https://mud.example/x100.json";
	w.profile.mud_url = false;
	AUTO(issued) off = world_issue(&w);
	cr_assert_null(memmem(off.der.p, off.der.n, "mud.example", 11));
}

/* What a device is called must fit; each refusal names the part. */
static void refused_name(const char *serial, const char *wanted)
{
	AUTO(world) w;
	AUTO(issued) issued = {0};
	struct err err = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.device.serial = serial;
	cr_assert_not(issue(&w, &issued, &err).ok);
	cr_assert_eq(err.kind, ERR_DENIED);
	cr_assert_str_eq(err_code(&err), "profile.name");
	cr_assert(strstr(err.message, wanted), "%s", err.message);
}

Test(ca_issue, serial_that_is_no_printable_string_is_refused)
{
	refused_name("SN_42", "subject serialNumber: serialNumber: \"SN_42\" has a character");
}

Test(ca_issue, common_name_over_64_characters_is_refused)
{
	refused_name("0123456789012345678901234567890123456789012345678901234567890123",
	    "subject CN: CN: 69 characters, allowed are 1 to 64");
}

Test(ca_issue, missing_serial_is_refused)
{
	refused_name("", "{serial} has no value");
}

Test(ca_issue, variables_in_uris_are_percent_encoded)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	w.device.serial = "SN 4/2";
	AUTO(issued) issued = world_issue(&w);
	cr_assert_not_null(memmem(issued.der.p, issued.der.n, "urn:acme:device:SN%204%2F2", 26));
}

/* RFC 5280 4.2.1.10: what the authority may not say is not signed. */
Test(ca_issue, names_outside_the_authoritys_constraints_are_not_signed)
{
	AUTO(world) w;
	AUTO(issued) issued = {0};
	struct err err = {0};
	static const char *const permitted[] = {"other.example"};
	world_make(&w, "EC-P256", "EC-P256");
	struct ceremony_request constrained = {
	    .subject = "CN=Narrow",
	    .key = fixture_key("EC-P256"),
	    .not_before = w.now - DAY,
	    .not_after = w.now + DAY,
	    .path_length = 0,
	    .constraints = {.permitted_dns = permitted, .permitted_dns_count = 1},
	};
	buf_free(&w.issuing_der);
	cr_assert(ceremony_make(&constrained, w.now, &w.rng, &w.issuing_der, &err).ok);
	cr_assert(authority_of_certificate(buf_span(&w.issuing_der), &w.issuing, &err).ok);
	w.issuing.key = constrained.key;
	cr_assert_not(issue(&w, &issued, &err).ok);
	cr_assert_str_eq(err_code(&err), "lint.name_outside_issuer_constraints");
}

/* RFC 5280 6.1.4 (g): constraints add up along the path; of a hierarchy that was taken over only
 * the chain tells what those above say. */
Test(ca_issue, names_outside_the_constraints_of_a_foreign_root_are_not_signed)
{
	AUTO(world) w;
	AUTO(issued) issued = {0};
	AUTO(buf) narrow = {0};
	struct err err = {0};
	static const char *const permitted[] = {"other.example"};
	world_make(&w, "EC-P256", "EC-P256");
	struct ceremony_request constrained = {
	    .subject = "CN=Narrow Root",
	    .key = fixture_key("EC-P256"),
	    .not_before = w.now - DAY,
	    .not_after = w.now + DAY,
	    .path_length = CEREMONY_PATH_NONE,
	    .constraints = {.permitted_dns = permitted, .permitted_dns_count = 1},
	};
	cr_assert(ceremony_make(&constrained, w.now, &w.rng, &narrow, &err).ok);
	cr_assert(issue(&w, &issued, &err).ok, "%s", err.message);
	issued_free(&issued);
	struct span chain[] = {buf_span(&narrow)};
	w.issuing.parent = NULL;
	w.issuing.chain = chain;
	w.issuing.chain_count = COUNT(chain);
	cr_assert_not(issue(&w, &issued, &err).ok);
	cr_assert_str_eq(err_code(&err), "lint.name_outside_issuer_constraints");
}

/* ---- our own servers ---- */

Test(ca_issue, server_certificate_names_all_hosts_and_addresses)
{
	AUTO(world) w;
	struct err err = {0};
	struct profile *server;
	AUTO(issued) issued = {0};
	static const uint8_t v4[] = {192, 0, 2, 1};
	static const uint8_t v6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
	static const char *const more[] = {"est.example"};
	const struct span more_ip[] = {SPAN_OF(v6)};
	world_make(&w, "EC-P256", "EC-P256");
	cr_assert(profile_server(&w.issuing, &w.arena, &server, &err).ok, "%s", err.message);
	struct issue_subject subject = {.dns = "signet.example",
	    .ip = SPAN_OF(v4),
	    .more_dns = more,
	    .more_dns_count = 1,
	    .more_ip = more_ip,
	    .more_ip_count = 1};
	cr_assert(issue_certificate(server, &subject, hsm_key_spki(w.device_key),
		      hsm_key_algorithm(w.device_key), w.now, &w.rng, &issued, &err)
		      .ok,
	    "%s", err.message);
	cr_assert_eq(issued.not_after, w.now + 30 * DAY);
	write_files(&w, &issued);
	for (const char *const *host = (const char *const[]){"signet.example", "est.example", NULL};
	     *host; host++)
		fixture_must("leaf.pem: OK",
		    "openssl verify -x509_strict -purpose sslserver -verify_hostname %s "
		    "-CAfile root.pem -untrusted issuing.pem leaf.pem",
		    *host);
	for (const char *const *ip = (const char *const[]){"192.0.2.1", "2001:db8::1", NULL}; *ip;
	     ip++)
		fixture_must("leaf.pem: OK",
		    "openssl verify -verify_ip %s -CAfile root.pem -untrusted issuing.pem leaf.pem",
		    *ip);
	/* id-kp-cmcRA, RFC 7030 3.6.1 */
	AUTO(buf) out = {0};
	fixture_run(&out, "openssl x509 -in leaf.pem -noout -ext extendedKeyUsage");
	cr_assert(strstr(buf_cstr(&out), "CMC Registration Authority") ||
		      strstr(buf_cstr(&out), "1.3.6.1.5.5.7.3.28"),
	    "%s", buf_cstr(&out));
}

static bool issue_server(
    struct world *w, const struct issue_subject *subject, struct issued *ret, struct err *err)
{
	struct profile *server;
	cr_assert(profile_server(&w->issuing, &w->arena, &server, err).ok, "%s", err->message);
	return issue_certificate(server, subject, hsm_key_spki(w->device_key),
	    hsm_key_algorithm(w->device_key), w->now, &w->rng, ret, err)
	    .ok;
}

Test(ca_issue, server_without_a_name_is_called_by_its_address)
{
	AUTO(world) w;
	struct err err = {0};
	AUTO(issued) issued = {0};
	static const uint8_t v4[] = {192, 0, 2, 1};
	world_make(&w, "EC-P256", "EC-P256");
	struct issue_subject subject = {.ip = SPAN_OF(v4)};
	cr_assert(issue_server(&w, &subject, &issued, &err), "%s", err.message);
	write_files(&w, &issued);
	fixture_must("leaf.pem: OK",
	    "openssl verify -verify_ip 192.0.2.1 -CAfile root.pem -untrusted issuing.pem leaf.pem");
	fixture_must(
	    "CN=address 192.0.2.1", "openssl x509 -in leaf.pem -noout -subject -nameopt RFC2253");
}

Test(ca_issue, server_without_name_and_address_is_refused)
{
	AUTO(world) w;
	struct err err = {0};
	AUTO(issued) issued = {0};
	world_make(&w, "EC-P256", "EC-P256");
	cr_assert_not(issue_server(&w, &(struct issue_subject){0}, &issued, &err));
	cr_assert(strstr(err.message, "{dns} has no value"), "%s", err.message);
}
