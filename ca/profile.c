/* ca/profile.c: check a profile and prepare the DER that all its certificates share. */

#include "ca/profile.h"

#include <string.h>

#include "ca/crl_scope.h"
#include "ca/extension.h"
#include "ca/general_name.h"
#include "ca/service_name.h"

#define OID_TEXT_CN     "2.5.4.3"
#define SERVER_VALIDITY (30 * INT64_C(86400))
#define SERVER_BACKDATE INT64_C(300) /* devices whose clocks lag a little */

/* A laptop that is lost is forgotten in a season. */
#define OPERATOR_VALIDITY (90 * INT64_C(86400))

/* Nobody checks whether it was revoked. */
#define RESPONDER_VALIDITY (14 * INT64_C(86400))

/* ---- extended key usage ---- */

static const struct {
	const char *name, *oid;
} extended_key_usages[] = {
    {"serverAuth", "1.3.6.1.5.5.7.3.1"},
    {"clientAuth", "1.3.6.1.5.5.7.3.2"},
    {"codeSigning", "1.3.6.1.5.5.7.3.3"},
    {"emailProtection", "1.3.6.1.5.5.7.3.4"},
    {"timeStamping", EKU_TIME_STAMPING},
    {"OCSPSigning", "1.3.6.1.5.5.7.3.9"},
    {"ipsecIKE", "1.3.6.1.5.5.7.3.17"},
    {"cmcRA", "1.3.6.1.5.5.7.3.28"},
    {"anyExtendedKeyUsage", "2.5.29.37.0"},
};

const char *extended_key_usage_oid(const char *name)
{
	for (size_t i = 0; i < COUNT(extended_key_usages); i++)
		if (strcmp(extended_key_usages[i].name, name) == 0)
			return extended_key_usages[i].oid;
	return NULL;
}

/* Dotted OIDs of a list that may use EKU names (`names`), each one once. */
static struct status list_oids(const char *member, const struct str_list *list, bool names,
    const char *oids[static PROFILE_OIDS_MAX], struct err *err)
{
	if (list->count > PROFILE_OIDS_MAX)
		return err_set(err, ERR_CONFIG, "%s: more than %d", member, PROFILE_OIDS_MAX);
	for (size_t i = 0; i < list->count; i++) {
		AUTO(buf) content = {0};
		const char *known = names ? extended_key_usage_oid(list->items[i]) : NULL;
		oids[i] = known ? known : list->items[i];
		if (!der_oid_from_text(oids[i], &content))
			return err_set(err, ERR_CONFIG, "%s: \"%s\" is no %sOID", member,
			    list->items[i], names ? "known name and no " : "");
		for (size_t j = 0; j < i; j++)
			if (strcmp(oids[i], oids[j]) == 0)
				return err_set(err, ERR_CONFIG, "%s: \"%s\" stands there twice",
				    member, list->items[i]);
	}
	return STATUS_OK;
}

/* ---- keys and their usage ---- */

static const char *const usage_names[] = {
    [KU_DIGITAL_SIGNATURE] = "digitalSignature",
    [KU_NON_REPUDIATION] = "nonRepudiation",
    [KU_KEY_ENCIPHERMENT] = "keyEncipherment",
    [KU_DATA_ENCIPHERMENT] = "dataEncipherment",
    [KU_KEY_AGREEMENT] = "keyAgreement",
    [KU_KEY_CERT_SIGN] = "keyCertSign",
    [KU_CRL_SIGN] = "cRLSign",
    [KU_ENCIPHER_ONLY] = "encipherOnly",
    [KU_DECIPHER_ONLY] = "decipherOnly",
};

static const char *first_usage(uint32_t bits)
{
	for (size_t i = 0; i < COUNT(usage_names); i++)
		if (bits & 1U << i)
			return usage_names[i];
	return "an unknown bit";
}

static struct status compile_keys(
    const struct profile *profile, struct profile_compiled *compiled, struct err *err)
{
	const struct str_list *names = &profile->key_algorithms;
	if (names->count == 0 || names->count > PROFILE_KEYS_MAX)
		return err_set(
		    err, ERR_CONFIG, "key_algorithms: 1 to %d are needed", PROFILE_KEYS_MAX);
	for (size_t i = 0; i < names->count; i++) {
		const struct key_algorithm *a = key_algorithm_by_name(names->items[i]);
		if (!a)
			return err_set(err, ERR_CONFIG, "key_algorithms: \"%s\" is not known",
			    names->items[i]);
		if (!key_algorithm_available(a))
			return err_set(
			    err, ERR_CONFIG, "key_algorithms: this OpenSSL has no %s", a->name);
		uint32_t wrong = profile->key_usage & ~key_usage_allowed(a);
		if (wrong)
			return err_set(err, ERR_CONFIG, "key_usage: %s is not for %s keys",
			    first_usage(wrong), a->name);
		compiled->keys[compiled->key_count++] = a;
	}
	return STATUS_OK;
}

