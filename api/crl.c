/* api/crl.c: see crl.h. */
#include "api/crl.h"

#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/perform.h"
#include "base/calendar.h"
#include "ca/crl_board.h"
#include "ca/crl_scope.h"
#include "ca/policy.h"
#include "ca/reason.h"
#include "sql/crl.h"

/* ---- which list? ---- */

struct wanted {
	struct span authority;
	int64_t shard;
	bool delta;
};

static bool drop_end(struct span *text, const char *end)
{
	const size_t n = strlen(end);

	if (text->n < n || memcmp(text->p + text->n - n, end, n) != 0)
		return false;
	text->n -= n;
	return true;
}

/* A number as we write it: digits, no zero in front of others. */
static bool shard_of(struct span text, int64_t *ret_shard)
{
	int64_t shard = 0;

	if (text.n == 0 || text.n > 4 || (text.n > 1 && text.p[0] == '0'))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		shard = shard * 10 + (text.p[i] - '0');
	}
	*ret_shard = shard;
	return shard < CRL_SHARDS_MAX;
}

/* NAME.crl, NAME/SHARD.crl, NAME/SHARD-delta.crl */
static bool read_path(const char *path, struct wanted *ret)
{
	struct span text = span_str(path);
	const uint8_t *slash;

	*ret = (struct wanted){.shard = 0};
	if (!drop_end(&text, ".crl") || text.n == 0)
		return false;
	slash = memchr(text.p, '/', text.n);
	ret->authority = slash ? span(text.p, (size_t)(slash - text.p)) : text;
	if (!slash)
		return true;
	text = span(slash + 1, text.n - (size_t)(slash + 1 - text.p));
	ret->delta = drop_end(&text, "-delta");
	return shard_of(text, &ret->shard);
}

static const struct authority *authority_of(const struct call *call, struct span name)
{
	return policy_authority(
	    call->policy, arena_strndup(call->request->arena, (const char *)name.p, name.n));
}

static struct status find(struct call *call, const struct authority **ret_authority,
    struct crl_shown *ret_shown, void **ret_owner, struct err *err)
{
	struct crl_board *board = call->api->crl_board;
	struct wanted w;

	if (!call->policy || !board)
		return REFUSE(err, SERVICE_POLICY, "not ready to serve");
	if (!read_path(call->segment, &w))
		return REFUSE(err, CRL_UNKNOWN, "/crl/%.64s is no list's name", call->segment);
	*ret_authority = authority_of(call, w.authority);
	if (!*ret_authority)
		return REFUSE(
		    err, CRL_UNKNOWN, "no authority is named %.*s", SPAN_PRINT(w.authority));
	if (crl_board_find(board, (*ret_authority)->id, w.shard, w.delta, ret_shown, ret_owner))
		return STATUS_OK;
	if (!crl_board_is_complete(board) || (!w.delta && w.shard < crl_shards(*ret_authority)))
		return REFUSE(err, CRL_STARTING, "/crl/%.64s is not there yet", call->segment);
	return REFUSE(err, CRL_UNKNOWN, "there is no list /crl/%.64s", call->segment);
}

/* ---- the answer ---- */

/* RFC 9110 13.1.3: counts where there is no If-None-Match. A date that is none is ignored. */
static bool since_holds(const struct http_request *q, int64_t changed_at)
{
	const char *text = http_header(q, "If-Modified-Since");
	char ours[HTTP_DATE_SIZE];

	/* Clients send back what they were given: nothing is gained by reading other dates. */
	http_date_text(changed_at, ours);
	return text && strcmp(text, ours) == 0;
}

static int64_t max_age(const struct call *call, const struct authority *a, int64_t next_update)
{
	const int64_t left = next_update - clock_now(&call->api->clock);
	const int64_t most = crl_max_age(a);

	return left < 0 ? 0 : left < most ? left : most;
}

static void put_headers(struct call *call, const struct authority *a, const struct crl_shown *shown,
    struct http_response *response, const char **ret_etag)
{
	struct arena *arena = call->request->arena;
	char hex[2 * SHA256_SIZE + 1], date[HTTP_DATE_SIZE];

	hex_text(SPAN_OF(shown->digest.bytes), hex);
	http_date_text(shown->this_update, date);
	*ret_etag = arena_printf(arena, "\"%s\"", hex);
	http_add_header(response, "ETag", *ret_etag);
	http_add_header(response, "Last-Modified", arena_strdup(arena, date));
	http_add_header(response, "Cache-Control",
	    arena_printf(arena, "public, max-age=%lld, must-revalidate",
		(long long)max_age(call, a, shown->next_update)));
}

