/* access/document.c: what a document of each kind may say. */
#include "access/document.h"

#include "access/release_policy.h"

#define HEAD(of)                                                                        \
	{.name = "kind",                                                                \
	    .type = FIELD_STR,                                                          \
	    .offset = offsetof(struct of, kind),                                        \
	    .required = true,                                                           \
	    .min = 1,                                                                   \
	    .max = 32,                                                                  \
	    .help = "what this document describes"},                                    \
	{                                                                               \
		.name = "name", .type = FIELD_STR, .offset = offsetof(struct of, name), \
		.required = true, .min = 1, .max = 63,                                  \
		.help = "how others refer to it: a-z 0-9 - . _"                         \
	}
#define NAME_LENGTH 63
#define URL_MAX     255
#define DAY         INT64_C(86400)

static const char *const oidc_algorithms[] = {"RS256", "ES256", "ES384", NULL};
const char *const principal_types[] = {"person", "service", "ci", "line", NULL};

/* A row a member, as in a table. */
/* clang-format off */
#define AT(member) offsetof(struct role, member)
const struct field role_fields[] = {
    HEAD(role),
    {.name = "permissions", .type = FIELD_STR_LIST, .offset = AT(permission_names),
	.required = true, .min = 1, .max = 64, .help = "what who has this role may do; docs/roles.md lists them"},
    {0},
};
#undef AT

static const struct field identity_fields[] = {
    {.name = "issuer", .type = FIELD_STR, .offset = offsetof(struct outside_identity, issuer),
	.required = true, .min = 1, .max = NAME_LENGTH, .help = "name of an oidc-issuer document"},
    {.name = "subject", .type = FIELD_STR, .offset = offsetof(struct outside_identity, subject),
	.required = true, .min = 1, .max = 255,
	.help = "the person there, as the issuer's person_claim has it: a number, never a login name"},
    {0},
};

