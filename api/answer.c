/* api/answer.c: see answer.h. */
#include "api/answer.h"

#include "base/clock.h"
#include "base/encode.h"
#include "ca/revoke.h"
#include "sql/device_view.h"
#include "sql/enrollment_view.h"
#include "sql/mass_act.h"

void answer_time(struct json *j, const char *name, int64_t seconds)
{
	char text[TIME_TEXT_SIZE];

	if (seconds)
		time_text(seconds, text);
	json_str(j, name, seconds ? text : NULL);
}

void answer_hex(struct json *j, const char *name, struct span bytes)
{
	AUTO(buf) text = {0};

	hex_encode(bytes, &text);
	json_str(j, name, bytes.n ? buf_cstr(&text) : NULL);
}

void answer_id(struct json *j, const char *name, int64_t id)
{
	if (id)
		json_int(j, name, id);
	else
		answer_null(j, name);
}

void answer_null(struct json *j, const char *name)
{
	json_str(j, name, NULL);
}

/* ---- shapes ---- */

/* clang-format off */
#define STR(name_, help_)       {.name = (name_), .type = ANSWER_STR, .help = (help_)}
#define STR_OR_NULL(name_, help_) {.name = (name_), .type = ANSWER_STR, .nullable = true, .help = (help_)}
#define INT(name_, help_)       {.name = (name_), .type = ANSWER_INT, .help = (help_)}
#define INT_OR_NULL(name_, help_) {.name = (name_), .type = ANSWER_INT, .nullable = true, .help = (help_)}
#define BOOL(name_, help_)      {.name = (name_), .type = ANSWER_BOOL, .help = (help_)}
#define TIME(name_, help_)      {.name = (name_), .type = ANSWER_TIME, .help = (help_)}
#define TIME_OR_NULL(name_, help_) {.name = (name_), .type = ANSWER_TIME, .nullable = true, .help = (help_)}
#define HEX(name_, help_)       {.name = (name_), .type = ANSWER_HEX, .help = (help_)}
#define HEX_OR_NULL(name_, help_) {.name = (name_), .type = ANSWER_HEX, .nullable = true, .help = (help_)}
#define ENUM(name_, names_, help_) {.name = (name_), .type = ANSWER_ENUM, .names = (names_), .help = (help_)}
#define ENUM_OR_NULL(name_, names_, help_) \
	{.name = (name_), .type = ANSWER_ENUM, .nullable = true, .names = (names_), .help = (help_)}
#define OBJECT(name_, of_, help_) {.name = (name_), .type = ANSWER_OBJECT, .of = (of_), .help = (help_)}
#define OBJECT_OR_NULL(name_, of_, help_) \
	{.name = (name_), .type = ANSWER_OBJECT, .nullable = true, .of = (of_), .help = (help_)}
#define OBJECTS(name_, of_, help_) {.name = (name_), .type = ANSWER_LIST, .of = (of_), .help = (help_)}
#define STRS(name_, help_)      {.name = (name_), .type = ANSWER_STR_LIST, .help = (help_)}
#define STRS_OR_NULL(name_, help_) {.name = (name_), .type = ANSWER_STR_LIST, .nullable = true, .help = (help_)}
#define ANY(name_, help_)       {.name = (name_), .type = ANSWER_ANY, .help = (help_)}
#define VALUE(name_, help_)     {.name = (name_), .type = ANSWER_JSON, .help = (help_)}
#define END                     {.name = NULL}

static const char *const credentials[] = {"token", "certificate", "local", NULL};
static const char *const effects[] = {"unchanged", "created", "changed", "removed", NULL};
static const char *const operations[] = {"enroll", "reenroll", NULL};

static const struct answer_field granted[] = {
    STR("permission", "what"), STR("role", "by which role"),
    STRS_OR_NULL("products", "for which products; null: all"),
    STRS_OR_NULL("channels", "for which channels; null: all"),
    TIME_OR_NULL("expires_at", "until when; null: for ever"), END};
static const struct answer_field token_ref[] = {INT("id", "of the token"), TIME("expires_at", ""), END};
static const struct answer_field whoami[] = {
    STR("principal", "name"), STR_OR_NULL("type", "person, service, ci or line"),
    STR_OR_NULL("person", "who acts, where it is known"),
    ENUM("credential", credentials, "how it was proven"),
    OBJECT_OR_NULL("token", "TokenRef", "null: no token"), OBJECTS("permissions", "Granted", "one for each binding that gives it"), END};
