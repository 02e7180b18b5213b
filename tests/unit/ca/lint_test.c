/* Each lint finds its defect, alone: a table of certificates with one thing wrong. */

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lint_fixture.h"

#define SAN     "2.5.29.17"
#define KU      "2.5.29.15"
#define BC      "2.5.29.19"
#define EKU     "2.5.29.37"
#define CDP     "2.5.29.31"
#define POL     "2.5.29.32"
#define AKI     "2.5.29.35"
#define SKI     "2.5.29.14"
#define NC      "2.5.29.30"
#define AIA     "1.3.6.1.5.5.7.1.1"
#define NOCHECK "1.3.6.1.5.5.7.48.1.5"
#define MUD     "1.3.6.1.5.5.7.1.25"

/* C=DE and O=Acme, as they lead most subjects */
#define C_DE   "310b3009060355040613024445"
#define O_ACME "310d300b060355040a0c0441636d65"
#define UNIT_1 "310f300d06035504030c06756e69742031"

static const struct sample {
	const char *lint, *defect;
	enum base base;
	struct step steps[STEPS_MAX];
} samples[] = {
    {"tbs_too_large", "9,000 policies", LEAF, {{.part = LONG_POLICY}}},
    {"invalid_certificate_version", "version 1, absent", LEAF, {{VERSION, .hex = ""}}},
    {"invalid_certificate_version", "version 2", LEAF, {{VERSION, .hex = "01"}}},
    {"serial_number_not_positive", "zero", LEAF, {{SERIAL, .hex = "00"}}},
    {"serial_number_not_positive", "negative", LEAF,
	{{SERIAL, .hex = "8102030405060708090a0b0c0d0e0f10"}}},
    {"serial_number_longer_than_20_octets", "21 octets", LEAF,
	{{SERIAL, .hex = "010203040506070809101112131415161718192021"}}},
    {"serial_number_low_entropy", "8 octets", LEAF, {{SERIAL, .hex = "4102030405060708"}}},
    {"tbs_signature_alg_not_of_issuer_key", "Ed25519 of an EC issuer", LEAF,
	{{SIGNATURE, .hex = "300506032b6570"}}},
    {"tbs_signature_alg_not_of_issuer_key", "ecdsa-with-SHA256 with NULL", LEAF,
	{{SIGNATURE, .hex = "300c06082a8648ce3d0403020500"}}},
    {"issuer_and_subject_dn_not_binary_equal", "another issuer", LEAF,
	{{ISSUER, .hex = "3011" UNIT_1}}},
    {"issuer_and_subject_dn_not_binary_equal", "root that names another", ROOT,
	{{ISSUER, .hex = "3011" UNIT_1}}},
    {"issuer_field_empty", "no issuer", LEAF, {{ISSUER, .hex = "3000"}}},
    {"leaf_subject_is_issuer", "self-issued leaf", LEAF, {{SUBJECT, .hex = "issuer"}}},
    {"validity_time_not_positive", "ends before it starts", LEAF, {{NOT_AFTER, .hex = "early"}}},
    {"validity_outside_issuer", "outlives its issuer", LEAF, {{NOT_AFTER, .hex = "beyond"}}},
    {"wrong_time_format_pre2050", "GeneralizedTime of today", LEAF,
	{{NOT_BEFORE, .hex = "generalized"}}},
    {"wrong_time_format_pre2050", "GeneralizedTime of this year", LEAF,
	{{NOT_AFTER, .hex = "generalized"}}},
    {"not_before_far_from_now", "an hour ahead", LEAF, {{NOT_BEFORE, .hex = "future"}}},
    {"cert_contains_unique_identifier", "issuerUniqueID", LEAF, {{UNIQUE_ID, .hex = "0001"}}},
    {"public_key_weak_or_unknown", "RSA of 1024 bits", LEAF, {{SPKI, .hex = "RSA-1024"}}},
    {"public_key_is_issuers", "the issuer's own key", LEAF, {{SPKI, .hex = "issuer"}}},

    {"subject_malformed", "attribute without a value", LEAF,
	{{SUBJECT, .hex = "3025" C_DE O_ACME "310730050603550403"}}},
    {"multiple_attributes_in_rdn", "CN and title in one", LEAF,
	{{SUBJECT,
	    .hex = "3037" C_DE O_ACME "3119300d06035504030c06756e697420313008060355040c0c0178"}}},
    {"subject_duplicate_attribute", "CN twice", LEAF,
	{{SUBJECT, .hex = "303e" C_DE O_ACME UNIT_1 UNIT_1}}},
    {"subject_dn_serial_number_not_printable_string", "UTF8String", LEAF,
	{{SUBJECT, .hex = "303b" C_DE O_ACME UNIT_1 "310c300a06035504050c03534e31"}}},
    {"subject_dn_country_not_printable_string", "UTF8String", LEAF,
	{{SUBJECT, .hex = "302d310b300906035504060c024445" O_ACME UNIT_1}}},
    {"subject_string_type_wrong", "TeletexString", LEAF,
	{{SUBJECT, .hex = "302d" C_DE "310d300b060355040a140441636d65" UNIT_1}}},
    {"subject_string_type_wrong", "domainComponent in UTF-8", LEAF,
	{{SUBJECT, .hex = "302a31173015060a0992268993f22c6401190c076578616d706c65" UNIT_1}}},
    {"subject_string_characters", "underscore in a PrintableString", LEAF,
	{{SUBJECT, .hex = "303c" C_DE O_ACME UNIT_1 "310d300b06035504051304534e5f31"}}},
    {"subject_string_characters", "not UTF-8", LEAF,
	{{SUBJECT, .hex = "3028" C_DE O_ACME "310a300806035504030c01ff"}}},
    {"subject_string_characters", "line feed", LEAF,
	{{SUBJECT, .hex = "302a" C_DE O_ACME "310c300a06035504030c03610a62"}}},
    {"subject_string_length", "CN of 65 characters", LEAF,
	{{SUBJECT, .hex =
		       "3068" C_DE O_ACME "314a304806035504030c41"
		       "78787878787878787878787878787878787878787878787878787878787878787878787878"
		       "78787878787878787878787878787878787878787878787878787878"}}},
    {"subject_string_length", "empty O", LEAF,
	{{SUBJECT, .hex = "3029" C_DE "31093007060355040a0c00" UNIT_1}}},
    {"country_name_not_two_letters", "DEU", LEAF,
	{{SUBJECT, .hex = "302e310c300a06035504061303444555" O_ACME UNIT_1}}},
    {"country_name_not_two_letters", "de", LEAF,
	{{SUBJECT, .hex = "302d310b3009060355040613026465" O_ACME UNIT_1}}},
    {"subject_empty_without_san", "no name at all", LEAF,
	{{SUBJECT, .hex = "3000"}, {DROP, .oid = SAN}}},
    {"ca_subject_field_empty", "nameless authority", AUTHORITY, {{SUBJECT, .hex = "3000"}}},

    {"ext_san_not_critical_without_subject", "no subject", LEAF, {{SUBJECT, .hex = "3000"}}},
    {"ext_san_critical_with_subject_dn", "critical beside a subject", LEAF,
	{{EXTENSION, SAN, "300d820b612e622e6578616d706c65", 1}}},
    {"ext_san_no_entries", "empty", LEAF, {{EXTENSION, SAN, "3000", 0}}},
    {"ext_san_malformed", "name cut off", LEAF, {{EXTENSION, SAN, "3003820961", 0}}},
    {"ext_san_malformed", "no SEQUENCE", LEAF, {{EXTENSION, SAN, "0500", 0}}},
    {"ext_san_unexpected_type", "x400Address", LEAF,
	{{EXTENSION, SAN, "300d8209612e6578616d706c65a300", 0}}},
    {"ext_san_dns_name_invalid", "underscore", LEAF,
	{{EXTENSION, SAN, "300d820b615f622e6578616d706c65", 0}}},
    {"ext_san_uri_invalid", "relative", LEAF, {{EXTENSION, SAN, "300b8609646576696365732f61", 0}}},
    {"ext_san_ip_octets", "five octets", LEAF, {{EXTENSION, SAN, "300787050000000000", 0}}},
    {"ext_san_rfc822_format_invalid", "no domain", LEAF,
	{{EXTENSION, SAN, "3009810764657669636573", 0}}},
    {"ext_san_hardware_module_malformed", "no hwSerialNum", LEAF,
	{{EXTENSION, SAN, "3014a01206082b06010505070804a006300406022a03", 0}}},
    {"ext_san_duplicate_name", "one host twice", LEAF,
	{{EXTENSION, SAN, "30168209612e6578616d706c658209612e6578616d706c65", 0}}},
    {"name_outside_issuer_constraints", "host elsewhere", LEAF,
	{{EXTENSION, SAN, "300d820b612e656c73657768657265", 0}}},

    {"name_outside_issuer_constraints", "common name that looks like a host", LEAF,
	{{SUBJECT, .hex = "3010310e300c06035504030c05612e622e63"}, {DROP, .oid = SAN}}},

    {"ext_duplicate_extension", "MUD URL twice", LEAF,
	{{AGAIN, MUD, "161368747470733a2f2f612e6578616d706c652f6d", 0}}},
    {"ext_unknown", "1.2.3.4", LEAF, {{EXTENSION, "1.2.3.4", "0500", 0}}},
    {"ext_critical_default_encoded", "FALSE spelt out", LEAF,
	{{EXTENSION, MUD, "161368747470733a2f2f612e6578616d706c652f6d", 2}}},
    {"ext_criticality_wrong", "key usage not critical", LEAF, {{EXTENSION, KU, "03020780", 0}}},
    {"ext_criticality_wrong", "MUD URL critical", LEAF,
	{{EXTENSION, MUD, "161368747470733a2f2f612e6578616d706c652f6d", 1}}},
    {"ext_criticality_wrong", "basic constraints of a CA not critical", AUTHORITY,
	{{EXTENSION, BC, "30060101ff020100", 0}}},
    {"ext_content_malformed", "MUD URL in UTF8String", LEAF,
	{{EXTENSION, MUD, "0c1368747470733a2f2f612e6578616d706c652f6d", 0}}},
    {"ext_content_malformed", "key usage without octets", LEAF, {{EXTENSION, KU, "0300", 1}}},
    {"ext_content_malformed", "INTEGER among purposes", LEAF, {{EXTENSION, EKU, "3003020101", 0}}},
    {"ext_sequence_empty", "no purpose", LEAF, {{EXTENSION, EKU, "3000", 0}}},
    {"ext_sequence_empty", "no distribution point", LEAF, {{EXTENSION, CDP, "3000", 0}}},
    {"ext_sequence_empty", "no access description", LEAF, {{EXTENSION, AIA, "3000", 0}}},
    {"ext_sequence_empty", "no policy", LEAF, {{EXTENSION, POL, "3000", 0}}},
    {"ext_authority_key_identifier_missing", "dropped", LEAF, {{DROP, .oid = AKI}}},
    {"ext_authority_key_identifier_no_key_identifier", "empty", LEAF,
	{{EXTENSION, AKI, "3000", 0}}},
    {"ext_authority_key_identifier_mismatch", "another's", LEAF,
	{{EXTENSION, AKI, "30058003010203", 0}}},
    {"ext_subject_key_identifier_missing_ca", "dropped", AUTHORITY, {{DROP, .oid = SKI}}},
    {"ext_subject_key_identifier_not_of_key", "twenty ones", LEAF,
	{{EXTENSION, SKI, "04140101010101010101010101010101010101010101", 0}}},
    {"ext_extended_key_usage_duplicate", "clientAuth twice", LEAF,
	{{EXTENSION, EKU, "301406082b0601050507030206082b06010505070302", 0}}},
    {"ext_time_stamping_not_alone", "with clientAuth", LEAF,
	{{EXTENSION, EKU, "301406082b0601050507030206082b06010505070308", 0}}},
    {"ext_time_stamping_not_alone", "not critical", LEAF,
	{{EXTENSION, EKU, "300a06082b06010505070308", 0}}},
    {"ext_cert_policy_duplicate", "one policy twice", LEAF,
	{{EXTENSION, POL, "3010300606042a030405300606042a030405", 0}}},
    {"distribution_point_not_http", "https", LEAF,
	{{EXTENSION, CDP, "301b3019a017a015861368747470733a2f2f612e6578616d706c652f63", 0}}},
    {"distribution_point_not_http", "ldap", LEAF,
	{{EXTENSION, CDP, "301a3018a016a01486126c6461703a2f2f612e6578616d706c652f63", 0}}},
    {"authority_info_not_http", "https", LEAF,
	{{EXTENSION, AIA, "3021301f06082b06010505073001861368747470733a2f2f612e6578616d706c652f63",
	    0}}},
    {"authority_info_method_unknown", "timeStamping", LEAF,
	{{EXTENSION, AIA, "3020301e06082b060105050730038612687474703a2f2f612e6578616d706c652f63",
	    0}}},
    {"mud_url_not_https", "http", LEAF,
	{{EXTENSION, MUD, "1612687474703a2f2f612e6578616d706c652f6d", 0}}},
    {"ocsp_no_check_without_usage", "clientAuth", LEAF,
	{{EXTENSION, NOCHECK, "0500", 0}, {DROP, .oid = CDP}, {DROP, .oid = AIA}}},
    {"ocsp_no_check_with_status", "distribution point", LEAF,
	{{EXTENSION, NOCHECK, "0500", 0}, {EXTENSION, EKU, "300a06082b06010505070309", 0}}},

    {"incorrect_ku_encoding", "trailing zero bits", LEAF, {{EXTENSION, KU, "03020080", 1}}},
    {"incorrect_ku_encoding", "unused bits set", LEAF, {{EXTENSION, KU, "030207c0", 1}}},
    {"incorrect_ku_encoding", "three octets", LEAF, {{EXTENSION, KU, "030407800080", 1}}},
    {"incorrect_ku_encoding", "trailing zero octet", LEAF, {{EXTENSION, KU, "0303078000", 1}}},
    {"ext_key_usage_without_bits", "empty BIT STRING", LEAF, {{EXTENSION, KU, "030100", 1}}},
    {"ext_key_usage_missing_ca", "dropped", AUTHORITY, {{DROP, .oid = KU}}},
    {"ext_key_usage_cert_sign_without_ca", "keyCertSign", LEAF, {{EXTENSION, KU, "03020284", 1}}},
    {"ext_key_usage_crl_sign_without_ca", "cRLSign", LEAF, {{EXTENSION, KU, "03020182", 1}}},
    {"ca_key_cert_sign_not_set", "cRLSign alone", AUTHORITY, {{EXTENSION, KU, "03020102", 1}}},
    {"ca_crl_sign_not_set", "keyCertSign alone", AUTHORITY, {{EXTENSION, KU, "03020204", 1}}},
    {"key_usage_not_for_key", "EC with keyEncipherment", LEAF, {{EXTENSION, KU, "030205a0", 1}}},
    {"key_usage_not_for_key", "Ed25519 with keyAgreement", LEAF,
	{{SPKI, .hex = "Ed25519"}, {EXTENSION, KU, "03020388", 1}}},
    {"key_usage_only_without_agreement", "encipherOnly", LEAF, {{EXTENSION, KU, "03020081", 1}}},
    {"key_usage_only_without_agreement", "decipherOnly", LEAF, {{EXTENSION, KU, "0303078080", 1}}},
    {"key_usage_and_extended_key_usage_inconsistent", "clientAuth by nonRepudiation", LEAF,
	{{EXTENSION, KU, "03020640", 1}}},
    {"basic_constraints_missing", "leaf without", LEAF, {{DROP, .oid = BC}}},
    {"basic_constraints_missing", "authority without", AUTHORITY, {{DROP, .oid = BC}}},
    {"basic_constraints_default_encoded", "cA FALSE", LEAF, {{EXTENSION, BC, "3003010100", 1}}},
    {"ca_is_not_ca", "authority that says no", AUTHORITY, {{EXTENSION, BC, "3000", 1}}},
    {"leaf_is_ca", "leaf that says yes", LEAF, {{EXTENSION, BC, "30030101ff", 1}}},
    {"path_len_constraint_improperly_included", "in a leaf", LEAF,
	{{EXTENSION, BC, "3003020100", 1}}},
    {"path_len_not_below_issuers", "as long as the issuer's", AUTHORITY,
	{{EXTENSION, BC, "30060101ff020101", 1}}},
    {"name_constraint_not_in_ca", "in a leaf", LEAF,
	{{EXTENSION, NC, "300da00b300982076578616d706c65", 1}}},
    {"name_constraint_empty", "empty", AUTHORITY, {{EXTENSION, NC, "3000", 1}}},
    {"name_constraint_empty", "empty subtrees", AUTHORITY, {{EXTENSION, NC, "3002a000", 1}}},
    {"name_constraint_minimum_or_maximum", "minimum 1", AUTHORITY,
	{{EXTENSION, NC, "3010a00e300c82076578616d706c65800101", 1}}},
};

