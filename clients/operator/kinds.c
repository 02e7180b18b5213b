/* clients/operator/kinds.c: see kinds.h. A row a column, as they stand on the screen. */
#include "clients/operator/kinds.h"

#include <string.h>

/* clang-format off */
#define TEXT(title, path)  {title, path, COLUMN_TEXT, NULL}
#define STATE(title, path) {title, path, COLUMN_STATE, NULL}
#define STATUS(title, path) {title, path, COLUMN_STATUS, NULL}
#define NUMBER(title, path) {title, path, COLUMN_NUMBER, NULL}
/* Documents leave out what is standard (docs/policy.md). */
#define TEXT_OR(title, path, otherwise) {title, path, COLUMN_TEXT, otherwise}
#define UPDATED TEXT("UPDATED", "updated_at")
#define END     {NULL, NULL, COLUMN_TEXT, NULL}
/* clang-format on */

static const struct column authority_columns[] = {TEXT("NAME", "name"),
    TEXT("NOT AFTER", "not_after"), {"FINGERPRINT", "fingerprint", COLUMN_SHORT, NULL}, UPDATED,
    END};
static const struct column profile_columns[] = {
    TEXT("NAME", "name"), TEXT("AUTHORITY", "document.authority"), UPDATED, END};
static const struct column label_columns[] = {TEXT("NAME", "name"),
    TEXT("PROFILE", "document.profile"),
    TEXT_OR("REGISTRATION", "document.registration", "required"),
    TEXT_OR("PRODUCTS", "document.products", "all"), UPDATED, END};
static const struct column anchor_columns[] = {
    TEXT("NAME", "name"), TEXT("MANUFACTURER", "document.manufacturer"), UPDATED, END};
static const struct column product_columns[] = {TEXT("NAME", "name"),
    TEXT("MANUFACTURER", "document.manufacturer"), TEXT("MODEL", "document.model"), UPDATED, END};
static const struct column role_columns[] = {
    TEXT("NAME", "name"), UPDATED, TEXT("PERMISSIONS", "document.permissions"), END};
static const struct column principal_columns[] = {TEXT("NAME", "name"),
    TEXT("TYPE", "document.type"), TEXT_OR("DISABLED", "document.disabled", "no"), UPDATED, END};
static const struct column binding_columns[] = {TEXT("NAME", "name"),
    TEXT("PRINCIPAL", "document.principal"), TEXT("ROLE", "document.role"),
    TEXT_OR("PRODUCTS", "document.products", "all"),
    TEXT_OR("CHANNELS", "document.channels", "all"),
    TEXT_OR("EXPIRES", "document.expires_at", "never"), END};
static const struct column issuer_columns[] = {TEXT("NAME", "name"),
    TEXT("ISSUER", "document.issuer"), TEXT("AUDIENCE", "document.audience"), UPDATED, END};
static const struct column rule_columns[] = {TEXT("NAME", "name"),
    TEXT("ISSUER", "document.issuer"), TEXT("PRINCIPAL", "document.principal"), UPDATED, END};
static const struct column approval_columns[] = {TEXT("NAME", "name"),
    TEXT("APPROVALS", "document.approvals"), TEXT("ROLE", "document.role"),
    TEXT_OR("PRODUCTS", "document.products", "all"), TEXT("ACTS", "document.acts"), END};
static const struct column log_policy_columns[] = {
    TEXT("NAME", "name"), TEXT("QUORUM", "document.quorum"), UPDATED, END};

static const struct column signing_key_columns[] = {TEXT("NAME", "name"),
    TEXT("ALGORITHM", "document.algorithm"), TEXT_OR("TEST", "document.test", "no"),
    TEXT_OR("PRODUCTS", "document.products", "all"),
    {"STATE", "document.state", COLUMN_STATE, "active"}, UPDATED, END};
static const struct column channel_columns[] = {TEXT("NAME", "name"),
    TEXT("PRODUCT", "document.product"), TEXT("CHANNEL", "document.channel"),
    TEXT_OR("PRODUCTION", "document.production", "no"), TEXT("KEYS", "document.keys"),
    TEXT_OR("FORMATS", "document.formats", "suit"), UPDATED, END};
static const struct column release_columns[] = {TEXT("ID", "id"), TEXT("PRODUCT", "product"),
    TEXT("CHANNEL", "channel"), TEXT("VERSION", "version"), NUMBER("SEQUENCE", "sequence"),
    STATE("STATE", "state"), TEXT("REQUEST", "request"), TEXT("CREATED", "created_at"),
    TEXT("BY", "created_by"), END};
