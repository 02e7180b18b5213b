/* api/openapi_schema.c: schemas from field tables and answer shapes. See openapi.h. */
#include "api/openapi.h"

#include <ctype.h>
#include <string.h>

#include "api/answer.h"
#include "ca/policy_document.h"
#include "ca/reason.h"

/* ---- what is sent: field tables ---- */

/* null is absent: what is not required may be null. */
static void put_type(struct json *j, const char *type, bool nullable)
{
	if (!nullable) {
		json_str(j, "type", type);
		return;
	}
	json_array_begin(j, "type");
	json_str(j, NULL, type);
	json_str(j, NULL, "null");
	json_array_end(j);
}

static void put_bounds(struct json *j, const struct field *f, const char *least, const char *most)
{
	if (f->min)
		json_int(j, least, f->min);
	if (f->max)
		json_int(j, most, f->max);
}

static void put_enum(struct json *j, const char *const *names, bool nullable)
{
	json_array_begin(j, "enum");
	for (size_t i = 0; names[i]; i++)
		json_str(j, NULL, names[i]);
	if (nullable)
		json_str(j, NULL, NULL);
	json_array_end(j);
}

static void put_list(struct json *j, const struct field *f, bool nullable)
{
	put_type(j, "array", nullable);
	put_bounds(j, f, "minItems", "maxItems");
	if (f->type == FIELD_MAP_LIST) {
		schema_of_fields(j, "items", f->sub);
		return;
	}
	json_object_begin(j, "items");
	json_str(j, "type", "string");
	if (f->type == FIELD_FLAGS)
		put_enum(j, f->names, false);
	json_object_end(j);
}

static void put_seconds(struct json *j, bool nullable)
{
	json_array_begin(j, "type");
	json_str(j, NULL, "string");
	json_str(j, NULL, "integer");
	if (nullable)
		json_str(j, NULL, "null");
	json_array_end(j);
	json_str(j, "pattern", "^[0-9]+[smhdwy]?$");
}

static void put_scalar(struct json *j, const struct field *f, bool nullable)
{
	switch (f->type) {
	case FIELD_INT:
		put_type(j, "integer", nullable);
		put_bounds(j, f, "minimum", "maximum");
		break;
	case FIELD_SECONDS: put_seconds(j, nullable); break;
	case FIELD_BOOL: put_type(j, "boolean", nullable); break;
	case FIELD_TIME:
		put_type(j, "string", nullable);
		json_str(j, "format", "date-time");
		break;
	case FIELD_ENUM:
		put_type(j, "string", nullable);
		put_enum(j, f->names, nullable);
		break;
	default:
		put_type(j, "string", nullable);
		put_bounds(j, f, "minLength", "maxLength");
		break;
	}
}

static void put_members(struct json *j, const struct field *fields, bool nullable);

static void put_field(struct json *j, const char *name, const struct field *f, bool nullable)
{
	json_object_begin(j, name);
	if (f->help)
		json_str(j, "description", f->help);
	if (f->type == FIELD_MAP)
		put_members(j, f->sub, nullable);
	else if (f->type == FIELD_MAP_LIST || f->type == FIELD_STR_LIST || f->type == FIELD_FLAGS)
		put_list(j, f, nullable);
	else
		put_scalar(j, f, nullable);
	json_object_end(j);
}

void schema_of_field(struct json *j, const char *name, const struct field *f)
{
	put_field(j, name, f, false);
}

static bool any_required(const struct field *fields)
{
	for (const struct field *f = fields; f->name; f++)
		if (f->required)
			return true;
	return false;
}

static void put_members(struct json *j, const struct field *fields, bool nullable)
{
	put_type(j, "object", nullable);
	json_object_begin(j, "properties");
	for (const struct field *f = fields; f->name; f++)
		put_field(j, f->name, f, !f->required);
	json_object_end(j);
	if (any_required(fields)) {
		json_array_begin(j, "required");
		for (const struct field *f = fields; f->name; f++)
			if (f->required)
				json_str(j, NULL, f->name);
		json_array_end(j);
	}
	json_bool(j, "additionalProperties", false);
}

void schema_of_fields(struct json *j, const char *name, const struct field *fields)
{
	json_object_begin(j, name);
	put_members(j, fields, false);
	json_object_end(j);
}

