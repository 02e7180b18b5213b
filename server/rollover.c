#include <string.h>

#include "base/file.h"
#include "ca/certificate.h"
#include "ca/crl_scope.h"
#include "ca/extension.h"
#include "ca/name.h"
#include "ca/policy_document.h"
#include "server/rollover_internal.h"

#define NAME_TEXT_MAX 512

static void rolling_free(struct rolling *r)
{
	struct piece *const pieces[] = {&r->root, &r->new_with_old, &r->old_with_new, &r->below};

	for (size_t i = 0; i < COUNT(pieces); i++) {
		hsm_key_free(pieces[i]->key);
		buf_free(&pieces[i]->certificate);
	}
	hsm_key_free(r->old_root_key);
	hsm_close(r->hsm);
	hsm_close(r->old_root_hsm);
	hsm_close(r->new_root_hsm);
	policy_release(r->policy);
	db_close(r->db);
}

static const char *or_else(const char *given, const char *standard)
{
	return given ? given : standard;
}

/* ---- keys ---- */

static const char *root_directory(const struct rolling *r)
{
	return or_else(r->o->root_key_directory, r->v->config->keys.directory);
}

static const char *new_root_directory(const struct rolling *r)
{
	return or_else(r->o->new_root_key_directory, root_directory(r));
}

static struct status open_stores(struct rolling *r, struct err *err)
{
	const struct rollover_options *o = r->o;
	const struct hsm_config keys = {
	    r->v->config->keys.directory, r->v->config->keys.passphrase_file};
	const struct hsm_config old = {root_directory(r), o->root_passphrase_file};
	const struct hsm_config new = {new_root_directory(r), o->new_root_passphrase_file};

	TRY(hsm_open(&keys, &r->hsm, err));
	TRY(hsm_open(&old, &r->old_root_hsm, err));
	return r->old_root ? hsm_open(&new, &r->new_root_hsm, err) : STATUS_OK;
}

static struct status open_root_key(struct rolling *r, struct err *err)
{
	char uri[KEY_URI_MAX];

	TRY(hsm_key_open(
	    r->old_root_hsm, rollover_key_uri(r->upper->name, uri), &r->old_root_key, err));
	if (!span_equal(hsm_key_spki(r->old_root_key), r->upper->spki))
		return err_set(err, ERR_KEY, "%s/%s is not the key of root '%s'", root_directory(r),
		    uri + strlen("file:"), r->upper->name);
	return STATUS_OK;
}

static const struct key_algorithm *algorithm_of(
    const struct rolling *r, const struct authority *old)
{
	const struct key_algorithm *a = r->o->algorithm;
	struct err unread = {0};

	return a || key_algorithm_of_spki(old->spki, &a, &unread).ok ? a : NULL;
}

/* One that is there already and is nobody's is left of an attempt that came to nothing. */
static struct status take_key(
    const struct rolling *r, struct hsm *hsm, struct piece *piece, struct err *err)
{
	const struct key_algorithm *algorithm = algorithm_of(r, piece->old);
	struct err why = {0};
	char uri[KEY_URI_MAX];

	if (!algorithm)
		return err_set(err, ERR_CONFIG, "--algorithm is missing");
	if (hsm_key_generate(hsm, rollover_key_uri(piece->name, uri), algorithm, &piece->key, &why)
		.ok)
		return STATUS_OK;
	if (why.kind != ERR_CONFLICT) {
		*err = why;
		return STATUS_FAILED;
	}
	TRY(hsm_key_open(hsm, uri, &piece->key, err));
	for (size_t i = 0; i < r->policy->authority_count; i++)
		if (span_equal(r->policy->authorities[i].spki, hsm_key_spki(piece->key)))
			return err_set(err, ERR_CONFLICT, "%s is the key of authority '%s'", uri,
			    r->policy->authorities[i].name);
	if (hsm_key_algorithm(piece->key) != algorithm)
		return err_set(err, ERR_CONFLICT, "%s is there already, and was made as %s, not %s",
		    uri, hsm_key_algorithm(piece->key)->name, algorithm->name);
	return STATUS_OK;
}

static struct status take_keys(struct rolling *r, struct err *err)
{
	if (r->old_root) {
		TRY(dir_make(new_root_directory(r), 0700, err));
		TRY(take_key(r, r->new_root_hsm, &r->root, err));
	}
	return r->below.name ? take_key(r, r->hsm, &r->below, err) : STATUS_OK;
}

/* ---- certificates ---- */

/* As long as its predecessor was to live. */
static int64_t end_after(const struct rolling *r, int64_t validity, const struct authority *old)
{
	const int64_t life = validity ? validity : old->not_after - old->not_before;

	return old->not_after == TIME_NO_EXPIRY && !validity ? TIME_NO_EXPIRY : r->now + life;
}

static struct span constraints_of(const struct authority *a)
{
	struct certificate_view view;
	struct err unread = {0};
	const struct extension *e = certificate_read(a->certificate, &view, &unread).ok
					? certificate_extension(&view, OID_NAME_CONSTRAINTS)
					: NULL;

	return e ? e->value : SPAN_NONE;
}

static struct ceremony_request successor(
    const struct rolling *r, const struct piece *piece, const char *subject, int64_t validity)
{
	const struct authority *old = piece->old;

	return (struct ceremony_request){.subject = subject,
	    .subject_der = subject ? SPAN_NONE : old->subject,
	    .key = piece->key,
	    .not_before = r->now,
	    .not_after = end_after(r, validity, old),
	    .path_length = ceremony_path_length(old->certificate),
	    .constraints_der = constraints_of(old)};
}

