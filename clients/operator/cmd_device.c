/* clients/operator/cmd_device.c: signet device register, show, history, suspend, resume, retire. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clients/operator/device.h"
#include "clients/operator/handlers.h"
#include "clients/operator/kinds.h"
#include "clients/operator/reason.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"

#define SERIALS_A_CALL 1000

/* ---- register ---- */

static json_t *serials_of(const struct call *c, int first)
{
	json_t *list = json_array();

	for (int i = first; i < c->argument_count && i < first + SERIALS_A_CALL; i++)
		json_array_append_new(list, json_string(c->arguments[i]));
	return list;
}

static int register_some(struct call *c, int first, struct device_count *count)
{
	AUTO(client_reply) reply = {0};
	json_t *body =
	    json_pack("{s:s, s:o}", "product", c->arguments[0], "serials", serials_of(c, first));
	char *text;
	int code;

	if (c->values[OPT_BATCH])
		json_object_set_new(body, "batch", json_string(c->values[OPT_BATCH]));
	text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	if (!text)
		return call_usage(c, "product and serial numbers must be UTF-8");
	code = call_api(c,
	    &(struct client_request){.method = "POST", .path = "/devices", .body = span_str(text)},
	    &reply);
	free(text);
	count->waits = count->waits || reply.status == 202;
	count->created += value_int(reply.json, "created", 0);
	count->known += value_int(reply.json, "known", 0);
	return code;
}

void device_print_count(const struct call *c, const struct device_count *count)
{
	if (count->waits)
		return;
	if (call_has(c, OPT_JSON))
		screen_printf(&c->out, "{\"created\": %" PRId64 ", \"known\": %" PRId64 "}\n",
		    count->created, count->known);
	else
		screen_printf(&c->out, "%" PRId64 " registered, %" PRId64 " known before\n",
		    count->created, count->known);
}

int cmd_device_register(struct call *c)
{
	struct device_count count = {0};
	int code = EXIT_DONE;

	for (int i = 1; i < c->argument_count && code == EXIT_DONE; i += SERIALS_A_CALL)
		code = register_some(c, i, &count);
	if (code == EXIT_DONE)
		device_print_count(c, &count);
	return code;
}

/* ---- one device ---- */

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static int no_device(const struct call *c, const char *what)
{
	struct err err = {0};

	(void)err_refuse(&err, WHY(ANSWER_UNEXPECTED), "%s", what);
	err.reason = NULL;
	return call_failed(c, &err);
}

/* "PRODUCT/SERIAL" is looked up; a number is one already. */
static int find_device(struct call *c, const char *text, struct client_reply *ret_reply)
{
	AUTO(client_reply) list = {0};
	AUTO(buf) path = {0};
	const char *slash = strchr(text, '/');
	const json_t *first;
	char *product;
	int code;

	if (is_number(text)) {
		act_path("/devices/%", text, &path);
		return call_get(c, buf_cstr(&path), ret_reply);
	}
	if (!slash)
		return call_usage(c, "'%s' is neither a number nor PRODUCT/SERIAL", text);
	product = mem_strndup(text, (size_t)(slash - text));
	buf_put_str(&path, "/devices");
	url_add(&path, "product", product);
	url_add(&path, "serial", slash + 1);
	free(product);
	code = call_get(c, buf_cstr(&path), &list);
	if (code != EXIT_DONE)
		return code;
	first = json_array_get(value_at(list.json, "items"), 0);
	if (!first)
		return no_device(c, "there is no such device, or you may not see it");
	buf_reset(&path);
	buf_printf(&path, "/devices/%" PRId64, value_int(first, "id", 0));
	return call_get(c, buf_cstr(&path), ret_reply);
}

static const struct show_row device_rows[] = {
    {"device", "id"}, {"product", "product"}, {"serial", "serial"}, {"state", "state"}, {0}};

static int keep(void *context, const json_t *item)
{
	json_array_append(context, (json_t *)(uintptr_t)item);
	return EXIT_DONE;
}

static void print_certificates(struct call *c, int64_t id)
{
	json_t *found = json_array();
	char path[64];
	struct list_walk walk = {.path = path, .limit = 20, .each = keep, .context = found};
	bool more;

	snprintf(path, sizeof(path), "/certificates?device=%" PRId64, id);
	if (list_walk(c, &walk, &more) == EXIT_DONE)
		show_table(&c->out, "Certificates", view_certificates.columns, found);
	json_decref(found);
}

int cmd_device_show(struct call *c)
{
	AUTO(client_reply) reply = {0};
	int code = find_device(c, c->arguments[0], &reply);

	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_JSON)) {
		call_print_json(c, reply.json);
		return EXIT_DONE;
	}
	show_object(&c->out, device_rows, reply.json);
	print_certificates(c, value_int(reply.json, "id", 0));
	return EXIT_DONE;
}

int cmd_device_history(struct call *c)
{
	AUTO(client_reply) reply = {0};
	char path[64];
	int code = find_device(c, c->arguments[0], &reply);

	if (code != EXIT_DONE)
		return code;
	snprintf(
	    path, sizeof(path), "/devices/%" PRId64 "/history", value_int(reply.json, "id", 0));
	return list_run(c, c->command->view, path);
}

/* ---- its state ---- */

static int set_state(struct call *c, const struct client_reply *device, const char *state)
{
	AUTO(client_reply) reply = {0};
	char path[64], body[64];
	int64_t id = value_int(device->json, "id", 0);
	int code;

	snprintf(path, sizeof(path), "/devices/%" PRId64, id);
	snprintf(body, sizeof(body), "{\"state\":\"%s\"}", state);
	code = call_api(c,
	    &(struct client_request){.method = "PATCH",
		.path = path,
		.body = span_str(body),
		.etag = device->etag[0] ? device->etag : NULL},
	    &reply);
	if (code != EXIT_DONE || reply.status == 202)
		return code;
	if (call_has(c, OPT_JSON) && reply.json)
		call_print_json(c, reply.json);
	else
		call_note(c, "device %" PRId64 " is %s", id, state);
	return EXIT_DONE;
}

/* The state that the command's second word asks for; what it was before suspension comes back. */
static const char *state_for(const struct call *c, const json_t *device)
{
	static const struct {
		const char *command, *state;
	} rows[] = {{"device suspend", "suspended"}, {"device retire", "retired"}};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(c->command->name, rows[i].command) == 0)
			return rows[i].state;
	return value_text(device, "first_enrolled_at") ? "enrolled" : "claimed";
}

int cmd_device_state(struct call *c)
{
	AUTO(client_reply) reply = {0};
	int code = find_device(c, c->arguments[0], &reply);

	if (code == EXIT_DONE && command_takes(c->command, OPT_YES))
		code = call_ask(c, "%s %s? %s", c->command->name + strlen("device "),
		    c->arguments[0],
		    strcmp(c->command->name, "device retire") == 0
			? "its certificates are revoked for good, and it comes back no more"
			: "its certificates are held, and it is let in nowhere until it is resumed");
	if (code != EXIT_DONE)
		return code;
	return set_state(c, &reply, state_for(c, reply.json));
}
