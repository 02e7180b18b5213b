/* signing/log_kept.c: see log_kept.h. */
#include "signing/log_kept.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define ADVICE "if it was restored from a backup, see signetd restore --help"

/* ---- the file ---- */

struct status log_kept_parse(struct log_kept *k, struct span file, struct err *err)
{
	struct note note;
	struct checkpoint c;

	TRY(note_parse(file, &note, err));
	TRY(checkpoint_parse(note.text, &c, err));
	memcpy(k->origin, c.origin.p, c.origin.n);
	k->origin[c.origin.n] = '\0';
	k->tree = c.tree;
	k->there = true;
	return STATUS_OK;
}

struct status log_kept_load(const char *state_directory, struct log_kept *ret_kept, struct err *err)
{
	AUTO(buf) path = {0};
	AUTO(buf) file = {0};
	struct log_kept k = {0};
	struct err why = {0};
	struct status read;

	buf_printf(&path, "%s/" LOG_KEPT_FILE, state_directory);
	read = file_read(buf_cstr(&path), NOTE_SIZE_MAX, &file, &why);
	if (read.ok)
		read = log_kept_parse(&k, buf_span(&file), &why);
	if (!read.ok && why.kind != ERR_MISSING)
		return err_set(err, ERR_CONFIG, "%s is no checkpoint of a log: %s", buf_cstr(&path),
		    why.message);
	k.path = mem_strdup(buf_cstr(&path));
	*ret_kept = k;
	return STATUS_OK;
}

void log_kept_free(struct log_kept *k)
{
	free(k->path);
	*k = (struct log_kept){0};
}

struct status log_kept_keep(struct log_kept *k, struct span note, struct err *err)
{
	struct log_kept next = {0};

	TRY(log_kept_parse(&next, note, err));
	TRY(file_replace(k->path, note, 0644, err));
	next.path = k->path;
	*k = next;
	return STATUS_OK;
}

/* ---- comparing ---- */

static struct merkle_tree tree_of(const struct log_state *state)
{
	struct merkle_tree t = {.size = (uint64_t)state->size};

	memcpy(t.root.b, state->root.bytes, sizeof(t.root.b));
	return t;
}

static struct status refuse_fork(
    const struct log_kept *k, const struct log_state *state, const struct err *why, struct err *err)
{
	(void)err_set(err, ERR_DENIED,
	    "the database holds another past of log %s than this node saw at %" PRIu64
	    " entries: it was forked; " ADVICE,
	    state->name, k->tree.size);
	err_cause(err, "%s", why->message);
	return STATUS_FAILED;
}

static struct status same_log(
    const struct log_kept *k, struct db *db, const struct log_state *state, struct err *err)
{
	struct log_store store = {db, state->origin_id};
	const struct merkle_source source = log_source(&store);
	struct merkle_tree now = tree_of(state);
	struct merkle_proof proof;
	struct err why = {0};

	if (now.size < k->tree.size)
		return err_set(err, ERR_DENIED,
		    "the database lies behind: it has %" PRIu64
		    " entries of log %s, and this node saw %" PRIu64 "; " ADVICE,
		    now.size, state->name, k->tree.size);
	if (!merkle_prove_consistency(&source, k->tree.size, now.size, &proof, &why).ok) {
		if (why.kind == ERR_DATABASE) {
			*err = why;
			return STATUS_FAILED;
		}
		return refuse_fork(k, state, &why, err);
	}
	if (!merkle_verify_consistency(&k->tree, &now, proof.hashes, proof.count, &why).ok)
		return refuse_fork(k, state, &why, err);
	return STATUS_OK;
}

/* Does this note, signed by our key, tell of what is kept, or of later? */
static bool covers(const struct log_kept *k, const char *predecessor, const struct vkey *key)
{
	struct vkey old;
	struct note note;
	struct checkpoint c;
	struct note_seen seen;
	struct err ignored = {0};

	if (!key)
		return false;
	if (!vkey_make(span_str(k->origin), VKEY_ED25519, key->key, &old, &ignored).ok)
		return false;
	if (!checkpoint_open(span_str(predecessor), &old, 1, &note, &c, &seen, &ignored).ok)
		return false;
	if (c.tree.size == k->tree.size)
		return merkle_equal(&c.tree.root, &k->tree.root);
	return c.tree.size > k->tree.size;
}

static struct status linked_log(const struct log_kept *k, struct db *db,
    const struct log_state *state, const struct vkey *key, struct err *err)
{
	AUTO(arena) arena = {0};
	const char **notes;
	size_t n;

	TRY(log_predecessors_read(db, &arena, &notes, &n, err));
	for (size_t i = 0; i < n; i++)
		if (covers(k, notes[i], key))
			return STATUS_OK;
	return err_set(err, ERR_DENIED,
	    "the database holds log %s, which is not linked to log %s as this node saw it, at "
	    "%" PRIu64 " entries; " ADVICE "; this node has %s",
	    state->name, k->origin, k->tree.size, k->path);
}

struct status log_kept_compare(const struct log_kept *k, struct db *db,
    const struct log_state *state, const struct vkey *key, struct err *err)
{
	if (!k->there)
		return STATUS_OK;
	if (strcmp(k->origin, state->name) == 0)
		return same_log(k, db, state, err);
	return linked_log(k, db, state, key, err);
}
