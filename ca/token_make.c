/* ca/token_make.c: see token_make.h. */
#include "ca/token_make.h"

#include <inttypes.h>
#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "ca/act.h"
#include "ca/reason.h"

/* 64 permissions at most: a set is a uint64_t. */
#define NAMES_MAX PERMISSION_COUNT

uint64_t token_mask(const struct token_row *row)
{
	uint64_t mask = 0;

	if (!row->narrowed)
		return PERMISSION_ALL;
	for (size_t i = 0; i < row->permission_count; i++) {
		enum permission p = permission_by_name(row->permissions[i]);

		/* One that a later version has dropped gives nothing. */
		if (p != PERMISSION_NEVER)
			mask |= PERMISSION_BIT(p);
	}
	return mask;
}

static void set_permissions(struct token_row *row, uint64_t mask, struct arena *arena)
{
	const char **names;

	row->narrowed = mask != PERMISSION_ALL;
	if (!row->narrowed)
		return;
	names = arena_alloc(arena, NAMES_MAX * sizeof(*names));
	for (int p = PERMISSION_NEVER + 1; p < PERMISSION_COUNT; p++)
		if (mask & PERMISSION_BIT(p))
			names[row->permission_count++] = permission_name((enum permission)p);
	row->permissions = names;
}

/* ---- the act ---- */

static void put_row(const struct token_row *row, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_int(&j, "id", row->id);
	json_str(&j, "principal", row->principal);
	if (row->person)
		json_str(&j, "person", row->person);
	if (row->parent_id)
		json_int(&j, "parent", row->parent_id);
	json_int(&j, "expires_at", row->expires_at);
	if (row->narrowed) {
		json_array_begin(&j, "permissions");
		for (size_t i = 0; i < row->permission_count; i++)
			json_str(&j, NULL, row->permissions[i]);
		json_array_end(&j);
	}
	if (row->one_request)
		json_bool(&j, "one_request", true);
	if (row->provenance)
		json_raw(&j, "provenance", span_str(row->provenance));
	json_object_end(&j);
}

static struct status record(const struct token_maker *m, const struct token_row *row,
    const char *act, const char *who, struct err *err)
{
	AUTO(buf) document = {0};
	struct policy_act done = {
	    .who = who, .act = act, .kind = "token", .name = row->principal, .at = m->now};

	put_row(row, &document);
	done.document = buf_span(&document);
	return policy_record(m->db, &done, m->rng, err);
}

static struct status sign(const struct token_maker *m, const struct token_row *row, const char *jti,
    struct token_made *ret_token, struct err *err)
{
	const struct token_claims claims = {.jti = jti,
	    .principal = row->principal,
	    .issued_at = row->created_at,
	    .expires_at = row->expires_at};
	AUTO(buf) token = {0};

	TRY(token_sign(m->keys, &claims, &token, err));
	*ret_token = (struct token_made){.id = row->id,
	    .jti = jti,
	    .principal = row->principal,
	    .expires_at = row->expires_at,
	    .token = arena_strndup(m->arena, (const char *)token.p, token.n)};
	return STATUS_OK;
}

static struct status make(const struct token_maker *m, struct token_row *row,
    struct token_made *ret_token, struct err *err)
{
	uint8_t random[(TOKEN_JTI_SIZE - 1) / 2];
	char *jti = arena_alloc(m->arena, TOKEN_JTI_SIZE);
	struct digest digest;

	TRY(rng_fill(m->rng, random, sizeof(random), err));
	hex_text(SPAN_OF(random), jti);
	digest = sha256(span_str(jti));
	TRY(token_insert(m->db, row, &digest, &row->id, err));
	TRY(record(m, row, "token.created", row->created_by, err));
	return sign(m, row, jti, ret_token, err);
}

/* ---- what may be made ---- */

static struct status wished_mask(const struct token_wish *w, uint64_t *ret_mask, struct err *err)
{
	*ret_mask = w->permissions ? 0 : PERMISSION_ALL;
	for (size_t i = 0; w->permissions && i < w->permissions->count; i++) {
		enum permission p = permission_by_name(w->permissions->items[i]);

		if (p == PERMISSION_NEVER)
			return REFUSE(err, CREDENTIAL_PERMISSION, "'%.64s' is no permission",
			    w->permissions->items[i]);
		*ret_mask |= PERMISSION_BIT(p);
	}
	return STATUS_OK;
}

