/*
 * ca/reason_inventory.h: reasons of the inventory and of certificates for services.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_INVENTORY_H
#define SIGNET_CA_REASON_INVENTORY_H

#define REASONS_INVENTORY(X)                                                                    \
	X(CERTIFICATE_ARCHIVED, "certificate.archived", ERR_MISSING,                            \
	    "an authority's archive_after says how long behind its end a certificate's DER is " \
	    "kept; its digest stays",                                                           \
	    "whoever has the certificate can hold it against der_digest, and the log proves "   \
	    "that")

#endif
