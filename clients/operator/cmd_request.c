/*
 * clients/operator/cmd_request.c: signet request show, approve, redeem.
 *
 * Who approves is shown exactly what: the stored call, the difference it makes, and the digest over
 * both, which goes back with the approval. With --yes nobody looks, so the digest must be given.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clients/operator/act.h"
#include "clients/operator/handlers.h"
#include "clients/operator/mass.h"
#include "clients/operator/reason.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"
#include "clients/operator/yaml.h"

static const struct show_row request_rows[] = {{"request", "id"}, {"act", "act"},
    {"state", "state"}, {"ready", "ready"}, {"requester", "requester"}, {"person", "person"},
    {"created", "created_at"}, {"expires", "expires_at"}, {"digest", "digest"}, {0}};
#define TEXT(title, path)                      \
	{                                      \
		title, path, COLUMN_TEXT, NULL \
	}
#define END                                   \
	{                                     \
		NULL, NULL, COLUMN_TEXT, NULL \
	}
static const struct column requirement_columns[] = {TEXT("POLICY", "policy"), TEXT("ACT", "act"),
    {"PRODUCT", "product", COLUMN_TEXT, "all"}, TEXT("ROLE", "role"), TEXT("NEEDED", "approvals"),
    TEXT("HAS", "have"), END};
static const struct column approval_columns[] = {TEXT("WHO", "principal"),
    {"VERDICT", "verdict", COLUMN_STATE, NULL}, TEXT("AT", "at"), TEXT("COMMENT", "comment"), END};

static void heading(const struct call *c, const char *text)
{
	screen_printf(&c->out, "\n");
	screen_put(&c->out, STYLE_BOLD, text);
	screen_printf(&c->out, "\n");
}

/* The body is text: JSON is set out, anything else stands as it was sent. */
static void print_body(const struct call *c, const json_t *body)
{
	AUTO(buf) text = {0};
	json_t *parsed = json_is_string(body) ? json_loads(json_string_value(body), 0, NULL) : NULL;

	if (json_is_string(body) && !parsed) {
		buf_put_str(&text, "  ");
		text_put_lines(&text, span_str(json_string_value(body)), 2);
		buf_put_byte(&text, '\n');
	} else {
		yaml_put(parsed ? parsed : body, 2, &text);
	}
	fwrite(text.p, 1, text.n, c->out.file);
	json_decref(parsed);
}

/* A header or the like that belongs to what is approved. */
static void print_part(
    const struct call *c, const char *name, const json_t *request, const char *path)
{
	AUTO(buf) text = {0}, safe = {0};

	value_put(value_at(request, path), &text);
	text_put(&safe, buf_span(&text));
	if (text.n)
		screen_printf(&c->out, "  %s: %s\n", name, buf_cstr(&safe));
}

static void print_call(const struct call *c, const json_t *request)
{
	AUTO(buf) line = {0}, safe = {0};
	const json_t *body = value_at(request, "call.body");

	heading(c, "What is to be done");
	value_put(value_at(request, "call.method"), &line);
	buf_put_byte(&line, ' ');
	value_put(value_at(request, "call.path"), &line);
	if (value_text(request, "call.query"))
		buf_printf(&line, "?%s", value_text(request, "call.query"));
	text_put(&safe, buf_span(&line));
	screen_printf(&c->out, "  %s\n", buf_cstr(&safe));
	print_part(c, "If-Match", request, "call.if_match");
	print_part(c, "If-None-Match", request, "call.if_none_match");
	print_part(c, "Content-Type", request, "call.content_type");
	print_part(c, "body, base64", request, "call.body_base64");
	if (body && !json_is_null(body))
		print_body(c, body);
}

static void print_difference(const struct call *c, const json_t *difference)
{
	size_t i;
	json_t *change;

	if (!json_array_size(difference))
		return;
	heading(c, "What it changes");
	if (value_at(json_array_get(difference, 0), "path")) {
		show_difference(&c->out, difference, 2);
		return;
	}
	json_array_foreach((json_t *)(uintptr_t)difference, i, change)
	{
		AUTO(buf) line = {0};

		value_put(value_at(change, "kind"), &line);
		buf_put_byte(&line, ' ');
		value_put(value_at(change, "name"), &line);
		screen_printf(&c->out, "  ");
		screen_put(&c->out, STYLE_BOLD, buf_cstr(&line));
		screen_printf(&c->out, "\n");
		show_difference(&c->out, value_at(change, "difference"), 4);
	}
}

