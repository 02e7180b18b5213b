/*
 * ca/service_key.h: keys that Signet has for its own services, beside those of authorities.
 *
 * One is in use per purpose, named by its row (sql/service_key.h) and kept behind hsm/. It is made
 * by `signetd init`, or by the first server that finds none; every node of a Signet needs a copy of
 * its file, as of the authorities' keys.
 */
#ifndef SIGNET_CA_SERVICE_KEY_H
#define SIGNET_CA_SERVICE_KEY_H

#include "base/clock.h"
#include "hsm/hsm.h"
#include "sql/service_key.h"

enum service_purpose {
	SERVICE_KEY_TOKEN, /* signs our own tokens: file:token.key, EC-P256 */
	SERVICE_KEY_LOG,   /* signs the log's checkpoints: file:log.key, Ed25519 */
};

struct service_key_context {
	struct db *db;
	struct hsm *hsm;
	const struct clock *clock;
	const struct rng *rng;
	const char *who; /* for the log, should one be made: "os:root", "signetd" */
};

/*
 * Open the key in use; where there is none yet, make it, with its row and log entry, in a
 * transaction of its own (so outside any). A key file that is there already and has no row is
 * taken. Several servers at once make one. ERR_KEY: this node has no such key file, or another
 * key under its name: the message says what to copy. ERR_DATABASE. Freed with hsm_key_free().
 */
struct status service_key_open(const struct service_key_context *c, enum service_purpose purpose,
    struct hsm_key **ret_key, struct err *err);

/* The same, but none is made: ret_key is NULL where there is none yet. Clock, rng, who: unused. */
struct status service_key_look(const struct service_key_context *c, enum service_purpose purpose,
    struct hsm_key **ret_key, struct err *err);

/*
 * Make a new key and retire the one in use, which stays known for what it has signed. The new
 * file is NAME-N.key, with N the number of keys so far. In a transaction of its own. The other
 * nodes need the new file before they can sign again.
 */
struct status service_key_renew(const struct service_key_context *c, enum service_purpose purpose,
    struct hsm_key **ret_key, struct err *err);

#endif
