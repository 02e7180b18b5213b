/*
 * ca/service_name.h: which names a service may have: a profile's permit_dns and permit_ip.
 *
 * permit_dns: "api.example.com" is that name, "*.example.com" any with one label before it,
 * ".example.com" any below it. permit_ip: an address, or a range such as 10.0.0.0/8. Nothing is
 * permitted that no row permits, and no wildcard is.
 */
#ifndef SIGNET_CA_SERVICE_NAME_H
#define SIGNET_CA_SERVICE_NAME_H

#include "ca/authority.h"

#define SERVICE_NAMES_MAX 32 /* of one certificate, names and addresses each */

struct service_address {
	uint8_t octets[16];
	size_t n; /* 4 or 16 */
};
/* "192.0.2.1", "2001:db8::1". False: it is none. */
MUST_USE bool service_address_read(const char *text, struct service_address *ret);

/* Is the row of a profile one? `why` says what is wrong. */
MUST_USE bool service_permit_dns_fits(const char *row, char *why, size_t size);
MUST_USE bool service_permit_ip_fits(const char *row, char *why, size_t size);

/* A host name as RFC 1034 has it, lower case, no wildcard, and permitted. `why` says why not. */
MUST_USE bool service_dns_permitted(
    const struct profile *profile, const char *name, char *why, size_t size);
MUST_USE bool service_ip_permitted(
    const struct profile *profile, const struct service_address *address);

/* What a request asks for: its subject's common names and its subjectAltName. */
struct service_names {
	const char *const *dns;
	size_t dns_count;
	const struct service_address *ip;
	size_t ip_count;
};
/*
 * Are all names that the request asks for among these? Other attributes of its subject are no names
 * of a service, and do not count. False: `why` names the first that is not.
 */
MUST_USE bool service_names_cover(const struct service_names *names, struct span subject,
    struct span san, char *why, size_t size);

#endif