static struct status check_usage(const struct profile *profile, struct err *err)
{
	const uint32_t ca = 1U << KU_KEY_CERT_SIGN | 1U << KU_CRL_SIGN;
	const uint32_t only = 1U << KU_ENCIPHER_ONLY | 1U << KU_DECIPHER_ONLY;
	/* RFC 5280 4.2.1.3: "If the keyCertSign bit is asserted, then the cA bit in the basic
	 * constraints extension MUST also be asserted": profiles make leaves. */
	if (profile->key_usage & ca)
		return err_set(err, ERR_CONFIG, "key_usage: %s is for authorities only",
		    first_usage(profile->key_usage & ca));
	/* RFC 5280 4.2.1.3: "The meaning of the encipherOnly bit is undefined in the absence of the
	 * keyAgreement bit." */
	if ((profile->key_usage & only) && !(profile->key_usage & 1U << KU_KEY_AGREEMENT))
		return err_set(err, ERR_CONFIG, "key_usage: %s needs keyAgreement",
		    first_usage(profile->key_usage & only));
	return STATUS_OK;
}

static struct status check_times(const struct profile *profile, struct err *err)
{
	if (profile->backdate < 0 || profile->validity < 0)
		return err_set(err, ERR_CONFIG, "validity and backdate are not negative");
	if (!profile->no_expiry && profile->validity == 0)
		return err_set(err, ERR_CONFIG, "validity: it or no_expiry is needed");
	return STATUS_OK;
}

/* ---- what all certificates share ---- */

static struct status check_url(const char *member, const char *url, struct err *err)
{
	char why[200];
	/* RFC 5280 4.2.1.13 and 8: not https: a client would need a certificate checked to check
	 * one */
	if (url && !uri_fits(span_str(url), "http", why, sizeof(why)))
		return err_set(
		    err, ERR_CONFIG, "the authority's %s \"%.100s\": %s", member, url, why);
	return STATUS_OK;
}

static struct status check_crl_urls(const struct authority *a, struct err *err)
{
	const char *member;
	char why[200];
	if (!crl_scope_fits(a, &member, why, sizeof(why)))
		return err_set(err, ERR_CONFIG, "the authority's %s: %s", member, why);
	return STATUS_OK;
}

static struct status put_authority_extensions(
    const struct profile *profile, struct buf *out, struct err *err)
{
	const struct authority *a = profile->authority;
	if (a->ski.n == 0)
		return err_set(err, ERR_CONFIG,
		    "authority \"%s\" has no subject key identifier (RFC 5280 4.2.1.2)", a->name);
	TRY(check_crl_urls(a, err));
	TRY(check_url("ocsp_url", a->ocsp_url, err));
	TRY(check_url("issuer_url", a->issuer_url, err));
	extension_put_authority_key_id(out, a->ski);
	if (profile->crl_distribution && crl_shards(a) == 1)
		crl_scope_put_points(a, 0, out);
	if (profile->authority_info && (a->ocsp_url || a->issuer_url))
		extension_put_authority_info(out, a->ocsp_url, a->issuer_url);
	return STATUS_OK;
}

/* The subject is empty exactly where the profile says nothing about it. */
static struct status put_constant_san(
    const struct profile_compiled *compiled, struct buf *out, struct err *err)
{
	if (compiled->san_count == 0 || !compiled->san_constant)
		return STATUS_OK;
	AUTO(buf) names = {0};
	char why[200];
	size_t mark = der_begin(&names, DER_SEQUENCE);
	for (size_t i = 0; i < compiled->san_count; i++)
		if (!profile_put_san(&compiled->san[i], &profile_nobody, &names, why, sizeof(why)))
			return err_set(err, ERR_CONFIG, "%s: %s", compiled->san[i].member, why);
	der_end(&names, mark);
	extension_put(out, OID_SUBJECT_ALT_NAME, compiled->subject_count == 0, buf_span(&names));
	return STATUS_OK;
}

