/* tests/unit/signing/approval_scene.c: see approval_scene.h. */
#include "tests/unit/signing/approval_scene.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

static char officer_name[] = "officer", other_name[] = "other", x100[] = "x100", y200[] = "y200",
	    github[] = "github", seventy_seven[] = "77";

static const struct person {
	const char *name;
	enum principal_type type;
	const char *role; /* NULL: none */
} people[] = {
    {"alice", PRINCIPAL_PERSON, NULL},
    {"bob", PRINCIPAL_PERSON, "officer"},
    {"carol", PRINCIPAL_PERSON, "officer"},
    {"gina", PRINCIPAL_PERSON, "officer"},
    {"dave", PRINCIPAL_PERSON, "officer"},
    {"erin", PRINCIPAL_PERSON, "officer"},
    {"frank", PRINCIPAL_PERSON, "officer"},
    {"heidi", PRINCIPAL_PERSON, "other"},
    {"ivan", PRINCIPAL_PERSON, "officer"},
    {"judy", PRINCIPAL_PERSON, "officer"},
    {"machine", PRINCIPAL_SERVICE, "officer"},
    {"ci", PRINCIPAL_CI, NULL},
    {"mallory", PRINCIPAL_PERSON, NULL},
};

struct principal *scene_principal(struct approval_scene *s, const char *name)
{
	for (size_t i = 0; i < s->access.principal_count; i++)
		if (strcmp(s->access.principals[i].name, name) == 0)
			return &s->access.principals[i];
	abort();
}

struct binding *scene_binding(struct approval_scene *s, const char *principal)
{
	for (size_t i = 0; i < s->access.binding_count; i++)
		if (strcmp(s->access.bindings[i].principal_name, principal) == 0)
			return &s->access.bindings[i];
	abort();
}

static void limit(struct approval_scene *s, const char *principal, char *product)
{
	char **products = arena_alloc(&s->arena, sizeof(*products));

	products[0] = product;
	scene_binding(s, principal)->products = (struct str_list){products, 1};
}

static void bind(struct approval_scene *s, const struct person *who, struct principal *principal)
{
	struct access *a = &s->access;
	const struct role *role = &a->roles[strcmp(who->role, "other") == 0];

	a->bindings[a->binding_count++] = (struct binding){.name = principal->name,
	    .principal_name = principal->name,
	    .role_name = role->name,
	    .principal = principal,
	    .role = role,
	    .expires = INT64_MAX};
}

static void people_come(struct approval_scene *s)
{
	struct access *a = &s->access;
	struct outside_identity *identity = arena_alloc(&s->arena, sizeof(*identity));

	a->roles = arena_alloc(&s->arena, 2 * sizeof(*a->roles));
	a->role_count = 2;
	a->roles[0] = (struct role){.name = officer_name, .permissions = PERMISSION_ALL};
	a->roles[1] = (struct role){.name = other_name, .permissions = PERMISSION_ALL};
	a->principals = arena_alloc(&s->arena, COUNT(people) * sizeof(*a->principals));
	a->bindings = arena_alloc(&s->arena, COUNT(people) * sizeof(*a->bindings));
	for (size_t i = 0; i < COUNT(people); i++) {
		struct principal *p = &a->principals[a->principal_count++];

		p->name = arena_strdup(&s->arena, people[i].name);
		p->type = (int)people[i].type;
		if (people[i].role)
			bind(s, &people[i], p);
	}
	*identity = (struct outside_identity){github, seventy_seven};
	scene_principal(s, "ivan")->identities = (struct map_list){identity, 1};
	scene_principal(s, "erin")->disabled = true;
	scene_binding(s, "frank")->expires = SCENE_NOW - 1;
	limit(s, "dave", x100);
	limit(s, "judy", y200);
}

struct approval_scene *approval_scene_new(void)
{
	struct approval_scene *s = mem_alloc(sizeof(*s));

	s->database = pg_database_new(true);
	s->db = pg_open(&s->database);
	s->rng = rng_system();
	s->context = (struct approval_context){s->db, SCENE_NOW, &s->rng};
	people_come(s);
	return s;
}

