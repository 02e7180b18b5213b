/*
 * clients/operator/cmd_sign.c: signet sign: all that a pipeline has to do for a release.
 *
 * Files are hashed here; only digests, sizes and names go to the server. What came about is kept in
 * the output directory before the next step (sign_state.h), so that the same command goes on where
 * it was killed. It ends well only with files that were compared with those that were given.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "clients/operator/ci_token.h"
#include "clients/operator/handlers.h"
#include "clients/operator/reason.h"
#include "clients/operator/release_check.h"
#include "clients/operator/release_fetch.h"
#include "clients/operator/sign_state.h"
#include "clients/operator/trust_file.h"
#include "clients/operator/value.h"

#define OUT_STANDARD "signed"
#define TOKEN_LEFT_S 30 /* a token that ends sooner is not begun with */

struct signing {
	struct follow follow;
	struct call *call;
	const char *directory;
	struct release_content content;
	char *body; /* of createRelease */
	struct sign_state state;
	int64_t *request; /* of the state: the one that is waited for now */
	struct trust_file trust;
	struct release_files files;
	json_t *report;
};

static void signing_auto(struct signing *s)
{
	release_content_free(&s->content);
	free(s->body);
	sign_state_free(&s->state);
	trust_file_free(&s->trust);
	release_files_free(&s->files);
	json_decref(s->report);
}

static int store(struct signing *s)
{
	struct err err = {0};

	return sign_state_store(s->directory, &s->state, &err).ok ? EXIT_DONE
								  : call_failed(s->call, &err);
}

/* ---- beginning ---- */

/* The state belongs to this server and this content. */
static void make_plan(const struct signing *s, char text[static 65])
{
	const struct span parts[] = {span_str(s->call->login.api_url),
	    span_str(call_has(s->call, OPT_PUBLISH) ? "\npublish\n" : "\nsign\n"),
	    span_str(s->body)};
	const struct digest digest = sha256_parts(parts, COUNT(parts));

	hex_text(SPAN_OF(digest.bytes), text);
}

static struct status load_state(struct signing *s, struct err *err)
{
	char plan[65];
	struct err why = {0};

	make_plan(s, plan);
	if (!dir_make(s->directory, 0755, &why).ok)
		return err_refuse(err, WHY(FILE), "%s", why.message);
	TRY(sign_state_load(s->directory, plan, &s->state, err));
	if (s->state.token && s->state.token_expires &&
	    s->state.token_expires < realtime_us() / 1000000 + TOKEN_LEFT_S)
		sign_state_drop_token(&s->state);
	return STATUS_OK;
}

static int begin(struct signing *s)
{
	struct call *c = s->call;
	struct client *client = NULL;
	struct err err = {0};
	int code = release_content_take(c, 0, true, &s->content);

	if (code == EXIT_DONE)
		code = release_content_body(c, &s->content, &s->body);
	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_TRUST) &&
	    !trust_file_read_signed(c->values[OPT_TRUST], &s->trust, &err).ok)
		return call_failed(c, &err);
	if (!call_client(c, &client, &err).ok || !load_state(s, &err).ok)
		return call_failed(c, &err);
	return EXIT_DONE;
}

/* ---- who we are ---- */

/* The login's token is replaced: the client looks it up with every call. */
static void use_token(struct call *c, const char *token)
{
	if (c->login.token) {
		OPENSSL_cleanse(c->login.token, strlen(c->login.token));
		free(c->login.token);
	}
	c->login.token = token ? mem_strdup(token) : NULL;
}

/* The same token is exchanged under the same key, in another run too; another one is not. */
static void make_exchange_key(const struct signing *s, const char *token, char key[static 65])
{
	const struct span parts[] = {span_str(s->state.run), span_str(token)};
	const struct digest digest = sha256_parts(parts, COUNT(parts));

	hex_text(SPAN_OF(digest.bytes), key);
	key[32] = '\0';
}

static int exchange(struct signing *s)
{
	struct err err = {0};
	char *token = NULL;
	char key[65];
	int code;

	if (!ci_token_get(s->call, &token, &err).ok)
		return call_failed(s->call, &err);
	/* Written first: who is killed now asks again under the same key, and gets the same. */
	code = store(s);
	if (code != EXIT_DONE) {
		OPENSSL_cleanse(token, strlen(token));
		free(token);
		return code;
	}
	use_token(s->call, NULL);
	make_exchange_key(s, token, key);
	code = ci_token_exchange(&s->follow, token, key, &s->state.token, &s->state.token_expires);
	if (code != EXIT_DONE)
		return code;
	follow_say(&s->follow, "the job's ID token is exchanged");
	return store(s);
}

static int identify(struct signing *s)
{
	struct call *c = s->call;
	struct err err = {0};
	int code = EXIT_DONE;

	if (!s->state.token && ci_token_offered(c))
		code = exchange(s);
	if (code != EXIT_DONE)
		return code;
	if (s->state.token)
		use_token(c, s->state.token);
	if (c->login.token || c->login.certificate)
		return EXIT_DONE;
	(void)err_refuse(&err, WHY(OIDC_NONE), "nothing tells the server who this is");
	return call_failed(c, &err);
}

/* ---- the release ---- */

static int create(struct signing *s)
{
	AUTO(client_reply) reply = {0};
	char key[40];
	int code;

	if (s->state.release)
		return EXIT_DONE;
	snprintf(key, sizeof(key), "%s-c", s->state.run);
	code = follow_ask(&s->follow,
	    &(struct client_request){
		.method = "POST", .path = "/releases", .body = span_str(s->body), .key = key},
	    &reply);
	if (code != EXIT_DONE)
		return code;
	s->state.release = value_int(reply.json, "id", 0);
	follow_say(&s->follow, "release %" PRId64 ", sequence %" PRId64 "%s", s->state.release,
	    value_int(reply.json, "sequence", 0), reply.status == 200 ? ", is there already" : "");
	return store(s);
}

