/* server/tls_internal.h: between tls.c and ticket.c. */
#ifndef SIGNET_SERVER_TLS_INTERNAL_H
#define SIGNET_SERVER_TLS_INTERNAL_H

#include "server/tls.h"

/* An hour: a device that polls for its approval comes back within it. */
#define TICKET_SECONDS 3600

/* What the client sent behind its certificate, now or when the session began; owned by the caller.
 */
STACK_OF(X509) * tickets_peer_chain(SSL *ssl);

#endif