/* The links of RFC 4210 4.4, whose validity is that of the old key, and of both. */
static struct status sign_links(struct rolling *r, struct err *err)
{
	const struct authority *old = r->old_root;
	struct ceremony_link link = {.certificate = buf_span(&r->root.certificate),
	    .not_before = r->now,
	    .not_after = old->not_after,
	    .issuer_certificate = old->certificate,
	    .issuer_key = r->old_root_key};

	TRY(ceremony_link(&link, r->now, &r->v->rng, &r->new_with_old.certificate, err));
	link = (struct ceremony_link){.certificate = old->certificate,
	    .not_before = old->not_before,
	    .not_after = old->not_after,
	    .issuer_certificate = buf_span(&r->root.certificate),
	    .issuer_key = r->root.key};
	return ceremony_link(&link, r->now, &r->v->rng, &r->old_with_new.certificate, err);
}

/* Of the upper root: what was said; else what its document says, or will say. */
static const char *upper_url(
    const struct rolling *r, const char *said, const char *held, struct arena *arena)
{
	AUTO(buf) url = {0};

	if (said || !held)
		return said;
	if (r->old_root)
		held = policy_successor_url(held, r->old_root->name, r->root.name, arena);
	if (!held || !crl_url_put(held, 0, &url))
		return NULL;
	return arena_strdup(arena, buf_cstr(&url));
}

static struct status sign_below(struct rolling *r, struct err *err)
{
	AUTO(arena) arena = {0};
	struct hsm_key *key = r->old_root ? r->root.key : r->old_root_key;
	struct ceremony_request request = successor(r, &r->below, r->o->subject, r->o->validity);
	const char *crl = upper_url(r, r->o->crl_url, r->upper->crl_url, &arena);
	const char *issuer = upper_url(r, r->o->issuer_url, r->upper->issuer_url, &arena);
	const struct ceremony_link link = {.certificate = r->issuing->certificate,
	    .not_before = r->now,
	    .not_after = request.not_after,
	    .crl_url = crl,
	    .issuer_url = issuer,
	    .issuer_certificate = rollover_upper(r),
	    .issuer_key = key};

	if (!r->below.name)
		return ceremony_link(&link, r->now, &r->v->rng, &r->below.certificate, err);
	request.crl_url = crl;
	request.issuer_url = issuer;
	request.issuer_certificate = rollover_upper(r);
	request.issuer_key = key;
	return ceremony_make(&request, r->now, &r->v->rng, &r->below.certificate, err);
}

static struct status sign(struct rolling *r, struct err *err)
{
	if (r->old_root) {
		const struct ceremony_request root =
		    successor(r, &r->root, r->o->root_subject, r->o->root_validity);

		TRY(ceremony_make(&root, r->now, &r->v->rng, &r->root.certificate, err));
		TRY(sign_links(r, err));
	}
	return sign_below(r, err);
}

/* ---- what is told ---- */

static void tell_end(FILE *out, int64_t seconds)
{
	char text[TIME_TEXT_SIZE];

	time_text(seconds, text);
	fprintf(out, "until %s\n", text);
}

static void tell_piece(const struct rolling *r, FILE *out, const char *what,
    const struct piece *piece, const char *subject, int64_t validity, const char *directory)
{
	const struct key_algorithm *algorithm = algorithm_of(r, piece->old);
	char name[NAME_TEXT_MAX];

	name_text(piece->old->subject, name, sizeof(name));
	fprintf(out, "makes %s '%s': %s, %s, ", what, piece->name, or_else(subject, name),
	    algorithm ? algorithm->name : "?");
	tell_end(out, end_after(r, validity, piece->old));
	fprintf(out, "  its key is %s/%s.key\n", directory, piece->name);
}

static void tell_plan(const struct rolling *r, FILE *out)
{
	const struct rollover_options *o = r->o;

	if (r->old_root) {
		tell_piece(r, out, "root", &r->root, o->root_subject, o->root_validity,
		    new_root_directory(r));
		fprintf(out, "links '%s' and '%s', each certified by the other, ",
		    r->old_root->name, o->name);
		tell_end(out, r->old_root->not_after);
	}
	if (r->below.name) {
		tell_piece(r, out, "issuing authority", &r->below, o->subject, o->validity,
		    r->v->config->keys.directory);
		fprintf(out, "  below root '%s'\n", r->old_root ? o->name : r->upper->name);
	} else {
		fprintf(out, "certifies the key of '%s' anew below root '%s', ", r->issuing->name,
		    r->old_root ? o->name : r->upper->name);
		tell_end(out, end_after(r, o->validity, r->issuing));
	}
}

/* ---- all ---- */

static struct status run(struct rolling *r, FILE *out, struct err *err)
{
	struct status stored;

	TRY(command_db(r->v, &r->db, err));
	TRY(db_check_schema(r->db, err));
	TRY(policy_load(r->db, NULL, &r->policy, err));
	TRY(rollover_plan(r, err));
	TRY(open_stores(r, err));
	TRY(open_root_key(r, err));
	tell_plan(r, out);
	if (r->o->dry_run)
		return STATUS_OK;
	TRY(take_keys(r, err));
	TRY(sign(r, err));
	stored = rollover_store(r, out, err);
	if (!stored.ok)
		db_rollback(r->db);
	return stored;
}

struct status rollover(
    const struct invocation *v, const struct rollover_options *o, FILE *out, struct err *err)
{
	struct rolling r = {.v = v, .o = o, .now = clock_now(&v->clock)};
	struct status done = run(&r, out, err);

	rolling_free(&r);
	return done;
}
