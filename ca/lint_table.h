/*
 * ca/lint_table.h: every lint, once. LINTS(X): X(name, source) for lint_NAME() in a lint_*.c.
 *
 * Each sees one defect: where another lint speaks for a malformed part, it stays silent, so that
 * tests can show for each a certificate that it alone finds.
 */
#ifndef SIGNET_CA_LINT_TABLE_H
#define SIGNET_CA_LINT_TABLE_H

#include "ca/lint.h"

/* lint_frame.c */
#define LINTS_FRAME(X)                                                                             \
	X(tbs_too_large, "Signet: certificates are at most 64 KiB")                                \
	X(invalid_certificate_version, "RFC 5280 4.1.2.1")                                         \
	X(serial_number_not_positive, "RFC 5280 4.1.2.2")                                          \
	X(serial_number_longer_than_20_octets, "RFC 5280 4.1.2.2")                                 \
	X(serial_number_low_entropy, "Signet: at least 64 random bits")                            \
	X(tbs_signature_alg_not_of_issuer_key, "RFC 5280 4.1.2.3")                                 \
	X(issuer_and_subject_dn_not_binary_equal, "RFC 5280 4.1.2.4 and 6.1.3")                    \
	X(issuer_field_empty, "RFC 5280 4.1.2.4")                                                  \
	X(leaf_subject_is_issuer, "RFC 5280 6.1: a self-issued leaf misleads path building")       \
	X(validity_time_not_positive, "RFC 5280 4.1.2.5")                                          \
	X(validity_outside_issuer, "Signet: a certificate ends before its issuer does")            \
	X(wrong_time_format_pre2050, "RFC 5280 4.1.2.5")                                           \
	X(not_before_far_from_now, "Signet: notBefore lies at the time of issuing, less backdate") \
	X(cert_contains_unique_identifier, "RFC 5280 4.1.2.8")                                     \
	X(public_key_weak_or_unknown, "RFC 5280 4.1.2.7; Signet's key algorithms")                 \
	X(public_key_is_issuers, "Signet: no key stands below itself")

/* lint_name.c */
#define LINTS_NAME(X)                                                                     \
	X(subject_malformed, "RFC 5280 4.1.2.6")                                          \
	X(multiple_attributes_in_rdn, "Signet: one attribute for each RDN")               \
	X(subject_duplicate_attribute, "Signet: CN, C and serialNumber stand there once") \
	X(subject_dn_serial_number_not_printable_string, "RFC 5280 A.1, X.520 6.2.9")     \
	X(subject_dn_country_not_printable_string, "RFC 5280 A.1, X.520 6.3.1")           \
	X(subject_string_type_wrong, "RFC 5280 4.1.2.4 and A.1")                          \
	X(subject_string_characters, "X.680 41.4; RFC 3629")                              \
	X(subject_string_length, "RFC 5280 A.1 upper bounds")                             \
	X(country_name_not_two_letters, "RFC 5280 A.1, ISO 3166-1")                       \
	X(subject_empty_without_san, "RFC 5280 4.1.2.6")                                  \
	X(ca_subject_field_empty, "RFC 5280 4.1.2.6")

/* lint_san.c */
#define LINTS_SAN(X)                                                         \
	X(ext_san_not_critical_without_subject, "RFC 5280 4.2.1.6")          \
	X(ext_san_critical_with_subject_dn, "RFC 5280 4.2.1.6")              \
	X(ext_san_no_entries, "RFC 5280 4.2.1.6")                            \
	X(ext_san_malformed, "RFC 5280 4.2.1.6")                             \
	X(ext_san_unexpected_type, "Signet: types that profiles write")      \
	X(ext_san_dns_name_invalid, "RFC 5280 4.2.1.6, RFC 1034 3.5")        \
	X(ext_san_uri_invalid, "RFC 5280 4.2.1.6, RFC 3986")                 \
	X(ext_san_ip_octets, "RFC 5280 4.2.1.6")                             \
	X(ext_san_rfc822_format_invalid, "RFC 5280 4.2.1.6, RFC 5321 4.1.2") \
	X(ext_san_hardware_module_malformed, "RFC 4108 section 5")           \
	X(ext_san_duplicate_name, "Signet: each name once")                  \
	X(name_outside_issuer_constraints, "RFC 5280 4.2.1.10")

