/* server/cmd_restore.c: restore, and what else the owner does with the log. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "ca/act.h"
#include "server/restore.h"
#include "sql/log_owner.h"

#define CHECKPOINTS_MAX 32 /* one a node, and those that people keep */

/* The owner of the schema: the role that serves may do none of this. */
static struct status open_as_owner(const struct invocation *v, struct db **ret_db, struct err *err)
{
	const struct config *c = v->config;
	struct db_config config = {
	    c->database.owner ? c->database.owner : c->database.server, 600000, "signetd-owner"};
	struct db *db;
	struct status checked;

	TRY(db_open(&config, &db, err));
	checked = db_check_schema(db, err);
	if (!checked.ok)
		db_close(db);
	else
		*ret_db = db;
	return checked;
}

/* ---- restore ---- */

struct checkpoints {
	const char *files[CHECKPOINTS_MAX];
	size_t count;
	struct log_kept newest;
	struct buf note;
};

/* Of those of the same log the larger one; a log of a later name was there later. */
static bool is_newer(const struct log_kept *a, const struct log_kept *b)
{
	size_t m = strlen(a->origin), n = strlen(b->origin);

	if (!b->there || strcmp(a->origin, b->origin) == 0)
		return !b->there || a->tree.size > b->tree.size;
	return m != n ? m > n : strcmp(a->origin, b->origin) > 0;
}

static struct status take_file(struct checkpoints *c, const char *path, struct err *err)
{
	AUTO(buf) file = {0};
	struct log_kept k = {0};

	TRY(file_read(path, NOTE_SIZE_MAX, &file, err));
	if (!log_kept_parse(&k, buf_span(&file), err).ok) {
		err_cause(err, "%s", path);
		return STATUS_FAILED;
	}
	if (is_newer(&k, &c->newest)) {
		c->newest = k;
		buf_free(&c->note);
		c->note = buf_take(&file);
	}
	return STATUS_OK;
}

static struct status gather(const struct invocation *v, struct checkpoints *c, struct err *err)
{
	AUTO(buf) own = {0};

	buf_printf(&own, "%s/" LOG_KEPT_FILE, v->config->state_directory);
	for (size_t i = 0; i < c->count; i++)
		TRY(take_file(c, c->files[i], err));
	if (file_exists(buf_cstr(&own)))
		TRY(take_file(c, buf_cstr(&own), err));
	if (!c->newest.there)
		return err_set(err, ERR_CONFIG,
		    "there is no %s, and no --checkpoint was given: what was the last one that "
		    "anybody saw?",
		    buf_cstr(&own));
	return STATUS_OK;
}

static bool confirmed(const struct restore *r, bool yes)
{
	char line[16] = "";

	printf("The database lies behind log %s at %" PRIu64 " entries, or has another past.\n"
	       "A new log is started, and all numbers jump ahead. This cannot be undone.\n",
	    r->newest->origin, r->newest->tree.size);
	if (yes)
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	printf("Is this database what you want to go on with? (yes/no) ");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) && strcmp(line, "yes\n") == 0;
}

static int run(const struct restore *r, bool yes)
{
	struct restore_outcome o;
	struct err err = {0};
	bool needed;

	if (!restore_look(r, &needed, &err).ok)
		return command_failed(&err);
	if (!needed) {
		printf("The database is not behind log %s at %" PRIu64 " entries: nothing to do.\n",
		    r->newest->origin, r->newest->tree.size);
		return COMMAND_OK;
	}
	if (!confirmed(r, yes)) {
		fprintf(stderr, "signetd: nothing was changed; --yes says that it is meant\n");
		return COMMAND_FAILED;
	}
	if (!restore_run(r, &o, &err).ok)
		return command_failed(&err);
	printf("log:      %s\nvkey:     %s\nentries:  %" PRId64
	       " from the backup, behind the entry "
	       "log.restored\nlost:     %" PRIu64 " at least\n",
	    o.origin, o.vkey, o.entries, o.lost);
	printf(
	    "\nTell auditors and witnesses the new vkey. Certificates that were issued after the\n"
	    "backup are valid and not in this database. What was revoked after it is good again:\n"
	    "the last revocation lists that you have say which; revoke it anew. Lists go on behind\n"
	    "all numbers that may be out there.\n");
	return COMMAND_OK;
}

