/* clients/device/update_config.c: the records beside slots and state; see update_internal.h. */
#include <string.h>

#include "base/doc.h"
#include "clients/device/update_records.h"

#define RECORD_MAX ((size_t)64 << 10)

#define STR(record, member, most)                                                              \
	{                                                                                      \
		.name = #member, .type = FIELD_STR, .offset = offsetof(struct record, member), \
		.max = most                                                                    \
	}
#define NUMBER(record, member)                                                                 \
	{                                                                                      \
		.name = #member, .type = FIELD_INT, .offset = offsetof(struct record, member), \
		.max = INT64_MAX                                                               \
	}
#define LIST(record, member)                                                          \
	{                                                                             \
		.name = #member, .type = FIELD_STR_LIST,                              \
		.offset = offsetof(struct record, member), .max = BOOT_COMPONENTS_MAX \
	}

static const struct field config_fields[] = {
    STR(update_config, product, CBOR_NAME_MAX),
    STR(update_config, channel, CBOR_NAME_MAX),
    STR(update_config, model, CBOR_NAME_MAX),
    STR(update_config, vendor_id, 2 * UUID_SIZE),
    STR(update_config, download_ca, 4096),
    LIST(update_config, components),
    {.name = NULL},
};

static const struct field offer_fields[] = {
    STR(update_offer, etag, 256),
    NUMBER(update_offer, sequence),
    STR(update_offer, version, CBOR_NAME_MAX),
    STR(update_offer, bundle_digest, 64),
    NUMBER(update_offer, bundle_size),
    NUMBER(update_offer, trust_version),
    NUMBER(update_offer, recall_number),
    {.name = NULL},
};

static const struct field incoming_fields[] = {
    STR(update_incoming, manifest, 64),
    LIST(update_incoming, etags),
    {.name = NULL},
};

static struct status load(struct signet_update *u, const char *name, const struct field *fields,
    void *object, struct arena *arena, struct err *err)
{
	AUTO(buf) text = {0};
	AUTO(doc_file) doc = {0};
	struct err why = {0};

	if (!update_get(u, name, RECORD_MAX, &text, &why).ok)
		return why.kind == ERR_MISSING ? err_set(err, ERR_MISSING, "%s", why.message)
					       : device_wrap(err, UPDATE_WHY(UPDATE_STORE), &why);
	if (!doc_parse(name, buf_span(&text), &doc, &why).ok)
		return device_wrap(err, UPDATE_WHY(UPDATE_STORE), &why);
	if (doc.count != 1)
		return err_refuse(err, UPDATE_WHY(UPDATE_STORE), "'%s' is not one record", name);
	if (!doc_bind(name, doc.documents[0], fields, object, arena, &why).ok)
		return device_wrap(err, UPDATE_WHY(UPDATE_STORE), &why);
	return STATUS_OK;
}

static struct status save(struct signet_update *u, const char *name, const struct field *fields,
    const void *object, struct err *err)
{
	AUTO(buf) text = {0};

	doc_render(fields, object, &text);
	buf_put_byte(&text, '\n');
	return update_put(u, name, buf_span(&text), err);
}

/* What is not there, or cannot be read, is as if nothing were known: these only spare work. */
static struct status load_hint(struct signet_update *u, const char *name,
    const struct field *fields, void *object, struct arena *arena)
{
	return load(u, name, fields, object, arena, &(struct err){0});
}

/* ---- device.json ---- */

struct status update_config_save(
    struct signet_update *u, const struct update_config *config, struct err *err)
{
	return save(u, "device.json", config_fields, config, err);
}

struct status update_config_load(struct signet_update *u, struct err *err)
{
	struct err why = {0};

	if (load(u, "device.json", config_fields, &u->config, &u->arena, &why).ok)
		return update_config_apply(u, err);
	if (why.kind == ERR_MISSING)
		return err_refuse(
		    err, UPDATE_WHY(UPDATE_NONE), "'%s' was not made by update init", u->directory);
	return device_wrap(err, UPDATE_WHY(UPDATE_STORE), &why);
}

struct status update_config_apply(struct signet_update *u, struct err *err)
{
	const struct update_config *c = &u->config;
	AUTO(buf) vendor = {0};
	struct err why = {0};

	if (!c->product || !c->channel || !c->model || !c->vendor_id || !c->components.count ||
	    !hex_decode(span_str(c->vendor_id), &vendor, &why).ok || vendor.n != UUID_SIZE)
		return err_refuse(err, UPDATE_WHY(UPDATE_STORE),
		    "'device.json' does not say what this device is");
	for (size_t i = 0; i < c->components.count; i++)
		u->components[i] = span_str(c->components.items[i]);
	u->boot = (struct boot_device){.crypto = &u->crypto,
	    .flash = &u->flash,
	    .product = span_str(c->product),
	    .channel = span_str(c->channel),
	    .components = u->components,
	    .component_count = (unsigned)c->components.count};
	memcpy(u->boot.vendor_id, vendor.p, UUID_SIZE);
	uuid_class(u->boot.vendor_id, c->model, c->channel, u->boot.class_id);
	return STATUS_OK;
}

/* ---- the others ---- */

struct status update_offer_load(
    struct signet_update *u, struct update_offer *ret_offer, struct arena *arena)
{
	return load_hint(u, "offer.json", offer_fields, ret_offer, arena);
}

struct status update_offer_save(
    struct signet_update *u, const struct update_offer *offer, struct err *err)
{
	return save(u, "offer.json", offer_fields, offer, err);
}

struct status update_incoming_load(struct signet_update *u, unsigned slot,
    struct update_incoming *ret_incoming, struct arena *arena)
{
	char name[UPDATE_NAME_MAX];

	update_slot_file(slot, "incoming", name);
	return load_hint(u, name, incoming_fields, ret_incoming, arena);
}

struct status update_incoming_save(
    struct signet_update *u, unsigned slot, const struct update_incoming *incoming, struct err *err)
{
	char name[UPDATE_NAME_MAX];

	update_slot_file(slot, "incoming", name);
	return save(u, name, incoming_fields, incoming, err);
}
