/*
 * tests/unit/signing/release_format_test.c: three formats of one release, read by programs of
 * others: openssl, jose, and a reader of its own (release_digests.py).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base64url.h"
#include "base/file.h"
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
TestSuite(release_format, .timeout = 180, .init = open_scene, .fini = close_scene);

/* What a shell command printed, for messages. */
static const char *said(void)
{
	AUTO(buf) out = {0};
	struct err err = {0};

	if (!file_read(arena_printf(&s->arena, "%s/out", s->log.dir), 1 << 16, &out, &err).ok)
		return "nothing";
	return arena_strdup(&s->arena, buf_cstr(&out));
}

static void expect_code(int code, const char *command)
{
	const int got = scene_shell(s, command);

	cr_expect((got == 0) == (code == 0), "%s: %d: %s", command, got, said());
}

static int releases;

/* Where the programs beside this file are. */
static const char *here(void)
{
	char folder[4096];

	cr_assert(getcwd(folder, sizeof(folder)));
	return arena_printf(&s->arena, "%s/tests/unit/signing", folder);
}

/* Signed by these keys, and written to files that programs read. */
static void write_files(const enum scene_key *keys, size_t n)
{
	struct release_signature g;
	struct release_row row;
	AUTO(buf) root = {0};
	struct err err = {0};

	release_scene_keys(s->stable, s, keys, n);
	row = scene_signed(s, arena_printf(&s->arena, "1.0.%d", ++releases));
	cr_assert(release_signature_get(s->context.db, row.id, &s->arena, &g, &err).ok);
	pki_pem_certificate(s->root.certificate, &root);
	(void)scene_file(s, "root.pem", buf_span(&root));
	(void)scene_file(s, "release.suit", g.suit);
	(void)scene_file(s, "release.jws", g.jws);
	(void)scene_file(s, "release.cms", g.cms);
	(void)scene_file(s, "manifest.json", row.json_manifest);
	(void)scene_file(s, "chain.der", g.chain);
}

#define CMS_VERIFY                                                                        \
	"openssl cms -verify -binary -inform DER -in release.cms -content manifest.json " \
	"-CAfile root.pem -purpose any -out verified"

static const struct signers {
	const char *claim;
	size_t n;
	enum scene_key keys[3];
} signers[] = {
    {"P-256", 1, {KEY_P256}},
    {"P-384", 1, {KEY_P384}},
    {"P-384 and P-256", 2, {KEY_P384, KEY_P256}},
    {"all three", 3, {KEY_ED25519, KEY_P384, KEY_P256}},
};

Test(release_format, openssl_verifies_the_cms)
{
	for (size_t i = 0; i < COUNT(signers); i++) {
		write_files(signers[i].keys, signers[i].n);
		expect_code(0, CMS_VERIFY " && cmp verified manifest.json");
		expect_code(0, "openssl cms -cmsout -print -inform DER -in release.cms -noout");
		/* anything else is refused */
		expect_code(1, "sed -i s/123456/123457/ manifest.json && " CMS_VERIFY);
	}
}

/* OpenSSL 3.0's own cms cannot: its Ed25519 can. */
Test(release_format, a_cms_by_ed25519_alone_verifies)
{
	static const enum scene_key key = KEY_ED25519;

	write_files(&key, 1);
	expect_code(
	    0, arena_printf(&s->arena,
		   "python3 %s/release_cms.py release.cms manifest.json sha512 && "
		   "openssl x509 -inform DER -in chain.der -noout -pubkey >key.pem && "
		   "openssl pkeyutl -verify -rawin -in message -sigfile signature -pubin -inkey "
		   "key.pem",
		   here()));
}

Test(release_format, a_cms_is_strict_der)
{
	static const enum scene_key keys[] = {KEY_P256, KEY_P384};

	write_files(keys, COUNT(keys));
	/* What OpenSSL writes of what it read: DER has one form. */
	expect_code(0, "openssl cms -cmsout -inform DER -in release.cms -outform DER -out again && "
		       "cmp again release.cms");
}

