/* clients/operator/client_internal.h: what client.c and pin.c share. */
#ifndef SIGNET_OPERATOR_CLIENT_INTERNAL_H
#define SIGNET_OPERATOR_CLIENT_INTERNAL_H

#include <curl/curl.h>
#include <openssl/crypto.h>

#include "base/err.h"

/* Trust these certificates, or with NULL none at all; TLS 1.2 or newer, names are checked. */
MUST_USE bool client_set_trust(CURL *curl, const char *ca_pem);
/* What libcurl's code means to an operator; text: its own words, or "". */
struct status client_explain(CURLcode code, const char *url, const char *text, struct err *err);

#endif
