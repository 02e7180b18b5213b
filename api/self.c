/* api/self.c: see self.h. */
#include "api/self.h"

#include <string.h>

#include "api/answer.h"
#include "api/perform.h"
#include "ca/reason.h"
#include "sql/token.h"

/* clang-format off */
#define AT(member) .offset = offsetof(struct can_query, member)
const struct field can_fields[] = {
    {.name = "principal", .type = FIELD_STR, AT(principal), .min = 1, .max = 63,
	.help = "who; absent: the caller"},
    {.name = "permission", .type = FIELD_STR, AT(permission), .required = true, .min = 1, .max = 64,
	.help = "what, such as device.register"},
    {.name = "scope", .type = FIELD_STR, AT(scope), .min = 1, .max = 128,
	.help = "where: a product, or product/channel; absent: everywhere"},
    {.name = NULL},
};
/* clang-format on */

static void put_list(struct json *j, const char *name, const struct str_list *list)
{
	if (list->count == 0) {
		answer_null(j, name);
		return;
	}
	json_array_begin(j, name);
	for (size_t i = 0; i < list->count; i++)
		json_str(j, NULL, list->items[i]);
	json_array_end(j);
}

static void put_scope(struct json *j, const struct binding *b)
{
	put_list(j, "products", &b->products);
	put_list(j, "channels", &b->channels);
	answer_time(j, "expires_at", b->expires == INT64_MAX ? 0 : b->expires);
}

/* ---- whoami ---- */

static void put_permissions(const struct call *call, struct json *j)
{
	json_array_begin(j, "permissions");
	for (int p = PERMISSION_NEVER + 1; p < PERMISSION_COUNT; p++) {
		const struct binding *const *bindings;
		size_t n = access_bindings(call_access(call), &call->actor, (enum permission)p,
		    call_now(call), call->request->arena, &bindings);

		for (size_t i = 0; i < n; i++) {
			json_object_begin(j, NULL);
			json_str(j, "permission", permission_name((enum permission)p));
			json_str(j, "role", bindings[i]->role_name);
			put_scope(j, bindings[i]);
			json_object_end(j);
		}
	}
	json_array_end(j);
}

static const char *credential_name(enum credential c)
{
	static const char *const names[] = {[CREDENTIAL_NONE] = "none",
	    [CREDENTIAL_TOKEN] = "token",
	    [CREDENTIAL_CERTIFICATE] = "certificate",
	    [CREDENTIAL_LOCAL] = "local"};

	return names[c];
}

static struct status put_token(const struct call *call, struct json *j, struct err *err)
{
	struct token_row row;

	if (!call->actor.token_id) {
		answer_null(j, "token");
		return STATUS_OK;
	}
	TRY(token_get(call->db, call->actor.token_id, call->request->arena, &row, err));
	json_object_begin(j, "token");
	json_int(j, "id", row.id);
	answer_time(j, "expires_at", row.expires_at);
	json_object_end(j);
	return STATUS_OK;
}

struct status self_whoami(struct call *call, struct http_response *response, struct err *err)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	const struct actor *a = &call->actor;

	json_object_begin(&j, NULL);
	json_str(&j, "principal", a->name);
	json_str(&j, "type", a->principal ? principal_types[a->principal->type] : NULL);
	json_str(&j, "person", a->person);
	json_str(&j, "credential", credential_name(a->credential));
	TRY(put_token(call, &j, err));
	put_permissions(call, &j);
	json_object_end(&j);
	call_answer(call, response, &text);
	return STATUS_OK;
}

/* ---- can ---- */

/* "product", "product/channel" or nothing. */
static void read_scope(
    const struct call *call, const char *scope, const char **ret_product, const char **ret_channel)
{
	const char *slash = scope ? strchr(scope, '/') : NULL;
	struct arena *arena = call->request->arena;

	*ret_product = scope;
	*ret_channel = NULL;
	if (!slash)
		return;
	*ret_product = slash == scope ? NULL : arena_strndup(arena, scope, (size_t)(slash - scope));
	*ret_channel = slash[1] ? slash + 1 : NULL;
}

/* Somebody else as if that one called, with nothing narrowed. */
static struct status read_who(
    const struct call *call, const char *name, struct actor *ret_who, struct err *err)
{
	*ret_who = call->actor;
	if (!name || strcmp(name, call->actor.name) == 0)
		return STATUS_OK;
	if (!access_may(call_access(call), &call->actor, PERMISSION_ACCESS_READ, NULL, NULL,
		call_now(call)))
		return REFUSE(err, ACCESS_DENIED, "%.64s does not hold %s, to ask about others",
		    call->actor.name, permission_name(PERMISSION_ACCESS_READ));
	*ret_who = (struct actor){
	    .principal = access_principal(call_access(call), name),
	    .name = name,
	    .credential = CREDENTIAL_TOKEN,
	    .permission_mask = PERMISSION_ALL,
	};
	if (!ret_who->principal)
		return REFUSE(err, OBJECT_UNKNOWN, "there is no principal '%.63s'", name);
	return STATUS_OK;
}

static void put_explanation(struct json *j, const struct explanation *e)
{
	json_bool(j, "allowed", e->allowed);
	json_array_begin(j, "because");
	for (size_t i = 0; i < e->because_count; i++) {
		json_object_begin(j, NULL);
		json_str(j, "binding", e->because[i]->name);
		json_str(j, "role", e->because[i]->role_name);
		put_scope(j, e->because[i]);
		json_object_end(j);
	}
	json_array_end(j);
	json_array_begin(j, "missing");
	for (size_t i = 0; i < e->missing_count; i++)
		json_str(j, NULL, e->missing[i]);
	json_array_end(j);
}

struct status self_can(struct call *call, struct http_response *response, struct err *err)
{
	const struct can_query *q = call->query;
	const enum permission p = permission_by_name(q->permission);
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	const char *product, *channel;
	struct explanation e;
	struct actor who;

	if (p == PERMISSION_NEVER)
		return REFUSE(err, QUERY_PARAMETER,
		    "parameter permission: there is no permission '%s'", q->permission);
	TRY(read_who(call, q->principal, &who, err));
	read_scope(call, q->scope, &product, &channel);
	e = access_explain(
	    call_access(call), &who, p, product, channel, call_now(call), call->request->arena);
	json_object_begin(&j, NULL);
	json_str(&j, "principal", who.name);
	json_str(&j, "permission", permission_name(p));
	json_str(&j, "scope", q->scope);
	put_explanation(&j, &e);
	json_object_end(&j);
	call_answer(call, response, &text);
	return STATUS_OK;
}
