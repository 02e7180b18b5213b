/* signing/release_bundle.c: the one file with all that proves a release; see release.h. */
#include <inttypes.h>
#include <string.h>

#include "base/der.h"
#include "signing/format/bundle_verify.h"
#include "signing/format/trust_build.h"
#include "signing/json_manifest.h"
#include "signing/log.h"
#include "signing/release_internal.h"
#include "sql/log_view.h"

#define ROUND_MS 500 /* one wait for the integrator, which is asked anew after it */

/* Everything that is put together. */
struct gathering {
	const struct release_context *c;
	const struct release_row *row;
	struct arena *arena;
	struct release_signature signature;
	struct log_state log;
	struct log_view entry;
};

/* ---- the proof ---- */

static bool is_covered(const struct gathering *g)
{
	return g->entry.index >= 0 && g->log.published > g->entry.index;
}

static struct status look(struct gathering *g, struct err *err)
{
	TRY(log_state_read(g->c->db, g->arena, &g->log, err));
	return log_entry_of(g->c->db, g->log.origin_id, RELEASE_RECORD, g->signature.step_id,
	    g->arena, &g->entry, err);
}

static struct status refuse_pending(const struct gathering *g, struct err *err)
{
	return REFUSE(err, LOG_PENDING,
	    "the signature of release %" PRId64 " is not in a signed checkpoint yet", g->row->id);
}

/* The integrator is asked to look at once; it answers in some tens of milliseconds. */
static struct status await_rounds(struct gathering *g, int64_t wait_ms, struct err *err)
{
	const int64_t deadline = monotonic_ms() + wait_ms;

	while (!is_covered(g)) {
		if (monotonic_ms() >= deadline)
			return refuse_pending(g, err);
		(void)log_board_await(g->c->board, ROUND_MS);
		TRY(look(g, err));
	}
	return STATUS_OK;
}

static struct status await(struct gathering *g, int64_t wait_ms, struct err *err)
{
	struct status done;

	if (is_covered(g))
		return STATUS_OK;
	if (!g->c->board || wait_ms <= 0 || !log_board_enter(g->c->board))
		return refuse_pending(g, err);
	done = await_rounds(g, wait_ms, err);
	log_board_leave(g->c->board);
	return done;
}

static struct status put_proof(const struct gathering *g, struct buf *out, struct err *err)
{
	struct log_store store = {g->c->db, g->log.origin_id};
	const struct merkle_source source = log_source(&store);
	struct log_proof proof = {.index = (uint64_t)g->entry.index};
	struct log_checkpoint_row row;
	AUTO(buf) checkpoint = {0};

	TRY(log_checkpoint_read(g->c->db, g->log.origin_id, g->log.published, g->arena, &row, err));
	TRY(merkle_prove_inclusion(&source, proof.index, (uint64_t)row.size, &proof.path, err));
	buf_printf(&checkpoint, "%s%s", row.note, row.cosignatures);
	proof.checkpoint = buf_span(&checkpoint);
	log_proof_put(&proof, SPAN_NONE, out);
	return STATUS_OK;
}

/* ---- the file ---- */

static struct status put_chain(struct span chain, struct release_bundle *bundle, struct err *err)
{
	struct der_item item;

	while (chain.n > 0) {
		if (bundle->certificate_count == BUNDLE_CERTIFICATES_MAX ||
		    !der_next(&chain, &item))
			return REFUSE(err, RELEASE_BUNDLE, "the stored chain cannot be read");
		bundle->certificates[bundle->certificate_count++] = item.whole;
	}
	return STATUS_OK;
}

static struct status put_bundle(const struct gathering *g, struct buf *out, struct err *err)
{
	struct release_bundle bundle = {.envelope = g->signature.suit,
	    .entry = g->entry.entry,
	    .salt = g->entry.salt,
	    .record = g->signature.record};
	AUTO(buf) proof = {0};

	if (g->entry.salt.n != BUNDLE_SALT_SIZE)
		return REFUSE(err, RELEASE_BUNDLE,
		    "the salt of release %" PRId64 "'s log entry was erased", g->row->id);
	TRY(put_chain(g->signature.chain, &bundle, err));
	TRY(put_proof(g, &proof, err));
	bundle.proof = buf_span(&proof);
	release_bundle_put(&bundle, out);
	return STATUS_OK;
}

/* ---- verified before it leaves ---- */

/* A statement of our own that believes the keys which the record names, and the log. */
struct judge {
	struct cose_key_owned owned[COSE_SIGNATURES_MAX];
	struct cose_key keys[COSE_SIGNATURES_MAX];
	struct span kids[COSE_SIGNATURES_MAX];
	size_t count;
	struct buf payload, file;
};
static inline void judge_auto(struct judge *j)
{
	for (size_t i = 0; i < j->count; i++)
		cose_key_owned_free(&j->owned[i]);
	buf_free(&j->payload);
	buf_free(&j->file);
}

static bool is_recorded(const struct release_record *r, const uint8_t kid[static COSE_KID_SIZE])
{
	for (size_t i = 0; i < r->kid_count; i++)
		if (span_equal(r->kids[i], span(kid, COSE_KID_SIZE)))
			return true;
	return false;
}

/* Those whose documents are still there. */
static struct status find_keys(const struct gathering *g, struct judge *j, struct err *err)
{
	const struct access *a = g->c->access;
	struct release_record r;

