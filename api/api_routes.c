/* api/api_routes.c: the API, as one table: it dispatches, authorises, binds and documents. */
#include "api/log.h"
#include "api/perform.h"
#include "api/problem.h"

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
    /* clang-format on */
    {.path = NULL},
};
