/* api/trust_statement.c: see trust_statement.h. */
#include "api/trust_statement.h"

#include <inttypes.h>
#include <string.h>

#include "api/answer.h"
#include "api/perform.h"
#include "api/problem.h"
#include "api/release_view.h"
#include "api/require.h"
#include "ca/reason.h"
#include "signing/approval.h"
#include "signing/format/trust.h"
#include "signing/trust_publish.h"

_Static_assert(TRUST_BODY_MAX == TRUST_SIZE_MAX, "all that can be read can be sent");

/* clang-format off */
const struct field trust_list_fields[] = {
	PAGE_FIELDS,
	{.name = "product", .type = FIELD_STR, .offset = offsetof(struct trust_list_query, product), .min = 1,
	    .max = 63, .help = "name of a product"},
	{.name = NULL},
};
/* clang-format on */

static void put_row(struct json *j, const void *item)
{
	const struct trust_row *t = item;

	json_object_begin(j, NULL);
	json_int(j, "id", t->id);
	json_str(j, "product", t->product);
	json_int(j, "version", t->version);
	answer_hex(j, "sha256", SPAN_OF(t->sha256.bytes));
	json_int(j, "size", t->size);
	answer_time(j, "published_at", t->published_at);
	json_str(j, "published_by", t->published_by);
	json_str(j, "person", t->person);
	answer_id(j, "request", t->request_id);
	json_object_end(j);
}

/* ---- publishing ---- */

static struct status require(struct call *call, const struct release_context *c,
    const struct release_product *product, struct err *err)
{
	const struct act act = {.kind = ACT_TRUST_PUBLISH, .product = product->name};
	struct act_plan plan = {.acts = &act, .act_count = 1};
	struct release_step_plan step;

	TRY(trust_plan(c, product, call->request->body, call->request->arena, &step, err));
	plan.digest = step.digest;
	plan.difference = step.difference;
	return call_require(call, &plan, err);
}

static void answer(
    const struct call *call, const struct trust_row *row, bool made, struct http_response *response)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	put_row(&j, row);
	call_answer(call, response, &text);
	response->status = made ? 201 : 200;
	http_add_header(response, "Location",
	    arena_printf(call->request->arena, API_PREFIX "/trust-statements/%" PRId64, row->id));
}

struct status trust_post(struct call *call, struct http_response *response, struct err *err)
{
	const struct release_context c = release_context_of(call);
	const struct release_actor by =
	    release_actor_of(&call->actor, call->approval ? call->approval->request->id : 0);
	struct release_product product;
	struct trust_row row;
	const char *name;
	bool made;

	TRY(trust_product(call->request->body, call->request->arena, &name, err));
	TRY(call_may(call, name, NULL, err));
	TRY(release_product_of(call, name, &product, err));
	TRY(require(call, &c, &product, err));
	TRY(trust_publish(
	    &c, &product, call->request->body, &by, call->request->arena, &row, &made, err));
	answer(call, &row, made, response);
	return STATUS_OK;
}

/* ---- looking ---- */

/* What devices of a product believe concerns whoever sees a release of it, on any channel. */
static bool sees(const struct call *call, const char *product)
{
	const struct channel_reach reach = call_channel_reach(call);

	for (size_t i = 0; i < reach.count; i++)
		if (!reach.products[i][0] || strcmp(reach.products[i], product) == 0)
			return true;
	return reach.all;
}

static bool sees_all(const struct channel_reach *reach)
{
	for (size_t i = 0; i < reach->count; i++)
		if (!reach->products[i][0])
			return true;
	return reach->all;
}

static struct status list(
    struct call *call, struct trust_filter *filter, struct http_response *response, struct err *err)
{
	const struct trust_list_query *q = call->query;
	struct answer_rows rows = {
	    .size = sizeof(struct trust_row), .limit = q->page.limit, .put = put_row};
	struct trust_row *found = NULL;

	TRY(page_after_id(&q->page, &filter->before, err));
	filter->limit = q->page.limit + 1;
	TRY(trust_list(call->db, filter, call->request->arena, &found, &rows.count, err));
	rows.rows = found;
	call_answer_rows(call, response, &rows);
	return STATUS_OK;
}

struct status trust_list_get(struct call *call, struct http_response *response, struct err *err)
{
	const struct trust_list_query *q = call->query;
	const struct channel_reach reach = call_channel_reach(call);
	struct release_product product;
	struct trust_filter filter = {.all_products = sees_all(&reach),
	    .products = reach.products,
	    .product_count = reach.count};

	if (q->product) {
		TRY(release_product_of(call, q->product, &product, err));
		filter.product_id = product.id;
	}
	return list(call, &filter, response, err);
}

struct status trust_one_get(struct call *call, struct http_response *response, struct err *err)
{
	struct err why = {0};
	struct trust_row row;
	struct status found;
	int64_t id;

	TRY(call_id(call, &id, err));
	found = trust_get(call->db, id, call->request->arena, &row, &why);
	if (!found.ok && why.kind != ERR_MISSING) {
		*err = why;
		return found;
	}
	if (!found.ok || !sees(call, row.product))
		return REFUSE(
		    err, OBJECT_UNKNOWN, "there is no trust statement %" PRId64 " here", id);
	release_answer_file(call, row.bytes, response);
	return STATUS_OK;
}
