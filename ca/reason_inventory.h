/*
 * ca/reason_inventory.h: reasons of the inventory and of certificates for services.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_INVENTORY_H
#define SIGNET_CA_REASON_INVENTORY_H

#define REASONS_INVENTORY(X)                                                                                                        \
	X(CERTIFICATE_ARCHIVED, "certificate.archived", ERR_MISSING,                                                                \
	    "an authority's archive_after says how long behind its end a certificate's DER is "                                     \
	    "kept; its digest stays",                                                                                               \
	    "whoever has the certificate can hold it against der_digest, and the log proves "                                       \
	    "that")                                                                                                                 \
	X(SERVICE_PROFILE, "service.profile", ERR_UNFIT,                                                                            \
	    "certificates for services are issued under profiles with use: service",                                                \
	    "name such a profile; devices enroll by EST, operators have their own call")                                            \
	X(SERVICE_NAME, "service.name", ERR_DENIED,                                                                                 \
	    "a profile's permit_dns and permit_ip say which names services may have; a certificate for a service has one at least", \
	    "ask for names that the profile permits, or let an authority officer permit them")                                      \
	X(SERVICE_CSR_NAME, "service.csr-name", ERR_DENIED,                                                                         \
	    "the names of the call count; a request that asks for others would not get them",                                       \
	    "name them in the call, or make a request without them")                                                                \
	X(SERVICE_KEY, "service.key", ERR_CONFLICT,                                                                                 \
	    "a key is certified for one set of names under one profile",                                                            \
	    "make a new key; a renewal with the old one keeps all names")                                                           \
	X(SERVICE_LIMIT, "service.limit", ERR_LIMIT,                                                                                \
	    "one subject gets a bounded number of certificates in a day",                                                           \
	    "look at what asks so often; try again tomorrow")

#endif
