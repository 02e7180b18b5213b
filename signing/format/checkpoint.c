/* signing/format/checkpoint.c: see checkpoint.h. */
#include "signing/format/checkpoint.h"

#include <string.h>

#include "base/encode.h"
#include "signing/format/text.h"

bool checkpoint_origin_is_good(struct span origin)
{
	return origin.n > 0 && origin.n <= CHECKPOINT_ORIGIN_MAX &&
	       !memchr(origin.p, '\n', origin.n) && text_is_clean(origin);
}

void checkpoint_put(const struct checkpoint *c, struct buf *out)
{
	buf_put(out, c->origin);
	buf_put_byte(out, '\n');
	text_put_uint(c->tree.size, out);
	buf_put_byte(out, '\n');
	base64_encode(SPAN_OF(c->tree.root.b), out);
	buf_put_byte(out, '\n');
	buf_put(out, c->extensions);
}

static struct status parse_tree(struct text *t, struct merkle_tree *tree, struct err *err)
{
	struct merkle_hash empty = merkle_empty();
	struct span line;

	if (!text_line(t, &line) || !text_uint(line, &tree->size))
		return text_refuse(t, err, "no tree size, a decimal without leading zeros");
	if (tree->size > MERKLE_SIZE_MAX)
		return err_set(
		    err, ERR_TOO_LARGE, "%s, line %u: more than 2^62 leaves", t->what, t->line);
	if (!text_line(t, &line) || !text_hash(line, &tree->root))
		return text_refuse(t, err, "no root hash, base64 of 32 octets");
	if (tree->size == 0 && !merkle_equal(&tree->root, &empty))
		return text_refuse(t, err, "not the root of a tree without leaves");
	return STATUS_OK;
}

struct status checkpoint_parse(struct span text, struct checkpoint *ret_checkpoint, struct err *err)
{
	struct text t = {.what = "checkpoint", .rest = text};
	struct checkpoint c = {0};
	struct span line;

	if (!text_line(&t, &c.origin) || !checkpoint_origin_is_good(c.origin))
		return text_refuse(&t, err, "no origin, 1 to 255 octets of UTF-8");
	TRY(parse_tree(&t, &c.tree, err));
	c.extensions = t.rest;
	if (!text_is_clean(c.extensions))
		return err_set(err, ERR_INPUT, "checkpoint: extensions with control characters");
	while (t.rest.n)
		if (!text_line(&t, &line) || line.n == 0)
			return text_refuse(&t, err, "not a whole line, or an empty one");
	*ret_checkpoint = c;
	return STATUS_OK;
}

struct status checkpoint_open(struct span file, const struct vkey *keys, size_t count,
    struct note *ret_note, struct checkpoint *ret_checkpoint, struct note_seen *ret_seen,
    struct err *err)
{
	struct checkpoint c = {0};

	TRY(note_parse(file, ret_note, err));
	TRY(checkpoint_parse(ret_note->text, &c, err));
	TRY(note_verify(ret_note, keys, count, ret_seen, err));
	if (!ret_seen[0].verified)
		return err_set(
		    err, ERR_DENIED, "checkpoint: not signed by the log, %s", keys[0].name);
	if (!span_equal_str(c.origin, keys[0].name))
		return err_set(
		    err, ERR_DENIED, "checkpoint: signed by %s, but of another log", keys[0].name);
	*ret_checkpoint = c;
	return STATUS_OK;
}