/* lint_extension.c */
#define LINTS_EXTENSION(X)                                                      \
	X(ext_duplicate_extension, "RFC 5280 4.2")                              \
	X(ext_unknown, "Signet: extensions that it writes")                     \
	X(ext_critical_default_encoded, "X.690 11.5")                           \
	X(ext_criticality_wrong, "RFC 5280 4.2.1 and 4.2.2, RFC 8520 11")       \
	X(ext_content_malformed, "RFC 5280 4.2.1 and 4.2.2, RFC 8520 11")       \
	X(ext_sequence_empty, "RFC 5280 4.2.1 and 4.2.2: SIZE (1..MAX)")        \
	X(ext_authority_key_identifier_missing, "RFC 5280 4.2.1.1")             \
	X(ext_authority_key_identifier_no_key_identifier, "RFC 5280 4.2.1.1")   \
	X(ext_authority_key_identifier_mismatch, "RFC 5280 4.2.1.1")            \
	X(ext_subject_key_identifier_missing_ca, "RFC 5280 4.2.1.2")            \
	X(ext_subject_key_identifier_not_of_key, "RFC 7093 section 2 method 1") \
	X(ext_extended_key_usage_duplicate, "Signet: each usage once")          \
	X(ext_time_stamping_not_alone, "RFC 3161 2.3")                          \
	X(ext_cert_policy_duplicate, "RFC 5280 4.2.1.4")                        \
	X(distribution_point_not_http, "RFC 5280 4.2.1.13, 4.2.1.15, 8")        \
	X(authority_info_not_http, "RFC 5280 4.2.2.1 and 8")                    \
	X(authority_info_method_unknown, "RFC 5280 4.2.2.1")                    \
	X(mud_url_not_https, "RFC 8520 11 and 1.5")                             \
	X(ocsp_no_check_without_usage, "RFC 6960 4.2.2.2.1")                    \
	X(ocsp_no_check_with_status, "RFC 9919 3.2.2; RFC 6960 4.2.2.2.1")

/* lint_usage.c */
#define LINTS_USAGE(X)                                                                 \
	X(incorrect_ku_encoding, "RFC 5280 4.2.1.3, X.690 11.2")                       \
	X(ext_key_usage_without_bits, "RFC 5280 4.2.1.3")                              \
	X(ext_key_usage_missing_ca, "RFC 5280 4.2.1.3")                                \
	X(ext_key_usage_cert_sign_without_ca, "RFC 5280 4.2.1.3")                      \
	X(ext_key_usage_crl_sign_without_ca, "Signet: authorities alone sign CRLs")    \
	X(ca_key_cert_sign_not_set, "RFC 5280 4.2.1.3")                                \
	X(ca_crl_sign_not_set, "RFC 5280 4.2.1.3")                                     \
	X(key_usage_not_for_key, "RFC 3279 2.3.1, RFC 5480 3, RFC 8410 5, RFC 9881 5") \
	X(key_usage_only_without_agreement, "RFC 5280 4.2.1.3")                        \
	X(key_usage_and_extended_key_usage_inconsistent, "RFC 5280 4.2.1.12")          \
	X(basic_constraints_missing, "RFC 5280 4.2.1.9; 802.1AR")                      \
	X(basic_constraints_default_encoded, "X.690 11.5")                             \
	X(ca_is_not_ca, "RFC 5280 4.2.1.9")                                            \
	X(leaf_is_ca, "RFC 5280 4.2.1.9")                                              \
	X(path_len_constraint_improperly_included, "RFC 5280 4.2.1.9")                 \
	X(path_len_not_below_issuers, "RFC 5280 4.2.1.9 and 6.1.4")                    \
	X(name_constraint_not_in_ca, "RFC 5280 4.2.1.10")                              \
	X(name_constraint_empty, "RFC 5280 4.2.1.10")                                  \
	X(name_constraint_minimum_or_maximum, "RFC 5280 4.2.1.10")

#define LINTS(X)           \
	LINTS_FRAME(X)     \
	LINTS_NAME(X)      \
	LINTS_SAN(X)       \
	LINTS_EXTENSION(X) \
	LINTS_USAGE(X)

#define LINT_DECLARE(name, source) \
	bool lint_##name(          \
	    const struct tbs *tbs, const struct lint_context *context, char *why, size_t size);
LINTS(LINT_DECLARE)
#undef LINT_DECLARE

/* The head of a lint, so that its body starts with what it looks at. */
#define LINT(name)                                                      \
	bool lint_##name(__attribute__((unused)) const struct tbs *tbs, \
	    __attribute__((unused)) const struct lint_context *context, \
	    __attribute__((unused)) char *why, __attribute__((unused)) size_t size)

/* Walk GeneralNames. False at the end or where no item stands. */
static inline bool lint_names(const struct tbs *tbs, struct span extension, struct span *ret_names)
{
	const struct tbs_extension *e = tbs_extension(tbs, extension);
	struct span value = e ? e->value : (struct span){NULL, 0};
	return e && der_take(&value, DER_SEQUENCE, ret_names) && value.n == 0;
}

static inline bool lint_subject_empty(const struct tbs *tbs)
{
	return tbs->subject.n == 2; /* 30 00 */
}

#endif
