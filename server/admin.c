/* server/admin.c: see admin.h. */
#include "server/admin.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "access/shipped_roles.h"
#include "base/json.h"
#include "ca/act.h"
#include "ca/reason.h"
#include "ca/token_make.h"

/* ---- the documents ---- */

static void put_roles(const struct access *a, struct buf *out)
{
	for (const struct shipped_role *r = shipped_roles; r->name; r++)
		if (!access_role(a, r->name))
			buf_printf(out, "%s---\n", r->document);
}

/* JSON is YAML: a quoted name stays what it is. */
static void put_principal(const char *name, struct buf *out)
{
	buf_put_str(out, "kind: principal\nname: ");
	json_quote(out, span_str(name));
	buf_put_str(out, "\ntype: person\n---\n");
}

static void put_binding(const char *name, struct buf *out)
{
	buf_printf(out, "kind: binding\nname: %.48s-is-admin\nprincipal: ", name);
	json_quote(out, span_str(name));
	buf_put_str(out, "\nrole: " SHIPPED_ADMIN "\n");
}

static struct status check_role(const struct access *a, struct err *err)
{
	const struct role *admin = access_role(a, SHIPPED_ADMIN);

	if (!admin || (admin->permissions & PERMISSION_BIT(PERMISSION_ACCESS_MANAGE)))
		return STATUS_OK;
	return err_set(err, ERR_CONFLICT,
	    "the role " SHIPPED_ADMIN " has been changed: it lacks access.manage");
}

static struct status put_documents(
    const struct access *a, const char *name, struct buf *out, struct err *err)
{
	const struct principal *p = access_principal(a, name);

	/* Its length stands in the binding's name. */
	if (strlen(name) > 48)
		return err_set(err, ERR_CONFIG, "'%.60s' is longer than 48 characters", name);
	if (p && (p->disabled || p->type != PRINCIPAL_PERSON))
		return err_set(err, ERR_CONFLICT, "'%s' is there and is %s: choose another name",
		    name, p->disabled ? "disabled" : "no person");
	TRY(check_role(a, err));
	put_roles(a, out);
	if (!p)
		put_principal(name, out);
	put_binding(name, out);
	return STATUS_OK;
}

/* ---- the act ---- */

struct making {
	const struct invocation *v;
	const struct admin_order *order;
	struct actor actor;
	struct db *db;
	struct token_keys *keys;
	struct arena *arena;
	struct err *err;
};

static struct status apply(const struct making *m, struct policy_outcome *ret_outcome)
{
	struct policy_edit edit = {
	    .file_name = "signetd admin", .actor = &m->actor, .break_glass = m->order->break_glass};
	AUTO_REF(policy) policy = NULL;
	AUTO(buf) documents = {0};

	TRY(policy_load(m->db, NULL, &policy, m->err));
	TRY(put_documents(policy->access, m->order->name, &documents, m->err));
	edit.text = buf_span(&documents);
	return policy_apply(m->db, &edit, &m->v->clock, m->arena, ret_outcome, m->err);
}

/* By the policy that the same transaction has made. */
static struct status make_token(const struct making *m, const char **ret_token)
{
	AUTO_REF(policy) policy = NULL;
	struct token_maker maker = {.db = m->db,
	    .keys = m->keys,
	    .rng = &m->v->rng,
	    .now = clock_now(&m->v->clock),
	    .arena = m->arena};
	struct token_wish wish = {.by = &m->actor, .ttl = m->order->ttl};
	struct token_made made;

	TRY(policy_load(m->db, NULL, &policy, m->err));
	maker.access = policy->access;
	wish.principal = access_principal(policy->access, m->order->name);
	TRY(token_make(&maker, &wish, &made, m->err));
	*ret_token = made.token;
	return STATUS_OK;
}

static struct status make_both(
    const struct making *m, struct policy_outcome *ret_outcome, const char **ret_token)
{
	struct policy_outcome outcome = {0};
	const char *token = NULL;

	TRY(apply(m, &outcome));
	TRY(make_token(m, &token));
	TRY(db_commit(m->db, m->err));
	*ret_outcome = outcome;
	*ret_token = token;
	return STATUS_OK;
}

/* Keys are made in a transaction of their own. */
static struct status load_keys(const struct making *m)
{
	const struct config *config = m->v->config;
	const struct hsm_config store = {config->keys.directory, config->keys.passphrase_file};
	AUTO_REF(hsm) hsm = NULL;
	struct service_key_context c = {
	    .db = m->db, .clock = &m->v->clock, .rng = &m->v->rng, .who = m->v->who};

	TRY(hsm_open(&store, &hsm, m->err));
	c.hsm = hsm;
	return token_keys_load(m->keys, &c, m->err);
}

static struct status check_glass(const struct making *m, const struct access *a)
{
	if (!access_principal(a, m->order->name))
		return err_set(
		    m->err, ERR_MISSING, "there is no principal '%.64s'", m->order->name);
	if (m->order->break_glass || !access_has_administrator(a))
		return STATUS_OK;
	return REFUSE(m->err, ACCESS_BOOTSTRAP_OVER,
	    "there is an administrator: whoever makes a token here says why (--break-glass)");
}

