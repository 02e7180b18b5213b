/* server/cmd_crl.c: lists of an authority whose key is offline, and the revocation of authorities.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/ceremony.h"
#include "ca/crl_by_hand.h"
#include "ca/crl_lint.h"
#include "ca/extension.h"
#include "ca/revoke.h"
#include "server/command.h"

#define LIST_SIZE_MAX ((size_t)256 << 20) /* six million entries, of authorities */
#define PEM_SIZE_MAX  ((size_t)256 << 10)

struct crl_options {
	const char *authority; /* whose list */
	const char *revoke;    /* whom; NULL: nobody */
	int reason;
	int64_t invalidity_at;
	const char *passphrase_file, *key_directory;
	const char *request, *import; /* files; NULL: the key is here */
	bool yes;
};

/* ---- the key ---- */

static struct status open_key(const struct invocation *v, const struct crl_options *o,
    const struct authority *a, struct hsm **ret_hsm, struct hsm_key **ret_key, struct err *err)
{
	const struct hsm_config where = {
	    o->key_directory ? o->key_directory : v->config->keys.directory, o->passphrase_file};
	AUTO_REF(hsm) hsm = NULL;
	AUTO_REF(hsm_key) key = NULL;
	char uri[160];

	if (!o->passphrase_file)
		return err_set(err, ERR_CONFIG,
		    "--root-passphrase-file is missing: the key of authority '%s' is offline",
		    a->name);
	snprintf(uri, sizeof(uri), "file:%s.key", a->name);
	TRY(hsm_open(&where, &hsm, err));
	TRY(hsm_key_open(hsm, uri, &key, err));
	if (!span_equal(hsm_key_spki(key), a->spki))
		return err_set(err, ERR_CONFIG, "%s/%s is not the key of authority '%s'",
		    where.key_directory, uri + strlen("file:"), a->name);
	*ret_hsm = TAKE(hsm);
	*ret_key = TAKE(key);
	return STATUS_OK;
}

/* ---- the acts ---- */

struct outcome {
	const char *authority;  /* whose list was made; in the policy */
	bool listed, requested; /* else the server makes it */
	struct crl_row row;
};

/* Who publishes: the one that is named, or that the revoked one stands below. */
static struct status issuer_of(const struct policy *policy, const struct crl_options *o,
    const struct authority **ret_issuer, struct err *err)
{
	const char *name = o->revoke ? o->revoke : o->authority;
	const struct authority *a = policy_authority(policy, name);

	if (!a)
		return err_set(err, ERR_MISSING, "there is no authority '%.63s'", name);
	if (o->revoke && !a->parent)
		return err_set(err, ERR_CONFLICT,
		    "authority '%s' is a root, or its issuer is not held here: nobody here revokes it",
		    a->name);
	*ret_issuer = o->revoke ? a->parent : a;
	if (o->revoke && o->authority && strcmp((*ret_issuer)->name, o->authority) != 0)
		return err_set(err, ERR_CONFLICT,
		    "authority '%s' was issued by '%s', not by '%.63s'", a->name,
		    (*ret_issuer)->name, o->authority);
	if (!o->revoke && a->key_uri)
		return err_set(err, ERR_CONFLICT,
		    "the key of authority '%s' is the server's: it makes its lists by itself",
		    a->name);
	return STATUS_OK;
}

/* The file is there before the commit: what was revoked without it could not be told. */
static struct status write_request(const struct crl_publisher *p, const struct policy *policy,
    const struct crl_options *o, const char *authority, struct err *err)
{
	AUTO(crl_file) file = {0};

	TRY(crl_request_by_hand(p, policy, authority, &file, err));
	return file_create(o->request, file.der, 0644, err);
}

static struct status import_list(const struct crl_publisher *p, const struct policy *policy,
    const struct crl_options *o, struct outcome *ret, struct err *err)
{
	AUTO(buf) list = {0};

	TRY(file_read(o->import, LIST_SIZE_MAX, &list, err));
	ret->listed = true;
	return crl_import_by_hand(p, policy, ret->authority, buf_span(&list), &ret->row, err);
}

