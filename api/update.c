/* api/update.c: see update.h. */
#include "api/update.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/perform.h"
#include "api/problem.h"
#include "api/query.h"
#include "api/range.h"
#include "ca/ldevid.h"
#include "ca/policy.h"
#include "ca/reason.h"
#include "sql/update.h"

#define CACHE "private, max-age=60"

struct update_trust_query {
	int64_t after;
};
static const struct field trust_query_fields[] = {
    {.name = "after",
	.type = FIELD_INT,
	.offset = offsetof(struct update_trust_query, after),
	.standard = "-1",
	.min = -1,
	.max = INT64_MAX - 1,
	.help = "version that the device has"},
    {.name = NULL},
};
static const struct field no_query_fields[] = {{.name = NULL}};

/* ---- who asks ---- */

static struct status recognise(
    const struct call *call, struct ldevid *ret_ldevid, struct update_query *q, struct err *err)
{
	const struct span der = call->request->peer->certificate_der;

	if (!call->policy)
		return REFUSE(err, SERVICE_POLICY, "not ready to serve");
	if (der.n == 0)
		return REFUSE(err, UPDATE_CERTIFICATE, "the client presented no certificate");
	if (!ldevid_recognise(call->policy, NULL, der, ret_ldevid))
		return REFUSE(err, UPDATE_ENROLL,
		    "the client's certificate is none that this server issued to a device");
	*q = (struct update_query){.issuers = ret_ldevid->issuers,
	    .issuer_count = ret_ldevid->issuer_count,
	    .serial = ret_ldevid->view.serial,
	    .channel = call->segment,
	    .after = -1};
	return STATUS_OK;
}

/* Its first use ends the wait of its renewal (ca/ldevid.h), once. */
static struct status note_use(const struct call *call, const struct ldevid *ldevid, struct err *err)
{
	struct ldevid_use use;
	struct err why = {0};

	if (ldevid_use(call->db, call->policy, ldevid, call_now(call), &call->api->rng, &use, &why)
		.ok) {
		metric_add(call->api->metrics, METRIC_RENEWALS_USED, use.first);
		metric_add(call->api->metrics, METRIC_SUPERSEDED, (int64_t)use.superseded);
		return STATUS_OK;
	}
	*err = why;
	return STATUS_FAILED;
}

static struct status judge(const struct call *call, const struct ldevid *ldevid, bool found,
    const struct certificate_use_row *use, const char *product, struct err *err)
{
	if (!found)
		return REFUSE(err, LDEVID_NOT_STORED,
		    "authority %s has not issued the client's certificate to a device",
		    ldevid->issuer->name);
	TRY(ldevid_judge(ldevid, use, call_now(call), err));
	if (!use->used)
		TRY(note_use(call, ldevid, err));
	if (!product || !access_channel(call_access(call), product, call->segment))
		return REFUSE(
		    err, UPDATE_CHANNEL, "%s has no channel '%.63s'", use->device, call->segment);
	return STATUS_OK;
}

/* ---- what there is ---- */

static void put_file(struct json *j, const char *name, const char *number_name, int64_t number,
    bool there, const struct digest *sha256)
{
	if (!there) {
		answer_null(j, name);
		return;
	}
	json_object_begin(j, name);
	json_int(j, number_name, number);
	answer_hex(j, "sha256", SPAN_OF(sha256->bytes));
	json_object_end(j);
}

static struct span render(const struct call *call, const struct update_row *row)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_str(&j, "product", row->product);
	json_str(&j, "channel", call->segment);
	answer_id(&j, "sequence", row->sequence);
	json_str(&j, "version", row->version);
	put_file(&j, "bundle", "size", row->bundle_size, row->sequence != 0, &row->bundle);
	put_file(&j, "trust", "version", row->trust_version, row->trust_version != 0, &row->trust);
	put_file(&j, "recall", "number", row->recall_number, row->recall_number != 0, &row->recall);
	json_object_end(&j);
	buf_put_str(&text, "\n");
	return arena_copy(call->request->arena, buf_span(&text));
}

static struct status look(struct call *call, struct http_response *response, struct err *err)
{
	struct update_trust_query nothing;
	struct update_query q;
	struct update_row row;
	struct ldevid ldevid;

	TRY(query_bind(call->request->query, no_query_fields, &nothing, call->request->arena, err));
	TRY(recognise(call, &ldevid, &q, err));
	TRY(update_look(call->db, &q, call->request->arena, &row, err));
	TRY(judge(call, &ldevid, row.found, &row.use, row.product, err));
	http_respond_cached(call->request, response, JSON, CACHE, render(call, &row));
	return STATUS_OK;
}

