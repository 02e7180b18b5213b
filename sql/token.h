/* sql/token.h: rows of tokens of our own, and of what was exchanged for one. Never the tokens. */
#ifndef SIGNET_SQL_TOKEN_H
#define SIGNET_SQL_TOKEN_H

#include "base/encode.h"
#include "sql/db.h"

struct token_row {
	int64_t id;
	const char *principal;
	const char *person;     /* who stands behind it; NULL: the principal itself, or nobody */
	const char *created_by; /* "alice", "os:root", "oidc:github" */
	int64_t parent_id;      /* the token that asked for it, or whose certificate did; 0: none */
	int64_t created_at, expires_at;
	int64_t revoked_at; /* 0: it is not */
	const char *revoked_by;
	bool narrowed; /* `permissions` are all that it gives */
	const char *const *permissions;
	size_t permission_count;
	bool one_request;
	int64_t request_id;     /* that request; 0: not made yet */
	int64_t release_id;     /* or the release that it is bound to; 0: none */
	const char *provenance; /* of the run that it was exchanged for, JSON; NULL: none */
};

/*
 * ERR_CONFLICT: the parent is revoked (it stays as it is until the transaction ends), or there is a
 * token of this jti.
 */
struct status token_insert(struct db *db, const struct token_row *row, const struct digest *jti,
    int64_t *ret_id, struct err *err);
/*
 * By SHA-256 of its jti, or by id; borrowed strings live in the arena. ERR_MISSING.
 * ret_policy_version: of the store, at the same moment.
 */
struct status token_find(struct db *db, const struct digest *jti, struct arena *arena,
    struct token_row *ret_row, int64_t *ret_policy_version, struct err *err);
struct status token_get(
    struct db *db, int64_t id, struct arena *arena, struct token_row *ret_row, struct err *err);

struct token_filter {
	const char *principal; /* NULL: any */
	int64_t before;        /* id; 0: from the newest */
	int64_t live_at;       /* only those neither ended nor revoked then; 0: all */
	int64_t limit;
};
/* Newest first. */
struct status token_list(struct db *db, const struct token_filter *filter, struct arena *arena,
    struct token_row **ret_rows, size_t *ret_count, struct err *err);

/* It, and all that were made with it, however far down. ret_count: those that were not yet. */
struct status token_revoke(
    struct db *db, int64_t id, const char *who, int64_t now, int64_t *ret_count, struct err *err);
/* All that could still be used, or with which a certificate was made that could. */
struct status token_revoke_all(
    struct db *db, const char *who, int64_t now, int64_t *ret_count, struct err *err);
/* A token for one request has made it. ERR_CONFLICT: it has made another, is revoked, or is none.
 */
struct status token_bind_request(struct db *db, int64_t id, int64_t request_id, struct err *err);
/* It has made this release, and is good for it from now on. The same again changes nothing.
 * ERR_CONFLICT: it has made another, or a request, is revoked, or is not for one request. */
struct status token_bind_release(struct db *db, int64_t id, int64_t release_id, struct err *err);

/* ---- tokens of others ---- */
struct spent_token {
	struct digest digest;       /* of issuer and jti */
	struct digest token_digest; /* of the whole token */
	struct digest retry_digest; /* of its Idempotency-Key */
	bool has_retry;
	int64_t token_id;
	const char *jti;    /* of our token */
	int64_t expires_at; /* when theirs is good for nothing any more */
};
/* ERR_CONFLICT: it is spent. Whoever spends it at the same time waits for the other's end. */
struct status spent_token_insert(struct db *db, const struct spent_token *spent, struct err *err);
/* ERR_MISSING: it is not spent. */
struct status spent_token_find(struct db *db, const struct digest *digest, struct arena *arena,
    struct spent_token *ret_spent, struct err *err);
struct status spent_token_purge(struct db *db, int64_t now, int64_t *ret_count, struct err *err);

#endif
