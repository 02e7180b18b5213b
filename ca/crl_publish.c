/* ca/crl_publish.c: see crl_publish.h. */
#include "ca/crl_publish.h"

#include <inttypes.h>
#include <string.h>

#include "base/der.h"
#include "base/json.h"
#include "ca/act.h"
#include "ca/certificate.h"
#include "ca/crl_scope.h"
#include "ca/extension.h"

#define URLS_MAX 64 /* of one list; more changes of its URL than anybody makes */
/* A full list that takes less is always made. */
#define CHEAP_MS 100
/* Of all time, at most so much goes into full lists. */
#define FULL_SHARE 10
/* Read within a second or two, whatever the disk. */
#define ALIVE_ENTRIES 100000

/* ---- what a list is for ---- */

struct scope {
	struct arena arena;
	const char *urls[URLS_MAX];
	size_t count;
	struct buf point;     /* IssuingDistributionPoint; empty: it is for all */
	const char *freshest; /* NULL: no delta lists */
	struct digest digest; /* of all that clients compare, and of the validity */
};
static inline void scope_auto(struct scope *s)
{
	arena_free(&s->arena);
	buf_free(&s->point);
}

static void add_url(struct scope *s, const char *url)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->urls[i], url) == 0)
			return;
	if (s->count < URLS_MAX)
		s->urls[s->count++] = url;
}

static void add_template(struct scope *s, const char *url, int64_t shard)
{
	AUTO(buf) text = {0};

	if (crl_url_put(url, shard, &text))
		add_url(s, arena_strdup(&s->arena, buf_cstr(&text)));
}

/*
 * The one list of a root is for all that it issued, and says so by saying nothing: its own
 * certificate names no list, and who checks the whole chain (openssl verify -crl_check_all) wants
 * one that is for it as well.
 */
static bool is_for_all(const struct authority *a)
{
	return !a->parent && a->chain_count == 0 && crl_shards(a) == 1;
}

static void collect_urls(const struct crl_task *t, struct scope *s)
{
	const struct authority *a = t->authority;
	const int64_t shard = t->state->shard;

	if (is_for_all(a))
		return;
	for (size_t i = 0; i < t->url_count; i++)
		if (t->urls[i].authority_id == a->id)
			add_template(s, t->urls[i].url, shard);
	if (a->crl_url)
		add_template(s, a->crl_url, shard);
}

static void find_scope(const struct crl_task *t, struct scope *s)
{
	const struct authority *a = t->authority;
	AUTO(buf) freshest = {0};
	AUTO(buf) said = {0};

	collect_urls(t, s);
	if (s->count > 0)
		crl_point_put(s->urls, s->count, &s->point);
	if (a->key_uri && a->delta_url && crl_url_put(a->delta_url, t->state->shard, &freshest))
		s->freshest = arena_strdup(&s->arena, buf_cstr(&freshest));
	buf_put(&said, buf_span(&s->point));
	buf_printf(&said, "%s %" PRId64, s->freshest ? s->freshest : "", crl_validity(a));
	s->digest = sha256(buf_span(&said));
}

/* ---- due? ---- */

static const struct crl_row *newest(const struct crl_state *s)
{
	return s->delta.id && s->delta.number > s->full.number ? &s->delta : &s->full;
}

static bool same_scope(const struct crl_task *t)
{
	AUTO(scope) scope = {0};

	find_scope(t, &scope);
	return memcmp(&scope.digest, &t->state->full.scope, sizeof(scope.digest)) == 0;
}

enum crl_due crl_due(const struct crl_task *t, int64_t now, const struct crl_ages *ages)
{
	const struct crl_state *s = t->state;
	const struct crl_row *last = newest(s);
	const int64_t every = crl_every(t->authority);
	const bool costly =
	    s->full.build_ms > CHEAP_MS && ages->full < (FULL_SHARE - 1) * s->full.build_ms;

