/* signing/release_follow.c: see release_follow.h. */
#include "signing/release_follow.h"

#include <string.h>

#include "signing/release_internal.h"

static bool is_about_release(const struct request_row *request)
{
	for (size_t i = 0; i < request->acts.count; i++)
		if (strcmp(request->acts.kinds[i], act_kind_name(ACT_RELEASE_SIGN)) == 0)
			return true;
	return false;
}

struct status release_follow_author(const struct approval_context *c,
    const struct request_row *request, struct arena *arena, const char **ret_author,
    const char **ret_person, struct err *err)
{
	struct release_row row = {0};

	if (is_about_release(request))
		TRY(release_of_request(c->db, request->id, arena, &row, err));
	*ret_author = row.id ? row.created_by : NULL;
	*ret_person = row.id ? row.created_person : NULL;
	return STATUS_OK;
}

static struct status follow(const struct approval_context *c, const struct request_row *request,
    const struct release_change *change, const struct release_actor *by, struct err *err)
{
	const struct release_context context = {.db = c->db, .now = c->now, .rng = c->rng};
	AUTO(arena) arena = {0};
	struct release_row row;
	int64_t step;

	if (!is_about_release(request))
		return STATUS_OK;
	TRY(release_of_request(c->db, request->id, &arena, &row, err));
	if (row.id == 0 || strcmp(row.state, change->state) == 0)
		return STATUS_OK;
	return release_step_make(&context, &row, change, by, &step, err);
}

struct status release_follow_approved(const struct approval_context *c,
    const struct request_row *request, const struct actor *who, struct err *err)
{
	const struct release_change change = {
	    .step = "approved", .state = "approved", .request_id = request->id};
	const struct release_actor by = release_actor_of(who, request->id);

	return follow(c, request, &change, &by, err);
}

struct status release_follow_ended(const struct approval_context *c,
    const struct request_row *request, const char *by, struct err *err)
{
	const struct release_change change = {.step = "returned", .state = "draft"};
	const struct release_actor actor = {.name = by, .request_id = request->id};

	return follow(c, request, &change, &actor, err);
}
