/* tests/unit/signing/release_scene.c: see release_scene.h. */
#include "tests/unit/signing/release_scene.h"

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "signing/recall.h"

static void must(struct status s, const struct err *err)
{
	if (!s.ok)
		cr_assert_fail("%s (%s)", err->message, err->cause);
}

/* ---- keys ---- */

static const struct {
	const char *name, *kind;
	int algorithm;
	bool test;
} wanted_keys[KEY_COUNT] = {
    [KEY_P256] = {"p256", "EC-P256", SIGNING_ES256, false},
    [KEY_P384] = {"p384", "EC-P384", SIGNING_ESP384, false},
    [KEY_ED25519] = {"ed25519", "Ed25519", SIGNING_ED25519, false},
    [KEY_TEST] = {"test", "EC-P256", SIGNING_ESP256, true},
    [KEY_ML_DSA_44] = {"ml-dsa-44", "ML-DSA-44", SIGNING_ML_DSA_44, false},
    [KEY_ML_DSA_65] = {"ml-dsa-65", "ML-DSA-65", SIGNING_ML_DSA_65, false},
    [KEY_ML_DSA_87] = {"ml-dsa-87", "ML-DSA-87", SIGNING_ML_DSA_87, false},
};

static bool has(size_t i)
{
	return key_algorithm_available(key_algorithm_by_name(wanted_keys[i].kind));
}

void release_scene_need(enum scene_key key)
{
	if (!has(key))
		cr_skip_test("this OpenSSL does not have %s", wanted_keys[key].kind);
}

static const char *certificate_for(struct release_scene *s, struct span spki, const char *name)
{
	const unsigned char *p = spki.p;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.n);
	X509 *certificate = pki_idevid(&s->root, key,
	    &(struct pki_idevid){.product = "signing", .serial = name, .common_name = name});
	AUTO(buf) pem = {0};

	pki_pem_certificate(certificate, &pem);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return arena_strdup(&s->arena, buf_cstr(&pem));
}

static void make_one(struct release_scene *s, size_t i)
{
	AUTO_REF(hsm_key) key = NULL;
	AUTO(buf) public = {0};
	char *uri = arena_printf(&s->arena, "file:%s.key", wanted_keys[i].name);
	struct err err = {0};

	must(hsm_key_generate(
		 s->log.hsm, uri, key_algorithm_by_name(wanted_keys[i].kind), &key, &err),
	    &err);
	base64_encode(hsm_key_spki(key), &public);
	s->keys[i] = (struct signing_key){
	    .name = arena_strdup(&s->arena, wanted_keys[i].name),
	    .key_uri = uri,
	    .public_key = arena_strdup(&s->arena, buf_cstr(&public)),
	    .algorithm = wanted_keys[i].algorithm,
	    .test = wanted_keys[i].test,
	    .chain =
		arena_strdup(&s->arena, certificate_for(s, hsm_key_spki(key), wanted_keys[i].name)),
	};
}

void release_scene_keys(
    struct channel *c, struct release_scene *s, const enum scene_key *keys, size_t n)
{
	c->keys = arena_alloc(&s->arena, n * sizeof(struct signing_key *));
	c->key_count = n;
	for (size_t i = 0; i < n; i++)
		c->keys[i] = &s->keys[keys[i]];
}

/* ---- policy ---- */

static void make_channels(struct release_scene *s)
{
	static const enum scene_key production = KEY_P256, test = KEY_TEST;
	struct access *a = &s->access;

	a->channels = arena_alloc(&s->arena, 2 * sizeof(*a->channels));
	a->channel_count = 2;
	s->stable = &a->channels[0];
	s->beta = &a->channels[1];
	*s->stable = (struct channel){.name = arena_strdup(&s->arena, "x100-stable"),
	    .product_name = arena_strdup(&s->arena, "x100"),
	    .channel = arena_strdup(&s->arena, "stable"),
	    .production = true,
	    .formats = 7,
	    .expires = 3600};
	*s->beta = *s->stable;
	s->beta->name = arena_strdup(&s->arena, "x100-beta");
	s->beta->channel = arena_strdup(&s->arena, "beta");
	s->beta->production = false;
	release_scene_keys(s->stable, s, &production, 1);
	release_scene_keys(s->beta, s, &test, 1);
}

