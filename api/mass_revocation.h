/*
 * api/mass_revocation.h: all certificates that a selection finds, revoked by one act: handlers of
 * /api/v1/mass-revocations.
 *
 * Somebody whose permission is limited to products selects among their certificates alone. A dry
 * run tells the blast radius. What is agreed to is the selection as it was then: the digest is of
 * the certificates themselves, and what is issued later is not in it.
 */
#ifndef SIGNET_API_MASS_REVOCATION_H
#define SIGNET_API_MASS_REVOCATION_H

#include "api/page.h"
#include "api/route.h"

#define MASS_BODY_MAX  4096 /* a dozen members */
#define MASS_SAMPLE    10   /* certificates that a dry run names */
#define MASS_ACTS_MOST 64   /* products that a request names; more are "all of them" */

struct mass_selector_body {
	int64_t certificate, device;
	char *product, *batch, *authority, *key_digest, *algorithm;
	int64_t issued_after, issued_before;
};
struct mass_revoke_body {
	struct mass_selector_body selector;
	char *reason;
	int64_t invalidity_at;
	bool dry_run;
};
struct mass_list_query {
	struct page_query page;
	char *state;
};
extern const struct field mass_revoke_fields[], mass_list_fields[];

struct status mass_revocation_post(
    struct call *call, struct http_response *response, struct err *err);
struct status mass_revocation_list_get(
    struct call *call, struct http_response *response, struct err *err);
struct status mass_revocation_one_get(
    struct call *call, struct http_response *response, struct err *err);
struct status mass_revocation_cancel(
    struct call *call, struct http_response *response, struct err *err);

#endif
