/*
 * clients/operator/cmd_make.c: what is made from a few options: authorities, their keys, operators'
 * certificates. A row each: path, members of the body, and what of the answer a file is made of.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "clients/operator/act.h"
#include "clients/operator/body.h"
#include "clients/operator/handlers.h"
#include "clients/operator/reason.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"

#define URLS                                                             \
	{"issuer_url", OPT_ISSUER_URL, MEMBER_TEXT, false, 0},           \
	    {"crl_url", OPT_CRL_URL, MEMBER_TEXT, false, 0},             \
	    {"delta_url", OPT_DELTA_URL, MEMBER_TEXT, false, 0},         \
	    {"ocsp_url", OPT_OCSP_URL, MEMBER_TEXT, false, 0},           \
	{                                                                \
		"crl_shards", OPT_CRL_SHARDS, MEMBER_NUMBER, false, 1024 \
	}

static const struct member_row of_issue[] = {{"parent", OPT_PARENT, MEMBER_TEXT, true, 0},
    {"subject", OPT_SUBJECT, MEMBER_TEXT, true, 0},
    {"algorithm", OPT_ALGORITHM, MEMBER_TEXT, false, 0},
    {"validity", OPT_VALIDITY, MEMBER_TEXT, false, 0},
    {"path_length", OPT_PATH_LENGTH, MEMBER_NUMBER, false, 100},
    {"operators", OPT_OPERATORS, MEMBER_SWITCH, false, 0}, URLS, {0}};
static const struct member_row of_key[] = {{"subject", OPT_SUBJECT, MEMBER_TEXT, true, 0},
    {"algorithm", OPT_ALGORITHM, MEMBER_TEXT, false, 0}, {0}};
static const struct member_row of_take[] = {{"chain", OPT_FILE, MEMBER_FILE, true, 0},
    {"operators", OPT_OPERATORS, MEMBER_SWITCH, false, 0}, URLS, {0}};
static const struct member_row of_service[] = {{"profile", OPT_PROFILE, MEMBER_TEXT, true, 0},
    {"csr", OPT_CSR, MEMBER_FILE, true, 0}, {"dns", OPT_DNS, MEMBER_LIST, false, 0},
    {"ip", OPT_IP, MEMBER_LIST, false, 0}, {0}};
static const struct member_row of_certificate[] = {{"csr", OPT_FILE, MEMBER_FILE, true, 0}, {0}};

static const struct making {
	const char *command, *path;
	const struct member_row *members;
	bool named;         /* the argument is the member `name`, too */
	const char *output; /* the answer's member that --output takes; NULL: none */
} makings[] = {
    {"authority issue", "/authorities", of_issue, true, NULL},
    {"authority key", "/authorities/%/key", of_key, false, "csr"},
    {"authority take", "/authorities/%/certificate", of_take, false, NULL},
    {"certificate issue", "/certificates", of_service, false, "certificate"},
    {"token certificate", "/principals/%/certificates", of_certificate, false, "certificate"},
};

static const struct making *making_of(const struct call *c)
{
	size_t i = 0;

	while (strcmp(makings[i].command, c->command->name) != 0)
		i++;
	return &makings[i];
}

static int make_body(const struct call *c, const struct making *making, char **ret_text)
{
	json_t *body = json_object();
	int code;

	if (making->named)
		json_object_set_new(body, "name", json_string(c->arguments[0]));
	code = body_put(c, making->members, body);
	*ret_text = body_text(body);
	return code;
}

/* ---- the answer ---- */

static int write_output(const struct call *c, const struct making *making, const json_t *answer)
{
	const char *text = value_text(answer, making->output);
	struct err err = {0};

	if (!text)
		(void)err_refuse(
		    &err, WHY(ANSWER_UNEXPECTED), "there is no %s in the answer", making->output);
	if (!text || !file_replace(c->values[OPT_OUTPUT], span_str(text), 0644, &err).ok)
		return call_failed(c, &err);
	call_note(c, "written to %s", c->values[OPT_OUTPUT]);
	return EXIT_DONE;
}

static void show_made(const struct call *c, const json_t *answer)
{
	json_t *all;

	if (!value_at(answer, "document")) {
		show_object(&c->out, NULL, answer);
		return;
	}
	all = show_flattened("authority", answer);
	show_object(&c->out, NULL, all);
	json_decref(all);
}

int cmd_make(struct call *c)
{
	const struct making *making = making_of(c);
	AUTO(client_reply) reply = {0};
	AUTO(buf) path = {0};
	char *body = NULL;
	int code = make_body(c, making, &body);

	act_path(making->path, c->arguments[0], &path);
	if (code == EXIT_DONE)
		code = call_api(c,
		    &(struct client_request){
			.method = "POST", .path = buf_cstr(&path), .body = span_str(body)},
		    &reply);
	free(body);
	if (code != EXIT_DONE || reply.status == 202)
		return code;
	if (call_has(c, OPT_OUTPUT) && making->output)
		code = write_output(c, making, reply.json);
	else if (!call_has(c, OPT_JSON))
		show_made(c, reply.json);
	if (call_has(c, OPT_JSON))
		call_print_json(c, reply.json);
	return code;
}
