/* tests/integration/status_scene.c: see status_scene.h. */
#include "tests/integration/status_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/cms.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "tests/lib/program.h"

const char *const saying_names[SAYINGS] = {
    "the full list", "the delta list", "OCSP", "OCSP with a nonce"};

/* ---- the API ---- */

int status_call(struct status_scene *s, int server, const char *method, const char *path,
    const char *headers, const char *body, struct buf *ret_body)
{
	const struct https_options o = {.port = s->fixture.servers[server].operator_port};
	AUTO(buf) all = {0};
	struct https_reply r = {0};
	struct https c;
	int status = 0;

	buf_printf(&all, "Authorization: Bearer %s\r\n%s", s->root, headers ? headers : "");
	if (body)
		buf_printf(&all, "Content-Type: application/%s\r\n",
		    body[0] == '{' || body[0] == '[' ? "json" : "yaml");
	if (!https_open(&o, &c))
		return 0;
	if (https_request(&c, method, path, buf_cstr(&all), span_str(body), &r))
		status = r.status;
	if (ret_body)
		buf_put(ret_body, buf_span(&r.body));
	https_reply_free(&r);
	https_close(&c);
	return status;
}

int status_act(struct status_scene *s, int server, const char *certificate_id, const char *act)
{
	const bool revokes = strcmp(act, "hold") != 0 && strcmp(act, "resume") != 0;
	char path[96], body[64];

	snprintf(path, sizeof(path), "/api/v1/certificates/%s/%s", certificate_id,
	    revokes ? "revoke" : act);
	snprintf(body, sizeof(body), "{\"reason\":\"%s\"}", act);
	return status_call(s, server, "POST", path, NULL, revokes ? body : NULL, NULL);
}

/* ---- the scene ---- */

static void make_root(struct status_scene *s)
{
	char config[160], out[160];
	AUTO(buf) text = {0};
	struct err err = {0};
	const char *at;

	snprintf(config, sizeof(config), "%s/signetd-0.yaml", s->fixture.dir);
	snprintf(out, sizeof(out), "%s/admin.out", s->fixture.dir);
	program_must(out, "signetd", "--config", config, "admin", "root", NULL);
	cr_assert(file_read(out, 65536, &text, &err).ok, "%s", err.message);
	at = strstr(buf_cstr(&text), "eyJ");
	cr_assert(at != NULL, "no token in: %s", buf_cstr(&text));
	snprintf(s->root, sizeof(s->root), "%.*s", (int)strcspn(at, " \r\n"), at);
}

static void await_call(struct status_scene *s, const char *method, const char *path,
    const char *body, const char *what)
{
	const int64_t end = monotonic_ms() + PATIENCE_MS;
	int status;

	while ((status = status_call(s, 0, method, path, NULL, body, NULL)) != 200) {
		cr_assert_lt(monotonic_ms(), end, "%s: %d", what, status);
		usleep(50000);
	}
}

static const char lists_of_issuing[] = "kind: authority\nname: issuing\nkey_uri: file:issuing.key\n"
				       "crl_url: http://localhost" LIST_FULL "\n"
				       "delta_url: http://localhost" LIST_DELTA "\n";

static bool shows(struct status_scene *s, int server, const char *path)
{
	struct status_list l;

	if (!status_list_get(s->fixture.servers[server].public_port, path, s->fixture.issuing, &l))
		return false;
	status_list_free(&l);
	return true;
}

static bool answers(struct status_scene *s, int server)
{
	ASN1_INTEGER *one = ASN1_INTEGER_new();
	struct ocsp_said said;

	ASN1_INTEGER_set(one, 1);
	said = ocsp_ask_serial(s->fixture.servers[server].public_port, s->fixture.root,
	    s->fixture.issuing, one, false);
	ASN1_INTEGER_free(one);
	return said.word == OCSP_SAID_UNKNOWN;
}

static void await_shown(struct status_scene *s, int server)
{
	const int64_t end = monotonic_ms() + PATIENCE_MS;

	while (
	    !shows(s, server, LIST_FULL) || !shows(s, server, LIST_DELTA) || !answers(s, server)) {
		cr_assert_lt(monotonic_ms(), end, "server %d says nothing of certificates", server);
		usleep(50000);
	}
}

