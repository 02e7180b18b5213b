/* clients/device/update_show.c: what signet-device update prints. */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "clients/device/update_cli.h"

static void print_json(const struct update_show *show, struct json *j)
{
	json_object_end(j);
	buf_put_byte(j->out, '\n');
	fwrite(j->out->p, 1, j->out->n, show->out);
}

static void json_number(struct json *j, const char *name, uint64_t n)
{
	json_int(j, name, (int64_t)n);
}

static void json_reason(struct json *j, enum signet_result result, const struct signet_reason *why)
{
	json_str(j, "result", signet_result_name(result));
	json_str(j, "code", why->code[0] ? why->code : NULL);
	json_str(j, "text", why->text[0] ? why->text : NULL);
	json_str(j, "advice", why->advice[0] ? why->advice : NULL);
	json_str(j, "server", why->server[0] ? why->server : NULL);
	json_int(j, "http_status", why->http_status);
	json_int(j, "retry_after", why->retry_after);
}

void update_show_outcome(
    const struct update_show *show, enum signet_result result, const struct signet_reason *why)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	if (show->json) {
		json_object_begin(&j, NULL);
		json_reason(&j, result, why);
		print_json(show, &j);
	} else if (result == SIGNET_DONE) {
		fprintf(show->out, "%s done\n", show->command);
	} else if (result == SIGNET_NOT_DUE) {
		fprintf(show->out, "nothing to do: %s\n", why->text);
	} else {
		fprintf(show->err, "signet-device update %s: %s: %s\n", show->command, why->code,
		    why->text);
		if (why->retry_after > 0)
			fprintf(show->err, "  the server asks to come back in %lld s\n",
			    (long long)why->retry_after);
		if (why->advice[0])
			fprintf(show->err, "  what to do: %s\n", why->advice);
	}
}

/* ---- check ---- */

static void offer_json(const struct update_show *show, const struct signet_update_offer *o)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_str(&j, "result", o->must_leave ? "recalled" : o->newer ? "newer" : "current");
	json_number(&j, "here", o->here);
	json_number(&j, "sequence", o->sequence);
	json_str(&j, "version", o->version);
	json_bool(&j, "newer", o->newer);
	json_bool(&j, "must_leave", o->must_leave);
	json_number(&j, "successor", o->successor);
	json_str(&j, "successor_version", o->successor_version);
	json_number(&j, "trust_version", o->trust_version);
	json_number(&j, "recall_number", o->recall_number);
	print_json(show, &j);
}

void update_show_offer(const struct update_show *show, const struct signet_update_offer *o)
{
	if (show->json) {
		offer_json(show, o);
		return;
	}
	if (o->must_leave) {
		fprintf(show->out,
		    "release %" PRIu64 ", which is confirmed here, is recalled: leave it", o->here);
		if (o->successor)
			fprintf(show->out, "; its successor is %s (sequence %" PRIu64 ")",
			    o->successor_version ? o->successor_version : "there", o->successor);
		fprintf(show->out, "\n");
	}
	if (o->newer)
		fprintf(show->out,
		    "release %s (sequence %" PRIu64 ") is newer than what is here (%" PRIu64 ")\n",
		    o->version ? o->version : "", o->sequence, o->here);
	else if (o->sequence)
		fprintf(show->out,
		    "up to date: release %" PRIu64 " is here, the newest is %" PRIu64 "\n", o->here,
		    o->sequence);
	else
		fprintf(show->out, "no release is published for this channel\n");
}

/* ---- verify ---- */

static void report_json(const struct update_show *show, const struct signet_update_report *r,
    enum signet_result result, const struct signet_reason *why)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_reason(&j, result, why);
	json_number(&j, "sequence", r->sequence);
	json_str(&j, "version", r->version);
	json_array_begin(&j, "checks");
	for (size_t i = 0; i < r->count; i++) {
		json_object_begin(&j, NULL);
		json_str(&j, "name", r->rows[i].name);
		json_str(&j, "result", r->rows[i].result);
		json_str(&j, "text", r->rows[i].text);
		json_object_end(&j);
	}
	json_array_end(&j);
	print_json(show, &j);
}