/* ---- what is answered: shapes ---- */

static void put_ref(struct json *j, const char *name, const char *shape)
{
	AUTO(buf) ref = {0};

	buf_printf(&ref, "#/components/schemas/%s", shape);
	json_object_begin(j, name);
	json_str(j, "$ref", buf_cstr(&ref));
	json_object_end(j);
}

static void put_ref_or_null(struct json *j, const char *shape)
{
	json_array_begin(j, "anyOf");
	put_ref(j, NULL, shape);
	json_object_begin(j, NULL);
	json_str(j, "type", "null");
	json_object_end(j);
	json_array_end(j);
}

static void put_string_items(struct json *j)
{
	json_object_begin(j, "items");
	json_str(j, "type", "string");
	json_object_end(j);
}

static void put_answer_type(struct json *j, const struct answer_field *f)
{
	static const char *const types[] = {
	    [ANSWER_STR] = "string",
	    [ANSWER_INT] = "integer",
	    [ANSWER_BOOL] = "boolean",
	    [ANSWER_TIME] = "string",
	    [ANSWER_HEX] = "string",
	    [ANSWER_ENUM] = "string",
	    [ANSWER_STR_LIST] = "array",
	    [ANSWER_LIST] = "array",
	    [ANSWER_ANY] = "object",
	};

	if (f->type == ANSWER_JSON)
		return;
	if (f->type == ANSWER_OBJECT && f->nullable) {
		put_ref_or_null(j, f->of);
		return;
	}
	put_type(j, types[f->type], f->nullable);
	if (f->type == ANSWER_TIME)
		json_str(j, "format", "date-time");
	else if (f->type == ANSWER_HEX)
		json_str(j, "pattern", "^[0-9a-f]+$");
	else if (f->type == ANSWER_ENUM)
		put_enum(j, f->names, f->nullable);
	else if (f->type == ANSWER_STR_LIST)
		put_string_items(j);
	else if (f->type == ANSWER_LIST)
		put_ref(j, "items", f->of);
}

static void put_answer_field(struct json *j, const struct answer_field *f)
{
	if (f->type == ANSWER_OBJECT && !f->nullable) {
		put_ref(j, f->name, f->of);
		return;
	}
	json_object_begin(j, f->name);
	if (f->help[0])
		json_str(j, "description", f->help);
	put_answer_type(j, f);
	json_object_end(j);
}

static void put_page(struct json *j, const char *shape)
{
	json_object_begin(j, "properties");
	json_object_begin(j, "items");
	json_str(j, "type", "array");
	put_ref(j, "items", shape);
	json_object_end(j);
	json_object_begin(j, "next");
	put_type(j, "string", true);
	json_str(j, "description", "cursor: `after` of the next page; null: this is the last one");
	json_object_end(j);
	json_object_end(j);
	json_array_begin(j, "required");
	json_str(j, NULL, "items");
	json_str(j, NULL, "next");
	json_array_end(j);
}

static void put_shape(struct json *j, const struct answer_shape *s)
{
	json_object_begin(j, s->name);
	json_str(j, "description", s->help);
	json_str(j, "type", "object");
	if (s->list)
		put_page(j, s->list);
	if (s->fields) {
		json_object_begin(j, "properties");
		for (const struct answer_field *f = s->fields; f->name; f++)
			put_answer_field(j, f);
		json_object_end(j);
		json_array_begin(j, "required");
		for (const struct answer_field *f = s->fields; f->name; f++)
			if (!f->optional)
				json_str(j, NULL, f->name);
		json_array_end(j);
	}
	json_object_end(j);
}

/* ---- documents of policy ---- */

/* "trust-anchor" -> "TrustAnchor". */
static void pascal(const char *kind, struct buf *out)
{
	bool upper = true;

	for (; *kind; kind++) {
		if (*kind != '-')
			buf_put_byte(out, (uint8_t)(upper ? toupper((unsigned char)*kind) : *kind));
		upper = *kind == '-';
	}
}

static void put_member(struct json *j, const char *name, const char *type, const char *format)
{
	json_object_begin(j, name);
	json_str(j, "type", type);
	if (format)
		json_str(j, "format", format);
	json_object_end(j);
}

static const char *const document_members[] = {
    "kind", "name", "version", "updated_at", "document", NULL};