static void on_request(void *context, int64_t request)
{
	struct signing *s = context;
	struct err err = {0};

	if (*s->request == request)
		return;
	*s->request = request;
	if (!sign_state_store(s->directory, &s->state, &err).ok)
		(void)call_failed(s->call, &err);
}

static bool is_one_of(const char *state, const char *const *words)
{
	for (; *words; words++)
		if (state && strcmp(state, *words) == 0)
			return true;
	return false;
}

/* Signed? If not, have it signed. What was kept of a request counts while the release waits. */
static int sign(struct signing *s)
{
	static const char *const signed_states[] = {"signed", "published", "recalled", NULL};
	static const char *const waiting[] = {"requested", "approved", NULL};
	AUTO(client_reply) reply = {0};
	const char *state;
	char path[64];
	int64_t request = s->state.sign_request;
	int code;

	s->request = &s->state.sign_request;
	snprintf(path, sizeof(path), "/releases/%" PRId64, s->state.release);
	code =
	    follow_ask(&s->follow, &(struct client_request){.method = "GET", .path = path}, &reply);
	state = value_text(reply.json, "state");
	if (code != EXIT_DONE || is_one_of(state, signed_states))
		return code;
	if (is_one_of(state, waiting))
		request = value_int(reply.json, "request", request);
	snprintf(path, sizeof(path), "/releases/%" PRId64 "/sign", s->state.release);
	return follow_act(&s->follow, path, NULL, request);
}

static int publish(struct signing *s)
{
	char path[64];

	if (!call_has(s->call, OPT_PUBLISH))
		return EXIT_DONE;
	s->request = &s->state.publish_request;
	snprintf(path, sizeof(path), "/releases/%" PRId64 "/publish", s->state.release);
	return follow_act(&s->follow, path, NULL, s->state.publish_request);
}

/* ---- what came of it ---- */

static struct status check(struct signing *s, struct err *err)
{
	const char *const *v = s->call->values;
	const struct buf *bytes = s->files.bytes;
	const struct release_check check = {
	    .bundle = buf_span(&bytes[FILE_BUNDLE]),
	    .trust = s->trust.bytes.p ? &s->trust.trust : NULL,
	    .product = v[OPT_PRODUCT],
	    .channel = v[OPT_CHANNEL],
	    .version = v[OPT_RELEASE_VERSION],
	    .content = &s->content,
	    .whole = true,
	    .manifest = buf_span(&bytes[FILE_MANIFEST]),
	    .jws = buf_span(&bytes[FILE_JWS]),
	    .cms = buf_span(&bytes[FILE_CMS]),
	};

	return release_check(&check, &s->report, err);
}

static int fetch_and_check(struct signing *s)
{
	struct err err = {0};
	int code = release_fetch(&s->follow, s->state.release, s->directory, &s->files);

	if (code != EXIT_DONE)
		return code;
	if (!check(s, &err).ok || !release_files_write(&s->files, &err).ok)
		return call_failed(s->call, &err);
	return EXIT_DONE;
}

static void print_result(const struct signing *s)
{
	const struct call *c = s->call;
	json_t *o = json_deep_copy(s->report);

	json_object_set_new(o, "release", json_integer((json_int_t)s->state.release));
	json_object_set_new(o, "files", release_files_json(&s->files));
	if (call_has(c, OPT_JSON)) {
		call_print_json(c, o);
	} else {
		release_check_print(&c->out, s->report);
		screen_printf(&c->out, "%s\n", s->files.paths[FILE_BUNDLE]);
	}
	json_decref(o);
}

/* The token is of no more use, and the directory may be kept as an artifact. */
static int end(struct signing *s)
{
	sign_state_drop_token(&s->state);
	s->state.sign_request = s->state.publish_request = 0;
	s->state.done = true;
	return store(s);
}

/* All was done before, and is still so? */
static bool is_done(struct signing *s)
{
	struct err err = {0};

	return s->state.done && release_files_read(s->directory, &s->files, &err).ok &&
	       check(s, &err).ok;
}

static int do_all(struct signing *s)
{
	int (*const steps[])(struct signing *) = {
	    identify, create, sign, publish, fetch_and_check, end};
	int code = EXIT_DONE;

	for (size_t i = 0; i < COUNT(steps) && code == EXIT_DONE; i++)
		code = steps[i](s);
	return code;
}

/* Nothing comes of that request, and a token of CI's was for it alone: the next run begins anew. */
static void forget(struct signing *s)
{
	sign_state_drop_token(&s->state);
	(void)store(s);
}

int cmd_sign(struct call *c)
{
	AUTO(signing)
	s = {.call = c, .directory = c->values[OPT_OUT] ? c->values[OPT_OUT] : OUT_STANDARD};
	int code;

	if (!follow_start(c, &s.follow))
		return EXIT_USAGE;
	s.follow.on_request = on_request;
	s.follow.context = &s;
	code = begin(&s);
	if (code != EXIT_DONE)
		return code;
	if (is_done(&s))
		follow_say(&s.follow, "release %" PRId64 " was signed and fetched before",
		    s.state.release);
	else
		code = do_all(&s);
	if (code == EXIT_DONE)
		print_result(&s);
	if (code == EXIT_REJECTED)
		forget(&s);
	return code;
}
