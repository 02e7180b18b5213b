/* ca/policy_fields.c: what a document of each kind may say. Messages, stored JSON and docs come
 * from here. */
#include <string.h>

#include "access/release_policy.h"
#include "ca/crl_scope.h"
#include "ca/policy_internal.h"

#define HEAD                                                                                     \
	{.name = "kind",                                                                         \
	    .type = FIELD_STR,                                                                   \
	    .offset = offsetof(struct policy_head, kind),                                        \
	    .required = true,                                                                    \
	    .min = 1,                                                                            \
	    .max = 32,                                                                           \
	    .help = "what this document describes"},                                             \
	{                                                                                        \
		.name = "name", .type = FIELD_STR, .offset = offsetof(struct policy_head, name), \
		.required = true, .min = 1, .max = 63,                                           \
		.help = "how others refer to it: a-z 0-9 - . _"                                  \
	}
#define KIND_ONLY                                                                                \
	{                                                                                        \
		.name = "kind", .type = FIELD_STR, .offset = offsetof(struct policy_head, kind), \
		.required = true, .min = 1, .max = 32, .help = "what this document describes"    \
	}
#define URL_MAX 255
/* 2.5.4.5 is at most 64 characters (X.520 upper bound); models are held to the same. */
#define IDENTITY_MAX 64
#define BATCH_MAX    64
#define DAY          INT64_C(86400)

/* A row a member, as in a table. */
/* clang-format off */
/* ---- authority ---- */
#define AT(member) offsetof(struct authority_document, authority.member)
static const char *const authority_states[] = {"active", "retired", NULL};
static const struct field authority_fields[] = {
    HEAD,
    {.name = "key_uri", .type = FIELD_STR, .offset = AT(key_uri), .min = 1, .max = 255,
	.help = "where its key is: file:NAME.key; absent for a root, whose key stays offline"},
    {.name = "crl_url", .type = FIELD_STR, .offset = AT(crl_url), .min = 1, .max = URL_MAX,
	.help = "written into certificates as CRL distribution point, {shard} being the number of its "
		"list; absent: left out"},
    {.name = "ocsp_url", .type = FIELD_STR, .offset = AT(ocsp_url), .min = 1, .max = URL_MAX,
	.help = "written into certificates as OCSP responder; absent: left out"},
    {.name = "issuer_url", .type = FIELD_STR, .offset = AT(issuer_url), .min = 1, .max = URL_MAX,
	.help = "written into certificates as place of the authority's certificate; absent: "
		"left out"},
    {.name = "crl_shards", .type = FIELD_INT, .offset = AT(crl_shards), .min = 1,
	.max = CRL_SHARDS_MAX,
	.help = "how many revocation lists share its certificates (absent: 1); each certificate "
		"names its own, so that more of them serve new certificates only"},
    {.name = "delta_url", .type = FIELD_STR, .offset = AT(delta_url), .min = 1, .max = URL_MAX,
	.help = "makes delta lists, and is written into certificates and full lists as freshest "
		"CRL; absent: full lists only"},
    {.name = "crl_validity", .type = FIELD_SECONDS, .offset = AT(crl_validity), .min = 60,
	.max = 366 * DAY,
	.help = "from thisUpdate to nextUpdate of a list (absent: 24h, a root's 1y)"},
    {.name = "crl_every", .type = FIELD_SECONDS, .offset = AT(crl_every), .min = 1,
	.max = 366 * DAY,
	.help = "how often a list is made anew though nothing was revoked; less than crl_validity "
		"(absent: half of it)"},
    {.name = "crl_max_age", .type = FIELD_SECONDS, .offset = AT(crl_max_age), .min = 1, .max = DAY,
	.help = "how long caches may keep a list (absent: 60s): so late may a revocation be seen "
		"there"},
    {.name = "archive_after", .type = FIELD_SECONDS, .offset = AT(archive_after), .min = 1,
	.max = 100 * 365 * DAY,
	.help = "how long behind its end a certificate goes into the archive, where its DER is no more and "
		"its digest stays; absent: never"},
    {.name = "ocsp_validity", .type = FIELD_SECONDS, .offset = AT(ocsp_validity), .min = 60,
	.max = 7 * DAY, .help = "from thisUpdate to nextUpdate of an OCSP answer (absent: 12h)"},
    {.name = "ocsp_max_age", .type = FIELD_SECONDS, .offset = AT(ocsp_max_age), .min = 1, .max = DAY,
	.help = "how long caches may keep an OCSP answer (absent: 60s), at most half of "
		"ocsp_validity: so late may a revocation be seen there"},
    {.name = "operators", .type = FIELD_BOOL, .offset = AT(operators),
	.help = "client certificates of operators come from it, and none of devices"},
    {.name = "state", .type = FIELD_ENUM, .offset = AT(state), .names = authority_states,
	.standard = "active", .help = "retired: it issues nothing any more"},
    {0},
};
#undef AT

