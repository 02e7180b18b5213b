/* ca/ocsp.c: see ocsp.h. */
#include "ca/ocsp.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "ca/certificate.h"
#include "ca/reason.h"
#include "sql/ocsp.h"

struct ocsp_showing {
	pthread_mutex_t lock;
	struct ocsp_board *board;
};

/* ---- what all threads share ---- */

void ocsp_start(struct ocsp *o, const struct clock *clock, uint64_t seed)
{
	o->cache = ocsp_cache_new(seed);
	o->clock = clock;
	atomic_init(&o->latest, 0);
	o->showing = mem_alloc(sizeof(*o->showing));
	pthread_mutex_init(&o->showing->lock, NULL);
}

void ocsp_end(struct ocsp *o)
{
	ocsp_cache_free(o->cache);
	if (o->showing) {
		ocsp_board_release(o->showing->board);
		pthread_mutex_destroy(&o->showing->lock);
	}
	free(o->showing);
}

void ocsp_show(struct ocsp *o, struct ocsp_board *b)
{
	struct ocsp_board *before;

	pthread_mutex_lock(&o->showing->lock);
	before = o->showing->board;
	o->showing->board = b;
	pthread_mutex_unlock(&o->showing->lock);
	ocsp_board_release(before);
}

struct ocsp_board *ocsp_shown(struct ocsp *o)
{
	struct ocsp_board *b;

	pthread_mutex_lock(&o->showing->lock);
	b = o->showing->board ? ocsp_board_keep(o->showing->board) : NULL;
	pthread_mutex_unlock(&o->showing->lock);
	return b;
}

int64_t ocsp_now(struct ocsp *o)
{
	const int64_t now = clock_now(o->clock);
	int64_t latest = atomic_load(&o->latest);

	while (now > latest || latest - now > OCSP_CLOCK_BACK_MAX)
		if (atomic_compare_exchange_weak(&o->latest, &latest, now))
			return now;
	return latest;
}

/* ---- status ---- */

static struct ocsp_state state_of(const struct status_row *row)
{
	if (!row->issued)
		return (struct ocsp_state){.status = OCSP_UNKNOWN};
	if (!row->revoked)
		return (struct ocsp_state){.status = OCSP_GOOD};
	return (struct ocsp_state){OCSP_REVOKED, row->reason, row->revoked_at};
}

/* One question, on its way. */
struct asking {
	struct ocsp *o;
	struct db *db; /* NULL: memory only */
	const struct ocsp_responder *responder;
	uint64_t epoch;
	int64_t now;
};

static struct status read_state(const struct asking *a, const struct ocsp_key *key,
    struct ocsp_state *ret_state, struct err *err)
{
	struct status_row row;

	*ret_state = (struct ocsp_state){.status = OCSP_UNKNOWN};
	if (key->serial.n == 0)
		return STATUS_OK;
	TRY(status_read(a->db, key->authority_id, key->serial, &row, err));
	*ret_state = state_of(&row);
	ocsp_cache_keep_state(a->o->cache, a->epoch, key, ret_state);
	return STATUS_OK;
}

/* ret_known false: only the store can say. */
static struct status find_state(const struct asking *a, const struct ocsp_cert_id *cert,
    struct ocsp_state *ret_state, bool *ret_known, struct err *err)
{
	const struct ocsp_key key = {a->responder->authority_id, cert->serial};
	struct ocsp_answer *unused = NULL;

	*ret_known = true;
	if (ocsp_cache_find(a->o->cache, &key, OCSP_SPELLINGS, ret_state, &unused))
		return STATUS_OK;
	if (a->db)
		return read_state(a, &key, ret_state, err);
	*ret_known = false;
	return STATUS_OK;
}

/* ---- signing ---- */