static const struct answer_field because[] = {
    STR("binding", "name"), STR("role", "that it gives"),
    STRS_OR_NULL("products", "null: all"), STRS_OR_NULL("channels", "null: all"),
    TIME_OR_NULL("expires_at", "null: never"), END};
static const struct answer_field explanation[] = {
    STR("principal", "who"), STR("permission", "what"), STR_OR_NULL("scope", "where; null: everywhere"),
    BOOL("allowed", "may it?"), OBJECTS("because", "Because", "bindings that allow it"),
    STRS("missing", "what stands in the way"), END};
static const struct answer_field difference[] = {
    STR("path", "JSON pointer into the document"), VALUE("old", "null: absent"), VALUE("new", "null: absent"), END};
static const struct answer_field change[] = {
    STR("kind", "of document"), STR("name", "of the document"), ENUM("effect", effects, "what became of it"),
    INT_OR_NULL("version", "afterwards"), OBJECTS("difference", "Difference", "member by member"), END};
static const struct answer_field needed[] = {
    STR("act", "kind of act"), STR_OR_NULL("product", "null: all of them"), STR("policy", "approval policy that asks"),
    STR("role", "that approvers hold"), INT("approvals", "how many persons"), END};
static const struct answer_field applied[] = {
    BOOL("dry_run", "nothing was changed"), INT("version", "of policy"),
    OBJECTS("changes", "Change", "one for each document"), OBJECTS("approvals", "Needed", "who must agree"), END};
static const struct answer_field device[] = {
    INT("id", "of the device"), STR("product", "name"), STR("serial", "serial number"),
    STR_OR_NULL("batch", "production batch or delivery; null: not said"), ENUM("state", device_states, "where it is in its life"),
    BOOL("announced", "known before it came, not since it came to an open label"),
    TIME("created_at", "when it was made known"), TIME_OR_NULL("first_enrolled_at", "null: not yet"),
    INT("certificates", "that it has had"), HEX_OR_NULL("idevid_key_digest", "SHA-256 of its IDevID's key; null: not seen yet"),
    HEX_OR_NULL("idevid_digest", "SHA-256 of its IDevID"), INT("version", "rises with each change; the ETag"), END};
static const struct answer_field device_event[] = {
    TIME("at", ""), STR("event", "kind of its log entry, such as device.changed or certificate.issued"),
    ENUM_OR_NULL("state", device_states, "of the device from then on"), STR_OR_NULL("who", "who did it"),
    INT_OR_NULL("certificate", "id of the certificate that it is about"),
    STR_OR_NULL("reason", "of RFC 5280, of a certificate that was revoked, held or resumed"), END};
static const struct answer_field device_ref[] = {
    INT_OR_NULL("id", "of the device; null: not known here"), STR("product", "name"),
    STR_OR_NULL("serial", "serial number"), END};
static const struct answer_field registered[] = {
    INT("created", "devices that were not known"), INT("known", "devices that were"), END};
static const struct answer_field certificate[] = {
    INT("id", "of the certificate"), HEX("serial_number", "as in the certificate"), STR("authority", "that issued it"),
    OBJECT_OR_NULL("device", "DeviceRef", "whose it is; null: no device's"), STR_OR_NULL("profile", "null: none"),
    STR_OR_NULL("label", "that it was enrolled at"), STR_OR_NULL("subject", "RFC 4514"), HEX("key_digest", "SHA-256 of its key"),
    TIME("not_before", ""), TIME("not_after", ""), TIME("issued_at", ""),
    TIME_OR_NULL("first_used_at", "null: not seen in use"), INT_OR_NULL("renews", "id of the one it takes over from"),
    ENUM("status", certificate_states, "expired or not"), BOOL("expired", "it has ended"),
    ENUM_OR_NULL("reason", revocation_reasons, "RFC 5280 5.3.1; null: good"),
    TIME_OR_NULL("revoked_at", "revoked, or held at first; null: good"),
    TIME_OR_NULL("invalidity_at", "since when it is not to be trusted; null: not said"),
    INT("shard", "of its authority's revocation lists"), TIME_OR_NULL("archived_at", "when its DER went; null: it is there"),
    HEX_OR_NULL("der_digest", "SHA-256 of the DER that went; null: it is there"), END};
