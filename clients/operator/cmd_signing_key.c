/* clients/operator/cmd_signing_key.c: signet signing-key make, show, retire, revoke. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "clients/operator/act.h"
#include "clients/operator/body.h"
#include "clients/operator/handlers.h"
#include "clients/operator/public_key.h"
#include "clients/operator/reason.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"

static const struct member_row members[] = {
    {"algorithm", OPT_SIGNING_ALGORITHM, MEMBER_TEXT, false, 0},
    {"test", OPT_TEST, MEMBER_SWITCH, false, 0},
    {"products", OPT_PRODUCTS, MEMBER_LIST, false, 0},
    {"authority", OPT_ISSUER, MEMBER_TEXT, false, 0},
    {0},
};

/* Its public key as PEM: what trust.yaml and openssl take. */
static struct status write_public(const char *file, struct span answer, struct err *err)
{
	AUTO(cose_key_owned) key = {0};
	AUTO(buf) pem = {0};
	struct cose_key public;

	TRY(public_key_take(answer, "the answer", &key, err));
	public = cose_key_of(&key);
	if (!public_key_pem(&public, &pem))
		return err_refuse(err, WHY(PUBLIC_KEY), "its algorithm is not known here");
	return file_replace(file, buf_span(&pem), 0644, err);
}

static int tell(struct call *c, const struct client_reply *reply)
{
	const char *file = c->values[OPT_OUTPUT];
	struct err err = {0};
	json_t *all;

	if (file && !write_public(file, buf_span(&reply->body), &err).ok)
		return call_failed(c, &err);
	if (file)
		call_note(c, "its public key is written to %s", file);
	if (call_has(c, OPT_JSON)) {
		call_print_json(c, reply->json);
		return EXIT_DONE;
	}
	all = show_flattened("signing-key", reply->json);
	show_object(&c->out, NULL, all);
	json_decref(all);
	return EXIT_DONE;
}

int cmd_signing_key_make(struct call *c)
{
	AUTO(client_reply) reply = {0};
	json_t *body = json_pack("{s:s, s:s}", "name", c->arguments[0], "algorithm", "ES256");
	int code = body_put(c, members, body);
	char *text = body_text(body);

	if (code == EXIT_DONE)
		code = call_api(c,
		    &(struct client_request){
			.method = "POST", .path = "/signing-keys", .body = span_str(text)},
		    &reply);
	free(text);
	return code != EXIT_DONE || reply.status == 202 ? code : tell(c, &reply);
}

static int get_key(struct call *c, struct client_reply *ret_reply)
{
	AUTO(buf) path = {0};

	act_path("/signing-keys/%", c->arguments[0], &path);
	return call_get(c, buf_cstr(&path), ret_reply);
}

int cmd_signing_key_show(struct call *c)
{
	AUTO(client_reply) reply = {0};
	int code = get_key(c, &reply);

	return code == EXIT_DONE ? tell(c, &reply) : code;
}

/* The document as it was just looked at, with another state. */
static int put_state(struct call *c, const struct client_reply *key, const char *state,
    struct client_reply *ret_reply)
{
	AUTO(buf) path = {0};
	json_t *document = json_deep_copy(value_at(key->json, "document"));
	char *text;
	int code;

	json_object_set_new(document, "state", json_string(state));
	text = json_dumps(document, JSON_COMPACT);
	json_decref(document);
	act_path("/signing-keys/%", c->arguments[0], &path);
	code = call_api(c,
	    &(struct client_request){.method = "PUT",
		.path = buf_cstr(&path),
		.body = span_str(text),
		.etag = key->etag},
	    ret_reply);
	free(text);
	return code;
}

/* `signing-key retire`, `signing-key revoke` */
int cmd_signing_key_state(struct call *c)
{
	bool revoke = strcmp(c->command->name, "signing-key revoke") == 0;
	AUTO(client_reply) key = {0}, reply = {0};
	int code = call_ask(c, "%s signing key %s? it signs nothing more",
	    revoke ? "revoke" : "retire", c->arguments[0]);

	if (code == EXIT_DONE)
		code = get_key(c, &key);
	if (code == EXIT_DONE)
		code = put_state(c, &key, revoke ? "revoked" : "retired", &reply);
	if (code != EXIT_DONE || reply.status == 202)
		return code;
	if (call_has(c, OPT_JSON))
		call_print_json(c, reply.json);
	call_note(c, "signing key %s is %s", c->arguments[0], revoke ? "revoked" : "retired");
	if (revoke)
		call_note(
		    c, "devices learn it from the next trust statement alone: signet trust next");
	return EXIT_DONE;
}
