/* tests/unit/server/crl_test.c: revocation lists as a running server publishes and serves them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "api/crl.h"
#include "base/file.h"
#include "ca/revoke.h"
#include "tests/unit/server/server_scene.h"

#include <openssl/x509v3.h> /* last: its KU_ macros would spoil our names */

/* A loaded machine is slow; what is measured is in the bench. */
#define PATIENCE_MS 20000

static struct server server; /* large */

/* ---- asking ---- */

/* The handler as a loop calls it: this program has routes of its own. */
struct got {
	struct arena arena;
	struct http_response response;
	struct err err;
};

static int get(const struct server *of, const char *path, const struct http_header *headers,
    size_t count, struct got *g)
{
	AUTO_REF(policy) policy = policy_current(of->policies);
	struct api api = of->api;
	struct http_request q = {.method = HTTP_GET, .headers = headers, .header_count = count};
	struct call call = {.api = &api, .policy = policy, .request = &q, .segment = path};

	*g = (struct got){.err = {0}};
	q.arena = &g->arena;
	if (!crl_public(&call, &g->response, &g->err).ok)
		g->response.status = http_status_of(g->err.kind);
	return g->response.status;
}

static void got_free(struct got *g)
{
	if (g->response.body_release)
		g->response.body_release(g->response.body_owner);
	arena_free(&g->arena);
}

/* NULL: it is not served (yet). */
static X509_CRL *list(const struct server *of, const char *path)
{
	struct got g;
	X509_CRL *crl = NULL;
	const unsigned char *p;

	if (get(of, path, NULL, 0, &g) == 200) {
		p = g.response.body.p;
		crl = d2i_X509_CRL(NULL, &p, (long)g.response.body.n);
		cr_assert(crl && p == g.response.body.p + g.response.body.n);
	}
	got_free(&g);
	return crl;
}

static long number_in(X509_CRL *crl, int nid)
{
	ASN1_INTEGER *n = X509_CRL_get_ext_d2i(crl, nid, NULL, NULL);
	long value = n ? ASN1_INTEGER_get(n) : -1;

	ASN1_INTEGER_free(n);
	return value;
}

/* Reason of the certificate's entry; -1: it has none. */
static int reason_in(X509_CRL *crl, struct span serial)
{
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);

	for (int i = 0; i < sk_X509_REVOKED_num(all); i++) {
		X509_REVOKED *r = sk_X509_REVOKED_value(all, i);
		const ASN1_INTEGER *n = X509_REVOKED_get0_serialNumber(r);
		ASN1_ENUMERATED *reason;
		int value = 0;

		if (!span_equal(
			span(ASN1_STRING_get0_data(n), (size_t)ASN1_STRING_length(n)), serial))
			continue;
		reason = X509_REVOKED_get_ext_d2i(r, NID_crl_reason, NULL, NULL);
		value = reason ? (int)ASN1_ENUMERATED_get(reason) : 0;
		ASN1_ENUMERATED_free(reason);
		return value;
	}
	return -1;
}

/* Until the list says this of it. Returns the list. */
static X509_CRL *await_reason(
    const struct server *of, const char *path, struct span serial, int reason)
{
	const int64_t end = monotonic_ms() + PATIENCE_MS;
	X509_CRL *crl = NULL;

	for (;;) {
		X509_CRL_free(crl);
		crl = list(of, path);
		if (crl && reason_in(crl, serial) == reason)
			return crl;
		cr_assert_lt(monotonic_ms(), end, "%s does not say %d", path, reason);
		usleep(20000);
	}
}

static X509_CRL *await_list(const struct server *of, const char *path)
{
	const int64_t end = monotonic_ms() + PATIENCE_MS;
	X509_CRL *crl;

	while (!(crl = list(of, path))) {
		cr_assert_lt(monotonic_ms(), end, "%s is not served", path);
		usleep(20000);
	}
	return crl;
}

/* ---- certificates and what becomes of them ---- */

/* The newest, in `room`. */
static struct span serial_of(struct scene *s, int64_t *ret_id, struct buf *room)
{
	struct err err = {0};