/* ---- profile ---- */
static const struct field subject_fields[] = {
    {.name = "attribute", .type = FIELD_STR, .offset = offsetof(struct subject_part, attribute),
	.required = true, .min = 1, .max = 64,
	.help = "CN, O, OU, C, serialNumber, ... or a dotted OID"},
    {.name = "value", .type = FIELD_STR, .offset = offsetof(struct subject_part, value),
	.required = true, .min = 1, .max = 200,
	.help = "text with {serial} {product} {manufacturer} {device}, of services {dns}; {{ is a {"},
    {0},
};
static const struct field san_fields[] = {
    {.name = "type", .type = FIELD_STR, .offset = offsetof(struct san_part, type),
	.required = true, .min = 1, .max = 32,
	.help = "dns, uri, ip, email, hardware-module-name or registered-id"},
    {.name = "value", .type = FIELD_STR, .offset = offsetof(struct san_part, value),
	.required = true, .min = 1, .max = 255,
	.help = "text with variables; of hardware-module-name the serial number"},
    {.name = "hw_type", .type = FIELD_STR, .offset = offsetof(struct san_part, hw_type), .min = 1,
	.max = 64, .help = "hardware-module-name only: OID of the hardware's type"},
    {0},
};
static const char *const key_usages[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
    "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
    NULL};

static const char *const profile_uses[] = {"device", "service", NULL};

#define AT(member) offsetof(struct profile_document, profile.member)
static const struct field profile_fields[] = {
    HEAD,
    {.name = "authority", .type = FIELD_STR, .offset = AT(authority_name), .required = true,
	.min = 1, .max = 63, .help = "the authority that issues"},
    {.name = "use", .type = FIELD_ENUM, .offset = AT(use), .names = profile_uses,
	.standard = "device", .help = "device: labels issue under it; service: POST /certificates does"},
    {.name = "permit_dns", .type = FIELD_STR_LIST, .offset = AT(permit_dns), .max = 100,
	.help = "host names that services may have: api.example.com, *.example.com (one label more) or "
		".example.com (all below)"},
    {.name = "permit_ip", .type = FIELD_STR_LIST, .offset = AT(permit_ip), .max = 100,
	.help = "addresses that services may have, or ranges such as 10.0.0.0/8"},
    {.name = "key_algorithms", .type = FIELD_STR_LIST, .offset = AT(key_algorithms),
	.standard = "EC-P256 EC-P384 Ed25519", .min = 1, .max = 16,
	.help = "keys that it certifies: EC-P256 EC-P384 Ed25519 RSA-2048 RSA-3072 RSA-4096 "
		"ML-DSA-44 ML-DSA-65 ML-DSA-87"},
    {.name = "validity", .type = FIELD_SECONDS, .offset = AT(validity), .standard = "1y",
	.min = 60, .max = 100 * 365 * DAY,
	.help = "from issue to notAfter; cut at the authority's own end"},
    {.name = "backdate", .type = FIELD_SECONDS, .offset = AT(backdate), .standard = "5m", .min = 0,
	.max = 7 * DAY, .help = "how far notBefore lies in the past, for clocks that lag"},
    {.name = "no_expiry", .type = FIELD_BOOL, .offset = AT(no_expiry),
	.help = "notAfter 99991231235959Z (IEEE 802.1AR IDevIDs) instead of validity"},
    {.name = "subject", .type = FIELD_MAP_LIST, .offset = AT(subject), .required = true, .min = 1,
	.max = 16, .sub = subject_fields, .sub_size = sizeof(struct subject_part),
	.help = "the RDNs of the Subject, in order"},
    {.name = "san", .type = FIELD_MAP_LIST, .offset = AT(san), .max = 16, .sub = san_fields,
	.sub_size = sizeof(struct san_part), .help = "subjectAltName"},
    {.name = "key_usage", .type = FIELD_FLAGS, .offset = AT(key_usage),
	.standard = "digitalSignature", .min = 1, .names = key_usages, .help = "keyUsage"},
    {.name = "extended_key_usage", .type = FIELD_STR_LIST, .offset = AT(extended_key_usage),
	.max = 16, .help = "names such as clientAuth, or OIDs; absent: no such extension"},
    {.name = "certificate_policies", .type = FIELD_STR_LIST, .offset = AT(certificate_policies),
	.max = 16, .help = "OIDs"},
    {.name = "subject_key_id", .type = FIELD_BOOL, .offset = AT(subject_key_id),
	.help = "write a subjectKeyIdentifier; IEEE 802.1AR advises none on leaves"},
    {.name = "crl_distribution", .type = FIELD_BOOL, .offset = AT(crl_distribution),
	.standard = "true", .help = "write the authority's crl_url, where it has one"},
    {.name = "authority_info", .type = FIELD_BOOL, .offset = AT(authority_info),
	.standard = "true",
	.help = "write the authority's ocsp_url and issuer_url, where it has them"},
    {.name = "mud_url", .type = FIELD_BOOL, .offset = AT(mud_url),
	.help = "write the product's MUD URL (RFC 8520 11), where it has one"},
    {0},
};
#undef AT

