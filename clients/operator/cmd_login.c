/* clients/operator/cmd_login.c: signet login, logout, whoami. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/encode.h"
#include "base/file.h"
#include "clients/operator/handlers.h"
#include "clients/operator/quiet.h"
#include "clients/operator/reason.h"
#include "clients/operator/value.h"

/* ---- reading what identifies ---- */

static struct status read_token(
    const struct call *c, const char *file, char **ret_token, struct err *err)
{
	AUTO(buf) text = {0};
	struct err why = {0};
	struct status s;

	if (!file || strcmp(file, "-") == 0) {
		quiet_line(c->in, c->err.file, "token", LOGIN_TOKEN_MAX, &text);
		s = text.n
			? STATUS_OK
			: err_refuse(err, WHY(LOGIN_TOKEN), "there is no token on standard input");
	} else if (file_read(file, LOGIN_TOKEN_MAX, &text, &why).ok)
		s = STATUS_OK;
	else
		s = err_refuse(err, WHY(FILE), "%s", why.message);
	if (s.ok)
		s = login_take_token(buf_span(&text), ret_token, err);
	if (text.p)
		OPENSSL_cleanse(text.p, text.n);
	return s;
}

/* The stored login outlives the working directory. */
static struct status absolute(const char *file, char **ret_path, struct err *err)
{
	char *path = realpath(file, NULL);

	if (!path)
		return err_refuse(err, WHY(LOGIN_CERTIFICATE), "'%s': %s", file, strerror(errno));
	*ret_path = path;
	return STATUS_OK;
}

static const char *either(const struct call *c, enum option_id option, const char *variable)
{
	const char *value = getenv(variable);

	if (c->values[option])
		return c->values[option];
	return value && *value ? value : NULL;
}

static struct status take_trust(const struct call *c, struct login *l, struct err *err)
{
	const char *ca = c->values[OPT_PIN] ? NULL : either(c, OPT_CACERT, "SIGNET_CACERT");
	AUTO(buf) digest = {0}, pem = {0};
	struct err why = {0};

	if (ca)
		return login_take_ca(ca, &l->ca_pem, err);
	if (!c->values[OPT_PIN])
		return err_refuse(err, WHY(LOGIN_TRUST), "neither --cacert nor --pin is given");
	if (!hex_decode(span_str(c->values[OPT_PIN]), &digest, &why).ok || digest.n != SHA256_SIZE)
		return err_refuse(err, WHY(PIN), "a pin is a SHA-256 in hex, 64 digits");
	TRY(client_fetch_pinned(l, digest.p, &pem, err));
	l->ca_pem = mem_strdup(buf_cstr(&pem));
	return STATUS_OK;
}

static struct status take_server(const struct call *c, struct login *l, struct err *err)
{
	const char *url = either(c, OPT_API_URL, "SIGNET_API_URL");

	if (!url)
		return err_refuse(err, WHY(LOGIN_NONE), "no --api-url is given");
	TRY(login_take_url(url, &l->api_url, err));
	return take_trust(c, l, err);
}

static struct status take_identity(const struct call *c, struct login *l, struct err *err)
{
	const char *const *v = c->values;

	if (v[OPT_CERTIFICATE]) {
		TRY(absolute(v[OPT_CERTIFICATE], &l->certificate, err));
		return v[OPT_KEY] ? absolute(v[OPT_KEY], &l->key, err) : STATUS_OK;
	}
	return read_token(
	    c, v[OPT_OIDC_TOKEN_FILE] ? v[OPT_OIDC_TOKEN_FILE] : v[OPT_TOKEN_FILE], &l->token, err);
}

/* ---- a CI's token becomes one of ours ---- */

static void drop_token(char **token)
{
	if (*token)
		OPENSSL_cleanse(*token, strlen(*token));
	free(*token);
	*token = NULL;
}

/*
 * A CI's token is spent by this. A lost answer is asked for again under the key of this one run;
 * whoever comes with the same token later has another key, and gets nothing.
 */