	*ret_id = pg_number(&s->database, "SELECT max(id) FROM certificate");
	cr_assert(hex_decode(
	    span_str(pg_value(&s->database,
		"SELECT encode(serial, 'hex') FROM certificate ORDER BY id DESC LIMIT 1")),
	    room, &err)
		      .ok);
	return buf_span(room);
}

static void change(struct scene *s, int64_t id, enum status_verb verb, int reason)
{
	AUTO_REF(db) db = pg_open(&s->database);
	const struct rng rng = rng_system();
	const struct status_order order = {.certificates = &id,
	    .count = 1,
	    .change = verb,
	    .reason = reason,
	    .who = "os:test",
	    .now = realtime_us() / 1000000};
	struct err err = {0};
	size_t changed;

	cr_assert(db_begin(db, &err).ok);
	cr_assert(
	    status_change(db, &order, &rng, &changed, &err).ok, "%s %s", err.message, err.cause);
	cr_assert(db_commit(db, &err).ok);
	cr_assert_eq(changed, 1);
}

static void is_signed_by(struct scene *s, X509_CRL *crl, const char *authority)
{
	AUTO(buf) der = {0};
	struct err err = {0};
	char sql[120];
	const unsigned char *p;

	snprintf(sql, sizeof(sql),
	    "SELECT encode(certificate, 'hex') FROM authority WHERE name = '%s'", authority);
	cr_assert(hex_decode(span_str(pg_value(&s->database, sql)), &der, &err).ok);
	p = der.p;
	AUTO_PTR(X509) ca = d2i_X509(NULL, &p, (long)der.n);
	cr_expect_eq(X509_CRL_verify(crl, X509_get0_pubkey(ca)), 1);
}

#define ISSUING                                                       \
	"kind: authority\nname: issuing\nkey_uri: file:issuing.key\n" \
	"crl_url: http://ca.example/crl/issuing.crl\n"
#define DELTAS ISSUING "delta_url: http://ca.example/crl/issuing/0-delta.crl\n"

static void begin(struct scene *s, const char *policy)
{
	scene_new(s, false);
	scene_init(s);
	if (policy)
		scene_policy(s, policy);
	scene_start(s, &server);
}

static void end(struct scene *s)
{
	server_stop(&server);
	scene_free(s);
}

/* ---- the tests ---- */

Test(server_crl, an_authority_that_revoked_nothing_has_a_valid_empty_list)
{
	struct scene s;
	X509_CRL *crl;

	begin(&s, ISSUING);
	crl = await_list(&server, "issuing.crl");
	cr_expect_null(X509_CRL_get_REVOKED(crl));
	cr_expect_eq(number_in(crl, NID_crl_number), 1);
	is_signed_by(&s, crl, "issuing");
	X509_CRL_free(crl);
	/* Each publication is in the log, in its transaction. */
	cr_expect_eq(pg_number(&s.database,
			 "SELECT count(*) FROM crl c JOIN log_salt l ON l.record_kind = 'crl' AND "
			 "l.record_id = c.id JOIN log_entry e ON e.id = l.entry_id AND e.kind = "
			 "'crl.published'"),
	    pg_number(&s.database, "SELECT count(*) FROM crl"));
	end(&s);
}

Test(server_crl, what_is_revoked_held_and_resumed_shows)
{
	struct scene s;
	AUTO(buf) room = {0};
	struct span serial;
	int64_t id;
	X509_CRL *crl;

	begin(&s, ISSUING);
	serial = serial_of(&s, &id, &room);
	X509_CRL_free(await_reason(&server, "issuing.crl", serial, -1));
	change(&s, id, STATUS_HOLD, 0);
	X509_CRL_free(await_reason(&server, "issuing.crl", serial, 6));
	change(&s, id, STATUS_RESUME, 0);
	X509_CRL_free(await_reason(&server, "issuing.crl", serial, -1));
	change(&s, id, STATUS_REVOKE, REASON_SUPERSEDED);
	crl = await_reason(&server, "issuing.crl", serial, 4);
	is_signed_by(&s, crl, "issuing");
	X509_CRL_free(crl);
	end(&s);
}