/* ---- trust anchor ---- */
static const char *const normalise_steps[] = {
    "trim", "upper", "lower", "strip-zeros", "strip-separators", NULL};
static const struct field identity_fields[] = {
    {.name = "from", .type = FIELD_STR, .offset = offsetof(struct identity_field, from), .min = 1,
	.max = 80,
	.help = "subject.ATTRIBUTE (subject.CN, subject.2.5.4.5), san.hwSerialNum or san.hwType"},
    {.name = "match", .type = FIELD_STR, .offset = offsetof(struct identity_field, match),
	.min = 1, .max = 200,
	.help = "POSIX extended expression that the whole field must match; its first group, "
		"or all of it, is taken"},
    {.name = "value", .type = FIELD_STR, .offset = offsetof(struct identity_field, value),
	.min = 1, .max = IDENTITY_MAX, .help = "a constant instead of from"},
    {.name = "normalise", .type = FIELD_FLAGS,
	.offset = offsetof(struct identity_field, normalise), .names = normalise_steps,
	.help = "done in this order: trim, upper, lower, strip-zeros, strip-separators (: - "
		"blank .)"},
    {0},
};
static const char *const leniencies[] = {"expired", "missing-aki", "missing-key-usage", NULL};
static const char *const crl_rules[] = {"when-held", "required", NULL};

#define AT(member) offsetof(struct trust_anchor_document, anchor.member)
static const struct field trust_anchor_fields[] = {
    HEAD,
    {.name = "manufacturer", .type = FIELD_STR, .offset = AT(manufacturer), .required = true,
	.min = 1, .max = IDENTITY_MAX,
	.help = "whose CA this is; its products are those of this manufacturer"},
    {.name = "certificate", .type = FIELD_STR, .offset = AT(certificate_pem), .min = 1,
	.max = 65536, .help = "the CA certificate, PEM"},
    {.name = "certificate_file", .type = FIELD_STR,
	.offset = offsetof(struct trust_anchor_document, certificate_file), .min = 1, .max = 1024,
	.help = "a file with it instead, beside this one; read once, when it is applied"},
    {.name = "product", .type = FIELD_MAP, .offset = AT(product), .required = true,
	.sub = identity_fields, .help = "where an IDevID says the model"},
    {.name = "serial", .type = FIELD_MAP, .offset = AT(serial), .required = true,
	.sub = identity_fields, .help = "where an IDevID says the unit's serial number"},
    {.name = "leniencies", .type = FIELD_FLAGS, .offset = AT(leniencies), .names = leniencies,
	.help = "what is let pass although IEEE 802.1AR or RFC 5280 say otherwise; absent: "
		"nothing"},
    {.name = "crl", .type = FIELD_ENUM, .offset = AT(crl), .names = crl_rules,
	.standard = "when-held",
	.help = "honour the manufacturer's list when one was imported, or refuse without a "
		"current one"},
    {0},
};
#undef AT

/* ---- product ---- */
#define AT(member) offsetof(struct product_document, product.member)
static const struct field product_fields[] = {
    HEAD,
    {.name = "manufacturer", .type = FIELD_STR, .offset = AT(manufacturer), .required = true,
	.min = 1, .max = IDENTITY_MAX, .help = "as its trust anchors name it"},
    {.name = "model", .type = FIELD_STR, .offset = AT(model), .required = true, .min = 1,
	.max = IDENTITY_MAX, .help = "as IDevIDs say it, normalised"},
    {.name = "mud_url", .type = FIELD_STR, .offset = AT(mud_url), .min = 1, .max = URL_MAX,
	.help = "https URL of its MUD file (RFC 8520)"},
    {.name = "vendor_domain", .type = FIELD_STR, .offset = AT(vendor_domain), .min = 4, .max = 253,
	.help = "domain of the maker, such as acme.example: the vendor id in manifests is made from it, so it "
		"stays as it is once devices are in the field; absent: no releases"},
    {0},
};
#undef AT