static struct status do_within(const struct invocation *v, const struct crl_options *o,
    struct db *db, const struct policy *policy, struct hsm_key *key, struct outcome *ret,
    struct err *err)
{
	const struct authority_revocation order = {.authority = o->revoke,
	    .reason = o->reason,
	    .invalidity_at = o->invalidity_at,
	    .who = v->who,
	    .now = clock_now(&v->clock)};
	const struct crl_publisher p = {
	    .db = db, .directory = v->config->state_directory, .clock = &v->clock, .rng = &v->rng};
	const struct authority *issuer;

	TRY(db_begin(db, err));
	if (o->revoke)
		TRY(authority_revoke(db, policy, &order, &v->rng, &issuer, err));
	ret->listed = key != NULL;
	ret->requested = o->request != NULL;
	if (key)
		TRY(crl_publish_by_hand(&p, policy, ret->authority, key, &ret->row, err));
	if (o->request)
		TRY(write_request(&p, policy, o, ret->authority, err));
	if (o->import)
		TRY(import_list(&p, policy, o, ret, err));
	return db_commit(db, err);
}

static struct status do_all(const struct invocation *v, const struct crl_options *o, struct db *db,
    const struct policy *policy, struct outcome *ret, struct err *err)
{
	const struct authority *issuer;
	AUTO_REF(hsm) hsm = NULL;
	AUTO_REF(hsm_key) key = NULL;
	struct status done;

	TRY(issuer_of(policy, o, &issuer, err));
	ret->authority = issuer->name;
	if (!issuer->key_uri && !o->request && !o->import)
		TRY(open_key(v, o, issuer, &hsm, &key, err));
	done = do_within(v, o, db, policy, key, ret, err);
	db_rollback(db); /* nothing, when it was committed */
	return done;
}

/* ---- the command ---- */

static bool confirmed(const struct crl_options *o)
{
	char line[16] = "";

	printf("Authority %s is revoked (%s), and with it everything that it has issued.\n"
	       "This cannot be undone.\n",
	    o->revoke, revocation_reason_name(o->reason));
	if (o->yes)
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	printf("Is that meant? (yes/no) ");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) && strcmp(line, "yes\n") == 0;
}

/* Lists of one name tell of the same: one that is older would be taken for this one. */
static void tell_namesakes(const struct policy *p, const char *name)
{
	const struct authority *a = policy_authority(p, name);

	for (size_t i = 0; a && i < p->authority_count; i++) {
		const struct authority *other = &p->authorities[i];

		if (other->id != a->id && !a->parent && !other->parent && !other->key_uri &&
		    span_equal(other->subject, a->subject))
			printf("Root '%s' has the same name: make its list anew, too "
			       "(signetd crl --authority %s).\n",
			    other->name, other->name);
	}
}

static int run(const struct invocation *v, const struct crl_options *o)
{
	AUTO_REF(db) db = NULL;
	AUTO_REF(policy) policy = NULL;
	struct outcome outcome = {0};
	struct err err = {0};
	char next[TIME_TEXT_SIZE];

	if (o->revoke && !confirmed(o)) {
		fprintf(stderr, "signetd: nothing was changed; --yes says that it is meant\n");
		return COMMAND_FAILED;
	}
	if (!command_db(v, &db, &err).ok || !db_check_schema(db, &err).ok ||
	    !policy_load(db, NULL, &policy, &err).ok ||
	    !do_all(v, o, db, policy, &outcome, &err).ok)
		return command_failed(&err);
	if (o->revoke)
		printf("revoked:      %s\n", o->revoke);
	if (outcome.requested) {
		printf(
		    "request:      %s\nSign it where the key is (signetd crl-sign), and bring the list "
		    "back with --import.\n",
		    o->request);
		return COMMAND_OK;
	}
	if (!outcome.listed) {
		printf("The list of %s is made by the server that holds its key.\n",
		    outcome.authority);
		return COMMAND_OK;
	}
	time_text(outcome.row.next_update, next);
	printf("list of:      %s\nnumber:       %" PRId64 "\nentries:      %" PRId64
	       "\nnext update:  %s\n",
	    outcome.authority, outcome.row.number, outcome.row.full.entries, next);
	tell_namesakes(policy, outcome.authority);
	return COMMAND_OK;
}

