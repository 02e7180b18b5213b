#include "server/init.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "ca/act.h"
#include "ca/crl_by_hand.h"
#include "ca/policy_document.h"
#include "hsm/hsm.h"

#define PEM_SIZE_MAX ((size_t)256 << 10)

/* ---- nothing there yet? ---- */

static struct status check_new(
    struct db *db, const struct invocation *v, const struct init_options *o, struct err *err)
{
	AUTO(arena) arena = {0};
	AUTO(buf) root = {0};
	struct policy_rows rows;

	TRY(db_check_schema(db, err));
	TRY(policy_rows_read(db, &arena, &rows, err));
	for (size_t i = 0; i < rows.count; i++)
		if (strcmp(rows.rows[i].kind, "authority") == 0 &&
		    (strcmp(rows.rows[i].name, o->authority) == 0 ||
			strcmp(rows.rows[i].name, o->root) == 0))
			return err_set(err, ERR_CONFLICT,
			    "authority '%s' is there already; nothing was changed",
			    rows.rows[i].name);
	buf_printf(&root, "%s/root.pem", v->config->state_directory);
	if (file_exists(buf_cstr(&root)))
		return err_set(
		    err, ERR_CONFLICT, "%s is there already; nothing was changed", buf_cstr(&root));
	return STATUS_OK;
}

static void key_uri(const char *authority, char *uri, size_t size)
{
	snprintf(uri, size, "file:%s.key", authority);
}

/* ---- the state directory ---- */

static struct status make_directories(const struct invocation *v, struct err *err)
{
	TRY(dir_make(v->config->state_directory, 0755, err));
	return dir_make(v->config->keys.directory, 0700, err);
}

static struct status write_root(const struct invocation *v, struct span der, struct err *err)
{
	AUTO(buf) path = {0};
	AUTO(buf) pem = {0};

	pem_encode("CERTIFICATE", der, &pem);
	buf_printf(&path, "%s/root.pem", v->config->state_directory);
	return file_create(buf_cstr(&path), buf_span(&pem), 0644, err);
}

/* ---- the store ---- */

struct member { /* one authority to be stored */
	const char *name, *key_uri;
	struct span certificate;
	const struct span *chain;
	size_t chain_count;
	int64_t parent_id;
	const char *crl_url, *issuer_url; /* of its document; NULL: none */
};

static struct status store(struct db *db, const struct invocation *v, const struct member *m,
    int64_t *ret_id, struct err *err)
{
	AUTO(buf) spec = {0};
	struct authority read = {0};
	struct authority_new row = {.name = m->name,
	    .certificate = m->certificate,
	    .parent_id = m->parent_id,
	    .chain = m->chain,
	    .chain_count = m->chain_count};

	TRY(authority_of_certificate(m->certificate, &read, err));
	TRY(policy_authority_spec(
	    m->name, m->key_uri, m->crl_url, NULL, m->issuer_url, &spec, err));
	row.spec = buf_cstr(&spec);
	row.subject = read.subject;
	row.ski = read.ski;
	return policy_store_authority(db, &row, v->who, &v->clock, &v->rng, ret_id, err);
}

/* ---- a new hierarchy ---- */

struct making {
	struct hsm *hsm, *root_hsm;
	struct hsm_key *key, *root_key; /* NULL: not made (yet) */
	struct buf certificate, root;
	bool wrote_root;
	bool committing; /* asked for: without an answer, only the store knows */
};

static struct status open_stores(
    const struct invocation *v, const struct init_options *o, struct making *m, struct err *err)
{
	struct hsm_config keys = {v->config->keys.directory, v->config->keys.passphrase_file};
	struct hsm_config root = {
	    o->root_key_directory ? o->root_key_directory : v->config->keys.directory,
	    o->root_passphrase_file};

	TRY(dir_make(root.key_directory, 0700, err));
	TRY(hsm_open(&keys, &m->hsm, err));
	return hsm_open(&root, &m->root_hsm, err);
}

static struct status generate(const struct init_options *o, struct making *m, struct err *err)
{
	char uri[160];

	key_uri(o->root, uri, sizeof(uri));
	TRY(hsm_key_generate(m->root_hsm, uri, o->algorithm, &m->root_key, err));
	key_uri(o->authority, uri, sizeof(uri));
	return hsm_key_generate(m->hsm, uri, o->algorithm, &m->key, err);
}

