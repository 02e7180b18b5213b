/* ca/service_key.c: see service_key.h. */
#include "ca/service_key.h"

#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "ca/act.h"

static const struct purpose {
	const char *name, *algorithm;
	bool has_issuer;
} purposes[] = {
    [SERVICE_KEY_TOKEN] = {"token", "EC-P256", true},
    [SERVICE_KEY_LOG] = {"log", "Ed25519", false},
};

#define URI_SIZE 64
/* "urn:signet:" and 16 hex digits: unlike any other Signet's. */
#define ISSUER_PREFIX "urn:signet:"
#define ISSUER_RANDOM 8

static const struct service_key_row *in_use(const struct service_key_row *rows, size_t n)
{
	return n > 0 && rows[n - 1].retired_at == 0 ? &rows[n - 1] : NULL;
}

/* Who copies what, where it lacks: nobody should have to guess. */
static struct status refuse_missing(const struct service_key_row *row, struct err *err)
{
	return err_set(err, ERR_KEY,
	    "this node has no %s: copy %s (mode 0600) from the key directory of a node that has "
	    "it into this node's key directory; the passphrase must be the same",
	    row->key_uri, row->key_uri + strlen("file:"));
}

static struct status open_row(
    struct hsm *hsm, const struct service_key_row *row, struct hsm_key **ret_key, struct err *err)
{
	AUTO_REF(hsm_key) key = NULL;
	struct err why = {0};

	if (!hsm_key_open(hsm, row->key_uri, &key, &why).ok) {
		if (why.kind == ERR_MISSING)
			return refuse_missing(row, err);
		*err = why;
		return STATUS_FAILED;
	}
	if (!span_equal(hsm_key_spki(key), row->spki))
		return err_set(err, ERR_KEY,
		    "%s of this node is another key than the one in use: put the file of another "
		    "node in its place",
		    row->key_uri);
	*ret_key = TAKE(key);
	return STATUS_OK;
}

/* ---- making one ---- */

static struct status open_or_generate(struct hsm *hsm, const char *uri,
    const struct key_algorithm *algorithm, struct hsm_key **ret_key, struct err *err)
{
	AUTO_REF(hsm_key) key = NULL;
	struct err missing = {0};

	/* Left by somebody who was interrupted before the commit. */
	if (!hsm_key_open(hsm, uri, &key, &missing).ok) {
		if (missing.kind != ERR_MISSING) {
			*err = missing;
			return STATUS_FAILED;
		}
		return hsm_key_generate(hsm, uri, algorithm, ret_key, err);
	}
	if (hsm_key_algorithm(key) != algorithm)
		return err_set(
		    err, ERR_KEY, "%s is there already, and is no %s key", uri, algorithm->name);
	*ret_key = TAKE(key);
	return STATUS_OK;
}

static struct status choose_issuer(
    const struct rng *rng, struct arena *arena, const char **ret_issuer, struct err *err)
{
	uint8_t random[ISSUER_RANDOM];
	char text[2 * ISSUER_RANDOM + 1];

	TRY(rng_fill(rng, random, sizeof(random), err));
	hex_text(SPAN_OF(random), text);
	*ret_issuer = arena_printf(arena, ISSUER_PREFIX "%s", text);
	return STATUS_OK;
}

static struct status record(const struct service_key_context *c, const struct service_key_row *row,
    const char *act, struct err *err)
{
	AUTO(buf) document = {0};
	struct policy_act done = {.who = c->who,
	    .act = act,
	    .kind = "service-key",
	    .name = row->purpose,
	    .at = clock_now(c->clock)};

	hex_encode(row->spki, &document);
	done.document = buf_span(&document);
	return policy_record(c->db, &done, c->rng, err);
}

/* Under the lock. `before`: what was ever made for the purpose. */
static struct status make(const struct service_key_context *c, const struct purpose *p,
    const struct service_key_row *before, size_t n, struct arena *arena, struct hsm_key **ret_key,
    struct err *err)
{
	AUTO_REF(hsm_key) key = NULL;
	char uri[URI_SIZE];
	struct service_key_row row = {
	    .purpose = p->name, .key_uri = uri, .created_at = clock_now(c->clock)};
	int64_t id;