void update_show_report(const struct update_show *show, const struct signet_update_report *r,
    enum signet_result result, const struct signet_reason *why)
{
	if (show->json) {
		report_json(show, r, result, why);
		return;
	}
	for (size_t i = 0; i < r->count; i++)
		fprintf(show->out, "  %-14s %-12s %s\n", r->rows[i].name, r->rows[i].result,
		    r->rows[i].text);
	if (result == SIGNET_DONE)
		fprintf(show->out, "good: release %s (sequence %" PRIu64 ") may be installed\n",
		    r->version, r->sequence);
	else
		update_show_outcome(show, result, why);
}

/* ---- status, boot ---- */

static void slot_json(struct json *j, const char *name, const struct signet_update_slot *s)
{
	if (!s->slot) {
		json_str(j, name, NULL);
		return;
	}
	json_object_begin(j, name);
	json_str(j, "slot", s->slot);
	json_number(j, "sequence", s->sequence);
	json_str(j, "version", s->version);
	json_str(j, "manifest_sha256", s->digest);
	json_object_end(j);
}

static void slot_text(FILE *out, const char *name, const struct signet_update_slot *s)
{
	if (!s->slot)
		fprintf(out, "  %-10s none\n", name);
	else
		fprintf(out, "  %-10s %s (sequence %" PRIu64 "), slot %s\n", name,
		    s->version ? s->version : "?", s->sequence, s->slot);
}

static void status_json(const struct update_show *show, const struct signet_update_status *st)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_str(&j, "product", st->product);
	json_str(&j, "channel", st->channel);
	json_str(&j, "vendor_id", st->vendor_id);
	json_str(&j, "class_id", st->class_id);
	json_str(&j, "running", st->running);
	slot_json(&j, "confirmed", &st->confirmed);
	json_bool(&j, "recalled", st->recalled);
	slot_json(&j, "trial", &st->trial);
	json_str(&j, "trial_phase", st->phase);
	json_int(&j, "tries", st->tries);
	json_number(&j, "counter", st->counter);
	json_number(&j, "trust_version", st->trust_version);
	json_number(&j, "recall_number", st->recall_number);
	print_json(show, &j);
}

void update_show_status(const struct update_show *show, const struct signet_update_status *st)
{
	FILE *out = show->out;

	if (show->json) {
		status_json(show, st);
		return;
	}
	fprintf(out, "%s, channel %s, class %s\n", st->product, st->channel, st->class_id);
	fprintf(out, "  %-10s %s%s\n", "running", st->running ? "slot " : "not known",
	    st->running ? st->running : "");
	slot_text(out, "confirmed", &st->confirmed);
	if (st->recalled)
		fprintf(out, "  %-10s RECALLED: leave it\n", "");
	if (strcmp(st->phase, "none") != 0) {
		slot_text(out, "trial", &st->trial);
		fprintf(out, "  %-10s %s, %d tries left\n", "", st->phase, st->tries);
	}
	fprintf(out, "  %-10s %" PRIu64 ": nothing older starts\n", "counter", st->counter);
	fprintf(out, "  %-10s statement %" PRIu64 "\n", "trust", st->trust_version);
	if (st->recall_number)
		fprintf(out, "  %-10s list %" PRIu64 "\n", "recalls", st->recall_number);
}

void update_show_start(const struct update_show *show, const struct signet_update_start *s)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	if (!show->json) {
		fprintf(show->out, "slot %s starts: %s (sequence %" PRIu64 "), %s%s\n",
		    s->image.slot, s->image.version ? s->image.version : "?", s->image.sequence,
		    s->kind, s->recalled ? ", RECALLED" : "");
		if (s->trial_why)
			fprintf(show->out, "  the trial does not: %s\n", s->trial_why);
		if (s->unvouched)
			fprintf(
			    show->out, "  no key of the trust statement vouches for it any more\n");
		return;
	}
	json_object_begin(&j, NULL);
	slot_json(&j, "image", &s->image);
	json_str(&j, "kind", s->kind);
	json_str(&j, "trial_why", s->trial_why);
	json_bool(&j, "recalled", s->recalled);
	json_bool(&j, "unvouched", s->unvouched);
	print_json(show, &j);
}