/* ---- label ---- */
static const char *const registrations[] = {"required", "open", "approval", NULL};
static const char *const pop_rules[] = {"required", "optional", "off", NULL};
static const char *const csrattrs_styles[] = {"both", "classic", "template", "none", NULL};
static const char *const renew_early_rules[] = {"allow", "refuse", NULL};
static const char *const superseded_rules[] = {"leave", "revoke", NULL};

#define AT(member) offsetof(struct label_document, label.member)
static const struct field label_fields[] = {
    HEAD,
    {.name = "unlabelled", .type = FIELD_BOOL, .offset = AT(unlabelled),
	.help = "also serves paths without a label; one label at most"},
    {.name = "profile", .type = FIELD_STR, .offset = AT(profile_name), .required = true, .min = 1,
	.max = 63, .help = "the profile that it issues under"},
    {.name = "trust_anchors", .type = FIELD_STR_LIST, .offset = AT(anchor_names), .required = true,
	.min = 1, .max = 64, .help = "whose IDevIDs are accepted"},
    {.name = "products", .type = FIELD_STR_LIST, .offset = AT(product_names), .max = 1000,
	.help = "which products may enroll; absent: all of the anchors' manufacturers"},
    {.name = "registration", .type = FIELD_ENUM, .offset = AT(registration),
	.names = registrations, .standard = "required",
	.help = "required: the device must be known; open: made known on first sight; "
		"approval: somebody must agree"},
    {.name = "pop", .type = FIELD_ENUM, .offset = AT(pop), .names = pop_rules,
	.standard = "optional",
	.help = "linking of request and TLS session (RFC 7030 3.5): demanded, checked where "
		"it is there, or ignored"},
    {.name = "csrattrs", .type = FIELD_ENUM, .offset = AT(csrattrs), .names = csrattrs_styles,
	.standard = "both",
	.help = "CSR attributes: RFC 7030's style, RFC 9908's template, both or none"},
    {.name = "idevid_at_reenroll", .type = FIELD_BOOL, .offset = AT(idevid_at_reenroll),
	.help = "an IDevID may use simplereenroll, as strongSwan always does"},
    {.name = "retry_after", .type = FIELD_SECONDS, .offset = AT(retry_after), .standard = "60s",
	.min = 1, .max = DAY, .help = "when a client that waits for approval should ask again"},
    {.name = "approval_expires", .type = FIELD_SECONDS, .offset = AT(approval_expires),
	.standard = "7d", .min = 60, .max = 365 * DAY,
	.help = "when an enrollment that nobody approved is dropped"},
    {.name = "resend", .type = FIELD_SECONDS, .offset = AT(resend), .standard = "1h", .min = 0,
	.max = 7 * DAY,
	.help = "how long the same device and key get the same certificate again"},
    {.name = "renew_before", .type = FIELD_SECONDS, .offset = AT(renew_before), .standard = "30d",
	.min = 0, .max = 365 * DAY, .help = "how long before its end clients should renew"},
    {.name = "renew_early", .type = FIELD_ENUM, .offset = AT(renew_early),
	.names = renew_early_rules, .standard = "allow",
	.help = "a renewal before that: allow or refuse"},
    {.name = "renew_grace", .type = FIELD_SECONDS, .offset = AT(renew_grace), .standard = "0s",
	.min = 0, .max = 365 * DAY,
	.help = "how long after its end a certificate may still renew itself; then the IDevID must"},
    {.name = "renew_spread", .type = FIELD_INT, .offset = AT(renew_spread), .standard = "100",
	.min = 1, .max = 100,
	.help = "percent of the time from renew_before to overdue over which the hints when to renew "
		"(Signet-Renew-At) are spread"},
    {.name = "overdue", .type = FIELD_SECONDS, .offset = AT(overdue), .min = 1, .max = 365 * DAY,
	.help = "how long before the end of a certificate that was not renewed an alarm is raised; "
		"absent: a quarter of renew_before"},
    {.name = "superseded", .type = FIELD_ENUM, .offset = AT(superseded),
	.names = superseded_rules, .standard = "leave",
	.help = "what becomes of a certificate once the one that renewed it is used: left to "
		"expire, or revoked"},
    {.name = "device_limit", .type = FIELD_INT, .offset = AT(device_limit), .standard = "24",
	.min = 1, .max = 1000000,
	.help = "certificates that one device gets at this label in 24 hours"},
    {0},
};
#undef AT

