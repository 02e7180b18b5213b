/* tests/unit/signing/release_sign_test.c: signatures, formats and bundles of releases. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "signing/format/bundle.h"
#include "tests/unit/signing/release_scene.h"

static struct release_scene *s;
static void open_scene(void)
{
	s = release_scene_new();
}
static void close_scene(void)
{
	release_scene_free(s);
}
TestSuite(release_sign, .timeout = 180, .init = open_scene, .fini = close_scene);

static struct release_signature signature_of(int64_t id)
{
	struct release_signature g;
	struct err err = {0};

	cr_assert(
	    release_signature_get(s->context.db, id, &s->arena, &g, &err).ok, "%s", err.message);
	return g;
}

static bool next_key(const void *context, size_t i, struct cose_key *ret_key)
{
	struct signer_key *const *keys = context;

	if (!keys[i])
		return false;
	*ret_key = keys[i]->public;
	return true;
}

/* Which of these keys have signed the envelope? */
static size_t verified(struct span envelope, const enum scene_key *keys, size_t n)
{
	struct signer_key *opened[KEY_COUNT + 1] = {0};
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	struct suit suit;
	struct err err = {0};
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		cr_assert(signer_open(s->context.signer, &s->keys[keys[i]], &opened[i], &err).ok,
		    "%s", err.message);
	if (suit_verify(&crypto, &(struct cose_keys){next_key, opened}, envelope, &suit) ==
	    REFUSAL_NONE)
		count = suit.signers.count;
	for (size_t i = 0; i < n; i++)
		signer_key_free(opened[i]);
	return count;
}

Test(release_sign, an_envelope_verifies_with_its_key_and_no_other)
{
	static const enum scene_key right = KEY_P256, wrong = KEY_TEST;
	const struct release_row row = scene_signed(s, "1.0.0");
	const struct release_signature g = signature_of(row.id);

	cr_expect_eq(verified(g.suit, &right, 1), 1);
	cr_expect_eq(verified(g.suit, &wrong, 1), 0);
	cr_expect_str_eq(scene_release(s, row.id).state, "signed");
}

Test(release_sign, every_key_of_the_channel_signs_one_digest)
{
	static const enum scene_key keys[] = {KEY_ED25519, KEY_P256, KEY_P384};
	struct release_row row;

	release_scene_keys(s->stable, s, keys, COUNT(keys));
	row = scene_signed(s, "1.0.0");
	cr_expect_eq(verified(signature_of(row.id).suit, keys, COUNT(keys)), COUNT(keys));
}

/* Each of them alone, then beside ES256: what an envelope says of its signers is what the bundle
 * says. */
static void signs_by_ml_dsa(enum scene_key key)
{
	const enum scene_key both[] = {KEY_P256, key};
	struct release_bundle b;
	struct release_row row;
	struct span bytes;
	struct err err = {0};

	release_scene_need(key);
	s->stable->formats = 1 << RELEASE_SUIT | 1 << RELEASE_JWS;
	release_scene_keys(s->stable, s, &key, 1);
	row = scene_published(s, "1.0.0");
	cr_expect_eq(verified(signature_of(row.id).suit, &key, 1), 1);
	release_scene_keys(s->stable, s, both, COUNT(both));
	row = scene_published(s, "1.0.1");
	cr_expect_eq(verified(signature_of(row.id).suit, both, COUNT(both)), COUNT(both));
	cr_assert(
	    release_bundle(&s->context, &row, 0, &s->arena, &bytes, &err).ok, "%s", err.message);
	cr_assert_eq(release_bundle_read(bytes, &b), REFUSAL_NONE);
	cr_expect_eq(verified(b.envelope, both, COUNT(both)), COUNT(both));
}

Test(release_sign, ml_dsa_44_signs_alone_and_beside_es256)
{
	signs_by_ml_dsa(KEY_ML_DSA_44);
}

Test(release_sign, ml_dsa_65_signs_alone_and_beside_es256)
{
	signs_by_ml_dsa(KEY_ML_DSA_65);
}

Test(release_sign, ml_dsa_87_signs_alone_and_beside_es256)
{
	signs_by_ml_dsa(KEY_ML_DSA_87);
}

Test(release_sign, signing_again_changes_nothing)
{
	struct release_row row = scene_signed(s, "1.0.0"), again;
	const struct release_signature g = signature_of(row.id);
	struct err err = {0};

	cr_assert(scene_sign_release(s, row.id, &again, &err).ok, "%s", err.message);
	cr_expect_str_eq(again.state, "signed");
	cr_expect(span_equal(signature_of(row.id).suit, g.suit));
	cr_expect_eq(pg_number(&s->log.database,
			 "SELECT count(*) FROM log_entry WHERE kind = 'release.signed'"),
	    1);
}

Test(release_sign, only_the_formats_of_the_channel_are_made)
{
	struct release_row row;

	s->stable->formats = 1 << RELEASE_SUIT;
	row = scene_signed(s, "1.0.0");
	cr_expect_null(signature_of(row.id).jws.p);
	cr_expect_null(signature_of(row.id).cms.p);
}

/* ---- what is refused ---- */

static void expect_refused(int64_t id, const char *code)
{
	struct release_row row;
	struct err err = {0};

	cr_expect_not(scene_sign_release(s, id, &row, &err).ok, "%s", code);
	cr_expect_str_eq(err_code(&err), code, "%s: %s", err_code(&err), err.message);
	cr_expect_str_eq(scene_release(s, id).state, "draft");
}

Test(release_sign, a_test_key_never_signs_for_production)
{
	static const enum scene_key keys[] = {KEY_P256, KEY_TEST};
	const struct release_row row = scene_created(s, "1.0.0");

	release_scene_keys(s->stable, s, keys, COUNT(keys));
	expect_refused(row.id, "release.test-key");
}