Test(server_crl, deltas_and_full_lists_share_one_line_of_numbers)
{
	struct scene s;
	AUTO(buf) room = {0};
	struct span serial;
	int64_t id;
	X509_CRL *full, *delta;

	begin(&s, DELTAS);
	serial = serial_of(&s, &id, &room);
	X509_CRL_free(await_list(&server, "issuing/0-delta.crl"));
	change(&s, id, STATUS_HOLD, 0);
	delta = await_reason(&server, "issuing/0-delta.crl", serial, 6);
	full = await_reason(&server, "issuing.crl", serial, 6);
	cr_expect_eq(number_in(delta, NID_crl_number), number_in(full, NID_crl_number));
	cr_expect_lt(number_in(delta, NID_delta_crl), number_in(delta, NID_crl_number));
	cr_expect_eq(number_in(full, NID_delta_crl), -1);
	X509_CRL_free(full);
	X509_CRL_free(delta);
	change(&s, id, STATUS_RESUME, 0);
	delta = await_reason(&server, "issuing/0-delta.crl", serial, 8);
	full = await_reason(&server, "issuing.crl", serial, -1);
	is_signed_by(&s, delta, "issuing");
	X509_CRL_free(full);
	X509_CRL_free(delta);
	end(&s);
}

static const char *header(const struct got *g, const char *name)
{
	const char *value = http_response_header(&g->response, name);

	return value ? value : "";
}

Test(server_crl, caches_are_told_what_they_may_keep)
{
	struct scene s;
	struct got g, again;
	struct http_header headers[2];

	begin(&s, ISSUING "crl_max_age: 30s\n");
	X509_CRL_free(await_list(&server, "issuing.crl"));
	cr_assert_eq(get(&server, "issuing.crl", NULL, 0, &g), 200);
	cr_expect_str_eq(g.response.content_type, "application/pkix-crl");
	cr_expect_str_eq(header(&g, "Cache-Control"), "public, max-age=30, must-revalidate");

	headers[0] = (struct http_header){"If-None-Match", header(&g, "ETag")};
	cr_expect_eq(get(&server, "issuing.crl", headers, 1, &again), 304);
	cr_expect_eq(again.response.body.n, 0);
	got_free(&again);
	headers[0] = (struct http_header){"If-Modified-Since", header(&g, "Last-Modified")};
	cr_expect_eq(get(&server, "issuing.crl", headers, 1, &again), 304);
	got_free(&again);
	headers[1] = (struct http_header){"If-None-Match", "\"other\""};
	cr_expect_eq(get(&server, "issuing.crl", headers, 2, &again), 200, "RFC 9110 13.1.3");
	got_free(&again);
	got_free(&g);
	end(&s);
}

static const char *const no_lists[] = {"other.crl", "issuing/1.crl", "issuing/00.crl",
    "issuing/-1.crl", "issuing/0-delta.crl", "issuing", ".crl", "issuing/0.crl.crl",
    "issuing/99999.crl", "issuing/0/0.crl", "issuing/.crl", "issuing/-delta.crl", "/0.crl"};

Test(server_crl, what_is_no_list_is_not_found)
{
	struct scene s;
	struct got g;

	begin(&s, ISSUING);
	X509_CRL_free(await_list(&server, "issuing.crl"));
	X509_CRL_free(await_list(&server, "issuing/0.crl"));
	for (size_t i = 0; i < COUNT(no_lists); i++) {
		cr_expect_eq(get(&server, no_lists[i], NULL, 0, &g), 404, "%s", no_lists[i]);
		got_free(&g);
	}
	end(&s);
}

/* ---- roots, whose keys are offline ---- */

static int crl_command(struct scene *s, int argc, char **argv)
{
	optind = 0;
	return cmd_crl(&s->invocation, argc, argv);
}
#define CRL(s, ...)                                                              \
	crl_command((s), (int)COUNT(((char *[]){(char[]){"crl"}, __VA_ARGS__})), \
	    (char *[]){(char[]){"crl"}, __VA_ARGS__, NULL})
#define ARG(text) ((char[]){text})

static char *passphrase(struct scene *s)
{
	return arena_printf(&s->config.arena, "%s/root-pass", s->dir);
}

static struct span serial_of_issuing(struct scene *s, struct buf *room)
{
	AUTO(buf) der = {0};
	struct err err = {0};
	const unsigned char *p;
	const ASN1_INTEGER *n;

