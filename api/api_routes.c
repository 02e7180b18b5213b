/* api/api_routes.c: the API, as one table: it dispatches, authorises, binds and documents. */
#include "api/enrollment_decide.h"
#include "api/log.h"
#include "api/operator_certificate.h"
#include "api/perform.h"
#include "api/problem.h"
#include "api/request.h"
#include "api/token.h"

#define API "/api/v1"
/* Lists and objects: read on a worker. */
#define READ .place = ROUTE_WORKER, .listeners = LISTENER_OPERATOR, .error_shape = problem_shape

const struct route api_routes[] = {
    /* clang-format off */
	/* the log (api/log.h) */
	{.method = HTTP_GET, .path = API "/log/info", .handler = log_info,
	    .operation = "getLog", .permission = PERMISSION_LOG_READ, .scope = SCOPE_GLOBAL,
	    .answer = "LogInfo", READ, .summary = "which log this is, and how to trust it"},
	{.method = HTTP_GET, .path = API "/log/entries", .handler = log_entries,
	    .operation = "listLogEntries", .permission = PERMISSION_LOG_READ, .scope = SCOPE_GLOBAL,
	    .flags = ROUTE_LIST, .query = log_entries_fields,
	    .query_size = sizeof(struct log_entries_query), .answer = "LogEntry", READ,
	    .summary = "entries in the order in which they were written"},
	{.method = HTTP_GET, .path = API "/log/proof", .handler = log_proof,
	    .operation = "getLogProof", .permission = PERMISSION_LOG_READ, .scope = SCOPE_GLOBAL,
	    .query = log_proof_fields, .query_size = sizeof(struct log_proof_query), READ,
	    .summary = "a proof that stands alone (C2SP tlog-proof), of a record's newest entry"},
	{.method = HTTP_GET, .path = API "/log/records", .handler = log_records,
	    .operation = "listLogRecords", .permission = PERMISSION_LOG_READ, .scope = SCOPE_GLOBAL,
	    .query = log_records_fields, .query_size = sizeof(struct log_records_query),
	    .answer = "LogRecord", READ,
	    .summary = "leaves, each with the record that the store has for it now"},
	{.method = HTTP_GET, .path = API "/log/strays", .handler = log_strays,
	    .operation = "listLogStrays", .permission = PERMISSION_LOG_READ, .scope = SCOPE_GLOBAL,
	    .query = log_strays_fields, .query_size = sizeof(struct log_strays_query),
	    .answer = "LogStray", READ,
	    .summary = "what the log does not tell of, or tells otherwise"},
	/* enrollments, decided (api/enrollment_decide.h) */
	{.method = HTTP_POST, .path = API "/enrollments/{id}/approve", .handler = enrollment_approve,
	    .operation = "approveEnrollment", .permission = PERMISSION_ENROLLMENT_DECIDE,
	    .scope = SCOPE_PRODUCT, .flags = ROUTE_ACT, .answer = "Decision", READ,
	    .summary = "approve an enrollment that waits, alone or as one of several"},
	{.method = HTTP_POST, .path = API "/enrollments/{id}/reject", .handler = enrollment_reject,
	    .operation = "rejectEnrollment", .permission = PERMISSION_ENROLLMENT_DECIDE,
	    .scope = SCOPE_PRODUCT, .flags = ROUTE_ACT, .answer = "Decision", READ,
	    .summary = "reject an enrollment that waits"},
	/* requests and approvals (api/request.h) */
	{.method = HTTP_GET, .path = API "/requests", .handler = request_list_get,
	    .operation = "listRequests", .permission = PERMISSION_SELF, .flags = ROUTE_LIST,
	    .query = request_list_fields, .query_size = sizeof(struct request_list_query),
	    .answer = "Request", READ,
	    .summary = "one's own requests, and those that request.read reaches"},
	{.method = HTTP_GET, .path = API "/requests/{id}", .handler = request_one_get,
	    .operation = "getRequest", .permission = PERMISSION_SELF, .answer = "Request", READ,
	    .summary = "a request whole: the call, what it would change, its digest, who approved"},
	{.method = HTTP_POST, .path = API "/requests/{id}/approve", .handler = request_approve,
	    .operation = "approveRequest", .permission = PERMISSION_REQUEST_APPROVE,
	    .flags = ROUTE_ACT, .content_type = "application/json", .body_max = REQUEST_BODY_MAX,
	    .body = request_approve_fields, .body_size = sizeof(struct request_verdict_body),
	    .answer = "Request", READ, .summary = "approve exactly what the digest stands for"},
	{.method = HTTP_POST, .path = API "/requests/{id}/reject", .handler = request_reject,
	    .operation = "rejectRequest", .permission = PERMISSION_REQUEST_APPROVE,
	    .flags = ROUTE_ACT, .content_type = "application/json", .body_max = REQUEST_BODY_MAX,
	    .body = request_reject_fields, .body_size = sizeof(struct request_verdict_body),
	    .answer = "Request", READ, .summary = "end a request: it is not wanted"},
	{.method = HTTP_POST, .path = API "/requests/{id}/withdraw", .handler = request_withdraw,
	    .operation = "withdrawRequest", .permission = PERMISSION_SELF, .flags = ROUTE_ACT,
	    .answer = "Request", READ, .summary = "the requester ends it"},
	{.method = HTTP_POST, .path = API "/requests/{id}/redeem", .handler = request_redeem,
	    .operation = "redeemRequest", .permission = PERMISSION_SELF,
	    .flags = ROUTE_ACT | ROUTE_SECRET, READ,
	    .summary = "do what was approved, once; answers as the act does"},
	/* credentials (api/token.h, api/operator_certificate.h) */
	{.method = HTTP_GET, .path = API "/tokens", .handler = token_list_get,
	    .operation = "listTokens", .permission = PERMISSION_SELF, .flags = ROUTE_LIST,
	    .query = token_list_fields, .query_size = sizeof(struct token_list_query),
	    .answer = "TokenList", READ,
	    .summary = "one's own tokens, or with token.read those of all; never the tokens themselves"},
	{.method = HTTP_POST, .path = API "/tokens", .handler = token_create,
	    .operation = "createToken", .permission = PERMISSION_SELF,
	    .flags = ROUTE_ACT | ROUTE_CREATES | ROUTE_SECRET, .content_type = "application/json",
	    .body_max = TOKEN_BODY_MAX, .body = token_fields, .body_size = sizeof(struct token_body),
	    .answer = "TokenMade", .status = 201, READ,
	    .summary = "a token for oneself, or with token.create for somebody who holds no more"},
	{.method = HTTP_DELETE, .path = API "/tokens/{id}", .handler = token_delete,
	    .operation = "revokeToken", .permission = PERMISSION_SELF, .flags = ROUTE_ACT,
	    .status = 204, READ,
	    .summary = "revoke one's own token, or with token.revoke any, and all that it has made"},
	{.method = HTTP_POST, .path = API "/token-exchange", .handler = token_exchange,
	    .operation = "exchangeToken", .permission = PERMISSION_PUBLIC,
	    .flags = ROUTE_CREATES, .content_type = "application/json",
	    .body_max = EXCHANGE_BODY_MAX, .body = exchange_fields,
	    .body_size = sizeof(struct exchange_body), .answer = "TokenMade", .status = 201, READ,
	    .summary = "an identity token of a known OIDC issuer for one of ours, once, for one request"},
	{.method = HTTP_POST, .path = API "/principals/{name}/certificates",
	    .handler = operator_certificate_create, .operation = "createOperatorCertificate",
	    .permission = PERMISSION_SELF, .flags = ROUTE_ACT | ROUTE_CREATES,
	    .content_type = "application/json", .body_max = OPERATOR_CERTIFICATE_BODY_MAX,
	    .body = operator_certificate_fields,
	    .body_size = sizeof(struct operator_certificate_body), .answer = "OperatorCertificate",
	    .status = 201, READ,
	    .summary = "a client certificate for oneself, or with token.create for another principal"},
    /* clang-format on */
    {.path = NULL},
};
