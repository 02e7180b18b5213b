/*
 * clients/device/hint.h: when the server would like a certificate to be renewed.
 *
 * Signet-Renew-At: an HTTP date (RFC 9110 5.6.7, IMF-fixdate alone) by which a server spreads the
 * renewals of certificates that end at one moment. It is advice: one that lies outside of the
 * certificate's own life is not taken.
 */
#ifndef SIGNET_DEVICE_HINT_H
#define SIGNET_DEVICE_HINT_H

#include <openssl/x509.h>

#include "base/span.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT"; 0: it is none. */
int64_t hint_date(struct span text);
/* A header line as it came: when it is Signet-Renew-At, its value; anything else changes nothing.
 */
void hint_of_header(struct span line, int64_t *ret_renew_at);
/* Does a certificate live then, and not only from then on? */
bool hint_fits(int64_t renew_at, X509 *cert);

#endif
