/* ca/policy_devices.c: devices that a policy file makes known. Added, never taken away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ca/policy_apply_internal.h"
#include "ca/trust_internal.h"

static const struct device_document *document_of(const struct policy_item *item)
{
	return item->document;
}

/* ---- checks ---- */

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* As trust_identify() would read it: '/' parts product and serial number in logs and paths. */
static struct status check_text(
    const struct application *app, const struct policy_item *item, const char *serial)
{
	size_t n = strlen(serial);

	if (n == 0 || n > IDENTITY_TEXT_MAX)
		return policy_fail(item, NULL, app->err,
		    "serial '%.80s' has %zu characters, 1 to %d are taken", serial, n,
		    IDENTITY_TEXT_MAX);
	if (!is_plain(serial))
		return policy_fail(item, NULL, app->err,
		    "serial '%.64s' holds control characters or something beyond ASCII", serial);
	if (strchr(serial, '/'))
		return policy_fail(item, NULL, app->err, "serial '%.64s' has a '/'", serial);
	return STATUS_OK;
}

/* A serial number that no anchor's normal form leaves as it is would never be recognised. */
static struct status check_normal(const struct application *app, const struct policy_item *item,
    const struct policy *p, const struct product *product, const char *serial)
{
	const struct trust_anchor *last = NULL;
	char text[IDENTITY_TEXT_MAX + 1];

	for (size_t i = 0; i < p->anchor_count; i++) {
		const struct trust_anchor *a = &p->anchors[i];

		if (strcmp(a->manufacturer, product->manufacturer) != 0)
			continue;
		snprintf(text, sizeof(text), "%s", serial);
		identity_normalise(a->serial.normalise, text);
		if (strcmp(text, serial) == 0)
			return STATUS_OK;
		last = a;
	}
	if (!last)
		return STATUS_OK;
	return policy_fail(item, NULL, app->err,
	    "serial '%.64s' is not as trust anchor '%.63s' normalises it: '%.64s'", serial,
	    last->name, text);
}

static const struct product *product_of(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->product_count; i++)
		if (strcmp(p->products[i].name, name) == 0)
			return &p->products[i];
	return NULL;
}

static struct status check_item(
    const struct application *app, const struct policy_item *item, const struct policy *p)
{
	const struct device_document *d = document_of(item);
	const struct product *product = product_of(p, d->product);
	const struct doc_node *list = doc_get(item->node, "serials");
	struct policy_item at = *item;

	if (!product)
		return policy_fail(
		    item, "product", app->err, "there is no product '%.63s'", d->product);
	if (d->batch && !is_plain(d->batch))
		return policy_fail(item, "batch", app->err,
		    "'%.64s' holds control characters or something beyond ASCII", d->batch);
	/* Each at its own line. */
	at.node = list ? list->child : doc_get(item->node, "serial");
	for (size_t i = 0; i < d->serials.count; i++, at.node = at.node->next) {
		TRY(check_text(app, &at, d->serials.items[i]));
		TRY(check_normal(app, &at, p, product, d->serials.items[i]));
	}
	return STATUS_OK;
}

struct status policy_devices_check(struct application *app, const struct policy *p)
{
	for (size_t i = 0; i < app->devices.count; i++)
		TRY(check_item(app, &app->devices.items[i], p));
	return STATUS_OK;
}

/* ---- writing ---- */

static const char *batch_of(const struct policy_item *item)
{
	return document_of(item)->batch ? document_of(item)->batch : "";
}

static int by_lot(const void *a, const void *b)
{
	const struct policy_item *x = a, *y = b;
	const int product = strcmp(document_of(x)->product, document_of(y)->product);

	return product ? product : strcmp(batch_of(x), batch_of(y));
}

static int64_t product_id(const struct application *app, const char *name)
{
	for (size_t i = 0; i < app->all.count; i++)
		if (app->all.items[i].kind == POLICY_PRODUCT &&
		    strcmp(app->all.items[i].name, name) == 0)
			return app->all.items[i].id;
	return 0;
}

/* Devices of one product and batch. */
struct lot {
	const char *product, *batch; /* batch NULL: none */
	const char **serials;
	size_t count;
};

static void render_devices(
    const struct lot *lot, const char *const *serials, size_t n, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_str(&j, "kind", "devices");
	json_str(&j, "product", lot->product);
	if (lot->batch)
		json_str(&j, "batch", lot->batch);
	json_array_begin(&j, "serials");
	for (size_t i = 0; i < n; i++)
		json_str(&j, NULL, serials[i]);
	json_array_end(&j);
	json_object_end(&j);
}

static struct status record(
    struct application *app, const struct lot *lot, const char *const *serials, size_t n)
{
	AUTO(buf) document = {0};
	struct policy_act act = policy_act_of(app);

	act.act = "device.made";
	act.kind = "devices";
	act.name = lot->product;
	act.version = app->version;
	render_devices(lot, serials, n, &document);
	act.document = buf_span(&document);
	return policy_record(app->db, &act, &app->rng, app->err);
}

static struct status write_lot(struct application *app, const struct lot *lot)
{
	AUTO(buf) all = {0};
	const char **added;
	size_t count;

	render_devices(lot, lot->serials, lot->count, &all);
	policy_plan(app, "devices", lot->product, NULL, buf_cstr(&all));
	TRY(device_add_many(app->db, product_id(app, lot->product), lot->batch, lot->serials,
	    lot->count, app->now, app->arena, &added, &count, app->err));
	policy_add_change(app, "devices",
	    arena_printf(app->arena, "%s (%zu new of %zu)", lot->product, count, lot->count),
	    count ? POLICY_CREATED : POLICY_UNCHANGED);
	app->changes[app->change_count - 1].devices = lot->count;
	app->changes[app->change_count - 1].devices_made = count;
	if (count == 0)
		return STATUS_OK;
	policy_add_act(app, ACT_DEVICE_REGISTER, lot->product);
	return record(app, lot, added, count);
}

/* Items are sorted by lot; this takes those of the first and returns how many they were. */
static size_t take_lot(
    const struct policy_item *items, size_t n, struct arena *arena, struct lot *ret_lot)
{
	size_t same = 0, count = 0, at = 0;
	const char **serials;

	while (same < n && by_lot(&items[same], &items[0]) == 0)
		count += document_of(&items[same++])->serials.count;
	serials = arena_alloc(arena, count * sizeof(*serials));
	for (size_t i = 0; i < same; i++)
		for (size_t j = 0; j < document_of(&items[i])->serials.count; j++)
			serials[at++] = document_of(&items[i])->serials.items[j];
	*ret_lot = (struct lot){
	    document_of(&items[0])->product, document_of(&items[0])->batch, serials, count};
	return same;
}

struct status policy_devices_write(struct application *app)
{
	struct policy_items *d = &app->devices;

	if (d->count)
		qsort(d->items, d->count, sizeof(*d->items), by_lot);
	for (size_t i = 0; i < d->count;) {
		struct lot lot;

		i += take_lot(d->items + i, d->count - i, app->arena, &lot);
		TRY(write_lot(app, &lot));
	}
	return STATUS_OK;
}
