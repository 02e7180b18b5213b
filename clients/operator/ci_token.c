/* clients/operator/ci_token.c: see ci_token.h. */
#include "clients/operator/ci_token.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/file.h"
#include "clients/operator/reason.h"
#include "clients/operator/value.h"

#define ANSWER_MAX  ((size_t)64 << 10)
#define TRIES       4
#define TRY_SECONDS 20L
#define PAUSE_S     2 /* doubles */

static const char *set_text(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value ? value : NULL;
}

bool ci_token_offered(const struct call *c)
{
	return call_has(c, OPT_OIDC_TOKEN_FILE) || set_text("SIGNET_OIDC_TOKEN") ||
	       set_text("ACTIONS_ID_TOKEN_REQUEST_URL");
}

/* ---- GitHub ---- */

static size_t on_answer(char *bytes, size_t size, size_t count, void *context)
{
	struct buf *answer = context;

	if (size * count > ANSWER_MAX - answer->n)
		return 0;
	buf_put(answer, span(bytes, size * count));
	return size * count;
}

/* Theirs, by the system's authorities; no redirects: the bearer is for this one. */
static bool set_options(CURL *u, const char *url, struct curl_slist *headers, struct buf *answer)
{
	const char *authorities = set_text("SSL_CERT_FILE");

	return !curl_easy_setopt(u, CURLOPT_URL, url) &&
	       !curl_easy_setopt(u, CURLOPT_PROTOCOLS_STR, "https") &&
	       !curl_easy_setopt(u, CURLOPT_HTTPHEADER, headers) &&
	       !curl_easy_setopt(u, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(u, CURLOPT_TIMEOUT, TRY_SECONDS) &&
	       !curl_easy_setopt(u, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       (!authorities || !curl_easy_setopt(u, CURLOPT_CAINFO, authorities)) &&
	       !curl_easy_setopt(u, CURLOPT_WRITEFUNCTION, on_answer) &&
	       !curl_easy_setopt(u, CURLOPT_WRITEDATA, answer);
}

static CURLcode ask_once(
    const char *url, struct curl_slist *headers, struct buf *ret_answer, long *ret_status)
{
	CURL *u = curl_easy_init();
	CURLcode code = CURLE_FAILED_INIT;

	if (u && set_options(u, url, headers, ret_answer))
		code = curl_easy_perform(u);
	if (code == CURLE_OK)
		curl_easy_getinfo(u, CURLINFO_RESPONSE_CODE, ret_status);
	curl_easy_cleanup(u);
	return code;
}

static struct status ask_github(
    const char *url, const char *bearer, struct buf *ret_answer, struct err *err)
{
	AUTO(buf) line = {0};
	struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
	CURLcode code = CURLE_OK;
	long status = 0;

	buf_printf(&line, "Authorization: Bearer %s", bearer);
	headers = curl_slist_append(headers, buf_cstr(&line));
	OPENSSL_cleanse(line.p, line.n);
	for (unsigned i = 0; i < TRIES; i++) {
		struct timespec t = {(time_t)PAUSE_S << i, 0};

		buf_reset(ret_answer);
		code = ask_once(url, headers, ret_answer, &status);
		if (code == CURLE_OK && status < 500)
			break;
		if (i + 1 < TRIES)
			nanosleep(&t, NULL);
	}
	curl_slist_free_all(headers);
	if (code != CURLE_OK)
		return err_refuse(err, WHY(OIDC_SOURCE), "the job's ID token was not got: %s",
		    curl_easy_strerror(code));
	if (status != 200)
		return err_refuse(
		    err, WHY(OIDC_SOURCE), "the job's ID token was not given: HTTP %ld", status);
	return STATUS_OK;
}

static const char *audience(const struct call *c)
{
	const char *named = set_text("SIGNET_OIDC_AUDIENCE");

	if (c->values[OPT_AUDIENCE])
		return c->values[OPT_AUDIENCE];
	return named ? named : c->login.api_url;
}

static struct status from_github(const struct call *c, char **ret_token, struct err *err)
{
	const char *bearer = set_text("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
	AUTO(buf) url = {0}, answer = {0};
	const char *value;
	struct status s;
	json_t *root;

	if (!bearer)
		return err_refuse(err, WHY(OIDC_NONE), "ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set");
	buf_put_str(&url, set_text("ACTIONS_ID_TOKEN_REQUEST_URL"));
	url_add(&url, "audience", audience(c));
	TRY(ask_github(buf_cstr(&url), bearer, &answer, err));
	root = json_loadb((const char *)answer.p, answer.n, 0, NULL);
	value = value_text(root, "value");
	s = value ? login_take_token(span_str(value), ret_token, err)
		  : err_refuse(err, WHY(OIDC_SOURCE), "there is no token in the answer");
	json_decref(root);
	OPENSSL_cleanse(answer.p, answer.n);
	return s;
}

/* ---- wherever it is ---- */

static struct status from_file(const char *file, char **ret_token, struct err *err)
{
	AUTO(buf) text = {0};
	struct err why = {0};
	struct status s;

	if (!file_read(file, LOGIN_TOKEN_MAX, &text, &why).ok)
		return err_refuse(err, WHY(FILE), "%s", why.message);
	s = login_take_token(buf_span(&text), ret_token, err);
	OPENSSL_cleanse(text.p, text.n);
	return s;
}

struct status ci_token_get(const struct call *c, char **ret_token, struct err *err)
{
	const char *variable = set_text("SIGNET_OIDC_TOKEN");

	if (call_has(c, OPT_OIDC_TOKEN_FILE))
		return from_file(c->values[OPT_OIDC_TOKEN_FILE], ret_token, err);
	if (variable)
		return login_take_token(span_str(variable), ret_token, err);
	if (set_text("ACTIONS_ID_TOKEN_REQUEST_URL"))
		return from_github(c, ret_token, err);
	return err_refuse(err, WHY(OIDC_NONE), "there is no ID token of a job here");
}

/* ---- exchanging ---- */

static int take_answer(
    const struct call *c, const json_t *answer, char **ret_token, int64_t *ret_expires)
{
	const char *token = value_text(answer, "token"), *until = value_text(answer, "expires_at");
	struct err err = {0}, why = {0};

	if (!until || !time_parse(until, ret_expires, &why).ok)
		*ret_expires = 0;
	if (!token || !login_take_token(span_str(token), ret_token, &err).ok) {
		(void)err_refuse(&err, WHY(ANSWER_UNEXPECTED), "the exchange gave no token");
		return call_failed(c, &err);
	}
	return EXIT_DONE;
}

int ci_token_exchange(
    struct follow *f, char *token, const char *key, char **ret_token, int64_t *ret_expires)
{
	AUTO(client_reply) reply = {0};
	json_t *body = json_pack("{s:s}", "token", token);
	char *text = json_dumps(body, JSON_COMPACT);
	int code;

	json_decref(body);
	OPENSSL_cleanse(token, strlen(token));
	free(token);
	code = follow_ask(f,
	    &(struct client_request){
		.method = "POST", .path = "/token-exchange", .body = span_str(text), .key = key},
	    &reply);
	OPENSSL_cleanse(text, strlen(text));
	free(text);
	if (code != EXIT_DONE)
		return code;
	code = take_answer(f->call, reply.json, ret_token, ret_expires);
	if (reply.body.p)
		OPENSSL_cleanse(reply.body.p, reply.body.n);
	return code;
}
