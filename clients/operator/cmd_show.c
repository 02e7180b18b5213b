/*
 * clients/operator/cmd_show.c: one record for people: enrollment explain, refusal explain,
 * certificate show.
 */
#include <string.h>

#include "base/file.h"
#include "clients/operator/act.h"
#include "clients/operator/handlers.h"
#include "clients/operator/reason.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"

/* Why it ended as it did, first; then what it was about. */
static const struct show_row enrollment_rows[] = {{"enrollment", "id"}, {"outcome", "outcome"},
    {"state", "state"}, {"why", "message"}, {"rule", "rule"}, {"what to do", "advice"},
    {"code", "code"}, {"at", "at"}, {"label", "label"}, {"operation", "operation"},
    {"product", "device.product"}, {"serial", "device.serial"}, {"device", "device.id"},
    {"certificate", "certificate.id"}, {"its number", "certificate.serial_number"}, {0}};
static const struct show_row refusal_rows[] = {{"refused call", "id"}, {"why", "message"},
    {"cause", "cause"}, {"rule", "rule"}, {"what to do", "advice"}, {"code", "code"}, {"at", "at"},
    {"principal", "principal"}, {"method", "method"}, {"path", "path"}, {"status", "status"},
    {"address", "peer"}, {0}};
static const struct show_row certificate_rows[] = {{"certificate", "id"},
    {"serial number", "serial_number"}, {"subject", "subject"}, {"authority", "authority"},
    {"product", "device.product"}, {"serial", "device.serial"}, {"device", "device.id"},
    {"not before", "not_before"}, {"not after", "not_after"}, {"status", "status"},
    {"expired", "expired"}, {"reason", "reason"}, {"since", "revoked_at"},
    {"invalid since", "invalidity_at"}, {0}};
static const struct show_row mass_rows[] = {{"mass revocation", "id"}, {"state", "state"},
    {"found", "total"}, {"looked at", "done"}, {"revoked", "revoked"}, {"reason", "reason"},
    {"by", "who"}, {"started", "started_at"}, {"finished", "finished_at"}, {0}};

static const struct {
	const char *command, *path;
	const struct show_row *rows;
} shown[] = {
    {"enrollment explain", "/enrollments/%", enrollment_rows},
    {"refusal explain", "/refused-calls/%", refusal_rows},
    {"certificate show", "/certificates/%", certificate_rows},
    {"mass-revocation show", "/mass-revocations/%", mass_rows},
};

int cmd_show(struct call *c)
{
	AUTO(client_reply) reply = {0};
	AUTO(buf) path = {0};
	size_t i = 0;
	int code;

	while (strcmp(shown[i].command, c->command->name) != 0)
		i++;
	act_path(shown[i].path, c->arguments[0], &path);
	code = call_get(c, buf_cstr(&path), &reply);
	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_JSON))
		call_print_json(c, reply.json);
	else
		show_object(&c->out, shown[i].rows, reply.json);
	return EXIT_DONE;
}

/* With --output: the certificate itself, as PEM. */
int cmd_certificate_show(struct call *c)
{
	AUTO(client_reply) reply = {0};
	AUTO(buf) path = {0};
	struct err err = {0};
	int code;

	if (!call_has(c, OPT_OUTPUT))
		return cmd_show(c);
	act_path("/certificates/%/pem", c->arguments[0], &path);
	code = call_api(c,
	    &(struct client_request){.method = "GET",
		.path = buf_cstr(&path),
		.accept = "application/x-pem-file, application/pem-certificate-chain, */*"},
	    &reply);
	if (code != EXIT_DONE)
		return code;
	if (!file_replace(c->values[OPT_OUTPUT], buf_span(&reply.body), 0644, &err).ok)
		return call_failed(c, &err);
	call_note(c, "written to %s", c->values[OPT_OUTPUT]);
	return EXIT_DONE;
}
