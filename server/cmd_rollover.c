/* server/cmd_rollover.c: `signetd rollover`. What it does: rollover.h. */
#include <getopt.h>
#include <stdlib.h>

#include "server/rollover.h"

#define YEAR (INT64_C(365) * 86400)

enum option_id {
	OPTION_AUTHORITY = 1,
	OPTION_NAME,
	OPTION_ISSUING,
	OPTION_ISSUING_NAME,
	OPTION_BELOW,
	OPTION_ROOT_SUBJECT,
	OPTION_SUBJECT,
	OPTION_CRL_URL,
	OPTION_ISSUER_URL,
	OPTION_ROOT_PASSPHRASE,
	OPTION_ROOT_DIRECTORY,
	OPTION_NEW_ROOT_PASSPHRASE,
	OPTION_NEW_ROOT_DIRECTORY,
	OPTION_ALGORITHM,
	OPTION_YEARS,
	OPTION_ROOT_YEARS,
	OPTION_KEEP_KEY,
	OPTION_DRY_RUN,
};

static const struct option options[] = {
    {"authority", required_argument, NULL, OPTION_AUTHORITY},
    {"name", required_argument, NULL, OPTION_NAME},
    {"issuing", required_argument, NULL, OPTION_ISSUING},
    {"issuing-name", required_argument, NULL, OPTION_ISSUING_NAME},
    {"below", required_argument, NULL, OPTION_BELOW},
    {"root-subject", required_argument, NULL, OPTION_ROOT_SUBJECT},
    {"subject", required_argument, NULL, OPTION_SUBJECT},
    {"root-crl-url", required_argument, NULL, OPTION_CRL_URL},
    {"root-issuer-url", required_argument, NULL, OPTION_ISSUER_URL},
    {"root-passphrase-file", required_argument, NULL, OPTION_ROOT_PASSPHRASE},
    {"root-key-directory", required_argument, NULL, OPTION_ROOT_DIRECTORY},
    {"new-root-passphrase-file", required_argument, NULL, OPTION_NEW_ROOT_PASSPHRASE},
    {"new-root-key-directory", required_argument, NULL, OPTION_NEW_ROOT_DIRECTORY},
    {"algorithm", required_argument, NULL, OPTION_ALGORITHM},
    {"years", required_argument, NULL, OPTION_YEARS},
    {"root-years", required_argument, NULL, OPTION_ROOT_YEARS},
    {"keep-key", no_argument, NULL, OPTION_KEEP_KEY},
    {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
    {NULL, 0, NULL, 0},
};

static bool years(const char *text, int64_t *ret_seconds)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 1 || n > 1000)
		return false;
	*ret_seconds = n * YEAR;
	return true;
}

static bool take_text(int id, struct rollover_options *o)
{
	const char **const places[] = {
	    [OPTION_AUTHORITY] = &o->authority,
	    [OPTION_NAME] = &o->name,
	    [OPTION_ISSUING] = &o->issuing,
	    [OPTION_ISSUING_NAME] = &o->issuing_name,
	    [OPTION_BELOW] = &o->below,
	    [OPTION_ROOT_SUBJECT] = &o->root_subject,
	    [OPTION_SUBJECT] = &o->subject,
	    [OPTION_CRL_URL] = &o->crl_url,
	    [OPTION_ISSUER_URL] = &o->issuer_url,
	    [OPTION_ROOT_PASSPHRASE] = &o->root_passphrase_file,
	    [OPTION_ROOT_DIRECTORY] = &o->root_key_directory,
	    [OPTION_NEW_ROOT_PASSPHRASE] = &o->new_root_passphrase_file,
	    [OPTION_NEW_ROOT_DIRECTORY] = &o->new_root_key_directory,
	};

	if ((size_t)id >= COUNT(places) || !places[id])
		return false;
	*places[id] = optarg;
	return true;
}

/* False: the value is not one. */
static bool take_value(int id, struct rollover_options *o)
{
	switch (id) {
	case OPTION_ALGORITHM:
		o->algorithm = key_algorithm_by_name(optarg);
		return o->algorithm && key_algorithm_available(o->algorithm);
	case OPTION_YEARS: return years(optarg, &o->validity);
	case OPTION_ROOT_YEARS: return years(optarg, &o->root_validity);
	case OPTION_KEEP_KEY: return o->keep_key = true;
	case OPTION_DRY_RUN: return o->dry_run = true;
	}
	return false;
}

int cmd_rollover(const struct invocation *v, int argc, char **argv)
{
	struct rollover_options o = {.authority = NULL};
	struct err err = {0};
	int id, at = 0;

	while ((id = getopt_long(argc, argv, "", options, &at)) != -1) {
		if (id == '?')
			return command_usage(v, NULL);
		if (!take_text(id, &o) && !take_value(id, &o))
			return command_usage(
			    v, "--%s: '%s' is not possible", options[at].name, optarg);
	}
	if (optind < argc)
		return command_usage(v, "rollover takes no argument '%s'", argv[optind]);
	if (!o.authority)
		return command_usage(v, "--authority is missing: who is to be followed");
	if (!o.root_passphrase_file)
		return command_usage(
		    v, "--root-passphrase-file is missing: the root that is there signs");
	if (!rollover(v, &o, stdout, &err).ok)
		return command_failed(&err);
	puts(o.dry_run ? "nothing was changed"
		       : "done; what to do next: docs/operations.md, Rollover");
	return COMMAND_OK;
}