static const struct answer_field certificate_count[] = {
    STR("authority", "that issued them"), STR_OR_NULL("product", "null: no device's"), INT("issued", "ever"),
    INT("revoked", "for good"), INT("held", "now"), INT("archived", "of those issued"), END};
static const struct answer_field device_count[] = {
    STR_OR_NULL("product", "name"), INT("made", "now"), INT("claimed", "now"), INT("enrolled", "now"), INT("suspended", "now"),
    INT("retired", "now"), END};
static const struct answer_field statistics[] = {
    OBJECTS("certificates", "CertificateCount", "by authority and product"),
    OBJECTS("devices", "DeviceCount", "by product, of those that the caller may see"), END};
static const struct answer_field certificate_ref[] = {
    INT("id", "of the certificate"), HEX_OR_NULL("serial_number", "as in the certificate"), END};
static const struct answer_field enrollment[] = {
    INT("id", "of the enrollment"), TIME("at", ""), STR("label", "as it was asked for"), ENUM("operation", operations, ""),
    ENUM("outcome", enrollment_outcomes, ""), STR_OR_NULL("code", "reason, stable"), STR_OR_NULL("rule", "that decided"),
    STR_OR_NULL("message", "the value and why"), STR_OR_NULL("advice", "what to do"),
    OBJECT_OR_NULL("device", "DeviceRef", "null: nobody vouched for one"), OBJECT_OR_NULL("certificate", "CertificateRef", "that came of it"),
    HEX_OR_NULL("key_digest", "SHA-256 of the key to be certified"), HEX_OR_NULL("idevid_digest", "SHA-256 of the IDevID"),
    STR("peer", "address"), STR("request_id", "as in the server's log"), BOOL("stranger", "no trust anchor vouches for it: the row expires"),
    ENUM_OR_NULL("state", enrollment_states, "of one that waits or waited"), TIME_OR_NULL("expires_at", ""),
    STR_OR_NULL("decided_by", ""), TIME_OR_NULL("decided_at", ""), END};
static const char *const release_states[] = {
    "draft", "requested", "approved", "signed", "published", "recalled", NULL};
static const char *const release_step_names[] = {
    "created", "requested", "approved", "returned", "signed", "published", "recalled", NULL};
#define RELEASE_MEMBERS \
    INT("id", "of the release"), STR("product", "name"), STR("channel", "of the product"), STR("version", "unique on it"), \
    INT("sequence", "rises per product, across its channels"), STR("class_id", "UUID of model and channel, signed in the manifest"), \
    ENUM("state", release_states, "how far it is"), INT_OR_NULL("request", "id of the request that it waits for or was signed by"), \
    HEX("manifest_digest", "SHA-256 of the SUIT manifest: what is signed"), HEX("json_digest", "SHA-256 of the JSON manifest"), \
    TIME("created_at", ""), STR("created_by", "principal"), STR_OR_NULL("person", "behind it, where that is known"), \
    INT("revision", "rises with every step"), OBJECTS("components", "ReleaseComponent", "what is installed"), \
    {.name = "sbom", .type = ANSWER_OBJECT, .of = "ReleaseSbom", .optional = true, .help = "its bill of materials"}, \
    {.name = "notes", .type = ANSWER_STR, .optional = true, .help = "for people"}, \
    {.name = "supersedes", .type = ANSWER_INT, .optional = true, .help = "sequence number of the release that it takes over from"}, \
    {.name = "provenance", .type = ANSWER_ANY, .optional = true, .help = "of the run that made it, as its verified token says"}
static const struct answer_field release_item[] = {RELEASE_MEMBERS, END};
static const struct answer_field release_one[] = {
    RELEASE_MEMBERS, OBJECTS("approvals", "ReleaseApproval", "that it was signed by"),
    OBJECTS("wanted", "ReleaseWanted", "approvals that its open request still lacks"), BOOL("ready", "its request can be redeemed"),
    OBJECTS("steps", "ReleaseStep", "oldest first"), END};
static const struct answer_field release_component[] = {
    STR("id", "of the component"), ANY("digests", "sha256, sha384, sha512 of its file, in hex: those that were given"), INT("size", "bytes"),
    {.name = "uri", .type = ANSWER_STR, .optional = true, .help = "where devices fetch it"}, END};
static const struct answer_field release_sbom[] = {STR("format", "cyclonedx or spdx"), HEX("digest", "its SHA-256"), END};
static const struct answer_field release_approval[] = {
    STR("approver", "principal"), STR("role", "that made it count"), TIME("at", ""), END};
