/*
 * clients/operator/cmd_proof.c: signet log prove, log check: tlog-proof files.
 *
 * The file says all that is needed offline: the entry's place in the tree, and as extra data, which
 * proves nothing by itself, an array of entry, kind and number of the record, salt and record.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "clients/operator/handlers.h"
#include "clients/operator/log_state.h"
#include "clients/operator/reason.h"
#include "clients/operator/value.h"
#include "signing/format/cbor.h"
#include "signing/format/entry.h"
#include "signing/format/log_proof.h"

#define RECORD_MAX  ((size_t)16 << 20)
#define CBOR_NULL   22
#define VKEY_MAX    ((size_t)8192)
#define EXTRA_PARTS 5

struct proven {
	struct log_proof proof;       /* borrows from the file */
	struct checkpoint checkpoint; /* the same */
	struct buf extra;
	struct span entry_bytes, kind, salt, record; /* in extra; n 0: not there */
	uint64_t id;
	struct entry entry;
	struct vkey key;
};

static void proven_auto(struct proven *p)
{
	buf_free(&p->extra);
}

/* ---- reading ---- */

static bool take_bytes_or_null(struct span *in, struct span *ret)
{
	enum cbor_major major;
	uint64_t value;

	if (cbor_take_bytes(in, ret))
		return true;
	*ret = SPAN_NONE;
	return cbor_take_head(in, &major, &value) && major == CBOR_SIMPLE && value == CBOR_NULL;
}

static struct status read_extra(struct proven *p, struct err *err)
{
	struct span in;
	enum cbor_major major;
	uint64_t parts;

	TRY(base64_decode(p->proof.extra_base64, &p->extra, err));
	in = buf_span(&p->extra);
	if (!cbor_take_head(&in, &major, &parts) || major != CBOR_ARRAY || parts != EXTRA_PARTS ||
	    !cbor_take_bytes(&in, &p->entry_bytes) || !cbor_take_text(&in, &p->kind) ||
	    !cbor_take_uint(&in, &p->id) || !take_bytes_or_null(&in, &p->salt) ||
	    !take_bytes_or_null(&in, &p->record) || in.n)
		return err_set(err, ERR_INPUT,
		    "the proof's extra data is not Signet's: without it "
		    "the entry is not known");
	return entry_decode(p->entry_bytes, &p->entry, err);
}

/* Against one log's key alone: witnesses are judged by `log verify`, with the server's policy. */
static struct status verify_proof(struct proven *p, struct err *err)
{
	struct log_policy *policy = mem_alloc(sizeof(*policy));
	struct log_policy_seen seen;
	struct status s;

	policy->log_count = 1;
	policy->logs[0].key = p->key;
	s = log_proof_verify(&p->proof, policy, p->entry_bytes, &p->checkpoint, &seen, err);
	free(policy);
	return s;
}

/* Does the entry commit to this record? */
static struct status check_record(const struct proven *p, struct span record, struct err *err)
{
	if (p->salt.n != ENTRY_SALT_SIZE)
		return err_set(err, ERR_MISSING,
		    "the salt was erased: nobody can tell what the entry is about");
	if (!entry_commits_to(&p->entry, p->salt.p, record))
		return err_set(err, ERR_DENIED, "the entry is about another record than this");
	return STATUS_OK;
}

/* ---- telling ---- */

static void print_json(const struct call *c, const struct proven *p, bool record)
{
	char time[TIME_TEXT_SIZE];
	json_t *o;

	time_text(p->entry.time, time);
	o = json_pack("{s:b, s:s%, s:I, s:I, s:s, s:s, s:s%, s:I, s:b}", "proven", 1, "origin",
	    (const char *)p->checkpoint.origin.p, p->checkpoint.origin.n, "index",
	    (json_int_t)p->proof.index, "size", (json_int_t)p->checkpoint.tree.size, "kind",
	    p->entry.kind, "at", time, "record_kind", (const char *)p->kind.p, p->kind.n,
	    "record_id", (json_int_t)p->id, "record_checked", record);
	call_print_json(c, o);
	json_decref(o);
}

static void print_proven(const struct call *c, const struct proven *p, bool record)
{
	AUTO(buf) line = {0}, safe = {0};
	char time[TIME_TEXT_SIZE];

	if (call_has(c, OPT_JSON)) {
		print_json(c, p, record);
		return;
	}
	time_text(p->entry.time, time);
	screen_put(&c->out, STYLE_GREEN, "proven");
	buf_printf(&line, ": %s at %s is entry %" PRIu64 " of %" PRIu64 " in the log %.*s",
	    p->entry.kind, time, p->proof.index, p->checkpoint.tree.size,
	    SPAN_PRINT(p->checkpoint.origin));
	text_put(&safe, buf_span(&line));
	screen_printf(&c->out, "%s\n", buf_cstr(&safe));
	buf_reset(&line);
	buf_reset(&safe);
	buf_printf(&line, "%.*s %" PRIu64, SPAN_PRINT(p->kind), p->id);
	text_put(&safe, buf_span(&line));
	screen_printf(&c->out, "  record: %s%s\n", buf_cstr(&safe),
	    record ? ", and the entry is about exactly it"
		   : "; that the entry is about it is not shown");
}