static struct lint_context context_of(struct world *w, enum base base)
{
	const struct authority *issuer = base == LEAF        ? &w->issuing
					 : base == AUTHORITY ? &w->root
							     : NULL;
	return (struct lint_context){issuer, base != LEAF, w->now};
}

static void expect_findings(
    const struct lint_context *context, struct span der, const char *wanted, const char *what)
{
	struct tbs tbs;
	struct err err = {0};
	cr_assert(tbs_parse(der, &tbs, &err).ok, "%s: %s", what, err.message);
	for (const struct lint *l = lints; l->name; l++) {
		char why[200] = "";
		bool found = !l->check(&tbs, context, why, sizeof(why));
		cr_expect_eq(found, strcmp(l->name, wanted) == 0, "%s: %s %s (%s)", what, l->name,
		    found ? "finds something" : "finds nothing", why);
	}
}

Test(ca_lint, each_defect_is_found_by_its_lint_alone)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct sample *s = &samples[i];
		AUTO(buf) der = {0};
		struct parts p;
		struct err err = {0};
		char code[128];
		parts_good(&p, &w, s->base);
		for (size_t j = 0; j < STEPS_MAX; j++)
			parts_change(&p, &s->steps[j]);
		parts_write(&p, &der);
		struct lint_context context = context_of(&w, s->base);
		expect_findings(&context, buf_span(&der), s->lint, s->defect);
		/* The runner says so, with the code of the reason. */
		cr_expect_not(lint_certificate(buf_span(&der), &context, &err).ok, "%s", s->defect);
		snprintf(code, sizeof(code), "lint.%s", s->lint);
		cr_expect_str_eq(err_code(&err), code, "%s", s->defect);
		cr_expect_eq(err.kind, ERR_INTERNAL);
	}
}

