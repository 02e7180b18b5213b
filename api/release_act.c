/* api/release_act.c: releases signed, published, recalled. See release.h. */
#include <string.h>

#include "api/api.h"
#include "api/perform.h"
#include "api/release.h"
#include "api/release_view.h"
#include "api/require.h"
#include "base/metrics.h"
#include "ca/reason.h"
#include "signing/approval.h"
#include "signing/recall.h"
#include "signing/release_sign.h"

/* clang-format off */
const struct field release_recall_fields[] = {
	{.name = "successor", .type = FIELD_INT, .offset = offsetof(struct release_recall_body, successor),
	    .min = 1, .max = INT64_MAX,
	    .help = "id of the release to go to; absent: the newest that is published there, if it is newer"},
	{.name = NULL},
};
/* clang-format on */

static bool in_state(const struct release_row *row, const char *state)
{
	return strcmp(row->state, state) == 0;
}

static struct release_actor actor_of(const struct call *call)
{
	return release_actor_of(&call->actor, call->approval ? call->approval->request->id : 0);
}

static struct status require(struct call *call, enum act_kind kind, const struct release_row *row,
    const struct digest *digest, const char *difference, struct err *err)
{
	const struct act act = {.kind = kind, .product = row->product, .channel = row->channel};
	const struct act_plan plan = {
	    .acts = &act, .act_count = 1, .digest = *digest, .difference = difference};

	return call_require(call, &plan, err);
}

/* What was done already needs nobody's approval again, and no token is spent on it. */
static struct status answer_done(struct call *call, const struct release_row *row,
    struct http_response *response, struct err *err)
{
	call_require_nothing(call);
	return release_answer(call, row, 0, response, err);
}

/* ---- signing ---- */

/* The call has become a request: the release waits for it. */
static struct status now_requested(struct call *call, int64_t request_id, struct err *err)
{
	const struct release_context c = release_context_of(call);
	const struct release_actor by = actor_of(call);
	int64_t id;

	TRY(call_id(call, &id, err));
	return release_requested(&c, id, request_id, &by, err);
}

/* A run signs only what its channel lets it, whoever has made the draft. */
static struct status check_run(
    const struct call *call, const struct channel *channel, struct err *err)
{
	struct provenance p;

	if (!call->actor.provenance)
		return provenance_judge(channel, NULL, err);
	TRY(provenance_read(call->actor.provenance, call->request->arena, &p, err));
	return provenance_judge(channel, &p, err);
}

static struct status sign(struct call *call, const struct release_row *row,
    const struct release_plan *plan, struct release_row *ret_row, struct err *err)
{
	const struct release_context c = release_context_of(call);
	const struct release_actor by = actor_of(call);
	const struct release_evidence evidence = release_evidence_of(
	    c.access, call->approval ? call->approval->request : NULL, c.now, call->request->arena);

	TRY(check_run(call, plan->channel, err));
	call->on_stored = now_requested;
	TRY(require(call, ACT_RELEASE_SIGN, row, &plan->digest, plan->difference, err));
	TRY(release_sign(&c, row, plan, &evidence, &by, call->request->arena, ret_row, err));
	metric_add(call->api->metrics, METRIC_RELEASES_SIGNED, 1);
	return STATUS_OK;
}

static bool is_signed(const struct release_row *row)
{
	return in_state(row, "signed") || in_state(row, "published") || in_state(row, "recalled");
}

struct status release_sign_post(struct call *call, struct http_response *response, struct err *err)
{
	const struct release_context c = release_context_of(call);
	const struct release_actor by = actor_of(call);
	AUTO(release_plan) plan = {0};
	struct release_product product;
	struct release_row row;

	TRY(release_held(call, &row, err));
	if (is_signed(&row) && !call->approval)
		return answer_done(call, &row, response, err);
	TRY(release_product_of(call, row.product, &product, err));
	TRY(release_plan(&c, &product, &row, &by, call->request->arena, &plan, err));
	TRY(sign(call, &row, &plan, &row, err));
	return release_answer(call, &row, 0, response, err);
}

/* ---- publishing ---- */

struct status release_publish_post(
    struct call *call, struct http_response *response, struct err *err)
{
	const struct release_context c = release_context_of(call);
	const struct release_actor by = actor_of(call);
	struct release_step_plan plan;
	struct release_row row;

	TRY(release_held(call, &row, err));
	if (in_state(&row, "published") && !call->approval)
		return answer_done(call, &row, response, err);
	plan = release_publish_plan(&row, call->request->arena);
	TRY(require(call, ACT_RELEASE_PUBLISH, &row, &plan.digest, plan.difference, err));
	call->retry_after = RELEASE_PENDING_RETRY;
	TRY(release_publish(&c, &row, &by, RELEASE_PROOF_WAIT_MS, call->request->arena, &row, err));
	metric_add(call->api->metrics, METRIC_RELEASES_PUBLISHED, 1);
	return release_answer(call, &row, 0, response, err);
}

/* ---- recalling ---- */

struct status release_recall_post(
    struct call *call, struct http_response *response, struct err *err)
{
	const struct release_recall_body *b = call->input;
	const struct release_context c = release_context_of(call);
	const struct release_actor by = actor_of(call);
	struct release_recall recall = {.successor = b->successor};
	struct release_step_plan plan;
	struct release_row row;

	TRY(release_held(call, &row, err));
	if (in_state(&row, "recalled") && !call->approval)
		return answer_done(call, &row, response, err);
	recall.row = &row;
	TRY(release_recall_plan(&c, &recall, call->request->arena, &plan, err));
	TRY(require(call, ACT_RELEASE_RECALL, &row, &plan.digest, plan.difference, err));
	TRY(release_recall(&c, &recall, &by, call->request->arena, &row, err));
	metric_add(call->api->metrics, METRIC_RELEASES_RECALLED, 1);
	return release_answer(call, &row, 0, response, err);
}