/* ---- prove ---- */

/* As the API names it: one kind has no hyphen there. `entry` asks by the entry's own id. */
static void proof_path(const struct call *c, struct buf *path)
{
	const char *kind = c->arguments[0];

	if (strcmp(kind, "policy-change") == 0)
		kind = "policy_change";
	buf_put_str(path, "/log/proof");
	if (strcmp(kind, "entry") == 0) {
		url_add(path, "entry", c->arguments[1]);
	} else {
		url_add(path, "kind", kind);
		url_add(path, "id", c->arguments[1]);
	}
}

static struct status take_proof(
    struct proven *p, struct span file, const json_t *info, struct err *err)
{
	const char *vkey = value_text(info, "vkey");

	TRY(vkey_parse(span_str(vkey), &p->key, err));
	TRY(log_proof_parse(file, &p->proof, err));
	TRY(read_extra(p, err));
	return verify_proof(p, err);
}

static struct status write_proof(const struct call *c, struct span file, struct err *err)
{
	if (call_has(c, OPT_OUTPUT))
		return file_replace(c->values[OPT_OUTPUT], file, 0644, err);
	fwrite(file.p, 1, file.n, c->out.file);
	return STATUS_OK;
}

int cmd_log_prove(struct call *c)
{
	AUTO(client_reply) info = {0}, reply = {0};
	AUTO(proven) p = {0};
	AUTO(buf) path = {0};
	struct err err = {0};
	int code = call_get(c, "/log/info", &info);

	if (code != EXIT_DONE)
		return code;
	proof_path(c, &path);
	code = call_api(c,
	    &(struct client_request){
		.method = "GET", .path = buf_cstr(&path), .accept = "text/plain"},
	    &reply);
	if (code != EXIT_DONE)
		return code;
	/* What cannot be verified is not handed on. */
	if (!take_proof(&p, buf_span(&reply.body), info.json, &err).ok ||
	    !write_proof(c, buf_span(&reply.body), &err).ok)
		return call_failed(c, &err);
	if (call_has(c, OPT_OUTPUT))
		print_proven(c, &p, p.record.n && check_record(&p, p.record, &err).ok);
	return EXIT_DONE;
}

/* ---- check ---- */

/* --vkey, a text or a file; else the key that log verify has kept for this origin. */
static struct status choose_key(const struct call *c, struct proven *p, struct err *err)
{
	const char *given = c->values[OPT_VKEY];
	AUTO(buf) text = {0};
	const struct span note = p->proof.checkpoint;
	const uint8_t *end = memchr(note.p, '\n', note.n);
	char origin[CHECKPOINT_ORIGIN_MAX + 1] = "";

	if (given && strchr(given, '+') && !file_exists(given))
		buf_put_str(&text, given);
	else if (given)
		TRY(file_read(given, VKEY_MAX, &text, err));
	if (!given && end && (size_t)(end - note.p) < sizeof(origin)) {
		memcpy(origin, note.p, (size_t)(end - note.p));
		TRY(log_state_vkey(origin, &text, err));
	}
	if (!text.n)
		return err_refuse(err, WHY(LOG_ORIGIN),
		    "no key is kept for the log '%.100s': give --vkey", origin);
	return vkey_parse(span_trim(buf_span(&text)), &p->key, err);
}

static struct status check_file(struct call *c, struct proven *p, struct buf *file,
    struct buf *record, bool *ret_record, struct err *err)
{
	TRY(file_read(c->arguments[0], LOG_PROOF_SIZE_MAX, file, err));
	TRY(log_proof_parse(buf_span(file), &p->proof, err));
	TRY(choose_key(c, p, err));
	TRY(read_extra(p, err));
	TRY(verify_proof(p, err));
	if (call_has(c, OPT_RECORD)) {
		TRY(file_read(c->values[OPT_RECORD], RECORD_MAX, record, err));
		TRY(check_record(p, buf_span(record), err));
	} else if (p->record.p) {
		TRY(check_record(p, p->record, err));
	}
	*ret_record = call_has(c, OPT_RECORD) || p->record.p;
	return STATUS_OK;
}

int cmd_log_check(struct call *c)
{
	AUTO(proven) p = {0};
	AUTO(buf) file = {0}, record = {0};
	struct err err = {0};
	bool checked = false;

	if (!check_file(c, &p, &file, &record, &checked, &err).ok)
		return call_failed(c, &err);
	print_proven(c, &p, checked);
	return EXIT_DONE;
}