static const struct column statement_columns[] = {TEXT("ID", "id"), TEXT("PRODUCT", "product"),
    NUMBER("VERSION", "version"), TEXT("PUBLISHED", "published_at"), TEXT("BY", "published_by"),
    TEXT("SHA-256", "sha256"), END};
static const struct column device_columns[] = {TEXT("ID", "id"), TEXT("PRODUCT", "product"),
    TEXT("SERIAL", "serial"), STATE("STATE", "state"), TEXT("CERTIFICATES", "certificates"),
    TEXT("FIRST ENROLLED", "first_enrolled_at"), END};
static const struct column certificate_columns[] = {TEXT("ID", "id"),
    TEXT("PRODUCT", "device.product"), TEXT("SERIAL", "device.serial"),
    TEXT("AUTHORITY", "authority"), STATUS("STATUS", "status"), TEXT("NOT AFTER", "not_after"),
    TEXT("SERIAL NUMBER", "serial_number"), END};
static const struct column enrollment_columns[] = {TEXT("ID", "id"), TEXT("AT", "at"),
    STATE("OUTCOME", "outcome"), STATE("STATE", "state"), TEXT("PRODUCT", "device.product"),
    TEXT("SERIAL", "device.serial"), TEXT("LABEL", "label"), TEXT("CODE", "code"), END};
static const struct column request_columns[] = {TEXT("ID", "id"), TEXT("CREATED", "created_at"),
    STATE("STATE", "state"), TEXT("READY", "ready"), TEXT("ACT", "act"),
    TEXT("REQUESTER", "requester"), {"DIGEST", "digest", COLUMN_SHORT, NULL},
    TEXT("EXPIRES", "expires_at"), END};
static const struct column token_columns[] = {TEXT("ID", "id"), TEXT("PRINCIPAL", "principal"),
    TEXT("CREATED", "created_at"), TEXT("EXPIRES", "expires_at"), TEXT("REVOKED", "revoked_at"),
    TEXT_OR("PERMISSIONS", "permissions", "all of the principal's"), END};
static const struct column refusal_columns[] = {TEXT("ID", "id"), TEXT("AT", "at"),
    TEXT("PRINCIPAL", "principal"), TEXT("METHOD", "method"), TEXT("PATH", "path"),
    TEXT("STATUS", "status"), TEXT("CODE", "code"), END};
static const struct column alarm_columns[] = {TEXT("ID", "id"), TEXT("AT", "at"),
    TEXT("KIND", "kind"), TEXT("PRODUCT", "device.product"), TEXT("SERIAL", "device.serial"),
    TEXT("DETAIL", "detail"), END};

static const struct column mass_columns[] = {TEXT("ID", "id"), TEXT("STARTED", "started_at"),
    STATE("STATE", "state"), NUMBER("DONE", "done"), NUMBER("OF", "total"),
    NUMBER("REVOKED", "revoked"), TEXT("REASON", "reason"), TEXT("BY", "who"),
    TEXT("SELECTED BY", "selector"), END};
static const struct column crl_columns[] = {TEXT("AUTHORITY", "authority"),
    NUMBER("SHARD", "shard"), NUMBER("NUMBER", "full.number"),
    TEXT("THIS UPDATE", "full.this_update"), TEXT("NEXT UPDATE", "full.next_update"),
    NUMBER("ENTRIES", "full.entries"), NUMBER("BYTES", "full.bytes"),
    NUMBER("DELTA", "delta.number"), NUMBER("CHANGES", "delta.entries"), TEXT("CURRENT", "current"),
    END};
static const struct column responder_columns[] = {TEXT("CERTIFICATE", "certificate"),
    TEXT("AUTHORITY", "authority"), TEXT("NODE", "node"), STATE("STATE", "state"),
    TEXT("NOT AFTER", "not_after"), TEXT("SERIAL NUMBER", "serial"), END};

static const struct column history_columns[] = {TEXT("AT", "at"), TEXT("EVENT", "event"),
    STATE("STATE", "state"), TEXT("CERTIFICATE", "certificate"), TEXT("REASON", "reason"),
    TEXT("WHO", "who"), END};

const struct list_view view_device_history = {"/devices", history_columns};
const struct list_view view_mass_revocations = {"/mass-revocations", mass_columns};
const struct list_view view_crls = {"/crls", crl_columns};
const struct list_view view_responders = {"/ocsp-responders", responder_columns};
const struct list_view view_devices = {"/devices", device_columns};
const struct list_view view_certificates = {"/certificates", certificate_columns};
const struct list_view view_enrollments = {"/enrollments", enrollment_columns};
const struct list_view view_requests = {"/requests", request_columns};
const struct list_view view_tokens = {"/tokens", token_columns};
const struct list_view view_refusals = {"/refused-calls", refusal_columns};
const struct list_view view_alarms = {"/alarms", alarm_columns};

