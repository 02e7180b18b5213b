/* ca/general_name.h: GeneralName, RFC 5280 4.2.1.6: tags, syntax, and the forms that Signet writes.
 */
#ifndef SIGNET_CA_GENERAL_NAME_H
#define SIGNET_CA_GENERAL_NAME_H

#include "base/der.h"

enum general_name_tag {
	GENERAL_OTHER = DER_CONTEXT_CONSTRUCTED | 0,
	GENERAL_EMAIL = DER_CONTEXT | 1,
	GENERAL_DNS = DER_CONTEXT | 2,
	GENERAL_DIRECTORY = DER_CONTEXT_CONSTRUCTED | 4,
	GENERAL_URI = DER_CONTEXT | 6,
	GENERAL_IP = DER_CONTEXT | 7,
	GENERAL_REGISTERED_ID = DER_CONTEXT | 8,
};

#define URI_MAX 2048 /* longer ones break clients; no standard sets a bound */

/*
 * Syntax. Each says in `why` what is wrong. dNSName: preferred name syntax of RFC 1034 3.5 as
 * changed by RFC 1123, a whole left-most label "*" allowed; URI: absolute, RFC 3986 characters,
 * with `scheme` (NULL: any); email: RFC 5321 Mailbox without quoting.
 */
MUST_USE bool dns_name_fits(struct span name, char *why, size_t size);
MUST_USE bool uri_fits(struct span uri, const char *scheme, char *why, size_t size);
MUST_USE bool email_fits(struct span address, char *why, size_t size);

/* otherName id-on-hardwareModuleName, RFC 4108 section 5. hw_type: content octets of an OID. */
void general_name_put_hardware_module(struct buf *out, struct span hw_type, struct span hw_serial);

#endif
