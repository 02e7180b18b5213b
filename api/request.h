/* api/request.h: requests and approvals: handlers of /api/v1/requests. See signing/approval.h. */
#ifndef SIGNET_API_REQUEST_H
#define SIGNET_API_REQUEST_H

#include "api/page.h"
#include "api/route.h"

#define REQUEST_BODY_MAX 4096 /* a digest, and a comment of APPROVAL_COMMENT_MAX, escaped */

struct request_list_query {
	struct page_query page;
	char *state, *act, *requester;
};
struct request_verdict_body {
	char *digest, *comment;
};
extern const struct field request_list_fields[], request_approve_fields[], request_reject_fields[];

struct status request_list_get(struct call *call, struct http_response *response, struct err *err);
struct status request_one_get(struct call *call, struct http_response *response, struct err *err);
struct status request_approve(struct call *call, struct http_response *response, struct err *err);
struct status request_reject(struct call *call, struct http_response *response, struct err *err);
struct status request_withdraw(struct call *call, struct http_response *response, struct err *err);
struct status request_redeem(struct call *call, struct http_response *response, struct err *err);

#endif