static struct status sign(
    const struct invocation *v, const struct init_options *o, struct making *m, struct err *err)
{
	int64_t now = clock_now(&v->clock);
	struct ceremony_request root = {
	    .subject = o->root_subject,
	    .key = m->root_key,
	    .not_before = now,
	    .not_after = now + o->root_validity,
	    .path_length = CEREMONY_PATH_NONE,
	};
	struct ceremony_request issuing = {
	    .subject = o->subject,
	    .key = m->key,
	    .not_before = now,
	    .not_after = now + o->validity,
	    .path_length = o->path_length,
	    .constraints = o->constraints,
	    .crl_url = o->crl_url,
	    .issuer_url = o->issuer_url,
	    .issuer_key = m->root_key,
	};

	TRY(ceremony_make(&root, now, &v->rng, &m->root, err));
	issuing.issuer_certificate = buf_span(&m->root);
	return ceremony_make(&issuing, now, &v->rng, &m->certificate, err);
}

/* The root's key is at hand now, and not again for long. */
static struct status publish_list(struct db *db, const struct invocation *v,
    const struct init_options *o, const struct making *m, struct err *err)
{
	const struct crl_publisher p = {
	    .db = db, .directory = v->config->state_directory, .clock = &v->clock, .rng = &v->rng};
	AUTO_REF(policy) policy = NULL;
	struct crl_row row;

	TRY(policy_load(db, NULL, &policy, err));
	return crl_publish_by_hand(&p, policy, o->root, m->root_key, &row, err);
}

static struct status store_both(struct db *db, const struct invocation *v,
    const struct init_options *o, struct making *m, struct err *err)
{
	char uri[160];
	struct span root_der = buf_span(&m->root);
	/* The list of the root is for the URL that the issuing certificate names. */
	struct member root = {.name = o->root,
	    .certificate = root_der,
	    .crl_url = o->crl_url,
	    .issuer_url = o->issuer_url};
	struct member issuing = {.name = o->authority,
	    .key_uri = uri,
	    .certificate = buf_span(&m->certificate),
	    .chain = &root_der,
	    .chain_count = 1};
	int64_t id;

	key_uri(o->authority, uri, sizeof(uri));
	TRY(db_begin(db, err));
	TRY(store(db, v, &root, &issuing.parent_id, err));
	TRY(store(db, v, &issuing, &id, err));
	TRY(publish_list(db, v, o, m, err));
	/* The file first: without it nobody could check what devices are to trust. */
	TRY(write_root(v, root_der, err));
	m->wrote_root = true;
	m->committing = true;
	return db_commit(db, err);
}

static void remove_file(const char *directory, const char *name)
{
	AUTO(buf) path = {0};

	buf_printf(&path, "%s/%s", directory, name);
	(void)unlink(buf_cstr(&path));
}

/* Only what this run has made: a key that was there before was never opened. */
static void undo(const struct invocation *v, const struct init_options *o, const struct making *m)
{
	char name[160];

	snprintf(name, sizeof(name), "%s.key", o->root);
	if (m->root_key)
		remove_file(
		    o->root_key_directory ? o->root_key_directory : v->config->keys.directory,
		    name);
	snprintf(name, sizeof(name), "%s.key", o->authority);
	if (m->key)
		remove_file(v->config->keys.directory, name);
	if (m->wrote_root)
		remove_file(v->config->state_directory, "root.pem");
}

/* ---- the end: what was stored is kept, what was not is undone ---- */

static bool holds(const struct policy_rows *rows, const char *authority, struct span certificate)
{
	for (size_t i = 0; i < rows->count; i++)
		if (strcmp(rows->rows[i].kind, "authority") == 0 &&
		    strcmp(rows->rows[i].name, authority) == 0)
			return span_equal(rows->rows[i].certificate, certificate);
	return false;
}

/* By another connection. The lock waits for a commit that the database is still busy with. */
static struct status look_again(const struct invocation *v, const struct init_options *o,
    const struct making *m, bool *ret_stored, struct err *err)
{
	AUTO_REF(db) db = NULL;
	AUTO(arena) arena = {0};
	struct policy_rows rows;
	int64_t version;

	TRY(command_db(v, &db, err));
	TRY(db_begin(db, err));
	TRY(policy_lock(db, &version, err));
	TRY(policy_rows_read(db, &arena, &rows, err));
	*ret_stored = holds(&rows, o->authority, buf_span(&m->certificate));
	return STATUS_OK;
}

static struct status settle(const struct invocation *v, const struct init_options *o,
    const struct making *m, struct status done, struct err *err)
{
	struct err why = {0};
	bool stored = false;

	if (done.ok)
		return done;
	if (m->committing && !look_again(v, o, m, &stored, &why).ok) {
		err_clear(err);
		(void)err_set(err, ERR_DATABASE,
		    "the database went away at the commit: it is not known whether authority '%s' "
		    "was stored; its keys and root.pem were kept. Run init again: if it says that "
		    "the authority is there already, all is done; if only root.pem is, remove "
		    "root.pem and the new keys first",
		    o->authority);
		err_cause(err, "%s; %s", why.message, why.cause);
		return STATUS_FAILED;
	}
	if (stored) {
		err_clear(err);
		return STATUS_OK;
	}
	undo(v, o, m);
	return done;
}

