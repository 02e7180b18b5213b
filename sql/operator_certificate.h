/* sql/operator_certificate.h: client certificates that Signet issues to its operators. */
#ifndef SIGNET_SQL_OPERATOR_CERTIFICATE_H
#define SIGNET_SQL_OPERATOR_CERTIFICATE_H

#include "sql/server_certificate.h"

/*
 * The row and its log entry, with the person who stands behind it (NULL: its principal alone) and
 * the token that it is made with (0: none), as server_certificate_store() does for servers.
 * ERR_CONFLICT: the key has been used before, by whomever.
 */
struct status operator_certificate_store(struct db *db,
    const struct server_certificate *certificate, const char *person, int64_t token_id,
    const struct log_line *line, int64_t *ret_id, struct err *err);

/* Texts in the arena. */
struct operator_certificate_row {
	const char *person;     /* NULL: nobody else stands behind it */
	int64_t token_id;       /* that it was made with; 0: none */
	const char *revoked_by; /* who revoked that, or one it descends from; NULL: nobody */
	bool revoked;           /* the certificate is revoked or held */
	int reason;             /* of that, RFC 5280 5.3.1 */
};
/*
 * Is this certificate stored as an operator's, byte for byte, with a key that is not compromised?
 */
struct status operator_certificate_known(struct db *db, int64_t authority_id, struct span serial,
    struct span der, struct arena *arena, bool *ret_known, struct operator_certificate_row *ret_row,
    int64_t *ret_policy_version, struct err *err);

#endif