static struct status make_one(
    const struct making *m, struct policy_outcome *ret_outcome, const char **ret_token)
{
	struct policy_act act = {.who = m->v->who, .at = clock_now(&m->v->clock)};
	AUTO_REF(policy) policy = NULL;
	const char *token = NULL;

	(void)ret_outcome;
	TRY(policy_lock(m->db, &act.version, m->err));
	TRY(policy_load(m->db, NULL, &policy, m->err));
	TRY(check_glass(m, policy->access));
	TRY(make_token(m, &token));
	if (m->order->break_glass)
		TRY(break_glass_record(m->db, &act,
		    arena_printf(m->arena, "token of %s", m->order->name), m->order->break_glass,
		    &m->v->rng, m->err));
	TRY(db_commit(m->db, m->err));
	*ret_token = token;
	return STATUS_OK;
}

typedef struct status (*make_fn)(
    const struct making *m, struct policy_outcome *ret_outcome, const char **ret_token);

/* `make` commits, or nothing stays. */
static struct status make_whole(const struct making *m, make_fn make,
    struct policy_outcome *ret_outcome, const char **ret_token)
{
	struct status status;

	TRY(db_begin(m->db, m->err));
	status = make(m, ret_outcome, ret_token);
	db_rollback(m->db); /* nothing to do behind a commit */
	return status;
}

static struct status run_making(const struct invocation *v, const struct admin_order *order,
    make_fn make, struct arena *arena, struct policy_outcome *ret_outcome, const char **ret_token,
    struct err *err)
{
	AUTO_REF(db) db = NULL;
	AUTO_REF(token_keys) keys = token_keys_new();
	struct making m = {v, order, actor_local(v->who), NULL, keys, arena, err};

	TRY(command_db(v, &db, err));
	m.db = db;
	TRY(db_check_schema(db, err));
	TRY(load_keys(&m));
	return make_whole(&m, make, ret_outcome, ret_token);
}

struct status admin_make(const struct invocation *v, const struct admin_order *order,
    struct arena *arena, struct policy_outcome *ret_outcome, const char **ret_token,
    struct err *err)
{
	return run_making(v, order, make_both, arena, ret_outcome, ret_token, err);
}

struct status admin_make_token(const struct invocation *v, const struct admin_order *order,
    struct arena *arena, const char **ret_token, struct err *err)
{
	return run_making(v, order, make_one, arena, NULL, ret_token, err);
}

/* ---- the command ---- */

static struct status read_ttl(const char *text, int64_t *ret_ttl, struct err *err)
{
	static const struct field fields[] = {
	    {.name = "ttl",
		.type = FIELD_SECONDS,
		.min = 60,
		.max = 86400,
		.help = "how long the token is good"},
	    {0},
	};
	AUTO(doc_file) f = {0};
	AUTO(arena) arena = {0};
	AUTO(buf) document = {0};

	buf_put_str(&document, "ttl: ");
	json_quote(&document, span_str(text));
	TRY(doc_parse("--ttl", buf_span(&document), &f, err));
	return doc_bind("--ttl", f.documents[0], fields, ret_ttl, &arena, err);
}

static int make(const struct invocation *v, const struct admin_order *order)
{
	struct policy_outcome outcome = {0};
	AUTO(arena) arena = {0};
	struct err err = {0};
	const char *token = NULL;

	if (!admin_make(v, order, &arena, &outcome, &token, &err).ok)
		return command_failed(&err);
	/* Scripts take what stands on standard output for the token. */
	command_changes(stderr, outcome.changes, outcome.change_count, false);
	printf("%s\n", token);
	return COMMAND_OK;
}

static int make_only_token(const struct invocation *v, const struct admin_order *order)
{
	AUTO(arena) arena = {0};
	struct err err = {0};
	const char *token = NULL;

	if (!admin_make_token(v, order, &arena, &token, &err).ok)
		return command_failed(&err);
	printf("%s\n", token);
	return COMMAND_OK;
}

/* The options of both commands, and the one NAME. */
static int run(const struct invocation *v, int argc, char **argv,
    int (*act)(const struct invocation *, const struct admin_order *))
{
	static const struct option options[] = {
	    {"ttl", required_argument, NULL, 't'},
	    {"break-glass", required_argument, NULL, 'b'},
	    {NULL, 0, NULL, 0},
	};
	struct admin_order order = {.ttl = ADMIN_TTL_STANDARD};
	struct err err = {0};
	int option;

	while ((option = getopt_long(argc, argv, "t:", options, NULL)) != -1) {
		if (option == 'b')
			order.break_glass = optarg;
		else if (option != 't' || !read_ttl(optarg, &order.ttl, &err).ok)
			return command_usage(v, err.message[0] ? "%s" : NULL, err.message);
	}
	if (optind + 1 != argc)
		return command_usage(v, "%s wants one NAME", v->command->name);
	if (order.break_glass && !command_reason_fits(order.break_glass))
		return command_usage(v,
		    "--break-glass wants a reason that others will understand, of 10 to 200 characters");
	order.name = argv[optind];
	return act(v, &order);
}

int cmd_admin(const struct invocation *v, int argc, char **argv)
{
	return run(v, argc, argv, make);
}

int cmd_token(const struct invocation *v, int argc, char **argv)
{
	return run(v, argc, argv, make_only_token);
}
