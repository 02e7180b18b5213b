/*
 * clients/operator/cmd_mass.c: signet revoke, and signet mass-revocation watch.
 *
 * Nothing is revoked before what it would hit was counted and shown. A person types the number
 * back; a script gives --yes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clients/operator/act.h"
#include "clients/operator/body.h"
#include "clients/operator/handlers.h"
#include "clients/operator/kinds.h"
#include "clients/operator/mass.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"

static const struct member_row of_selector[] = {
    {"certificate", OPT_CERTIFICATE_ID, MEMBER_NUMBER, false, INT64_MAX},
    {"device", OPT_DEVICE, MEMBER_NUMBER, false, INT64_MAX},
    {"product", OPT_PRODUCT, MEMBER_TEXT, false, 0}, {"batch", OPT_BATCH, MEMBER_TEXT, false, 0},
    {"authority", OPT_AUTHORITY, MEMBER_TEXT, false, 0},
    {"key_digest", OPT_KEY_DIGEST, MEMBER_TEXT, false, 0},
    {"algorithm", OPT_KEY_ALGORITHM, MEMBER_TEXT, false, 0},
    {"issued_after", OPT_ISSUED_AFTER, MEMBER_TEXT, false, 0},
    {"issued_before", OPT_ISSUED_BEFORE, MEMBER_TEXT, false, 0}, {0}};
static const struct member_row of_act[] = {{"reason", OPT_REASON, MEMBER_TEXT, true, 0},
    {"invalidity_at", OPT_INVALID_SINCE, MEMBER_TEXT, false, 0}, {0}};

#define TEXT(title, path)                      \
	{                                      \
		title, path, COLUMN_TEXT, NULL \
	}
#define END                                   \
	{                                     \
		NULL, NULL, COLUMN_TEXT, NULL \
	}
static const struct column product_columns[] = {{"PRODUCT", "product", COLUMN_TEXT, "(no device)"},
    {"CERTIFICATES", "certificates", COLUMN_NUMBER, NULL}, END};
static const struct column authority_columns[] = {
    TEXT("AUTHORITY", "authority"), {"CERTIFICATES", "certificates", COLUMN_NUMBER, NULL}, END};

static int make_body(const struct call *c, json_t *body)
{
	json_t *selector = json_object();
	int code = body_put(c, of_selector, selector);

	json_object_set(body, "selector", selector);
	if (code == EXIT_DONE && !json_object_size(selector))
		code = call_usage(c, "say which: by --product, --batch, --authority, --key ...");
	json_decref(selector);
	return code == EXIT_DONE ? body_put(c, of_act, body) : code;
}

static int post(struct call *c, json_t *body, bool dry, struct client_reply *ret_reply)
{
	char *text;
	int code;

	json_object_set_new(body, "dry_run", json_boolean(dry));
	text = json_dumps(body, JSON_COMPACT);
	code = call_api(c,
	    &(struct client_request){
		.method = "POST", .path = "/mass-revocations", .body = span_str(text)},
	    ret_reply);
	free(text);
	return code;
}

static int64_t to_revoke(const json_t *found)
{
	return value_int(found, "certificates", 0) - value_int(found, "already", 0);
}

/* The blast radius. */
static void show_radius(const struct call *c, const json_t *found)
{
	AUTO(buf) sample = {0}, safe = {0};
	const int64_t unknown = value_int(found, "unknown_algorithm", 0);

	screen_printf(&c->out,
	    "finds %" PRId64 " certificates of %" PRId64 " devices; would revoke %" PRId64
	    " of them\n",
	    value_int(found, "certificates", 0), value_int(found, "devices", 0), to_revoke(found));
	if (unknown)
		screen_printf(&c->out,
		    "leaves out %" PRId64 " certificates whose algorithm the store does not know\n",
		    unknown);
	show_table(&c->out, "By product", product_columns, value_at(found, "products"));
	show_table(&c->out, "By authority", authority_columns, value_at(found, "authorities"));
	value_put(value_at(found, "sample"), &sample);
	text_put(&safe, buf_span(&sample));
	if (safe.n)
		screen_printf(&c->out, "\nsome of them: %s\n", buf_cstr(&safe));
	fflush(c->out.file);
}

/* The number itself is the answer: nobody types it without having read it. */
static int ask_number(const struct call *c, int64_t count)
{
	char line[64], wanted[24];

	if (call_has(c, OPT_YES))
		return EXIT_DONE;
	if (fileno(c->in) < 0 || !isatty(fileno(c->in)))
		return call_usage(c, "nobody is here to be asked: give --yes");
	snprintf(wanted, sizeof(wanted), "%" PRId64, count);
	fprintf(c->err.file, "\nto revoke them for good, type how many they are: ");
	fflush(c->err.file);
	if (!fgets(line, sizeof(line), c->in))
		line[0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	if (strcmp(line, wanted) == 0)
		return EXIT_DONE;
	fprintf(c->err.file, "signet: nothing was done\n");
	return EXIT_FAILED;
}

/* It goes on by itself from here. */
static int begun(struct call *c, const json_t *mass)
{
	int64_t id = value_int(mass, "id", 0);

	if (call_has(c, OPT_WATCH))
		return mass_follow(c, id);
	if (call_has(c, OPT_JSON))
		call_print_json(c, mass);
	else
		call_note(c,
		    "mass revocation %" PRId64 " has begun; to see how far it is: "
		    "signet mass-revocation watch %" PRId64,
		    id, id);
	return EXIT_DONE;
}

static int revoke_many(struct call *c, json_t *body)
{
	AUTO(client_reply) radius = {0}, reply = {0};
	const bool json = call_has(c, OPT_JSON);
	int code = post(c, body, true, &radius);

	if (code != EXIT_DONE)
		return code;
	if (!json)
		show_radius(c, radius.json);
	else if (call_has(c, OPT_DRY_RUN))
		call_print_json(c, radius.json);
	if (call_has(c, OPT_DRY_RUN))
		return EXIT_DONE;
	if (!to_revoke(radius.json)) {
		if (json)
			call_print_json(c, radius.json);
		call_note(c, "there is nothing to revoke");
		return EXIT_DONE;
	}
	code = ask_number(c, to_revoke(radius.json));
	if (code == EXIT_DONE)
		code = post(c, body, false, &reply);
	return code != EXIT_DONE || reply.status == 202 ? code : begun(c, reply.json);
}

int cmd_revoke(struct call *c)
{
	json_t *body = json_object();
	int code = make_body(c, body);

	if (code == EXIT_DONE)
		code = revoke_many(c, body);
	json_decref(body);
	return code;
}

int cmd_mass_watch(struct call *c)
{
	char *end;
	long long id = strtoll(c->arguments[0], &end, 10);

	if (end == c->arguments[0] || *end || id < 1)
		return call_usage(c, "'%s' is no number", c->arguments[0]);
	return mass_follow(c, id);
}
