/* signet sign and release: what is sent, how it goes on, and what comes of it; by the API's
 * contract. */
#include "clients/operator/cli.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/operator/responder.h"

/* A server that has one release at most, in one state, and one request. */
struct fake {
	struct responder *responder;
	const char *state;   /* of the release */
	const char *request; /* its state */
	bool needs_approval, ready;
	int created, asked, redeemed, exchanged;
	char token[64]; /* of the last exchange */
	char create_key[80], exchange_key[80];
	int refuse_first; /* so many calls get 503 */
};

static int put(struct buf *body, const char *text)
{
	buf_reset(body);
	buf_put_str(body, text);
	return 200;
}

static void put_release(const struct fake *f, struct buf *body)
{
	buf_reset(body);
	buf_printf(body,
	    "{\"id\":7,\"product\":\"p\",\"channel\":\"c\",\"version\":\"1\",\"sequence\":12,"
	    "\"state\":\"%s\",\"request\":%s}",
	    f->state, f->needs_approval && strcmp(f->state, "requested") == 0 ? "5" : "null");
}

static int sign(struct fake *f, struct buf *body)
{
	f->asked++;
	if (!f->needs_approval) {
		f->state = "signed";
		put_release(f, body);
		return 200;
	}
	f->state = "requested";
	f->request = "open";
	put(body, "{\"request\":{\"id\":5,\"act\":\"release.sign\"}}");
	return 202;
}

static int get_request(const struct fake *f, struct buf *body)
{
	buf_reset(body);
	buf_printf(body,
	    "{\"id\":5,\"state\":\"%s\",\"ready\":%s,\"requirements\":[{\"role\":\"qa\","
	    "\"approvals\":2,\"have\":%d}],\"approvals\":[]}",
	    f->request, f->ready ? "true" : "false", f->ready ? 2 : 1);
	return 200;
}

static int redeem(struct fake *f, struct buf *body)
{
	f->redeemed++;
	f->request = "redeemed";
	f->state = "signed";
	put_release(f, body);
	return 200;
}

static int exchange(struct fake *f, const struct seen *seen, struct buf *body)
{
	f->exchanged++;
	snprintf(f->exchange_key, sizeof(f->exchange_key), "%s", seen->key);
	snprintf(f->token, sizeof(f->token), "Bearer of-signet");
	put(body, "{\"token\":\"of-signet\",\"expires_at\":\"2099-01-01T00:00:00Z\"}");
	return 201;
}

static bool is(const struct seen *seen, const char *method, const char *path)
{
	return strcmp(seen->method, method) == 0 && strcmp(seen->path, path) == 0;
}

static int serve(void *context, const struct seen *seen, struct buf *body)
{
	struct fake *f = context;

	if (f->refuse_first > 0) {
		f->refuse_first--;
		put(body, "{\"detail\":\"busy\"}");
		return 503;
	}
	if (is(seen, "POST", "/api/v1/token-exchange"))
		return exchange(f, seen, body);
	if (f->token[0] && strcmp(seen->authorization, f->token) != 0)
		return 401;
	if (is(seen, "POST", "/api/v1/releases")) {
		snprintf(f->create_key, sizeof(f->create_key), "%s", seen->key);
		f->created++;
		put_release(f, body);
		return f->created == 1 ? 201 : 200;
	}
	if (is(seen, "POST", "/api/v1/releases/7/sign"))
		return sign(f, body);
	if (is(seen, "GET", "/api/v1/requests/5"))
		return get_request(f, body);
	if (is(seen, "POST", "/api/v1/requests/5/redeem"))
		return redeem(f, body);
	if (is(seen, "GET", "/api/v1/releases/7")) {
		put_release(f, body);
		return 200;
	}
	if (strncmp(seen->path, "/api/v1/releases/7/", 19) == 0)
		return put(body, "{}"); /* of every file: no bundle at all */
	return 0;
}

static const struct answer_row nothing[] = {{NULL, "/", 404, .body = "{}"}, {0}};

static void fake_start(struct fake *f)
{
	f->responder = responder_start(nothing);
	f->responder->context = f;
	f->responder->hook = serve;
	if (!f->state)
		f->state = "draft";
}

static void write_file(const struct responder *r, const char *name, const char *text)
{
	char path[160];
	struct err err = {0};

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	cr_assert(file_replace(path, span_str(text), 0644, &err).ok, "%s", err.message);
}

