/* api/statistic.c: see statistic.h. */
#include "api/statistic.h"

#include <string.h>

#include "api/perform.h"
#include "sql/device_view.h"
#include "sql/statistic.h"

const struct field statistic_fields[] = {
    {.name = "product",
	.type = FIELD_STR,
	.offset = offsetof(struct statistic_query, product),
	.min = 1,
	.max = 63,
	.help = "name of a product"},
    {.name = NULL},
};

static const char *const certificate_states[] = {"issued", "revoked", "held", "archived", NULL};

struct statistic_rows {
	const struct statistic_row *items;
	size_t count;
};

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_subject(const struct statistic_row *a, const struct statistic_row *b)
{
	return same(a->kind, b->kind) && same(a->authority, b->authority) &&
	       same(a->product, b->product);
}

/* A number for each state, those that nothing is in included. */
static void put_states(
    struct json *j, const struct statistic_row *rows, size_t n, const char *const *states)
{
	for (size_t s = 0; states[s]; s++) {
		int64_t count = 0;

		for (size_t i = 0; i < n; i++)
			if (strcmp(rows[i].state, states[s]) == 0)
				count += rows[i].count;
		json_int(j, states[s], count);
	}
}

/* May devices of this product be seen, too? Certificates are what the row's permission is about. */
static bool sees_devices(const struct call *call, const char *product)
{
	return access_may(
	    call_access(call), &call->actor, PERMISSION_DEVICE_READ, product, NULL, call_now(call));
}

static void put_group(struct json *j, const struct statistic_row *rows, size_t n)
{
	const bool device = strcmp(rows->kind, "device") == 0;

	json_object_begin(j, NULL);
	if (!device)
		json_str(j, "authority", rows->authority);
	json_str(j, "product", rows->product);
	put_states(j, rows, n, device ? device_states : certificate_states);
	json_object_end(j);
}

static void put_kind(
    const struct call *call, struct json *j, const char *kind, const struct statistic_rows *rows)
{
	const bool device = strcmp(kind, "device") == 0;
	size_t n;

	for (size_t i = 0; i < rows->count; i += n) {
		const struct statistic_row *first = &rows->items[i];

		for (n = 1; i + n < rows->count && same_subject(first, &first[n]); n++)
			;
		if (strcmp(first->kind, kind) == 0 &&
		    (!device || sees_devices(call, first->product)))
			put_group(j, first, n);
	}
}

struct status statistic_get(struct call *call, struct http_response *response, struct err *err)
{
	const struct statistic_query *q = call->query;
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	struct statistic_row *rows = NULL;
	struct statistic_rows all = {0};
	struct scope scope;

	if (call_scope(call, q->product, &scope))
		TRY(statistic_list(call->db, &scope, call->request->arena, &rows, &all.count, err));
	all.items = rows;
	json_object_begin(&j, NULL);
	json_array_begin(&j, "certificates");
	put_kind(call, &j, "certificate", &all);
	json_array_end(&j);
	json_array_begin(&j, "devices");
	put_kind(call, &j, "device", &all);
	json_array_end(&j);
	json_object_end(&j);
	call_answer(call, response, &text);
	return STATUS_OK;
}