#define AT(member) offsetof(struct principal, member)
const struct field principal_fields[] = {
    HEAD(principal),
    {.name = "type", .type = FIELD_ENUM, .offset = AT(type), .names = principal_types,
	.required = true,
	.help = "only persons approve; a ci gets its tokens by OIDC rules"},
    {.name = "disabled", .type = FIELD_BOOL, .offset = AT(disabled),
	.help = "nothing is allowed and no credential is taken from it"},
    {.name = "identities", .type = FIELD_MAP_LIST, .offset = AT(identities), .max = 16,
	.sub = identity_fields, .sub_size = sizeof(struct outside_identity),
	.help = "outside identities of this person: whoever started a CI run cannot approve what it asks for"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct binding, member)
const struct field binding_fields[] = {
    HEAD(binding),
    {.name = "principal", .type = FIELD_STR, .offset = AT(principal_name), .required = true,
	.min = 1, .max = NAME_LENGTH, .help = "who gets the role"},
    {.name = "role", .type = FIELD_STR, .offset = AT(role_name), .required = true, .min = 1,
	.max = NAME_LENGTH, .help = "the role"},
    {.name = "products", .type = FIELD_STR_LIST, .offset = AT(products), .min = 1, .max = 1000,
	.help = "product documents that it is limited to; absent: every product"},
    {.name = "channels", .type = FIELD_STR_LIST, .offset = AT(channels), .min = 1, .max = 100,
	.help = "channels that it is limited to; absent: every channel"},
    {.name = "expires_at", .type = FIELD_STR, .offset = AT(expires_at), .min = 20, .max = 20,
	.help = "when it ends, as 2027-01-01T00:00:00Z; absent: never"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct oidc_issuer, member)
const struct field oidc_issuer_fields[] = {
    HEAD(oidc_issuer),
    {.name = "issuer", .type = FIELD_STR, .offset = AT(issuer), .required = true, .min = 1,
	.max = URL_MAX, .help = "what iss must be, exactly"},
    {.name = "audience", .type = FIELD_STR, .offset = AT(audience), .required = true, .min = 1,
	.max = URL_MAX, .help = "what aud must be, exactly: a value that is for this server alone"},
    {.name = "jwks_url", .type = FIELD_STR, .offset = AT(jwks_url), .min = 1, .max = URL_MAX,
	.help = "https URL of its keys; either this, jwks or jwks_file"},
    {.name = "jwks", .type = FIELD_STR, .offset = AT(jwks), .min = 1, .max = 65536,
	.help = "its keys themselves (RFC 7517 JSON), for sites without a way out"},
    {.name = "jwks_file", .type = FIELD_STR, .offset = AT(jwks_file), .min = 1, .max = 1024,
	.help = "a file with them instead, beside this one; read once, when it is applied"},
    {.name = "algorithms", .type = FIELD_FLAGS, .offset = AT(algorithms), .standard = "RS256",
	.min = 1, .names = oidc_algorithms, .help = "how its tokens may be signed; no other is taken"},
    {.name = "person_claim", .type = FIELD_STR, .offset = AT(person_claim), .min = 1, .max = 64,
	.help = "the claim that names the person behind a run (actor_id, user_id); absent: none"},
    {.name = "max_age", .type = FIELD_SECONDS, .offset = AT(max_age), .standard = "10m", .min = 1,
	.max = DAY, .help = "how old a token may be, by its iat"},
    {.name = "clock_skew", .type = FIELD_SECONDS, .offset = AT(clock_skew), .standard = "60s",
	.min = 0, .max = 600, .help = "how far its clock may be off"},
    {0},
};
#undef AT

static const struct field claim_fields[] = {
    {.name = "claim", .type = FIELD_STR, .offset = offsetof(struct oidc_claim, claim),
	.required = true, .min = 1, .max = 64, .help = "name of a claim"},
    {.name = "value", .type = FIELD_STR, .offset = offsetof(struct oidc_claim, value),
	.required = true, .min = 1, .max = 255,
	.help = "the whole value, exactly; * at the end, after / or :, stands for any rest"},
    {0},
};

#define AT(member) offsetof(struct oidc_rule, member)
const struct field oidc_rule_fields[] = {
    HEAD(oidc_rule),
    {.name = "issuer", .type = FIELD_STR, .offset = AT(issuer_name), .required = true, .min = 1,
	.max = NAME_LENGTH, .help = "name of an oidc-issuer document"},
    {.name = "principal", .type = FIELD_STR, .offset = AT(principal_name), .required = true,
	.min = 1, .max = NAME_LENGTH, .help = "who the bearer then is"},
    {.name = "claims", .type = FIELD_MAP_LIST, .offset = AT(claims), .required = true, .min = 1,
	.max = 32, .sub = claim_fields, .sub_size = sizeof(struct oidc_claim),
	.help = "all of them must match; of a ci, one must be a numeric id (repository_id, project_id)"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct approval_policy, member)
const struct field approval_policy_fields[] = {
    HEAD(approval_policy),
    {.name = "acts", .type = FIELD_STR_LIST, .offset = AT(act_names), .required = true, .min = 1,
	.max = 64, .help = "kinds of acts that need approvals; docs/roles.md lists them"},
    {.name = "products", .type = FIELD_STR_LIST, .offset = AT(products), .max = 1000,
	.help = "only acts on these products, or on all products at once; absent: every act"},
    {.name = "approvals", .type = FIELD_INT, .offset = AT(approvals), .required = true, .min = 1,
	.max = 16, .help = "how many persons must agree, the requester not counted"},
    {.name = "role", .type = FIELD_STR, .offset = AT(role_name), .required = true, .min = 1,
	.max = NAME_LENGTH, .help = "the role that they hold, in the act's scope"},
    {.name = "expires", .type = FIELD_SECONDS, .offset = AT(expires), .standard = "7d", .min = 60,
	.max = 90 * DAY, .help = "how long a request waits for them"},
    {0},
};
#undef AT

static const struct field witness_fields[] = {
    {.name = "name", .type = FIELD_STR, .offset = offsetof(struct witness, name), .required = true,
	.min = 1, .max = 255, .help = "its name, as its verifier key has it"},
    {.name = "vkey", .type = FIELD_STR, .offset = offsetof(struct witness, vkey), .required = true,
	.min = 1, .max = 512, .help = "its verifier key: NAME+HASH+KEY"},
    {.name = "url", .type = FIELD_STR, .offset = offsetof(struct witness, url), .required = true,
	.min = 1, .max = URL_MAX, .help = "where it takes checkpoints"},
    {0},
};

#define AT(member) offsetof(struct witness_policy, member)
const struct field log_policy_fields[] = {
    HEAD(witness_policy),
    {.name = "quorum", .type = FIELD_INT, .offset = AT(quorum), .min = 0, .max = 32,
	.help = "how many witnesses must have cosigned a checkpoint before it is published"},
    {.name = "witnesses", .type = FIELD_MAP_LIST, .offset = AT(witnesses), .max = 32,
	.sub = witness_fields, .sub_size = sizeof(struct witness),
	.help = "who is asked to cosign"},
    {0},
};
#undef AT
/* clang-format on */

const struct access_document_kind access_document_kinds[ACCESS_KINDS] = {
    [ACCESS_ROLE] = {"role", role_fields, sizeof(struct role)},
    [ACCESS_PRINCIPAL] = {"principal", principal_fields, sizeof(struct principal)},
    [ACCESS_BINDING] = {"binding", binding_fields, sizeof(struct binding)},
    [ACCESS_OIDC_ISSUER] = {"oidc-issuer", oidc_issuer_fields, sizeof(struct oidc_issuer)},
    [ACCESS_OIDC_RULE] = {"oidc-rule", oidc_rule_fields, sizeof(struct oidc_rule)},
    [ACCESS_APPROVAL_POLICY] = {"approval-policy", approval_policy_fields,
	sizeof(struct approval_policy)},
    [ACCESS_LOG_POLICY] = {"log-policy", log_policy_fields, sizeof(struct witness_policy)},
    [ACCESS_SIGNING_KEY] = {"signing-key", signing_key_fields, sizeof(struct signing_key)},
    [ACCESS_CHANNEL] = {"channel", channel_fields, sizeof(struct channel)},
};

const char *access_document_name(enum access_kind kind, const void *document)
{
	/* The second row of each table. */
	const struct field *name = &access_document_kinds[kind].fields[1];

	return *(char *const *)((const char *)document + name->offset);
}