/* `line` with @ for the directory of files */
static struct outcome run(const struct responder *r, const char *line)
{
	AUTO(buf) b = {0};

	for (; *line; line++)
		if (*line == '@')
			buf_put_str(&b, r->dir);
		else
			buf_put_byte(&b, (uint8_t)*line);
	return signet(NULL, buf_cstr(&b));
}

#define SIGN "sign --product p --channel c --version 1 --out @/out @/app.bin"

Test(operator_sign, sends_digest_size_and_name_and_never_the_image)
{
	struct fake f = {0};

	fake_start(&f);
	write_file(f.responder, "app.bin", "firmware of the device");
	AUTO(outcome) o = run(f.responder, SIGN " --notes new");
	const struct seen *seen = &f.responder->seen[0];
	json_t *body = json_loadb((const char *)seen->body.p, seen->body.n, 0, NULL);
	json_t *want =
	    json_loads("{\"product\":\"p\",\"channel\":\"c\",\"version\":\"1\",\"notes\":\"new\","
		       "\"components\":[{\"id\":\"main\",\"size\":22,\"digests\":{\"sha256\":"
		       "\"f7eef9a27328963b1155fc5b2f55be3188e16182e977b7a0bcb7417b624ca632\"}}]}",
		0, NULL);

	cr_expect(json_equal(body, want), "%.*s %s", (int)seen->body.n, seen->body.p, o.err);
	for (size_t i = 0; i < f.responder->count; i++)
		cr_expect_not(f.responder->seen[i].body.n &&
			      memmem(f.responder->seen[i].body.p, f.responder->seen[i].body.n,
				  "firmware of", 11));
	json_decref(body);
	json_decref(want);
	responder_stop(f.responder);
}

Test(operator_sign, what_comes_back_is_compared_and_refused)
{
	struct fake f = {0};

	fake_start(&f);
	write_file(f.responder, "app.bin", "x");
	AUTO(outcome) o = run(f.responder, SIGN);

	cr_assert_eq(o.code, EXIT_FAILED);
	cr_expect(strstr(o.err, "bundle"), "%s", o.err);
	char path[160];

	snprintf(path, sizeof(path), "%s/out/release.bundle", f.responder->dir);
	cr_expect_not(file_exists(path));
	responder_stop(f.responder);
}

Test(operator_sign, waits_no_longer_than_told_and_goes_on_with_the_same_release)
{
	struct fake f = {.needs_approval = true};

	fake_start(&f);
	write_file(f.responder, "app.bin", "x");
	AUTO(outcome) first = run(f.responder, SIGN " --wait 0");
	cr_assert_eq(first.code, EXIT_WAITING, "%s", first.err);
	cr_expect(strstr(first.err, "request 5 has 1 of 2 by qa"), "%s", first.err);
	f.ready = true;
	AUTO(outcome) second = run(f.responder, SIGN " --wait 0");
	cr_expect_eq(second.code, EXIT_FAILED); /* the bundle is none; signed it is */
	cr_expect_eq(f.created, 1);
	cr_expect_eq(f.asked, 1);
	cr_expect_eq(f.redeemed, 1);
	responder_stop(f.responder);
}

Test(operator_sign, a_rejected_request_ends_it_and_the_next_run_asks_anew)
{
	struct fake f = {.needs_approval = true};

	fake_start(&f);
	write_file(f.responder, "app.bin", "x");
	AUTO(outcome) first = run(f.responder, SIGN " --wait 0");
	f.request = "rejected";
	f.state = "draft";
	AUTO(outcome) second = run(f.responder, SIGN " --wait 0");
	cr_expect_eq(second.code, EXIT_REJECTED, "%s", second.err);
	cr_expect(strstr(second.err, "release.rejected"), "%s", second.err);
	AUTO(outcome) third = run(f.responder, SIGN " --wait 0");
	cr_expect_eq(third.code, EXIT_WAITING, "%s", third.err);
	cr_expect_eq(f.asked, 2);
	cr_expect_eq(f.created, 1);
	responder_stop(f.responder);
}

