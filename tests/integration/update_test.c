/*
 * What a device is told to run: by its LDevID, on every server, from the draft of a release to its
 * recall; and what others are told.
 */
#include <criterion/criterion.h>
#include <openssl/pkcs7.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "tests/integration/api_scene.h"
#include "tests/lib/maker.h"

#define JSON   "application/json"
#define STABLE "/update/stable"

static struct api_scene scene;

/* ---- devices ---- */

struct unit {
	EVP_PKEY *idevid_key, *key;
	X509 *idevid, *ldevid;
};

static X509 *first_of(struct span base64)
{
	AUTO(buf) der = {0};
	const unsigned char *p;
	struct err err = {0};
	X509 *first;
	PKCS7 *all;

	cr_assert(base64_decode(base64, &der, &err).ok, "%s", err.message);
	p = der.p;
	all = d2i_PKCS7(NULL, &p, (long)der.n);
	cr_assert(all && PKCS7_type_is_signed(all));
	first = X509_dup(sk_X509_value(all->d.sign->cert, 0));
	PKCS7_free(all);
	return first;
}

static void enroll(struct unit *u, const char *label)
{
	struct https_options o = {.port = scene.fixture.servers[0].device_port,
	    .certificate = u->idevid,
	    .key = u->idevid_key};
	struct https c;
	struct https_reply reply = {0};
	AUTO(buf) csr = {0};
	AUTO(buf) body = {0};
	char path[96];

	snprintf(path, sizeof(path), "/.well-known/est%s/simpleenroll", label);
	pki_csr(u->key, &(struct pki_csr){.common_name = "L"}, &csr);
	base64_encode(buf_span(&csr), &body);
	cr_assert(https_open(&o, &c));
	cr_assert(https_request(
	    &c, "POST", path, "Content-Type: application/pkcs10\r\n", buf_span(&body), &reply));
	cr_assert_eq(reply.status, 200, "%s", buf_cstr(&reply.body));
	X509_free(u->ldevid);
	u->ldevid = first_of(buf_span(&reply.body));
	https_reply_free(&reply);
	https_close(&c);
}

static struct unit unit_new(const char *product, const char *serial, const char *label)
{
	struct unit u = {.idevid_key = pki_key("EC-P256"), .key = pki_key("EC-P256")};

	u.idevid = pki_idevid(&scene.fixture.maker, u.idevid_key,
	    &(struct pki_idevid){.product = product, .serial = serial});
	enroll(&u, label);
	return u;
}

static void unit_free(struct unit *u)
{
	EVP_PKEY_free(u->idevid_key);
	EVP_PKEY_free(u->key);
	X509_free(u->idevid);
	X509_free(u->ldevid);
}

/* ---- asking ---- */

struct told {
	int status, retry_after;
	char code[64], etag[80], range[64], type[64];
	json_t *json;
	struct buf body;
};
static void told_free(struct told *t)
{
	json_decref(t->json);
	buf_free(&t->body);
	*t = (struct told){0};
}
static void told_auto(struct told *t)
{
	told_free(t);
}

static void ask(X509 *certificate, EVP_PKEY *key, int server, const char *path, const char *headers,
    struct told *ret)
{
	struct https_options o = {.port = scene.fixture.servers[server].device_port,
	    .certificate = certificate,
	    .key = key};
	struct https c;
	struct https_reply r = {0};
	char again[16];

	cr_assert(https_open(&o, &c));
	cr_assert(https_request(&c, "GET", path, headers, SPAN_NONE, &r));
	*ret = (struct told){.status = r.status};
	if (!https_header(&r, "X-Signet-Reason", ret->code, sizeof(ret->code)))
		ret->code[0] = 0;
	if (!https_header(&r, "ETag", ret->etag, sizeof(ret->etag)))
		ret->etag[0] = 0;
	if (!https_header(&r, "Content-Range", ret->range, sizeof(ret->range)))
		ret->range[0] = 0;
	if (!https_header(&r, "Content-Type", ret->type, sizeof(ret->type)))
		ret->type[0] = 0;
	if (https_header(&r, "Retry-After", again, sizeof(again)))
		ret->retry_after = atoi(again);
	ret->json = json_loadb((const char *)r.body.p, r.body.n, 0, NULL);
	ret->body = buf_take(&r.body);
	https_reply_free(&r);
	https_close(&c);
}

