/*
 * sql/mass_act.h: selections of certificates, and acts upon all that a selection finds, as rows.
 *
 * A selection is fixed by `valid_at` and `newest`: asked again later it finds the same
 * certificates, whatever was issued meanwhile. What is borrowed lives in the arena.
 */
#ifndef SIGNET_SQL_MASS_ACT_H
#define SIGNET_SQL_MASS_ACT_H

#include "base/encode.h"
#include "sql/db.h"
#include "sql/scope.h"

/* And'ed; 0, NULL, n = 0: of no matter. */
struct mass_selector {
	int64_t certificate_id, device_id, product_id, authority_id;
	const char *batch;
	struct span key_digest;
	const char *algorithm;               /* base/algorithm.h */
	int64_t issued_after, issued_before; /* then or later; before */
	struct scope within;                 /* ids */
	int64_t valid_at;                    /* those that end later */
	int64_t newest;                      /* up to this id */
};

/* The id of the newest certificate; 0: there is none. */
struct status mass_selection_newest(struct db *db, int64_t *ret_newest, struct err *err);

struct mass_count {
	int64_t product_id;  /* 0: of none */
	const char *product; /* NULL: of none */
	int64_t authority_id;
	const char *authority;
	int64_t certificates;
	int64_t already; /* of them, revoked for good */
};
/* What it finds, by product and authority; of how many devices; and which, by a digest. */
struct mass_found {
	struct mass_count *counts;
	size_t count;
	int64_t certificates, devices;
	int64_t unknown; /* would be found but for their algorithm, which the store does not know */
	struct digest digest;
};
struct status mass_selection_count(struct db *db, const struct mass_selector *selector,
    struct arena *arena, struct mass_found *ret_found, struct err *err);
/* Ids in their order, behind `after`; *count: at most so many, and then how many. */
struct status mass_selection_page(struct db *db, const struct mass_selector *selector,
    int64_t after, int64_t *ret_ids, size_t *count, struct err *err);

/* ---- acts ---- */

struct mass_act_row {
	int64_t id;
	int64_t created_at;
	const char *who, *person; /* person: NULL: nobody else */
	int64_t request_id;       /* 0: none */
	const char *selector;     /* JSON, as it was said */
	struct digest digest;     /* SHA-256 of the certificates' ids */
	int64_t total;            /* certificates that it found */
	int reason;
	int64_t invalidity_at; /* 0: not said */
	const char *state;     /* of mass_act_states */
	int64_t cursor, done, revoked;
	int64_t ended_at;     /* 0: it runs */
	const char *ended_by; /* NULL: nobody */
	const char *failure;  /* NULL: none */
	int64_t newest, valid_at;
	const char *const *products; /* names, of which the certificates are */
	size_t product_count;
	bool of_no_product; /* some are of none */
};
extern const char *const mass_act_states[]; /* ended by NULL */

struct mass_act_new {
	const struct mass_selector *selector;
	const struct mass_found *found;
	const char *text; /* the selector as JSON */
	int reason;
	int64_t invalidity_at;
	const char *who, *person;
	int64_t request_id;
	int64_t now;
};
struct status mass_act_add(
    struct db *db, const struct mass_act_new *act, int64_t *ret_id, struct err *err);

/* ERR_MISSING. */
struct status mass_act_get(
    struct db *db, int64_t id, struct arena *arena, struct mass_act_row *ret_row, struct err *err);
/* The same, and nobody else goes on with it until the transaction ends. */
struct status mass_act_lock(
    struct db *db, int64_t id, struct arena *arena, struct mass_act_row *ret_row, struct err *err);
/* The oldest that runs and that nobody else holds, locked. ret_row->id 0: none. */
struct status mass_act_take(
    struct db *db, struct arena *arena, struct mass_act_row *ret_row, struct err *err);
struct status mass_act_selector(struct db *db, int64_t id, struct arena *arena,
    struct mass_selector *ret_selector, struct err *err);

struct mass_act_filter {
	struct scope scope; /* ids */
	const char *state;  /* NULL: any */
	int64_t before;     /* ids below this one */
	int64_t limit;
};
/* Newest first. */
struct status mass_act_list(struct db *db, const struct mass_act_filter *filter,
    struct arena *arena, struct mass_act_row **ret_rows, size_t *ret_count, struct err *err);

/* Up to certificate `cursor` all is done: so many looked at, so many of them revoked. Under lock.
 */
struct status mass_act_step(
    struct db *db, int64_t id, int64_t cursor, int64_t done, int64_t revoked, struct err *err);
/* It runs no more. failure: NULL: none. Under lock. */
struct status mass_act_end(struct db *db, int64_t id, const char *state, int64_t now,
    const char *by, const char *failure, struct err *err);

#endif