static void put_times(struct ocsp_answer *a, const struct asking *q, int64_t next)
{
	const struct ocsp_responder *r = q->responder;
	const int64_t life = next - q->now;
	int64_t kept = life / OCSP_KEPT_SHARE, max_age = r->max_age;

	if (kept > OCSP_KEPT_MAX)
		kept = OCSP_KEPT_MAX;
	/* RFC 9919 7.2: max-age ends before nextUpdate; here also for who gets it at the last. */
	if (max_age > life / 2)
		max_age = life / 2;
	a->at = q->now;
	a->renew_at = q->now + kept;
	a->next_update = next;
	http_date_text(a->at, a->last_modified);
	http_date_text(next, a->expires);
	snprintf(a->cache_control, sizeof(a->cache_control),
	    "max-age=%lld,public,no-transform,must-revalidate", (long long)max_age);
}

static void put_etag(struct ocsp_answer *a)
{
	const struct digest d = sha256(buf_span(&a->der));

	a->etag[0] = '"';
	hex_text(SPAN_OF(d.bytes), a->etag + 1);
	a->etag[sizeof(a->etag) - 2] = '"';
	a->etag[sizeof(a->etag) - 1] = '\0';
}

static struct status sign(const struct asking *q, const struct ocsp_single *singles, size_t count,
    struct span nonce, struct ocsp_answer **ret_answer, struct err *err)
{
	AUTO_REF(ocsp_answer) answer = ocsp_answer_new();
	const struct ocsp_signer *s = q->responder->signer;
	struct ocsp_reply reply = {singles, count, q->now, q->now + q->responder->validity, nonce};

	/* An answer must not outlive the certificate that it is verified with. */
	if (reply.next_update > s->not_after)
		reply.next_update = s->not_after;
	if (q->now < s->not_before || reply.next_update <= q->now)
		return REFUSE(err, OCSP_AWAY, "the responder's certificate is not valid now");
	TRY(ocsp_sign(&reply, s->key, buf_span(&s->certificate), &answer->der, err));
	put_times(answer, q, reply.next_update);
	put_etag(answer);
	answer->mark = q->responder->mark;
	answer->status = singles[0].state.status;
	*ret_answer = TAKE(answer);
	return STATUS_OK;
}

static bool still_serves(const struct ocsp_answer *a, const struct asking *q)
{
	/* RFC 6960 4.2.2.1: an answer whose thisUpdate is later than now "SHOULD be considered
	 * unreliable". */
	return a->mark == q->responder->mark && q->now < a->renew_at && q->now >= a->at;
}

/* ---- answering ---- */

/* RFC 6960 4.2.2.3 wants an answer about each that was asked for; it is signed for one issuer. */
static const struct ocsp_responder *choose(
    const struct ocsp_board *b, const struct ocsp_request *request)
{
	const struct ocsp_responder *found = NULL;

	for (size_t i = 0; b && !found && i < request->count; i++)
		found = ocsp_board_find(b, &request->certs[i]);
	return found;
}

static struct status check_responder(const struct ocsp_responder *r, struct err *err)
{
	if (!r)
		return REFUSE(
		    err, OCSP_ISSUER, "the issuer is not one that this server speaks for");
	if (!r->signer && r->offline)
		return REFUSE(err, OCSP_OFFLINE, "no responder was certified for authority %lld",
		    (long long)r->authority_id);
	if (!r->signer)
		return REFUSE(err, OCSP_AWAY, "no responder is here for authority %lld",
		    (long long)r->authority_id);
	return STATUS_OK;
}

/* One certificate, without a nonce: what was signed for others may serve. */
static struct status answer_one(const struct asking *q, const struct ocsp_cert_id *cert,
    struct ocsp_result *ret, struct err *err)
{
	const struct ocsp_key key = {q->responder->authority_id, cert->serial};
	struct ocsp_single single = {.cert_id = cert->whole};
	AUTO_REF(ocsp_answer) kept = NULL;
	bool known = ocsp_cache_find(q->o->cache, &key, cert->spelling, &single.state, &kept);

	if (kept && still_serves(kept, q)) {
		*ret = (struct ocsp_result){TAKE(kept), OCSP_FROM_CACHE};
		return STATUS_OK;
	}
	if (!q->db && (!known || !q->responder->signer->quick))
		return STATUS_OK;
	if (!known)
		TRY(read_state(q, &key, &single.state, err));
	TRY(sign(q, &single, 1, SPAN_NONE, &ret->answer, err));
	ret->origin = OCSP_SIGNED;
	ocsp_cache_keep_answer(q->o->cache, q->epoch, &key, cert->spelling, ret->answer);
	return STATUS_OK;
}