static void device_asks(const struct unit *u, const char *path, const char *headers, struct told *t)
{
	ask(u->ldevid, u->key, 0, path, headers, t);
}

static void expect_refused(const struct unit *u, const char *path, int status, const char *code)
{
	for (int i = 0; i < FIXTURE_SERVERS; i++) {
		AUTO(told) t = {0};

		ask(u->ldevid, u->key, i, path, "", &t);
		cr_expect(t.status == status && strcmp(t.code, code) == 0,
		    "server %d, %s: %d %s, not %d %s", i, path, t.status, t.code, status, code);
		cr_expect_str_eq(t.type, "application/problem+json");
	}
}

static long long sequence_told(const struct unit *u)
{
	AUTO(told) t = {0};

	device_asks(u, STABLE, "", &t);
	cr_assert_eq(t.status, 200, "%s", buf_cstr(&t.body));
	return json_integer_value(json_object_get(t.json, "sequence"));
}

/* The file is what its ETag and what /update said. */
static void expect_file(const struct unit *u, const char *member, const char *path)
{
	AUTO(told) said = {0};
	AUTO(told) file = {0};
	char hex[2 * SHA256_SIZE + 1], etag[80];
	struct digest d;

	device_asks(u, STABLE, "", &said);
	device_asks(u, path, "", &file);
	cr_assert_eq(file.status, 200, "%s: %d %s", path, file.status, file.code);
	cr_expect_str_eq(file.type, "application/cbor");
	d = sha256(buf_span(&file.body));
	hex_text(SPAN_OF(d.bytes), hex);
	snprintf(etag, sizeof(etag), "\"%s\"", hex);
	cr_expect_str_eq(file.etag, etag);
	cr_expect_str_eq(
	    json_string_value(json_object_get(json_object_get(said.json, member), "sha256")), hex);
}

/* ---- releases ---- */

static void release_step(const char *id, const char *step, const char *body, int want)
{
	char path[96];

	snprintf(path, sizeof(path), "/api/v1/releases/%s/%s", id, step);
	api_root(&scene, "POST", path, NULL, body, want, NULL);
}

static void make_second(char *id, size_t size)
{
	AUTO(api_reply) r = {0};

	api_root(&scene, "POST", "/api/v1/releases", NULL,
	    "{\"product\":\"x100\",\"channel\":\"stable\",\"version\":\"2.0\",\"components\":[{"
	    "\"id\":\"main\",\"size\":7,\"digests\":{\"sha256\":"
	    "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}}]}",
	    201, &r);
	snprintf(id, size, "%lld", (long long)json_integer_value(json_object_get(r.json, "id")));
}

static void nothing_is_there_yet(const struct unit *u)
{
	AUTO(told) t = {0};

	device_asks(u, STABLE, "", &t);
	cr_assert_eq(t.status, 200, "%d %s", t.status, buf_cstr(&t.body));
	cr_expect(json_is_null(json_object_get(t.json, "sequence")));
	cr_expect(json_is_null(json_object_get(t.json, "bundle")));
	cr_expect(json_is_null(json_object_get(t.json, "recall")));
	cr_expect_str_eq(json_string_value(json_object_get(t.json, "product")), "x100");
	expect_refused(u, STABLE "/bundle", 404, "update.none");
	expect_refused(u, STABLE "/recall", 404, "update.none");
}

static void the_newest_is_told(const struct unit *u, const char *first, const char *second)
{
	AUTO(told) t = {0};

	release_step(first, "sign", NULL, 200);
	expect_refused(u, STABLE "/bundle", 404, "update.none");
	release_step(first, "publish", NULL, 200);
	cr_expect_eq(sequence_told(u), 1);
	release_step(second, "sign", NULL, 200);
	cr_expect_eq(sequence_told(u), 1, "told of what is not published");
	release_step(second, "publish", NULL, 200);
	cr_expect_eq(sequence_told(u), 2);
	expect_file(u, "bundle", STABLE "/bundle");
	device_asks(u, STABLE, "", &t);
	cr_expect_str_eq(json_string_value(json_object_get(t.json, "version")), "2.0");
}