enum {
	OPTION_AUTHORITY = 1,
	OPTION_REVOKE,
	OPTION_REASON,
	OPTION_INVALIDITY,
	OPTION_PASSPHRASE,
	OPTION_DIRECTORY,
	OPTION_REQUEST,
	OPTION_IMPORT,
	OPTION_YES
};
static const struct option options[] = {
    {"authority", required_argument, NULL, OPTION_AUTHORITY},
    {"revoke", required_argument, NULL, OPTION_REVOKE},
    {"reason", required_argument, NULL, OPTION_REASON},
    {"invalidity-date", required_argument, NULL, OPTION_INVALIDITY},
    {"root-passphrase-file", required_argument, NULL, OPTION_PASSPHRASE},
    {"root-key-directory", required_argument, NULL, OPTION_DIRECTORY},
    {"request", required_argument, NULL, OPTION_REQUEST},
    {"import", required_argument, NULL, OPTION_IMPORT},
    {"yes", no_argument, NULL, OPTION_YES},
    {NULL, 0, NULL, 0},
};

static bool take(int id, struct crl_options *o)
{
	struct err ignored = {0};

	switch (id) {
	case OPTION_AUTHORITY: o->authority = optarg; return true;
	case OPTION_REVOKE: o->revoke = optarg; return true;
	case OPTION_REASON: o->reason = revocation_reason_by_name(optarg); return o->reason >= 0;
	case OPTION_INVALIDITY: return time_parse(optarg, &o->invalidity_at, &ignored).ok;
	case OPTION_PASSPHRASE: o->passphrase_file = optarg; return true;
	case OPTION_DIRECTORY: o->key_directory = optarg; return true;
	case OPTION_REQUEST: o->request = optarg; return true;
	case OPTION_IMPORT: o->import = optarg; return true;
	case OPTION_YES: o->yes = true; return true;
	}
	return false;
}

int cmd_crl(const struct invocation *v, int argc, char **argv)
{
	struct crl_options o = {.reason = -1};
	int id, at = 0;

	while ((id = getopt_long(argc, argv, "", options, &at)) != -1) {
		if (id == '?')
			return command_usage(v, NULL);
		if (!take(id, &o))
			return command_usage(
			    v, "--%s: '%s' is not possible", options[at].name, optarg);
	}
	if (optind < argc)
		return command_usage(v, "crl takes no argument '%s'", argv[optind]);
	if (!o.authority && !o.revoke)
		return command_usage(v, "--authority NAME is missing, or --revoke NAME");
	if (o.revoke && o.reason < 0)
		return command_usage(v, "--reason is missing: keyCompromise, cACompromise, ...");
	if (!o.revoke && (o.reason >= 0 || o.invalidity_at))
		return command_usage(v, "--reason and --invalidity-date belong to --revoke");
	if ((o.request || o.import) && (o.passphrase_file || (o.request && o.import)))
		return command_usage(v,
		    "--request, --import and --root-passphrase-file: one of them is where the key is");
	if (o.import && o.revoke)
		return command_usage(v, "--import brings in what --request has asked for, no more");
	return run(v, &o);
}

/* ---- where the key is: no database, no configuration ---- */

struct sign_options {
	const char *request, *certificate, *key, *passphrase_file, *out;
};

