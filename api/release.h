/*
 * api/release.h: releases, as pipelines and people see them. Handlers of /api/v1/releases.
 * signing/release.h has the rules.
 *
 * A release is of a product and a channel: a binding may be limited to either. What the caller may
 * not see looks as if it were not there.
 */
#ifndef SIGNET_API_RELEASE_H
#define SIGNET_API_RELEASE_H

#include "api/page.h"
#include "api/route.h"

#define RELEASE_BODY_MAX 32768 /* 8 components with three digests and a long URI, and notes */

struct release_component_body {
	char *id, *uri;
	struct {
		char *sha256, *sha384, *sha512;
	} digests;
	int64_t size;
};
struct release_body {
	char *product, *channel, *version;
	struct map_list components; /* struct release_component_body */
	struct {
		int format; /* index into "cyclonedx", "spdx" */
		char *digest;
	} sbom; /* digest NULL: none */
	char *notes;
	int64_t supersedes; /* 0: none */
};
struct release_recall_body {
	int64_t successor; /* 0: not said */
};
struct release_list_query {
	struct page_query page;
	char *product, *channel, *state, *version;
};
extern const struct field release_fields[], release_recall_fields[], release_list_fields[];

/* Draft; the same again by the same principal: 200 with the same release. */
struct status release_post(struct call *call, struct http_response *response, struct err *err);
struct status release_list_get(struct call *call, struct http_response *response, struct err *err);
struct status release_one_get(struct call *call, struct http_response *response, struct err *err);

/* ---- api/release_act.c ---- */
/* Each answers with the release as it is then; done already, it is left as it is. */
struct status release_sign_post(struct call *call, struct http_response *response, struct err *err);
struct status release_publish_post(
    struct call *call, struct http_response *response, struct err *err);
struct status release_recall_post(
    struct call *call, struct http_response *response, struct err *err);

/* ---- api/release_file.c ---- */
/* The route's answer_type; ETag is the SHA-256 of the file. */
struct status release_manifest_get(
    struct call *call, struct http_response *response, struct err *err);
struct status release_suit_get(struct call *call, struct http_response *response, struct err *err);
struct status release_jws_get(struct call *call, struct http_response *response, struct err *err);
struct status release_cms_get(struct call *call, struct http_response *response, struct err *err);
struct status release_bundle_file_get(
    struct call *call, struct http_response *response, struct err *err);

#endif