static struct status compile_extensions(const struct profile *profile,
    struct profile_compiled *compiled, struct arena *arena, struct err *err)
{
	AUTO(buf) out = {0};
	const char *usages[PROFILE_OIDS_MAX], *policies[PROFILE_OIDS_MAX];
	TRY(list_oids("extended_key_usage", &profile->extended_key_usage, true, usages, err));
	TRY(list_oids(
	    "certificate_policies", &profile->certificate_policies, false, policies, err));
	for (size_t i = 0; i < profile->extended_key_usage.count; i++)
		if (strcmp(usages[i], EKU_TIME_STAMPING) == 0 &&
		    profile->extended_key_usage.count > 1)
			return err_set(err, ERR_CONFIG,
			    "extended_key_usage: timeStamping stands alone (RFC 3161 2.3)");
	extension_put_basic_constraints(&out, false, -1);
	if (profile->key_usage)
		extension_put_key_usage(&out, profile->key_usage);
	if (profile->extended_key_usage.count > 0)
		extension_put_extended_key_usage(&out, usages, profile->extended_key_usage.count);
	if (profile->ocsp_responder)
		extension_put_ocsp_no_check(&out);
	if (profile->certificate_policies.count > 0)
		extension_put_policies(&out, policies, profile->certificate_policies.count);
	if (profile->authority)
		TRY(put_authority_extensions(profile, &out, err));
	TRY(put_constant_san(compiled, &out, err));
	compiled->extensions = arena_copy(arena, buf_span(&out));
	return STATUS_OK;
}

/*
 * What makes a certificate of our authority speak for the authority itself is not for devices: any
 * of them could then sign OCSP answers about all others (RFC 6960 4.2.2.2), or pass for the EST
 * server with clients that trust our root explicitly (RFC 7030 3.6.1).
 */
static struct status refuse_infrastructure(const struct profile *profile, struct err *err)
{
	static const char *const reserved[] = {"OCSPSigning", "cmcRA", "anyExtendedKeyUsage"};
	const struct str_list *list = &profile->extended_key_usage;
	for (size_t i = 0; i < list->count; i++)
		for (size_t j = 0; j < COUNT(reserved); j++)
			if (strcmp(list->items[i], reserved[j]) == 0 ||
			    strcmp(list->items[i], extended_key_usage_oid(reserved[j])) == 0)
				return err_set(err, ERR_CONFIG,
				    "extended_key_usage: %s is not for devices", reserved[j]);
	return STATUS_OK;
}

/* Who may have which name is said for services, and is not for devices: theirs are authenticated.
 */
static struct status check_use(const struct profile *p, struct err *err)
{
	const bool permits = p->permit_dns.count + p->permit_ip.count > 0;
	char why[200];

	if (p->use == USE_DEVICE)
		return permits ? err_set(err, ERR_CONFIG,
				     "permit_dns and permit_ip are for profiles with use: service")
			       : STATUS_OK;
	if (p->authority && p->authority->operators)
		return err_set(
		    err, ERR_CONFIG, "authority: '%s' is for operators alone", p->authority->name);
	if (p->mud_url)
		return err_set(err, ERR_CONFIG, "mud_url: a service has no product");
	for (size_t i = 0; i < p->permit_dns.count; i++)
		if (!service_permit_dns_fits(p->permit_dns.items[i], why, sizeof(why)))
			return err_set(err, ERR_CONFIG, "permit_dns: %s", why);
	for (size_t i = 0; i < p->permit_ip.count; i++)
		if (!service_permit_ip_fits(p->permit_ip.items[i], why, sizeof(why)))
			return err_set(err, ERR_CONFIG, "permit_ip: %s", why);
	return STATUS_OK;
}

static struct status compile(const struct profile *profile, uint32_t variables,
    struct profile_compiled *compiled, struct arena *arena, struct err *err)
{
	const struct key_algorithm *issuer_key;
	TRY(check_times(profile, err));
	TRY(check_usage(profile, err));
	if (!profile->own)
		TRY(refuse_infrastructure(profile, err));
	TRY(check_use(profile, err));
	TRY(compile_keys(profile, compiled, err));
	TRY(profile_compile_names(profile, variables, compiled, arena, err));
	/* RFC 5280 4.1.2.6: a certificate without a subject needs a name in the SAN. */
	if (compiled->subject_count == 0 && compiled->san_count == 0)
		return err_set(err, ERR_CONFIG, "subject: it or san is needed (RFC 5280 4.1.2.6)");
	compiled->authority = profile->authority;
	if (profile->authority) {
		TRY(key_algorithm_of_spki(profile->authority->spki, &issuer_key, err));
		compiled->algorithm = issuer_key->signature->identifier;
	}
	return compile_extensions(profile, compiled, arena, err);
}

