/*
 * clients/operator/cmd_status.c: signet certificate revoke, hold, resume: one certificate, shown
 * before anything is done to it.
 */
#include <stdlib.h>
#include <string.h>

#include "clients/operator/act.h"
#include "clients/operator/body.h"
#include "clients/operator/handlers.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"

static const struct member_row of_revoke[] = {{"reason", OPT_REASON, MEMBER_TEXT, true, 0},
    {"invalidity_at", OPT_INVALID_SINCE, MEMBER_TEXT, false, 0}, {0}};
static const struct member_row of_others[] = {{0}};

static const struct {
	const char *command, *path;
	const struct member_row *members;
	const char *ask;
} changes[] = {
    {"certificate revoke", "/certificates/%/revoke", of_revoke,
	"revoke it for good? there is no way back"},
    {"certificate hold", "/certificates/%/hold", of_others,
	"hold it? nobody trusts it until it is resumed"},
    {"certificate resume", "/certificates/%/resume", of_others, "let it be good again?"},
};

static const struct show_row shown[] = {{"certificate", "id"}, {"serial number", "serial_number"},
    {"subject", "subject"}, {"authority", "authority"}, {"product", "device.product"},
    {"serial", "device.serial"}, {"not after", "not_after"}, {"status", "status"},
    {"reason", "reason"}, {"since", "revoked_at"}, {0}};

/* What it is about, and whether it may be done. */
static int look(struct call *c, const char *ask)
{
	AUTO(client_reply) reply = {0};
	AUTO(buf) path = {0};
	int code;

	act_path("/certificates/%", c->arguments[0], &path);
	code = call_get(c, buf_cstr(&path), &reply);
	if (code != EXIT_DONE)
		return code;
	if (!call_has(c, OPT_JSON)) {
		show_rows(&c->out, shown, reply.json);
		fflush(c->out.file);
	}
	return call_ask(c, "%s", ask);
}

static void tell(const struct call *c, const json_t *certificate)
{
	const char *reason = value_text(certificate, "reason");
	const char *status = value_text(certificate, "status");

	if (call_has(c, OPT_JSON))
		call_print_json(c, certificate);
	else
		call_note(c, "certificate %s is %s%s%s%s", c->arguments[0],
		    status ? status : "changed", reason ? " (" : "", reason ? reason : "",
		    reason ? ")" : "");
}

int cmd_certificate_status(struct call *c)
{
	AUTO(client_reply) reply = {0};
	AUTO(buf) path = {0};
	json_t *body = json_object();
	char *text;
	size_t i = 0;
	int code;

	while (strcmp(changes[i].command, c->command->name) != 0)
		i++;
	code = body_put(c, changes[i].members, body);
	text = json_object_size(body) ? body_text(json_incref(body)) : NULL;
	json_decref(body);
	if (code == EXIT_DONE)
		code = look(c, changes[i].ask);
	act_path(changes[i].path, c->arguments[0], &path);
	if (code == EXIT_DONE)
		code = call_api(c,
		    &(struct client_request){.method = "POST",
			.path = buf_cstr(&path),
			.body = text ? span_str(text) : SPAN_NONE},
		    &reply);
	free(text);
	if (code == EXIT_DONE && reply.status != 202)
		tell(c, reply.json);
	return code;
}
