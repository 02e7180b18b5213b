/* tests/integration/api_matrix_rows.c: see api_matrix.h. */
#include "tests/integration/api_matrix.h"

#include <stddef.h>

/* clang-format off */
const struct matrix_role matrix_roles[] = {
    {"admin", " policy.read authority.manage profile.manage label.manage trust-anchor.manage product.manage "
	"device.read device.register device.manage certificate.read certificate.revoke certificate.issue "
	"enrollment.read enrollment.decide alarm.read "
	"access.read access.manage approval-policy.manage token.read token.create token.revoke request.read "
	"request.approve refusal.read log.read log.manage release.read release.create release.publish "
	"release.recall channel.manage signing-key.manage trust.publish "},
    {"authority-officer", " policy.read authority.manage profile.manage trust-anchor.manage certificate.read "
	"certificate.revoke certificate.issue alarm.read request.read request.approve log.read "},
    {"registration-officer", " policy.read device.read device.register device.manage certificate.read "
	"certificate.revoke enrollment.read enrollment.decide alarm.read request.read request.approve "},
    {"release-manager", " policy.read product.manage label.manage device.read certificate.read request.read "
	"request.approve log.read release.read release.publish release.recall channel.manage trust.publish "},
    {"signer", " policy.read request.read log.read release.read release.create release.publish "},
    {"factory", " device.read device.register enrollment.read certificate.read "},
    {"auditor", " policy.read device.read certificate.read enrollment.read alarm.read access.read token.read "
	"request.read refusal.read log.read release.read "},
    {"viewer", " policy.read device.read certificate.read enrollment.read alarm.read release.read "},
};

#define API      "/api/v1/"
#define JSON     "application/json"
#define ANY_ETAG "If-Match: *\r\n"

#define READ(Name, Names, paths, example, permission, rule)                              \
	{"list" Names, "GET", API paths, permission, rule, 200, NULL, NULL, NULL, NULL}, \
	{"get" Name, "GET", API paths "/" example, permission, rule, 200, NULL, NULL, NULL, NULL}
/* A document that is there is changed; whoever may make it may also remove it. */
#define PUT(Name, paths, example, permission, rule, body)                                         \
	{"put" Name, "PUT", API paths "/" example, permission, rule, 200, JSON, body, ANY_ETAG, NULL}
#define DELETE(Name, paths, permission, rule, body)                                               \
	{"delete" Name, "DELETE", API paths "/doomed", permission, rule, 204, NULL, NULL, ANY_ETAG, body}

#define ROLE     "{\"permissions\":[\"alarm.read\"]}"
#define PERSON   "{\"type\":\"person\"}"
#define BINDING  "{\"principal\":\"viewer-in\",\"role\":\"viewer\",\"products\":[\"x100\"]}"
#define ISSUER   "{\"issuer\":\"https://doomed.example\",\"audience\":\"signet\",\"jwks_url\":\"https://doomed.example/jwks\"}"
#define RULE     "{\"issuer\":\"ci-host\",\"principal\":\"ci-one\",\"claims\":[{\"claim\":\"repository_id\",\"value\":\"17\"}]}"
#define APPROVAL "{\"acts\":[\"authority.retire\"],\"approvals\":1,\"role\":\"admin\"}"
#define LOG      "{\"quorum\":0}"
/* Keys of P-256 whose other halves nobody has. */
#define SPARE_KEY  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbWA4UAhEr03HA+Ch04JdQSr1Ae5BFMLPIsZhz3TFw9TolvlKRsa7g4YAtuJuYj2iw5bHHGL7l2OX6AseVOtZjA=="
#define DOOMED_KEY "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETdNgv18EXrA2dmz+VYTb0klVsAbJahQz9X8nrJ06GjpOvz+1hEDSzwG6170pR0frsmYtuTEKAo/HN7poLq0qbA=="
#define KEY        "{\"algorithm\":\"ES256\",\"test\":true,\"key_uri\":\"file:doomed.key\",\"public_key\":\"" DOOMED_KEY "\"}"
#define CHANNEL    "{\"product\":\"x100\",\"channel\":\"doomed\",\"keys\":[\"acme\"]}"