static void make_people(struct release_scene *s)
{
	static const char *const names[] = {"alice", "bob", "carol", "ci"};
	struct access *a = &s->access;

	a->roles = arena_alloc(&s->arena, sizeof(*a->roles));
	a->role_count = 1;
	a->roles[0] = (struct role){
	    .name = arena_strdup(&s->arena, "manager"), .permissions = PERMISSION_ALL};
	a->principals = arena_alloc(&s->arena, COUNT(names) * sizeof(*a->principals));
	a->bindings = arena_alloc(&s->arena, COUNT(names) * sizeof(*a->bindings));
	for (size_t i = 0; i < COUNT(names); i++) {
		struct principal *p = &a->principals[a->principal_count++];

		p->name = arena_strdup(&s->arena, names[i]);
		p->type = strcmp(names[i], "ci") == 0 ? PRINCIPAL_CI : PRINCIPAL_PERSON;
		if (i == 1 || i == 2)
			a->bindings[a->binding_count++] = (struct binding){.name = p->name,
			    .principal_name = p->name,
			    .role_name = a->roles[0].name,
			    .principal = p,
			    .role = &a->roles[0],
			    .expires = INT64_MAX};
	}
}

struct release_scene *release_scene_new(void)
{
	struct release_scene *s = mem_alloc(sizeof(*s));

	scene_open(&s->log);
	s->rng = rng_system();
	s->root = pki_authority("Acme Signing Root", NULL, -1);
	s->keys = arena_alloc(&s->arena, KEY_COUNT * sizeof(*s->keys));
	s->access.signing_keys = s->keys;
	for (size_t i = 0; i < KEY_COUNT && has(i); i++)
		make_one(s, s->access.signing_key_count++);
	make_channels(s);
	make_people(s);
	pg_exec(&s->log.database, "INSERT INTO product (name, spec, version, updated_at, "
				  "manufacturer, model) VALUES ('x100', '{}', 1, now(), 'Acme', "
				  "'X100'), ('y200', '{}', 1, now(), 'Acme', 'Y200')");
	s->product = (struct release_product){
	    pg_number(&s->log.database, "SELECT id FROM product WHERE name = 'x100'"), "x100",
	    "Acme", "X100", "acme.example"};
	s->context = (struct release_context){.db = s->log.db,
	    .now = RELEASE_NOW,
	    .rng = &s->rng,
	    .access = &s->access,
	    .signer = signer_new(s->log.hsm)};
	return s;
}

void release_scene_free(struct release_scene *s)
{
	signer_free(s->context.signer);
	pki_authority_free(&s->root);
	scene_close(&s->log);
	arena_free(&s->arena);
	free(s);
}

/* ---- acts ---- */

struct release_new release_scene_content(struct release_scene *s, const char *version)
{
	struct release_component *c = arena_alloc(&s->arena, 2 * sizeof(*c));

	c[0] = (struct release_component){.id = "main",
	    .sha256 = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
	    .size = 123456,
	    .uri = "https://firmware.acme.example/x100/main.bin"};
	c[1] = (struct release_component){.id = "radio",
	    .sha256 = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
	    .sha384 =
		"47f05d367b0c32e438fb63e6cf4a5f35c2aa2f90dc7543f8a41a0f95ce8a40a313ab5cf36134a2068c"
		"4c969cb50db776",
	    .size = 4096};
	return (struct release_new){.channel = "stable",
	    .version = version,
	    .components = c,
	    .component_count = 2,
	    .notes = "Repairs the clock \xe2\x80\x93 \"really\"."};
}