static void what_is_held_is_not_sent_again(const struct unit *u)
{
	static const char *const paths[] = {STABLE, STABLE "/bundle"};

	for (size_t i = 0; i < COUNT(paths); i++) {
		AUTO(told) first = {0};
		AUTO(told) again = {0};
		char header[128];

		device_asks(u, paths[i], "", &first);
		cr_assert_eq(first.etag[0], '"', "a strong ETag");
		snprintf(header, sizeof(header), "If-None-Match: %s\r\n", first.etag);
		device_asks(u, paths[i], header, &again);
		cr_expect_eq(again.status, 304, "%s: %d", paths[i], again.status);
		cr_expect_eq(again.body.n, 0);
		cr_expect_str_eq(again.etag, first.etag);
	}
}

static void a_download_is_resumed(const struct unit *u)
{
	AUTO(told) all = {0};
	AUTO(told) head = {0};
	AUTO(told) tail = {0};
	AUTO(told) beyond = {0};
	AUTO(told) other = {0};
	char header[200];

	device_asks(u, STABLE "/bundle", "", &all);
	device_asks(u, STABLE "/bundle", "Range: bytes=0-99\r\n", &head);
	snprintf(header, sizeof(header), "Range: bytes=100-\r\nIf-Range: %s\r\n", all.etag);
	device_asks(u, STABLE "/bundle", header, &tail);
	cr_assert(head.status == 206 && tail.status == 206, "%d, %d", head.status, tail.status);
	buf_put(&head.body, buf_span(&tail.body));
	cr_expect(span_equal(buf_span(&head.body), buf_span(&all.body)));
	snprintf(header, sizeof(header), "Range: bytes=%zu-\r\n", all.body.n);
	device_asks(u, STABLE "/bundle", header, &beyond);
	cr_expect(beyond.status == 416 && strcmp(beyond.code, "update.range") == 0, "%d %s",
	    beyond.status, beyond.code);
	device_asks(u, STABLE "/bundle", "Range: bytes=100-\r\nIf-Range: \"another\"\r\n", &other);
	cr_expect(other.status == 200 && other.body.n == all.body.n, "%d", other.status);
}

static void what_is_recalled_is_not_told(
    const struct unit *u, const char *first, const char *second)
{
	AUTO(told) t = {0};

	release_step(second, "recall", "{}", 200);
	cr_expect_eq(sequence_told(u), 1);
	expect_file(u, "bundle", STABLE "/bundle");
	expect_file(u, "recall", STABLE "/recall");
	release_step(first, "recall", "{}", 200);
	device_asks(u, STABLE, "", &t);
	cr_expect(json_is_null(json_object_get(t.json, "sequence")));
	cr_expect_gt(
	    json_integer_value(json_object_get(json_object_get(t.json, "recall"), "number")), 1);
	expect_refused(u, STABLE "/bundle", 404, "update.none");
}

/* ---- trust ---- */

static int publish(struct span statement, char code[static 64])
{
	struct https_options o = {.port = scene.fixture.servers[0].operator_port};
	struct https c;
	struct https_reply r = {0};
	AUTO(buf) headers = {0};
	int status;

	buf_printf(
	    &headers, "Authorization: Bearer %s\r\nContent-Type: application/cbor\r\n", scene.root);
	cr_assert(https_open(&o, &c));
	cr_assert(https_request(
	    &c, "POST", "/api/v1/trust-statements", buf_cstr(&headers), statement, &r));
	status = r.status;
	if (!https_header(&r, "X-Signet-Reason", code, 64))
		code[0] = 0;
	https_reply_free(&r);
	https_close(&c);
	return status;
}