Test(operator_sign, a_jobs_token_is_exchanged_once_and_kept_for_its_owner_alone)
{
	struct fake f = {.needs_approval = true};
	char path[160], key[80];
	struct stat st;
	AUTO(buf) text = {0};
	struct err err = {0};

	fake_start(&f);
	write_file(f.responder, "app.bin", "x");
	write_file(f.responder, "ci.jwt", "of-the-ci\n");
	AUTO(outcome) first = run(f.responder, SIGN " --wait 0 --oidc-token-file @/ci.jwt");
	cr_assert_eq(first.code, EXIT_WAITING, "%s", first.err);
	snprintf(key, sizeof(key), "%s", f.exchange_key);
	snprintf(path, sizeof(path), "%s/out/.signet-sign.json", f.responder->dir);
	cr_assert(stat(path, &st) == 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
	cr_assert(file_read(path, 10000, &text, &err).ok);
	cr_expect(strstr(buf_cstr(&text), "of-signet"));
	cr_expect_null(strstr(buf_cstr(&text), "of-the-ci"));
	AUTO(outcome) second = run(f.responder, SIGN " --wait 0 --oidc-token-file @/ci.jwt");
	cr_expect_eq(second.code, EXIT_WAITING, "%s", second.err);
	cr_expect_eq(f.exchanged, 1);
	responder_stop(f.responder);
}

/* Killed between the exchange and its being written down: the same token under the same key. */
Test(operator_sign, a_lost_exchange_is_asked_for_again_under_its_key)
{
	struct fake f = {.needs_approval = true};
	char key[80], path[160];
	AUTO(buf) text = {0};
	struct err err = {0};
	json_t *state;
	char *dump;

	fake_start(&f);
	write_file(f.responder, "app.bin", "x");
	write_file(f.responder, "ci.jwt", "of-the-ci\n");
	AUTO(outcome) first = run(f.responder, SIGN " --wait 0 --oidc-token-file @/ci.jwt");
	snprintf(key, sizeof(key), "%s", f.exchange_key);
	snprintf(path, sizeof(path), "%s/out/.signet-sign.json", f.responder->dir);
	cr_assert(file_read(path, 10000, &text, &err).ok);
	state = json_loadb((const char *)text.p, text.n, 0, NULL);
	json_object_del(state, "token");
	json_object_set_new(state, "release", json_integer(0));
	json_object_set_new(state, "sign_request", json_integer(0));
	dump = json_dumps(state, 0);
	json_decref(state);
	cr_assert(file_replace(path, span_str(dump), 0600, &err).ok);
	free(dump);
	AUTO(outcome) second = run(f.responder, SIGN " --wait 0 --oidc-token-file @/ci.jwt");
	cr_expect_eq(second.code, EXIT_WAITING, "%s", second.err);
	cr_expect_eq(f.exchanged, 2);
	cr_expect_str_eq(f.exchange_key, key);
	responder_stop(f.responder);
}

Test(operator_sign, state_that_others_may_read_is_refused)
{
	struct fake f = {.needs_approval = true};
	char path[160];

	fake_start(&f);
	write_file(f.responder, "app.bin", "x");
	AUTO(outcome) first = run(f.responder, SIGN " --wait 0");
	snprintf(path, sizeof(path), "%s/out/.signet-sign.json", f.responder->dir);
	cr_assert(chmod(path, 0644) == 0);
	AUTO(outcome) second = run(f.responder, SIGN " --wait 0");
	cr_expect_eq(second.code, EXIT_FAILED);
	cr_expect(strstr(second.err, "sign.state"), "%s", second.err);
	responder_stop(f.responder);
}

Test(operator_sign, a_server_that_is_away_is_told_from_a_refusal)
{
	struct fake f = {0};

	fake_start(&f);
	write_file(f.responder, "app.bin", "x");
	f.refuse_first = 1000;
	AUTO(outcome) busy = run(f.responder, SIGN " --patience 0");
	cr_expect_eq(busy.code, EXIT_UNREACHABLE, "%s", busy.err);
	f.refuse_first = 0;
	f.responder->hook = NULL;
	AUTO(outcome) refused = run(f.responder, SIGN " --patience 0");
	cr_expect_eq(refused.code, EXIT_FAILED);
	setenv("SIGNET_API_URL", "https://127.0.0.1:1", 1);
	AUTO(outcome) away = run(f.responder, SIGN " --patience 0");
	cr_expect_eq(away.code, EXIT_UNREACHABLE, "%s", away.err);
	responder_stop(f.responder);
}

static const struct {
	const char *arguments, *says;
	int code;
} components[] = {
    {"@/app.bin @/radio.bin", "\"id\":\"radio\"", 0},
    {"-C main=@/app.bin,uri=https://x/y -C radio=@/radio.bin", "\"uri\":\"https://x/y\"", 0},
    {"a=@/app.bin b=@/radio.bin", "\"id\":\"a\"", 0},
    {"a=@/app.bin a=@/radio.bin", "two components 'a'", EXIT_FAILED},
    {"@/none.bin", "none.bin", EXIT_FAILED},
    {"@", "no regular file", EXIT_FAILED},
    {"", "needs a FILE", EXIT_USAGE},
    {"@/app.bin --sbom @/app.bin", "'", EXIT_FAILED},
    {"@/app.bin --sbom @/bom.json", "\"format\":\"cyclonedx\"", 0},
    {"@/app.bin --notes a --notes-file b", "not both", EXIT_USAGE},
    {"@/app.bin --supersedes x", "takes a number", EXIT_USAGE},
};

Test(operator_release, components_are_files_with_ids, .timeout = 60)
{
	struct fake f = {0};

	fake_start(&f);
	write_file(f.responder, "app.bin", "x");
	write_file(f.responder, "radio.bin", "y");
	write_file(f.responder, "bom.json", "{\"bomFormat\":\"CycloneDX\"}");
	for (size_t i = 0; i < COUNT(components); i++) {
		AUTO(buf) line = {0}, body = {0};

		responder_answer(f.responder, nothing);
		buf_printf(&line, "release create --product p --channel c --version 1 %s",
		    components[i].arguments);
		AUTO(outcome) o = run(f.responder, buf_cstr(&line));
		cr_expect_eq(o.code, components[i].code, "%s: %s", buf_cstr(&line), o.err);
		if (f.responder->count)
			buf_put(&body, buf_span(&f.responder->seen[0].body));
		cr_expect(strstr(buf_cstr(&body), components[i].says) ||
			      strstr(o.err, components[i].says),
		    "%s: %s %s", buf_cstr(&line), o.err, buf_cstr(&body));
	}
	responder_stop(f.responder);
}

static const struct {
	const char *state;
	int code;
} states[] = {{"draft", EXIT_FAILED}, {"requested", EXIT_WAITING}, {"approved", EXIT_WAITING},
    {"signed", EXIT_DONE}, {"published", EXIT_DONE}, {"recalled", EXIT_REJECTED}};

Test(operator_release, status_is_an_exit_code_for_scripts)
{
	struct fake f = {0};

	fake_start(&f);
	for (size_t i = 0; i < COUNT(states); i++) {
		f.state = states[i].state;
		AUTO(outcome) o = run(f.responder, "release status 7");
		cr_expect_eq(o.code, states[i].code, "%s: %d", f.state, o.code);
		cr_expect(strstr(o.out, "release 7: p/c 1, sequence 12: "), "%s", o.out);
	}
	responder_stop(f.responder);
}

Test(operator_release, is_found_by_product_channel_and_version)
{
	static const struct answer_row rows[] = {
	    {"GET", "/api/v1/releases?product=p&channel=c&version=1%2F2", 200,
		.body = "{\"items\":[{\"id\":9}],\"next\":null}"},
	    {"GET", "/api/v1/releases/9", 200,
		.body =
		    "{\"id\":9,\"product\":\"p\",\"state\":\"signed\",\"steps\":[{\"at\":\"T\","
		    "\"state\":\"signed\",\"by\":\"ci\"}],\"approvals\":[{\"approver\":\"olga\","
		    "\"role\":\"qa\",\"at\":\"T\"}],\"provenance\":{\"commit\":\"abc\"}}"},
	    {"GET", "/api/v1/releases?", 200, .body = "{\"items\":[],\"next\":null}"}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "release show p/c/1/2");
	AUTO(outcome) none = signet(NULL, "release show p/c/3");
	AUTO(outcome) wrong = signet(NULL, "release show p");

	cr_expect_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_expect(strstr(o.out, "olga  qa    T"), "%s", o.out);
	cr_expect(strstr(o.out, "commit  abc"), "%s", o.out);
	cr_expect_eq(none.code, EXIT_FAILED);
	cr_expect_eq(wrong.code, EXIT_USAGE);
	responder_stop(r);
}
