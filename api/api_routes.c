/*
 * api/api_routes.c: the API, as one table: it dispatches, authorises, binds and documents.
 *
 * A row is made by the macro of its kind, with what it has beyond as designated members behind it.
 */
#include "api/alarm.h"
#include "api/apply.h"
#include "api/authority.h"
#include "api/certificate.h"
#include "api/crl.h"
#include "api/device.h"
#include "api/device_history.h"
#include "api/document.h"
#include "api/enrollment.h"
#include "api/enrollment_decide.h"
#include "api/issuer.h"
#include "api/log.h"
#include "api/mass_revocation.h"
#include "api/ocsp_responder.h"
#include "api/openapi.h"
#include "api/operator_certificate.h"
#include "api/perform.h"
#include "api/problem.h"
#include "api/refusal.h"
#include "api/refused.h"
#include "api/release.h"
#include "api/request.h"
#include "api/revocation.h"
#include "api/self.h"
#include "api/service_certificate.h"
#include "api/signing_key.h"
#include "api/statistic.h"
#include "api/token.h"
#include "api/trust_statement.h"
#include "api/update.h"

/* What every row has. Further members follow: ROW(...), .query = ... */
#define ROW(verb, path_, operation_, permission_, run, text)                        \
	.method = (verb), .path = API_PREFIX path_, .listeners = LISTENER_OPERATOR, \
	.place = ROUTE_WORKER, .permission = (permission_), .handler = (run),       \
	.error_shape = problem_shape, .summary = (text), .operation = (operation_)
#define GET(path, operation, permission, run, text) \
	ROW(HTTP_GET, path, operation, permission, run, text)
#define POST(path, operation, permission, run, text) \
	ROW(HTTP_POST, path, operation, permission, run, text), .flags = ROUTE_ACT
#define QUERY(fields, tag) .query = (fields), .query_size = sizeof(struct tag)
#define LIST(fields, tag)  QUERY(fields, tag), .flags = ROUTE_LIST
#define BODY(most, fields, tag) \
	.content_type = JSON, .body_max = (most), .body = (fields), .body_size = sizeof(struct tag)
#define RAW(types, most) .content_type = (types), .body_max = (most)

/* clang-format off */
/*
 * Documents of policy of one kind. What policy says concerns every product: any binding that gives
 * policy.read shows all of it; who may do what is shown to those who may see all of that. Permissions to
 * change are those of the kind's act; the change is judged whole.
 */
#define KIND_ROWS(Name, Names, paths, kind, read_, scope_, manage_)                               \
	{GET("/" paths, "list" Names, read_, document_list_get, "documents of kind " kind ", by name"), \
	    LIST(document_list_fields, document_list_query), .scope = scope_, .document = kind,   \
	    .answer = Name "List"},                                                               \
	{GET("/" paths "/{name}", "get" Name, read_, document_one_get, "a document of kind " kind), \
	    .flags = ROUTE_VERSIONED, .scope = scope_, .document = kind, .answer = Name},         \
	{ROW(HTTP_PUT, "/" paths "/{name}", "put" Name, manage_, document_put,                    \
	     "make or change a document of kind " kind),                                          \
	    .flags = ROUTE_ACT | ROUTE_EDITS | ROUTE_RAW, RAW(JSON, DOCUMENT_BODY_MAX),           \
	    .document = kind, .answer = Name}
#define KIND(Name, Names, paths, kind, manage) \
	KIND_ROWS(Name, Names, paths, kind, PERMISSION_POLICY_READ, SCOPE_ANY, manage)
#define REMOVABLE(Name, Names, paths, kind, manage_) \
	REMOVABLE_ROWS(Name, Names, paths, kind, PERMISSION_ACCESS_READ, SCOPE_GLOBAL, manage_)
/* What may be released is shown to whoever sees releases, of whichever product. */
#define RELEASE_RULE(Name, Names, paths, kind, manage_) \
	REMOVABLE_ROWS(Name, Names, paths, kind, PERMISSION_RELEASE_READ, SCOPE_ANY, manage_)
#define REMOVABLE_ROWS(Name, Names, paths, kind, read_, scope_, manage_)                          \
	KIND_ROWS(Name, Names, paths, kind, read_, scope_, manage_),                              \
	{ROW(HTTP_DELETE, "/" paths "/{name}", "delete" Name, manage_, document_delete,           \
	     "remove a document of kind " kind),                                                  \
	    .flags = ROUTE_ACT | ROUTE_EDITS, .document = kind, .status = 204}

