/* signing/format/log_proof.c: see log_proof.h. */
#include "signing/format/log_proof.h"

#include "base/encode.h"
#include "signing/format/text.h"

#define LOG_PROOF_HEADER "c2sp.org/tlog-proof@v1"

void log_proof_put(const struct log_proof *proof, struct span extra, struct buf *out)
{
	buf_put_str(out, LOG_PROOF_HEADER "\n");
	if (extra.n) {
		buf_put_str(out, "extra ");
		base64_encode(extra, out);
		buf_put_byte(out, '\n');
	}
	buf_put_str(out, "index ");
	text_put_uint(proof->index, out);
	buf_put_byte(out, '\n');
	text_put_proof(&proof->path, out);
	buf_put(out, proof->checkpoint);
}

/* The line after the first, where it is the one with the extra data: then the next is taken. */
static struct status parse_extra(
    struct text *t, struct span *line, struct span *ret_base64, struct err *err)
{
	size_t n;

	if (!text_cut(line, "extra "))
		return STATUS_OK;
	if (!text_base64(*line, NULL, 0, &n) || n == 0)
		return text_refuse(t, err, "the extra data is not base64");
	if (n > LOG_PROOF_EXTRA_MAX)
		return err_set(err, ERR_TOO_LARGE, "%s, line %u: %zu octets, over %zu", t->what,
		    t->line, n, LOG_PROOF_EXTRA_MAX);
	*ret_base64 = *line;
	if (!text_line(t, line))
		return text_refuse(t, err, "ends behind the extra data");
	return STATUS_OK;
}

struct status log_proof_parse(struct span file, struct log_proof *ret_proof, struct err *err)
{
	struct text t = {.what = "tlog-proof", .rest = file};
	struct log_proof proof = {0};
	struct span line;

	if (file.n > LOG_PROOF_SIZE_MAX)
		return err_set(err, ERR_TOO_LARGE, "tlog-proof: %zu octets, over %zu", file.n,
		    LOG_PROOF_SIZE_MAX);
	if (!text_line(&t, &line) || !span_equal_str(line, LOG_PROOF_HEADER))
		return text_refuse(&t, err, "not " LOG_PROOF_HEADER);
	if (!text_line(&t, &line))
		return text_refuse(&t, err, "ends behind the first line");
	TRY(parse_extra(&t, &line, &proof.extra_base64, err));
	if (!text_cut(&line, "index ") || !text_uint(line, &proof.index))
		return text_refuse(&t, err, "not \"index\" and a decimal");
	TRY(text_proof(&t, &proof.path, err));
	if (t.rest.n == 0)
		return text_refuse(&t, err, "no checkpoint behind the hashes");
	proof.checkpoint = t.rest;
	*ret_proof = proof;
	return STATUS_OK;
}

struct status log_proof_verify(const struct log_proof *proof, const struct log_policy *policy,
    struct span entry, struct checkpoint *ret_checkpoint, struct log_policy_seen *ret_seen,
    struct err *err)
{
	struct merkle_hash leaf = merkle_leaf(entry);
	struct log_policy_seen seen;
	struct checkpoint c;

	TRY(log_policy_check(policy, proof->checkpoint, &c, &seen, err));
	TRY(merkle_verify_inclusion(
	    &c.tree, proof->index, &leaf, proof->path.hashes, proof->path.count, err));
	*ret_checkpoint = c;
	*ret_seen = seen;
	return STATUS_OK;
}