static struct status check_lifetime(int64_t ttl, struct err *err)
{
	if (ttl != 0 && (ttl < TOKEN_TTL_LEAST || ttl > TOKEN_TTL_MAX))
		return REFUSE(err, CREDENTIAL_LIFETIME,
		    "%" PRId64 " s is not between %d s and %d s", ttl, TOKEN_TTL_LEAST,
		    TOKEN_TTL_MAX);
	return STATUS_OK;
}

/* Who asks with a token cannot make it last by asking again and again. */
static struct status cut_lifetime(
    const struct token_maker *m, const struct token_wish *w, struct token_row *row, struct err *err)
{
	struct token_row parent;

	if (!w->by->token_id)
		return STATUS_OK;
	TRY(token_get(m->db, w->by->token_id, m->arena, &parent, err));
	if (row->expires_at <= parent.expires_at)
		return STATUS_OK;
	if (w->ttl != 0 || parent.expires_at <= m->now)
		return REFUSE(err, CREDENTIAL_LIFETIME,
		    "%" PRId64 " s is more than the %" PRId64 " s that are left of your own token",
		    w->ttl, parent.expires_at - m->now);
	row->expires_at = parent.expires_at;
	return STATUS_OK;
}

static struct status judge_own(const struct token_maker *m, const struct token_wish *w,
    uint64_t mask, struct token_row *row, struct err *err)
{
	uint64_t held = w->by->permission_mask;

	if (w->permissions && (mask & ~held))
		return REFUSE(
		    err, CREDENTIAL_EXCEEDS, "your own token is narrowed to fewer permissions");
	set_permissions(row, mask & held, m->arena);
	return cut_lifetime(m, w, row, err);
}

static struct status judge_others(const struct token_maker *m, const struct token_wish *w,
    uint64_t mask, struct token_row *row, struct err *err)
{
	const char *what = "";

	if (!access_covers(m->access, w->by, w->principal, mask, m->now, m->arena, &what))
		return REFUSE(err, CREDENTIAL_EXCEEDS, "'%.64s' can do what you cannot: %.120s",
		    w->principal->name, what);
	set_permissions(row, mask, m->arena);
	return STATUS_OK;
}

struct status token_make(const struct token_maker *m, const struct token_wish *w,
    struct token_made *ret_token, struct err *err)
{
	struct token_row row = {.principal = w->principal->name,
	    .person = actor_behind(w->by, w->principal, w->agreed),
	    .created_by = w->by->name,
	    .parent_id = w->by->root_token_id,
	    .created_at = m->now,
	    .expires_at = m->now + (w->ttl ? w->ttl : TOKEN_TTL_STANDARD)};
	bool own = w->by->principal && strcmp(w->by->principal->name, w->principal->name) == 0;
	uint64_t mask;

	if (w->by->one_request)
		return REFUSE(
		    err, CREDENTIAL_BOUND, "a token for one request makes no other token");
	if (w->principal->disabled)
		return REFUSE(
		    err, CREDENTIAL_PRINCIPAL, "principal '%.64s' is disabled", w->principal->name);
	TRY(check_lifetime(w->ttl, err));
	TRY(wished_mask(w, &mask, err));
	TRY(own ? judge_own(m, w, mask, &row, err) : judge_others(m, w, mask, &row, err));
	return make(m, &row, ret_token, err);
}

struct status token_make_exchanged(const struct token_maker *m, const struct token_exchange *x,
    struct token_made *ret_token, struct err *err)
{
	struct token_row row = {.principal = x->principal->name,
	    .person = x->person,
	    .created_by = x->created_by,
	    .created_at = m->now,
	    .expires_at = m->now + (x->ttl ? x->ttl : TOKEN_TTL_STANDARD),
	    .one_request = true,
	    .provenance = x->provenance};

	TRY(check_lifetime(x->ttl, err));
	return make(m, &row, ret_token, err);
}

struct status token_make_again(const struct token_maker *m, int64_t id, const char *jti,
    struct token_made *ret_token, struct err *err)
{
	struct token_row row;

	TRY(token_get(m->db, id, m->arena, &row, err));
	return sign(m, &row, jti, ret_token, err);
}

struct status token_unmake(
    const struct token_maker *m, const struct token_row *row, const char *who, struct err *err)
{
	int64_t count;

	TRY(token_revoke(m->db, row->id, who, m->now, &count, err));
	return count > 0 ? record(m, row, "token.revoked", who, err) : STATUS_OK;
}
