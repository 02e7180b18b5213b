/*
 * api/known_client.h: client certificates that the store vouched for a moment ago.
 *
 * A device fetches a few things in a row: the first of these asks the store about its certificate,
 * the rest stay on the loop. A table of fixed size, for a second: what was revoked meanwhile is
 * refused after that on every node, without anybody telling. In memory, per process. Thread-safe.
 */
#ifndef SIGNET_API_KNOWN_CLIENT_H
#define SIGNET_API_KNOWN_CLIENT_H

#include "base/encode.h"

#define KNOWN_CLIENT_MS 1000

struct known_clients;
struct known_clients *known_clients_new(void);
void known_clients_free(struct known_clients *k); /* NULL allowed */
/* certificate: SHA-256 of its DER. */
MUST_USE bool known_client(
    struct known_clients *k, const struct digest *certificate, int64_t now_ms);
void known_client_add(struct known_clients *k, const struct digest *certificate, int64_t now_ms);

#endif