static void print_request(const struct call *c, const json_t *request)
{
	show_rows(&c->out, request_rows, request);
	print_call(c, request);
	print_difference(c, value_at(request, "difference"));
	show_table(&c->out, "What policy asks for", requirement_columns,
	    value_at(request, "requirements"));
	show_table(&c->out, "Who has said what", approval_columns, value_at(request, "approvals"));
}

static int get_request(struct call *c, struct client_reply *ret_reply)
{
	AUTO(buf) path = {0};

	act_path("/requests/%", c->arguments[0], &path);
	return call_get(c, buf_cstr(&path), ret_reply);
}

int cmd_request_show(struct call *c)
{
	AUTO(client_reply) reply = {0};
	int code = get_request(c, &reply);

	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_JSON))
		call_print_json(c, reply.json);
	else
		print_request(c, reply.json);
	return EXIT_DONE;
}

/* ---- approve ---- */

static int check_digest(const struct call *c, const char *digest)
{
	const char *wanted = c->values[OPT_DIGEST];
	struct err err = {0};

	if (digest && (!wanted || strcmp(wanted, digest) == 0))
		return EXIT_DONE;
	(void)err_refuse(&err, WHY(DIGEST), "request %s has the digest %s, not %s", c->arguments[0],
	    digest ? digest : "(none)", wanted ? wanted : "(none)");
	return call_failed(c, &err);
}

static int send_approval(struct call *c, const char *digest, struct client_reply *ret_reply)
{
	AUTO(buf) path = {0};
	json_t *body = json_pack("{s:s}", "digest", digest);
	char *text;
	int code;

	if (c->values[OPT_COMMENT])
		json_object_set_new(body, "comment", json_string(c->values[OPT_COMMENT]));
	text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	act_path("/requests/%/approve", c->arguments[0], &path);
	code = call_api(c,
	    &(struct client_request){
		.method = "POST", .path = buf_cstr(&path), .body = span_str(text)},
	    ret_reply);
	free(text);
	return code;
}

int cmd_request_approve(struct call *c)
{
	AUTO(client_reply) request = {0}, reply = {0};
	const char *digest;
	int code;

	if (call_has(c, OPT_YES) && !call_has(c, OPT_DIGEST))
		return call_usage(c, "--yes needs --digest: what was looked at");
	code = get_request(c, &request);
	if (code != EXIT_DONE)
		return code;
	digest = value_text(request.json, "digest");
	code = check_digest(c, digest);
	if (code == EXIT_DONE && !call_has(c, OPT_YES)) {
		print_request(c, request.json);
		fflush(c->out.file);
		code = call_ask(c, "\napprove request %s?", c->arguments[0]);
	}
	if (code == EXIT_DONE)
		code = send_approval(c, digest, &reply);
	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_JSON))
		call_print_json(c, reply.json);
	else
		call_note(c, "request %s is approved by you%s", c->arguments[0],
		    json_is_true(value_at(reply.json, "ready"))
			? "; it has what it needs: signet request redeem carries it out"
			: "");
	return EXIT_DONE;
}

/* ---- redeem ---- */

/* What the act itself answers is the answer: it is shown, whatever it is. */
int cmd_request_redeem(struct call *c)
{
	AUTO(client_reply) reply = {0};
	AUTO(buf) path = {0};
	int code;

	act_path("/requests/%/redeem", c->arguments[0], &path);
	code = call_api(
	    c, &(struct client_request){.method = "POST", .path = buf_cstr(&path)}, &reply);
	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_JSON) && reply.json) {
		call_print_json(c, reply.json);
		return EXIT_DONE;
	}
	if (mass_is(reply.json)) {
		call_note(c, "request %s is being carried out", c->arguments[0]);
		return mass_follow(c, value_int(reply.json, "id", 0));
	}
	call_note(c, "request %s is carried out", c->arguments[0]);
	if (json_is_object(reply.json))
		show_object(&c->out, NULL, reply.json);
	return EXIT_DONE;
}
