/* api/token.c: see token.h. */
#include "api/token.h"

#include <inttypes.h>
#include <string.h>

#include "api/api.h"
#include "api/perform.h"
#include "api/require.h"
#include "base/json.h"
#include "ca/reason.h"

#define AT(type, member) offsetof(struct type, member)

/* clang-format off */
const struct field token_list_fields[] = {
	PAGE_FIELDS,
	{.name = "principal", .type = FIELD_STR, .offset = AT(token_list_query, principal), .min = 1,
	    .max = 64, .help = "whose; standard: those of all whom the caller may see"},
	{.name = "live", .type = FIELD_BOOL, .offset = AT(token_list_query, live),
	    .standard = "false", .help = "only those neither ended nor revoked"},
	{.name = NULL},
};
const struct field token_fields[] = {
	{.name = "principal", .type = FIELD_STR, .offset = AT(token_body, principal), .min = 1,
	    .max = 64, .help = "for whom; standard: the caller"},
	{.name = "ttl", .type = FIELD_SECONDS, .offset = AT(token_body, ttl), .max = 1000000000,
	    .help = "how long it lives, 24h at most; standard: 1h, or what is left of the caller's token"},
	{.name = "permissions", .type = FIELD_STR_LIST, .offset = AT(token_body, permissions),
	    .min = 1, .max = 64, .help = "all that it gives; standard: what the principal has"},
	{.name = NULL},
};
/* clang-format on */

/* ---- for all handlers of credentials ---- */

struct token_maker token_maker_of(struct call *call)
{
	return (struct token_maker){.db = call->db,
	    .keys = call->api->tokens,
	    .access = call_access(call),
	    .rng = &call->api->rng,
	    .now = call_now(call),
	    .arena = call->request->arena};
}

static void put_time(struct json *j, const char *name, int64_t seconds)
{
	char text[TIME_TEXT_SIZE];

	time_text(seconds, text);
	json_str(j, name, seconds ? text : NULL);
}

void token_answer(
    const struct call *call, const struct token_made *made, struct http_response *response)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_int(&j, "id", made->id);
	json_str(&j, "jti", made->jti);
	json_str(&j, "token", made->token);
	json_str(&j, "principal", made->principal);
	put_time(&j, "expires_at", made->expires_at);
	json_object_end(&j);
	call_answer(call, response, &text);
}

struct status token_principal(const struct call *call, const char *name,
    const struct principal **ret_principal, struct err *err)
{
	const struct principal *p = access_principal(call_access(call), name);

	if (!p)
		return REFUSE(err, OBJECT_UNKNOWN, "there is no principal '%.64s'", name);
	*ret_principal = p;
	return STATUS_OK;
}

static bool is_self(const struct call *call, const char *principal)
{
	return call->actor.principal && strcmp(call->actor.principal->name, principal) == 0;
}

/* The permissions that a row of PERMISSION_SELF does not ask for. */
static bool may_all(const struct call *call, enum permission p)
{
	return access_may(call_access(call), &call->actor, p, NULL, NULL, call_now(call));
}

static struct status demand(const struct call *call, enum permission p, struct err *err)
{
	if (!may_all(call, p))
		return REFUSE(err, ACCESS_DENIED, "%.64s does not hold %s for all products",
		    call->actor.name, permission_name(p));
	return STATUS_OK;
}

struct status token_may_make(
    struct call *call, const char *principal, const char *what, struct err *err)
{
	static const struct act act = {.kind = ACT_TOKEN_CREATE};
	struct act_plan plan = {.acts = &act, .act_count = 1, .difference = what};

	if (is_self(call, principal))
		return STATUS_OK;
	TRY(demand(call, PERMISSION_TOKEN_CREATE, err));
	plan.digest = sha256(span_str(what));
	return call_require(call, &plan, err);
}

/* ---- making ---- */

/* What approvers read, and what their digest is of. */
static const char *describe(const struct call *call, const struct token_body *b, const char *name)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_array_begin(&j, NULL);
	json_object_begin(&j, NULL);
	json_str(&j, "path", "/token");
	json_str(&j, "old", NULL);
	json_object_begin(&j, "new");
	json_str(&j, "principal", name);
	json_int(&j, "ttl", b->ttl ? b->ttl : TOKEN_TTL_STANDARD);
	json_array_begin(&j, "permissions");
	for (size_t i = 0; i < b->permissions.count; i++)
		json_str(&j, NULL, b->permissions.items[i]);
	json_array_end(&j);
	json_object_end(&j);
	json_object_end(&j);
	json_array_end(&j);
	return arena_strndup(call->request->arena, (const char *)text.p, text.n);
}

