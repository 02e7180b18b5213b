/*
 * Every operation x every shipped role x without a limit, within it, outside of it; and with no
 * token or with one that is worth nothing. What must be answered stands in api_matrix_rows.c.
 */
#include <criterion/criterion.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "tests/integration/api_matrix.h"
#include "tests/integration/api_scene.h"

/* ---- filling in ---- */

static int number = 3000; /* four digits: they stand for years, too */

static void replace(struct buf *text, const char *what, const char *with)
{
	AUTO(buf) out = {0};
	const char *p = buf_cstr(text), *at;

	while ((at = strstr(p, what))) {
		buf_put(&out, span(p, (size_t)(at - p)));
		buf_put_str(&out, with);
		p = at + strlen(what);
	}
	buf_put_str(&out, p);
	buf_free(text);
	*text = buf_take(&out);
}

/* PEM as a JSON string has it. */
static void maker_pem(const struct api_scene *s, struct buf *out)
{
	pki_pem_certificate(s->fixture.stranger.certificate, out);
	replace(out, "\n", "\\n");
}

static void fill(const struct api_scene *s, const char *pattern, struct buf *out)
{
	static const char *const permissions[] = {"alarm.read", "policy.read", "device.read",
	    "certificate.read", "enrollment.read", "log.read", "refusal.read"};
	char n[16];
	AUTO(buf) pem = {0};

	buf_put_str(out, pattern);
	snprintf(n, sizeof(n), "%d", number);
	replace(out, "{n}", n);
	replace(out, "{permission}", permissions[number % (int)COUNT(permissions)]);
	replace(out, "{device}", s->device);
	replace(out, "{certificate}", s->certificate);
	replace(out, "{enrollment}", s->enrollment);
	replace(out, "{refused}", s->refused);
	replace(out, "{mass}", s->mass);
	replace(out, "{release}", s->release);
	replace(out, "{trust}", s->trust);
	maker_pem(s, &pem);
	replace(out, "{pem}", buf_cstr(&pem));
}

/* ---- what must be there ---- */

static const char documents[] =
    "---\n{kind: oidc-issuer, name: ci-host, issuer: 'https://ci.example', audience: signet,\n"
    "  jwks_url: 'https://ci.example/jwks'}\n"
    "---\n{kind: principal, name: ci-one, type: ci}\n"
    "---\n{kind: oidc-rule, name: ci-one, issuer: ci-host, principal: ci-one,\n"
    "  claims: [{claim: repository_id, value: '1'}]}\n";

static void put_new(struct api_scene *s, const char *path, const char *pattern)
{
	AUTO(buf) body = {0};
	AUTO(api_reply) r = {0};

	fill(s, pattern, &body);
	api_ask(s,
	    &(struct api_ask){
		"PUT", path, s->root, "application/json", "If-None-Match: *\r\n", buf_cstr(&body)},
	    &r);
	cr_assert(
	    r.status == 201 || r.status == 412, "PUT %s: %d %s", path, r.status, buf_cstr(&r.body));
}

/* Each PUT changes a document that is there: so that an unchanged one lets nobody pass unjudged. */
static void prepare(struct api_scene *s)
{
	api_root(s, "POST", "/api/v1/apply", NULL, documents, 200, NULL);
	for (const struct matrix_row *row = matrix_rows; row->operation; row++)
		if (strcmp(row->method, "PUT") == 0 && strcmp(row->operation, "putAuthority") != 0)
			put_new(s, row->path, row->body);
	api_root(s, "POST", "/api/v1/enrollments/1/reject", NULL, NULL, 200, NULL);
	/* A proof is there when the entry is integrated. */
	for (int i = 0; i < 100; i++) {
		AUTO(api_reply) r = {0};

		api_ask(s,
		    &(struct api_ask){.method = "GET",
			.path = "/api/v1/log/proof?kind=policy_change&id=1",
			.token = s->root},
		    &r);
		if (r.status == 200)
			return;
		usleep(100000);
	}
	cr_assert_fail("the log gives no proof");
}

/* ---- one call ---- */

static json_t *operation_of(const struct api_scene *s, const char *id)
{
	json_t *path, *operation;
	const char *key;

	json_object_foreach(json_object_get(s->openapi, "paths"), key, path)
	{
		const char *method;

		json_object_foreach(path, method, operation)
		{
			const char *name =
			    json_string_value(json_object_get(operation, "operationId"));

			if (name && strcmp(name, id) == 0)
				return operation;
		}
	}
	return NULL;
}