static const struct answer_field release_wanted[] = {STR("role", "that approvers hold"), INT("approvals", "how many persons"), END};
static const struct answer_field release_step[] = {
    ENUM("step", release_step_names, "what was done"), ENUM("state", release_states, "since then"), TIME("at", ""),
    STR("by", "who did it"), STR_OR_NULL("person", "who acted, where that is somebody else"), INT_OR_NULL("request", "by which it was done"),
    HEX_OR_NULL("digest", "SHA-256 of the bundle, or of the recall list"), END};
static const struct answer_field release_manifest[] = {
    STR("channel", "of the product"), STR("class_id", "UUID of model and channel"), VALUE("components", "id, digest, size, uri of each"),
    STR("format", "signet-manifest/1"), STR("model", "of the product"), STR("product", "name"), INT("sequence", "of the release"),
    STR("vendor", "manufacturer"), STR("vendor_domain", ""), STR("vendor_id", "UUID of vendor_domain"), STR("version", ""),
    {.name = "notes", .type = ANSWER_STR, .optional = true, .help = "for people"},
    {.name = "provenance", .type = ANSWER_ANY, .optional = true, .help = "of the run that made it"},
    {.name = "sbom", .type = ANSWER_OBJECT, .of = "ReleaseSbom", .optional = true, .help = "its bill of materials"},
    {.name = "supersedes", .type = ANSWER_INT, .optional = true, .help = "sequence number of an earlier release"}, END};
static const struct answer_field trust_statement[] = {
    INT("id", "of the statement"), STR("product", "name"), INT("version", "rises by one"), HEX("sha256", "of the file"),
    INT("size", "bytes"), TIME("published_at", ""), STR("published_by", "principal"),
    STR_OR_NULL("person", "who acted, where that is somebody else"), INT_OR_NULL("request", "that was redeemed"), END};
static const struct answer_field alarm[] = {
    INT("id", "of the alarm"), TIME("at", ""), STR("kind", "such as clone or lint"),
    OBJECT_OR_NULL("device", "DeviceRef", "that it is about"), INT_OR_NULL("enrollment", "id of the one that raised it"),
    STR("detail", ""), END};
static const struct answer_field refused_call[] = {
    INT("id", "of the refused call"), TIME("at", ""), STR_OR_NULL("principal", "null: nobody known"), STR("method", ""),
    STR("path", "without the query"), INT("status", "HTTP"), STR("code", "reason, stable"), STR_OR_NULL("rule", "that refused"),
    STR("message", "the value and why"), STR_OR_NULL("advice", "what to do"), STR_OR_NULL("cause", "what the caller was not told"),
    STR("peer", "address"), STR("request_id", "as in the server's log"), END};

static const char *const ocsp_states[] = {"current", "ended", "revoked", NULL};
static const struct answer_field ocsp_responder[] = {
    INT("certificate", "id of the responder's own"), STR("authority", "that it answers for"), STR("node", "of the server"),
    ENUM("state", ocsp_states, "revoked: or held, or its key compromised; the node makes another"),
    HEX("serial", "of that certificate"), HEX("key", "SHA-256 of the public key"),
    TIME("not_before", ""), TIME("not_after", ""), END};

static const struct answer_field crl_part[] = {
    INT("number", "cRLNumber"), TIME("this_update", ""), TIME("next_update", ""),
    INT_OR_NULL("base", "number of the full list that a delta adds to"), INT("entries", "revoked certificates"),
    INT("bytes", "of its DER"), HEX("digest", "SHA-256 of its DER, its ETag"), END};
static const struct answer_field crl_fields[] = {
    STR("authority", "whose"), INT("shard", "0, but where policy has several"), STR_OR_NULL("url", "that new certificates name"),
    STR_OR_NULL("delta_url", "that new certificates name"), OBJECT_OR_NULL("full", "CrlPart", "null: none yet"),
    OBJECT_OR_NULL("delta", "CrlPart", "null: none"), BOOL("current", "they tell of all that was revoked"), END};

/* ---- requests: api/request_view.c, api/enrollment_decide.c ---- */
static const char *const request_states[] = {"open", "rejected", "withdrawn", "expired", "redeemed", NULL};
static const char *const verdicts[] = {"approved", "rejected", NULL};
static const struct answer_field asked_act[] = {
    STR("act", "kind of act"), STR_OR_NULL("product", "null: all, or none"), STR_OR_NULL("channel", "null: all, or none"), END};