static int exchange(struct call *c)
{
	AUTO(client_reply) reply = {0};
	json_t *body = json_pack("{s:s}", "token", c->login.token);
	char *text = json_dumps(body, JSON_COMPACT);
	const char *token;
	struct err err = {0};
	int code;

	json_decref(body);
	drop_token(&c->login.token);
	code = call_api(c,
	    &(struct client_request){
		.method = "POST", .path = "/token-exchange", .body = span_str(text)},
	    &reply);
	OPENSSL_cleanse(text, strlen(text));
	free(text);
	token = value_text(reply.json, "token");
	if (code != EXIT_DONE)
		return code;
	if (!token || !login_take_token(span_str(token), &c->login.token, &err).ok) {
		(void)err_refuse(&err, WHY(ANSWER_UNEXPECTED), "the exchange gave no token");
		return call_failed(c, &err);
	}
	return EXIT_DONE;
}

/* ---- commands ---- */

static void fact(const struct call *c, const char *name, const json_t *object, const char *path)
{
	AUTO(buf) text = {0};

	value_put(value_at(object, path), &text);
	if (text.n)
		fact_put(&c->out, 11, name, buf_span(&text));
}

static void print_permissions(const struct call *c, const json_t *list)
{
	AUTO(table) t = {.columns = 3, .titles = {"PERMISSION", "PRODUCTS", "CHANNELS"}};
	size_t i;
	json_t *p;

	json_array_foreach((json_t *)(uintptr_t)list, i, p)
	{
		AUTO(buf) name = {0}, products = {0}, channels = {0};

		value_put(value_at(p, "permission"), &name);
		value_put(value_at(p, "products"), &products);
		value_put(value_at(p, "channels"), &channels);
		table_put(&t, STYLE_PLAIN, buf_span(&name));
		table_put(&t, STYLE_PLAIN, products.n ? buf_span(&products) : SPAN_LITERAL("all"));
		table_put(&t, STYLE_PLAIN, channels.n ? buf_span(&channels) : SPAN_LITERAL("all"));
	}
	screen_printf(&c->out, "\n");
	table_print(&t, &c->out);
}

int cmd_whoami(struct call *c)
{
	AUTO(client_reply) reply = {0};
	int code = call_get(c, "/whoami", &reply);

	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_JSON)) {
		call_print_json(c, reply.json);
		return EXIT_DONE;
	}
	fact(c, "principal", reply.json, "principal");
	fact(c, "type", reply.json, "type");
	fact(c, "person", reply.json, "person");
	fact(c, "credential", reply.json, "credential");
	fact(c, "token", reply.json, "token.id");
	fact(c, "expires", reply.json, "token.expires_at");
	print_permissions(c, value_at(reply.json, "permissions"));
	return EXIT_DONE;
}

static int check_login_options(const struct call *c)
{
	const char *const *v = c->values;

	if (v[OPT_CACERT] && v[OPT_PIN])
		return call_usage(c, "give --cacert or --pin, not both");
	if (v[OPT_KEY] && !v[OPT_CERTIFICATE])
		return call_usage(c, "--key needs --certificate");
	if (!!v[OPT_TOKEN_FILE] + !!v[OPT_OIDC_TOKEN_FILE] + !!v[OPT_CERTIFICATE] > 1)
		return call_usage(
		    c, "give one of --token-file, --oidc-token-file and --certificate");
	return EXIT_DONE;
}

/* It is kept only once the server has said who we are. */
static int finish_login(struct call *c)
{
	AUTO(client_reply) reply = {0};
	AUTO(buf) who = {0};
	struct err err = {0};
	int code = call_get(c, "/whoami", &reply);

	if (code != EXIT_DONE)
		return code;
	if (!login_store(&c->login, &err).ok)
		return call_failed(c, &err);
	value_put(value_at(reply.json, "principal"), &who);
	call_note(c, "logged in at %s as %s", c->login.api_url, buf_cstr(&who));
	if (call_has(c, OPT_JSON))
		call_print_json(c, reply.json);
	return EXIT_DONE;
}

int cmd_login(struct call *c)
{
	struct err err = {0};
	int code = check_login_options(c);

	if (code != EXIT_DONE)
		return code;
	if (!take_server(c, &c->login, &err).ok || !take_identity(c, &c->login, &err).ok ||
	    !client_open(&c->login, &c->err, &c->client, &err).ok)
		return call_failed(c, &err);
	if (call_has(c, OPT_OIDC_TOKEN_FILE))
		code = exchange(c);
	return code == EXIT_DONE ? finish_login(c) : code;
}

int cmd_logout(struct call *c)
{
	struct err err = {0};
	bool was = false;

	if (!login_remove(&was, &err).ok)
		return call_failed(c, &err);
	call_note(c, was ? "logged out" : "there was no login");
	return EXIT_DONE;
}
