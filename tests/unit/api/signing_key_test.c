/* tests/unit/api/signing_key_test.c: keys that sign releases, made by the API. */
#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

#include "base/algorithm.h"
#include "base/encode.h"
#include "tests/unit/api/release_scene.h"

TestSuite(api_signing_key, .timeout = 300);

#define KEYS "/api/v1/signing-keys"

/* The value of a JSON string, its escaped newlines as such. */
static char *text_of(struct request_scene *s, const char *json, const char *name)
{
	char *text = arena_strdup(&s->arena, people_member(s, json, name)), *to = text;

	for (const char *from = text; *from; from++) {
		const bool line = from[0] == '\\' && from[1] == 'n';

		*to++ = line ? '\n' : *from;
		from += line;
	}
	*to = 0;
	return text;
}

/* The first certificate, as DER. */
static struct span certificate_of(struct request_scene *s, const char *json)
{
	BIO *b = BIO_new_mem_buf(text_of(s, json, "chain"), -1);
	X509 *c = PEM_read_bio_X509(b, NULL, NULL, NULL);
	unsigned char *der = NULL;
	int n = c ? i2d_X509(c, &der) : 0;
	struct span copy = arena_copy(&s->arena, span(der, n > 0 ? (size_t)n : 0));

	BIO_free(b);
	X509_free(c);
	OPENSSL_free(der);
	cr_assert_gt(n, 0, "no certificate in %s", json);
	return copy;
}

/* ExtKeyUsageSyntax { id-kp-codeSigning }; KeyUsage { digitalSignature }: RFC 5280 4.2.1. */
static const uint8_t code_signing[] = {
    0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03};
static const uint8_t digital_signature[] = {0x03, 0x02, 0x07, 0x80};

static bool has(struct span der, struct span what)
{
	return memmem(der.p, der.n, what.p, what.n) != NULL;
}

Test(api_signing_key, a_key_is_made_with_a_certificate_that_signs_code_alone)
{
	struct request_scene *s = release_scene_new();
	struct told t = people_get(s, "ada", KEYS "/acme");
	const char *uri = people_member(s, t.body, "key_uri");
	struct span der;

	EXPECT(t, 200, "");
	cr_expect_eq(strlen(people_member(s, t.body, "kid")), 64);
	cr_expect_not_null(strstr(t.body, "BEGIN PUBLIC KEY"));
	cr_expect_eq(strncmp(uri, "file:sign.acme-", 15), 0, "%s", uri);
	cr_expect_eq(access(arena_printf(&s->arena, "%s/%s", s->directory, uri + 5), F_OK), 0);
	der = certificate_of(s, t.body);
	cr_expect(has(der, SPAN_OF(code_signing)));
	cr_expect(has(der, SPAN_OF(digital_signature)));
	/* Its status can be told. */
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM certificate"), 1);
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM log_entry WHERE kind = 'certificate.issued'"),
	    1);
	request_scene_free(s);
}

static const struct {
	const char *name, *body, *code;
	int status;
} bad[] = {
    {"its name is taken", "{\"name\":\"acme\"}", "signing-key.there", 409},
    {"no such authority", "{\"name\":\"k\",\"authority\":\"none\"}", "signing-key.authority", 422},
    {"an authority offline", "{\"name\":\"k\",\"authority\":\"root\"}", "signing-key.authority",
	422},
    {"a subject outside of its authority's names",
	"{\"name\":\"k\",\"authority\":\"issuing\",\"subject\":\"CN=k,O=Evil\"}",
	"signing-key.subject", 422},
    {"a subject that is none", "{\"name\":\"k\",\"authority\":\"issuing\",\"subject\":\"k,O\"}",
	"signing-key.subject", 422},
    {"no such algorithm", "{\"name\":\"k\",\"algorithm\":\"RS256\"}", "body.member", 400},
    {"no such product", "{\"name\":\"k\",\"products\":[\"z\"]}", "document.refused", 422},
    {"a name that is none", "{\"name\":\"../k\"}", "document.refused", 422},
    {"a key of one's own", "{\"name\":\"k\",\"key_uri\":\"file:ca.issuing.key\"}", "body.member",
	400},
};

Test(api_signing_key, what_cannot_be_made_is_refused_with_its_reason)
{
	struct request_scene *s = release_scene_new();

	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct told t = people_post(s, "ada", KEYS, bad[i].body);

		cr_expect_eq(
		    t.status, bad[i].status, "%s: %d %s", bad[i].name, t.status, t.message);
		cr_expect_str_eq(t.code, bad[i].code, "%s: %s", bad[i].name, t.code);
	}
	EXPECT(people_post(s, "eve", KEYS, "{\"name\":\"k\"}"), 403, "access.denied");
	EXPECT(people_post(s, "vic", KEYS, "{\"name\":\"k\"}"), 403, "access.denied");
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM access_document WHERE kind = 'signing-key'"),
	    1);
	request_scene_free(s);
}

/* Beside an EC key, with certificates by the same authority; refused where OpenSSL does not have
 * it. */