void approval_scene_free(struct approval_scene *s)
{
	db_close(s->db);
	pg_database_drop(&s->database);
	arena_free(&s->arena);
	free(s);
}

struct actor scene_actor(struct approval_scene *s, const char *name, const char *person)
{
	const struct principal *p = scene_principal(s, name);

	if (!person && p->type == PRINCIPAL_PERSON)
		person = name;
	return (struct actor){.principal = p,
	    .name = p->name,
	    .person = person,
	    .credential = CREDENTIAL_TOKEN,
	    .permission_mask = PERMISSION_ALL};
}

struct request_row scene_asked(struct approval_scene *s)
{
	static const struct act act = {.kind = ACT_LABEL_CHANGE, .product = "x100"};
	const struct requirement wanted = {
	    .policy = "two-officers", .act = act, .role = "officer", .approvals = 2};
	struct request_row row = {.requester = "alice",
	    .person = "alice",
	    .acts = approval_acts(&act, 1, &s->arena),
	    .call = {.method = "PUT",
		.path = "/api/v1/labels/x100",
		.if_match = "\"7\"",
		.content_type = "application/json",
		.body = SPAN_LITERAL("{\"kind\":\"label\"}")},
	    .plan = sha256(SPAN_LITERAL("from this to that")),
	    .difference = "[]",
	    .policy_version = 7};

	approval_requirements(&wanted, 1, &s->arena, &row);
	return row;
}

int64_t scene_ask(struct approval_scene *s, const struct request_row *asked)
{
	struct err err = {0};
	int64_t id = 0;

	cr_assert(db_begin(s->db, &err).ok);
	cr_assert(approval_request(&s->context, asked, SCENE_WAIT, &id, &err).ok, "%s (%s)",
	    err.message, err.cause);
	cr_assert(db_commit(s->db, &err).ok);
	return id;
}

struct request_row scene_row(struct approval_scene *s, int64_t id)
{
	struct request_row row;
	struct err err = {0};

	cr_assert(request_get(s->db, id, &s->arena, &row, &err).ok, "%s", err.message);
	return row;
}

static struct status redeem(struct approval_scene *s, const struct approval_context *c, int64_t id,
    const struct actor *who, struct err *err)
{
	AUTO(arena) arena = {0};
	struct request_row row;
	struct approval approval = {.request = &row};

	TRY(approval_take(c, id, who, &arena, &row, err));
	TRY(approval_suffices(&s->access, &approval, &row.plan, NULL, 0, c->now, err));
	return approval_spend(c, &row, who, err);
}

static struct status step_in(struct approval_scene *s, const struct approval_context *c,
    enum scene_step step, int64_t id, const struct actor *who, struct err *err)
{
	AUTO(arena) arena = {0};
	struct request_row row;
	const struct approval_vote vote = {
	    .who = who, .approve = step == STEP_APPROVE, .digest = &row.digest};
	size_t n;

	TRY(request_get(c->db, id, &arena, &row, err));
	switch (step) {
	case STEP_APPROVE:
	case STEP_REJECT: return approval_decide(c, &s->access, id, &vote, err);
	case STEP_WITHDRAW: return approval_withdraw(c, id, who, err);
	case STEP_REDEEM: return redeem(s, c, id, who, err);
	case STEP_EXPIRE:
		TRY(approval_expire(c, 100, &n, err));
		return n == 1 ? STATUS_OK : err_set(err, ERR_CONFLICT, "nothing was overdue");
	}
	abort();
}

struct status scene_step(struct approval_scene *s, struct db *db, enum scene_step step, int64_t id,
    const char *who, struct err *err)
{
	const struct approval_context c = {db, s->context.now, s->context.rng};
	const struct actor actor = scene_actor(s, who, NULL);
	struct status done;

	TRY(db_begin(db, err));
	done = step_in(s, &c, step, id, &actor, err);
	if (done.ok)
		done = db_commit(db, err);
	if (!done.ok)
		db_rollback(db);
	return done;
}
