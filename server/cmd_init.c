#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "ca/service_key.h"
#include "server/init.h"

#define REPEATS_MAX 32 /* names of one kind of constraint */
#define YEAR        (INT64_C(365) * 86400)

/* The lists that options fill one by one. */
struct repeats {
	const char *permit_dns[REPEATS_MAX], *exclude_dns[REPEATS_MAX];
	const char *permit_directory[REPEATS_MAX], *exclude_directory[REPEATS_MAX];
};

enum option_id {
	OPTION_NAME = 1,
	OPTION_AUTHORITY_NAME,
	OPTION_ROOT_NAME,
	OPTION_SUBJECT,
	OPTION_ROOT_SUBJECT,
	OPTION_ALGORITHM,
	OPTION_PATH_LENGTH,
	OPTION_YEARS,
	OPTION_ROOT_YEARS,
	OPTION_PERMIT_DNS,
	OPTION_EXCLUDE_DNS,
	OPTION_PERMIT_DIRECTORY,
	OPTION_EXCLUDE_DIRECTORY,
	OPTION_CRL_URL,
	OPTION_ISSUER_URL,
	OPTION_ROOT_PASSPHRASE,
	OPTION_ROOT_DIRECTORY,
	OPTION_CHAIN,
	OPTION_KEY,
	OPTION_KEY_PASSPHRASE,
};

static const struct option options[] = {
    {"name", required_argument, NULL, OPTION_NAME},
    {"authority-name", required_argument, NULL, OPTION_AUTHORITY_NAME},
    {"root-name", required_argument, NULL, OPTION_ROOT_NAME},
    {"subject", required_argument, NULL, OPTION_SUBJECT},
    {"root-subject", required_argument, NULL, OPTION_ROOT_SUBJECT},
    {"algorithm", required_argument, NULL, OPTION_ALGORITHM},
    {"path-length", required_argument, NULL, OPTION_PATH_LENGTH},
    {"years", required_argument, NULL, OPTION_YEARS},
    {"root-years", required_argument, NULL, OPTION_ROOT_YEARS},
    {"permit-dns", required_argument, NULL, OPTION_PERMIT_DNS},
    {"exclude-dns", required_argument, NULL, OPTION_EXCLUDE_DNS},
    {"permit-directory", required_argument, NULL, OPTION_PERMIT_DIRECTORY},
    {"exclude-directory", required_argument, NULL, OPTION_EXCLUDE_DIRECTORY},
    {"root-crl-url", required_argument, NULL, OPTION_CRL_URL},
    {"root-issuer-url", required_argument, NULL, OPTION_ISSUER_URL},
    {"root-passphrase-file", required_argument, NULL, OPTION_ROOT_PASSPHRASE},
    {"root-key-directory", required_argument, NULL, OPTION_ROOT_DIRECTORY},
    {"chain", required_argument, NULL, OPTION_CHAIN},
    {"key", required_argument, NULL, OPTION_KEY},
    {"key-passphrase-file", required_argument, NULL, OPTION_KEY_PASSPHRASE},
    {NULL, 0, NULL, 0},
};

static bool add(const char **list, size_t *count)
{
	if (*count == REPEATS_MAX)
		return false;
	list[(*count)++] = optarg;
	return true;
}

static bool number(const char *text, int64_t least, int64_t most, int64_t *ret)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	if (end == text || *end || value < least || value > most)
		return false;
	*ret = value;
	return true;
}

static bool take_text(int id, struct init_options *o, const char **name)
{
	const char **const places[] = {
	    [OPTION_NAME] = name,
	    [OPTION_AUTHORITY_NAME] = &o->authority,
	    [OPTION_ROOT_NAME] = &o->root,
	    [OPTION_SUBJECT] = &o->subject,
	    [OPTION_ROOT_SUBJECT] = &o->root_subject,
	    [OPTION_CRL_URL] = &o->crl_url,
	    [OPTION_ISSUER_URL] = &o->issuer_url,
	    [OPTION_ROOT_PASSPHRASE] = &o->root_passphrase_file,
	    [OPTION_ROOT_DIRECTORY] = &o->root_key_directory,
	    [OPTION_CHAIN] = &o->chain,
	    [OPTION_KEY] = &o->key,
	    [OPTION_KEY_PASSPHRASE] = &o->key_passphrase_file,
	};

	if ((size_t)id >= COUNT(places) || !places[id])
		return false;
	*places[id] = optarg;
	return true;
}

/* False: the value is not one, or there are too many. */
static bool take_value(int id, struct init_options *o, struct repeats *r)
{
	struct ceremony_constraints *c = &o->constraints;
	int64_t value;

	switch (id) {
	case OPTION_ALGORITHM:
		o->algorithm = key_algorithm_by_name(optarg);
		return o->algorithm != NULL;
	case OPTION_PATH_LENGTH:
		if (!number(optarg, 0, CEREMONY_CHAIN_MAX, &value))
			return false;
		o->path_length = (int)value;
		return true;
	case OPTION_YEARS:
	case OPTION_ROOT_YEARS:
		if (!number(optarg, 1, 1000, &value))
			return false;
		*(id == OPTION_YEARS ? &o->validity : &o->root_validity) = value * YEAR;
		return true;
	case OPTION_PERMIT_DNS: return add(r->permit_dns, &c->permitted_dns_count);
	case OPTION_EXCLUDE_DNS: return add(r->exclude_dns, &c->excluded_dns_count);
	case OPTION_PERMIT_DIRECTORY:
		return add(r->permit_directory, &c->permitted_directory_count);
	case OPTION_EXCLUDE_DIRECTORY:
		return add(r->exclude_directory, &c->excluded_directory_count);
	}
	return false;
}