static void signs_by(const char *algorithm)
{
	struct request_scene *s = release_scene_new();
	struct told t = people_post(s, "ada", KEYS,
	    arena_printf(&s->arena,
		"{\"name\":\"pq\",\"algorithm\":\"%s\",\"authority\":\"issuing\"}", algorithm));
	int64_t id;

	if (!key_algorithm_available(key_algorithm_by_name(algorithm))) {
		EXPECT(t, 422, "signing-key.algorithm");
		request_scene_free(s);
		return;
	}
	EXPECT(t, 201, "");
	cr_expect(has(certificate_of(s, t.body), SPAN_OF(code_signing)));
	request_scene_policy(s,
	    "{kind: channel, name: x100-pq, product: x100, channel: pq, keys: [acme, pq]}\n"
	    "---\n"
	    "{kind: channel, name: x100-only, product: x100, channel: only, keys: [pq]}\n");
	id = release_draft(s, "pq", "1.0");
	EXPECT(release_do(s, "ada", id, "sign"), 200, "");
	t = people_get(s, "ada", release_path(s, id, "jws"));
	EXPECT(t, 200, "");
	cr_expect_not_null(strstr(t.body, "\"signatures\""), "two of them");
	EXPECT(people_get(s, "ada", release_path(s, id, "suit")), 200, "");
	EXPECT(people_get(s, "ada", release_path(s, id, "cms")), 200, "");
	/* All formats, but no key that signs CMS. */
	id = release_draft(s, "only", "1.1");
	EXPECT(release_do(s, "ada", id, "sign"), 403, "release.format");
	request_scene_free(s);
}

Test(api_signing_key, ml_dsa_44_signs_releases_where_openssl_has_it)
{
	signs_by("ML-DSA-44");
}

Test(api_signing_key, ml_dsa_65_signs_releases_where_openssl_has_it)
{
	signs_by("ML-DSA-65");
}

Test(api_signing_key, ml_dsa_87_signs_releases_where_openssl_has_it)
{
	signs_by("ML-DSA-87");
}

Test(api_signing_key, it_is_made_when_those_who_must_have_agreed)
{
	struct request_scene *s = release_scene_new();
	struct told t;
	int64_t request;

	request_scene_policy(s,
	    "{kind: approval-policy, name: keys, acts: [signing-key.change], approvals: 1, role: officer}\n");
	t = people_post(s, "ada", KEYS, "{\"name\":\"k\",\"authority\":\"issuing\"}");
	request = people_requested(&t);
	EXPECT(people_get(s, "ada", KEYS "/k"), 404, "object.unknown");
	EXPECT(people_step(s, "ada", request, "redeem"), 403, "approval.lacking");
	EXPECT(people_approve(s, "bob", request), 200, "");
	t = people_step(s, "ada", request, "redeem");
	EXPECT(t, 201, "");
	EXPECT(people_get(s, "ada", KEYS "/k"), 200, "");
	EXPECT(people_step(s, "ada", request, "redeem"), 409, "request.ended");
	request_scene_free(s);
}

Test(api_signing_key, one_that_a_channel_names_stays)
{
	struct request_scene *s = release_scene_new();
	struct ask ask = {
	    .as = "ada", .method = HTTP_DELETE, .path = KEYS "/acme", .if_match = "*"};

	EXPECT(people_call(s, &ask), 422, "document.refused");
	EXPECT(people_post(s, "ada", KEYS, "{\"name\":\"spare\",\"test\":true}"), 201, "");
	ask.path = KEYS "/spare";
	EXPECT(people_call(s, &ask), 204, "");
	/* Another of this name is another key. */
	EXPECT(people_post(s, "ada", KEYS, "{\"name\":\"spare\",\"test\":true}"), 201, "");
	request_scene_free(s);
}

/* ---- keys of others ---- */

#define PUBLIC_KEY \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbWA4UAhEr03HA+Ch04JdQSr1Ae5BFMLPIsZhz3TFw9TolvlKRsa7g4YAtuJuYj2iw5bHHGL7l2OX6AseVOtZjA=="

static const char *const own_uris[] = {"file:token.key", "file:log-2.key", "file:server-a.key",
    "file:ocsp-a-issuing.key", "file:issuing.key"};

Test(api_signing_key, a_key_that_signs_something_else_signs_no_releases)
{
	struct request_scene *s = release_scene_new();

	for (size_t i = 0; i < COUNT(own_uris); i++) {
		const struct told t = people_put_new(s, "ada", KEYS "/other",
		    arena_printf(&s->arena,
			"{\"algorithm\":\"ESP256\",\"key_uri\":\"%s\",\"public_key\":\"" PUBLIC_KEY
			"\"}",
			own_uris[i]));

		cr_expect_eq(t.status, 422, "%s: %d", own_uris[i], t.status);
		cr_expect_not_null(
		    strstr(t.message, "signs no releases"), "%s: %s", own_uris[i], t.message);
	}
	request_scene_free(s);
}
