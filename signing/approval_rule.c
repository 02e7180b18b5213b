/* signing/approval_rule.c: whose approvals count, and whether they suffice. */
#include "signing/approval_internal.h"

#include <inttypes.h>
#include <string.h>

#include "signing/format/cbor.h"

#define DIGEST_VERSION 1
#define DIGEST_MEMBERS 9

/* ---- the digest ---- */

static void put_text(struct buf *out, const char *text)
{
	if (text)
		cbor_put_text(out, text);
	else
		cbor_put_head(out, CBOR_SIMPLE, 22); /* null */
}

void approval_digest(
    const struct stored_call *call, const struct digest *plan, struct digest *ret_digest)
{
	AUTO(buf) all = {0};

	cbor_put_head(&all, CBOR_ARRAY, DIGEST_MEMBERS);
	cbor_put_uint(&all, DIGEST_VERSION);
	put_text(&all, call->method);
	put_text(&all, call->path);
	put_text(&all, call->query);
	put_text(&all, call->if_match);
	put_text(&all, call->if_none_match);
	put_text(&all, call->content_type);
	cbor_put_bytes(&all, call->body);
	cbor_put_bytes(&all, SPAN_OF(plan->bytes));
	*ret_digest = sha256(buf_span(&all));
}

/* ---- acts as columns and back ---- */

static const char *column(const char *name, struct arena *arena)
{
	return arena_strdup(arena, name ? name : "");
}

static const char *scope(const char *column)
{
	return column && column[0] ? column : NULL;
}

struct request_acts approval_acts(const struct act *acts, size_t n, struct arena *arena)
{
	const char **kinds = arena_alloc(arena, n * sizeof(*kinds));
	const char **products = arena_alloc(arena, n * sizeof(*products));
	const char **channels = arena_alloc(arena, n * sizeof(*channels));

	for (size_t i = 0; i < n; i++) {
		kinds[i] = act_kind_name(acts[i].kind);
		products[i] = column(acts[i].product, arena);
		channels[i] = column(acts[i].channel, arena);
	}
	return (struct request_acts){kinds, products, channels, n};
}

void approval_requirements(
    const struct requirement *list, size_t n, struct arena *arena, struct request_row *ret_row)
{
	struct request_requirement *rows = arena_alloc(arena, n * sizeof(*rows));

	for (size_t i = 0; i < n; i++)
		rows[i] = (struct request_requirement){.policy = column(list[i].policy, arena),
		    .act = act_kind_name(list[i].act.kind),
		    .product = column(list[i].act.product, arena),
		    .channel = column(list[i].act.channel, arena),
		    .role = column(list[i].role, arena),
		    .approvals = list[i].approvals};
	ret_row->requirements = rows;
	ret_row->requirement_count = n;
}

/* As access/ judges it. An act that this program does not know any more is nobody's. */
static struct requirement requirement_of(const struct request_requirement *stored)
{
	return (struct requirement){.policy = stored->policy,
	    .act = {.kind = act_kind_by_name(stored->act),
		.product = scope(stored->product),
		.channel = scope(stored->channel)},
	    .role = stored->role,
	    .approvals = stored->approvals};
}

/* ---- whose approval counts ---- */

static bool asked(const struct request_row *row, const char *name)
{
	return strcmp(name, row->requester) == 0 || (row->person && strcmp(name, row->person) == 0);
}

static bool counts(const struct access *access, const struct request_row *row,
    const struct requirement *r, const char *approver, int64_t now)
{
	return !asked(row, approver) &&
	       access_requester_known(access, row->requester, row->person) &&
	       access_approval_counts(access, r, approver, row->person, now);
}

/* An approval of another digest is none. */
static bool approves(const struct access *access, const struct request_row *row,
    const struct requirement *r, const struct request_verdict *v, int64_t now)
{
	return v->approved && memcmp(&v->digest, &row->digest, sizeof(v->digest)) == 0 &&
	       counts(access, row, r, v->principal, now);
}

