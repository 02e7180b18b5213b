/*
 * clients/operator/cmd_crl.c: signet crl get: a revocation list, from where everybody gets it.
 */
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "clients/operator/handlers.h"
#include "clients/operator/reason.h"
#include "clients/operator/value.h"

struct wanted {
	int64_t shard;
	const char *member; /* of the API's row: which URL */
	char url[2048];
};

static int take_row(void *context, const json_t *row)
{
	struct wanted *w = context;
	const char *url = value_text(row, w->member);

	if (value_int(row, "shard", -1) == w->shard && url)
		snprintf(w->url, sizeof(w->url), "%s", url);
	return EXIT_DONE;
}

/* Policy says where the list is published. */
static int find_url(struct call *c, struct wanted *w)
{
	AUTO(buf) path = {0};
	struct list_walk walk = {.limit = INT64_MAX, .each = take_row, .context = w};
	struct err err = {0};
	bool more;
	int code;

	buf_put_str(&path, "/crls");
	url_add(&path, "authority", c->values[OPT_AUTHORITY]);
	walk.path = buf_cstr(&path);
	code = list_walk(c, &walk, &more);
	if (code != EXIT_DONE || w->url[0])
		return code;
	(void)err_refuse(&err, WHY(CRL_NOWHERE),
	    "authority '%s' publishes no %s for shard %" PRId64, c->values[OPT_AUTHORITY],
	    call_has(c, OPT_DELTA) ? "delta list" : "list", w->shard);
	return call_failed(c, &err);
}

static struct status fetch(struct call *c, const char *url, struct err *err)
{
	AUTO_REF(client) public = NULL;
	AUTO(client_reply) reply = {0};
	struct span der;

	TRY(client_open_public(&c->login, &c->err, &public, err));
	TRY(client_send(public,
	    &(struct client_request){
		.method = "GET", .path = url, .accept = "application/pkix-crl"},
	    &reply, err));
	der = buf_span(&reply.body);
	if (reply.status != 200)
		return err_refuse(err, WHY(ANSWER_UNEXPECTED), "%s: HTTP %ld", url, reply.status);
	if (!call_has(c, OPT_OUTPUT)) {
		fwrite(der.p, 1, der.n, c->out.file);
		return STATUS_OK;
	}
	return file_replace(c->values[OPT_OUTPUT], der, 0644, err);
}

int cmd_crl_get(struct call *c)
{
	struct wanted w = {.member = call_has(c, OPT_DELTA) ? "delta_url" : "url"};
	struct err err = {0};
	int code;

	if (!call_has(c, OPT_AUTHORITY))
		return call_usage(c, "needs --authority NAME");
	if (!call_has(c, OPT_OUTPUT) && c->out.terminal)
		return call_usage(c, "needs --output FILE: a list is DER, nothing for a terminal");
	if (!call_number(c, OPT_SHARD, 0, 1023, &w.shard))
		return EXIT_USAGE;
	code = find_url(c, &w);
	if (code != EXIT_DONE)
		return code;
	if (!fetch(c, w.url, &err).ok)
		return call_failed(c, &err);
	if (call_has(c, OPT_OUTPUT))
		call_note(c, "written to %s", c->values[OPT_OUTPUT]);
	return EXIT_DONE;
}