Test(release_sign, a_key_that_is_retired_or_revoked_signs_nothing)
{
	const struct release_row row = scene_created(s, "1.0.0");

	s->keys[KEY_P256].state = SIGNING_KEY_RETIRED;
	expect_refused(row.id, "release.key-state");
	s->keys[KEY_P256].state = SIGNING_KEY_REVOKED;
	expect_refused(row.id, "release.key-state");
}

Test(release_sign, a_key_signs_for_its_products_alone)
{
	char *products[] = {arena_strdup(&s->arena, "y200")};
	const struct release_row row = scene_created(s, "1.0.0");

	s->keys[KEY_P256].products = (struct str_list){products, 1};
	expect_refused(row.id, "release.key-product");
}

Test(release_sign, a_uri_that_leads_to_another_key_signs_nothing)
{
	const struct release_row row = scene_created(s, "1.0.0");

	s->keys[KEY_P256].key_uri = s->keys[KEY_TEST].key_uri;
	expect_refused(row.id, "release.key");
	s->keys[KEY_P256].key_uri = arena_strdup(&s->arena, "file:nowhere.key");
	expect_refused(row.id, "release.key");
}

Test(release_sign, a_product_of_another_class_by_now_is_not_signed)
{
	const struct release_row row = scene_created(s, "1.0.0");

	s->product.model = "X200";
	expect_refused(row.id, "release.vendor");
}

Test(release_sign, a_channel_that_is_gone_signs_nothing)
{
	const struct release_row row = scene_created(s, "1.0.0");

	s->access.channel_count = 0;
	expect_refused(row.id, "release.channel");
}

Test(release_sign, a_manifest_that_was_changed_in_the_store_is_not_signed)
{
	const struct release_row row = scene_created(s, "1.0.0");

	pg_exec(&s->log.database,
	    "ALTER TABLE release DISABLE TRIGGER ALL; UPDATE release SET json_manifest = "
	    "convert_to(replace(convert_from(json_manifest, 'UTF8'), '123456', '123457'), 'UTF8')");
	expect_refused(row.id, "release.bundle");
}

/* No CMS is made with such a key, and no release says that it has one. */
Test(release_sign, a_channel_that_wants_cms_by_ml_dsa_alone_signs_nothing)
{
	static const enum scene_key key = KEY_ML_DSA_44;
	const struct release_row row = scene_created(s, "1.0.0");

	release_scene_need(key);
	release_scene_keys(s->stable, s, &key, 1);
	expect_refused(row.id, "release.format");
}

/* ---- the plan ---- */

static struct digest plan_of(int64_t id)
{
	const struct release_actor by = {.name = "alice", .person = "alice"};
	const struct release_row row = scene_release(s, id);
	AUTO(release_plan) plan = {0};
	struct err err = {0};

	cr_assert(release_plan(&s->context, &s->product, &row, &by, &s->arena, &plan, &err).ok,
	    "%s", err.message);
	return plan.digest;
}

Test(release_sign, another_key_or_format_needs_other_approvals)
{
	static const enum scene_key other = KEY_P384;
	const struct release_row row = scene_created(s, "1.0.0");
	const struct digest first = plan_of(row.id);
	struct digest second;

	second = plan_of(row.id);
	cr_expect_eq(memcmp(&first, &second, sizeof(first)), 0);
	s->stable->formats = 3;
	second = plan_of(row.id);
	cr_expect_neq(memcmp(&first, &second, sizeof(first)), 0);
	s->stable->formats = 7;
	release_scene_keys(s->stable, s, &other, 1);
	second = plan_of(row.id);
	cr_expect_neq(memcmp(&first, &second, sizeof(first)), 0);
}

/* ---- the bundle ---- */

static struct status bundle_of(int64_t id, struct span *ret_bytes, struct err *err)
{
	const struct release_row row = scene_release(s, id);

	return release_bundle(&s->context, &row, 0, &s->arena, ret_bytes, err);
}

Test(release_sign, a_bundle_waits_for_its_proof)
{
	const struct release_row row = scene_signed(s, "1.0.0");
	struct release_bundle b;
	struct span bytes;
	struct err err = {0};

	cr_expect_not(bundle_of(row.id, &bytes, &err).ok);
	cr_expect_str_eq(err_code(&err), "log.pending");
	scene_act(&s->log, 5);
	scene_prove(s);
	err_clear(&err);
	cr_assert(bundle_of(row.id, &bytes, &err).ok, "%s (%s)", err.message, err.cause);
	cr_assert_eq(release_bundle_read(bytes, &b), REFUSAL_NONE);
	cr_expect_eq(b.certificate_count, 1);
}

Test(release_sign, a_bundle_of_another_signature_does_not_leave)
{
	const struct release_row a = scene_signed(s, "1"), b = scene_signed(s, "2");
	struct span bytes;
	struct err err = {0};

	scene_prove(s);
	pg_exec(&s->log.database,
	    "ALTER TABLE release_signature DISABLE TRIGGER ALL; UPDATE release_signature g SET "
	    "suit = (SELECT suit FROM release_signature o WHERE o.release_id <> g.release_id)");
	cr_expect_not(bundle_of(a.id, &bytes, &err).ok);
	cr_expect_str_eq(err_code(&err), "release.bundle", "%s", err.message);
	err_clear(&err);
	cr_expect_not(bundle_of(b.id, &bytes, &err).ok);
}

Test(release_sign, what_is_not_signed_has_no_bundle)
{
	const struct release_row row = scene_created(s, "1");
	struct span bytes;
	struct err err = {0};

	cr_expect_not(bundle_of(row.id, &bytes, &err).ok);
	cr_expect_str_eq(err_code(&err), "release.state");
}
