/*
 * api/openapi.h: GET /api/v1/openapi.json: the API described in OpenAPI 3.1, made from the tables
 * that dispatch (api_routes[]), bind (field tables) and answer (answer_shapes[]): it cannot lag
 * behind.
 *
 * Each operation names its permission (x-signet-permission) and how it is scoped (x-signet-scope);
 * the schema Problem lists every reason code (x-signet-codes).
 */
#ifndef SIGNET_API_OPENAPI_H
#define SIGNET_API_OPENAPI_H

#include "api/route.h"

struct status openapi_get(struct call *call, struct http_response *response, struct err *err);

/* The document of these rows. */
void openapi_write(const struct route *table, struct buf *out);

/* ---- api/openapi_schema.c ---- */
struct json;
/* A JSON Schema (2020-12) of an object that this table binds. */
void schema_of_fields(struct json *j, const char *name, const struct field *fields);
/* Of one row alone: a parameter. */
void schema_of_field(struct json *j, const char *name, const struct field *f);
/* components.schemas: documents of policy, answers, Problem. */
void schema_components(struct json *j);

#endif