	if (release_record_read(g->signature.record, &r) != REFUSAL_NONE)
		return REFUSE(err, RELEASE_BUNDLE, "the stored record cannot be read");
	for (size_t i = 0; i < a->signing_key_count && j->count < r.kid_count; i++) {
		const struct signing_key *k = &a->signing_keys[i];
		struct cose_key_owned *o = &j->owned[j->count];
		AUTO(buf) spki = {0};

		TRY(base64_decode(span_str(k->public_key), &spki, err));
		TRY(cose_key_from_spki(buf_span(&spki), o, err));
		if (!is_recorded(&r, o->kid)) {
			cose_key_owned_free(o);
			continue;
		}
		j->keys[j->count] = cose_key_of(o);
		j->kids[j->count] = SPAN_OF(o->kid);
		j->count++;
	}
	return STATUS_OK;
}

static struct status make_statement(
    const struct gathering *g, const struct vkey *log, struct judge *j, struct err *err)
{
	const struct span channel = span_str(g->row->channel);
	struct trust_build_grant grant = {.kid_count = j->count,
	    .channel_count = 1,
	    .kids = j->kids,
	    .channels = &channel,
	    .signers = (uint32_t)j->count,
	    .first = (uint64_t)g->row->sequence,
	    .last = UINT64_MAX};
	struct trust_build build = {.product = span_str(g->row->product),
	    .version = 1,
	    .key_count = j->count,
	    .grant_count = 1,
	    .next_count = j->count,
	    .keys = j->keys,
	    .grants = &grant,
	    .next_threshold = 1,
	    .next = j->keys,
	    .log_origin = span_str(log->name),
	    .log_key = SPAN_OF(log->key),
	    .created = (uint64_t)g->c->now};
	static const uint8_t zeros[COSE_KID_SIZE * 2];
	const struct cose_made unsigned_one = {
	    .algorithm = COSE_ES256, .kid = j->kids[0], .signature = SPAN_OF(zeros)};

	if (!json_manifest_vendor(g->row->json_manifest, build.vendor_id))
		return REFUSE(err, RELEASE_BUNDLE, "the stored JSON manifest cannot be read");
	TRY(trust_build_payload(&build, &j->payload, err));
	/* Nobody accepts it: it is only asked. */
	trust_build_file(buf_span(&j->payload), &unsigned_one, 1, &j->file);
	return STATUS_OK;
}

static struct status verify_by(
    const struct gathering *g, const struct judge *j, struct span file, struct err *err)
{
	struct trust trust;
	struct bundle_check check = {
	    .trust = &trust, .channel = span_str(g->row->channel), .class_id = g->row->class_id};
	struct bundle_seen seen;
	enum refusal refusal = trust_read(buf_span(&j->file), &trust);
	struct err why = {0};

	if (refusal != REFUSAL_NONE)
		return REFUSE(err, RELEASE_BUNDLE, "release %" PRId64 ": %s", g->row->id,
		    refusal_text(refusal));
	if (!release_bundle_verify(&check, file, &seen, &refusal, &why).ok)
		return REFUSE(err, RELEASE_BUNDLE, "release %" PRId64 ": %s (%s)", g->row->id,
		    refusal_code(refusal), why.message);
	if (!span_equal(seen.suit.digest.bytes, SPAN_OF(g->row->manifest_digest.bytes)))
		return REFUSE(err, RELEASE_BUNDLE,
		    "release %" PRId64 ": the envelope is of another manifest", g->row->id);
	return STATUS_OK;
}

/* Keys whose documents are gone cannot be asked; devices have their own. */
static struct status verify(const struct gathering *g, struct span file, struct err *err)
{
	AUTO(judge) j = {0};
	struct release_record r;
	struct vkey log;

	TRY(find_keys(g, &j, err));
	if (release_record_read(g->signature.record, &r) != REFUSAL_NONE || j.count < r.kid_count)
		return STATUS_OK;
	TRY(vkey_parse(span_str(g->log.vkey), &log, err));
	TRY(make_statement(g, &log, &j, err));
	return verify_by(g, &j, file, err);
}

/* ---- all of it ---- */

static struct status gather(
    struct gathering *g, int64_t wait_ms, struct span *ret_bytes, struct err *err)
{
	AUTO(buf) file = {0};

	TRY(release_signature_get(g->c->db, g->row->id, g->arena, &g->signature, err));
	TRY(look(g, err));
	TRY(await(g, wait_ms, err));
	TRY(put_bundle(g, &file, err));
	TRY(verify(g, buf_span(&file), err));
	*ret_bytes = arena_copy(g->arena, buf_span(&file));
	return STATUS_OK;
}

static bool is_in(const struct release_row *row, const char *state)
{
	return strcmp(row->state, state) == 0;
}

struct status release_bundle(const struct release_context *c, const struct release_row *row,
    int64_t wait_ms, struct arena *arena, struct span *ret_bytes, struct err *err)
{
	struct gathering g = {.c = c, .row = row, .arena = arena};
	struct digest sha256;
	struct err why = {0};

	if (!is_in(row, "signed") && !is_in(row, "published") && !is_in(row, "recalled"))
		return REFUSE(err, RELEASE_STATE, "release %" PRId64 " is %s: it is not signed",
		    row->id, row->state);
	if (is_in(row, "signed"))
		return gather(&g, wait_ms, ret_bytes, err);
	if (release_bundle_get(c->db, row->id, arena, ret_bytes, &sha256, &why).ok)
		return STATUS_OK;
	if (why.kind == ERR_MISSING) /* recalled before it was published */
		return gather(&g, wait_ms, ret_bytes, err);
	*err = why;
	return STATUS_FAILED;
}