static const struct answer_field asked_requirement[] = {
    STR("policy", "approval policy that asks"), STR("act", "kind of act"), STR_OR_NULL("product", ""), STR_OR_NULL("channel", ""),
    STR("role", "that approvers hold"), INT("approvals", "how many persons"), INT("have", "how many count now"), END};
static const struct answer_field verdict[] = {
    STR("principal", ""), ENUM("verdict", verdicts, ""), TIME("at", ""), HEX("digest", "that the approver was shown"),
    STR_OR_NULL("comment", ""), END};
static const struct answer_field stored_call[] = {
    STR("method", ""), STR("path", ""), STR_OR_NULL("query", ""), STR_OR_NULL("if_match", ""), STR_OR_NULL("if_none_match", ""),
    STR_OR_NULL("content_type", ""), {.name = "body", .type = ANSWER_STR, .nullable = true, .optional = true, .help = "as it came"},
    {.name = "body_base64", .type = ANSWER_STR, .optional = true, .help = "where it is no text"}, END};
static const struct answer_field request[] = {
    INT("id", "of the request"), STR("act", "the first of its acts"), OBJECTS("acts", "AskedAct", "all of them"),
    ENUM("state", request_states, ""), BOOL("ready", "all requirements are met, by the rights of now"), STR("requester", "principal"),
    STR_OR_NULL("person", "who is behind it"), TIME("created_at", ""), TIME("expires_at", ""), TIME_OR_NULL("closed_at", ""),
    STR_OR_NULL("closed_by", ""), HEX("digest", "that an approver must name"), OBJECT("call", "StoredCall", "what is asked for"),
    {.name = "difference", .type = ANSWER_JSON, .optional = true, .help = "what it would change of policy; not in lists"},
    OBJECTS("requirements", "AskedRequirement", "who must agree"), OBJECTS("approvals", "Verdict", "who has said what"), END};
static const struct answer_field authority_key[] = {
    STR("name", "of the authority that it is for"), STR("csr", "PKCS#10, PEM: to be signed by who holds the key above"), END};
static const struct answer_field requested[] = {OBJECT("request", "Request", "what the call has become"), END};
static const struct answer_field decision[] = {
    INT("id", "of the enrollment"), STR("state", ""), STR_OR_NULL("product", ""), STR_OR_NULL("serial", ""),
    STR("decided_by", ""), TIME("decided_at", ""), END};

/* ---- credentials: api/token.c, api/operator_certificate.c ---- */
static const struct answer_field token[] = {
    INT("id", "of the token"), STR("principal", "who it speaks for"), STR_OR_NULL("person", "who is behind it"),
    STR("created_by", ""), TIME("created_at", ""), TIME("expires_at", ""), TIME_OR_NULL("revoked_at", ""),
    STR_OR_NULL("revoked_by", ""), STRS_OR_NULL("permissions", "null: all that the principal has"),
    BOOL("one_request", "good for one request alone"), END};
static const struct answer_field token_made[] = {
    INT("id", "of the token"), STR("jti", ""), STR("token", "JWT; shown once"), STR("principal", "who it speaks for"),
    TIME("expires_at", ""), END};
static const struct answer_field operator_certificate[] = {
    INT("id", "of the certificate"), STR("principal", "its CN"), HEX("serial_number", ""), TIME("not_before", ""),
    TIME("not_after", ""), STR("certificate", "PEM"), END};

static const struct answer_field service_certificate[] = {
    INT("id", "of the certificate"), STR("profile", "that it was issued under"), HEX("serial_number", ""), TIME("not_before", ""),
    TIME("not_after", ""), INT_OR_NULL("renews", "id of the one with the same key and names"),
    STR("certificate", "PEM, with the issuers below the root"), END};
/* ---- many revoked: api/mass_revocation.c ---- */
static const struct answer_field mass_revocation[] = {
    INT("id", "of the act"), ENUM("state", mass_act_states, ""), ANY("selector", "as it was said"),
    ENUM("reason", revocation_reasons, "RFC 5280 5.3.1"), TIME_OR_NULL("invalidity_at", "null: not said"),
    HEX("digest", "SHA-256 of the certificates' ids, each of eight octets, in their order"),
    STRS("products", "that it is about"), INT("total", "certificates that it found"),
    INT("done", "of them, those that it has looked at"), INT("revoked", "of them, those that it has revoked"),
    STR("who", "ordered it"), INT_OR_NULL("request", "that others approved"), TIME("started_at", ""),
    TIME_OR_NULL("finished_at", "null: it runs"), STR_OR_NULL("canceled_by", ""),
    STR_OR_NULL("failure", "why it has failed"), END};
