/*
 * Two servers on one database: what is revoked at one is so at both, in lists and in OCSP, though
 * both were asked before and remember; and what it closes.
 */
#include "tests/integration/status_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define BOUND_MS 10000 /* two seconds, on a machine that does much else */

static const int both[] = {0, 1};

/* ---- to be seen ---- */

static void expect_good_everywhere(struct status_scene *s, X509 *certificate)
{
	for (int i = 0; i < FIXTURE_SERVERS; i++) {
		cr_expect_eq(status_ocsp(s, i, certificate, false).word, OCSP_SAID_GOOD);
		cr_expect_eq(status_ocsp(s, i, certificate, false).word, OCSP_SAID_GOOD);
		cr_expect_not(status_says_bad(s, i, SAYING_FULL, certificate));
		cr_expect_not(status_says_bad(s, i, SAYING_DELTA, certificate));
	}
}

static void await_good(struct status_scene *s, int server, X509 *certificate)
{
	const int64_t end = monotonic_ms() + BOUND_MS;

	while (status_ocsp(s, server, certificate, false).word != OCSP_SAID_GOOD ||
	       status_says_bad(s, server, SAYING_FULL, certificate) ||
	       status_says_bad(s, server, SAYING_DELTA, certificate)) {
		cr_assert_lt(monotonic_ms(), end, "server %d: it is not good again", server);
		usleep(5000);
	}
}

/* A resumed one: gone from the full list, named by the delta as to be taken off (RFC 5280 5.3.1).
 */
static void expect_taken_off(struct status_scene *s, X509 *certificate)
{
	struct status_list l;

	for (int i = 0; i < FIXTURE_SERVERS; i++) {
		cr_assert(status_list_get(
		    s->fixture.servers[i].public_port, LIST_DELTA, s->fixture.issuing, &l));
		cr_expect_eq(status_list_reason(&l, certificate), 8, "server %d", i);
		cr_expect_lt(l.base, l.number);
		status_list_free(&l);
	}
}

Test(status, what_is_revoked_at_one_server_is_so_at_both, .timeout = 600)
{
	static const char *const acts[] = {"keyCompromise", "hold", "superseded"};
	struct status_scene s;
	int64_t took;

	status_scene_start(&s);
	status_scene_join(&s, 1);
	for (size_t i = 0; i < 6; i++) {
		struct status_unit u;
		char name[40];
		const int here = (int)(i % 2);
		int64_t begun;

		snprintf(name, sizeof(name), "S-%zu", i);
		status_unit_make(&s, 1 - here, name, &u);
		expect_good_everywhere(&s, u.certificate);
		begun = monotonic_ms();
		cr_assert_eq(status_act(&s, here, u.id, acts[i % 3]), 200);
		took = status_await_bad(&s, both, 2, u.certificate, begun);
		cr_expect_lt(took, BOUND_MS, "%s took %lld ms", acts[i % 3], (long long)took);
		if (i % 3 == 1) {
			cr_assert_eq(status_act(&s, 1 - here, u.id, "resume"), 200);
			await_good(&s, 0, u.certificate);
			await_good(&s, 1, u.certificate);
			expect_taken_off(&s, u.certificate);
		}
		status_unit_free(&u);
	}
	status_scene_stop(&s);
}

/* ---- EST ---- */

/* What a device keeps open, and a session that it may resume, from when it was good. */
struct held_open {
	struct https alive;
	SSL_CTX *context;
	SSL_SESSION *session;
	struct https_options options;
};

static void hold_open(
    struct status_scene *s, struct status_unit *u, int version, struct held_open *h)
{
	struct https_reply r = {0};

	*h = (struct held_open){.options = {.port = s->fixture.servers[1].device_port,
				    .certificate = u->certificate,
				    .key = u->key,
				    .tls_version = version}};
	h->context = https_context(&h->options);
	h->options.shared = h->context;
	cr_assert(https_open(&h->options, &h->alive));
	cr_assert(https_request(&h->alive, "GET", "/.well-known/est/cacerts", NULL, SPAN_NONE, &r));
	cr_assert_eq(r.status, 200);
	https_reply_free(&r);
	h->session = SSL_get1_session(h->alive.ssl);
	cr_assert(h->session && SSL_SESSION_is_resumable(h->session), "no session to resume");
}

static void let_go(struct held_open *h)
{
	https_cut(&h->alive);
	SSL_SESSION_free(h->session);
	SSL_CTX_free(h->context);
}

/* At once, in the request that follows the answer to who revoked. */
static void expect_refused(
    struct held_open *h, struct status_unit *u, const char *want, const char *how)
{
	struct https_options resumed = h->options;
	EVP_PKEY *key = pki_key("EC-P256");
	struct https c;
	char code[64];
	int status;

	status = status_est_post(
	    &h->alive, "simplereenroll", key, X509_get_subject_name(u->certificate), code, NULL);
	cr_expect(
	    status == 403 && strcmp(code, want) == 0, "%s, kept alive: %d %s", how, status, code);
	resumed.session = h->session;
	cr_assert(https_open(&resumed, &c), "%s: no connection", how);
	cr_expect(SSL_session_reused(c.ssl), "the session was not resumed: nothing is shown");
	status = status_est_post(
	    &c, "simplereenroll", key, X509_get_subject_name(u->certificate), code, NULL);
	cr_expect(
	    status == 403 && strcmp(code, want) == 0, "%s, resumed: %d %s", how, status, code);
	https_close(&c);
	EVP_PKEY_free(key);
}

static int suspend(struct status_scene *s, const char *device, const char *state)
{
	char path[64], body[64];

	snprintf(path, sizeof(path), "/api/v1/devices/%s", device);
	snprintf(body, sizeof(body), "{\"state\":\"%s\"}", state);
	return status_call(s, 0, "PATCH", path, "If-Match: *\r\n", body, NULL);
}

static const struct {
	const char *act;
	bool device; /* a state of the device, not of its certificate */
	const char *reason;
} closings[] = {
    {"keyCompromise", false, "key.compromised"},
    {"superseded", false, "ldevid.revoked"},
    {"hold", false, "ldevid.held"},
    {"suspended", true, "device.suspended"},
    {"retired", true, "device.retired"},
};

Test(status, est_is_closed_at_another_server_in_the_next_request, .timeout = 600)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct status_scene s;

	status_scene_start(&s);
	status_scene_join(&s, 1);
	for (size_t i = 0; i < COUNT(closings) * COUNT(versions); i++) {
		const char *act = closings[i / 2].act;
		struct status_unit u;
		struct held_open h;
		char name[40];

		snprintf(name, sizeof(name), "E-%zu", i);
		status_unit_make(&s, 0, name, &u);
		hold_open(&s, &u, versions[i % 2], &h);
		cr_assert_eq(closings[i / 2].device ? suspend(&s, u.device, act)
						    : status_act(&s, 0, u.id, act),
		    200);
		expect_refused(&h, &u, closings[i / 2].reason, act);
		let_go(&h);
		status_unit_free(&u);
	}
	status_scene_stop(&s);
}