/* What documents of some kinds are shown with beside. */
static const struct beside {
	const char *kind, *name, *format;
} beside[] = {
    {"authority", "certificate", NULL},
    {"authority", "fingerprint", NULL},
    {"authority", "not_before", "date-time"},
    {"authority", "not_after", "date-time"},
    {"signing-key", "kid", NULL},
    {"signing-key", "public_key", NULL},
};

static void put_names(struct json *j, const char *const *names)
{
	for (size_t i = 0; names[i]; i++)
		json_str(j, NULL, names[i]);
}

static void put_document(struct json *j, const char *name, const struct policy_kind *kind)
{
	AUTO(buf) ref = {0};

	buf_printf(&ref, "%sDocument", name);
	json_object_begin(j, name);
	json_str(j, "description", kind->help);
	json_str(j, "type", "object");
	json_object_begin(j, "properties");
	json_object_begin(j, "kind");
	json_str(j, "const", kind->name);
	json_object_end(j);
	put_member(j, "name", "string", NULL);
	put_member(j, "version", "integer", NULL);
	put_member(j, "updated_at", "string", "date-time");
	put_ref(j, "document", buf_cstr(&ref));
	for (size_t i = 0; i < COUNT(beside); i++)
		if (strcmp(beside[i].kind, kind->name) == 0)
			put_member(j, beside[i].name, "string", beside[i].format);
	json_object_end(j);
	json_array_begin(j, "required");
	put_names(j, document_members);
	for (size_t i = 0; i < COUNT(beside); i++)
		if (strcmp(beside[i].kind, kind->name) == 0)
			json_str(j, NULL, beside[i].name);
	json_array_end(j);
	json_object_end(j);
}

/* LabelDocument, Label and LabelList. */
static void put_kind(struct json *j, const struct policy_kind *kind)
{
	AUTO(buf) name = {0};
	AUTO(buf) other = {0};

	pascal(kind->name, &name);
	buf_printf(&other, "%sDocument", buf_cstr(&name));
	schema_of_fields(j, buf_cstr(&other), kind->fields);
	put_document(j, buf_cstr(&name), kind);
	buf_reset(&other);
	buf_printf(&other, "%sList", buf_cstr(&name));
	json_object_begin(j, buf_cstr(&other));
	json_str(j, "type", "object");
	put_page(j, buf_cstr(&name));
	json_object_end(j);
}

/* ---- refusals ---- */

static void put_codes(struct json *j)
{
	json_array_begin(j, "x-signet-codes");
	for (const struct reason *r = reasons; r->code; r++)
		json_str(j, NULL, r->code);
	json_array_end(j);
}

static const char *const problem_members[] = {
    "type", "title", "status", "detail", "code", "request_id", NULL};

static void put_problem(struct json *j)
{
	json_object_begin(j, "Problem");
	json_str(j, "description", "RFC 9457; `code` is stable");
	json_str(j, "type", "object");
	json_object_begin(j, "properties");
	put_member(j, "type", "string", NULL);
	put_member(j, "title", "string", NULL);
	put_member(j, "status", "integer", NULL);
	put_member(j, "detail", "string", NULL);
	put_member(j, "code", "string", NULL);
	put_member(j, "rule", "string", NULL);
	put_member(j, "advice", "string", NULL);
	put_member(j, "instance", "string", NULL);
	put_member(j, "request_id", "string", NULL);
	json_object_begin(j, "errors");
	json_str(j, "type", "array");
	put_ref(j, "items", "LineError");
	json_object_end(j);
	json_object_end(j);
	json_array_begin(j, "required");
	put_names(j, problem_members);
	json_array_end(j);
	put_codes(j);
	json_object_end(j);
	json_object_begin(j, "LineError");
	json_str(j, "type", "object");
	json_object_begin(j, "properties");
	put_member(j, "line", "integer", NULL);
	put_member(j, "detail", "string", NULL);
	json_object_end(j);
	json_object_end(j);
}

void schema_components(struct json *j)
{
	json_object_begin(j, "schemas");
	for (int i = 0; i < POLICY_STORED; i++)
		put_kind(j, &policy_kinds[i]);
	for (const struct answer_shape *s = answer_shapes; s->name; s++)
		put_shape(j, s);
	put_problem(j);
	json_object_end(j);
}
