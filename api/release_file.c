/* api/release_file.c: the files of a release. See release.h. */
#include <inttypes.h>
#include <string.h>

#include "api/perform.h"
#include "api/release.h"
#include "api/release_view.h"
#include "ca/reason.h"
#include "signing/release_publish.h"

struct status release_manifest_get(
    struct call *call, struct http_response *response, struct err *err)
{
	struct release_row row;

	TRY(release_seen(call, &row, err));
	release_answer_file(call, row.json_manifest, response);
	return STATUS_OK;
}

static struct status refuse_unsigned(const struct release_row *row, struct err *err)
{
	return REFUSE(err, RELEASE_STATE, "release %" PRId64 " is %s", row->id, row->state);
}

static struct status signature_of(struct call *call, struct release_row *ret_row,
    struct release_signature *ret_signature, struct err *err)
{
	struct err why = {0};

	TRY(release_seen(call, ret_row, err));
	if (release_signature_get(call->db, ret_row->id, call->request->arena, ret_signature, &why)
		.ok)
		return STATUS_OK;
	if (why.kind == ERR_MISSING)
		return refuse_unsigned(ret_row, err);
	*err = why;
	return STATUS_FAILED;
}

/* `format`: where in struct release_signature it stands. What the channel did not ask for is not
 * there. */
static struct status answer_signed(
    struct call *call, size_t format, struct http_response *response, struct err *err)
{
	struct release_signature s;
	struct release_row row;
	struct span bytes;

	TRY(signature_of(call, &row, &s, err));
	memcpy(&bytes, (const char *)&s + format, sizeof(bytes));
	if (!bytes.p)
		return REFUSE(err, OBJECT_UNKNOWN,
		    "release %" PRId64 " was not signed in this format", row.id);
	release_answer_file(call, bytes, response);
	return STATUS_OK;
}

struct status release_suit_get(struct call *call, struct http_response *response, struct err *err)
{
	return answer_signed(call, offsetof(struct release_signature, suit), response, err);
}

struct status release_jws_get(struct call *call, struct http_response *response, struct err *err)
{
	return answer_signed(call, offsetof(struct release_signature, jws), response, err);
}

struct status release_cms_get(struct call *call, struct http_response *response, struct err *err)
{
	return answer_signed(call, offsetof(struct release_signature, cms), response, err);
}

struct status release_bundle_file_get(
    struct call *call, struct http_response *response, struct err *err)
{
	const struct release_context c = release_context_of(call);
	struct release_row row;
	struct span bytes;

	TRY(release_seen(call, &row, err));
	call->retry_after = RELEASE_PENDING_RETRY;
	TRY(release_bundle(&c, &row, RELEASE_PROOF_WAIT_MS, call->request->arena, &bytes, err));
	release_answer_file(call, bytes, response);
	return STATUS_OK;
}