/* Ends the transaction, as `done` says. */
static struct status end(struct release_scene *s, struct status done, struct err *err)
{
	if (done.ok)
		return db_commit(s->context.db, err);
	db_rollback(s->context.db);
	return done;
}

struct status scene_create(struct release_scene *s, const struct release_new *content,
    const char *who, struct release_row *ret_row, bool *ret_made, struct err *err)
{
	const struct release_actor by = {.name = who, .person = who};

	must(db_begin(s->context.db, err), err);
	return end(s,
	    release_create(
		&s->context, &s->product, content, &by, &s->arena, ret_row, ret_made, err),
	    err);
}

static struct status sign_one(
    struct release_scene *s, int64_t id, struct release_row *ret_row, struct err *err)
{
	const struct release_actor by = {.name = "alice", .person = "alice"};
	const struct release_evidence nobody = {0};
	AUTO(release_plan) plan = {0};
	struct release_row row;

	TRY(release_get(s->context.db, id, &s->arena, &row, err));
	TRY(release_plan(&s->context, &s->product, &row, &by, &s->arena, &plan, err));
	return release_sign(&s->context, &row, &plan, &nobody, &by, &s->arena, ret_row, err);
}

struct status scene_sign_release(
    struct release_scene *s, int64_t id, struct release_row *ret_row, struct err *err)
{
	must(db_begin(s->context.db, err), err);
	return end(s, sign_one(s, id, ret_row, err), err);
}

struct status scene_publish(
    struct release_scene *s, int64_t id, struct release_row *ret_row, struct err *err)
{
	const struct release_actor by = {.name = "bob", .person = "bob"};
	struct release_row row = scene_release(s, id);

	must(db_begin(s->context.db, err), err);
	return end(s, release_publish(&s->context, &row, &by, 0, &s->arena, ret_row, err), err);
}

struct status scene_recall(struct release_scene *s, int64_t id, int64_t successor,
    struct release_row *ret_row, struct err *err)
{
	const struct release_actor by = {.name = "bob", .person = "bob"};
	struct release_row row = scene_release(s, id);
	const struct release_recall recall = {&row, successor};

	must(db_begin(s->context.db, err), err);
	return end(s, release_recall(&s->context, &recall, &by, &s->arena, ret_row, err), err);
}

struct release_row scene_release(struct release_scene *s, int64_t id)
{
	struct release_row row;
	struct err err = {0};

	must(release_get(s->context.db, id, &s->arena, &row, &err), &err);
	return row;
}

struct release_row scene_created(struct release_scene *s, const char *version)
{
	const struct release_new content = release_scene_content(s, version);
	struct release_row row;
	struct err err = {0};
	bool made;

	must(scene_create(s, &content, "alice", &row, &made, &err), &err);
	cr_assert(made);
	return row;
}

struct release_row scene_signed(struct release_scene *s, const char *version)
{
	struct release_row row = scene_created(s, version);
	struct err err = {0};

	must(scene_sign_release(s, row.id, &row, &err), &err);
	cr_assert_str_eq(row.state, "signed");
	return row;
}

struct release_row scene_published(struct release_scene *s, const char *version)
{
	struct release_row row = scene_signed(s, version);
	struct err err = {0};

	scene_prove(s);
	must(scene_publish(s, row.id, &row, &err), &err);
	cr_assert_str_eq(row.state, "published");
	return row;
}

void scene_prove(struct release_scene *s)
{
	(void)scene_integrate(&s->log);
	(void)scene_sign(&s->log);
}

const char *scene_file(struct release_scene *s, const char *name, struct span bytes)
{
	const char *path = arena_printf(&s->arena, "%s/%s", s->log.dir, name);
	struct err err = {0};

	must(file_replace(path, bytes, 0600, &err), &err);
	return path;
}

int scene_shell(struct release_scene *s, const char *command)
{
	return system(arena_printf(&s->arena, "cd %s && { %s ; } >out 2>&1", s->log.dir, command));
}