	if (!s->full.id || s->full.number <= s->floor || !same_scope(t))
		return CRL_ALL;
	if (s->sequence > last->sequence) {
		if (ages->newest < CRL_APART_MS)
			return CRL_LATER;
		return s->delta.id && costly ? CRL_DELTA : CRL_ALL;
	}
	if (s->full.sequence < last->sequence && !costly)
		return CRL_ALL;
	/* By both clocks: one that was set back does not make lists late. */
	if (now - last->this_update >= every || ages->newest / 1000 >= every)
		return CRL_ALL;
	return CRL_LATER;
}

bool crl_may_sign(const struct authority *a, int64_t now)
{
	struct certificate_view view;
	struct err err = {0};
	const struct extension *e;
	uint32_t usage = 1U << KU_CRL_SIGN;

	if (now > a->not_after || !certificate_read(a->certificate, &view, &err).ok)
		return false;
	e = certificate_extension(&view, OID_KEY_USAGE);
	return !e || (key_usage_read(e->value, &usage) && (usage & 1U << KU_CRL_SIGN));
}

/* ---- building ---- */

struct making {
	const struct crl_publisher *p;
	const struct crl_task *t;
	struct hsm_key *key;
	struct db *from; /* what the lists are read from */
	struct scope scope;
	struct crl_row row;
	int64_t base_sequence;
	struct crl_file full, delta;
};
static inline void making_auto(struct making *m)
{
	scope_auto(&m->scope);
	crl_file_free(&m->full);
	crl_file_free(&m->delta);
}

/*
 * RFC 5280 3.3: "An entry MUST NOT be removed from the CRL until it appears on one regularly
 * scheduled CRL issued beyond the revoked certificate's validity period": it stays for a whole
 * period past its end, and at least until a list has said so.
 */
static int64_t ended_before(const struct making *m)
{
	const struct crl_row *full = &m->t->state->full;
	const int64_t period = m->row.this_update - crl_every(m->t->authority);

	if (!full->id)
		return 0;
	return full->this_update < period ? full->this_update : period;
}

static struct status copy_entries(
    const struct making *m, struct crl_reader *reader, struct crl_build *build, struct err *err)
{
	struct crl_read_row row;
	bool there;

	for (int64_t n = 1;; n++) {
		/* The transaction that waits for the list would be given up as idle. */
		if (m->p->reader && n % ALIVE_ENTRIES == 0)
			TRY(db_ping(m->p->db, err));
		TRY(crl_read_next(reader, &there, &row, err));
		if (!there)
			return STATUS_OK;
		TRY(crl_build_add(build,
		    &(struct crl_entry){row.serial, row.revoked_at, row.reason, row.invalidity_at},
		    err));
	}
}

static struct status build(struct making *m, struct crl_reader *reader, int64_t base,
    struct crl_file *ret_file, struct err *err)
{
	AUTO_REF(crl_build) b = NULL;
	const struct crl_order order = {.authority = m->t->authority,
	    .key = m->key,
	    .signature = m->t->given ? m->t->given->signature : SPAN_NONE,
	    .number = m->row.number,
	    .base = base,
	    .this_update = m->row.this_update,
	    .next_update = m->row.next_update,
	    .point = buf_span(&m->scope.point),
	    .freshest = m->scope.freshest};

	TRY(crl_build_new(m->p->directory, &b, err));
	TRY(copy_entries(m, reader, b, err));
	return crl_build_sign(b, &order, ret_file, err);
}

static struct crl_part part_of(const struct crl_file *f)
{
	return (struct crl_part){true, f->entries, (int64_t)f->der.n, f->digest};
}

static struct status build_full(struct making *m, struct err *err)
{
	AUTO_REF(crl_reader) reader = NULL;
	const struct crl_row *row = &m->row;

	TRY(crl_read_full(m->from, row->authority_id, row->shard, ended_before(m), &reader, err));
	TRY(build(m, reader, 0, &m->full, err));
	m->row.full = part_of(&m->full);
	return STATUS_OK;
}

static struct status build_delta(struct making *m, struct err *err)
{
	AUTO_REF(crl_reader) reader = NULL;
	const struct crl_row *row = &m->row;

