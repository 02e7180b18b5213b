/*
 * ca/binding.h: is this request linked to the TLS session that it came in? RFC 7030 section 3.5.
 *
 * The client puts the base64 of the session's channel binding value into the challengePassword
 * of its signed CSR: tls-unique (RFC 5929) under TLS 1.2, tls-exporter (RFC 9266) under TLS 1.3,
 * which has no tls-unique. So whoever holds the CSR's key is at the other end of this very session.
 */
#ifndef SIGNET_CA_BINDING_H
#define SIGNET_CA_BINDING_H

#include "base/err.h"
#include "base/span.h"

#define CHALLENGE_PASSWORD_MAX 255 /* RFC 2985 5.4.1: pkcs-9-ub-challengePassword */

struct channel_binding { /* what the session has */
	int tls_version; /* TLS1_2_VERSION, TLS1_3_VERSION */
	bool extended_master_secret;
	struct span tls_unique; /* n = 0: not defined */
	struct span tls_exporter;
};

/*
 * Judge a challengePassword (p NULL: absent) by the label's rule (enum pop_rule of ca/policy.h).
 * ret_linked: the request is proven to be of this session. Reasons binding.*.
 */
struct status binding_check(int rule, const struct channel_binding *session,
    struct span challenge_password, bool *ret_linked, struct err *err);

#endif
