/*
 * The log's text formats. First octet: which; the rest is the text. Whatever is accepted is written
 * again, octet for octet, since each has one spelling; whatever is refused is refused with a word.
 */
#include <stdlib.h>

#include <openssl/err.h>

#include "base/encode.h"
#include "signing/format/log_proof.h"
#include "signing/format/text.h"
#include "signing/format/witness.h"
#include "tests/unit/format/log_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct log_key log_key, witness;
static struct buf policy_text;
static struct log_policy policy;

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err = {0};

	(void)argc;
	(void)argv;
	log_key = log_key_make("l", VKEY_ED25519, 1);
	witness = log_key_make("w", VKEY_COSIGNATURE, 2);
	buf_put_str(&policy_text, "log ");
	vkey_put(&log_key.vkey, &policy_text);
	buf_put_str(&policy_text, "\nwitness w ");
	vkey_put(&witness.vkey, &policy_text);
	buf_put_str(&policy_text, "\nquorum none\n");
	must(log_policy_parse(buf_span(&policy_text), &policy, &err).ok);
	return 0;
}

static bool is_refusal(const struct err *err)
{
	return err->message[0] &&
	       (err->kind == ERR_INPUT || err->kind == ERR_TOO_LARGE || err->kind == ERR_DENIED);
}

static void same(const struct buf *written, struct span read)
{
	must(span_equal(buf_span(written), read));
}

static bool try_checkpoint(struct span text, struct err *err)
{
	struct checkpoint c;
	AUTO(buf) out = {0};

	if (!checkpoint_parse(text, &c, err).ok)
		return false;
	checkpoint_put(&c, &out);
	same(&out, text);
	return true;
}

/* The last octet a newline: note_parse() splits what is written from it as it was. */
static bool is_note_text(struct span text)
{
	return text.n > 0 && text.p[text.n - 1] == '\n' && text_is_clean(text);
}

static bool try_note(struct span in, struct err *err)
{
	struct note note;
	struct log_policy_seen seen;
	struct checkpoint c;
	struct err ignored = {0};
	AUTO(buf) out = {0};

	if (!note_parse(in, &note, err).ok)
		return false;
	note_put_text(note.text, &out);
	for (size_t i = 0; i < note.count; i++) {
		must(note_name_is_good(note.signatures[i].name));
		buf_put(&out, note.signatures[i].line);
	}
	same(&out, in);
	must(is_note_text(note.text));
	if (log_policy_check(&policy, in, &c, &seen, &ignored).ok)
		must(try_checkpoint(note.text, err));
	else
		must(is_refusal(&ignored));
	return true;
}

/* Signed here: what can be a checkpoint is one, the rest is refused. */
static bool try_signed(struct span text, struct err *err)
{
	struct checkpoint c;
	struct note note;
	struct note_seen seen[2];
	const struct vkey keys[] = {log_key.vkey, witness.vkey};
	struct err ignored = {0};
	AUTO(buf) file = {0};
	bool good, opened;

	if (!is_note_text(text) || text.n > NOTE_SIZE_MAX / 2)
		return err_set(err, ERR_INPUT, "no text for a note").ok;
	note_put_text(text, &file);
	log_key_sign(&log_key, text, 0, &file);
	log_key_sign(&witness, text, 7, &file);
	must(note_parse(buf_span(&file), &note, err).ok && note.count == 2);
	must(note_verify(&note, keys, 2, seen, err).ok);
	must(seen[0].verified && seen[1].time == 7 && span_equal(note.text, text));
	good = try_checkpoint(text, err);
	opened = checkpoint_open(buf_span(&file), keys, 2, &note, &c, seen, &ignored).ok;
	must(opened == (good && span_starts(text, "l\n")));
	return good;
}

static bool try_proof(struct span in, struct err *err)
{
	struct log_proof proof;
	struct log_policy_seen seen;
	struct checkpoint c;
	struct err ignored = {0};
	AUTO(buf) extra = {0};
	AUTO(buf) out = {0};

	if (!log_proof_parse(in, &proof, err).ok)
		return false;
	must(base64_decode(proof.extra_base64, &extra, err).ok);
	log_proof_put(&proof, buf_span(&extra), &out);
	same(&out, in);
	must(log_proof_verify(&proof, &policy, SPAN_NONE, &c, &seen, &ignored).ok ||
	     is_refusal(&ignored));
	return true;
}

static bool try_policy(struct span in, struct err *err)
{
	struct log_policy p;
	uint64_t set = 0;
	bool before;

	if (!log_policy_parse(in, &p, err).ok)
		return false;
	/* All reach every quorum, and more witnesses never reach less. */
	before = log_policy_reached(&p, set);
	for (size_t i = 0; i < p.witness_count; i++) {
		set |= UINT64_C(1) << i;
		must(!before || log_policy_reached(&p, set));
		before = log_policy_reached(&p, set);
	}
	must(before);
	return true;
}

static bool try_request(struct span in, struct err *err)
{
	struct witness_request request;
	AUTO(buf) out = {0};

	if (!witness_request_parse(in, &request, err).ok)
		return false;
	witness_request_put(&request, &out);
	same(&out, in);
	return true;
}

static bool try_reply(struct span in, struct err *err)
{
	struct note_seen seen;
	struct err ignored = {0};
	AUTO(buf) out = {0};
	uint64_t size;

	must(witness_conflict_parse(in, &size, &ignored).ok || is_refusal(&ignored));
	if (!witness_reply_take(SPAN_LITERAL("text\n"), in, &witness.vkey, 1, &seen, &out, err).ok)
		return false;
	must(out.n > 0 && out.n <= in.n);
	return true;
}

static bool try_vkey(struct span in, struct err *err)
{
	struct vkey key;
	AUTO(buf) out = {0};

	if (!vkey_parse(in, &key, err).ok)
		return false;
	if (vkey_verifies(&key)) {
		vkey_put(&key, &out);
		same(&out, in);
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool (*const formats[])(struct span in, struct err * err) = {
	    try_note, try_signed, try_proof, try_policy, try_request, try_reply, try_vkey};
	struct err err = {0};

	if (size == 0)
		return 0;
	if (!formats[data[0] % COUNT(formats)](span(data + 1, size - 1), &err))
		must(is_refusal(&err));
	must(ERR_peek_error() == 0);
	return 0;
}