const struct list_view view_releases = {"/releases", release_columns};
const struct list_view view_statements = {"/trust-statements", statement_columns};
const struct list_view view_signing_keys = {"/signing-keys", signing_key_columns};

#define RELATION(title, kind, query, member, source) \
	{                                            \
		title, kind, query, member, source   \
	}
static const struct relation of_authority[] = {
    RELATION("Profiles that it issues", "profile", NULL, "document.authority", NULL), {0}};
static const struct relation of_profile[] = {
    RELATION("Labels that use it", "label", NULL, "document.profile", NULL), {0}};
static const struct relation of_label[] = {
    RELATION("Last enrollments", "enrollment", "label", NULL, NULL), {0}};
static const struct relation of_anchor[] = {
    RELATION("Labels that take its devices", "label", NULL, "document.trust_anchors", NULL), {0}};
static const struct relation of_product[] = {
    RELATION("Labels that name it", "label", NULL, "document.products", NULL),
    RELATION("Bindings that reach it by name", "binding", NULL, "document.products", NULL),
    RELATION("Channels of its releases", "channel", NULL, "document.product", NULL),
    RELATION("Devices", "device", "product", NULL, NULL), {0}};
static const struct relation of_role[] = {
    RELATION("Who has it", "binding", NULL, "document.role", NULL),
    RELATION("Approvals that it gives", "approval-policy", NULL, "document.role", NULL), {0}};
static const struct relation of_principal[] = {
    RELATION("Roles", "binding", NULL, "document.principal", NULL),
    RELATION("OIDC rules", "oidc-rule", NULL, "document.principal", NULL),
    RELATION("Tokens", "token", "principal", NULL, NULL), {0}};
static const struct relation of_binding[] = {
    RELATION("Its principal", "principal", NULL, "name", "document.principal"),
    RELATION("Its role", "role", NULL, "name", "document.role"), {0}};
static const struct relation of_issuer[] = {
    RELATION("Rules", "oidc-rule", NULL, "document.issuer", NULL), {0}};
static const struct relation of_signing_key[] = {
    RELATION("Channels that it signs for", "channel", NULL, "document.keys", NULL), {0}};
static const struct relation of_channel[] = {
    RELATION("Its keys", "signing-key", NULL, "name", "document.keys"), {0}};
static const struct relation of_device[] = {
    RELATION("Certificates", "certificate", "device", NULL, NULL), {0}};

/* clang-format off */
#define KEPT(name, plural, columns, relations) \
	{name, plural, false, {"/" plural, columns}, relations}
#define REMOVABLE(name, plural, columns, relations) \
	{name, plural, true, {"/" plural, columns}, relations}
/* clang-format on */
const struct kind kinds[] = {
    KEPT("authority", "authorities", authority_columns, of_authority),
    KEPT("profile", "profiles", profile_columns, of_profile),
    KEPT("label", "labels", label_columns, of_label),
    KEPT("trust-anchor", "trust-anchors", anchor_columns, of_anchor),
    KEPT("product", "products", product_columns, of_product),
    REMOVABLE("role", "roles", role_columns, of_role),
    REMOVABLE("principal", "principals", principal_columns, of_principal),
    REMOVABLE("binding", "bindings", binding_columns, of_binding),
    REMOVABLE("oidc-issuer", "oidc-issuers", issuer_columns, of_issuer),
    REMOVABLE("oidc-rule", "oidc-rules", rule_columns, NULL),
    REMOVABLE("approval-policy", "approval-policies", approval_columns, NULL),
    REMOVABLE("log-policy", "log-policies", log_policy_columns, NULL),
    KEPT("signing-key", "signing-keys", signing_key_columns, of_signing_key),
    REMOVABLE("channel", "channels", channel_columns, of_channel),
    KEPT("device", "devices", device_columns, of_device),
    KEPT("certificate", "certificates", certificate_columns, NULL),
    KEPT("enrollment", "enrollments", enrollment_columns, NULL),
    KEPT("request", "requests", request_columns, NULL),
    KEPT("token", "tokens", token_columns, NULL),
    KEPT("alarm", "alarms", alarm_columns, NULL),
    {0},
};

const struct kind *kind_find(const char *word)
{
	for (const struct kind *k = kinds; k->name; k++)
		if (strcmp(word, k->name) == 0 || strcmp(word, k->plural) == 0)
			return k;
	return NULL;
}
