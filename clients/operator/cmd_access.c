/* clients/operator/cmd_access.c: signet can, token create. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/file.h"
#include "clients/operator/handlers.h"
#include "clients/operator/reason.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"

/* ---- can ---- */

static const struct column because_columns[] = {{"BINDING", "binding", COLUMN_TEXT, NULL},
    {"ROLE", "role", COLUMN_TEXT, NULL}, {"PRODUCTS", "products", COLUMN_TEXT, "all"},
    {"CHANNELS", "channels", COLUMN_TEXT, "all"}, {"EXPIRES", "expires_at", COLUMN_TEXT, "never"},
    {NULL, NULL, COLUMN_TEXT, NULL}};

static void print_missing(const struct call *c, const json_t *missing)
{
	size_t i;
	json_t *line;

	json_array_foreach((json_t *)(uintptr_t)missing, i, line)
	{
		AUTO(buf) text = {0}, safe = {0};

		value_put(line, &text);
		text_put(&safe, buf_span(&text));
		screen_printf(&c->out, "  %s\n", buf_cstr(&safe));
	}
}

static void print_can(const struct call *c, const json_t *answer, bool allowed)
{
	const char *scope = c->argument_count > 2 ? c->arguments[2] : "";
	AUTO(buf) safe = {0}, line = {0};

	buf_printf(&line, "%s %s %s%s%s", c->arguments[0], allowed ? "holds" : "does not hold",
	    c->arguments[1], *scope ? " for " : "", scope);
	text_put(&safe, buf_span(&line));
	screen_put(&c->out, allowed ? STYLE_GREEN : STYLE_RED, allowed ? "yes" : "no");
	screen_printf(&c->out, ": %s\n", buf_cstr(&safe));
	show_table(&c->out, "Because of", because_columns, value_at(answer, "because"));
	print_missing(c, value_at(answer, "missing"));
}

int cmd_can(struct call *c)
{
	AUTO(client_reply) reply = {0};
	AUTO(buf) path = {0};
	bool allowed;
	int code;

	buf_put_str(&path, "/can");
	url_add(&path, "principal", c->arguments[0]);
	url_add(&path, "permission", c->arguments[1]);
	if (c->argument_count > 2)
		url_add(&path, "scope", c->arguments[2]);
	code = call_get(c, buf_cstr(&path), &reply);
	if (code != EXIT_DONE)
		return code;
	allowed = json_is_true(value_at(reply.json, "allowed"));
	if (call_has(c, OPT_JSON))
		call_print_json(c, reply.json);
	else
		print_can(c, reply.json, allowed);
	return allowed ? EXIT_DONE : EXIT_FAILED;
}

/* ---- token create ---- */

/* "90s" "15m" "12h" "1d" or seconds. */
static bool take_seconds(const char *text, int64_t *ret_seconds)
{
	static const char units[] = "smhd";
	static const int64_t sizes[] = {1, 60, 3600, 86400};
	char *end;
	long n = strtol(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : units;

	if (end == text || n < 1 || n > 1000000 || !unit || (*end && end[1]))
		return false;
	*ret_seconds = n * sizes[unit - units];
	return true;
}

static json_t *list_of(const char *text)
{
	json_t *list = json_array();

	while (*text) {
		size_t n = strcspn(text, ", ");

		if (n)
			json_array_append_new(list, json_stringn(text, n));
		text += n + (text[n] != '\0');
	}
	return list;
}

static char *token_wish(const struct call *c)
{
	json_t *body = json_object();
	char *text;

	if (c->values[OPT_PRINCIPAL])
		json_object_set_new(body, "principal", json_string(c->values[OPT_PRINCIPAL]));
	if (c->values[OPT_TTL])
		json_object_set_new(body, "ttl", json_string(c->values[OPT_TTL]));
	if (c->values[OPT_PERMISSION])
		json_object_set_new(body, "permissions", list_of(c->values[OPT_PERMISSION]));
	text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	return text;
}

/* The token alone on standard output, or in a file of the owner's; what it is, beside it. */
static int hand_over(const struct call *c, const json_t *answer)
{
	const char *token = value_text(answer, "token");
	AUTO(buf) what = {0}, line = {0};
	struct err err = {0};

	if (!token) {
		(void)err_refuse(&err, WHY(ANSWER_UNEXPECTED), "there is no token in the answer");
		return call_failed(c, &err);
	}
	text_put(&line, span_str(token));
	buf_put_byte(&line, '\n');
	if (call_has(c, OPT_OUTPUT)) {
		if (!file_replace(c->values[OPT_OUTPUT], buf_span(&line), 0600, &err).ok)
			return call_failed(c, &err);
	} else {
		fwrite(line.p, 1, line.n, c->out.file);
	}
	OPENSSL_cleanse(line.p, line.n);
	value_put(value_at(answer, "principal"), &what);
	buf_put_str(&what, ", until ");
	value_put(value_at(answer, "expires_at"), &what);
	call_note(c, "token %lld of %s", (long long)value_int(answer, "id", 0), buf_cstr(&what));
	return EXIT_DONE;
}

int cmd_token_create(struct call *c)
{
	AUTO(client_reply) reply = {0};
	int64_t seconds;
	char *wish;
	int code;

	if (c->values[OPT_TTL] && !take_seconds(c->values[OPT_TTL], &seconds))
		return call_usage(
		    c, "--ttl takes a time such as 15m or 12h, not '%s'", c->values[OPT_TTL]);
	wish = token_wish(c);
	code = call_api(c,
	    &(struct client_request){.method = "POST", .path = "/tokens", .body = span_str(wish)},
	    &reply);
	free(wish);
	if (code != EXIT_DONE || reply.status == 202)
		return code;
	if (call_has(c, OPT_JSON)) {
		call_print_json(c, reply.json);
		return EXIT_DONE;
	}
	return hand_over(c, reply.json);
}
