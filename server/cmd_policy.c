/* server/cmd_policy.c: bootstrap and trust-crl: what the operator brings in as files. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "ca/policy_apply.h"
#include "ca/trust.h"
#include "server/command.h"

/* A list of a hundred thousand devices is 10 MB; base/doc.h has the same bound. */
#define POLICY_SIZE_MAX DOC_SIZE_MAX
/* A manufacturer that revokes a million units has a list of 40 MB. */
#define CRL_SIZE_MAX ((size_t)64 << 20)

void command_changes(FILE *out, const struct policy_change *changes, size_t n, bool dry_run)
{
	static const char *const words[] = {"unchanged", "created", "changed", "removed"};
	int kind = 0, name = 0;

	for (size_t i = 0; i < n; i++) {
		int k = (int)strlen(changes[i].kind), m = (int)strlen(changes[i].name);

		kind = k > kind ? k : kind;
		name = m > name ? m : name;
	}
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%-*s  %-*s  %s\n", kind, changes[i].kind, name, changes[i].name,
		    words[changes[i].what]);
	if (dry_run)
		fprintf(out, "dry run: nothing was changed\n");
}

struct bootstrap_order {
	const char *file;
	bool dry_run;
	const char *break_glass; /* why; NULL: it stays whole */
};

static struct status bootstrap(
    const struct invocation *v, const struct bootstrap_order *order, struct err *err)
{
	const struct actor actor = actor_local(v->who);
	struct policy_edit edit = {.file_name = order->file,
	    .actor = &actor,
	    .dry_run = order->dry_run,
	    .break_glass = order->break_glass};
	AUTO(buf) text = {0};
	AUTO(arena) arena = {0};
	AUTO_REF(db) db = NULL;
	struct policy_outcome outcome;

	TRY(file_read(order->file, POLICY_SIZE_MAX, &text, err));
	edit.text = buf_span(&text);
	TRY(command_db(v, &db, err));
	TRY(db_check_schema(db, err));
	TRY(policy_apply(db, &edit, &v->clock, &arena, &outcome, err));
	command_changes(stdout, outcome.changes, outcome.change_count, order->dry_run);
	return STATUS_OK;
}

int cmd_bootstrap(const struct invocation *v, int argc, char **argv)
{
	static const struct option options[] = {
	    {"file", required_argument, NULL, 'f'},
	    {"dry-run", no_argument, NULL, 'n'},
	    {"break-glass", required_argument, NULL, 'b'},
	    {NULL, 0, NULL, 0},
	};
	struct bootstrap_order order = {0};
	struct err err = {0};
	int option;

	while ((option = getopt_long(argc, argv, "f:n", options, NULL)) != -1) {
		switch (option) {
		case 'f': order.file = optarg; break;
		case 'n': order.dry_run = true; break;
		case 'b': order.break_glass = optarg; break;
		default: return command_usage(v, NULL);
		}
	}
	if (!order.file || optind < argc)
		return command_usage(v, "bootstrap wants -f FILE and nothing else");
	if (order.break_glass && !command_reason_fits(order.break_glass))
		return command_usage(v,
		    "--break-glass wants a reason that others will understand, of 10 to 200 characters");
	if (!bootstrap(v, &order, &err).ok)
		return command_failed(&err);
	return COMMAND_OK;
}

struct crl_files {
	const char *anchor, *list, *intermediate;
};

static struct status import_crl(
    const struct invocation *v, const struct crl_files *files, struct err *err)
{
	AUTO(buf) list = {0};
	AUTO(buf) intermediate = {0};
	AUTO_REF(db) db = NULL;
	AUTO_REF(hsm) hsm = NULL;
	AUTO_REF(policy) policy = NULL;
	struct hsm_config keys = {v->config->keys.directory, v->config->keys.passphrase_file};
	size_t revoked;

	TRY(file_read(files->list, CRL_SIZE_MAX, &list, err));
	if (files->intermediate)
		TRY(file_read(files->intermediate, CRL_SIZE_MAX, &intermediate, err));
	TRY(command_db(v, &db, err));
	TRY(hsm_open(&keys, &hsm, err));
	TRY(policy_load(db, hsm, &policy, err));
	TRY(trust_crl_import(db, policy, files->anchor, buf_span(&list), buf_span(&intermediate),
	    v->who, &v->clock, &revoked, err));
	printf("trust anchor %s: %zu revoked\n", files->anchor, revoked);
	return STATUS_OK;
}

int cmd_trust_crl(const struct invocation *v, int argc, char **argv)
{
	static const struct option options[] = {
	    {"anchor", required_argument, NULL, 'a'},
	    {"file", required_argument, NULL, 'f'},
	    {"issuer", required_argument, NULL, 'i'},
	    {NULL, 0, NULL, 0},
	};
	struct crl_files files = {0};
	struct err err = {0};
	int option;

	while ((option = getopt_long(argc, argv, "a:f:i:", options, NULL)) != -1) {
		switch (option) {
		case 'a': files.anchor = optarg; break;
		case 'f': files.list = optarg; break;
		case 'i': files.intermediate = optarg; break;
		default: return command_usage(v, NULL);
		}
	}
	if (optind + 1 != argc || strcmp(argv[optind], "import") != 0)
		return command_usage(v, "the one thing to do with a list is: import");
	if (!files.anchor || !files.list)
		return command_usage(v, "import wants --anchor NAME and --file FILE");
	if (!import_crl(v, &files, &err).ok)
		return command_failed(&err);
	return COMMAND_OK;
}