static void trust_goes_up_one_quorum_at_a_time(const struct unit *u)
{
	struct maker *m = maker_new("x100", "stable", "X100");
	AUTO(buf) first = {0};
	AUTO(buf) second = {0};
	AUTO(buf) forged = {0};
	AUTO(told) t = {0};
	char code[64];

	fixture_sql(&scene.fixture, "DELETE FROM trust_statement RETURNING id", code, sizeof(code));
	expect_refused(u, STABLE "/trust", 404, "update.none");
	maker_trust(m, &(struct maker_trust){.version = 1}, &first);
	maker_trust(m, &(struct maker_trust){.version = 2}, &second);
	maker_trust(m, &(struct maker_trust){.version = 2, .signed_by = 1U << 3}, &forged);
	cr_expect_eq(publish(buf_span(&second), code), 409, "%s", code);
	cr_assert_eq(publish(buf_span(&first), code), 201, "%s", code);
	cr_expect_eq(publish(buf_span(&first), code), 200, "%s", code);
	cr_expect(publish(buf_span(&forged), code) == 403 && strcmp(code, "trust.quorum") == 0,
	    "%s", code);
	cr_expect_eq(publish(buf_span(&second), code), 201, "%s", code);
	expect_file(u, "trust", STABLE "/trust");
	device_asks(u, STABLE "/trust?after=0", "", &t);
	cr_expect(span_equal(buf_span(&t.body), buf_span(&first)), "%d", t.status);
	told_free(&t);
	device_asks(u, STABLE "/trust?after=1", "", &t);
	cr_expect(span_equal(buf_span(&t.body), buf_span(&second)), "%d", t.status);
	expect_refused(u, STABLE "/trust?after=2", 404, "update.none");
	expect_refused(u, STABLE "/trust?after=x", 400, "query.parameter");
	expect_refused(u, STABLE "/trust?before=1", 400, "query.parameter");
	maker_free(m);
}

/* ---- others ---- */

static void who_has_not_enrolled_is_told_to(const struct unit *u)
{
	AUTO(told) nobody = {0};
	AUTO(told) idevid = {0};
	EVP_PKEY *key = pki_key("EC-P256");
	X509 *forged = pki_idevid(
	    &scene.fixture.stranger, key, &(struct pki_idevid){.product = "X100", .serial = "U-1"});
	AUTO(told) stranger = {0};

	ask(NULL, NULL, 0, STABLE, "", &nobody);
	cr_expect(nobody.status == 401 && strcmp(nobody.code, "update.certificate") == 0, "%d %s",
	    nobody.status, nobody.code);
	ask(u->idevid, u->idevid_key, 0, STABLE, "", &idevid);
	cr_expect(idevid.status == 403 && strcmp(idevid.code, "update.enroll") == 0, "%d %s",
	    idevid.status, idevid.code);
	ask(forged, key, 0, STABLE "/bundle", "", &stranger);
	cr_expect(stranger.status == 403 && strcmp(stranger.code, "update.enroll") == 0, "%d %s",
	    stranger.status, stranger.code);
	X509_free(forged);
	EVP_PKEY_free(key);
}

static void another_product_never_sees_it(void)
{
	struct unit other = unit_new("Y200", "U-2", "/y200");

	expect_refused(&other, STABLE, 404, "update.channel");
	expect_refused(&other, STABLE "/bundle", 404, "update.channel");
	expect_refused(&other, STABLE "/trust", 404, "update.channel");
	unit_free(&other);
}

static void act_on_certificate(const char *act, const char *body)
{
	char id[24], path[96];

	fixture_sql(&scene.fixture,
	    "SELECT max(c.id) FROM certificate c JOIN device d ON d.id = c.device_id WHERE "
	    "d.serial = 'U-1'",
	    id, sizeof(id));
	snprintf(path, sizeof(path), "/api/v1/certificates/%s/%s", id, act);
	api_root(&scene, "POST", path, NULL, body, 200, NULL);
}

static void move(const char *state)
{
	char id[24], path[96], body[64];

	fixture_sql(&scene.fixture, "SELECT id FROM device WHERE serial = 'U-1'", id, sizeof(id));
	snprintf(path, sizeof(path), "/api/v1/devices/%s", id);
	snprintf(body, sizeof(body), "{\"state\":\"%s\"}", state);
	api_root(&scene, "PATCH", path, "If-Match: *\r\n", body, 200, NULL);
}

