/* api/log.c: see log.h. */
#include "api/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/log_record.h"
#include "api/perform.h"
#include "base/calendar.h"
#include "ca/policy_document.h"
#include "ca/reason.h"
#include "signing/format/cbor.h"
#include "signing/log_board.h"

/* A round takes some tens of milliseconds; a witness's signature, for which is waited too, longer.
 */
#define LOG_PROOF_WAIT_MS  2000
#define LOG_PROOF_ROUND_MS 500
/* Rows that one call looks at: a few milliseconds each thousand. */
#define STRAYS_WINDOW 20000

const struct field log_entries_fields[] = {PAGE_FIELDS, {.name = NULL}};

const struct field log_records_fields[] = {
    {.name = "from",
	.type = FIELD_INT,
	.offset = offsetof(struct log_records_query, from),
	.max = INT64_MAX,
	.help = "index of the first leaf"},
    {.name = "limit",
	.type = FIELD_INT,
	.offset = offsetof(struct log_records_query, limit),
	.standard = "100",
	.min = 1,
	.max = PAGE_LIMIT_MAX,
	.help = "leaves on a page"},
    {.name = NULL},
};

const struct field log_strays_fields[] = {
    {.name = "after",
	.type = FIELD_STR,
	.offset = offsetof(struct log_strays_query, after),
	.min = 1,
	.max = 40,
	.help = "cursor: the `next` of the page before"},
    {.name = NULL},
};

const struct field log_proof_fields[] = {
    {.name = "kind",
	.type = FIELD_STR,
	.offset = offsetof(struct log_proof_query, kind),
	.min = 1,
	.max = 40,
	.help =
	    "kind of record: certificate, archive, policy_change, enrollment, alarm, request, approval, "
	    "release-step, trust-statement"},
    {.name = "id",
	.type = FIELD_INT,
	.offset = offsetof(struct log_proof_query, id),
	.max = INT64_MAX,
	.help = "id of the record; its newest entry is proven"},
    {.name = "entry",
	.type = FIELD_INT,
	.offset = offsetof(struct log_proof_query, entry),
	.max = INT64_MAX,
	.help = "or the id of the entry"},
    {.name = NULL},
};

/* ---- members ---- */

static void put_base64(struct json *j, const char *name, struct span bytes)
{
	AUTO(buf) text = {0};

	if (bytes.p)
		base64_encode(bytes, &text);
	json_str(j, name, bytes.p ? buf_cstr(&text) : NULL);
}

static void put_time(struct json *j, const char *name, int64_t at)
{
	char text[TIME_TEXT_SIZE];

	if (at)
		time_text(at, text);
	json_str(j, name, at ? text : NULL);
}

/* Numbers of what may be absent. */
static void put_number(struct json *j, const char *name, bool there, int64_t number)
{
	if (there)
		json_int(j, name, number);
	else
		json_str(j, name, NULL);
}

static struct status state_of(struct call *call, struct log_state *ret_state, struct err *err)
{
	struct log_state s;

	TRY(log_state_read(call->db, call->request->arena, &s, err));
	if (!s.origin_id)
		return REFUSE(err, LOG_CHECKPOINT, "the log has not been started yet");
	*ret_state = s;
	return STATUS_OK;
}

/* ---- info ---- */