struct status token_create(struct call *call, struct http_response *response, struct err *err)
{
	const struct token_body *b = call->input;
	const struct token_maker m = token_maker_of(call);
	struct token_wish wish = {.by = &call->actor,
	    .ttl = b->ttl,
	    .permissions = b->permissions.count > 0 ? &b->permissions : NULL};
	struct token_made made;
	const char *name = b->principal ? b->principal : call->actor.name;

	TRY(token_principal(call, name, &wish.principal, err));
	TRY(token_may_make(call, name, describe(call, b, name), err));
	wish.agreed = call->approval != NULL;
	TRY(token_make(&m, &wish, &made, err));
	token_answer(call, &made, response);
	return STATUS_OK;
}

/* ---- looking ---- */

static void put_row(struct json *j, const struct token_row *t)
{
	json_object_begin(j, NULL);
	json_int(j, "id", t->id);
	json_str(j, "principal", t->principal);
	json_str(j, "person", t->person);
	json_str(j, "created_by", t->created_by);
	put_time(j, "created_at", t->created_at);
	put_time(j, "expires_at", t->expires_at);
	put_time(j, "revoked_at", t->revoked_at);
	json_str(j, "revoked_by", t->revoked_by);
	if (t->narrowed) {
		json_array_begin(j, "permissions");
		for (size_t i = 0; i < t->permission_count; i++)
			json_str(j, NULL, t->permissions[i]);
		json_array_end(j);
	} else {
		json_str(j, "permissions", NULL);
	}
	json_bool(j, "one_request", t->one_request);
	json_object_end(j);
}

/* Whose tokens the list shows; NULL: everybody's. */
static struct status whose(
    const struct call *call, const char *asked, const char **ret_principal, struct err *err)
{
	if (!may_all(call, PERMISSION_TOKEN_READ)) {
		if (asked && !is_self(call, asked))
			return demand(call, PERMISSION_TOKEN_READ, err);
		asked = call->actor.name;
	}
	*ret_principal = asked;
	return STATUS_OK;
}

struct status token_list_get(struct call *call, struct http_response *response, struct err *err)
{
	const struct token_list_query *q = call->query;
	struct token_filter filter = {
	    .limit = q->page.limit + 1, .live_at = q->live ? call_now(call) : 0};
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	struct token_row *rows;
	size_t n, shown;

	TRY(whose(call, q->principal, &filter.principal, err));
	TRY(page_after_id(&q->page, &filter.before, err));
	TRY(token_list(call->db, &filter, call->request->arena, &rows, &n, err));
	shown = n > (size_t)q->page.limit ? (size_t)q->page.limit : n;
	json_object_begin(&j, NULL);
	json_array_begin(&j, "items");
	for (size_t i = 0; i < shown; i++)
		put_row(&j, &rows[i]);
	json_array_end(&j);
	page_next_id(&j, n > shown, shown ? rows[shown - 1].id : 0);
	json_object_end(&j);
	call_answer(call, response, &text);
	return STATUS_OK;
}

/* ---- revoking ---- */

struct status token_delete(struct call *call, struct http_response *response, struct err *err)
{
	const struct token_maker m = token_maker_of(call);
	struct err why = {0};
	struct token_row row;
	struct status found;
	int64_t id;

	TRY(call_id(call, &id, err));
	found = token_get(call->db, id, call->request->arena, &row, &why);
	if (!found.ok && why.kind != ERR_MISSING) {
		*err = why;
		return found;
	}
	/* Who may not revoke it does not learn whether it is there. */
	if (!found.ok || (!is_self(call, row.principal) && !may_all(call, PERMISSION_TOKEN_REVOKE)))
		return REFUSE(err, OBJECT_UNKNOWN, "there is no token %" PRId64 " here", id);
	TRY(token_unmake(&m, &row, call->actor.name, err));
	http_respond(response, 204, NULL, SPAN_NONE);
	return STATUS_OK;
}