/* What came is what openapi.json says: an answer of its schema, or a problem. */
static void check_shape(
    const struct api_scene *s, const struct matrix_row *row, const struct api_reply *r)
{
	json_t *schema = api_answer_schema(operation_of(s, row->operation), r->status);
	char why[256] = "";

	if (r->status >= 400) {
		cr_expect(
		    r->code[0] && r->json, "%s: %d without a code", row->operation, r->status);
		schema = json_object_get(
		    json_object_get(json_object_get(s->openapi, "components"), "schemas"),
		    "Problem");
	}
	if (schema && r->json)
		cr_expect(api_fits(s, schema, r->json, why, sizeof(why)), "%s: %s in %s",
		    row->operation, why, r->body.n ? (const char *)r->body.p : "");
}

static void call(
    struct api_scene *s, const struct matrix_row *row, const char *token, const char *who, int want)
{
	AUTO(buf) path = {0};
	AUTO(buf) body = {0};
	AUTO(api_reply) r = {0};

	number++;
	fill(s, row->path, &path);
	if (row->body)
		fill(s, row->body, &body);
	api_ask(s,
	    &(struct api_ask){.method = row->method,
		.path = buf_cstr(&path),
		.token = token,
		.type = row->type,
		.headers = row->headers,
		.body = row->body ? buf_cstr(&body) : NULL},
	    &r);
	cr_expect_eq(r.status, want, "%s %s (%s) as %s: %d, not %d: %s", row->method,
	    buf_cstr(&path), row->operation, who, r.status, want,
	    r.body.n ? buf_cstr(&r.body) : "");
	if (r.body.n)
		buf_cstr(&r.body);
	check_shape(s, row, &r);
}

/* ---- what must be answered ---- */

/* What somebody could remove must be there, so that the refusal is no other one. */
static bool holds(int role, const char *permission)
{
	char needle[64];

	snprintf(needle, sizeof(needle), " %s ", permission);
	return strstr(matrix_roles[role].permissions, needle) != NULL;
}

static int expected(const struct matrix_row *row, int role, enum api_reach reach)
{
	if (row->rule == RULE_PUBLIC || row->rule == RULE_SELF)
		return row->status;
	if (!holds(role, row->permission))
		return 403;
	if (row->rule == RULE_OBJECT && reach == REACH_OUT)
		return 404;
	if (row->rule == RULE_ACT && reach == REACH_OUT)
		return 403;
	if (row->rule == RULE_GLOBAL && reach != REACH_ALL)
		return 403;
	return row->status;
}

static void every_role(struct api_scene *s, const struct matrix_row *row)
{
	for (int role = 0; role < API_ROLES; role++) {
		for (int reach = 0; reach < REACHES; reach++) {
			char who[64];

			snprintf(who, sizeof(who), "%s-%s", api_role_names[role],
			    api_reach_names[reach]);
			if (row->make && holds(role, row->permission))
				put_new(s, row->path, row->make);
			call(s, row, s->tokens[role][reach], who,
			    expected(row, role, (enum api_reach)reach));
		}
	}
}

/* ---- credentials that are none ---- */

static void base64url(struct span bytes, struct buf *out)
{
	AUTO(buf) text = {0};

	base64_encode(bytes, &text);
	replace(&text, "+", "-");
	replace(&text, "/", "_");
	replace(&text, "=", "");
	buf_put(out, buf_span(&text));
}

/* The three parts of a good token, decoded. */
static void part_of(const char *token, int which, struct buf *out)
{
	AUTO(buf) text = {0};
	struct err err = {0};

	for (; which > 0; which--)
		token = strchr(token, '.') + 1;
	buf_put(&text, span(token, strcspn(token, ".")));
	replace(&text, "-", "+");
	replace(&text, "_", "/");
	while (text.n % 4)
		buf_put_byte(&text, '=');
	cr_assert(base64_decode(buf_span(&text), out, &err).ok, "%s", err.message);
}

static void join(const char *head, const char *claims, struct span signature, struct buf *out)
{
	buf_reset(out);
	base64url(span_str(head), out);
	buf_put_byte(out, '.');
	base64url(span_str(claims), out);
	buf_put_byte(out, '.');
	if (signature.n)
		base64url(signature, out);
}

static void public_key(struct api_scene *s, struct buf *ret_spki)
{
	char hex[1024];
	struct err err = {0};

	fixture_sql(&s->fixture,
	    "SELECT encode(spki, 'hex') FROM service_key WHERE purpose = 'token'", hex,
	    sizeof(hex));
	cr_assert(hex_decode(span_str(hex), ret_spki, &err).ok);
}

