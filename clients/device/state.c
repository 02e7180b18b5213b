/* clients/device/state.c: see state.h. */
#include "clients/device/state.h"

#include "base/der.h"
#include "base/doc.h"
#include "clients/device/reason.h"

#define PATH_TEXT_MAX 4096

const char *const operation_names[] = {"enroll", "renew", NULL};
const char *const phase_names[] = {"none", "asked", "staged", NULL};

#define STR(member, most)                                                     \
	{                                                                     \
		.name = #member, .type = FIELD_STR,                           \
		.offset = offsetof(struct device_config, member), .max = most \
	}
static const struct field config_fields[] = {
    STR(server, 1024),
    STR(label, 128),
    STR(idevid_cert, PATH_TEXT_MAX),
    STR(idevid_key, PATH_TEXT_MAX),
    STR(pin, 64),
    STR(algorithm, 32),
    {.name = "no_clock", .type = FIELD_BOOL, .offset = offsetof(struct device_config, no_clock)},
    {.name = NULL},
};

#define NUMBER(member)                                                                 \
	{                                                                              \
		.name = #member, .type = FIELD_INT,                                    \
		.offset = offsetof(struct device_state, member), .max = TIME_NO_EXPIRY \
	}
static const struct field state_fields[] = {
    NUMBER(time_floor),
    NUMBER(generation),
    {.name = "phase",
	.type = FIELD_ENUM,
	.offset = offsetof(struct device_state, phase),
	.names = phase_names},
    {.name = "operation",
	.type = FIELD_ENUM,
	.offset = offsetof(struct device_state, operation),
	.names = operation_names},
    NUMBER(since),
    NUMBER(retry_at),
    NUMBER(renew_at),
    NUMBER(renew_generation),
    {.name = NULL},
};

static const char *const reset_phases[] = {"telling", "erasing", "untold", NULL};
#define PATH(member)                                                                  \
	{                                                                             \
		.name = #member, .type = FIELD_STR,                                   \
		.offset = offsetof(struct reset_record, member), .max = PATH_TEXT_MAX \
	}
static const struct field reset_fields[] = {
    {.name = "phase",
	.type = FIELD_ENUM,
	.offset = offsetof(struct reset_record, phase),
	.names = reset_phases},
    {.name = "told", .type = FIELD_BOOL, .offset = offsetof(struct reset_record, told)},
    PATH(data),
    PATH(server),
    {.name = NULL},
};

static struct status record_load(struct store *s, const char *name, const struct field *fields,
    void *object, struct arena *arena, struct err *err)
{
	AUTO(buf) text = {0};
	AUTO(doc_file) doc = {0};
	struct err why = {0};

	if (!s->ops->load(s, name, &text, &why).ok)
		return why.kind == ERR_MISSING ? STATUS_OK : device_wrap(err, WHY(STORE), &why);
	if (!doc_parse(name, buf_span(&text), &doc, &why).ok)
		return device_wrap(err, WHY(STORE), &why);
	if (doc.count != 1)
		return err_refuse(err, WHY(STORE), "record %s is not one document", name);
	if (!doc_bind(name, doc.documents[0], fields, object, arena, &why).ok)
		return device_wrap(err, WHY(STORE), &why);
	return STATUS_OK;
}

static struct status record_save(struct store *s, const char *name, const struct field *fields,
    const void *object, struct err *err)
{
	AUTO(buf) text = {0};

	doc_render(fields, object, &text);
	buf_put_byte(&text, '\n');
	return s->ops->save(s, name, buf_span(&text), err);
}

struct status config_load(
    struct store *s, struct device_config *config, struct arena *arena, struct err *err)
{
	return record_load(s, STORE_CONFIG, config_fields, config, arena, err);
}

struct status config_save(struct store *s, const struct device_config *config, struct err *err)
{
	return record_save(s, STORE_CONFIG, config_fields, config, err);
}

struct status state_load(struct store *s, struct device_state *state, struct err *err)
{
	AUTO(arena) arena = {0};

	return record_load(s, STORE_STATE, state_fields, state, &arena, err);
}

struct status state_save(struct store *s, const struct device_state *state, struct err *err)
{
	return record_save(s, STORE_STATE, state_fields, state, err);
}

struct status reset_record_load(struct store *s, struct reset_record *record, bool *ret_begun,
    struct arena *arena, struct err *err)
{
	AUTO(buf) text = {0};
	struct err why = {0};

	*ret_begun = s->ops->load(s, STORE_RESET, &text, &why).ok;
	if (!*ret_begun)
		return why.kind == ERR_MISSING ? STATUS_OK : device_wrap(err, WHY(STORE), &why);
	return record_load(s, STORE_RESET, reset_fields, record, arena, err);
}

struct status reset_record_save(struct store *s, const struct reset_record *record, struct err *err)
{
	return record_save(s, STORE_RESET, reset_fields, record, err);
}
