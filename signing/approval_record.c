/* signing/approval_record.c: what the log entries of requests and approvals commit to. */
#include "signing/approval_internal.h"

#include <string.h>

#include "base/json.h"

static void put_digest(struct json *j, const char *name, const struct digest *digest)
{
	char text[2 * SHA256_SIZE + 1];

	hex_text(SPAN_OF(digest->bytes), text);
	json_str(j, name, text);
}

static void put_acts(struct json *j, const struct request_acts *acts)
{
	json_array_begin(j, "acts");
	for (size_t i = 0; i < acts->count; i++) {
		json_object_begin(j, NULL);
		json_str(j, "act", acts->kinds[i]);
		json_str(j, "product", acts->products[i]);
		json_str(j, "channel", acts->channels[i]);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_requirements(struct json *j, const struct request_row *row)
{
	json_array_begin(j, "requirements");
	for (size_t i = 0; i < row->requirement_count; i++) {
		const struct request_requirement *r = &row->requirements[i];

		json_object_begin(j, NULL);
		json_str(j, "policy", r->policy);
		json_str(j, "act", r->act);
		json_str(j, "product", r->product);
		json_str(j, "channel", r->channel);
		json_str(j, "role", r->role);
		json_int(j, "approvals", r->approvals);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_permissions(struct json *j, const struct request_row *row)
{
	if (!row->permissions)
		return;
	json_array_begin(j, "permissions");
	for (size_t i = 0; i < row->permission_count; i++)
		json_str(j, NULL, row->permissions[i]);
	json_array_end(j);
}

/* The digest stands for the call and the plan. */
void approval_record_created(const struct request_row *row, struct buf *out)
{
	struct json j = {.out = out};
	const struct digest difference = sha256(span_str(row->difference));

	json_object_begin(&j, NULL);
	json_int(&j, "request", row->id);
	json_str(&j, "step", STEP_CREATED);
	json_int(&j, "at", row->created_at);
	json_int(&j, "expires_at", row->expires_at);
	json_str(&j, "by", row->requester);
	json_str(&j, "person", row->person);
	json_int(&j, "token", row->token_id);
	put_permissions(&j, row);
	put_acts(&j, &row->acts);
	put_requirements(&j, row);
	put_digest(&j, "digest", &row->digest);
	put_digest(&j, "difference", &difference);
	json_int(&j, "policy_version", row->policy_version);
	json_object_end(&j);
}

void approval_record_closed(
    const struct request_row *row, const char *state, const char *by, int64_t at, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_int(&j, "request", row->id);
	json_str(&j, "state", state);
	json_int(&j, "at", at);
	json_str(&j, "by", by);
	put_digest(&j, "digest", &row->digest);
	json_object_end(&j);
}

void approval_record_verdict(
    int64_t request_id, const struct request_verdict *verdict, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_int(&j, "request", request_id);
	json_str(&j, "verdict", verdict->approved ? "approved" : "rejected");
	json_int(&j, "at", verdict->at);
	json_str(&j, "by", verdict->principal);
	put_digest(&j, "digest", &verdict->digest);
	json_str(&j, "comment", verdict->comment);
	json_object_end(&j);
}

/* ---- from the rows ---- */

static struct status record_verdict(struct db *db, int64_t id, struct buf *out, struct err *err)
{
	AUTO(arena) arena = {0};
	struct request_verdict verdict;
	int64_t request_id;

	TRY(approval_get(db, id, &arena, &request_id, &verdict, err));
	approval_record_verdict(request_id, &verdict, out);
	return STATUS_OK;
}

struct status approval_record(
    struct db *db, const char *kind, int64_t id, struct buf *out, struct err *err)
{
	AUTO(arena) arena = {0};
	struct request_row row;

	if (strcmp(kind, STEP_APPROVED) == 0 || strcmp(kind, STEP_REJECTED) == 0)
		return record_verdict(db, id, out, err);
	TRY(request_get(db, id, &arena, &row, err));
	if (strcmp(kind, STEP_CREATED) == 0)
		approval_record_created(&row, out);
	else
		approval_record_closed(&row, row.state, row.closed_by, row.closed_at, out);
	return STATUS_OK;
}
