/* sql/service_key.h: rows of the keys of Signet's own services. ca/service_key.h opens them. */
#ifndef SIGNET_SQL_SERVICE_KEY_H
#define SIGNET_SQL_SERVICE_KEY_H

#include "sql/db.h"

struct service_key_row {
	int64_t id;
	const char *purpose; /* "token" "log" */
	const char *key_uri; /* of hsm/hsm.h */
	struct span spki;    /* SubjectPublicKeyInfo, DER */
	const char *issuer;  /* of tokens; NULL for other purposes */
	int64_t created_at;
	int64_t retired_at; /* 0: in use */
};

/* Of one purpose, oldest first, retired ones too; what is borrowed lives in the arena. */
struct status service_key_list(struct db *db, const char *purpose, struct arena *arena,
    struct service_key_row **ret_rows, size_t *ret_count, struct err *err);
/* Nobody else makes or retires one until the transaction ends. Waits for its turn. */
struct status service_key_lock(struct db *db, struct err *err);
/* ERR_CONFLICT: there is one in use already, or the key is known. */
struct status service_key_insert(
    struct db *db, const struct service_key_row *row, int64_t *ret_id, struct err *err);
struct status service_key_retire(struct db *db, int64_t id, int64_t now, struct err *err);

#endif