/* On every server, in the request that follows the act's answer. */
static void who_is_no_longer_good_is_refused_at_once(struct unit *u)
{
	act_on_certificate("hold", NULL);
	expect_refused(u, STABLE, 403, "ldevid.held");
	expect_refused(u, STABLE "/bundle", 403, "ldevid.held");
	act_on_certificate("resume", NULL);
	(void)sequence_told(u);
	move("suspended");
	expect_refused(u, STABLE, 403, "device.suspended");
	move("enrolled");
	(void)sequence_told(u);
	act_on_certificate("revoke", "{\"reason\":\"superseded\"}");
	expect_refused(u, STABLE, 403, "ldevid.revoked");
	expect_refused(u, STABLE "/trust", 403, "ldevid.revoked");
}

/* A renewal's first use on this path ends its wait, as at EST. */
static void a_renewed_certificate_is_used_here(struct unit *u)
{
	char used[24];

	EVP_PKEY_free(u->key);
	u->key = pki_key("EC-P256");
	enroll(u, "");
	(void)sequence_told(u);
	fixture_sql(&scene.fixture,
	    "SELECT count(*) FROM certificate c JOIN device d ON d.id = c.device_id WHERE d.serial "
	    "= 'U-1' AND c.first_used_at IS NOT NULL",
	    used, sizeof(used));
	cr_expect_str_eq(used, "2");
}

static void without_a_database_it_is_told_to_come_again(const struct unit *u)
{
	static const char *const paths[] = {
	    STABLE, STABLE "/bundle", STABLE "/trust", STABLE "/recall"};
	const int64_t end = monotonic_ms() + 30000;
	int status = 0;

	fixture_database_stop(&scene.fixture);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		AUTO(told) t = {0};

		device_asks(u, paths[i], "", &t);
		cr_expect_eq(t.status, 503, "%s: %d", paths[i], t.status);
		cr_expect_gt(t.retry_after, 0, "%s: no Retry-After", paths[i]);
		cr_expect_str_eq(t.type, "application/problem+json");
	}
	fixture_database_start(&scene.fixture);
	while (status != 200 && monotonic_ms() < end) {
		AUTO(told) t = {0};

		device_asks(u, STABLE, "", &t);
		status = t.status;
		if (status != 200)
			usleep(100000);
	}
	cr_expect_eq(status, 200);
}

static void check_metrics(void)
{
	char text[65536];

	cr_assert_eq(fixture_get(&scene.fixture, 0, "/metrics", text, sizeof(text)), 200);
	cr_expect_not_null(strstr(text, "signet_update_checks_total{result=\"told\"}"));
	cr_expect_null(strstr(text, "signet_update_checks_total{result=\"unchanged\"} 0\n"));
	cr_expect_null(strstr(text, "signet_releases_total{what=\"published\"} 0\n"));
}

Test(update, a_device_is_told_what_its_product_and_channel_have, .timeout = 600)
{
	struct unit u;
	char second[24];

	api_scene_start(&scene);
	fixture_server_start(&scene.fixture, 1);
	u = unit_new("X100", "U-1", "");
	make_second(second, sizeof(second));
	nothing_is_there_yet(&u);
	the_newest_is_told(&u, scene.release, second);
	what_is_held_is_not_sent_again(&u);
	a_download_is_resumed(&u);
	trust_goes_up_one_quorum_at_a_time(&u);
	expect_refused(&u, "/update/beta", 404, "update.channel");
	who_has_not_enrolled_is_told_to(&u);
	another_product_never_sees_it();
	what_is_recalled_is_not_told(&u, scene.release, second);
	who_is_no_longer_good_is_refused_at_once(&u);
	a_renewed_certificate_is_used_here(&u);
	check_metrics();
	without_a_database_it_is_told_to_come_again(&u);
	unit_free(&u);
	api_scene_stop(&scene);
}