	cr_assert(hex_decode(
	    span_str(pg_value(&s->database,
		"SELECT encode(certificate, 'hex') FROM authority WHERE name = 'issuing'")),
	    &der, &err)
		      .ok);
	p = der.p;
	AUTO_PTR(X509) x = d2i_X509(NULL, &p, (long)der.n);
	n = X509_get0_serialNumber(x);
	buf_put(room, span(ASN1_STRING_get0_data(n), (size_t)ASN1_STRING_length(n)));
	return buf_span(room);
}

Test(server_crl, init_makes_the_roots_first_list)
{
	struct scene s;
	X509_CRL *crl;
	int days, seconds;

	begin(&s, NULL);
	crl = await_list(&server, "root.crl");
	cr_expect_null(X509_CRL_get_REVOKED(crl));
	is_signed_by(&s, crl, "root");
	cr_expect(ASN1_TIME_diff(
	    &days, &seconds, X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl)));
	cr_expect_eq(days, 365);
	X509_CRL_free(crl);
	end(&s);
}

Test(server_crl, a_roots_list_is_made_anew_and_revokes_an_authority)
{
	struct scene s;
	AUTO(buf) room = {0};
	struct span serial;
	X509_CRL *crl;

	begin(&s, NULL);
	serial = serial_of_issuing(&s, &room);
	X509_CRL_free(await_reason(&server, "root.crl", serial, -1));
	cr_expect_eq(
	    CRL(&s, ARG("--authority"), ARG("root"), ARG("--root-passphrase-file"), passphrase(&s)),
	    0);
	cr_expect_eq(
	    pg_number(&s.database,
		"SELECT max(number) FROM crl WHERE authority_id = (SELECT id FROM authority WHERE name = 'root')"),
	    2);
	cr_expect_eq(CRL(&s, ARG("--revoke"), ARG("issuing"), ARG("--reason"), ARG("cACompromise"),
			 ARG("--root-passphrase-file"), passphrase(&s), ARG("--yes")),
	    0);
	crl = await_reason(&server, "root.crl", serial, 2);
	is_signed_by(&s, crl, "root");
	cr_expect_eq(number_in(crl, NID_crl_number), 3);
	X509_CRL_free(crl);
	/* The act is in the log, and the certificate in the inventory. */
	cr_expect_eq(pg_number(&s.database,
			 "SELECT count(*) FROM log_entry WHERE kind = 'certificate.revoked'"),
	    1);
	cr_expect_eq(CRL(&s, ARG("--revoke"), ARG("issuing"), ARG("--reason"), ARG("cACompromise"),
			 ARG("--root-passphrase-file"), passphrase(&s), ARG("--yes")),
	    1, "it is revoked already");
	cr_expect_eq(
	    pg_number(&s.database,
		"SELECT count(*) FROM certificate WHERE authority_id = (SELECT id FROM authority WHERE name = 'root')"),
	    1);
	end(&s);
}

static char *path_of(struct scene *s, const char *name)
{
	return arena_printf(&s->config.arena, "%s/%s", s->dir, name);
}

static int sign_elsewhere(struct scene *s, const char *request, const char *out)
{
	char *argv[] = {ARG("crl-sign"), ARG("--request"), path_of(s, request),
	    ARG("--certificate"), path_of(s, "root.pem"), ARG("--key"), path_of(s, "keys/root.key"),
	    ARG("--passphrase-file"), passphrase(s), ARG("--out"), path_of(s, out), NULL};

	optind = 0;
	return cmd_crl_sign(&s->invocation, (int)COUNT(argv) - 1, argv);
}

static int import(struct scene *s, const char *name)
{
	return CRL(s, ARG("--authority"), ARG("root"), ARG("--import"), path_of(s, name));
}

static void flip_last_octet(struct scene *s, const char *from, const char *to)
{
	AUTO(buf) bytes = {0};
	struct err err = {0};

	cr_assert(file_read(path_of(s, from), 1 << 20, &bytes, &err).ok);
	bytes.p[bytes.n - 1] ^= 1;
	cr_assert(file_create(path_of(s, to), buf_span(&bytes), 0600, &err).ok);
}