static struct status compile_named(
    struct profile *profile, uint32_t variables, struct arena *arena, struct err *err)
{
	struct profile_compiled *compiled = arena_alloc(arena, sizeof(*compiled));
	struct err why = {0};
	if (!compile(profile, variables, compiled, arena, &why).ok)
		return err_set(err, why.kind == ERR_INPUT ? ERR_CONFIG : why.kind,
		    "profile \"%s\": %s", profile->name ? profile->name : "", why.message);
	profile->compiled = compiled;
	return STATUS_OK;
}

/* All names and addresses of the call, and nothing else: whoever trusts a name looks there. */
static struct map_list names_of_the_call(struct arena *arena)
{
	struct san_part *san = arena_alloc(arena, 2 * sizeof(*san));
	san[0].type = arena_strdup(arena, "dns");
	san[0].value = arena_strdup(arena, "{dns}");
	san[1].type = arena_strdup(arena, "ip");
	san[1].value = arena_strdup(arena, "{ip}");
	return (struct map_list){san, 2};
}

struct status profile_compile(struct profile *profile, struct arena *arena, struct err *err)
{
	if (profile->use == USE_DEVICE)
		return compile_named(profile, TEMPLATE_FOR_DEVICES, arena, err);
	if (profile->san.count > 0)
		return err_set(err, ERR_CONFIG,
		    "profile \"%s\": san: of a service it is the names of the call: leave it out",
		    profile->name ? profile->name : "");
	profile->san = names_of_the_call(arena);
	return compile_named(profile, TEMPLATE_FOR_SERVERS, arena, err);
}

bool profile_allows(const struct profile_compiled *compiled, const struct key_algorithm *a)
{
	for (size_t i = 0; i < compiled->key_count; i++)
		if (compiled->keys[i] == a)
			return true;
	return false;
}

/* ---- the profile of our own servers ---- */

static struct str_list list_of(struct arena *arena, const char *const *items, size_t count)
{
	struct str_list list = {arena_alloc(arena, count * sizeof(char *)), count};
	for (size_t i = 0; i < count; i++)
		list.items[i] = arena_strdup(arena, items[i]);
	return list;
}

/* What the profiles of our own have in common. `name` and what `usages` hold are constants. */
static struct profile *profile_own(struct authority *authority, const char *name,
    const char *const *usages, size_t usage_count, struct arena *arena)
{
	static const char *const keys[] = {
	    "EC-P256", "EC-P384", "Ed25519", "RSA-2048", "RSA-3072", "RSA-4096"};
	struct profile *p = arena_alloc(arena, sizeof(*p));
	p->own = true;
	p->name = arena_strdup(arena, name);
	p->authority = authority;
	p->authority_name = arena_strdup(arena, authority->name);
	p->key_algorithms = list_of(arena, keys, COUNT(keys));
	p->backdate = SERVER_BACKDATE;
	p->key_usage = 1U << KU_DIGITAL_SIGNATURE;
	p->extended_key_usage = list_of(arena, usages, usage_count);
	p->crl_distribution = true;
	p->authority_info = true;
	return p;
}

static struct map_list common_name(const char *value, struct arena *arena)
{
	struct subject_part *subject = arena_alloc(arena, sizeof(*subject));
	subject->attribute = arena_strdup(arena, "CN");
	subject->value = arena_strdup(arena, value);
	return (struct map_list){subject, 1};
}

struct status profile_server(
    struct authority *authority, struct arena *arena, struct profile **ret_profile, struct err *err)
{
	/* RFC 7030 3.6.1: an EST server is known by its name, or by id-kp-cmcRA under an explicit
	 * anchor. */
	static const char *const usages[] = {"serverAuth", "cmcRA"};
	struct profile *p = profile_own(authority, "signet-server", usages, COUNT(usages), arena);
	p->validity = SERVER_VALIDITY;
	p->subject = common_name("{dns}", arena);
	p->san = names_of_the_call(arena);
	TRY(compile_named(p, TEMPLATE_FOR_SERVERS, arena, err));
	*ret_profile = p;
	return STATUS_OK;
}

