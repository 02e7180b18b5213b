/* sql/operator_certificate.h: client certificates that Signet issues to its operators. */
#ifndef SIGNET_SQL_OPERATOR_CERTIFICATE_H
#define SIGNET_SQL_OPERATOR_CERTIFICATE_H

#include "sql/server_certificate.h"

/*
 * The row and its log entry, with the person who stands behind it (NULL: its principal alone), as
 * server_certificate_store() does for servers. ERR_CONFLICT: the key has been used before, by
 * whomever.
 */
struct status operator_certificate_store(struct db *db,
    const struct server_certificate *certificate, const char *person, const struct log_line *line,
    int64_t *ret_id, struct err *err);
/*
 * Is this certificate stored as an operator's, byte for byte, with a key that is not compromised?
 * ret_person in the arena, NULL: nobody else stands behind it.
 */
struct status operator_certificate_known(struct db *db, int64_t authority_id, struct span serial,
    struct span der, struct arena *arena, bool *ret_known, const char **ret_person,
    int64_t *ret_policy_version, struct err *err);

#endif