	TRY(crl_read_delta(m->from, row->authority_id, row->shard, m->base_sequence, &reader, err));
	TRY(build(m, reader, row->base_number, &m->delta, err));
	m->row.delta = part_of(&m->delta);
	return STATUS_OK;
}

static void set_times(struct making *m)
{
	const int64_t last = newest(m->t->state)->this_update;
	struct crl_row *row = &m->row;

	row->made_at = clock_now(m->p->clock);
	if (m->t->given) {
		row->this_update = m->t->given->this_update;
		row->next_update = m->t->given->next_update;
		return;
	}
	row->this_update = row->made_at > last ? row->made_at : last + 1;
	row->next_update = row->this_update + crl_validity(m->t->authority);
}

/* What a delta adds to. Without a base to add to it is the first: to the full list beside it. */
static struct status find_base(struct making *m, enum crl_due *what, struct err *err)
{
	const struct crl_base_order order = {.authority_id = m->row.authority_id,
	    .shard = m->row.shard,
	    .scope = &m->row.scope,
	    .now = m->row.this_update,
	    .sequence = m->row.sequence - CRL_DELTA_MOST,
	    .floor = m->t->state->floor};

	TRY(crl_base_find(m->from, &order, &m->row.base_number, &m->base_sequence, err));
	if (m->row.base_number)
		return STATUS_OK;
	*what = CRL_ALL;
	m->row.base_number = m->row.number;
	m->base_sequence = m->row.sequence;
	return STATUS_OK;
}

static struct status build_all(struct making *m, enum crl_due what, struct err *err)
{
	const struct crl_state *s = m->t->state;
	const int64_t start = monotonic_ms();
	const bool delta = m->scope.freshest && m->p->reader;

	m->row.authority_id = s->authority_id;
	m->row.shard = s->shard;
	m->row.number = s->number + 1;
	m->row.scope = m->scope.digest;
	set_times(m);
	TRY(crl_sequence_read(m->from, s->authority_id, s->shard, &m->row.sequence, err));
	if (delta)
		TRY(find_base(m, &what, err));
	if (delta)
		TRY(build_delta(m, err));
	if (what == CRL_ALL || !delta)
		TRY(build_full(m, err));
	m->row.build_ms = monotonic_ms() - start;
	return STATUS_OK;
}

/* ---- storing ---- */

static void put_part(struct json *j, const char *name, const struct crl_part *p, int64_t base)
{
	char hex[2 * SHA256_SIZE + 1];

	if (!p->there)
		return;
	json_object_begin(j, name);
	if (base)
		json_int(j, "base", base);
	json_int(j, "entries", p->entries);
	json_int(j, "bytes", p->bytes);
	hex_text(SPAN_OF(p->digest.bytes), hex);
	json_str(j, "digest", hex);
	json_object_end(j);
}

void crl_record(const struct crl_row *row, struct buf *out)
{
	struct json j = {.out = out};
	char scope[2 * SHA256_SIZE + 1];

	hex_text(SPAN_OF(row->scope.bytes), scope);
	json_object_begin(&j, NULL);
	json_int(&j, "authority", row->authority_id);
	json_int(&j, "shard", row->shard);
	json_int(&j, "number", row->number);
	json_int(&j, "sequence", row->sequence);
	json_str(&j, "scope", scope);
	json_int(&j, "this_update", row->this_update);
	json_int(&j, "next_update", row->next_update);
	json_int(&j, "made_at", row->made_at);
	json_int(&j, "build_ms", row->build_ms);
	put_part(&j, "full", &row->full, 0);
	put_part(&j, "delta", &row->delta, row->base_number);
	json_object_end(&j);
}

static struct status log_it(const struct making *m, struct err *err)
{
	AUTO(log_line) line = {0};
	AUTO(buf) record = {0};

	crl_record(&m->row, &record);
	TRY(log_line_make(
	    "crl.published", m->row.made_at, m->p->rng, buf_span(&record), &line, err));
	return sql_log_append(m->p->db, &line, "crl", m->row.id, err);
}

static struct status store(struct making *m, bool *ret_taken, struct err *err)
{
	struct db *db = m->p->db;