static const struct answer_field mass_product[] = {
    STR_OR_NULL("product", "null: of no device"), INT("certificates", ""), END};
static const struct answer_field mass_authority[] = {STR_OR_NULL("authority", ""), INT("certificates", ""), END};
static const struct answer_field mass_selection[] = {
    BOOL("dry_run", "true: nothing was changed"), ANY("selector", "as it was said"),
    ENUM("reason", revocation_reasons, "RFC 5280 5.3.1"), TIME_OR_NULL("invalidity_at", "null: not said"),
    INT("certificates", "that it finds"), INT("devices", "whose they are"),
    INT("already", "certificates that are revoked for good already, and stay as they are"),
    INT("unknown_algorithm", "certificates that are not found because the store does not know their algorithm"),
    OBJECTS("products", "MassProduct", "how many of each"), OBJECTS("authorities", "MassAuthority", "how many of each"),
    VALUE("sample", "ids of some of them"), HEX("digest", "as that of a mass revocation"), END};

/* ---- the log: api/log.c ---- */
static const struct answer_field log_info_fields[] = {
    STR("origin", "name of the log"), STR("vkey", "its public key, as C2SP signed-note writes it"), TIME("started_at", ""),
    INT("size", "leaves that the published checkpoint covers"), INT("entries", "leaves integrated"),
    STR("checkpoint", "signed note; empty: none yet"), STR_OR_NULL("public_url", "where tiles are served"),
    STR("policy", "a tlog-policy file"), STR_OR_NULL("predecessor", "checkpoint of the log that it follows"), END};
static const struct answer_field log_entry_fields[] = {
    INT("id", "of the entry"), INT_OR_NULL("index", "of its leaf; null: not integrated yet"), TIME("at", ""),
    STR("kind", "of act"), STR_OR_NULL("record_kind", "what it commits to"), INT_OR_NULL("record_id", ""), END};
static const struct answer_field log_record_fields[] = {
    INT("index", "of the leaf"), INT("entry_id", ""), STR_OR_NULL("entry", "base64; null: the row is gone"),
    STR_OR_NULL("salt", "base64"), TIME_OR_NULL("erased_at", "when the salt was erased"), STR_OR_NULL("record_kind", ""),
    INT_OR_NULL("record_id", ""), STR_OR_NULL("record", "base64, made anew from the row; null: the row is gone"),
    INT_OR_NULL("archived_in", "the record is a certificate whose DER went; the batch that commits to its digest"),
    STR_OR_NULL("fault", "columns that contradict the record"), END};
static const struct answer_field log_record_page[] = {
    OBJECTS("items", "LogRecord", "by index"), INT_OR_NULL("next", "`from` of the next page"), END};
static const struct answer_field log_stray_fields[] = {
    STR("record_kind", ""), INT_OR_NULL("record_id", "null: known by name"), STR_OR_NULL("name", ""),
    STR("what", "what the log does not tell of it, or tells otherwise"), END};

