/*
 * sql/release.h: releases as rows: what they say, how far they are, what was signed.
 * signing/release.h has the rules; nothing here decides. What is read lives in the arena given.
 */
#ifndef SIGNET_SQL_RELEASE_H
#define SIGNET_SQL_RELEASE_H

#include "base/encode.h"
#include "sql/log.h"

#define CLASS_ID_SIZE 16

struct release_row {
	int64_t id;
	int64_t product_id;
	const char *product, *channel; /* names, as they were */
	const char *version;
	int64_t sequence;
	struct span class_id;      /* CLASS_ID_SIZE octets */
	const char *spec;          /* JSON, signing/release_content.h */
	const char *provenance;    /* JSON, signing/provenance.h; NULL: none */
	struct span manifest;      /* SUIT manifest, unsigned; p NULL in lists */
	struct span json_manifest; /* p NULL in lists */
	struct digest manifest_digest, json_digest;
	int64_t created_at;
	const char *created_by, *created_person; /* person: NULL: none known */
	const char *state;  /* "draft" "requested" "approved" "signed" "published" "recalled" */
	int64_t request_id; /* 0: none */
	int64_t revision;   /* for ETags: rises with every step */
};

/* ERR_MISSING. */
struct status release_get(
    struct db *db, int64_t id, struct arena *arena, struct release_row *ret_row, struct err *err);
/* ret_row->id 0: there is none. */
struct status release_find(struct db *db, int64_t product_id, const char *channel,
    const char *version, struct arena *arena, struct release_row *ret_row, struct err *err);

/* What of it is NULL or 0 does not matter. */
struct release_filter {
	int64_t before; /* ids below this one; 0: from the newest */
	const char *product, *channel, *state, *version;
	/* What the one who asks may see: all of it, or pairs of product and channel, "" standing
	 * for any. */
	bool all;
	const char *const *products, *const *channels;
	size_t count;
	int64_t limit;
};
/* Newest first, without manifests; go on with filter.before = the last one's id. */
struct status release_list(struct db *db, const struct release_filter *filter, struct arena *arena,
    struct release_row **ret_rows, size_t *ret_count, struct err *err);

struct release_step {
	int64_t id, release_id;
	const char *step; /* "created" "requested" "approved" "returned" "signed" ... */
	int64_t at;
	const char *who, *person; /* person: NULL: the same, or none known */
	int64_t request_id;       /* 0: none */
	struct span digest;       /* of bundle or recall list; p NULL: none */
};
/* In their order. */
struct status release_steps(struct db *db, int64_t release_id, struct arena *arena,
    struct release_step **ret_steps, size_t *ret_count, struct err *err);
/* With its release, for who audits. ERR_MISSING. */
struct status release_step_get(struct db *db, int64_t id, struct arena *arena,
    struct release_step *ret_step, struct release_row *ret_row, struct err *err);

/* What was signed. suit is there; jws, cms: p NULL where the channel did not ask. */
struct release_signature {
	int64_t step_id; /* whose log entry commits to the record */
	int64_t signed_at;
	struct span record; /* signing/format/release_record.h */
	struct span chain;  /* DER certificates, one behind the other */
	struct span suit, jws, cms;
};
/* ERR_MISSING: it is not signed. */
struct status release_signature_get(struct db *db, int64_t release_id, struct arena *arena,
    struct release_signature *ret_signature, struct err *err);

/* ERR_MISSING: it was never published. */
struct status release_bundle_get(struct db *db, int64_t release_id, struct arena *arena,
    struct span *ret_bytes, struct digest *ret_sha256, struct err *err);

/* What devices of a channel are to run: the newest published one that is not recalled. */
struct release_newest {
	int64_t id; /* 0: there is none */
	int64_t sequence;
	const char *version;
	struct digest sha256; /* of its bundle */
	int64_t size;
};
struct status release_newest(struct db *db, int64_t product_id, const char *channel,
    struct arena *arena, struct release_newest *ret_newest, struct err *err);

/* ---- writing: for signing/release.c, in a transaction ---- */

/* What a new release stands beside. */
struct release_look {
	bool superseded_there;   /* what it supersedes: a release of this product and channel */
	int64_t sequence;        /* a number of its own, 0 where `same` is there */
	struct release_row same; /* of that version; id 0: none */
};
struct status release_look(struct db *db, int64_t product_id, const char *channel,
    const char *version, int64_t supersedes, struct arena *arena, struct release_look *ret_look,
    struct err *err);
/* Row, step and log entry. ret_id 0: somebody else was quicker with that version. */
struct status release_add(struct db *db, const struct release_row *row, const struct log_line *line,
    int64_t *ret_id, struct err *err);

/* A step of a release that is as it was read: row, its step and log entry. */
struct release_move {
	int64_t release_id, revision; /* as read */
	const char *state;            /* the next one */
	int64_t request_id;           /* that it has then; 0: none */
	struct release_step step;     /* id, release_id: not looked at */
	const struct log_line *line;
	const struct release_signature *signature; /* "signed" alone; step_id is not looked at */
	struct span bundle;                        /* "published" alone */
	struct digest bundle_sha256;
};
/* A release that is no longer so: a lost race, db_retryable(). */
struct status release_move(
    struct db *db, const struct release_move *move, int64_t *ret_step_id, struct err *err);
/* The release that waits for this request; id 0: none. Locked until the transaction ends. */
struct status release_of_request(struct db *db, int64_t request_id, struct arena *arena,
    struct release_row *ret_row, struct err *err);
/* The highest sequence that was ever published there; 0: none. */
struct status release_published(
    struct db *db, int64_t product_id, const char *channel, int64_t *ret_sequence, struct err *err);

#endif
