#include "clients/operator/cli.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/lib/pki.h"
#include "tests/unit/operator/responder.h"

#define WHOAMI                                                                                   \
	"{\"principal\":\"alice\",\"type\":\"person\",\"credential\":\"token\",\"permissions\":" \
	"[{\"permission\":\"device.read\",\"products\":null,\"channels\":null},"                 \
	"{\"permission\":\"device.register\",\"products\":[\"acme-x100\"],\"channels\":null}]}"

static bool has_control(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\n') || *text == 0x7f)
			return true;
	return strstr(text, "\xc2\x9b") != NULL;
}

Test(operator_client, whoami_for_people_and_for_machines)
{
	static const struct answer_row rows[] = {
	    {"GET", "/api/v1/whoami", 200, .body = WHOAMI}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) people = signet(NULL, "whoami");
	AUTO(outcome) machines = signet(NULL, "whoami --json");

	cr_assert_eq(people.code, EXIT_DONE, "%s", people.err);
	cr_assert(strstr(people.out, "principal    alice\n"), "%s", people.out);
	cr_assert(strstr(people.out, "device.register  acme-x100  all\n"), "%s", people.out);
	json_t *v = json_loads(machines.out, 0, NULL), *w = json_loads(WHOAMI, 0, NULL);
	cr_assert(json_equal(v, w));
	cr_assert_str_eq(r->seen[0].authorization, "Bearer test-token");
	json_decref(v);
	json_decref(w);
	responder_stop(r);
}

/* What a server may do to us, and what we say of it. */
static const struct {
	const char *what;
	struct answer_row row;
	const char *says;
} hostile[] = {
    {"problem",
	{"GET", "/", 403, "application/problem+json",
	    .body = "{\"detail\":\"no\",\"rule\":\"R\",\"advice\":\"A\",\"code\":\"c.d\","
		    "\"instance\":\"/api/v1/refused-calls/12\"}"},
	"signet refusal explain 12"},
    {"instance of elsewhere",
	{"GET", "/", 403, "application/problem+json",
	    .body = "{\"detail\":\"no\",\"instance\":\"/api/v1/refused-calls/1;rm\"}"},
	"refused: no"},
    {"escape sequences",
	{"GET", "/", 400, "application/problem+json",
	    .body = "{\"detail\":\"\\u001b[2J\\u009b\\u202e\\n\",\"rule\":\"\\u001b]0;x\\u0007\"}"},
	"\\x1b[2J"},
    {"wrong types", {"GET", "/", 400, .body = "{\"detail\":5,\"rule\":{},\"errors\":\"x\"}"},
	"answered 400 without a reason"},
    {"no JSON", {"GET", "/", 500, "text/html", .body = "<h1>\033[2J</h1>"},
	"answered 500 without a reason"},
    {"malformed JSON", {"GET", "/", 200, .body = "{\"a\":"}, "answer.malformed"},
    {"a member twice", {"GET", "/", 200, .body = "{\"a\":1,\"a\":2}"}, "answer.malformed"},
    {"JSON that is no object", {"GET", "/", 200, .body = "[1]"}, ""},
    {"huge", {"GET", "/", 200, .trick = TRICK_HUGE}, "answer.too-large"},
    {"no HTTP", {"GET", "/", 0, .trick = TRICK_NO_HTTP}, "failed"},
    {"redirect", {"GET", "/", 302, .headers = "Location: https://evil.example/\r\n"},
	"answered 302"},
    {"Retry-After of hours",
	{"GET", "/", 503, "application/problem+json", .headers = "Retry-After: 9999\r\n",
	    .body = "{\"detail\":\"busy\"}"},
	"the server failed: busy"},
};

Test(operator_client, a_hostile_server_gets_nowhere, .timeout = 120)
{
	for (size_t i = 0; i < COUNT(hostile); i++) {
		struct answer_row rows[2] = {hostile[i].row, {0}};
		struct responder *r = responder_start(rows);
		AUTO(outcome) o = signet(NULL, "whoami");

		if (*hostile[i].says) {
			cr_expect_eq(o.code, EXIT_FAILED, "%s", hostile[i].what);
			cr_expect(strstr(o.err, hostile[i].says), "%s: %s", hostile[i].what, o.err);
		}
		cr_expect_not(has_control(o.err), "%s: %s", hostile[i].what, o.err);
		cr_expect_not(has_control(o.out), "%s: %s", hostile[i].what, o.out);
		cr_expect_eq(r->count, 1, "%s: asked %zu times", hostile[i].what, r->count);
		responder_stop(r);
	}
}