static void making_free(struct making *m)
{
	hsm_key_free(m->key);
	hsm_key_free(m->root_key);
	hsm_close(m->hsm);
	hsm_close(m->root_hsm);
	buf_free(&m->certificate);
	buf_free(&m->root);
}

static struct status make(struct db *db, const struct invocation *v, const struct init_options *o,
    struct making *m, struct err *err)
{
	TRY(open_stores(v, o, m, err));
	TRY(generate(o, m, err));
	TRY(sign(v, o, m, err));
	return store_both(db, v, o, m, err);
}

struct status init_make(
    const struct invocation *v, const struct init_options *o, struct buf *ret_root, struct err *err)
{
	AUTO_REF(db) db = NULL;
	struct making m = {0};
	struct status made;

	TRY(command_db(v, &db, err));
	TRY(check_new(db, v, o, err));
	TRY(make_directories(v, err));
	made = make(db, v, o, &m, err);
	db_rollback(db);
	made = settle(v, o, &m, made, err);
	if (made.ok)
		*ret_root = buf_take(&m.root);
	making_free(&m);
	return made;
}

/* ---- an existing hierarchy ---- */

static struct status import_key(
    const struct invocation *v, const struct init_options *o, struct making *m, struct err *err)
{
	struct hsm_config keys = {v->config->keys.directory, v->config->keys.passphrase_file};
	AUTO(secret) passphrase = {0};
	AUTO(buf) pem = {0};
	struct status done;
	char uri[160];

	TRY(hsm_open(&keys, &m->hsm, err));
	if (o->key_passphrase_file)
		TRY(file_read_secret(o->key_passphrase_file, &passphrase, err));
	TRY(file_read(o->key, PEM_SIZE_MAX, &pem, err));
	key_uri(o->authority, uri, sizeof(uri));
	done = hsm_key_import(
	    m->hsm, uri, buf_span(&pem), o->key_passphrase_file ? &passphrase : NULL, &m->key, err);
	OPENSSL_cleanse(pem.p, pem.n);
	return done;
}

/* A certificate names its issuer by the key: two authorities of one key could not be told apart. */
static struct status check_new_key(struct db *db, struct span spki, struct err *err)
{
	AUTO(arena) arena = {0};
	struct policy_rows rows;

	TRY(policy_rows_read(db, &arena, &rows, err));
	for (size_t i = 0; i < rows.count; i++) {
		struct authority held = {0};

		if (strcmp(rows.rows[i].kind, "authority") != 0)
			continue;
		TRY(authority_of_certificate(rows.rows[i].certificate, &held, err));
		if (span_equal(held.spki, spki))
			return err_set(err, ERR_CONFLICT,
			    "authority '%s' has this key already; nothing was changed",
			    rows.rows[i].name);
	}
	return STATUS_OK;
}

static struct status take(struct db *db, const struct invocation *v, const struct init_options *o,
    struct making *m, struct err *err)
{
	AUTO(arena) arena = {0};
	AUTO(buf) pem = {0};
	struct ceremony_chain chain;
	struct member issuing = {.name = o->authority};
	char uri[160];
	int64_t id;

	TRY(file_read(o->chain, PEM_SIZE_MAX, &pem, err));
	TRY(import_key(v, o, m, err));
	TRY(check_new_key(db, hsm_key_spki(m->key), err));
	TRY(ceremony_take(
	    buf_span(&pem), hsm_key_spki(m->key), clock_now(&v->clock), &arena, &chain, err));
	key_uri(o->authority, uri, sizeof(uri));
	issuing.key_uri = uri;
	issuing.certificate = chain.certificates[0];
	issuing.chain = chain.certificates + 1;
	issuing.chain_count = chain.count - 1;
	buf_put(&m->certificate, chain.certificates[0]);
	buf_put(&m->root, chain.certificates[chain.count - 1]);
	TRY(db_begin(db, err));
	TRY(store(db, v, &issuing, &id, err));
	TRY(write_root(v, buf_span(&m->root), err));
	m->wrote_root = true;
	m->committing = true;
	return db_commit(db, err);
}

struct status init_take(
    const struct invocation *v, const struct init_options *o, struct buf *ret_root, struct err *err)
{
	AUTO_REF(db) db = NULL;
	struct making m = {0};
	struct status taken;

	TRY(command_db(v, &db, err));
	TRY(check_new(db, v, o, err));
	TRY(make_directories(v, err));
	taken = take(db, v, o, &m, err);
	db_rollback(db);
	taken = settle(v, o, &m, taken, err);
	if (taken.ok)
		*ret_root = buf_take(&m.root);
	making_free(&m);
	return taken;
}