	if (n == 0)
		snprintf(uri, sizeof(uri), "file:%s.key", p->name);
	else
		snprintf(uri, sizeof(uri), "file:%s-%zu.key", p->name, n + 1);
	if (p->has_issuer && n > 0)
		row.issuer = before[n - 1].issuer;
	else if (p->has_issuer)
		TRY(choose_issuer(c->rng, arena, &row.issuer, err));
	TRY(open_or_generate(c->hsm, uri, key_algorithm_by_name(p->algorithm), &key, err));
	row.spki = hsm_key_spki(key);
	TRY(service_key_insert(c->db, &row, &id, err));
	TRY(record(c, &row, "service-key.created", err));
	*ret_key = TAKE(key);
	return STATUS_OK;
}

static struct status make_first(const struct service_key_context *c, const struct purpose *p,
    struct hsm_key **ret_key, struct err *err)
{
	AUTO(arena) arena = {0};
	struct service_key_row *rows;
	size_t n;

	TRY(service_key_lock(c->db, err));
	TRY(service_key_list(c->db, p->name, &arena, &rows, &n, err));
	/* Somebody was quicker. */
	if (in_use(rows, n))
		return open_row(c->hsm, in_use(rows, n), ret_key, err);
	return make(c, p, rows, n, &arena, ret_key, err);
}

static struct status make_next(const struct service_key_context *c, const struct purpose *p,
    struct hsm_key **ret_key, struct err *err)
{
	AUTO(arena) arena = {0};
	struct service_key_row *rows;
	size_t n;

	TRY(service_key_lock(c->db, err));
	TRY(service_key_list(c->db, p->name, &arena, &rows, &n, err));
	if (in_use(rows, n)) {
		TRY(service_key_retire(c->db, in_use(rows, n)->id, clock_now(c->clock), err));
		TRY(record(c, in_use(rows, n), "service-key.retired", err));
	}
	return make(c, p, rows, n, &arena, ret_key, err);
}

typedef struct status (*making)(const struct service_key_context *c, const struct purpose *p,
    struct hsm_key **ret_key, struct err *err);

static struct status in_transaction(const struct service_key_context *c, const struct purpose *p,
    making run, struct hsm_key **ret_key, struct err *err)
{
	AUTO_REF(hsm_key) key = NULL;
	struct status done;

	TRY(db_begin(c->db, err));
	done = run(c, p, &key, err);
	if (done.ok)
		done = db_commit(c->db, err);
	if (!done.ok) {
		db_rollback(c->db);
		return done;
	}
	*ret_key = TAKE(key);
	return STATUS_OK;
}

struct status service_key_look(const struct service_key_context *c, enum service_purpose purpose,
    struct hsm_key **ret_key, struct err *err)
{
	AUTO(arena) arena = {0};
	struct service_key_row *rows;
	size_t n;

	TRY(service_key_list(c->db, purposes[purpose].name, &arena, &rows, &n, err));
	if (in_use(rows, n))
		return open_row(c->hsm, in_use(rows, n), ret_key, err);
	*ret_key = NULL;
	return STATUS_OK;
}

struct status service_key_open(const struct service_key_context *c, enum service_purpose purpose,
    struct hsm_key **ret_key, struct err *err)
{
	AUTO_REF(hsm_key) key = NULL;

	TRY(service_key_look(c, purpose, &key, err));
	if (!key)
		return in_transaction(c, &purposes[purpose], make_first, ret_key, err);
	*ret_key = TAKE(key);
	return STATUS_OK;
}

struct status service_key_renew(const struct service_key_context *c, enum service_purpose purpose,
    struct hsm_key **ret_key, struct err *err)
{
	return in_transaction(c, &purposes[purpose], make_next, ret_key, err);
}
