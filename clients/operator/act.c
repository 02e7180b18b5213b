/* clients/operator/act.c: see act.h. */
#include "clients/operator/act.h"

#include <stdlib.h>
#include <string.h>

#include "clients/operator/handlers.h"

void act_path(const char *pattern, const char *argument, struct buf *out)
{
	for (; *pattern; pattern++)
		if (*pattern == '%')
			url_segment(out, argument);
		else
			buf_put_byte(out, (uint8_t)*pattern);
}

char *act_comment(const struct call *c)
{
	json_t *body = json_object();
	char *text;

	if (c->values[OPT_COMMENT])
		json_object_set_new(body, "comment", json_string(c->values[OPT_COMMENT]));
	text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	return text;
}

int cmd_act(struct call *c)
{
	const struct act *act = c->command->act;
	const char *argument = c->arguments[0];
	AUTO(client_reply) reply = {0};
	AUTO(buf) path = {0};
	char *comment = NULL;
	struct client_request request = {.method = act->method};
	int code = act->ask ? call_ask(c, "%s %s?", act->ask, argument) : EXIT_DONE;

	if (code != EXIT_DONE)
		return code;
	act_path(act->path, argument, &path);
	request.path = buf_cstr(&path);
	if (command_takes(c->command, OPT_COMMENT))
		request.body = span_str(comment = act_comment(c));
	else if (act->body)
		request.body = span_str(act->body);
	code = call_api(c, &request, &reply);
	free(comment);
	if (code != EXIT_DONE || reply.status == 202)
		return code;
	if (call_has(c, OPT_JSON) && reply.json)
		call_print_json(c, reply.json);
	else
		call_note(c, "%.*s %s %s", (int)strcspn(c->command->name, " "), c->command->name,
		    argument, act->done);
	return EXIT_DONE;
}
