/* sql/server_certificate.h: certificates that Signet issues to its own servers. */
#ifndef SIGNET_SQL_SERVER_CERTIFICATE_H
#define SIGNET_SQL_SERVER_CERTIFICATE_H

#include "base/encode.h"
#include "sql/log.h"

struct server_certificate {
	int64_t authority_id;
	struct span serial;       /* as in DER, without leading zero octets */
	struct digest key_digest; /* SHA-256 of the SPKI */
	struct span subject;      /* Name DER */
	int64_t not_before, not_after;
	struct span der;
	int32_t shard;
	const char *key_algorithm; /* name of base/algorithm.h */
};
/*
 * The row and its log entry (made by log_line_make from its ca/certificate_record.h) in one commit;
 * durable on return. ERR_CONFLICT: the key is not a server's, or is compromised, or the serial
 * number is taken.
 */
struct status server_certificate_store(struct db *db, const struct server_certificate *certificate,
    const struct log_line *line, int64_t *ret_id, struct err *err);
/*
 * The certificate of an authority below `authority_id`, which was made by a ceremony and not stored
 * as issued: so that its status can be told. In the caller's transaction; where it is there
 * already, ret_id says which it is, and nothing is written.
 */
struct status authority_certificate_store(struct db *db,
    const struct server_certificate *certificate, const char *subject_text,
    const struct log_line *line, int64_t *ret_id, struct err *err);

#endif