static void hmac_token(
    struct api_scene *s, const char *head, const char *claims, bool pem, struct buf *out)
{
	AUTO(buf) spki = {0};
	AUTO(buf) text = {0};
	unsigned char mac[32];
	unsigned n = sizeof(mac);
	struct span key;

	public_key(s, &spki);
	pem_encode("PUBLIC KEY", buf_span(&spki), &text);
	key = pem ? buf_span(&text) : buf_span(&spki);
	join(head, claims, SPAN_NONE, out);
	out->n--; /* the dot */
	HMAC(EVP_sha256(), key.p, (int)key.n, out->p, out->n, mac, &n);
	join(head, claims, span(mac, n), out);
}

/* RFC 7518 3.4: R and S, 32 octets each. */
static void signed_token(EVP_PKEY *key, const char *head, const char *claims, struct buf *out)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned char der[128], raw[64];
	const unsigned char *p = der;
	size_t n = sizeof(der);
	ECDSA_SIG *signature;

	join(head, claims, SPAN_NONE, out);
	out->n--;
	cr_assert(EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key) == 1 &&
		  EVP_DigestSign(c, der, &n, out->p, out->n) == 1);
	signature = d2i_ECDSA_SIG(NULL, &p, (long)n);
	cr_assert(signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32) == 32 &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32) == 32);
	join(head, claims, SPAN_OF(raw), out);
	ECDSA_SIG_free(signature);
	EVP_MD_CTX_free(c);
}

static void own_key_token(const char *head, const char *claims, struct buf *out)
{
	EVP_PKEY *key = pki_key("EC-P256");

	signed_token(key, head, claims, out);
	EVP_PKEY_free(key);
}

/* The server's own: with it, everything but the claims is right. */
static EVP_PKEY *server_key(struct api_scene *s)
{
	char path[160];
	AUTO(buf) passphrase = {0};
	AUTO(buf) pem = {0};
	struct err err = {0};
	BIO *bio;
	EVP_PKEY *key;

	snprintf(path, sizeof(path), "%s/keys.passphrase", s->fixture.dir);
	cr_assert(file_read(path, 4096, &passphrase, &err).ok, "%s", err.message);
	snprintf(path, sizeof(path), "%s/keys/token.key", s->fixture.dir);
	cr_assert(file_read(path, 65536, &pem, &err).ok, "%s", err.message);
	passphrase.n = span_trim(buf_span(&passphrase)).n;
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	{
		char text[256];

		snprintf(text, sizeof(text), "%s", buf_cstr(&passphrase));
		key = PEM_read_bio_PrivateKey(bio, NULL, NULL, text);
	}
	BIO_free(bio);
	cr_assert(key != NULL, "the token key does not open");
	return key;
}

#define BAD_TOKENS 15
struct bad_token {
	const char *name;
	struct buf text;
};

/* Claims of the administrator's token, with other times. */
static void claims_at(const char *claims, long long issued, long long expires, struct buf *out)
{
	json_t *object = json_loads(claims, 0, NULL);
	char *text;

	json_object_set_new(object, "iat", json_integer(issued));
	json_object_set_new(object, "exp", json_integer(expires));
	text = json_dumps(object, JSON_COMPACT);
	buf_put_str(out, text);
	free(text);
	json_decref(object);
}

static void revoked_token(struct api_scene *s, struct buf *out)
{
	AUTO(api_reply) r = {0};
	char path[64];

	api_root(s, "POST", "/api/v1/tokens", NULL, "{}", 201, &r);
	buf_put_str(out, json_string_value(json_object_get(r.json, "token")));
	snprintf(path, sizeof(path), "/api/v1/tokens/%lld",
	    (long long)json_integer_value(json_object_get(r.json, "id")));
	api_root(s, "DELETE", path, NULL, NULL, 204, NULL);
}

static void well_signed(
    struct api_scene *s, const char *head, const char *claims, struct bad_token bad[static 3])
{
	EVP_PKEY *key = server_key(s);
	AUTO(buf) text = {0};
	const long long now = time(NULL);

	claims_at(claims, now - 7200, now - 3600, &text);
	signed_token(key, head, buf_cstr(&text), &bad[0].text);
	buf_reset(&text);
	buf_put_str(&text, claims);
	replace(&text, "urn:signet:", "urn:signet:0");
	signed_token(key, head, buf_cstr(&text), &bad[1].text);
	buf_reset(&text);
	buf_put_str(&text, claims);
	replace(&text, "\"signet\"", "\"other\"");
	signed_token(key, head, buf_cstr(&text), &bad[2].text);
	/* The key is the right one: what is refused above is the claim, not the signature. */
	buf_reset(&text);
	claims_at(claims, now, now + 3600, &text);
	{
		AUTO(buf) good = {0};
		AUTO(api_reply) r = {0};

		signed_token(key, head, buf_cstr(&text), &good);
		api_ask(s,
		    &(struct api_ask){
			.method = "GET", .path = "/api/v1/whoami", .token = buf_cstr(&good)},
		    &r);
		cr_assert_eq(r.status, 200, "a token as the server signs it: %d %s", r.status,
		    buf_cstr(&r.body));
	}
	EVP_PKEY_free(key);
}