Test(server_crl, a_list_is_signed_on_a_machine_without_a_database)
{
	struct scene s;
	AUTO(buf) room = {0};
	struct span serial;
	X509_CRL *crl;

	begin(&s, NULL);
	serial = serial_of_issuing(&s, &room);
	cr_expect_eq(CRL(&s, ARG("--revoke"), ARG("issuing"), ARG("--reason"), ARG("superseded"),
			 ARG("--yes"), ARG("--request"), path_of(&s, "root.tbs")),
	    0);
	cr_expect_eq(import(&s, "root.tbs"), 1, "it is not signed");
	cr_expect_eq(sign_elsewhere(&s, "root.tbs", "root.crl"), 0);
	flip_last_octet(&s, "root.crl", "bad.crl");
	cr_expect_eq(import(&s, "bad.crl"), 1, "by another key, or of something else");
	cr_expect_eq(import(&s, "root.crl"), 0);
	crl = await_reason(&server, "root.crl", serial, 4);
	is_signed_by(&s, crl, "root");
	cr_expect_eq(number_in(crl, NID_crl_number), 2);
	X509_CRL_free(crl);
	cr_expect_eq(import(&s, "root.crl"), 1, "once");
	end(&s);
}

Test(server_crl, a_list_that_is_not_what_the_store_says_is_not_imported)
{
	struct scene s;

	scene_new(&s, false);
	scene_init(&s);
	cr_expect_eq(
	    CRL(&s, ARG("--authority"), ARG("root"), ARG("--request"), path_of(&s, "a.tbs")), 0);
	cr_expect_eq(sign_elsewhere(&s, "a.tbs", "a.crl"), 0);
	cr_expect_eq(CRL(&s, ARG("--revoke"), ARG("issuing"), ARG("--reason"), ARG("superseded"),
			 ARG("--yes"), ARG("--request"), path_of(&s, "b.tbs")),
	    0);
	cr_expect_eq(import(&s, "a.crl"), 1, "it does not tell of the revocation");
	cr_expect_eq(pg_number(&s.database, "SELECT max(number) FROM crl"), 1);
	scene_free(&s);
}

Test(server_crl, what_a_root_does_not_do_is_refused)
{
	struct scene s;

	scene_new(&s, false);
	scene_init(&s);
	cr_expect_eq(CRL(&s, ARG("--authority"), ARG("root")), 1, "without its passphrase");
	cr_expect_eq(CRL(&s, ARG("--authority"), ARG("root"), ARG("--root-passphrase-file"),
			 arena_printf(&s.config.arena, "%s/pass", s.dir)),
	    1, "with another's");
	cr_expect_eq(CRL(&s, ARG("--authority"), ARG("nobody"), ARG("--root-passphrase-file"),
			 passphrase(&s)),
	    1);
	cr_expect_eq(CRL(&s, ARG("--authority"), ARG("issuing"), ARG("--root-passphrase-file"),
			 passphrase(&s)),
	    1, "the server's");
	cr_expect_eq(
	    CRL(&s, ARG("--revoke"), ARG("root"), ARG("--reason"), ARG("superseded"), ARG("--yes")),
	    1, "nobody revokes a root");
	cr_expect_eq(CRL(&s, ARG("--revoke"), ARG("issuing"), ARG("--reason"), ARG("superseded"),
			 ARG("--yes")),
	    1);
	cr_expect_eq(
	    CRL(&s, ARG("--revoke"), ARG("issuing"), ARG("--reason"), ARG("certificateHold"),
		ARG("--root-passphrase-file"), passphrase(&s), ARG("--yes")),
	    1);
	cr_expect_eq(
	    CRL(&s, ARG("--revoke"), ARG("issuing"), ARG("--reason"), ARG("whim"), ARG("--yes")),
	    2);
	cr_expect_eq(CRL(&s, ARG("--revoke"), ARG("issuing"), ARG("--yes")), 2, "for no reason");
	cr_expect_eq(CRL(&s, ARG("--reason"), ARG("superseded")), 2);
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM revocation"), 0);
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM crl"), 1, "that of init");
	scene_free(&s);
}
