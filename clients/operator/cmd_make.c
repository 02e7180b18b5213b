/*
 * clients/operator/cmd_make.c: what is made from a few options: authorities, their keys, operators'
 * certificates. A row each: path, members of the body, and what of the answer a file is made of.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "clients/operator/act.h"
#include "clients/operator/handlers.h"
#include "clients/operator/reason.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"

#define FILE_MAX ((size_t)128 << 10)

enum member_form {
	MEMBER_TEXT,
	MEMBER_NUMBER,
	MEMBER_SWITCH,
	MEMBER_FILE, /* the file's text */
};

struct member_row {
	const char *name; /* of the body */
	enum option_id option;
	enum member_form form;
	bool needed;
};

static const struct member_row of_issue[] = {{"parent", OPT_PARENT, MEMBER_TEXT, true},
    {"subject", OPT_SUBJECT, MEMBER_TEXT, true}, {"algorithm", OPT_ALGORITHM, MEMBER_TEXT, false},
    {"validity", OPT_VALIDITY, MEMBER_TEXT, false},
    {"path_length", OPT_PATH_LENGTH, MEMBER_NUMBER, false},
    {"operators", OPT_OPERATORS, MEMBER_SWITCH, false}, {NULL, OPT_COUNT, MEMBER_TEXT, false}};
static const struct member_row of_key[] = {{"subject", OPT_SUBJECT, MEMBER_TEXT, true},
    {"algorithm", OPT_ALGORITHM, MEMBER_TEXT, false}, {NULL, OPT_COUNT, MEMBER_TEXT, false}};
static const struct member_row of_take[] = {{"chain", OPT_FILE, MEMBER_FILE, true},
    {"operators", OPT_OPERATORS, MEMBER_SWITCH, false}, {NULL, OPT_COUNT, MEMBER_TEXT, false}};
static const struct member_row of_certificate[] = {
    {"csr", OPT_FILE, MEMBER_FILE, true}, {NULL, OPT_COUNT, MEMBER_TEXT, false}};

static const struct making {
	const char *command, *path;
	const struct member_row *members; /* ended by name NULL */
	bool named;                       /* the argument is the member `name`, too */
	const char *output;               /* the answer's member that --output takes; NULL: none */
} makings[] = {
    {"authority issue", "/authorities", of_issue, true, NULL},
    {"authority key", "/authorities/%/key", of_key, false, "csr"},
    {"authority take", "/authorities/%/certificate", of_take, false, NULL},
    {"token certificate", "/principals/%/certificates", of_certificate, false, "certificate"},
};

static const struct making *making_of(const struct call *c)
{
	size_t i = 0;

	while (strcmp(makings[i].command, c->command->name) != 0)
		i++;
	return &makings[i];
}

/* ---- the body ---- */

static int put_file(const struct call *c, const struct member_row *m, json_t *body)
{
	AUTO(buf) text = {0};
	struct err err = {0}, why = {0};

	if (!file_read(c->values[m->option], FILE_MAX, &text, &why).ok)
		(void)err_refuse(&err, WHY(FILE), "%s", why.message);
	else if (json_object_set_new(body, m->name, json_stringn((const char *)text.p, text.n)) !=
		 0)
		(void)err_refuse(&err, WHY(FILE), "'%s' is no text", c->values[m->option]);
	return err.kind == ERR_NONE ? EXIT_DONE : call_failed(c, &err);
}

static int put_member(const struct call *c, const struct member_row *m, json_t *body)
{
	const char *value = c->values[m->option];
	int64_t number = 0;

	if (!value && m->needed)
		return call_usage(
		    c, "needs %s %s", option_rows[m->option].name, option_rows[m->option].argument);
	if (!value)
		return EXIT_DONE;
	if (m->form == MEMBER_FILE)
		return put_file(c, m, body);
	if (m->form == MEMBER_NUMBER && !call_number(c, m->option, 0, 100, &number))
		return EXIT_USAGE;
	json_object_set_new(body, m->name,
	    m->form == MEMBER_TEXT     ? json_string(value)
	    : m->form == MEMBER_NUMBER ? json_integer(number)
				       : json_true());
	return EXIT_DONE;
}

static int make_body(const struct call *c, const struct making *making, char **ret_text)
{
	json_t *body = json_object();
	int code = EXIT_DONE;

	if (making->named)
		json_object_set_new(body, "name", json_string(c->arguments[0]));
	for (const struct member_row *m = making->members; m->name && code == EXIT_DONE; m++)
		code = put_member(c, m, body);
	*ret_text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
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
