/*
 * api/log.h: the log for those who audit it: where it is, what its entries are tied to, what it
 * does not tell of, and proofs. What anybody may read stands in api/log_public.h.
 */
#ifndef SIGNET_API_LOG_H
#define SIGNET_API_LOG_H

#include "api/page.h"
#include "api/route.h"

struct log_entries_query {
	struct page_query page;
};
struct log_records_query {
	int64_t from, limit;
};
struct log_strays_query {
	char *after;
};
struct log_proof_query {
	char *kind; /* of the record: "certificate" */
	int64_t id;
	int64_t entry; /* or of the entry itself */
};
extern const struct field log_entries_fields[], log_records_fields[], log_strays_fields[],
    log_proof_fields[];

struct status log_info(struct call *call, struct http_response *response, struct err *err);
struct status log_entries(struct call *call, struct http_response *response, struct err *err);
/* Waits for the integrator, LOG_PROOF_WAIT_MS at the most. ERR_BUSY log.proof, log.proof-room. */
struct status log_proof(struct call *call, struct http_response *response, struct err *err);
struct status log_records(struct call *call, struct http_response *response, struct err *err);
struct status log_strays(struct call *call, struct http_response *response, struct err *err);

#endif