const struct answer_shape answer_shapes[] = {
    {"OpenApi", NULL, NULL, "an OpenAPI 3.1 document"},
    {"Granted", granted, NULL, "a permission and the binding that gives it"},
    {"TokenRef", token_ref, NULL, "the token that was sent"},
    {"WhoAmI", whoami, NULL, "who calls"},
    {"Because", because, NULL, "a binding that allows"},
    {"Explanation", explanation, NULL, "why, or why not"},
    {"Difference", difference, NULL, "a member that differs"},
    {"Change", change, NULL, "what became of a document"},
    {"Needed", needed, NULL, "approvals that policy asks for"},
    {"Applied", applied, NULL, "what was, or would be, changed"},
    {"Device", device, NULL, "one unit of a product"},
    {"DeviceList", NULL, "Device", "a page of devices"},
    {"DeviceEvent", device_event, NULL, "what happened to a device"},
    {"DeviceEventList", NULL, "DeviceEvent", "a page of them"},
    {"DeviceRef", device_ref, NULL, "a device, by its names"},
    {"Registered", registered, NULL, "how many were new"},
    {"Certificate", certificate, NULL, "an issued certificate"},
    {"CertificateList", NULL, "Certificate", "a page of certificates"},
    {"MassRevocation", mass_revocation, NULL, "all that a selection finds, revoked by one act"},
    {"MassRevocationList", NULL, "MassRevocation", "a page of mass revocations"},
    {"MassSelection", mass_selection, NULL, "what a mass revocation would find"},
    {"MassProduct", mass_product, NULL, "certificates of one product"},
    {"MassAuthority", mass_authority, NULL, "certificates of one authority"},
    {"CertificateRef", certificate_ref, NULL, "a certificate, by its numbers"},
    {"CertificateCount", certificate_count, NULL, "how many certificates of one authority and product"},
    {"DeviceCount", device_count, NULL, "how many devices of one product"},
    {"Statistics", statistics, NULL, "how many there are, without counting"},
    {"Enrollment", enrollment, NULL, "one attempt, accepted or refused, with all that explains it"},
    {"EnrollmentList", NULL, "Enrollment", "a page of enrollments"},
    {"Alarm", alarm, NULL, "what somebody must look at"},
    {"AlarmList", NULL, "Alarm", "a page of alarms"},
    {"RefusedCall", refused_call, NULL, "a call that was refused, with all that explains it"},
    {"RefusedCallList", NULL, "RefusedCall", "a page of refused calls"},
    {"CrlPart", crl_part, NULL, "a revocation list, full or delta"},
    {"Crl", crl_fields, NULL, "the revocation lists of a shard of an authority"},
    {"CrlList", NULL, "Crl", "a page of them"},
    {"OcspResponder", ocsp_responder, NULL, "who answers for an authority, on one node"},
    {"OcspResponderList", NULL, "OcspResponder", "a page of OCSP responders"},
    {"AskedAct", asked_act, NULL, "an act, and what it is about"},
    {"AskedRequirement", asked_requirement, NULL, "approvals that policy asks for"},
    {"Verdict", verdict, NULL, "what somebody said"},
    {"StoredCall", stored_call, NULL, "a call as it was made"},
    {"Release", release_one, NULL, "a release whole"},
    {"ReleaseItem", release_item, NULL, "a release as lists show it"},
    {"ReleaseList", NULL, "ReleaseItem", "a page of releases"},
    {"ReleaseManifest", release_manifest, NULL, "what a release says, signed by JWS and CMS"},
    {"ReleaseComponent", release_component, NULL, "a file that a device installs"},
    {"ReleaseSbom", release_sbom, NULL, "a bill of materials, by its digest"},
    {"ReleaseApproval", release_approval, NULL, "an approval that a release was signed by"},
    {"ReleaseWanted", release_wanted, NULL, "approvals that lack"},
    {"ReleaseStep", release_step, NULL, "a step of a release"},
    {"TrustStatement", trust_statement, NULL, "a trust statement that devices are given"},
    {"TrustStatementList", NULL, "TrustStatement", "a page of trust statements"},
    {"Request", request, NULL, "a call that waits for approvals, or waited"},
    {"AuthorityKey", authority_key, NULL, "a key that waits for its certificate"},
    {"RequestList", NULL, "Request", "a page of requests"},
    {"Requested", requested, NULL, "a request was made of the call"},
    {"Redeemed", NULL, NULL, "what the act answers"},
    {"Decision", decision, NULL, "what was decided about an enrollment"},
    {"Token", token, NULL, "a token of our own, without the token itself"},
    {"TokenList", NULL, "Token", "a page of tokens"},
    {"TokenMade", token_made, NULL, "a new token"},
    {"OperatorCertificate", operator_certificate, NULL, "a client certificate for a principal"},
    {"ServiceCertificate", service_certificate, NULL, "a certificate for a service"},
    {"LogInfo", log_info_fields, NULL, "which log this is"},
    {"LogEntry", log_entry_fields, NULL, "an entry, by its numbers"},
    {"LogEntryList", NULL, "LogEntry", "a page of entries"},
    {"LogRecord", log_record_fields, NULL, "a leaf with the record that the store has for it"},
    {"LogRecordPage", log_record_page, NULL, "a page of leaves"},
    {"LogStray", log_stray_fields, NULL, "a record that the log does not tell of"},
    {"LogStrayList", NULL, "LogStray", "a page of strays, which may be empty"},
    {.name = NULL},
};
/* clang-format on */