/* ---- JWS ---- */

static void put_coordinate(struct json *j, const char *name, struct span bytes)
{
	AUTO(buf) text = {0};

	base64url_encode(bytes, &text);
	json_span(j, name, buf_span(&text));
}

static void write_jwk(enum scene_key key, const char *name)
{
	AUTO_REF(signer_key) k = NULL;
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	struct err err = {0};
	size_t n;

	cr_assert(signer_open(s->context.signer, &s->keys[key], &k, &err).ok, "%s", err.message);
	n = (k->public.key.n - 1) / 2;
	json_object_begin(&j, NULL);
	json_str(&j, "kty", "EC");
	json_str(&j, "crv", n == 32 ? "P-256" : "P-384");
	put_coordinate(&j, "x", span(k->public.key.p + 1, n));
	put_coordinate(&j, "y", span(k->public.key.p + 1 + n, n));
	json_object_end(&j);
	(void)scene_file(s, name, buf_span(&text));
}

#define JWS_VERIFY(keys) \
	"jose jws ver -i release.jws " keys " -O payload && cmp payload manifest.json"

Test(release_format, jose_verifies_the_jws)
{
	static const enum scene_key key = KEY_P256;

	write_jwk(KEY_P256, "right.jwk");
	write_jwk(KEY_TEST, "wrong.jwk");
	write_files(&key, 1);
	expect_code(0, JWS_VERIFY("-k right.jwk"));
	expect_code(1, JWS_VERIFY("-k wrong.jwk"));
}

Test(release_format, jose_verifies_each_signature_of_a_jws)
{
	static const enum scene_key keys[] = {KEY_P384, KEY_P256};

	write_jwk(KEY_P256, "one.jwk");
	write_jwk(KEY_P384, "two.jwk");
	write_jwk(KEY_TEST, "wrong.jwk");
	write_files(keys, COUNT(keys));
	expect_code(0, JWS_VERIFY("-k one.jwk"));
	expect_code(0, JWS_VERIFY("-k two.jwk"));
	expect_code(0, JWS_VERIFY("-k one.jwk -k two.jwk -a"));
	expect_code(1, JWS_VERIFY("-k one.jwk -k wrong.jwk -a"));
}

static void jws_verifies_with_openssl(enum scene_key key, const char *algorithm)
{
	release_scene_need(key);
	s->stable->formats = 1 << RELEASE_SUIT | 1 << RELEASE_JWS;
	write_files(&key, 1);
	expect_code(0,
	    "cut -d. -f1-2 release.jws | tr -d '\\n' >message && "
	    "python3 -c \"import base64; t = open('release.jws').read().split('.')[2]; "
	    "open('signature', 'wb').write(base64.urlsafe_b64decode(t + '=='))\" && "
	    "openssl x509 -inform DER -in chain.der -noout -pubkey >key.pem && "
	    "openssl pkeyutl -verify -rawin -in message -sigfile signature -pubin -inkey key.pem");
	expect_code(0, arena_printf(&s->arena,
			   "python3 -c \"import base64, json; t = open('release.jws').read(); h = "
			   "json.loads(base64.urlsafe_b64decode(t.split('.')[0] + '==')); "
			   "assert h['alg'] == '%s', h['alg']\"",
			   algorithm));
	/* anything else is refused */
	expect_code(1, "echo >>message && openssl pkeyutl -verify -rawin -in message -sigfile "
		       "signature -pubin -inkey key.pem");
}

Test(release_format, an_ed25519_jws_verifies_with_openssl)
{
	jws_verifies_with_openssl(KEY_ED25519, "EdDSA");
}

Test(release_format, an_ml_dsa_44_jws_verifies_with_openssl)
{
	jws_verifies_with_openssl(KEY_ML_DSA_44, "ML-DSA-44");
}