	TRY(crl_add(db, &m->row, &m->row.id, err));
	TRY(crl_chunks_add(db, m->row.id, false, m->full.der, err));
	TRY(crl_chunks_add(db, m->row.id, true, m->delta.der, err));
	TRY(log_it(m, err));
	TRY(status_notify(db, err));
	/* Last: from here on whoever revokes in this shard waits for the commit. */
	return crl_take(db, &m->row, m->t->state->number, ret_taken, err);
}

static struct status build_from_snapshot(struct making *m, enum crl_due what, struct err *err)
{
	struct db *reader = m->p->reader;
	struct status done;

	if (!reader)
		return build_all(m, what, err);
	TRY(db_begin(reader, err));
	done = crl_snapshot(reader, err);
	if (done.ok)
		done = build_all(m, what, err);
	db_rollback(reader);
	return done;
}

struct status crl_to_be_signed(const struct crl_publisher *p, const struct crl_task *t,
    struct crl_file *ret_file, struct err *err)
{
	AUTO(making) m = {.p = p, .t = t, .from = p->db};

	find_scope(t, &m.scope);
	TRY(build_all(&m, CRL_ALL, err));
	*ret_file = m.full;
	m.full.map = NULL;
	return STATUS_OK;
}

/* Between the request and the list that came back of it somebody may have made another. */
static struct status check_given(const struct crl_task *t, struct err *err)
{
	const struct crl_given *g = t->given;

	if (g->signature.n == 0)
		return err_set(err, ERR_DENIED, "the list is not signed");
	if (g->number != t->state->number + 1 || g->this_update <= newest(t->state)->this_update)
		return err_set(err, ERR_CONFLICT,
		    "it is list %" PRId64 ", and the next one is %" PRId64 ": make a new request",
		    g->number, t->state->number + 1);
	return STATUS_OK;
}

struct status crl_publish(const struct crl_publisher *p, const struct crl_task *t,
    struct hsm_key *key, enum crl_due what, struct crl_row *ret_row, bool *ret_taken,
    struct err *err)
{
	AUTO(making) m = {.p = p, .t = t, .key = key, .from = p->reader ? p->reader : p->db};

	if (!key == !t->given)
		return err_set(
		    err, ERR_INTERNAL, "a list is signed by a key, or was signed elsewhere");
	if (t->given)
		TRY(check_given(t, err));
	find_scope(t, &m.scope);
	TRY(build_from_snapshot(&m, what, err));
	TRY(store(&m, ret_taken, err));
	*ret_row = m.row;
	return STATUS_OK;
}

/* ---- late ---- */

bool crl_is_late(const struct crl_state *s, int64_t now)
{
	const struct crl_row *full = &s->full;

	return full->id && s->alarmed < full->number &&
	       now >= full->next_update - (full->next_update - full->this_update) / 4;
}

struct status crl_late_alarm(struct db *db, const struct crl_task *t, int64_t now,
    const struct rng *rng, bool *ret_raised, struct err *err)
{
	const struct crl_state *s = t->state;
	AUTO(buf) detail = {0};
	AUTO(log_line) line = {0};
	struct json j = {.out = &detail};
	int64_t id;

	TRY(crl_alarmed(db, s->authority_id, s->shard, s->full.number, ret_raised, err));
	if (!*ret_raised)
		return STATUS_OK;
	json_object_begin(&j, NULL);
	json_str(&j, "kind", "crl-late");
	json_int(&j, "at", now);
	json_str(&j, "authority", t->authority->name);
	json_int(&j, "shard", s->shard);
	json_int(&j, "number", s->full.number);
	json_int(&j, "next_update", s->full.next_update);
	json_str(&j, "message",
	    t->authority->key_uri ? "no node makes a new list: is the authority's key here?"
				  : "the key is offline: run signetd crl before the list ends");
	json_object_end(&j);
	TRY(log_line_make("alarm.crl-late", now, rng, buf_span(&detail), &line, err));
	TRY(alarm_add(db, "crl-late", buf_cstr(&detail), now, &id, err));
	return sql_log_append(db, &line, "alarm", id, err);
}