/* ---- devices ---- */
static const struct field device_fields[] = {
    KIND_ONLY,
    {.name = "product", .type = FIELD_STR, .offset = offsetof(struct device_document, product),
	.required = true, .min = 1, .max = 63, .help = "name of its product document"},
    {.name = "serial", .type = FIELD_STR, .offset = offsetof(struct device_document, serial),
	.required = true, .min = 1, .max = IDENTITY_MAX,
	.help = "serial number as its trust anchor reads it, normalised"},
    {.name = "batch", .type = FIELD_STR, .offset = offsetof(struct device_document, batch), .min = 1,
	.max = BATCH_MAX, .help = "production batch or delivery"},
    {0},
};
static const struct field devices_fields[] = {
    KIND_ONLY,
    {.name = "product", .type = FIELD_STR, .offset = offsetof(struct device_document, product),
	.required = true, .min = 1, .max = 63, .help = "name of their product document"},
    {.name = "serials", .type = FIELD_STR_LIST,
	.offset = offsetof(struct device_document, serials), .required = true, .min = 1,
	.max = 1000000, .help = "serial numbers, normalised"},
    {.name = "batch", .type = FIELD_STR, .offset = offsetof(struct device_document, batch), .min = 1,
	.max = BATCH_MAX, .help = "production batch or delivery"},
    {0},
};

/* clang-format on */

const struct policy_kind policy_kinds[POLICY_KINDS] = {
    [POLICY_AUTHORITY] = {"authority", authority_fields, sizeof(struct authority_document),
	"A CA key with its certificate. `signetd init` makes it; a document changes its URLs and where "
	"its key is."},
    [POLICY_PROFILE] = {"profile", profile_fields, sizeof(struct profile_document),
	"What an issued certificate looks like."},
    [POLICY_TRUST_ANCHOR] = {"trust-anchor", trust_anchor_fields,
	sizeof(struct trust_anchor_document), "A manufacturer's CA whose IDevIDs are accepted."},
    [POLICY_PRODUCT] = {"product", product_fields, sizeof(struct product_document),
	"A model of a manufacturer."},
    [POLICY_LABEL] = {"label", label_fields, sizeof(struct label_document),
	"An EST path segment with its enrollment policy."},
    [POLICY_ROLE] = {"role", role_fields, sizeof(struct role),
	"A set of permissions. Those that are shipped are made by `signetd admin`."},
    [POLICY_PRINCIPAL] = {"principal", principal_fields, sizeof(struct principal),
	"Who calls: a person, a service, a CI pipeline or a production line."},
    [POLICY_BINDING] = {"binding", binding_fields, sizeof(struct binding),
	"Gives a principal a role, for some products and channels or for all, for a time or for ever."},
    [POLICY_OIDC_ISSUER] = {"oidc-issuer", oidc_issuer_fields, sizeof(struct oidc_issuer),
	"An OIDC issuer, such as a CI system, whose tokens can be exchanged for one of ours."},
    [POLICY_OIDC_RULE] = {"oidc-rule", oidc_rule_fields, sizeof(struct oidc_rule),
	"Which of an issuer's tokens is which principal."},
    [POLICY_APPROVAL_POLICY] = {"approval-policy", approval_policy_fields,
	sizeof(struct approval_policy),
	"Which acts need the approval of how many persons of which role."},
    [POLICY_LOG_POLICY] = {"log-policy", log_policy_fields, sizeof(struct witness_policy),
	"Who witnesses the log. There is one, named `log`."},
    [POLICY_SIGNING_KEY] = {"signing-key", signing_key_fields, sizeof(struct signing_key),
	"A key that signs releases. `signet signing-key make` makes it; a document retires or revokes it."},
    [POLICY_CHANNEL] = {"channel", channel_fields, sizeof(struct channel),
	"A channel of a product: who may release on it, from where, with which keys, formats and approvals."},
    [POLICY_DEVICE] = {"device", device_fields, sizeof(struct device_document),
	"One unit that is known before it enrolls."},
    [POLICY_DEVICES] = {"devices", devices_fields, sizeof(struct device_document),
	"Many units of one product."},
};

const struct policy_kind *policy_kind_by_name(const char *name)
{
	for (int i = 0; i < POLICY_KINDS; i++)
		if (strcmp(policy_kinds[i].name, name) == 0)
			return &policy_kinds[i];
	return NULL;
}