void status_scene_equip(struct status_scene *s)
{
	make_root(s);
	await_call(s, "GET", "/api/v1/whoami", NULL, "the administrator's token is not taken");
	await_call(s, "POST", "/api/v1/apply", lists_of_issuing, "policy is not taken");
	await_shown(s, 0);
}

void status_scene_start(struct status_scene *s)
{
	memset(s, 0, sizeof(*s));
	fixture_start(&s->fixture);
	status_scene_equip(s);
}

void status_scene_stop(struct status_scene *s)
{
	fixture_stop(&s->fixture);
}

void status_scene_join(struct status_scene *s, int server)
{
	fixture_server_start(&s->fixture, server);
	await_shown(s, server);
}

/* ---- units ---- */

/* The one certificate in an EST answer; NULL: none. */
static X509 *certificate_in(struct span base64)
{
	AUTO(buf) der = {0};
	struct err err = {0};
	const unsigned char *p;
	CMS_ContentInfo *cms;
	STACK_OF(X509) * all;
	X509 *certificate = NULL;

	if (!base64_decode(base64, &der, &err).ok)
		return NULL;
	p = der.p;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.n);
	all = cms ? CMS_get1_certs(cms) : NULL;
	if (sk_X509_num(all) == 1)
		certificate = sk_X509_pop(all);
	sk_X509_pop_free(all, X509_free);
	CMS_ContentInfo_free(cms);
	return certificate;
}

int status_est_post(struct https *c, const char *operation, EVP_PKEY *key, X509_NAME *subject,
    char code[static 64], X509 **ret_certificate)
{
	AUTO(buf) csr = {0};
	AUTO(buf) body = {0};
	struct https_reply r = {0};
	char path[64];
	int status;

	code[0] = '\0';
	pki_csr(key, &(struct pki_csr){.common_name = "x", .subject = subject}, &csr);
	base64_encode(buf_span(&csr), &body);
	snprintf(path, sizeof(path), "/.well-known/est/%s", operation);
	if (!https_request(
		c, "POST", path, "Content-Type: application/pkcs10\r\n", buf_span(&body), &r))
		return 0;
	status = r.status;
	if (!https_header(&r, "X-Signet-Reason", code, 64))
		code[0] = '\0';
	if (ret_certificate && status == 200)
		*ret_certificate = certificate_in(buf_span(&r.body));
	https_reply_free(&r);
	return status;
}

static void find_ids(struct status_scene *s, struct status_unit *u)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(u->certificate);
	char hex[64], sql[160];

	hex_text(span(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)), hex);
	snprintf(sql, sizeof(sql), "SELECT id FROM certificate WHERE serial = '\\x%s'", hex);
	fixture_sql(&s->fixture, sql, u->id, sizeof(u->id));
	snprintf(sql, sizeof(sql), "SELECT device_id FROM certificate WHERE id = %s", u->id);
	fixture_sql(&s->fixture, sql, u->device, sizeof(u->device));
}

/* Where its database was away, a server says when to come again. */
static X509 *enroll(const struct https_options *o, EVP_PKEY *key, const char *serial)
{
	const int64_t end = monotonic_ms() + PATIENCE_MS;
	X509 *certificate = NULL;
	struct https c;
	char code[64];
	int status;

	for (;;) {
		cr_assert(https_open(o, &c), "no connection");
		status = status_est_post(&c, "simpleenroll", key, NULL, code, &certificate);
		https_close(&c);
		if (certificate)
			return certificate;
		cr_assert(status == 503 && monotonic_ms() < end, "%s does not enroll: %d %s",
		    serial, status, code);
		usleep(200000);
	}
}

void status_unit_make(
    struct status_scene *s, int server, const char *serial, struct status_unit *ret_unit)
{
	struct status_unit u = {.idevid_key = pki_key("EC-P256"), .key = pki_key("EC-P256")};
	struct https_options o = {
	    .port = s->fixture.servers[server].device_port, .key = u.idevid_key};

	u.idevid = pki_idevid(&s->fixture.maker, u.idevid_key,
	    &(struct pki_idevid){.product = "X100", .serial = serial});
	o.certificate = u.idevid;
	u.certificate = enroll(&o, u.key, serial);
	find_ids(s, &u);
	*ret_unit = u;
}