/* What is no fault of ours. */
static void count_refused(const struct call *call, const struct err *err)
{
	if (http_status_of(err->kind) < 500)
		metric_add(call->api->metrics, METRIC_UPDATE_REFUSED, 1);
}

struct status update_get(struct call *call, struct http_response *response, struct err *err)
{
	struct status done = look(call, response, err);

	if (done.ok)
		metric_add(call->api->metrics,
		    response->status == 304 ? METRIC_UPDATE_UNCHANGED : METRIC_UPDATE_CHECKED, 1);
	else
		count_refused(call, err);
	return done;
}

/* ---- files ---- */

/* The one ETag of ours that If-None-Match holds; NULL: none, or more than that. */
static const struct digest *held_of(const struct call *call, struct digest *room)
{
	const char *held = http_header(call->request, "If-None-Match");
	const size_t n = 2 * SHA256_SIZE;
	AUTO(buf) bytes = {0};
	struct err unheard = {0};

	if (!held || strlen(held) != n + 2 || held[0] != '"' || held[n + 1] != '"' ||
	    !hex_decode(span(held + 1, n), &bytes, &unheard).ok || bytes.n != SHA256_SIZE)
		return NULL;
	memcpy(room->bytes, bytes.p, SHA256_SIZE);
	return room;
}

static const char *etag_of(const struct call *call, const struct digest *sha256)
{
	char hex[2 * SHA256_SIZE + 1];

	hex_text(SPAN_OF(sha256->bytes), hex);
	return arena_printf(call->request->arena, "\"%s\"", hex);
}

static const char *const nothing[] = {
    [UPDATE_BUNDLE] = "no release is published on this channel",
    [UPDATE_TRUST] = "there is no such trust statement of this product",
    [UPDATE_RECALL] = "nothing was recalled on this channel",
};

static struct status answer_file(struct call *call, enum update_file file, int64_t after,
    struct http_response *response, struct err *err)
{
	struct update_file_row row;
	struct update_query q;
	struct ldevid ldevid;
	struct digest room;
	const char *etag;

	TRY(recognise(call, &ldevid, &q, err));
	q.after = after;
	q.held = held_of(call, &room);
	TRY(update_file_look(call->db, file, &q, call->request->arena, &row, err));
	TRY(judge(call, &ldevid, row.found, &row.use, row.product, err));
	if (!row.there)
		return REFUSE(err, UPDATE_NONE, "%s", nothing[file]);
	etag = etag_of(call, &row.sha256);
	range_respond(call->request, response, CBOR, etag, row.bytes);
	if (response->status == 416)
		return STATUS_OK;
	http_add_header(response, "ETag", etag);
	http_add_header(response, "Cache-Control", CACHE);
	http_add_header(response, "Accept-Ranges", "bytes");
	if (file == UPDATE_BUNDLE && response->status != 304)
		metric_add(call->api->metrics, METRIC_UPDATE_BUNDLES, 1);
	return STATUS_OK;
}

static struct status file_get(struct call *call, enum update_file file, const struct field *fields,
    struct http_response *response, struct err *err)
{
	struct update_trust_query query = {.after = -1};
	struct status done =
	    query_bind(call->request->query, fields, &query, call->request->arena, err);

	if (done.ok)
		done = answer_file(call, file, query.after, response, err);
	if (!done.ok)
		count_refused(call, err);
	return done;
}

struct status update_bundle_get(struct call *call, struct http_response *response, struct err *err)
{
	return file_get(call, UPDATE_BUNDLE, no_query_fields, response, err);
}

struct status update_trust_get(struct call *call, struct http_response *response, struct err *err)
{
	return file_get(call, UPDATE_TRUST, trust_query_fields, response, err);
}

struct status update_recall_get(struct call *call, struct http_response *response, struct err *err)
{
	return file_get(call, UPDATE_RECALL, no_query_fields, response, err);
}

/* ---- refusals ---- */

/* Request ids are spread evenly. */
static int64_t retry_after(const struct call *call)
{
	return RETRY_AFTER_STANDARD +
	       (int64_t)(strtoull(call->request->id, NULL, 16) % (RETRY_AFTER_SPREAD + 1));
}

void update_shape(const struct call *call, const struct err *err, struct http_response *r)
{
	const struct problem_members members = {.retry_after = retry_after(call)};

	problem_refuse(call->request, err, &members, r);
	/* No token would help here: RFC 9110 15.5.2 wants a challenge, which names what would. */
	for (size_t i = 0; i < r->header_count; i++)
		if (strcmp(r->headers[i].name, "WWW-Authenticate") == 0)
			r->headers[i].value = "TLS-Client-Certificate realm=\"update\"";
}