const struct route api_routes[] = {
    {GET("/openapi.json", "openapi", PERMISSION_PUBLIC, openapi_get, "this description: OpenAPI 3.1"),
	.answer = "OpenApi"},
    {GET("/roots", "getRoots", PERMISSION_PUBLIC, issuer_roots,
	 "the root authorities' certificates as PEM, for who knows a fingerprint of theirs"),
	.answer_type = "application/x-pem-file"},
    {GET("/whoami", "whoami", PERMISSION_SELF, self_whoami, "who calls, and what that one may do"),
	.answer = "WhoAmI"},
    {GET("/can", "can", PERMISSION_SELF, self_can, "may a principal do something, and why, or what is missing"),
	QUERY(can_fields, can_query), .answer = "Explanation"},

    /* ---- policy ---- */
    KIND("Authority", "Authorities", "authorities", "authority", PERMISSION_AUTHORITY_MANAGE),
    KIND("Profile", "Profiles", "profiles", "profile", PERMISSION_PROFILE_MANAGE),
    KIND("Label", "Labels", "labels", "label", PERMISSION_LABEL_MANAGE),
    KIND("TrustAnchor", "TrustAnchors", "trust-anchors", "trust-anchor", PERMISSION_TRUST_ANCHOR_MANAGE),
    KIND("Product", "Products", "products", "product", PERMISSION_PRODUCT_MANAGE),
    REMOVABLE("Role", "Roles", "roles", "role", PERMISSION_ACCESS_MANAGE),
    REMOVABLE("Principal", "Principals", "principals", "principal", PERMISSION_ACCESS_MANAGE),
    REMOVABLE("Binding", "Bindings", "bindings", "binding", PERMISSION_ACCESS_MANAGE),
    REMOVABLE("OidcIssuer", "OidcIssuers", "oidc-issuers", "oidc-issuer", PERMISSION_ACCESS_MANAGE),
    REMOVABLE("OidcRule", "OidcRules", "oidc-rules", "oidc-rule", PERMISSION_ACCESS_MANAGE),
    REMOVABLE("ApprovalPolicy", "ApprovalPolicies", "approval-policies", "approval-policy", PERMISSION_APPROVAL_POLICY_MANAGE),
    REMOVABLE("LogPolicy", "LogPolicies", "log-policies", "log-policy", PERMISSION_LOG_MANAGE),
    RELEASE_RULE("SigningKey", "SigningKeys", "signing-keys", "signing-key", PERMISSION_SIGNING_KEY_MANAGE),
    RELEASE_RULE("Channel", "Channels", "channels", "channel", PERMISSION_CHANNEL_MANAGE),
    {POST("/apply", "apply", PERMISSION_SELF, apply_post, "apply documents of policy, all or nothing"),
	RAW("application/yaml, application/json", APPLY_BODY_MAX), QUERY(apply_fields, apply_query),
	.answer = "Applied"},

    /* ---- devices ---- */
    {GET("/devices", "listDevices", PERMISSION_DEVICE_READ, device_list_get, "devices, newest first"),
	LIST(device_list_fields, device_list_query), .answer = "DeviceList"},
    {GET("/devices/{id}", "getDevice", PERMISSION_DEVICE_READ, device_one_get, "a device"),
	.flags = ROUTE_VERSIONED, .answer = "Device"},
    {GET("/devices/{id}/history", "getDeviceHistory", PERMISSION_DEVICE_READ, device_history_get,
	 "what happened to a device, newest first: moves, resets, certificates and their status"),
	LIST(device_history_fields, device_history_query), .answer = "DeviceEventList"},
    {ROW(HTTP_POST, "/devices", "registerDevices", PERMISSION_DEVICE_REGISTER, device_register,
	 "make devices of one product known"),
	.flags = ROUTE_ACT | ROUTE_CREATES, .scope = SCOPE_PRODUCT,
	BODY(DEVICE_BODY_MAX, device_register_fields, device_register_body), .answer = "Registered"},
    {ROW(HTTP_POST, "/devices/import", "importDevices", PERMISSION_DEVICE_REGISTER, device_import,
	 "make devices known: lines of NDJSON or CSV, all or nothing"),
	.flags = ROUTE_ACT | ROUTE_CREATES | ROUTE_RAW, .scope = SCOPE_PRODUCT,
	RAW("application/x-ndjson, text/csv", DEVICE_BODY_MAX), QUERY(device_import_fields, device_import_query),
	.answer = "Registered"},
    {ROW(HTTP_PATCH, "/devices/{id}", "changeDevice", PERMISSION_DEVICE_MANAGE, device_patch,
	 "claim, suspend, resume or retire a device"),
	.flags = ROUTE_ACT | ROUTE_EDITS, .scope = SCOPE_PRODUCT,
	BODY(4096, device_patch_fields, device_patch_body), .answer = "Device"},

    /* ---- certificates ---- */
    {GET("/certificates", "listCertificates", PERMISSION_CERTIFICATE_READ, certificate_list_get,
	 "certificates, newest first, or those first that end first"),
	LIST(certificate_list_fields, certificate_list_query), .answer = "CertificateList"},
    {ROW(HTTP_POST, "/certificates", "createServiceCertificate", PERMISSION_CERTIFICATE_ISSUE,
	 service_certificate_create, "a certificate for a service, under a profile that says which names it may have"),
	.flags = ROUTE_ACT | ROUTE_CREATES, .scope = SCOPE_GLOBAL,
	BODY(SERVICE_CERTIFICATE_BODY_MAX, service_certificate_fields, service_certificate_body),
	.answer = "ServiceCertificate", .status = 201},
    {GET("/certificates/{id}", "getCertificate", PERMISSION_CERTIFICATE_READ, certificate_one_get, "a certificate"),
	.answer = "Certificate"},
    {GET("/certificates/{id}/pem", "getCertificatePem", PERMISSION_CERTIFICATE_READ, certificate_pem_get,
	 "a certificate as PEM"),
	.answer_type = "application/x-pem-file"},
    {POST("/certificates/{id}/revoke", "revokeCertificate", PERMISSION_CERTIFICATE_REVOKE, certificate_revoke,
	 "revoke a certificate for good"),
	.scope = SCOPE_PRODUCT, BODY(REVOKE_BODY_MAX, revoke_fields, revoke_body), .answer = "Certificate"},
    {POST("/certificates/{id}/hold", "holdCertificate", PERMISSION_CERTIFICATE_REVOKE, certificate_hold,
	 "hold a certificate: it does not count until it is resumed"),
	.scope = SCOPE_PRODUCT, .answer = "Certificate"},
    {POST("/certificates/{id}/resume", "resumeCertificate", PERMISSION_CERTIFICATE_REVOKE, certificate_resume,
	 "lift the hold of a certificate"),
	.scope = SCOPE_PRODUCT, .answer = "Certificate"},

    {GET("/statistics", "getStatistics", PERMISSION_CERTIFICATE_READ, statistic_get,
	 "how many certificates and devices there are, by authority, product and state"),
	QUERY(statistic_fields, statistic_query), .answer = "Statistics"},

    /* ---- many certificates at once ---- */
    {GET("/mass-revocations", "listMassRevocations", PERMISSION_CERTIFICATE_READ, mass_revocation_list_get,
	 "mass revocations, newest first"),
	LIST(mass_list_fields, mass_list_query), .answer = "MassRevocationList"},
    {GET("/mass-revocations/{id}", "getMassRevocation", PERMISSION_CERTIFICATE_READ, mass_revocation_one_get,
	 "a mass revocation and how far it is"),
	.answer = "MassRevocation"},
    {ROW(HTTP_POST, "/mass-revocations", "massRevoke", PERMISSION_CERTIFICATE_REVOKE, mass_revocation_post,
	 "revoke all certificates that a selector finds; dry_run: say which"),
	.flags = ROUTE_ACT | ROUTE_CREATES, .scope = SCOPE_PRODUCT,
	BODY(MASS_BODY_MAX, mass_revoke_fields, mass_revoke_body), .answer = "MassRevocation",
	.dry_answer = "MassSelection", .status = 201},
    {POST("/mass-revocations/{id}/cancel", "cancelMassRevocation", PERMISSION_CERTIFICATE_REVOKE,
	 mass_revocation_cancel, "end one that runs; what it has revoked stays revoked"),
	.scope = SCOPE_PRODUCT, .answer = "MassRevocation"},

    /* ---- enrollments ---- */
    {GET("/enrollments", "listEnrollments", PERMISSION_ENROLLMENT_READ, enrollment_list_get, "enrollments, newest first"),
	LIST(enrollment_list_fields, enrollment_list_query), .answer = "EnrollmentList"},
    {GET("/enrollments/{id}", "getEnrollment", PERMISSION_ENROLLMENT_READ, enrollment_one_get,
	 "an enrollment: the rule, the value and the fix, from its stored record alone"),
	.answer = "Enrollment"},
    {POST("/enrollments/{id}/approve", "approveEnrollment", PERMISSION_ENROLLMENT_DECIDE, enrollment_approve,
	 "approve an enrollment that waits, alone or as one of several"),
	.scope = SCOPE_PRODUCT, .answer = "Decision"},
    {POST("/enrollments/{id}/reject", "rejectEnrollment", PERMISSION_ENROLLMENT_DECIDE, enrollment_reject,
	 "reject an enrollment that waits"),
	.scope = SCOPE_PRODUCT, .answer = "Decision"},

    /* ---- what went wrong ---- */
    {GET("/alarms", "listAlarms", PERMISSION_ALARM_READ, alarm_list_get, "alarms, newest first"),
	LIST(alarm_list_fields, alarm_list_query), .answer = "AlarmList"},
    {GET("/refused-calls", "listRefusedCalls", PERMISSION_REFUSAL_READ, refused_list_get,
	 "calls that were refused, newest first"),
	LIST(refused_list_fields, refused_list_query), .scope = SCOPE_GLOBAL, .answer = "RefusedCallList"},
    {GET("/refused-calls/{id}", "getRefusedCall", PERMISSION_REFUSAL_READ, refused_one_get,
	 "a refused call: the rule, the value and the fix"),
	.scope = SCOPE_GLOBAL, .answer = "RefusedCall"},

    {GET("/crls", "listCrls", PERMISSION_POLICY_READ, crl_list_get,
	 "the revocation lists of each authority, as they are served"),
	LIST(crl_list_fields, crl_list_query), .answer = "CrlList"},
    {GET("/ocsp-responders", "listOcspResponders", PERMISSION_POLICY_READ, ocsp_list_get,
	 "the delegated OCSP responders of each authority and node, newest first"),
	LIST(ocsp_list_fields, ocsp_list_query), .answer = "OcspResponderList"},

    /* ---- authorities, made and retired ---- */
    {POST("/authorities", "makeAuthority", PERMISSION_AUTHORITY_MANAGE, authority_post,
	 "an issuing authority below one whose key this server holds"),
	BODY(AUTHORITY_BODY_MAX, authority_fields, authority_body), .scope = SCOPE_GLOBAL,
	.answer = "Authority", .status = 201},
    {POST("/authorities/{name}/key", "makeAuthorityKey", PERMISSION_AUTHORITY_MANAGE, authority_key_post,
	 "a key and a request to be signed, for an authority below one whose key is offline"),
	BODY(AUTHORITY_BODY_MAX, authority_key_fields, authority_key_body), .scope = SCOPE_GLOBAL,
	.answer = "AuthorityKey", .status = 201},
    {POST("/authorities/{name}/certificate", "takeAuthority", PERMISSION_AUTHORITY_MANAGE,
	 authority_certificate_post, "the chain that was issued for such a key: the authority is there"),
	BODY(AUTHORITY_CHAIN_MAX, authority_certificate_fields, authority_certificate_body),
	.scope = SCOPE_GLOBAL, .answer = "Authority", .status = 201},
    {POST("/authorities/{name}/retire", "retireAuthority", PERMISSION_AUTHORITY_MANAGE, authority_retire,
	 "it issues nothing any more; what it has issued stays valid"),
	.scope = SCOPE_GLOBAL, .answer = "Authority"},

    /* ---- releases ---- */
    {POST("/signing-keys", "makeSigningKey", PERMISSION_SIGNING_KEY_MANAGE, signing_key_post,
	 "a key that signs releases, with its certificate where an authority is named"),
	BODY(SIGNING_KEY_BODY_MAX, signing_key_body_fields, signing_key_body), .scope = SCOPE_GLOBAL,
	.answer = "SigningKey", .status = 201},
    {GET("/releases", "listReleases", PERMISSION_RELEASE_READ, release_list_get, "releases, newest first"),
	LIST(release_list_fields, release_list_query), .scope = SCOPE_CHANNEL, .answer = "ReleaseList"},
    {POST("/releases", "createRelease", PERMISSION_RELEASE_CREATE, release_post,
	 "describe a release, by digests alone; the same again by the same principal: 200, the same release"),
	.scope = SCOPE_CHANNEL, BODY(RELEASE_BODY_MAX, release_fields, release_body), .answer = "Release",
	.dry_answer = "Release", .status = 201},
    {GET("/releases/{id}", "getRelease", PERMISSION_RELEASE_READ, release_one_get,
	 "a release whole: its steps, and which approvals it lacks"),
	.flags = ROUTE_VERSIONED, .scope = SCOPE_CHANNEL, .answer = "Release"},
    {POST("/releases/{id}/sign", "signRelease", PERMISSION_RELEASE_CREATE, release_sign_post,
	 "have it signed in every format of its channel, as the channel's approvals allow"),
	.scope = SCOPE_CHANNEL, .answer = "Release"},
    {POST("/releases/{id}/publish", "publishRelease", PERMISSION_RELEASE_PUBLISH, release_publish_post,
	 "let devices of its channel find it"),
	.scope = SCOPE_CHANNEL, .answer = "Release"},
    {POST("/releases/{id}/recall", "recallRelease", PERMISSION_RELEASE_RECALL, release_recall_post,
	 "tell devices to leave it, for another one"),
	.scope = SCOPE_CHANNEL, BODY(RELEASE_BODY_MAX, release_recall_fields, release_recall_body),
	.answer = "Release"},
#define RELEASE_FILE(Name, part, run, type, text) \
    {GET("/releases/{id}/" part, "getRelease" Name, PERMISSION_RELEASE_READ, run, text), \
	.flags = ROUTE_VERSIONED, .scope = SCOPE_CHANNEL, .answer_type = (type)}
    {GET("/releases/{id}/manifest", "getReleaseManifest", PERMISSION_RELEASE_READ, release_manifest_get,
	 "its JSON manifest, canonical: what JWS and CMS sign"),
	.flags = ROUTE_VERSIONED, .scope = SCOPE_CHANNEL, .answer_type = JSON, .answer = "ReleaseManifest"},
    RELEASE_FILE("Suit", "suit", release_suit_get, "application/suit-envelope+cose", "its signed SUIT envelope"),
    RELEASE_FILE("Jws", "jws", release_jws_get, "application/jose", "its JSON manifest as JWS"),
    RELEASE_FILE("Cms", "cms", release_cms_get, "application/pkcs7-signature", "a detached CMS signature over its JSON manifest"),
    RELEASE_FILE("Bundle", "bundle", release_bundle_file_get, CBOR, "envelope, chain, approvals and proof: all that a device checks offline"),
    {GET("/trust-statements", "listTrust", PERMISSION_RELEASE_READ, trust_list_get, "trust statements, newest first"),
	LIST(trust_list_fields, trust_list_query), .scope = SCOPE_CHANNEL, .answer = "TrustStatementList"},
    {GET("/trust-statements/{id}", "getTrust", PERMISSION_RELEASE_READ, trust_one_get, "a trust statement, as it was signed"),
	.flags = ROUTE_VERSIONED, .scope = SCOPE_CHANNEL, .answer_type = CBOR},
    {ROW(HTTP_POST, "/trust-statements", "publishTrust", PERMISSION_TRUST_PUBLISH, trust_post,
	 "hand out a trust statement that its keys, and those of the one before, have signed"),
	.flags = ROUTE_ACT | ROUTE_RAW, .scope = SCOPE_PRODUCT, RAW(CBOR, TRUST_BODY_MAX),
	.answer = "TrustStatement", .dry_answer = "TrustStatement", .status = 201},

    /* ---- requests and approvals ---- */
    {GET("/requests", "listRequests", PERMISSION_SELF, request_list_get,
	 "one's own requests, and those that request.read reaches"),
	LIST(request_list_fields, request_list_query), .answer = "RequestList"},
    {GET("/requests/{id}", "getRequest", PERMISSION_SELF, request_one_get,
	 "a request whole: the call, what it would change, its digest, who approved"),
	.answer = "Request"},
    {POST("/requests/{id}/approve", "approveRequest", PERMISSION_REQUEST_APPROVE, request_approve,
	 "approve exactly what the digest stands for"),
	BODY(REQUEST_BODY_MAX, request_approve_fields, request_verdict_body), .answer = "Request"},
    {POST("/requests/{id}/reject", "rejectRequest", PERMISSION_REQUEST_APPROVE, request_reject,
	 "end a request: it is not wanted"),
	BODY(REQUEST_BODY_MAX, request_reject_fields, request_verdict_body), .answer = "Request"},
    {POST("/requests/{id}/withdraw", "withdrawRequest", PERMISSION_SELF, request_withdraw,
	 "the requester ends it"),
	.answer = "Request"},
    {ROW(HTTP_POST, "/requests/{id}/redeem", "redeemRequest", PERMISSION_SELF, request_redeem,
	 "do what was approved, once; answers as the act does"),
	.flags = ROUTE_ACT | ROUTE_SECRET, .answer = "Redeemed"},

    /* ---- credentials ---- */
    {GET("/tokens", "listTokens", PERMISSION_SELF, token_list_get,
	 "one's own tokens, or with token.read those of all; never the tokens themselves"),
	LIST(token_list_fields, token_list_query), .answer = "TokenList"},
    {ROW(HTTP_POST, "/tokens", "createToken", PERMISSION_SELF, token_create,
	 "a token for oneself, or with token.create for somebody who holds no more"),
	.flags = ROUTE_ACT | ROUTE_CREATES | ROUTE_SECRET, BODY(TOKEN_BODY_MAX, token_fields, token_body),
	.answer = "TokenMade", .status = 201},
    {ROW(HTTP_DELETE, "/tokens/{id}", "revokeToken", PERMISSION_SELF, token_delete,
	 "revoke one's own token, or with token.revoke any, and all that it has made"),
	.flags = ROUTE_ACT, .status = 204},
    {ROW(HTTP_POST, "/token-exchange", "exchangeToken", PERMISSION_PUBLIC, token_exchange,
	 "an identity token of a known OIDC issuer for one of ours, once, for one request"),
	.flags = ROUTE_CREATES, BODY(EXCHANGE_BODY_MAX, exchange_fields, exchange_body),
	.answer = "TokenMade", .status = 201},
    {ROW(HTTP_POST, "/principals/{name}/certificates", "createOperatorCertificate", PERMISSION_SELF,
	 operator_certificate_create, "a client certificate for oneself, or with token.create for another principal"),
	.flags = ROUTE_ACT | ROUTE_CREATES,
	BODY(OPERATOR_CERTIFICATE_BODY_MAX, operator_certificate_fields, operator_certificate_body),
	.answer = "OperatorCertificate", .status = 201},

    /* ---- the log ---- */
    {GET("/log/info", "getLog", PERMISSION_LOG_READ, log_info, "which log this is, and how to trust it"),
	.scope = SCOPE_GLOBAL, .answer = "LogInfo"},
    {GET("/log/entries", "listLogEntries", PERMISSION_LOG_READ, log_entries,
	 "entries in the order in which they were written"),
	LIST(log_entries_fields, log_entries_query), .scope = SCOPE_GLOBAL, .answer = "LogEntryList"},
    {GET("/log/proof", "getLogProof", PERMISSION_LOG_READ, log_proof,
	 "a proof that stands alone (C2SP tlog-proof), of a record's newest entry"),
	QUERY(log_proof_fields, log_proof_query), .scope = SCOPE_GLOBAL, .answer_type = TEXT_PLAIN},
    {GET("/log/records", "listLogRecords", PERMISSION_LOG_READ, log_records,
	 "leaves, each with the record that the store has for it now"),
	QUERY(log_records_fields, log_records_query), .scope = SCOPE_GLOBAL, .answer = "LogRecordPage"},
    {GET("/log/strays", "listLogStrays", PERMISSION_LOG_READ, log_strays,
	 "what the log does not tell of, or tells otherwise"),
	QUERY(log_strays_fields, log_strays_query), .scope = SCOPE_GLOBAL, .answer = "LogStrayList"},

    {.path = NULL},
};
/* clang-format on */