void status_unit_free(struct status_unit *u)
{
	EVP_PKEY_free(u->idevid_key);
	EVP_PKEY_free(u->key);
	X509_free(u->idevid);
	X509_free(u->certificate);
	*u = (struct status_unit){0};
}

/* ---- what is said ---- */

struct ocsp_said status_ocsp(struct status_scene *s, int server, X509 *certificate, bool nonce)
{
	return ocsp_ask(s->fixture.servers[server].public_port, s->fixture.root, s->fixture.issuing,
	    certificate, nonce);
}

static bool list_says_bad(struct status_scene *s, int server, const char *path, X509 *certificate)
{
	struct status_list l;
	int reason;

	if (!status_list_get(s->fixture.servers[server].public_port, path, s->fixture.issuing, &l))
		return false;
	reason = status_list_reason(&l, certificate);
	status_list_free(&l);
	return reason >= 0 && reason != 8;
}

bool status_says_bad(struct status_scene *s, int server, enum saying saying, X509 *certificate)
{
	switch (saying) {
	case SAYING_FULL: return list_says_bad(s, server, LIST_FULL, certificate);
	case SAYING_DELTA: return list_says_bad(s, server, LIST_DELTA, certificate);
	default:
		return status_ocsp(s, server, certificate, saying == SAYING_OCSP_NONCE).word ==
		       OCSP_SAID_REVOKED;
	}
}

int64_t status_await_bad(
    struct status_scene *s, const int *servers, size_t count, X509 *certificate, int64_t since)
{
	bool said[FIXTURE_SERVERS][SAYINGS] = {0};
	size_t left = count * SAYINGS;

	while (left > 0) {
		for (size_t i = 0; i < count * SAYINGS; i++) {
			const int server = servers[i / SAYINGS];
			bool *this = &said[server][i % SAYINGS];

			if (*this ||
			    !(*this = status_says_bad(s, server, i % SAYINGS, certificate)))
				cr_assert(*this || monotonic_ms() < since + PATIENCE_MS,
				    "server %d: %s does not say so", server,
				    saying_names[i % SAYINGS]);
			else
				left--;
		}
		if (left > 0)
			usleep(5000);
	}
	return monotonic_ms() - since;
}

/* ---- what must never be ---- */

static void watch_list(
    struct status_scene *s, int server, const char *path, struct status_watch *w, int which)
{
	struct status_list l;

	if (!status_list_get(s->fixture.servers[server].public_port, path, s->fixture.issuing, &l))
		return;
	cr_assert_geq(l.number, w->number[which], "%s of server %d fell from %lld to %lld", path,
	    server, (long long)w->number[which], (long long)l.number);
	cr_assert_geq(l.this_update, w->this_update[which],
	    "thisUpdate of %s of server %d fell by %lld s", path, server,
	    (long long)(w->this_update[which] - l.this_update));
	if (l.number > w->number[which] && w->number[which])
		cr_assert_gt(
		    l.this_update, w->this_update[which], "%s: two lists of one thisUpdate", path);
	w->number[which] = l.number;
	w->this_update[which] = l.this_update;
	w->seen++;
	status_list_free(&l);
}

static void watch_ocsp(
    struct status_scene *s, int server, X509 *certificate, bool nonce, int64_t *at)
{
	struct ocsp_said said = status_ocsp(s, server, certificate, nonce);

	if (said.word <= OCSP_SAID_LATER)
		return;
	cr_assert_geq(said.this_update, *at, "thisUpdate of %s of server %d fell by %lld s",
	    saying_names[nonce ? SAYING_OCSP_NONCE : SAYING_OCSP], server,
	    (long long)(*at - said.this_update));
	*at = said.this_update;
}

void status_watch(struct status_scene *s, int server, X509 *certificate, struct status_watch *w)
{
	watch_list(s, server, LIST_FULL, w, 0);
	watch_list(s, server, LIST_DELTA, w, 1);
	watch_ocsp(s, server, certificate, true, &w->signed_at);
	if (w->cached != certificate)
		w->cached_at = 0;
	w->cached = certificate;
	watch_ocsp(s, server, certificate, false, &w->cached_at);
}
