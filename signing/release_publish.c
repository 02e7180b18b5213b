/* signing/release_publish.c: let devices find a release; see release.h. */
#include <inttypes.h>
#include <string.h>

#include "signing/release_internal.h"
#include "signing/release_window.h"

struct release_step_plan release_publish_plan(const struct release_row *row, struct arena *arena)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	char path[48], manifest[2 * SHA256_SIZE + 1];
	struct release_step_plan plan;

	(void)snprintf(path, sizeof(path), "/releases/%" PRId64 "/state", row->id);
	hex_text(SPAN_OF(row->manifest_digest.bytes), manifest);
	json_array_begin(&j, NULL);
	release_difference(&j, path, row->state, "published");
	release_difference(&j, "/product", NULL, row->product);
	release_difference(&j, "/channel", NULL, row->channel);
	release_difference(&j, "/version", NULL, row->version);
	release_difference(&j, "/manifest_sha256", NULL, manifest);
	json_array_end(&j);
	plan.difference = arena_strdup(arena, buf_cstr(&text));
	plan.digest = sha256(buf_span(&text));
	return plan;
}

static struct status judge_window(
    const struct release_context *c, const struct release_row *row, struct err *err)
{
	const struct channel *channel;
	char next[TIME_TEXT_SIZE];

	TRY(release_channel(c, row->product, row->channel, &channel, err));
	if (release_window_open(channel, c->now))
		return STATUS_OK;
	time_text(release_window_next(channel, c->now), next);
	return REFUSE(
	    err, RELEASE_WINDOW, "channel '%.63s' publishes again from %s on", channel->name, next);
}

static struct status judge_order(
    const struct release_context *c, const struct release_row *row, struct err *err)
{
	int64_t newest;

	TRY(release_published(c->db, row->product_id, row->channel, &newest, err));
	if (newest > row->sequence)
		return REFUSE(err, RELEASE_OLDER,
		    "release %" PRId64 " has sequence %" PRId64 ", and %" PRId64
		    " is published on '%.63s'",
		    row->id, row->sequence, newest, row->channel);
	return STATUS_OK;
}

static struct status publish(const struct release_context *c, const struct release_row *row,
    const struct release_actor *by, int64_t wait_ms, struct arena *arena, struct err *err)
{
	struct release_change change = {
	    .step = "published", .state = "published", .request_id = row->request_id};
	int64_t step;

	TRY(judge_window(c, row, err));
	TRY(judge_order(c, row, err));
	TRY(release_bundle(c, row, wait_ms, arena, &change.bundle, err));
	change.bundle_sha256 = sha256(change.bundle);
	change.digest = SPAN_OF(change.bundle_sha256.bytes);
	return release_step_make(c, row, &change, by, &step, err);
}

struct status release_publish(const struct release_context *c, const struct release_row *row,
    const struct release_actor *by, int64_t wait_ms, struct arena *arena,
    struct release_row *ret_row, struct err *err)
{
	struct release_row after = *row;

	if (strcmp(row->state, "published") != 0) {
		if (strcmp(row->state, "signed") != 0)
			return REFUSE(err, RELEASE_STATE,
			    "release %" PRId64 " is %s: a signed one is published", row->id,
			    row->state);
		TRY(publish(c, row, by, wait_ms, arena, err));
		after.state = "published";
		after.revision++;
	}
	*ret_row = after;
	return STATUS_OK;
}
