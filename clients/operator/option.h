/*
 * clients/operator/option.h: every option of every command, once: option_rows[] in options.c.
 */
#ifndef SIGNET_OPERATOR_OPTION_H
#define SIGNET_OPERATOR_OPTION_H

#include "base/base.h"

/* A row each in options.c. Two may share a name where no command takes both. */
enum option_id {
	OPT_JSON,
	OPT_YES,
	OPT_FILE,
	OPT_DRY_RUN,
	OPT_ALL,
	OPT_LIMIT,
	OPT_PRODUCT,
	OPT_SERIAL,
	OPT_STATE,
	OPT_LABEL,
	OPT_OUTCOME,
	OPT_KIND,
	OPT_CODE,
	OPT_ACT,
	OPT_DEVICE,
	OPT_SERIAL_NUMBER,
	OPT_AUTHORITY,
	OPT_SUBJECT,
	OPT_EXPIRES_BEFORE,
	OPT_EXPIRES_AFTER,
	OPT_ISSUED_AFTER,
	OPT_ISSUED_BEFORE,
	OPT_CREATED_AFTER,
	OPT_CREATED_BEFORE,
	OPT_ENROLLED_AFTER,
	OPT_ENROLLED_BEFORE,
	OPT_STATUS,
	OPT_BATCH,
	OPT_KEY_DIGEST,
	OPT_KEY_ALGORITHM,
	OPT_CERTIFICATE_ID,
	OPT_PRINCIPAL,
	OPT_TTL,
	OPT_PERMISSION,
	OPT_DIGEST,
	OPT_COMMENT,
	OPT_OUTPUT,
	OPT_FROM_LINE,
	OPT_FORMAT,
	OPT_API_URL,
	OPT_CACERT,
	OPT_PIN,
	OPT_TOKEN_FILE,
	OPT_OIDC_TOKEN_FILE,
	OPT_CERTIFICATE,
	OPT_KEY,
	OPT_LOG_URL,
	OPT_CHECKPOINT,
	OPT_FULL,
	OPT_PUBLIC_ONLY,
	OPT_VKEY,
	OPT_RECORD,
	OPT_DIRECTORY,
	OPT_PARENT,
	OPT_ALGORITHM,
	OPT_VALIDITY,
	OPT_PATH_LENGTH,
	OPT_OPERATORS,
	OPT_ISSUER_URL,
	OPT_CRL_URL,
	OPT_DELTA_URL,
	OPT_OCSP_URL,
	OPT_CRL_SHARDS,
	OPT_REASON,
	OPT_INVALID_SINCE,
	OPT_WATCH,
	OPT_SHARD,
	OPT_DELTA,
	OPT_PROFILE,
	OPT_CSR,
	OPT_DNS,
	OPT_IP,
	OPT_CHANNEL,
	OPT_RELEASE_VERSION,
	OPT_COMPONENT,
	OPT_SBOM,
	OPT_NOTES,
	OPT_NOTES_FILE,
	OPT_SUPERSEDES,
	OPT_PUBLISH,
	OPT_WAIT,
	OPT_OUT,
	OPT_PATIENCE,
	OPT_AUDIENCE,
	OPT_SUCCESSOR,
	OPT_TRUST,
	OPT_MANIFEST,
	OPT_SIGNING_ALGORITHM,
	OPT_TEST,
	OPT_PRODUCTS,
	OPT_ISSUER,
	OPT_PASSPHRASE_FILE,
	OPT_OFFLINE_ALGORITHM,
	OPT_OFFLINE_KEY,
	OPT_PREVIOUS,
	OPT_FILE_DIGEST,
	OPT_COUNT
};
/* What a row of commands takes, ended as it has to be. */
#define OPTIONS(...)                   \
	(const enum option_id[])       \
	{                              \
		__VA_ARGS__, OPT_COUNT \
	}

struct option_row {
	const char *name;     /* "--file" */
	char letter;          /* 'f' for -f; 0: none */
	const char *argument; /* "FILE"; NULL: a switch */
	const char *words;    /* all that it takes, "csv ndjson", for completion; NULL: anything */
	const char *help;     /* one line */
	const char *query_member; /* of the API, where it filters a list; NULL: it does not */
	bool many;                /* may be given more than once: call_next() */
};
extern const struct option_row option_rows[OPT_COUNT];

#endif
