/* api/device.h: devices: handlers of /api/v1/devices. */
#ifndef SIGNET_API_DEVICE_H
#define SIGNET_API_DEVICE_H

#include "api/page.h"
#include "api/route.h"

/* A mebibyte of an import holds some 30,000 lines; the client cuts what is longer. */
#define DEVICE_BODY_MAX (1 << 20)

struct device_list_query {
	struct page_query page;
	char *product, *serial, *state, *batch, *key;
	int64_t created_after, created_before, enrolled_after, enrolled_before;
};
struct device_register_body {
	char *product, *batch;
	struct str_list serials;
};
struct device_import_query {
	char *product, *batch;
};
struct device_patch_body {
	char *state;
};
extern const struct field device_list_fields[], device_register_fields[], device_import_fields[],
    device_patch_fields[];

struct status device_list_get(struct call *call, struct http_response *response, struct err *err);
struct status device_one_get(struct call *call, struct http_response *response, struct err *err);
struct status device_register(struct call *call, struct http_response *response, struct err *err);
struct status device_import(struct call *call, struct http_response *response, struct err *err);
struct status device_patch(struct call *call, struct http_response *response, struct err *err);

#endif
