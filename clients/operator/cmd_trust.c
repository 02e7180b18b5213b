/*
 * clients/operator/cmd_trust.c: signet trust make, next, show, verify: what needs no key.
 *
 * None of these asks a server anything: they are for a machine that has no network.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "clients/operator/handlers.h"
#include "clients/operator/reason.h"
#include "clients/operator/refusal_reason.h"
#include "clients/operator/trust_plan.h"
#include "clients/operator/trust_view.h"
#include "signing/format/crypto_openssl.h"

/* ---- make, next ---- */

static struct status make_payload(const struct call *c, struct buf *ret_payload, struct err *err)
{
	const char *file = c->values[OPT_FILE];
	const struct clock clock = clock_system();
	AUTO(buf) text = {0};
	struct err why = {0};

	if (!file_read(file, TRUST_PLAN_MAX, &text, &why).ok)
		return err_refuse(err, WHY(FILE), "%s", why.message);
	return trust_plan_build(file, buf_span(&text), clock_now(&clock), ret_payload, err);
}

int cmd_trust_make(struct call *c)
{
	AUTO(buf) payload = {0}, file = {0};
	AUTO(trust_file) made = {0};
	const char *output = c->values[OPT_OUTPUT];
	struct err err = {0};
	json_t *view;

	if (!call_has(c, OPT_FILE) || !output)
		return call_usage(c, "needs -f FILE and -o FILE");
	if (!make_payload(c, &payload, &err).ok)
		return call_failed(c, &err);
	trust_file_put_unsigned(buf_span(&payload), &file);
	/* What is handed on has been read as a device will read it. */
	if (!trust_file_take(buf_span(&file), output, &made, &err).ok ||
	    !file_replace(output, buf_span(&file), 0644, &err).ok)
		return call_failed(c, &err);
	view = trust_view(&made);
	if (call_has(c, OPT_JSON))
		call_print_json(c, view);
	else
		trust_view_print(&c->out, view);
	json_decref(view);
	call_note(
	    c, "written to %s; not signed yet: signet trust sign %s --key KEY", output, output);
	return EXIT_DONE;
}

int cmd_trust_next(struct call *c)
{
	AUTO(trust_file) old = {0};
	AUTO(buf) text = {0};
	const char *output = c->values[OPT_OUTPUT];
	struct err err = {0};

	if (!trust_file_read(c->arguments[0], &old, &err).ok ||
	    !trust_plan_next(&old.trust, &text, &err).ok)
		return call_failed(c, &err);
	if (!output) {
		fwrite(text.p, 1, text.n, c->out.file);
		return EXIT_DONE;
	}
	if (!file_replace(output, buf_span(&text), 0644, &err).ok)
		return call_failed(c, &err);
	call_note(
	    c, "written to %s: edit it, then signet trust make -f %s -o FILE", output, output);
	return EXIT_DONE;
}

/* ---- show ---- */

int cmd_trust_show(struct call *c)
{
	AUTO(trust_file) file = {0};
	struct err err = {0};
	json_t *view;

	if (!trust_file_read(c->arguments[0], &file, &err).ok)
		return call_failed(c, &err);
	view = trust_view(&file);
	if (call_has(c, OPT_JSON))
		call_print_json(c, view);
	else
		trust_view_print(&c->out, view);
	json_decref(view);
	if (file.is_unsigned)
		call_note(c, "not signed yet");
	return EXIT_DONE;
}

/* ---- verify ---- */

static struct status check_pin(const struct call *c, const struct trust_file *file, struct err *err)
{
	const char *pin = c->values[OPT_FILE_DIGEST];
	const struct digest is = sha256(buf_span(&file->bytes));
	AUTO(buf) wanted = {0}, text = {0};
	struct err why = {0};

	if (!pin)
		return STATUS_OK;
	hex_encode(SPAN_OF(is.bytes), &text);
	if (!hex_decode(span_str(pin), &wanted, &why).ok ||
	    !span_equal(buf_span(&wanted), SPAN_OF(is.bytes)))
		return err_refuse(err, WHY(TRUST_PIN), "the file has the digest %s, not '%.80s'",
		    buf_cstr(&text), pin);
	return STATUS_OK;
}

static struct status verify(const struct call *c, const struct trust_file *file,
    const struct trust_file *previous, struct err *err)
{
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	const char *name = c->arguments[0];
	enum refusal refusal;

	if (file->is_unsigned)
		return err_refuse(
		    err, refusal_reason(REFUSAL_TRUST_QUORUM_NEW), "%s is not signed yet", name);
	TRY(check_pin(c, file, err));
	refusal = trust_accept(&crypto, previous ? &previous->trust : NULL, &file->trust);
	return refusal == REFUSAL_NONE ? STATUS_OK : refusal_fail(refusal, name, err);
}

static void tell(const struct call *c, const char *what, const char *how)
{
	AUTO(buf) safe = {0};

	text_put(&safe, span_str(how));
	screen_printf(&c->out, "  ");
	screen_put(&c->out, STYLE_GREEN, "ok");
	screen_printf(&c->out, "  %-18s %s\n", what, buf_cstr(&safe));
}

static void print_verified(
    const struct call *c, const struct trust_file *file, const struct trust_file *previous)
{
	const struct trust *t = &file->trust;
	AUTO(buf) line = {0};

	tell(c, "form", "deterministic CBOR, every grant's keys are there");
	if (call_has(c, OPT_FILE_DIGEST))
		tell(c, "digest", "the file is the one that was pinned");
	buf_printf(&line, "signed by %" PRIu32 " or more of its own signers", t->next_threshold);
	tell(c, "own quorum", buf_cstr(&line));
	buf_reset(&line);
	if (previous) {
		buf_printf(&line,
		    "signed by %" PRIu32 " or more of the signers of version %" PRIu64,
		    previous->trust.next_threshold, previous->trust.version);
		tell(c, "old quorum", buf_cstr(&line));
		buf_reset(&line);
	}
	buf_printf(&line, "version %" PRIu64 " for %.*s%s", t->version, SPAN_PRINT(t->product),
	    previous ? ", newer than the one before" : "");
	tell(c, "version", buf_cstr(&line));
	if (!previous && t->version > 1 && !call_has(c, OPT_FILE_DIGEST))
		call_note(c, "the one before it was not looked at: --previous FILE");
}

int cmd_trust_verify(struct call *c)
{
	AUTO(trust_file) file = {0}, previous = {0};
	const char *before = c->values[OPT_PREVIOUS];
	struct err err = {0};
	json_t *view;

	if (!trust_file_read(c->arguments[0], &file, &err).ok ||
	    (before && !trust_file_read(before, &previous, &err).ok) ||
	    !verify(c, &file, before ? &previous : NULL, &err).ok)
		return call_failed(c, &err);
	if (!call_has(c, OPT_JSON)) {
		print_verified(c, &file, before ? &previous : NULL);
		return EXIT_DONE;
	}
	view = trust_view(&file);
	call_print_json(c, view);
	json_decref(view);
	return EXIT_DONE;
}
