/* api/device_register.c: devices made known. See device.h. */
#include "api/device.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/answer.h"
#include "api/device_import.h"
#include "api/perform.h"
#include "api/require.h"
#include "ca/policy_apply.h"

/* clang-format off */
const struct field device_register_fields[] = {
    {.name = "product", .type = FIELD_STR, .offset = offsetof(struct device_register_body, product),
	.required = true, .min = 1, .max = 63, .help = "name of a product"},
    {.name = "batch", .type = FIELD_STR, .offset = offsetof(struct device_register_body, batch), .min = 1, .max = 64,
	.help = "production batch or delivery"},
    {.name = "serials", .type = FIELD_STR_LIST, .offset = offsetof(struct device_register_body, serials),
	.required = true, .min = 1, .max = 65536, .help = "serial numbers, as the trust anchor normalises them"},
    {.name = NULL},
};
const struct field device_import_fields[] = {
    {.name = "product", .type = FIELD_STR, .offset = offsetof(struct device_import_query, product),
	.min = 1, .max = 63, .help = "of lines that name none"},
    {.name = "batch", .type = FIELD_STR, .offset = offsetof(struct device_import_query, batch),
	.min = 1, .max = 64, .help = "production batch or delivery, of lines that name none"},
    {.name = NULL},
};
/* clang-format on */

static void answer(
    const struct call *call, const struct policy_outcome *o, struct http_response *response)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	size_t all = 0, made = 0;

	for (size_t i = 0; i < o->change_count; i++) {
		all += o->changes[i].devices;
		made += o->changes[i].devices_made;
	}
	json_object_begin(&j, NULL);
	json_int(&j, "created", (int64_t)made);
	json_int(&j, "known", (int64_t)(all - made));
	json_object_end(&j);
	call_answer(call, response, &text);
}

static void put_document(const struct device_register_body *body, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_str(&j, "kind", "devices");
	json_str(&j, "product", body->product);
	if (body->batch)
		json_str(&j, "batch", body->batch);
	json_array_begin(&j, "serials");
	for (size_t i = 0; i < body->serials.count; i++)
		json_str(&j, NULL, body->serials.items[i]);
	json_array_end(&j);
	json_object_end(&j);
}

struct status device_register(struct call *call, struct http_response *response, struct err *err)
{
	const struct device_register_body *body = call->input;
	AUTO(buf) text = {0};
	struct policy_edit edit = {.file_name = "body"};
	struct policy_outcome outcome;

	/* Before anything is said about the product: it may be none of the caller's. */
	TRY(call_may(call, body->product, NULL, err));
	put_document(body, &text);
	edit.text = buf_span(&text);
	TRY(call_apply(call, &edit, &outcome, err));
	answer(call, &outcome, response);
	return STATUS_OK;
}

/* ---- import ---- */

static void import_auto(struct import *in)
{
	buf_free(&in->documents);
}

static void put_fault(struct json *j, int64_t line, const char *detail)
{
	json_object_begin(j, NULL);
	json_int(j, "line", line);
	json_str(j, "detail", detail);
	json_object_end(j);
}

static void tell_faults(struct call *call, const struct import *in)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_array_begin(&j, NULL);
	for (size_t i = 0; i < in->fault_count && i < IMPORT_FAULTS_MAX; i++)
		put_fault(&j, in->faults[i].line, in->faults[i].detail);
	json_array_end(&j);
	call->faults = arena_strdup(call->request->arena, buf_cstr(&text));
}

/* "import:17: ..." names the line of the import, since each document stands on its own. */
#define IMPORT_NAME "import"
static void tell_line(struct call *call, const struct err *err)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	const char *message = err->message;
	char *end;
	long line;

	if (strncmp(message, IMPORT_NAME ":", sizeof(IMPORT_NAME)) != 0)
		return;
	line = strtol(message + sizeof(IMPORT_NAME), &end, 10);
	if (line <= 0 || *end != ':')
		return;
	json_array_begin(&j, NULL);
	put_fault(&j, line, end + 1 + strspn(end + 1, " "));
	json_array_end(&j);
	call->faults = arena_strdup(call->request->arena, buf_cstr(&text));
}

static bool is_csv(const struct call *call)
{
	const char *type = http_header(call->request, "Content-Type");

	return type && strncasecmp(type, "text/csv", 8) == 0;
}

struct status device_import(struct call *call, struct http_response *response, struct err *err)
{
	const struct device_import_query *q = call->query;
	AUTO(import)
	in = {.csv = is_csv(call),
	    .product = q->product,
	    .batch = q->batch,
	    .arena = call->request->arena};
	struct policy_edit edit = {.file_name = IMPORT_NAME};
	struct policy_outcome outcome;

	if (!import_read(&in, call->request->body, err).ok) {
		tell_faults(call, &in);
		return STATUS_FAILED;
	}
	edit.text = buf_span(&in.documents);
	if (!call_apply(call, &edit, &outcome, err).ok) {
		tell_line(call, err);
		return STATUS_FAILED;
	}
	answer(call, &outcome, response);
	return STATUS_OK;
}