/* Text in which no brace opens a variable. */
static const char *as_template(const char *text, struct arena *arena)
{
	AUTO(buf) out = {0};
	for (; *text; text++) {
		if (*text == '{')
			buf_put_byte(&out, '{');
		buf_put_byte(&out, (uint8_t)*text);
	}
	return arena_strndup(arena, (const char *)out.p, out.n);
}

struct status profile_operator(struct authority *authority, const char *principal,
    struct arena *arena, struct profile **ret_profile, struct err *err)
{
	static const char *const usages[] = {"clientAuth"};
	struct profile *p = profile_own(authority, "signet-operator", usages, COUNT(usages), arena);
	p->validity = OPERATOR_VALIDITY;
	p->subject = common_name(as_template(principal, arena), arena);
	TRY(compile_named(p, TEMPLATE_FOR_SERVERS, arena, err));
	*ret_profile = p;
	return STATUS_OK;
}

/* One RDN of one attribute, which all of ours have: SET { SEQUENCE { OID, string } }. */
static bool read_rdn(struct span rdn, struct arena *arena, struct subject_part *ret_part)
{
	struct span pair, oid;
	struct der_item value;
	char dotted[96];

	if (!der_take(&rdn, DER_SEQUENCE, &pair) || rdn.n > 0 || !der_take(&pair, DER_OID, &oid) ||
	    !der_next(&pair, &value) || pair.n > 0 || memchr(value.body.p, 0, value.body.n))
		return false;
	der_oid_text(oid, dotted, sizeof(dotted));
	ret_part->attribute = arena_strdup(arena, dotted);
	ret_part->value = arena_strdup(arena,
	    as_template(arena_strndup(arena, (const char *)value.body.p, value.body.n), arena));
	return true;
}

/* Its parts; common_name NULL: all of them, else this one instead of theirs, at the end. */
static bool subject_of_name(
    struct span name, const char *common_name, struct arena *arena, struct map_list *ret_subject)
{
	struct subject_part *parts =
	    arena_alloc(arena, (NAME_RDNS_MAX + 1) * sizeof(struct subject_part));
	struct span rdns, rdn;
	size_t n = 0;

	if (!der_take(&name, DER_SEQUENCE, &rdns))
		return false;
	while (rdns.n > 0) {
		if (n == NAME_RDNS_MAX || !der_take(&rdns, DER_SET, &rdn) ||
		    !read_rdn(rdn, arena, &parts[n]))
			return false;
		n += !common_name || strcmp(parts[n].attribute, OID_TEXT_CN) != 0;
	}
	if (common_name) {
		parts[n].attribute = arena_strdup(arena, OID_TEXT_CN);
		parts[n++].value = arena_strdup(arena, as_template(common_name, arena));
	}
	*ret_subject = (struct map_list){parts, n};
	return true;
}

struct status profile_signing(struct authority *authority, const char *name, struct span subject,
    const struct key_algorithm *key, int64_t validity, struct arena *arena,
    struct profile **ret_profile, struct err *err)
{
	static const char *const usages[] = {"codeSigning"};
	struct profile *p = profile_own(authority, "signet-signing", usages, COUNT(usages), arena);
	const bool read = subject.n > 0
			      ? subject_of_name(subject, NULL, arena, &p->subject)
			      : subject_of_name(authority->subject, name, arena, &p->subject);
	if (!read)
		return err_set(err, ERR_CONFIG,
		    "a subject has one attribute in each RDN, %d at most", NAME_RDNS_MAX);
	p->key_algorithms = list_of(arena, &key->name, 1);
	p->validity = validity;
	TRY(compile_named(p, TEMPLATE_FOR_SERVERS, arena, err));
	*ret_profile = p;
	return STATUS_OK;
}

struct status profile_ocsp(struct authority *authority, const char *name,
    const struct key_algorithm *key, struct arena *arena, struct profile **ret_profile,
    struct err *err)
{
	static const char *const usages[] = {"OCSPSigning"};
	struct profile *p = profile_own(authority, "signet-ocsp", usages, COUNT(usages), arena);
	p->key_algorithms = list_of(arena, &key->name, 1);
	p->validity = RESPONDER_VALIDITY;
	p->subject = common_name(as_template(name, arena), arena);
	p->ocsp_responder = true;
	p->crl_distribution = false;
	p->authority_info = false;
	TRY(compile_named(p, TEMPLATE_FOR_SERVERS, arena, err));
	*ret_profile = p;
	return STATUS_OK;
}
