/* sql/service_certificate.h: certificates of services, that somebody asked for through the API. */
#ifndef SIGNET_SQL_SERVICE_CERTIFICATE_H
#define SIGNET_SQL_SERVICE_CERTIFICATE_H

#include "sql/server_certificate.h"

/* What is known of a key and of a subject. Bytes live in the arena. */
struct service_known {
	bool key_known;  /* the store has seen it, with whatever kind */
	bool key_usable; /* kind server, and not compromised */
	/* The newest certificate of the key; id 0: none, or it is archived. */
	int64_t id, profile_id;
	struct span der;
	int64_t recent; /* certificates of the subject since `since`, counted up to a limit */
};
struct status service_certificate_look(struct db *db, const struct digest *key,
    const char *subject_text, int64_t since, int64_t most, struct arena *arena,
    struct service_known *ret_known, struct err *err);

struct service_issue {
	struct server_certificate certificate;
	int64_t profile_id;
	int64_t renews; /* 0: the key must be new */
	const char *subject_text;
};
/* In the caller's transaction. ERR_CONFLICT: the key is not as it was when it was looked at. */
struct status service_certificate_store(struct db *db, const struct service_issue *issue,
    const struct log_line *line, int64_t *ret_id, struct err *err);

#endif
