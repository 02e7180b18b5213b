/*
 * server/own_certificate.h: the server's own TLS certificate, issued and renewed by its own
 * authority.
 *
 * The key is "file:server-NODE.key". The certificate with the chain behind it is kept in the state
 * directory as tls-NODE.pem, so that the server starts while the database is away; what counts is
 * the row in the store, written with its log entry before the file.
 */
#ifndef SIGNET_SERVER_OWN_CERTIFICATE_H
#define SIGNET_SERVER_OWN_CERTIFICATE_H

#include "server/server.h"

/* Use what the state directory holds, if it is there, valid and fits the key. */
struct status own_certificate_load(struct server *s, struct err *err);
/*
 * Issue a new one where that is due: none in use, near its end, names or authority changed. In use
 * on return. ret_issued: a new one was made.
 */
struct status own_certificate_keep(
    struct server *s, struct db *db, bool *ret_issued, struct err *err);

#endif
