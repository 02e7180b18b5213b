/*
 * ca/service_certificate.h: certificates for services: a web server, a broker, a gateway. Somebody
 * who may (certificate.issue) brings a request; a profile with use: service says which names it may
 * have.
 *
 * The names are those of the call. The request gives its key, and proves that its maker has it;
 * names that it asks for beside them refuse it, so that nobody believes to have got them.
 */
#ifndef SIGNET_CA_SERVICE_CERTIFICATE_H
#define SIGNET_CA_SERVICE_CERTIFICATE_H

#include "ca/policy.h"

/* Of one subject in a day: a service that renews in a loop is told, and fills nothing. */
#define SERVICE_DAY_MAX 24

struct service_wish {
	const struct policy *policy;
	const struct actor *by;
	const char *profile;
	const char *csr; /* PEM, or base64 of DER */
	const struct str_list *dns, *ip;
	int64_t request_id; /* that others agreed to; 0: none */
	const char *const *approvers;
	size_t approver_count;
	int64_t now;
};
struct service_made {
	int64_t id;
	int64_t renews;     /* id of the one with the same key and names; 0: the key is new */
	const char *serial; /* lower-case hex */
	const char *pem;    /* the certificate, then its issuers below the root */
	int64_t not_before, not_after;
};
/*
 * In the caller's transaction: the certificate, its log entry, and a record of who had it made. A
 * key that has a certificate already gets another one for the same names under the same profile
 * alone. Texts in the arena. ERR_INPUT csr.*, body.base64. ERR_DENIED service.name,
 * service.csr-name, csr.key-algorithm. ERR_CONFLICT service.key. ERR_LIMIT service.limit. ERR_UNFIT
 * service.profile.
 */
struct status service_certificate_make(struct db *db, const struct service_wish *wish,
    const struct rng *rng, struct arena *arena, struct service_made *ret_made, struct err *err);

#endif