/* What a certificate is to say that is there already. Years and algorithm stand at standard values.
 */
static bool asks_for_new(const struct init_options *o)
{
	const struct ceremony_constraints *c = &o->constraints;

	return o->subject || o->root_subject || o->crl_url || o->issuer_url || o->path_length ||
	       o->root_key_directory || c->permitted_dns_count || c->excluded_dns_count ||
	       c->permitted_directory_count || c->excluded_directory_count;
}

/* What contradicts itself; NULL: nothing. */
static const char *complaint(const struct init_options *o)
{
	if (strcmp(o->authority, o->root) == 0)
		return "--authority-name and --root-name must differ";
	if (!o->chain != !o->key)
		return "--chain and --key belong together";
	if (o->chain && o->root_passphrase_file)
		return "an existing hierarchy brings no root key: --root-passphrase-file has no place";
	if (o->chain && asks_for_new(o))
		return "an existing hierarchy stays as it is: names, path length, constraints and URLs "
		       "have no place beside --chain";
	if (!o->chain && !o->root_passphrase_file)
		return "--root-passphrase-file is missing: the root's key has a passphrase of its own";
	if (!o->chain && (!o->subject || !o->root_subject))
		return "--name NAME is missing, or both --subject and --root-subject";
	return NULL;
}

static void set_subjects(struct init_options *o, const char *name, struct arena *arena)
{
	if (!name)
		return;
	if (!o->subject)
		o->subject = arena_printf(arena, "%s Issuing CA", name);
	if (!o->root_subject)
		o->root_subject = arena_printf(arena, "%s Root CA", name);
}

/* What a server would make at its first start: here, so that it can be copied to other nodes. */
static struct status make_service_keys(const struct invocation *v, struct err *err)
{
	static const enum service_purpose purposes[] = {SERVICE_KEY_TOKEN, SERVICE_KEY_LOG};
	struct hsm_config keys = {v->config->keys.directory, v->config->keys.passphrase_file};
	struct service_key_context c = {.clock = &v->clock, .rng = &v->rng, .who = v->who};
	AUTO_REF(hsm) hsm = NULL;
	AUTO_REF(db) db = NULL;

	TRY(hsm_open(&keys, &hsm, err));
	TRY(command_db(v, &db, err));
	c.hsm = hsm;
	c.db = db;
	for (size_t i = 0; i < COUNT(purposes); i++) {
		AUTO_REF(hsm_key) key = NULL;

		TRY(service_key_open(&c, purposes[i], &key, err));
	}
	return STATUS_OK;
}

static int init(const struct invocation *v, const struct init_options *o)
{
	AUTO(buf) root = {0};
	struct err err = {0};
	struct status done = o->chain ? init_take(v, o, &root, &err) : init_make(v, o, &root, &err);
	struct digest digest;
	char text[2 * SHA256_SIZE + 1];

	if (!done.ok || !make_service_keys(v, &err).ok)
		return command_failed(&err);
	digest = sha256(buf_span(&root));
	hex_text(SPAN_OF(digest.bytes), text);
	printf("authority:    %s\n", o->authority);
	printf("root:         %s/root.pem\n", v->config->state_directory);
	printf("fingerprint:  %s\n", text);
	if (!o->chain)
		printf(
		    "\nThe root's key is %s/%s.key. The server never loads it: keep it, and its\n"
		    "passphrase, where the server is not.\n",
		    o->root_key_directory ? o->root_key_directory : v->config->keys.directory,
		    o->root);
	return COMMAND_OK;
}

int cmd_init(const struct invocation *v, int argc, char **argv)
{
	AUTO(arena) arena = {0};
	struct repeats r = {0};
	struct init_options o = {
	    .authority = "issuing",
	    .root = "root",
	    .algorithm = key_algorithm_by_name("EC-P256"),
	    .root_validity = CEREMONY_ROOT_VALIDITY,
	    .validity = CEREMONY_CA_VALIDITY,
	    .constraints = {.permitted_dns = r.permit_dns,
		.excluded_dns = r.exclude_dns,
		.permitted_directory = r.permit_directory,
		.excluded_directory = r.exclude_directory},
	};
	const char *name = NULL;
	int id, at;

	while ((id = getopt_long(argc, argv, "", options, &at)) != -1) {
		if (id == '?')
			return command_usage(v, NULL);
		if (!take_text(id, &o, &name) && !take_value(id, &o, &r))
			return command_usage(
			    v, "--%s: '%s' is not possible", options[at].name, optarg);
	}
	if (optind < argc)
		return command_usage(v, "init takes no argument '%s'", argv[optind]);
	set_subjects(&o, name, &arena);
	if (complaint(&o))
		return command_usage(v, "%s", complaint(&o));
	return init(v, &o);
}
