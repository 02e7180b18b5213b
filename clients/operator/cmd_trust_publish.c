/* clients/operator/cmd_trust_publish.c: signet trust publish, get: statements and the server. */
#include <inttypes.h>
#include <string.h>

#include "base/encode.h"
#include "base/file.h"
#include "clients/operator/handlers.h"
#include "clients/operator/reason.h"
#include "clients/operator/show.h"
#include "clients/operator/trust_file.h"
#include "clients/operator/value.h"

int cmd_trust_publish(struct call *c)
{
	const char *name = c->arguments[0];
	AUTO(client_reply) reply = {0};
	AUTO(trust_file) file = {0};
	struct err err = {0};
	int code;

	/* What devices would refuse need not go to the server first. */
	if (!trust_file_read_signed(name, &file, &err).ok)
		return call_failed(c, &err);
	code = call_api(c,
	    &(struct client_request){.method = "POST",
		.path = "/trust-statements",
		.type = "application/cbor",
		.name = name,
		.body = buf_span(&file.bytes)},
	    &reply);
	if (code != EXIT_DONE || reply.status == 202)
		return code;
	if (call_has(c, OPT_JSON))
		call_print_json(c, reply.json);
	else
		show_object(&c->out, NULL, reply.json);
	return EXIT_DONE;
}

/* ---- get ---- */

static int find_newest(struct call *c, int64_t *ret_id)
{
	AUTO(client_reply) reply = {0};
	AUTO(buf) path = {0};
	struct err err = {0};
	const json_t *first;
	int code;

	buf_put_str(&path, "/trust-statements");
	url_add(&path, "product", c->arguments[0]);
	code = call_get(c, buf_cstr(&path), &reply);
	if (code != EXIT_DONE)
		return code;
	first = json_array_get(value_at(reply.json, "items"), 0);
	*ret_id = value_int(first, "id", 0);
	if (first)
		return EXIT_DONE;
	(void)err_set(&err, ERR_MISSING, "there is no statement for '%s', or you may not see it",
	    c->arguments[0]);
	return call_failed(c, &err);
}

static int write_statement(struct call *c, struct span bytes)
{
	const char *output = c->values[OPT_OUTPUT];
	AUTO(trust_file) file = {0};
	const struct digest digest = sha256(bytes);
	char hex[2 * SHA256_SIZE + 1];
	struct err err = {0};

	hex_text(SPAN_OF(digest.bytes), hex);
	if (!trust_file_take(bytes, c->arguments[0], &file, &err).ok ||
	    !file_replace(output, bytes, 0644, &err).ok)
		return call_failed(c, &err);
	screen_printf(&c->out, "%s\n", hex);
	call_note(c, "version %" PRIu64 " is written to %s", file.trust.version, output);
	return EXIT_DONE;
}

int cmd_trust_get(struct call *c)
{
	AUTO(client_reply) reply = {0};
	char path[64];
	int64_t id = 0;
	int code;

	if (!call_has(c, OPT_OUTPUT))
		return call_usage(c, "needs -o FILE");
	code = find_newest(c, &id);
	if (code != EXIT_DONE)
		return code;
	snprintf(path, sizeof(path), "/trust-statements/%" PRId64, id);
	code = call_api(c,
	    &(struct client_request){.method = "GET", .path = path, .accept = "application/cbor"},
	    &reply);
	return code == EXIT_DONE ? write_statement(c, buf_span(&reply.body)) : code;
}