const struct matrix_row matrix_rows[] = {
    {"openapi", "GET", API "openapi.json", NULL, RULE_PUBLIC, 200, NULL, NULL, NULL, NULL},
    {"getRoots", "GET", API "roots", NULL, RULE_PUBLIC, 200, NULL, NULL, NULL, NULL},
    {"whoami", "GET", API "whoami", NULL, RULE_SELF, 200, NULL, NULL, NULL, NULL},
    {"can", "GET", API "can?permission=device.read&scope=x100", NULL, RULE_SELF, 200, NULL, NULL, NULL, NULL},

    /* ---- policy: shown whole to whoever holds policy.read anywhere ---- */
    READ("Authority", "Authorities", "authorities", "issuing", "policy.read", RULE_ANY),
    PUT("Authority", "authorities", "root", "authority.manage", RULE_GLOBAL, "{\"crl_url\":\"http://ca.example/{n}.crl\"}"),
    READ("Profile", "Profiles", "profiles", "device", "policy.read", RULE_ANY),
    PUT("Profile", "profiles", "spare", "profile.manage", RULE_GLOBAL,
	"{\"authority\":\"issuing\",\"subject\":[{\"attribute\":\"CN\",\"value\":\"{serial}\"}],\"validity\":\"{n}h\"}"),
    READ("Label", "Labels", "labels", "open", "policy.read", RULE_ANY),
    PUT("Label", "labels", "spare", "label.manage", RULE_ACT,
	"{\"profile\":\"spare\",\"trust_anchors\":[\"test\"],\"products\":[\"x100\"],\"retry_after\":\"{n}s\"}"),
    READ("TrustAnchor", "TrustAnchors", "trust-anchors", "test", "policy.read", RULE_ANY),
    PUT("TrustAnchor", "trust-anchors", "spare", "trust-anchor.manage", RULE_GLOBAL,
	"{\"manufacturer\":\"Maker{n}\",\"certificate\":\"{pem}\",\"product\":{\"from\":\"subject.OU\"},\"serial\":{\"from\":\"subject.serialNumber\"}}"),
    READ("Product", "Products", "products", "x100", "policy.read", RULE_ANY),
    PUT("Product", "products", "spare", "product.manage", RULE_GLOBAL, "{\"manufacturer\":\"Spare\",\"model\":\"{n}\"}"),

    /* ---- who may do what: shown to whoever holds access.read without a limit ---- */
    READ("Role", "Roles", "roles", "admin", "access.read", RULE_GLOBAL),
    PUT("Role", "roles", "spare", "access.manage", RULE_GLOBAL, "{\"permissions\":[\"{permission}\"]}"),
    DELETE("Role", "roles", "access.manage", RULE_GLOBAL, ROLE),
    READ("Principal", "Principals", "principals", "root", "access.read", RULE_GLOBAL),
    PUT("Principal", "principals", "spare", "access.manage", RULE_GLOBAL,
	"{\"type\":\"person\",\"identities\":[{\"issuer\":\"ci-host\",\"subject\":\"{n}\"}]}"),
    DELETE("Principal", "principals", "access.manage", RULE_GLOBAL, PERSON),
    READ("Binding", "Bindings", "bindings", "viewer-in", "access.read", RULE_GLOBAL),
    PUT("Binding", "bindings", "spare", "access.manage", RULE_ACT,
	"{\"principal\":\"viewer-in\",\"role\":\"viewer\",\"products\":[\"x100\"],\"expires_at\":\"{n}-01-01T00:00:00Z\"}"),
    DELETE("Binding", "bindings", "access.manage", RULE_ACT, BINDING),
    READ("OidcIssuer", "OidcIssuers", "oidc-issuers", "ci-host", "access.read", RULE_GLOBAL),
    PUT("OidcIssuer", "oidc-issuers", "spare", "access.manage", RULE_GLOBAL,
	"{\"issuer\":\"https://spare.example/{n}\",\"audience\":\"signet\",\"jwks_url\":\"https://spare.example/jwks\"}"),
    DELETE("OidcIssuer", "oidc-issuers", "access.manage", RULE_GLOBAL, ISSUER),
    READ("OidcRule", "OidcRules", "oidc-rules", "ci-one", "access.read", RULE_GLOBAL),
    PUT("OidcRule", "oidc-rules", "spare", "access.manage", RULE_GLOBAL,
	"{\"issuer\":\"ci-host\",\"principal\":\"ci-one\",\"claims\":[{\"claim\":\"repository_id\",\"value\":\"{n}\"}]}"),
    DELETE("OidcRule", "oidc-rules", "access.manage", RULE_GLOBAL, RULE),
    READ("ApprovalPolicy", "ApprovalPolicies", "approval-policies", "spare", "access.read", RULE_GLOBAL),
    PUT("ApprovalPolicy", "approval-policies", "spare", "approval-policy.manage", RULE_GLOBAL,
	"{\"acts\":[\"authority.retire\"],\"approvals\":1,\"role\":\"admin\",\"expires\":\"{n}m\"}"),
    DELETE("ApprovalPolicy", "approval-policies", "approval-policy.manage", RULE_GLOBAL, APPROVAL),
    {"listLogPolicies", "GET", API "log-policies", "access.read", RULE_GLOBAL, 200, NULL, NULL, NULL, NULL},
    {"getLogPolicy", "GET", API "log-policies/log", "access.read", RULE_GLOBAL, 200, NULL, NULL, NULL, NULL},
    {"putLogPolicy", "PUT", API "log-policies/log", "log.manage", RULE_GLOBAL, 200, JSON,
	"{\"quorum\":0,\"witnesses\":[{\"name\":\"w{n}\",\"url\":\"https://w.example/\","
	"\"vkey\":\"w{n}+01234567+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}", ANY_ETAG, LOG},
    {"deleteLogPolicy", "DELETE", API "log-policies/log", "log.manage", RULE_GLOBAL, 204, NULL, NULL, ANY_ETAG, LOG},
    READ("SigningKey", "SigningKeys", "signing-keys", "acme", "release.read", RULE_ANY),
    PUT("SigningKey", "signing-keys", "spare", "signing-key.manage", RULE_GLOBAL,
	"{\"algorithm\":\"ES256\",\"test\":true,\"key_uri\":\"file:k{n}.key\",\"public_key\":\"" SPARE_KEY "\"}"),
    DELETE("SigningKey", "signing-keys", "signing-key.manage", RULE_GLOBAL, KEY),
    READ("Channel", "Channels", "channels", "x100-stable", "release.read", RULE_ANY),
    PUT("Channel", "channels", "spare", "channel.manage", RULE_ACT,
	"{\"product\":\"x100\",\"channel\":\"spare\",\"keys\":[\"acme\"],\"expires\":\"{n}m\"}"),
    DELETE("Channel", "channels", "channel.manage", RULE_ACT, CHANNEL),
    {"apply", "POST", API "apply", "product.manage", RULE_GLOBAL, 200, "application/yaml",
	"{kind: product, name: other, manufacturer: Other, model: 'M{n}'}\n", NULL, NULL},

    /* ---- devices ---- */
    {"listDevices", "GET", API "devices", "device.read", RULE_ANY, 200, NULL, NULL, NULL, NULL},
    {"getDevice", "GET", API "devices/{device}", "device.read", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"getDeviceHistory", "GET", API "devices/{device}/history", "device.read", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"registerDevices", "POST", API "devices", "device.register", RULE_ACT, 200, JSON,
	"{\"product\":\"x100\",\"serials\":[\"R-{n}\"]}", NULL, NULL},
    {"importDevices", "POST", API "devices/import", "device.register", RULE_ACT, 200, "text/csv",
	"product,serial\nx100,I-{n}\n", NULL, NULL},

    /* ---- certificates, enrollments, what went wrong ---- */
    {"listCertificates", "GET", API "certificates", "certificate.read", RULE_ANY, 200, NULL, NULL, NULL, NULL},
    {"getCertificate", "GET", API "certificates/{certificate}", "certificate.read", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"getCertificatePem", "GET", API "certificates/{certificate}/pem", "certificate.read", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"holdCertificate", "POST", API "certificates/{certificate}/hold", "certificate.revoke", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"resumeCertificate", "POST", API "certificates/{certificate}/resume", "certificate.revoke", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"revokeCertificate", "POST", API "certificates/{certificate}/revoke", "certificate.revoke", RULE_OBJECT, 200, JSON,
	"{\"reason\":\"superseded\"}", NULL, NULL},
    {"listMassRevocations", "GET", API "mass-revocations", "certificate.read", RULE_ANY, 200, NULL, NULL, NULL, NULL},
    {"getMassRevocation", "GET", API "mass-revocations/{mass}", "certificate.read", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"massRevoke", "POST", API "mass-revocations", "certificate.revoke", RULE_ACT, 200, JSON,
	"{\"selector\":{\"product\":\"x100\"},\"reason\":\"superseded\",\"dry_run\":true}", NULL, NULL},
    {"cancelMassRevocation", "POST", API "mass-revocations/{mass}/cancel", "certificate.revoke", RULE_OBJECT, 409, NULL, NULL, NULL, NULL},
    /* It suspends: behind those that resume. */
    {"changeDevice", "PATCH", API "devices/{device}", "device.manage", RULE_OBJECT, 200, JSON,
	"{\"state\":\"suspended\"}", ANY_ETAG, NULL},
    {"listEnrollments", "GET", API "enrollments", "enrollment.read", RULE_ANY, 200, NULL, NULL, NULL, NULL},
    {"getEnrollment", "GET", API "enrollments/{enrollment}", "enrollment.read", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"approveEnrollment", "POST", API "enrollments/{enrollment}/approve", "enrollment.decide", RULE_OBJECT, 409, NULL, NULL, NULL, NULL},
    {"rejectEnrollment", "POST", API "enrollments/{enrollment}/reject", "enrollment.decide", RULE_OBJECT, 409, NULL, NULL, NULL, NULL},
    {"getStatistics", "GET", API "statistics", "certificate.read", RULE_ANY, 200, NULL, NULL, NULL, NULL},
    {"listAlarms", "GET", API "alarms", "alarm.read", RULE_ANY, 200, NULL, NULL, NULL, NULL},
    {"listCrls", "GET", API "crls", "policy.read", RULE_ANY, 200, NULL, NULL, NULL, NULL},
    {"listOcspResponders", "GET", API "ocsp-responders", "policy.read", RULE_ANY, 200, NULL, NULL, NULL, NULL},
    {"listRefusedCalls", "GET", API "refused-calls", "refusal.read", RULE_GLOBAL, 200, NULL, NULL, NULL, NULL},
    {"getRefusedCall", "GET", API "refused-calls/{refused}", "refusal.read", RULE_GLOBAL, 200, NULL, NULL, NULL, NULL},

    /* ---- authorities: refused in what they ask for, so that none is left ---- */
    {"makeAuthority", "POST", API "authorities", "authority.manage", RULE_GLOBAL, 422, JSON,
	"{\"name\":\"more\",\"parent\":\"nobody\",\"subject\":\"CN=More\"}", NULL, NULL},
    {"makeAuthorityKey", "POST", API "authorities/issuing/key", "authority.manage", RULE_GLOBAL, 409, JSON,
	"{\"subject\":\"CN=More\"}", NULL, NULL},
    {"takeAuthority", "POST", API "authorities/issuing/certificate", "authority.manage", RULE_GLOBAL, 409, JSON,
	"{\"chain\":\"x\"}", NULL, NULL},
    {"retireAuthority", "POST", API "authorities/nobody/retire", "authority.manage", RULE_GLOBAL, 404, NULL, NULL, NULL, NULL},

    /* ---- releases: signed by the first who may, then as it is; recalled at last ---- */
    {"makeSigningKey", "POST", API "signing-keys", "signing-key.manage", RULE_GLOBAL, 409, JSON,
	"{\"name\":\"acme\"}", NULL, NULL},
    {"createRelease", "POST", API "releases", "release.create", RULE_ACT, 201, JSON,
	"{\"product\":\"x100\",\"channel\":\"stable\",\"version\":\"{n}.0\",\"components\":[{\"id\":\"main\",\"size\":7,"
	"\"digests\":{\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}}]}", NULL, NULL},
    {"listReleases", "GET", API "releases", "release.read", RULE_ANY, 200, NULL, NULL, NULL, NULL},
    {"getRelease", "GET", API "releases/{release}", "release.read", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"signRelease", "POST", API "releases/{release}/sign", "release.create", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"getReleaseManifest", "GET", API "releases/{release}/manifest", "release.read", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"getReleaseSuit", "GET", API "releases/{release}/suit", "release.read", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"getReleaseJws", "GET", API "releases/{release}/jws", "release.read", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"getReleaseCms", "GET", API "releases/{release}/cms", "release.read", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"getReleaseBundle", "GET", API "releases/{release}/bundle", "release.read", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"publishRelease", "POST", API "releases/{release}/publish", "release.publish", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    {"recallRelease", "POST", API "releases/{release}/recall", "release.recall", RULE_OBJECT, 200, JSON, "{}", NULL, NULL},
    {"listTrust", "GET", API "trust-statements", "release.read", RULE_ANY, 200, NULL, NULL, NULL, NULL},
    {"getTrust", "GET", API "trust-statements/{trust}", "release.read", RULE_OBJECT, 200, NULL, NULL, NULL, NULL},
    /* The product is inside: what cannot be read is nobody's. */
    {"publishTrust", "POST", API "trust-statements", "trust.publish", RULE_ANY, 400, "application/cbor", "x", NULL, NULL},

    /* ---- requests: one's own, whoever one is; there is none of this number ---- */
    {"listRequests", "GET", API "requests", NULL, RULE_SELF, 200, NULL, NULL, NULL, NULL},
    {"getRequest", "GET", API "requests/987654321", NULL, RULE_SELF, 404, NULL, NULL, NULL, NULL},
    {"approveRequest", "POST", API "requests/987654321/approve", "request.approve", RULE_ANY, 404, JSON,
	"{\"digest\":\"0000000000000000000000000000000000000000000000000000000000000000\"}", NULL, NULL},
    {"rejectRequest", "POST", API "requests/987654321/reject", "request.approve", RULE_ANY, 404, JSON, "{}", NULL, NULL},
    {"withdrawRequest", "POST", API "requests/987654321/withdraw", NULL, RULE_SELF, 404, NULL, NULL, NULL, NULL},
    {"redeemRequest", "POST", API "requests/987654321/redeem", NULL, RULE_SELF, 404, NULL, NULL, NULL, NULL},

    /* ---- credentials ---- */
    {"listTokens", "GET", API "tokens", NULL, RULE_SELF, 200, NULL, NULL, NULL, NULL},
    {"createToken", "POST", API "tokens", NULL, RULE_SELF, 201, JSON, "{\"ttl\":\"5m\"}", NULL, NULL},
    {"revokeToken", "DELETE", API "tokens/987654321", NULL, RULE_SELF, 404, NULL, NULL, NULL, NULL},
    /* No issuer is known for this one: whoever carries it. */
    {"exchangeToken", "POST", API "token-exchange", NULL, RULE_PUBLIC, 401, JSON, "{\"token\":\"a.b.c\"}", NULL, NULL},
    /* For somebody who may do nothing. Whoever may make credentials for others is told that no authority is
     * for operators here. */
    {"createOperatorCertificate", "POST", API "principals/ci-one/certificates", "token.create", RULE_GLOBAL, 409, JSON,
	"{\"csr\":\"none\"}", NULL, NULL},
    {"createServiceCertificate", "POST", API "certificates", "certificate.issue", RULE_GLOBAL, 422, JSON,
	"{\"profile\":\"none\",\"csr\":\"MAA=\",\"dns\":[\"a.example\"]}", NULL, NULL},

    /* ---- the log ---- */
    {"getLog", "GET", API "log/info", "log.read", RULE_GLOBAL, 200, NULL, NULL, NULL, NULL},
    {"listLogEntries", "GET", API "log/entries", "log.read", RULE_GLOBAL, 200, NULL, NULL, NULL, NULL},
    {"getLogProof", "GET", API "log/proof?kind=policy_change&id=1", "log.read", RULE_GLOBAL, 200, NULL, NULL, NULL, NULL},
    {"listLogRecords", "GET", API "log/records", "log.read", RULE_GLOBAL, 200, NULL, NULL, NULL, NULL},
    {"listLogStrays", "GET", API "log/strays", "log.read", RULE_GLOBAL, 200, NULL, NULL, NULL, NULL},
    {.operation = NULL},
};
/* clang-format on */
