/* signing/log_witness.c: see log_witness.h. */
#include "signing/log_witness.h"

#include <inttypes.h>
#include <string.h>

#include "signing/format/witness.h"
#include "sql/log_witness.h"

/* It knows better once where it stands; twice, and somebody else asks it at the same time. */
#define ASK_TURNS 3
/* A claim outlives the longest try: three turns. */
#define CLAIM_SECONDS 20

struct asking {
	struct db *db;
	const struct fetcher *fetcher;
	const struct log_state *state;
	const struct log_checkpoint_row *checkpoint;
	const struct log_witness *witness;
	struct vkey key;
	int64_t known_size;
};

static struct status make_body(const struct asking *a, struct buf *out, struct err *err)
{
	struct log_store store = {a->db, a->state->origin_id};
	const struct merkle_source source = log_source(&store);
	struct witness_request q = {
	    .old_size = (uint64_t)a->known_size, .checkpoint = span_str(a->checkpoint->note)};

	TRY(merkle_prove_consistency(
	    &source, q.old_size, (uint64_t)a->checkpoint->size, &q.proof, err));
	witness_request_put(&q, out);
	return STATUS_OK;
}

static struct status send(
    const struct asking *a, struct fetch_response *ret_response, struct err *err)
{
	AUTO(buf) url = {0};
	AUTO(buf) body = {0};

	TRY(make_body(a, &body, err));
	buf_printf(&url, "%s/add-checkpoint", a->witness->url);
	const struct fetch_request q = {.url = buf_cstr(&url),
	    .body = buf_span(&body),
	    .content_type = "text/plain; charset=utf-8",
	    .body_max = WITNESS_REPLY_MAX,
	    .timeout_ms = LOG_WITNESS_TIMEOUT_MS,
	    .any_status = true};
	return fetch(a->fetcher, &q, ret_response, err);
}

/* "409: the body is the size that the witness knows": go on from there. */
static struct status take_conflict(struct asking *a, struct span body, struct err *err)
{
	uint64_t size;

	TRY(witness_conflict_parse(body, &size, err));
	if (size > (uint64_t)a->checkpoint->size)
		return err_set(err, ERR_DENIED,
		    "witness %s has signed %" PRIu64 " entries of log %s, which has %" PRId64
		    " here",
		    a->key.name, size, a->state->name, a->checkpoint->size);
	a->known_size = (int64_t)size;
	return STATUS_OK;
}

static struct status take_line(
    const struct asking *a, struct span reply, struct buf *out, struct err *err)
{
	struct note note;
	struct note_seen seen;

	TRY(note_parse(span_str(a->checkpoint->note), &note, err));
	TRY(witness_reply_take(note.text, reply, &a->key, 1, &seen, out, err));
	if (!seen.verified)
		return err_set(
		    err, ERR_DENIED, "witness %s did not sign with its key", a->key.name);
	return STATUS_OK;
}

static int printable_length(struct span s)
{
	size_t n = 0;

	while (n < s.n && n < 120 && s.p[n] >= ' ' && s.p[n] <= '~')
		n++;
	return (int)n;
}

/* ret_done false: it knows another size than we thought; ask again. */
static struct status ask_once(struct asking *a, struct buf *out, bool *ret_done, struct err *err)
{
	AUTO(fetch_response) r = {0};

	TRY(send(a, &r, err));
	*ret_done = r.status == 200;
	if (r.status == 200)
		return take_line(a, buf_span(&r.body), out, err);
	if (r.status == 409)
		return take_conflict(a, buf_span(&r.body), err);
	return err_set(err, ERR_BUSY, "witness %s answers %d: %.*s", a->key.name, r.status,
	    printable_length(buf_span(&r.body)), r.body.n ? (const char *)r.body.p : "");
}

