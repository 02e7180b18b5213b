/*
 * server/crl_shelf.h: fetches published revocation lists from the store and shows them
 * (ca/crl_board.h): a thread and a database connection of its own on each node.
 *
 * Each list lies in a file without a name in the state directory, mapped. What is fetched must have
 * the digest that was published. While the database is away the lists stay as they are.
 */
#ifndef SIGNET_SERVER_CRL_SHELF_H
#define SIGNET_SERVER_CRL_SHELF_H

#include "base/err.h"

struct crl_shelf;
struct server;

/* Returns when the first round is over. */
struct status crl_shelf_start(struct server *s, struct crl_shelf **ret_shelf, struct err *err);
void crl_shelf_stop(struct crl_shelf *s);

#endif