static struct status answer_all(const struct asking *q, const struct ocsp_board *b,
    const struct ocsp_request *request, struct ocsp_result *ret, struct err *err)
{
	struct ocsp_single singles[OCSP_CERTS_MAX];
	bool known = true;

	if (!q->db && !q->responder->signer->quick)
		return STATUS_OK;
	for (size_t i = 0; i < request->count; i++) {
		const struct ocsp_cert_id *cert = &request->certs[i];

		singles[i] = (struct ocsp_single){cert->whole, {.status = OCSP_UNKNOWN}};
		if (ocsp_board_find(b, cert) != q->responder)
			continue;
		TRY(find_state(q, cert, &singles[i].state, &known, err));
		if (!known)
			return STATUS_OK;
	}
	TRY(sign(q, singles, request->count, request->nonce, &ret->answer, err));
	ret->origin = OCSP_SIGNED;
	return STATUS_OK;
}

struct status ocsp_respond(
    struct ocsp *o, struct db *db, struct span der, struct ocsp_result *ret, struct err *err)
{
	struct ocsp_request request;
	AUTO_REF(ocsp_board) board = ocsp_shown(o);
	struct asking q = {.o = o, .db = db, .epoch = ocsp_cache_epoch(o->cache)};

	*ret = (struct ocsp_result){0};
	TRY(ocsp_request_read(der, &request, err));
	/* Nothing is known of issuers either while there is no policy. */
	if (!board || !ocsp_cache_is_fresh(o->cache))
		return REFUSE(err, OCSP_STALE, "the store was not heard of for too long");
	q.responder = choose(board, &request);
	TRY(check_responder(q.responder, err));
	q.now = ocsp_now(o);
	if (request.count == 1 && request.nonce.n == 0 &&
	    request.certs[0].spelling < OCSP_SPELLINGS)
		return answer_one(&q, &request.certs[0], ret, err);
	return answer_all(&q, board, &request, ret, err);
}

/* ---- staples ---- */

static const struct ocsp_responder *responder_of(const struct ocsp_board *b, int64_t authority_id)
{
	for (size_t i = 0; b && i < b->count; i++)
		if (b->responders[i].authority_id == authority_id && b->responders[i].signer)
			return &b->responders[i];
	return NULL;
}

/* Some clients look for SHA-1, and in the first place; others for SHA-256. */
static struct status sign_staple(const struct asking *q, const struct authority *a,
    struct span serial, const struct ocsp_state *state, struct ocsp_answer **ret_answer,
    struct err *err)
{
	AUTO(buf) sha1 = {0};
	AUTO(buf) sha2 = {0};

	ocsp_cert_id_put(&sha1, OCSP_SHA1, a->subject, a->spki, serial);
	ocsp_cert_id_put(&sha2, OCSP_SHA256, a->subject, a->spki, serial);
	const struct ocsp_single singles[] = {{buf_span(&sha1), *state}, {buf_span(&sha2), *state}};

	return sign(q, singles, COUNT(singles), SPAN_NONE, ret_answer, err);
}

struct status ocsp_staple(struct ocsp *o, struct db *db, const struct authority *authority,
    struct span serial, struct ocsp_answer **ret_answer, struct err *err)
{
	AUTO_REF(ocsp_board) board = ocsp_shown(o);
	const struct ocsp_key key = {authority->id, serial};
	struct asking q = {.o = o, .db = db, .epoch = ocsp_cache_epoch(o->cache)};
	struct ocsp_state state;

	q.responder = responder_of(board, authority->id);
	q.now = ocsp_now(o);
	if (!q.responder) {
		*ret_answer = NULL;
		return STATUS_OK;
	}
	TRY(read_state(&q, &key, &state, err));
	return sign_staple(&q, authority, serial, &state, ret_answer, err);
}
