/* api/mass_revocation_view.c: see mass_revocation_view.h. */
#include "api/mass_revocation_view.h"

#include <string.h>

#include "api/answer.h"
#include "api/perform.h"
#include "ca/revoke.h"

void mass_put_act(struct json *j, const void *item)
{
	const struct mass_act_row *m = item;

	json_object_begin(j, NULL);
	json_int(j, "id", m->id);
	json_str(j, "state", m->state);
	json_raw(j, "selector", span_str(m->selector));
	json_str(j, "reason", revocation_reason_name(m->reason));
	answer_time(j, "invalidity_at", m->invalidity_at);
	answer_hex(j, "digest", SPAN_OF(m->digest.bytes));
	json_array_begin(j, "products");
	for (size_t i = 0; i < m->product_count; i++)
		json_str(j, NULL, m->products[i]);
	json_array_end(j);
	json_int(j, "total", m->total);
	json_int(j, "done", m->done);
	json_int(j, "revoked", m->revoked);
	json_str(j, "who", m->who);
	answer_id(j, "request", m->request_id);
	answer_time(j, "started_at", m->created_at);
	answer_time(j, "finished_at", m->ended_at);
	json_str(j, "canceled_by", m->ended_by);
	json_str(j, "failure", m->failure);
	json_object_end(j);
}

void mass_answer_act(
    const struct call *call, struct http_response *response, const struct mass_act_row *row)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	mass_put_act(&j, row);
	call_answer(call, response, &text);
}

/* ---- what a selection finds ---- */

static int64_t already_of(const struct mass_found *found)
{
	int64_t already = 0;

	for (size_t i = 0; i < found->count; i++)
		already += found->counts[i].already;
	return already;
}

/* Rows come by product, and within one by authority. */
static void put_products(struct json *j, const struct mass_found *found)
{
	json_array_begin(j, "products");
	for (size_t i = 0; i < found->count;) {
		const struct mass_count *first = &found->counts[i];
		int64_t certificates = 0;

		for (; i < found->count && found->counts[i].product_id == first->product_id; i++)
			certificates += found->counts[i].certificates;
		json_object_begin(j, NULL);
		json_str(j, "product", first->product);
		json_int(j, "certificates", certificates);
		json_object_end(j);
	}
	json_array_end(j);
}

static bool is_first_of_authority(const struct mass_found *found, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (found->counts[i].authority_id == found->counts[at].authority_id)
			return false;
	return true;
}

static void put_authorities(struct json *j, const struct mass_found *found)
{
	json_array_begin(j, "authorities");
	for (size_t i = 0; i < found->count; i++) {
		int64_t certificates = 0;

		if (!is_first_of_authority(found, i))
			continue;
		for (size_t k = i; k < found->count; k++)
			if (found->counts[k].authority_id == found->counts[i].authority_id)
				certificates += found->counts[k].certificates;
		json_object_begin(j, NULL);
		json_str(j, "authority", found->counts[i].authority);
		json_int(j, "certificates", certificates);
		json_object_end(j);
	}
	json_array_end(j);
}

void mass_answer_selection(const struct call *call, struct http_response *response,
    const struct mass_order *o, const int64_t *sample, size_t count)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_bool(&j, "dry_run", true);
	json_raw(&j, "selector", span_str(o->text));
	json_str(&j, "reason", revocation_reason_name(o->reason));
	answer_time(&j, "invalidity_at", o->invalidity_at);
	json_int(&j, "certificates", o->found->certificates);
	json_int(&j, "devices", o->found->devices);
	json_int(&j, "already", already_of(o->found));
	json_int(&j, "unknown_algorithm", o->found->unknown);
	put_products(&j, o->found);
	put_authorities(&j, o->found);
	json_array_begin(&j, "sample");
	for (size_t i = 0; i < count; i++)
		json_int(&j, NULL, sample[i]);
	json_array_end(&j);
	answer_hex(&j, "digest", SPAN_OF(o->found->digest.bytes));
	json_object_end(&j);
	call_answer(call, response, &text);
	response->status = 200;
}