Test(release_format, an_ml_dsa_65_jws_verifies_with_openssl)
{
	jws_verifies_with_openssl(KEY_ML_DSA_65, "ML-DSA-65");
}

Test(release_format, an_ml_dsa_87_jws_verifies_with_openssl)
{
	jws_verifies_with_openssl(KEY_ML_DSA_87, "ML-DSA-87");
}

/* ---- one release ---- */

static void expect_same_digests(void)
{
	expect_code(0, CMS_VERIFY);
	expect_code(
	    0, arena_printf(&s->arena,
		   "python3 %s/release_digests.py release.suit release.jws verified", here()));
}

Test(release_format, all_three_carry_the_same_digests)
{
	static const enum scene_key one = KEY_P256;

	write_files(&one, 1);
	expect_same_digests();
}

Test(release_format, with_several_keys_too)
{
	static const enum scene_key more[] = {KEY_P256, KEY_ED25519};

	write_files(more, COUNT(more));
	expect_same_digests();
}

/* What jose and the CMS of openssl do not know stands in no one's way. */
Test(release_format, ml_dsa_44_beside_p256_leaves_jws_and_cms_to_those_who_know_p256)
{
	static const enum scene_key keys[] = {KEY_P256, KEY_ML_DSA_44};

	release_scene_need(KEY_ML_DSA_44);
	write_jwk(KEY_P256, "one.jwk");
	write_jwk(KEY_TEST, "wrong.jwk");
	write_files(keys, COUNT(keys));
	expect_code(0, JWS_VERIFY("-k one.jwk"));
	expect_code(1, JWS_VERIFY("-k wrong.jwk"));
	expect_same_digests();
}

Test(release_format, a_digest_alone_of_sha512_is_what_devices_check)
{
	struct release_new n = release_scene_content(s, "1.0.0");
	const struct release_component c = {.id = "main",
	    .sha512 =
		"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff"
		"8318d2877eec2f63b931bd47417a81a538327af927da3e",
	    .size = 1};
	struct release_row row;
	struct err err = {0};
	bool made;

	n.components = &c;
	n.component_count = 1;
	cr_assert(scene_create(s, &n, "alice", &row, &made, &err).ok, "%s", err.message);
	cr_assert(scene_sign_release(s, row.id, &row, &err).ok, "%s", err.message);
	cr_expect_not_null(memmem(row.manifest.p, row.manifest.n, "\xcf\x83\xe1\x35\x7e\xef", 6));
}

/* ---- the JSON manifest ---- */

Test(release_format, a_json_manifest_is_canonical)
{
	static const struct provenance run = {.issuer = "https://ci.example",
	    .repository = "acme/x100",
	    .repository_id = "42",
	    .ref = "refs/heads/main",
	    .ref_protected = true,
	    .commit = "abc",
	    .run = "7"};
	struct release_new n = release_scene_content(s, "1.0.0");
	struct release_row row;
	struct err err = {0};
	bool made;

	n.provenance = &run;
	n.sbom_format = "cyclonedx";
	n.sbom_sha256 = "5FECEB66FFC86F38D952786C6D696C79C2DBC239DD4E91B46729D73A27FB57E9";
	cr_assert(scene_create(s, &n, "ci", &row, &made, &err).ok, "%s", err.message);
	(void)scene_file(s, "manifest.json", row.json_manifest);
	expect_code(0,
	    "python3 -c \"import json; t = open('manifest.json', 'rb').read(); "
	    "m = json.loads(t); "
	    "assert json.dumps(m, sort_keys=True, separators=(',', ':'), ensure_ascii=False)"
	    ".encode() == t; assert m['sbom']['digest'] == m['sbom']['digest'].lower(); "
	    "assert m['provenance']['repository_id'] == '42'; assert m['format'] == "
	    "'signet-manifest/1'\"");
}