static int restore(const struct invocation *v, struct checkpoints *c, bool yes)
{
	struct hsm_config keys = {v->config->keys.directory, v->config->keys.passphrase_file};
	AUTO_REF(db) db = NULL;
	AUTO_REF(hsm) hsm = NULL;
	struct err err = {0};

	if (!gather(v, c, &err).ok || !hsm_open(&keys, &hsm, &err).ok ||
	    !open_as_owner(v, &db, &err).ok)
		return command_failed(&err);
	const struct restore r = {v, db, hsm, &c->newest, buf_span(&c->note)};
	return run(&r, yes);
}

int cmd_restore(const struct invocation *v, int argc, char **argv)
{
	static const struct option options[] = {
	    {"checkpoint", required_argument, NULL, 'c'},
	    {"yes", no_argument, NULL, 'y'},
	    {NULL, 0, NULL, 0},
	};
	struct checkpoints c = {.count = 0};
	bool yes = false;
	int option, code;

	while ((option = getopt_long(argc, argv, "c:y", options, NULL)) != -1) {
		if (option == 'y')
			yes = true;
		else if (option == 'c' && c.count < CHECKPOINTS_MAX)
			c.files[c.count++] = optarg;
		else
			return command_usage(v, NULL);
	}
	if (optind < argc)
		return command_usage(v, "restore takes no argument '%s'", argv[optind]);
	code = restore(v, &c, yes);
	buf_free(&c.note);
	return code;
}

/* ---- log erase-salt ---- */

static void render(const char *kind, int64_t id, const int64_t *entries, size_t n, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_str(&j, "record_kind", kind);
	json_int(&j, "record_id", id);
	json_array_begin(&j, "entries");
	for (size_t i = 0; i < n; i++)
		json_int(&j, NULL, entries[i]);
	json_array_end(&j);
	json_object_end(&j);
}

static struct status erase_within(const struct invocation *v, struct db *db, const char *kind,
    int64_t id, size_t *ret_count, struct err *err)
{
	AUTO(arena) arena = {0};
	AUTO(buf) document = {0};
	struct policy_act act = {.who = v->who,
	    .act = "log.salt-erased",
	    .kind = "log-salt",
	    .name = arena_printf(&arena, "%s %" PRId64, kind, id),
	    .at = clock_now(&v->clock)};
	int64_t *entries;
	size_t n;

	TRY(log_salt_erase(db, kind, id, &arena, &entries, &n, err));
	if (n == 0)
		return err_set(err, ERR_MISSING,
		    "no entry of %s %" PRId64 " has a salt: there is none, or it is erased", kind,
		    id);
	render(kind, id, entries, n, &document);
	act.document = buf_span(&document);
	TRY(policy_record(db, &act, &v->rng, err));
	*ret_count = n;
	return db_commit(db, err);
}

static int erase(const struct invocation *v, const char *kind, int64_t id)
{
	AUTO_REF(db) db = NULL;
	struct err err = {0};
	struct status done;
	size_t n = 0;

	if (!open_as_owner(v, &db, &err).ok || !db_begin(db, &err).ok)
		return command_failed(&err);
	done = erase_within(v, db, kind, id, &n, &err);
	db_rollback(db);
	if (!done.ok)
		return command_failed(&err);
	printf("erased: %zu salts; what the log says of %s %" PRId64
	       " can no longer be tied to it\n",
	    n, kind, id);
	return COMMAND_OK;
}

int cmd_log(const struct invocation *v, int argc, char **argv)
{
	static const struct option options[] = {
	    {"yes", no_argument, NULL, 'y'},
	    {NULL, 0, NULL, 0},
	};
	bool yes = false;
	int option;
	char *end;
	long long id;

	while ((option = getopt_long(argc, argv, "y", options, NULL)) != -1) {
		if (option != 'y')
			return command_usage(v, NULL);
		yes = true;
	}
	if (argc - optind != 3 || strcmp(argv[optind], "erase-salt") != 0)
		return command_usage(v, NULL);
	id = strtoll(argv[optind + 2], &end, 10);
	if (id <= 0 || *end)
		return command_usage(v, "'%s' is no id", argv[optind + 2]);
	if (!yes) {
		fprintf(stderr, "signetd: a salt that is erased is gone for ever; --yes says that "
				"it is meant\n");
		return COMMAND_FAILED;
	}
	return erase(v, argv[optind + 1], id);
}