static void bad_tokens(struct api_scene *s, struct bad_token bad[static BAD_TOKENS])
{
	static const char *const names[BAD_TOKENS] = {"wrong issuer", "alg none", "alg None",
	    "HMAC with the public key", "HMAC with its PEM", "kid of nobody", "kid as a path",
	    "kid as SQL", "own key", "own key in jwk", "cut", "revoked", "expired",
	    "wrong issuer, well signed", "another audience, well signed"};
	AUTO(buf) head = {0};
	AUTO(buf) claims = {0};
	AUTO(buf) other = {0};
	AUTO(buf) signature = {0};
	const char *h, *c;

	for (int i = 0; i < BAD_TOKENS; i++)
		bad[i] = (struct bad_token){.name = names[i]};
	part_of(s->root, 0, &head);
	part_of(s->root, 1, &claims);
	part_of(s->root, 2, &signature);
	h = buf_cstr(&head);
	c = buf_cstr(&claims);
	buf_put_str(&other, c);
	replace(&other, "urn:signet:", "urn:signet:0");
	join(h, buf_cstr(&other), buf_span(&signature), &bad[0].text);
	join("{\"alg\":\"none\",\"typ\":\"JWT\"}", c, SPAN_NONE, &bad[1].text);
	join("{\"alg\":\"None\",\"typ\":\"JWT\"}", c, SPAN_NONE, &bad[2].text);
	hmac_token(s, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", c, false, &bad[3].text);
	hmac_token(s, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", c, true, &bad[4].text);
	own_key_token("{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"nobody\"}", c, &bad[5].text);
	own_key_token("{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"../../../../dev/null\"}", c,
	    &bad[6].text);
	own_key_token(
	    "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"' OR 1=1 --\"}", c, &bad[7].text);
	own_key_token(h, c, &bad[8].text);
	own_key_token(
	    "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\","
	    "\"x\":\"AA\",\"y\":\"AA\"}}",
	    c, &bad[9].text);
	buf_put(&bad[10].text, span(s->root, strlen(s->root) - 8));
	revoked_token(s, &bad[11].text);
	well_signed(s, h, c, bad + 12);
}

static void nobody(struct api_scene *s, const struct matrix_row *row)
{
	call(s, row, NULL, "nobody", row->rule == RULE_PUBLIC ? row->status : 401);
}

/* ---- the tests ---- */

static void every_operation_has_a_row(const struct api_scene *s)
{
	json_t *path, *operation;
	const char *key, *method;

	json_object_foreach(json_object_get(s->openapi, "paths"), key, path)
	{
		json_object_foreach(path, method, operation)
		{
			const char *id =
			    json_string_value(json_object_get(operation, "operationId"));
			const struct matrix_row *row = matrix_rows;

			while (row->operation && strcmp(row->operation, id) != 0)
				row++;
			cr_expect(row->operation != NULL,
			    "operation %s (%s %s) stands in no row of the matrix", id, method, key);
		}
	}
	for (const struct matrix_row *row = matrix_rows; row->operation; row++)
		cr_expect(operation_of(s, row->operation) != NULL,
		    "operation %s is not in openapi.json", row->operation);
}

Test(api_matrix, every_operation_answers_every_role_as_its_table_says, .timeout = 600)
{
	static struct api_scene s;
	static struct bad_token bad[BAD_TOKENS];
	const char *path = getenv("API_OPENAPI");

	api_scene_start(&s);
	if (path)
		json_dump_file(s.openapi, path, JSON_INDENT(1));
	every_operation_has_a_row(&s);
	prepare(&s);
	bad_tokens(&s, bad);
	for (const struct matrix_row *row = matrix_rows; row->operation; row++) {
		every_role(&s, row);
		nobody(&s, row);
		for (int i = 0; i < BAD_TOKENS; i++)
			call(&s, row, buf_cstr(&bad[i].text), bad[i].name,
			    row->rule == RULE_PUBLIC ? row->status : 401);
	}
	for (int i = 0; i < BAD_TOKENS; i++)
		buf_free(&bad[i].text);
	api_scene_stop(&s);
}