Test(ca_lint, each_lint_has_a_sample)
{
	for (const struct lint *l = lints; l->name; l++) {
		bool found = false;
		for (size_t i = 0; i < COUNT(samples); i++)
			found |= strcmp(samples[i].lint, l->name) == 0;
		cr_expect(found, "%s has no sample", l->name);
	}
}

Test(ca_lint, each_sample_names_a_lint)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct lint *l = lints;
		while (l->name && strcmp(samples[i].lint, l->name) != 0)
			l++;
		cr_expect_not_null(l->name, "%s", samples[i].lint);
	}
}

Test(ca_lint, good_certificates_pass)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	static const struct sample good[] = {
	    {"", "leaf", LEAF, {{.part = STOP}}},
	    {"", "authority", AUTHORITY, {{.part = STOP}}},
	    {"", "root", ROOT, {{.part = STOP}}},
	    {"", "leaf without an optional extension", LEAF,
		{{DROP, .oid = SAN}, {DROP, .oid = EKU}, {DROP, .oid = KU}, {DROP, .oid = SKI},
		    {DROP, .oid = CDP}}},
	    {"", "nameless leaf with a critical SAN", LEAF,
		{{SUBJECT, .hex = "3000"}, {EXTENSION, SAN, "300d820b612e622e6578616d706c65", 1}}},
	    {"", "hardware module name", LEAF,
		{{EXTENSION, SAN, "3019a01706082b06010505070804a00b300906022a030403534e31", 0}}},
	    {"", "time-stamping, alone and critical", LEAF,
		{{EXTENSION, EKU, "300a06082b06010505070308", 1}}},
	    {"", "decipherOnly with keyAgreement", LEAF, {{EXTENSION, KU, "0303078880", 1}}},
	    {"", "RSA key that enciphers", LEAF,
		{{SPKI, .hex = "RSA-2048"}, {EXTENSION, KU, "030205a0", 1}}},
	    {"", "serial number of nine octets", LEAF, {{SERIAL, .hex = "010203040506070809"}}},
	};
	for (size_t i = 0; i < COUNT(good); i++) {
		AUTO(buf) der = {0};
		struct parts p;
		parts_good(&p, &w, good[i].base);
		for (size_t j = 0; j < STEPS_MAX; j++)
			parts_change(&p, &good[i].steps[j]);
		parts_write(&p, &der);
		struct lint_context context = context_of(&w, good[i].base);
		expect_findings(&context, buf_span(&der), "", good[i].defect);
	}
}