struct status log_witness_ask(struct db *db, const struct fetcher *fetcher,
    const struct log_state *state, const struct log_checkpoint_row *checkpoint,
    const struct log_witness *witness, int64_t known_size, struct buf *ret_line, int64_t *ret_size,
    struct err *err)
{
	struct asking a = {db, fetcher, state, checkpoint, witness, {{0}, 0, {0}, {0}}, known_size};
	bool done = false;
	struct status asked = vkey_parse(span_str(witness->vkey), &a.key, err);

	for (int i = 0; asked.ok && !done && i < ASK_TURNS; i++)
		asked = ask_once(&a, ret_line, &done, err);
	*ret_size = done && asked.ok ? checkpoint->size : a.known_size;
	if (asked.ok && !done)
		return err_set(err, ERR_BUSY, "witness %s keeps changing its size", a.key.name);
	return asked;
}

/* ---- turns ---- */

static int64_t pause_after(int64_t failures)
{
	int64_t pause = LOG_WITNESS_BACKOFF_FIRST_MS;

	for (int64_t i = 0; i < failures && pause < LOG_WITNESS_BACKOFF_MOST_MS; i++)
		pause *= 2;
	return pause < LOG_WITNESS_BACKOFF_MOST_MS ? pause : LOG_WITNESS_BACKOFF_MOST_MS;
}

struct turn {
	struct db *db;
	const struct fetcher *fetcher;
	struct log_state state;
	struct log_checkpoint_row checkpoint;
};

static struct status ask_and_keep(struct turn *t, const struct log_witness *w, int64_t known_size,
    int64_t failures, struct err *ret_trouble, struct err *err)
{
	AUTO(buf) line = {0};
	struct err why = {0};
	int64_t size = known_size;

	if (log_witness_ask(
		t->db, t->fetcher, &t->state, &t->checkpoint, w, known_size, &line, &size, &why)
		.ok)
		return log_witness_signed(t->db, t->state.origin_id, w->vkey, t->checkpoint.size,
		    buf_cstr(&line), LOG_WITNESS_PAUSE_MS, err);
	*ret_trouble = why;
	return log_witness_failed(
	    t->db, t->state.origin_id, w->vkey, size, why.message, pause_after(failures), err);
}

static struct status publish(
    struct turn *t, const struct log_witness *witnesses, size_t n, int64_t quorum, struct err *err)
{
	AUTO(arena) arena = {0};
	const char **names = arena_alloc(&arena, n * sizeof(*names));
	int64_t count;

	for (size_t i = 0; i < n; i++)
		names[i] = witnesses[i].vkey;
	TRY(log_witness_count(
	    t->db, t->state.origin_id, t->checkpoint.size, names, n, &count, err));
	if (count < quorum)
		return STATUS_OK;
	return log_checkpoint_publish(t->db, t->state.origin_id, t->checkpoint.size, err);
}

struct status log_witness_turn(struct db *db, const struct fetcher *fetcher,
    const struct log_witness *witnesses, size_t n, int64_t quorum, bool *ret_asked,
    struct err *ret_trouble, struct err *err)
{
	AUTO(arena) arena = {0};
	struct turn t = {.db = db, .fetcher = fetcher};
	int64_t candidate, known_size, failures;
	bool claimed = false;

	*ret_asked = false;
	TRY(log_state_read(db, &arena, &t.state, err));
	if (!t.state.origin_id)
		return STATUS_OK;
	TRY(log_witness_candidate(db, t.state.origin_id, &candidate, err));
	if (candidate <= 0) /* nothing of interest can be said of the empty tree */
		return STATUS_OK;
	TRY(log_checkpoint_read(db, t.state.origin_id, candidate, &arena, &t.checkpoint, err));
	for (size_t i = 0; i < n && !claimed; i++) {
		TRY(log_witness_claim(db, t.state.origin_id, witnesses[i].vkey, t.checkpoint.size,
		    CLAIM_SECONDS, &claimed, &known_size, &failures, err));
		if (!claimed)
			continue;
		TRY(ask_and_keep(&t, &witnesses[i], known_size, failures, ret_trouble, err));
	}
	*ret_asked = claimed;
	return claimed ? publish(&t, witnesses, n, quorum, err) : STATUS_OK;
}
