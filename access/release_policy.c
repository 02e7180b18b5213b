/* access/release_policy.c: what documents of kind signing-key and channel may say. */
#include "access/release_policy.h"

#define NAME_LENGTH 63
#define URL_MAX     255
#define DAY         INT64_C(86400)

const char *const signing_algorithms[] = {
    "ES256", "ESP256", "ES384", "ESP384", "Ed25519", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87", NULL};
const char *const signing_algorithm_keys[] = {"EC-P256", "EC-P256", "EC-P384", "EC-P384", "Ed25519",
    "ML-DSA-44", "ML-DSA-65", "ML-DSA-87", NULL};
static const char *const key_states[] = {"active", "retired", "revoked", NULL};
static const char *const formats[] = {"suit", "jws", "cms", NULL};
static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

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
		.required = true, .min = 1, .max = NAME_LENGTH,                         \
		.help = "how others refer to it: a-z 0-9 - . _"                         \
	}

/* A row a member, as in a table. */
/* clang-format off */
#define AT(member) offsetof(struct signing_key, member)
const struct field signing_key_fields[] = {
    HEAD(signing_key),
    {.name = "key_uri", .type = FIELD_STR, .offset = AT(key_uri), .required = true, .min = 1,
	.max = URL_MAX, .help = "where its key is: file:NAME.key"},
    {.name = "public_key", .type = FIELD_STR, .offset = AT(public_key), .required = true, .min = 1,
	.max = SIGNING_KEY_PUBLIC_MAX, .help = "base64 of its SubjectPublicKeyInfo (DER): a key_uri that leads to another key is not used"},
    {.name = "algorithm", .type = FIELD_ENUM, .offset = AT(algorithm), .names = signing_algorithms,
	.required = true, .help = "how it signs in COSE; ESP256, ESP384: the ids that RFC 9864 prefers"},
    {.name = "test", .type = FIELD_BOOL, .offset = AT(test),
	.help = "never signs for a production channel"},
    {.name = "products", .type = FIELD_STR_LIST, .offset = AT(products), .min = 1, .max = 1000,
	.help = "the only products that it signs for; absent: every product"},
    {.name = "chain", .type = FIELD_STR, .offset = AT(chain), .min = 1, .max = SIGNING_KEY_CHAIN_MAX,
	.help = "its certificate and those above it (PEM), for people and CMS: devices believe trust statements alone"},
    {.name = "state", .type = FIELD_ENUM, .offset = AT(state), .names = key_states, .standard = "active",
	.help = "retired, revoked: it signs nothing more; devices learn of a revoked one by a trust statement"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct channel_approvals, member)
static const struct field approvals_fields[] = {
    {.name = "role", .type = FIELD_STR, .offset = AT(role_name), .required = true, .min = 1,
	.max = NAME_LENGTH, .help = "the role that approvers hold, for this product and channel"},
    {.name = "count", .type = FIELD_INT, .offset = AT(count), .required = true, .min = 1, .max = 16,
	.help = "how many persons who hold it must approve, the requester not counted"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct channel_source, member)
static const struct field source_fields[] = {
    {.name = "issuer", .type = FIELD_STR, .offset = AT(issuer_name), .required = true, .min = 1,
	.max = NAME_LENGTH, .help = "name of an oidc-issuer document"},
    {.name = "repository_id", .type = FIELD_STR, .offset = AT(repository_id), .required = true,
	.min = 1, .max = 32, .help = "number of the repository (GitHub repository_id, GitLab project_id)"},
    {.name = "ref", .type = FIELD_STR, .offset = AT(ref), .required = true, .min = 1, .max = 255,
	.help = "refs/heads/main, or refs/tags/* for any tag"},
    {.name = "workflow", .type = FIELD_STR, .offset = AT(workflow), .min = 1, .max = 255,
	.help = "workflow file as the token has it, without its @ref (GitHub workflow_ref, GitLab ci_config_ref_uri); absent: any"},
    {.name = "environment", .type = FIELD_STR, .offset = AT(environment), .min = 1, .max = 255,
	.help = "deployment environment; absent: any, or none"},
    {.name = "any_ref", .type = FIELD_BOOL, .offset = AT(any_ref),
	.help = "a ref that its repository does not protect is taken, too; not for production"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct release_window, member)
static const struct field window_fields[] = {
    {.name = "days", .type = FIELD_FLAGS, .offset = AT(days), .required = true, .min = 1, .names = days,
	.help = "days of the week"},
    {.name = "from", .type = FIELD_STR, .offset = AT(from), .required = true, .min = 5, .max = 5,
	.help = "UTC, as 08:00"},
    {.name = "to", .type = FIELD_STR, .offset = AT(to), .required = true, .min = 5, .max = 5,
	.help = "UTC, later on the same day; 24:00 is its end"},
    {0},
};
#undef AT

#define AT(member) offsetof(struct channel, member)
const struct field channel_fields[] = {
    HEAD(channel),
    {.name = "product", .type = FIELD_STR, .offset = AT(product_name), .required = true, .min = 1,
	.max = NAME_LENGTH, .help = "the product; it needs a vendor_domain"},
    {.name = "channel", .type = FIELD_STR, .offset = AT(channel), .required = true, .min = 1,
	.max = NAME_LENGTH, .help = "what devices, roles' scopes and commands call it: stable, beta"},
    {.name = "production", .type = FIELD_BOOL, .offset = AT(production),
	.help = "no test key ever signs for it, and no unprotected ref is a source"},
    {.name = "keys", .type = FIELD_STR_LIST, .offset = AT(key_names), .required = true, .min = 1,
	.max = CHANNEL_KEYS_MAX, .help = "the signing keys: each of them signs every manifest"},
    {.name = "formats", .type = FIELD_FLAGS, .offset = AT(formats), .standard = "suit, jws, cms", .min = 1,
	.names = formats, .help = "what comes from one approval; suit is always among them"},
    {.name = "requesters", .type = FIELD_STR_LIST, .offset = AT(requesters), .min = 1, .max = 64,
	.help = "the only principals that may ask for a signature; absent: whoever holds release.create here"},
    {.name = "approvals", .type = FIELD_MAP_LIST, .offset = AT(approvals), .max = CHANNEL_APPROVALS_MAX,
	.sub = approvals_fields, .sub_size = sizeof(struct channel_approvals),
	.help = "who must agree before a release is signed, beside what approval policies ask; absent: nobody"},
    {.name = "expires", .type = FIELD_SECONDS, .offset = AT(expires), .standard = "7d", .min = 60,
	.max = 90 * DAY, .help = "how long a request waits for them"},
    {.name = "sources", .type = FIELD_MAP_LIST, .offset = AT(sources), .max = CHANNEL_SOURCES_MAX,
	.sub = source_fields, .sub_size = sizeof(struct channel_source),
	.help = "the CI runs that releases come from, and from nothing else; absent: from whoever may"},
    {.name = "windows", .type = FIELD_MAP_LIST, .offset = AT(windows), .max = CHANNEL_WINDOWS_MAX,
	.sub = window_fields, .sub_size = sizeof(struct release_window),
	.help = "when releases may be published; absent: always"},
    {.name = "sbom", .type = FIELD_BOOL, .offset = AT(sbom), .help = "a release must name its SBOM's digest"},
    {.name = "uri_prefixes", .type = FIELD_STR_LIST, .offset = AT(uri_prefixes), .min = 1, .max = 16,
	.help = "what a component's URI must begin with, one of them, such as https://firmware.acme.example/; absent: anything"},
    {0},
};
#undef AT
/* clang-format on */