/* A part cut off or put behind is no TBSCertificate, and nothing reads past its end. */
Test(ca_lint, every_truncation_is_malformed)
{
	AUTO(world) w;
	AUTO(buf) der = {0};
	struct parts p;
	world_make(&w, "EC-P256", "EC-P256");
	parts_good(&p, &w, LEAF);
	parts_write(&p, &der);
	struct lint_context context = context_of(&w, LEAF);
	for (size_t n = 0; n < der.n; n++) {
		struct err err = {0};
		uint8_t *exact = mem_alloc(n); /* so that a sanitizer sees a read behind it */
		memcpy(exact, der.p, n);
		cr_assert_not(lint_certificate(span(exact, n), &context, &err).ok);
		cr_assert_str_eq(err_code(&err), "lint.tbs_malformed");
		free(exact);
	}
	struct err err = {0};
	buf_put_byte(&der, 0);
	cr_assert_not(lint_certificate(buf_span(&der), &context, &err).ok);
	cr_assert_str_eq(err_code(&err), "lint.tbs_malformed");
}

/* Any byte changed: no crash, whatever is found. */
Test(ca_lint, every_changed_byte_is_survived)
{
	AUTO(world) w;
	AUTO(buf) der = {0};
	struct parts p;
	size_t found = 0;
	world_make(&w, "EC-P256", "EC-P256");
	parts_good(&p, &w, LEAF);
	parts_write(&p, &der);
	struct lint_context context = context_of(&w, LEAF);
	for (size_t i = 0; i < der.n; i++) {
		for (int bit = 0; bit < 8; bit++) {
			struct err err = {0};
			der.p[i] ^= (uint8_t)(1 << bit);
			found += !lint_certificate(buf_span(&der), &context, &err).ok;
			der.p[i] ^= (uint8_t)(1 << bit);
		}
	}
	cr_assert_gt(found, der.n * 4, "%zu of %zu changes are found", found, der.n * 8);
}