/* C2SP tlog-policy: what a reader must trust to trust this log. */
static void put_policy(const struct call *call, const struct log_state *state, struct buf *out)
{
	const struct witness_policy *p = call_access(call)->log_policy;
	const struct witness *w = p ? p->witnesses.items : NULL;
	const size_t n = p && p->quorum > 0 ? p->witnesses.count : 0;

	buf_printf(out, "log %s", state->vkey);
	if (call->api->public_url)
		buf_printf(out, " %s/log", call->api->public_url);
	buf_put_str(out, "\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "witness w%zu %s %s\n", i + 1, w[i].vkey, w[i].url);
	if (n > 0) {
		buf_printf(out, "group quorum %" PRId64, p->quorum);
		for (size_t i = 0; i < n; i++)
			buf_printf(out, " w%zu", i + 1);
		buf_put_str(out, "\n");
	}
	buf_printf(out, "quorum %s\n", n > 0 ? "quorum" : "none");
}

struct status log_info(struct call *call, struct http_response *response, struct err *err)
{
	AUTO(buf) out = {0};
	AUTO(buf) policy = {0};
	struct json j = {.out = &out};
	struct log_state s;
	struct log_shown shown = {0};

	TRY(state_of(call, &s, err));
	if (call->api->log_board)
		shown = log_board_shown(call->api->log_board, call->request->arena);
	put_policy(call, &s, &policy);
	json_object_begin(&j, NULL);
	json_str(&j, "origin", s.name);
	json_str(&j, "vkey", s.vkey);
	put_time(&j, "started_at", s.started_at);
	json_int(&j, "size", shown.size);
	json_int(&j, "entries", s.size);
	json_span(&j, "checkpoint", shown.note);
	json_str(&j, "public_url", call->api->public_url);
	json_str(&j, "policy", buf_cstr(&policy));
	json_str(&j, "predecessor", s.predecessor);
	json_object_end(&j);
	call_answer(call, response, &out);
	return STATUS_OK;
}

/* ---- entries ---- */

static void put_entry(struct json *j, const struct log_view *v)
{
	json_object_begin(j, NULL);
	json_int(j, "id", v->entry_id);
	put_number(j, "index", v->index >= 0, v->index);
	put_time(j, "at", v->at);
	json_str(j, "kind", v->kind);
	json_str(j, "record_kind", v->record_kind);
	put_number(j, "record_id", v->record_kind != NULL, v->record_id);
	json_object_end(j);
}

struct status log_entries(struct call *call, struct http_response *response, struct err *err)
{
	const struct log_entries_query *q = call->query;
	AUTO(buf) out = {0};
	struct json j = {.out = &out};
	struct log_state s;
	struct log_view *rows;
	int64_t after;
	size_t n;

	TRY(page_after_id(&q->page, &after, err));
	TRY(state_of(call, &s, err));
	TRY(log_entries_list(
	    call->db, s.origin_id, after, q->page.limit + 1, call->request->arena, &rows, &n, err));
	const bool more = n > (size_t)q->page.limit;
	n -= more;
	json_object_begin(&j, NULL);
	json_array_begin(&j, "items");
	for (size_t i = 0; i < n; i++)
		put_entry(&j, &rows[i]);
	json_array_end(&j);
	page_next_id(&j, more, n ? rows[n - 1].entry_id : 0);
	json_object_end(&j);
	call_answer(call, response, &out);
	return STATUS_OK;
}

/* ---- records ---- */

/* A record that cannot be made again is a finding, not a failure; a database that is away is one.
 */
static struct status record_of(const struct call *call, const struct log_view *v, struct buf *out,
    bool *ret_there, struct log_record_found *ret_found, struct err *err)
{
	struct err why = {0};
	bool there = log_record(call->db, v, call->request->arena, out, ret_found, &why).ok;

	if (!there && why.kind != ERR_MISSING) {
		*err = why;
		return STATUS_FAILED;
	}
	*ret_there = there && !ret_found->archived_in;
	return STATUS_OK;
}

static struct status put_record(
    const struct call *call, struct json *j, const struct log_view *v, struct err *err)
{
	AUTO(buf) record = {0};
	struct log_record_found f = {0};
	bool there;

	TRY(record_of(call, v, &record, &there, &f, err));
	json_object_begin(j, NULL);
	json_int(j, "index", v->index);
	json_int(j, "entry_id", v->entry_id);
	put_base64(j, "entry", v->entry);
	put_base64(j, "salt", v->salt);
	put_time(j, "erased_at", v->erased_at);
	json_str(j, "record_kind", v->record_kind);
	put_number(j, "record_id", v->record_kind != NULL, v->record_id);
	put_base64(j, "record", there ? buf_span(&record) : SPAN_NONE);
	put_number(j, "archived_in", f.archived_in != 0, f.archived_in);
	json_str(j, "fault", f.fault);
	json_object_end(j);
	return STATUS_OK;
}

struct status log_records(struct call *call, struct http_response *response, struct err *err)
{
	const struct log_records_query *q = call->query;
	AUTO(buf) out = {0};
	struct json j = {.out = &out};
	struct log_state s;
	struct log_view *rows;
	size_t n;

	TRY(state_of(call, &s, err));
	TRY(log_leaves_list(
	    call->db, s.origin_id, q->from, q->limit, call->request->arena, &rows, &n, err));
	json_object_begin(&j, NULL);
	json_array_begin(&j, "items");
	for (size_t i = 0; i < n; i++)
		TRY(put_record(call, &j, &rows[i], err));
	json_array_end(&j);
	put_number(&j, "next", q->from < s.size - q->limit, q->from + q->limit);
	json_object_end(&j);
	call_answer(call, response, &out);
	return STATUS_OK;
}

/* ---- strays ---- */

static const char *const stray_kinds[LOG_STRAY_SOURCES] = {
    [LOG_STRAY_CERTIFICATE] = "certificate",
    [LOG_STRAY_ARCHIVE] = "archived-certificate",
    [LOG_STRAY_POLICY_CHANGE] = "policy_change",
    [LOG_STRAY_ALARM] = "alarm",
    [LOG_STRAY_ENROLLMENT] = "enrollment",
    [LOG_STRAY_REQUEST] = "request",
    [LOG_STRAY_APPROVAL] = "approval",
    [LOG_STRAY_DEVICE] = "device",
    [LOG_STRAY_TOKEN] = "token",
    [LOG_STRAY_OPERATOR] = "operator-certificate",
    [LOG_STRAY_CRL] = "crl",
    [LOG_STRAY_STATUS] = "status-change",
    [LOG_STRAY_REVOCATION] = "revocation",
    [LOG_STRAY_RELEASE_STEP] = "release-step",
    [LOG_STRAY_RELEASE] = "release",
    [LOG_STRAY_RECALL] = "recall-list",
    [LOG_STRAY_TRUST] = "trust-statement",
    [LOG_STRAY_ENTRY] = "log_entry",
};
#define DOCUMENTS "document" /* the last part, all at once */

struct stray_cursor {
	size_t source; /* LOG_STRAY_SOURCES: documents */
	int64_t after;
};

static struct status read_cursor(const char *text, struct stray_cursor *ret_cursor, struct err *err)
{
	struct stray_cursor c = {0};
	const char *colon = text ? strchr(text, ':') : NULL;
	char *end;

	if (!text) {
		*ret_cursor = c;
		return STATUS_OK;
	}
	if (strcmp(text, DOCUMENTS) == 0) {
		ret_cursor->source = LOG_STRAY_SOURCES;
		return STATUS_OK;
	}
	while (colon && c.source < LOG_STRAY_SOURCES &&
	       (strlen(stray_kinds[c.source]) != (size_t)(colon - text) ||
		   strncmp(stray_kinds[c.source], text, (size_t)(colon - text)) != 0))
		c.source++;
	c.after = colon ? strtoll(colon + 1, &end, 10) : -1;
	if (!colon || c.source == LOG_STRAY_SOURCES || end == colon + 1 || *end || c.after < 0)
		return REFUSE(err, QUERY_CURSOR, "'%.40s' is no cursor of this list", text);
	*ret_cursor = c;
	return STATUS_OK;
}

static void put_stray(
    struct json *j, const char *kind, int64_t id, const char *name, const char *what)
{
	json_object_begin(j, NULL);
	json_str(j, "record_kind", kind);
	put_number(j, "record_id", id > 0, id);
	json_str(j, "name", name);
	json_str(j, "what", what);
	json_object_end(j);
}

static struct status put_document_strays(const struct call *call, struct json *j, struct err *err)
{
	struct arena *arena = call->request->arena;
	/* What is kept, and devices each by itself; "devices" are many at once, and no row. */
	const char *kinds[POLICY_DEVICE + 1];
	struct log_document *all;
	size_t n;

	for (size_t i = 0; i < COUNT(kinds); i++)
		kinds[i] = policy_kinds[i].name;
	TRY(log_documents_read(call->db, kinds, COUNT(kinds), arena, &all, &n, err));
	for (size_t i = 0; i < n; i++) {
		const char *fault = log_document_fault(&all[i], arena);

		if (fault)
			put_stray(j, all[i].kind, 0, all[i].name, fault);
	}
	return STATUS_OK;
}

static struct status put_row_strays(const struct call *call, const struct log_state *s,
    struct json *j, struct stray_cursor *at, struct err *err)
{
	struct log_stray *strays;
	int64_t last;
	size_t n;

	TRY(log_strays_read(call->db, (enum log_stray_source)at->source, s->origin_id, at->after,
	    STRAYS_WINDOW, call->request->arena, &strays, &n, &last, err));
	for (size_t i = 0; i < n; i++)
		put_stray(j, stray_kinds[at->source], strays[i].id, strays[i].name, strays[i].what);
	at->after = last;
	if (last == 0)
		at->source++;
	return STATUS_OK;
}

struct status log_strays(struct call *call, struct http_response *response, struct err *err)
{
	const struct log_strays_query *q = call->query;
	AUTO(buf) out = {0};
	struct json j = {.out = &out};
	struct log_state s;
	struct stray_cursor at;
	bool last;

	TRY(read_cursor(q->after, &at, err));
	TRY(state_of(call, &s, err));
	json_object_begin(&j, NULL);
	json_array_begin(&j, "items");
	last = at.source == LOG_STRAY_SOURCES;
	if (last)
		TRY(put_document_strays(call, &j, err));
	else
		TRY(put_row_strays(call, &s, &j, &at, err));
	json_array_end(&j);
	json_str(&j, "next",
	    last                             ? NULL
	    : at.source == LOG_STRAY_SOURCES ? DOCUMENTS
					     : arena_printf(call->request->arena, "%s:%" PRId64,
						   stray_kinds[at.source], at.after));
	json_object_end(&j);
	call_answer(call, response, &out);
	return STATUS_OK;
}

/* ---- proofs ---- */

static struct status find_entry(
    const struct call *call, const struct log_state *s, struct log_view *ret_view, struct err *err)
{
	const struct log_proof_query *q = call->query;
	struct arena *arena = call->request->arena;
	struct err why = {0};
	struct status found;

	if ((q->kind != NULL) == (q->entry != 0) || (q->kind != NULL) != (q->id != 0))
		return REFUSE(err, QUERY_PARAMETER, "either kind and id, or entry");
	found = q->entry
		    ? log_entry_get(call->db, s->origin_id, q->entry, arena, ret_view, &why)
		    : log_entry_of(call->db, s->origin_id, q->kind, q->id, arena, ret_view, &why);
	if (!found.ok && why.kind == ERR_MISSING)
		return REFUSE(err, OBJECT_UNKNOWN, "%s", why.message);
	if (!found.ok)
		*err = why;
	return found;
}

/* The entry has an index, and a checkpoint that is shown covers it. */
static bool is_covered(const struct log_view *v, const struct log_state *s)
{
	return v->index >= 0 && s->published > v->index;
}

/* The integrator is asked to look at once; it answers in some tens of milliseconds. */
static struct status await_rounds(
    struct call *call, struct log_state *s, struct log_view *v, struct err *err)
{
	struct log_board *board = call->api->log_board;
	int64_t deadline = monotonic_ms() + LOG_PROOF_WAIT_MS;

	while (!is_covered(v, s)) {
		if (monotonic_ms() >= deadline)
			return REFUSE(
			    err, LOG_PROOF, "entry %" PRId64 " is not proven yet", v->entry_id);
		(void)log_board_await(board, LOG_PROOF_ROUND_MS);
		TRY(state_of(call, s, err));
		TRY(log_entry_get(
		    call->db, s->origin_id, v->entry_id, call->request->arena, v, err));
	}
	return STATUS_OK;
}

static struct status await(
    struct call *call, struct log_state *s, struct log_view *v, struct err *err)
{
	struct log_board *board = call->api->log_board;
	struct status done;

	if (is_covered(v, s))
		return STATUS_OK;
	if (!board)
		return REFUSE(err, LOG_PROOF, "entry %" PRId64 " is not proven yet", v->entry_id);
	if (!log_board_enter(board))
		return REFUSE(err, LOG_PROOF_ROOM,
		    "too many wait for proofs: not for entry %" PRId64 ", too", v->entry_id);
	done = await_rounds(call, s, v, err);
	log_board_leave(board);
	return done;
}

static void put_bytes_or_null(struct buf *out, struct span bytes)
{
	if (bytes.p)
		cbor_put_bytes(out, bytes);
	else
		cbor_put_head(out, CBOR_SIMPLE, 22); /* null */
}

/* All that ties the proof to the record: [entry, record kind, record id, salt, record]. */
static struct status put_extra(
    const struct call *call, const struct log_view *v, struct buf *out, struct err *err)
{
	AUTO(buf) record = {0};
	struct log_record_found f = {0};
	bool there;

	TRY(record_of(call, v, &record, &there, &f, err));
	cbor_put_head(out, CBOR_ARRAY, 5);
	cbor_put_bytes(out, v->entry);
	cbor_put_text(out, v->record_kind ? v->record_kind : "");
	cbor_put_uint(out, (uint64_t)v->record_id);
	put_bytes_or_null(out, v->salt);
	put_bytes_or_null(out, there && record.n ? buf_span(&record) : SPAN_NONE);
	if (out->n > LOG_PROOF_EXTRA_MAX)
		buf_reset(out); /* the proof holds without it */
	return STATUS_OK;
}

static struct status put_proof(struct call *call, const struct log_state *s,
    const struct log_view *v, struct buf *out, struct err *err)
{
	AUTO(buf) extra = {0};
	AUTO(buf) checkpoint = {0};
	struct log_store store = {call->db, s->origin_id};
	const struct merkle_source source = log_source(&store);
	struct log_checkpoint_row row;
	struct log_proof proof = {.index = (uint64_t)v->index};

	TRY(log_checkpoint_read(
	    call->db, s->origin_id, s->published, call->request->arena, &row, err));
	TRY(merkle_prove_inclusion(&source, proof.index, (uint64_t)row.size, &proof.path, err));
	TRY(put_extra(call, v, &extra, err));
	buf_printf(&checkpoint, "%s%s", row.note, row.cosignatures);
	proof.checkpoint = buf_span(&checkpoint);
	log_proof_put(&proof, extra.n ? buf_span(&extra) : SPAN_NONE, out);
	return STATUS_OK;
}

struct status log_proof(struct call *call, struct http_response *response, struct err *err)
{
	AUTO(buf) out = {0};
	struct log_state s;
	struct log_view v;

	TRY(state_of(call, &s, err));
	TRY(find_entry(call, &s, &v, err));
	TRY(await(call, &s, &v, err));
	TRY(put_proof(call, &s, &v, &out, err));
	http_respond(response, 200, "text/plain; charset=utf-8",
	    arena_copy(call->request->arena, buf_span(&out)));
	http_add_header(response, "Content-Disposition",
	    arena_printf(call->request->arena, "attachment; filename=\"%" PRId64 ".tlog-proof\"",
		v.entry_id));
	return STATUS_OK;
}