const char *approval_role(const struct access *access, const struct request_row *row,
    const struct request_verdict *verdict, int64_t now)
{
	for (size_t i = 0; i < row->requirement_count; i++) {
		const struct requirement r = requirement_of(&row->requirements[i]);

		if (approves(access, row, &r, verdict, now))
			return row->requirements[i].role;
	}
	return NULL;
}

/* Distinct persons: the table holds one verdict of each. */
static int64_t have(const struct access *access, const struct request_row *row,
    const struct requirement *r, int64_t now)
{
	int64_t n = 0;

	for (size_t i = 0; i < row->verdict_count; i++)
		n += approves(access, row, r, &row->verdicts[i], now);
	return n;
}

int64_t approval_have(const struct access *access, const struct request_row *row,
    const struct request_requirement *requirement, int64_t now)
{
	const struct requirement r = requirement_of(requirement);

	return have(access, row, &r, now);
}

bool approval_ready(const struct access *access, const struct request_row *row, int64_t now)
{
	for (size_t i = 0; i < row->requirement_count; i++)
		if (approval_have(access, row, &row->requirements[i], now) <
		    row->requirements[i].approvals)
			return false;
	return true;
}

/* A copy may be with its maker, who would then be several persons. */
static struct status check_credential(const struct actor *who, struct err *err)
{
	if (who->person && strcmp(who->person, who->name) == 0)
		return STATUS_OK;
	return REFUSE(err, APPROVAL_CREDENTIAL, "behind this credential of '%s' stands '%s'",
	    who->name, who->person ? who->person : "nobody");
}

static struct status refuse_unknown(const struct request_row *row, struct err *err)
{
	return REFUSE(err, APPROVAL_PERSON,
	    "behind the run that asked for request %" PRId64 " stands '%s', who is nobody here",
	    row->id, row->person ? row->person : "nobody");
}

struct status approval_may_decide(const struct access *access, const struct request_row *row,
    const struct actor *who, int64_t now, struct err *err)
{
	const char *role = "";

	if (!access_requester_known(access, row->requester, row->person))
		return refuse_unknown(row, err);
	if (asked(row, who->name) || (who->person && asked(row, who->person)))
		return REFUSE(err, APPROVAL_OWN,
		    "request %" PRId64 " is %s's: '%s' cannot decide on it", row->id,
		    row->requester, who->name);
	for (size_t i = 0; i < row->requirement_count; i++) {
		const struct requirement r = requirement_of(&row->requirements[i]);

		if (counts(access, row, &r, who->name, now))
			return check_credential(who, err);
		role = r.role;
	}
	return REFUSE(err, APPROVAL_ROLE,
	    "'%s' does not count as an approver of request %" PRId64
	    ": wanted is a person with role '%s'",
	    who->name, row->id, role);
}

/* ---- do they suffice? ---- */

static struct status check_one(const struct access *access, const struct request_row *row,
    const struct requirement *r, int64_t now, struct err *err)
{
	const int64_t n = have(access, row, r, now);

	if (n >= r->approvals)
		return STATUS_OK;
	return REFUSE(err, APPROVAL_LACKING,
	    "approval policy '%s' wants %" PRId64 " approvals of role '%s' for %s%s%s, %" PRId64
	    " count",
	    r->policy, r->approvals, r->role, act_kind_name(r->act.kind),
	    r->act.product ? " of product " : "", r->act.product ? r->act.product : "", n);
}

struct status approval_suffices(const struct access *access, struct approval *approval,
    const struct digest *plan, const struct requirement *more, size_t n, int64_t now,
    struct err *err)
{
	const struct request_row *row = approval->request;

	if (memcmp(plan, &row->plan, sizeof(*plan)) != 0)
		return REFUSE(err, REQUEST_CHANGED,
		    "request %" PRId64 " would now do something else than what was approved",
		    row->id);
	for (size_t i = 0; i < row->requirement_count; i++) {
		const struct requirement r = requirement_of(&row->requirements[i]);

		TRY(check_one(access, row, &r, now, err));
	}
	for (size_t i = 0; i < n; i++)
		TRY(check_one(access, row, &more[i], now, err));
	approval->applied = true;
	return STATUS_OK;
}