/* Key files are opened by name in their directory. */
static struct status open_file_key(const char *path, const char *passphrase_file,
    struct hsm **ret_hsm, struct hsm_key **ret_key, struct err *err)
{
	const char *slash = strrchr(path, '/');
	AUTO(buf) directory = {0};
	AUTO(buf) uri = {0};
	struct hsm_config where = {.passphrase_file = passphrase_file};
	AUTO_REF(hsm) hsm = NULL;

	buf_printf(&directory, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	buf_printf(&uri, "file:%s", slash ? slash + 1 : path);
	where.key_directory = buf_cstr(&directory);
	TRY(hsm_open(&where, &hsm, err));
	TRY(hsm_key_open(hsm, buf_cstr(&uri), ret_key, err));
	*ret_hsm = TAKE(hsm);
	return STATUS_OK;
}

/* What is about to be signed is looked at as if this server had made it. */
static struct status sign(
    const struct sign_options *o, struct buf *ret_list, struct crl_said *ret_said, struct err *err)
{
	AUTO(arena) arena = {0};
	AUTO(buf) tbs = {0};
	AUTO(buf) pem = {0};
	AUTO_REF(hsm) hsm = NULL;
	AUTO_REF(hsm_key) key = NULL;
	struct authority authority = {.name = NULL};
	struct ceremony_chain chain = {.count = 0};
	struct crl_order order = {.authority = &authority};

	TRY(file_read(o->request, LIST_SIZE_MAX, &tbs, err));
	TRY(file_read(o->certificate, PEM_SIZE_MAX, &pem, err));
	TRY(ceremony_chain_read(buf_span(&pem), &arena, &chain, err));
	TRY(authority_of_certificate(chain.certificates[0], &authority, err));
	TRY(open_file_key(o->key, o->passphrase_file, &hsm, &key, err));
	if (!span_equal(hsm_key_spki(key), authority.spki))
		return err_set(err, ERR_CONFIG, "%s is not the key of %s", o->key, o->certificate);
	TRY(crl_read(buf_span(&tbs), ret_said, err));
	order.number = ret_said->number;
	order.base = ret_said->base;
	TRY(crl_lint(buf_span(&tbs), &(struct crl_lint_context){&authority, &order}, err));
	return certificate_sign(buf_span(&tbs), key, ret_list, err);
}

static int sign_and_say(const struct sign_options *o)
{
	AUTO(buf) list = {0};
	struct crl_said said;
	struct err err = {0};
	char this_update[TIME_TEXT_SIZE], next_update[TIME_TEXT_SIZE];

	if (!sign(o, &list, &said, &err).ok || !file_create(o->out, buf_span(&list), 0644, &err).ok)
		return command_failed(&err);
	time_text(said.this_update, this_update);
	time_text(said.next_update, next_update);
	printf("list:         %s\nnumber:       %" PRId64 "\nentries:      %" PRId64
	       "\nthis update:  %s\nnext update:  %s\n",
	    o->out, said.number, said.entries, this_update, next_update);
	return COMMAND_OK;
}

static const struct option sign_options[] = {
    {"request", required_argument, NULL, 1},
    {"certificate", required_argument, NULL, 2},
    {"key", required_argument, NULL, 3},
    {"passphrase-file", required_argument, NULL, 4},
    {"out", required_argument, NULL, 5},
    {NULL, 0, NULL, 0},
};

int cmd_crl_sign(const struct invocation *v, int argc, char **argv)
{
	struct sign_options o = {.request = NULL};
	const char **const places[] = {
	    NULL, &o.request, &o.certificate, &o.key, &o.passphrase_file, &o.out};
	int id;

	while ((id = getopt_long(argc, argv, "", sign_options, NULL)) != -1) {
		if (id == '?')
			return command_usage(v, NULL);
		*places[id] = optarg;
	}
	if (optind < argc)
		return command_usage(v, "crl-sign takes no argument '%s'", argv[optind]);
	for (size_t i = 1; i < COUNT(places); i++)
		if (!*places[i])
			return command_usage(v, "--%s is missing", sign_options[i - 1].name);
	return sign_and_say(&o);
}