struct status crl_public(struct call *call, struct http_response *response, struct err *err)
{
	const struct http_request *q = call->request;
	const struct authority *authority;
	struct crl_shown shown;
	const char *etag;
	void *owner = NULL;

	TRY(find(call, &authority, &shown, &owner, err));
	put_headers(call, authority, &shown, response, &etag);
	if (http_header(q, "If-None-Match") ? http_none_match_holds(q, etag)
					    : since_holds(q, shown.this_update)) {
		crl_shown_release(owner);
		http_respond(response, 304, NULL, SPAN_NONE);
		return STATUS_OK;
	}
	http_respond(response, 200, "application/pkix-crl", shown.der);
	response->body_owner = owner;
	response->body_release = crl_shown_release;
	return STATUS_OK;
}

/* ---- what operators see ---- */

const struct field crl_list_fields[] = {
    PAGE_FIELDS,
    {.name = "authority",
	.type = FIELD_STR,
	.offset = offsetof(struct crl_list_query, authority),
	.min = 1,
	.max = 63,
	.help = "name of an authority"},
    {.name = NULL},
};

static void put_part(
    struct json *j, const char *name, const struct crl_row *row, const struct crl_part *part)
{
	if (!row->id) {
		answer_null(j, name);
		return;
	}
	json_object_begin(j, name);
	json_int(j, "number", row->number);
	answer_time(j, "this_update", row->this_update);
	answer_time(j, "next_update", row->next_update);
	answer_id(j, "base", part == &row->delta ? row->base_number : 0);
	json_int(j, "entries", part->entries);
	json_int(j, "bytes", part->bytes);
	answer_hex(j, "digest", SPAN_OF(part->digest.bytes));
	json_object_end(j);
}

static void put_shard(struct json *j, const struct authority *a, const struct crl_state *s)
{
	AUTO(buf) url = {0};
	AUTO(buf) delta_url = {0};

	json_object_begin(j, NULL);
	json_str(j, "authority", a->name);
	json_int(j, "shard", s->shard);
	json_str(j, "url",
	    a->crl_url && crl_url_put(a->crl_url, s->shard, &url) ? buf_cstr(&url) : NULL);
	json_str(j, "delta_url",
	    a->delta_url && crl_url_put(a->delta_url, s->shard, &delta_url) ? buf_cstr(&delta_url)
									    : NULL);
	put_part(j, "full", &s->full, &s->full.full);
	put_part(j, "delta", &s->delta, &s->delta.delta);
	json_bool(j, "current",
	    s->sequence <= s->full.sequence || (s->delta.id && s->sequence <= s->delta.sequence));
	json_object_end(j);
}

static const struct authority *authority_by_id(const struct policy *p, int64_t id)
{
	for (size_t i = 0; i < p->authority_count; i++)
		if (p->authorities[i].id == id)
			return &p->authorities[i];
	return NULL;
}

/* One number for authority and shard, to go on behind. */
static int64_t place_of(const struct crl_state *s)
{
	return s->authority_id * CRL_SHARDS_MAX + s->shard + 1;
}

struct status crl_list_get(struct call *call, struct http_response *response, struct err *err)
{
	const struct crl_list_query *q = call->query;
	struct crl_state *states;
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	size_t count, shown = 0;
	int64_t after, last = 0;
	bool more = false;

	TRY(page_after_id(&q->page, &after, err));
	TRY(crl_states_read(call->db, call->request->arena, &states, &count, err));
	json_object_begin(&j, NULL);
	json_array_begin(&j, "items");
	for (size_t i = 0; i < count && !more; i++) {
		const struct authority *a = authority_by_id(call->policy, states[i].authority_id);

		if (!a || place_of(&states[i]) <= after ||
		    (q->authority && strcmp(q->authority, a->name) != 0))
			continue;
		more = shown == (size_t)q->page.limit;
		if (more)
			break;
		put_shard(&j, a, &states[i]);
		last = place_of(&states[i]);
		shown++;
	}
	json_array_end(&j);
	page_next_id(&j, more, last);
	json_object_end(&j);
	call_answer(call, response, &text);
	return STATUS_OK;
}