Test(operator_client, a_refusal_with_json_is_the_servers_problem)
{
	static const struct answer_row rows[] = {
	    {"GET", "/", 403, "application/problem+json",
		.body = "{\"code\":\"c.d\",\"detail\":\"no\"}"},
	    {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "device list --json");
	json_t *v = json_loads(o.out, 0, NULL);

	cr_assert_eq(o.code, EXIT_FAILED);
	cr_assert_str_eq(json_string_value(json_object_get(v, "code")), "c.d");
	json_decref(v);
	responder_stop(r);
}

Test(operator_client, a_lost_answer_is_asked_for_under_the_same_key, .timeout = 60)
{
	static const struct answer_row rows[] = {
	    {"POST", "/api/v1/devices", 0, .trick = TRICK_CLOSE, .times = 1},
	    {"POST", "/api/v1/devices", 201, .body = "{\"created\":12345}", .trick = TRICK_CUT,
		.times = 1},
	    {"POST", "/api/v1/devices", 503, .headers = "Retry-After: 1\r\n", .times = 1},
	    {"POST", "/api/v1/devices", 201, .body = "{\"created\":2,\"known\":0}"}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "device register acme-x100 A B");

	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert_str_eq(o.out, "2 registered, 0 known before\n");
	cr_assert_eq(r->count, 4);
	cr_assert_eq(strlen(r->seen[0].key), 32);
	for (size_t i = 1; i < 4; i++) {
		cr_assert_str_eq(r->seen[i].key, r->seen[0].key);
		cr_assert(span_equal(buf_span(&r->seen[i].body), buf_span(&r->seen[0].body)));
	}
	responder_stop(r);
}

Test(operator_client, two_commands_never_share_a_key)
{
	static const struct answer_row rows[] = {
	    {"POST", "/", 201, .body = "{\"created\":1,\"known\":0}"}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) a = signet(NULL, "device register acme-x100 A");
	AUTO(outcome) b = signet(NULL, "device register acme-x100 A");

	cr_assert_eq(a.code + b.code, 0);
	cr_assert_str_neq(r->seen[0].key, r->seen[1].key);
	responder_stop(r);
}

Test(operator_client, what_may_not_be_repeated_is_sent_once)
{
	static const struct answer_row rows[] = {
	    {"GET", "/api/v1/tokens/7", 200, .headers = "ETag: \"1\"\r\n", .body = "{\"id\":7}"},
	    {"DELETE", "/", 0, .trick = TRICK_CLOSE}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "token revoke 7 --yes");

	cr_assert_eq(o.code, EXIT_FAILED);
	cr_assert(strstr(o.err, "network.broken"), "%s", o.err);
	cr_assert_eq(r->count, 1);
	responder_stop(r);
}

Test(operator_client, giving_up_is_bounded, .timeout = 60)
{
	static const struct answer_row rows[] = {{"GET", "/", 0, .trick = TRICK_CLOSE}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "whoami");

	cr_assert_eq(o.code, EXIT_FAILED);
	cr_assert_eq(r->count, CLIENT_TRIES_MAX);
	responder_stop(r);
}

Test(operator_client, a_server_that_drips_is_given_up, .timeout = 60)
{
	static const struct answer_row rows[] = {{"DELETE", "/", 200, .trick = TRICK_DRIP}, {0}};
	struct responder *r = responder_start(rows);

	setenv("SIGNET_TIMEOUT", "1", 1);
	AUTO(outcome) o = signet(NULL, "token revoke 7 --yes");
	cr_assert_eq(o.code, EXIT_FAILED);
	cr_assert(strstr(o.err, "network.timeout"), "%s", o.err);
	cr_assert_eq(r->count, 1);
	responder_stop(r);
}

/* ---- trust ---- */

Test(operator_client, a_server_that_nothing_vouches_for_gets_nothing)
{
	static const struct answer_row rows[] = {{"GET", "/", 200, .body = WHOAMI}, {0}};
	struct responder *r = responder_start(rows), *other = responder_start(rows);
	AUTO(buf) ca = {0};

	/* other's files are set now: its root does not vouch for r */
	setenv("SIGNET_API_URL", r->url, 1);
	AUTO(outcome) o = signet(NULL, "whoami");
	cr_assert_eq(o.code, EXIT_FAILED);
	cr_assert(strstr(o.err, "tls.untrusted"), "%s", o.err);
	cr_assert_eq(r->count, 0);
	unsetenv("SIGNET_TOKEN");
	AUTO(outcome) nobody = signet(NULL, "whoami");
	cr_assert(strstr(nobody.err, "no SIGNET_TOKEN set"), "%s", nobody.err);
	unsetenv("SIGNET_CACERT");
	AUTO(outcome) none = signet(NULL, "whoami");
	cr_assert(strstr(none.err, "login.trust"), "%s", none.err);
	responder_stop(other);
	responder_stop(r);
}

Test(operator_client, clear_http_is_no_server)
{
	static const char *const urls[] = {"http://localhost:1", "localhost:1", "ftp://localhost",
	    "https://", "https://a/b", "https://user@host", "https://a b", "https://a?x"};
	static const struct answer_row rows[] = {{0}};
	struct responder *r = responder_start(rows);

	for (size_t i = 0; i < COUNT(urls); i++) {
		setenv("SIGNET_API_URL", urls[i], 1);
		AUTO(outcome) o = signet(NULL, "whoami");
		cr_expect_eq(o.code, EXIT_FAILED, "%s", urls[i]);
		cr_expect(strstr(o.err, "login.url"), "%s: %s", urls[i], o.err);
	}
	responder_stop(r);
}

/* ---- login ---- */

static void login_path(const struct responder *r, char *path, size_t size)
{
	snprintf(path, size, "%s/.config/signet/login", r->dir);
}

Test(operator_login, is_kept_for_its_owner_and_used_instead_of_the_environment)
{
	static const struct answer_row rows[] = {{"GET", "/", 200, .body = WHOAMI}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet("  secret-token\n", "login");
	char path[128];
	struct stat st;

	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert(strstr(o.err, "as alice"), "%s", o.err);
	cr_assert_null(strstr(o.err, "secret-token"));
	login_path(r, path, sizeof(path));
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
	setenv("SIGNET_API_URL", "https://nowhere.invalid", 1);
	unsetenv("SIGNET_CACERT");
	AUTO(outcome) w = signet(NULL, "whoami");
	cr_assert_eq(w.code, EXIT_DONE, "%s", w.err);
	cr_assert_str_eq(r->seen[1].authorization, "Bearer secret-token");
	AUTO(outcome) out = signet(NULL, "logout");
	cr_assert_eq(out.code, EXIT_DONE);
	cr_assert_neq(stat(path, &st), 0);
	AUTO(outcome) again = signet(NULL, "logout");
	cr_assert_eq(again.code, EXIT_DONE);
	responder_stop(r);
}

Test(operator_login, that_others_can_read_is_refused)
{
	static const struct answer_row rows[] = {{"GET", "/", 200, .body = WHOAMI}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet("t\n", "login");
	char path[128];

	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	login_path(r, path, sizeof(path));
	chmod(path, 0644);
	AUTO(outcome) w = signet(NULL, "whoami");
	cr_assert_eq(w.code, EXIT_FAILED);
	cr_assert(strstr(w.err, "login.mode"), "%s", w.err);
	responder_stop(r);
}

Test(operator_login, that_the_server_refuses_is_not_kept)
{
	static const struct answer_row rows[] = {
	    {"GET", "/", 401, "application/problem+json", .body = "{\"detail\":\"who?\"}"}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet("t\n", "login");
	char path[128];
	struct stat st;

	cr_assert_eq(o.code, EXIT_FAILED);
	login_path(r, path, sizeof(path));
	cr_assert_neq(stat(path, &st), 0);
	responder_stop(r);
}

Test(operator_login, takes_no_token_of_several_words)
{
	static const struct answer_row rows[] = {{"GET", "/", 200, .body = WHOAMI}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet("a b\n", "login");
	AUTO(outcome) none = signet(NULL, "login");

	cr_assert(strstr(o.err, "login.token"), "%s", o.err);
	cr_assert(strstr(none.err, "login.token"), "%s", none.err);
	cr_assert_eq(r->count, 0);
	responder_stop(r);
}

/* The root's and the leaf's fingerprint are good; another one is not. */
Test(operator_login, by_a_pin_trusts_what_has_this_fingerprint_alone)
{
	static const struct answer_row rows[] = {{"GET", "/", 200, .body = WHOAMI}, {0}};
	struct responder *r = responder_start(rows);
	X509 *pins[] = {r->root, r->leaf, NULL};
	char pin[65], line[128];

	unsetenv("SIGNET_CACERT");
	for (size_t i = 0; i < COUNT(pins); i++) {
		memset(pin, 'a', 64), pin[64] = '\0';
		if (pins[i])
			responder_fingerprint(pins[i], pin);
		snprintf(line, sizeof(line), "login --pin %s", pin);
		AUTO(outcome) o = signet("t\n", line);
		cr_assert_eq(o.code, pins[i] ? EXIT_DONE : EXIT_FAILED, "%zu: %s", i, o.err);
		if (!pins[i])
			cr_assert(strstr(o.err, "login.pin"), "%s", o.err);
		AUTO(outcome) w = signet(NULL, "whoami");
		cr_assert_eq(w.code, EXIT_DONE, "%s", w.err);
	}
	responder_stop(r);
}

/* The root is not shown in the handshake, but asked for: what comes back is taken by its pin alone.
 */
Test(operator_login, by_a_pin_of_a_root_that_is_not_shown)
{
	struct responder *r = responder_start(NULL);
	AUTO(buf) roots = {0}, others = {0};
	struct pki_authority other = pki_authority("Operator Test Root", NULL, -1);
	char pin[65], line[128];

	responder_hide_root(r);
	pki_pem_certificate(other.certificate, &others);
	pki_pem_certificate(other.certificate, &roots);
	pki_pem_certificate(r->root, &roots);
	struct answer_row rows[] = {
	    {"GET", "/api/v1/roots", 200, "application/x-pem-file", .body = buf_cstr(&roots)},
	    {"GET", "/api/v1/whoami", 200, .body = WHOAMI}, {0}};
	responder_answer(r, rows);
	responder_fingerprint(r->root, pin);
	snprintf(line, sizeof(line), "login --pin %s", pin);
	AUTO(outcome) o = signet("t\n", line);
	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert_str_eq(r->seen[0].authorization, "");
	cr_assert_str_eq(r->seen[1].authorization, "Bearer t");
	/* A root that has the pin, but is not the server's. */
	responder_fingerprint(other.certificate, pin);
	snprintf(line, sizeof(line), "login --pin %s", pin);
	AUTO(outcome) wrong = signet("t\n", line);
	cr_assert_eq(wrong.code, EXIT_FAILED);
	cr_assert(strstr(wrong.err, "tls."), "%s", wrong.err);
	/* A server that offers another root than the pinned one. */
	rows[0].body = buf_cstr(&others);
	responder_fingerprint(r->root, pin);
	snprintf(line, sizeof(line), "login --pin %s", pin);
	AUTO(outcome) none = signet("t\n", line);
	cr_assert_eq(none.code, EXIT_FAILED);
	cr_assert(strstr(none.err, "login.pin"), "%s", none.err);
	pki_authority_free(&other);
	responder_stop(r);
}

Test(operator_login, by_a_pin_still_wants_the_hosts_name)
{
	static const struct answer_row rows[] = {{"GET", "/", 200, .body = WHOAMI}, {0}};
	struct responder *r = responder_start(rows);
	char pin[65], line[256], url[64];

	responder_fingerprint(r->root, pin);
	snprintf(url, sizeof(url), "https://127.0.0.2:%s", strrchr(r->url, ':') + 1);
	snprintf(line, sizeof(line), "login --pin %s --api-url %s", pin, url);
	AUTO(outcome) o = signet("t\n", line);
	cr_assert_eq(o.code, EXIT_FAILED);
	cr_assert_eq(r->count, 0);
	responder_stop(r);
}

Test(operator_login, by_a_client_certificate_shows_it)
{
	static const struct answer_row rows[] = {{"GET", "/", 200, .body = WHOAMI}, {0}};
	struct responder *r = responder_start(rows);
	char file[128], line[320];

	responder_client(r, "alice", file, sizeof(file));
	snprintf(line, sizeof(line), "login --certificate %s --key %s", file, file);
	AUTO(outcome) o = signet(NULL, line);
	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	AUTO(outcome) w = signet(NULL, "whoami");
	cr_assert_eq(w.code, EXIT_DONE);
	cr_assert_str_eq(r->seen[1].client, "alice");
	cr_assert_str_eq(r->seen[1].authorization, "");
	responder_stop(r);
}

Test(operator_login, a_ci_token_is_exchanged_under_a_key_of_its_own)
{
	static const struct answer_row rows[] = {
	    {"POST", "/api/v1/token-exchange", 0, .trick = TRICK_CLOSE, .times = 1},
	    {"POST", "/api/v1/token-exchange", 201, .body = "{\"token\":\"short\"}"},
	    {"GET", "/api/v1/whoami", 200, .body = WHOAMI}, {0}};
	struct responder *r = responder_start(rows);
	char file[128], line[320];
	FILE *f;

	snprintf(file, sizeof(file), "%s/ci.jwt", r->dir);
	f = fopen(file, "w");
	fputs("ci-token\n", f);
	fclose(f);
	snprintf(line, sizeof(line), "login --oidc-token-file %s", file);
	AUTO(outcome) o = signet(NULL, line);
	AUTO(outcome) again = signet(NULL, line);
	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert_str_eq(r->seen[0].authorization, "");
	cr_assert(span_equal_str(buf_span(&r->seen[0].body), "{\"token\":\"ci-token\"}"));
	cr_assert_str_eq(r->seen[1].key, r->seen[0].key);
	cr_assert_str_eq(r->seen[2].authorization, "Bearer short");
	/* Whoever has the same token later is another caller. */
	cr_assert_str_neq(r->seen[3].key, r->seen[0].key);
	cr_assert_eq(again.code, EXIT_DONE);
	responder_stop(r);
}
