/* signing/format/witness.c: see witness.h. */
#include "signing/format/witness.h"

#include "signing/format/text.h"

void witness_request_put(const struct witness_request *request, struct buf *out)
{
	buf_put_str(out, "old ");
	text_put_uint(request->old_size, out);
	buf_put_byte(out, '\n');
	text_put_proof(&request->proof, out);
	buf_put(out, request->checkpoint);
}

struct status witness_request_parse(
    struct span body, struct witness_request *ret_request, struct err *err)
{
	struct text t = {.what = "add-checkpoint", .rest = body};
	struct witness_request request = {0};
	struct span line;

	if (body.n > WITNESS_REQUEST_MAX)
		return err_set(err, ERR_TOO_LARGE, "add-checkpoint: %zu octets, over %zu", body.n,
		    WITNESS_REQUEST_MAX);
	if (!text_line(&t, &line) || !text_cut(&line, "old ") ||
	    !text_uint(line, &request.old_size))
		return text_refuse(&t, err, "not \"old\" and a size");
	TRY(text_proof(&t, &request.proof, err));
	/* "The proof MUST be empty if the old size is zero." */
	if (request.old_size == 0 && request.proof.count)
		return text_refuse(&t, err, "a proof from a tree without leaves");
	if (t.rest.n == 0)
		return text_refuse(&t, err, "no checkpoint behind the proof");
	request.checkpoint = t.rest;
	*ret_request = request;
	return STATUS_OK;
}

struct status witness_conflict_parse(struct span body, uint64_t *ret_size, struct err *err)
{
	struct text t = {.what = "size", .rest = body};
	struct span line;

	if (!text_line(&t, &line) || t.rest.n || !text_uint(line, ret_size))
		return text_refuse(&t, err, "not one decimal and a newline");
	return STATUS_OK;
}

struct status witness_reply_take(struct span text, struct span reply, const struct vkey *keys,
    size_t count, struct note_seen *ret_seen, struct buf *out, struct err *err)
{
	struct note note;

	TRY(note_parse_signatures(text, reply, &note, err));
	TRY(note_verify(&note, keys, count, ret_seen, err));
	for (size_t i = 0; i < count; i++)
		if (ret_seen[i].verified)
			buf_put(out, note.signatures[ret_seen[i].which].line);
	return STATUS_OK;
}
