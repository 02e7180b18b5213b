/* ca/crl_by_hand.c: see crl_by_hand.h. */
#include "ca/crl_by_hand.h"

#include "ca/act.h"
#include "ca/certificate.h"
#include "ca/certificate_record.h"
#include "ca/crl_lint.h"
#include "ca/crl_scope.h"
#include "ca/name.h"
#include "ca/revoke.h"
#include "sql/server_certificate.h"

static struct status find_authority(const struct policy *policy, const char *name,
    const struct authority **ret_authority, struct err *err)
{
	*ret_authority = policy_authority(policy, name);
	if (!*ret_authority)
		return err_set(err, ERR_MISSING, "there is no authority '%.63s'", name);
	return STATUS_OK;
}

/* ---- lists ---- */

/* An authority's shards, as the store has them. */
struct shards {
	struct arena arena;
	const struct authority *authority;
	struct crl_url_row *urls;
	size_t url_count;
	struct crl_state *states;
	size_t count; /* of all authorities */
};
static inline void shards_auto(struct shards *s)
{
	arena_free(&s->arena);
}

static struct status read_shards(const struct crl_publisher *p, const struct policy *policy,
    const char *authority, struct shards *s, struct err *err)
{
	TRY(find_authority(policy, authority, &s->authority, err));
	if (!crl_may_sign(s->authority, clock_now(p->clock)))
		return err_set(err, ERR_CONFLICT,
		    "the certificate of authority '%s' has ended, or is not for signing lists",
		    authority);
	TRY(crl_shards_add(p->db, s->authority->id, crl_shards(s->authority), err));
	TRY(crl_urls_read(p->db, &s->arena, &s->urls, &s->url_count, err));
	return crl_states_read(p->db, &s->arena, &s->states, &s->count, err);
}

static struct crl_task task_of(const struct shards *s, const struct crl_state *state)
{
	return (struct crl_task){
	    .authority = s->authority, .state = state, .urls = s->urls, .url_count = s->url_count};
}

static struct status publish(const struct crl_publisher *p, const struct crl_task *task,
    struct hsm_key *key, struct crl_row *ret_row, struct err *err)
{
	struct crl_publisher by_hand = *p;
	bool taken;

	by_hand.reader = NULL;
	TRY(crl_publish(&by_hand, task, key, CRL_ALL, ret_row, &taken, err));
	if (!taken)
		return err_set(err, ERR_CONFLICT,
		    "somebody else has published a list of authority '%s' meanwhile: try again",
		    task->authority->name);
	return STATUS_OK;
}

struct status crl_publish_by_hand(const struct crl_publisher *p, const struct policy *policy,
    const char *authority, struct hsm_key *key, struct crl_row *ret_row, struct err *err)
{
	AUTO(shards) s = {.count = 0};

	TRY(read_shards(p, policy, authority, &s, err));
	for (size_t i = 0; i < s.count; i++) {
		const struct crl_task task = task_of(&s, &s.states[i]);

		if (s.states[i].authority_id == s.authority->id)
			TRY(publish(p, &task, key, ret_row, err));
	}
	return STATUS_OK;
}

/* Shard 0, which roots have alone. */
static struct status first_shard(const struct shards *s, struct crl_task *ret_task, struct err *err)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->states[i].authority_id == s->authority->id && s->states[i].shard == 0) {
			*ret_task = task_of(s, &s->states[i]);
			return STATUS_OK;
		}
	return err_set(err, ERR_INTERNAL, "authority '%s' has no shard", s->authority->name);
}

struct status crl_request_by_hand(const struct crl_publisher *p, const struct policy *policy,
    const char *authority, struct crl_file *ret_file, struct err *err)
{
	AUTO(shards) s = {.count = 0};
	struct crl_task task;

	TRY(read_shards(p, policy, authority, &s, err));
	TRY(first_shard(&s, &task, err));
	return crl_to_be_signed(p, &task, ret_file, err);
}

struct status crl_import_by_hand(const struct crl_publisher *p, const struct policy *policy,
    const char *authority, struct span list, struct crl_row *ret_row, struct err *err)
{
	AUTO(shards) s = {.count = 0};
	struct crl_task task;
	struct crl_given given;
	struct crl_said said;
	struct span tbs;

	TRY(crl_open(list, &tbs, &given.signature, err));
	TRY(crl_read(tbs, &said, err));
	given.number = said.number;
	given.this_update = said.this_update;
	given.next_update = said.next_update;
	TRY(read_shards(p, policy, authority, &s, err));
	TRY(first_shard(&s, &task, err));
	task.given = &given;
	return publish(p, &task, NULL, ret_row, err);
}

/* ---- revoking ---- */

/* As issued now: what it says of itself stands in its DER. */
static struct status keep_certificate(struct db *db, const struct authority *issuer,
    const struct authority *a, int64_t now, const struct rng *rng, int64_t *ret_id, struct err *err)
{
	const struct certificate_columns columns = {
	    .der = a->certificate, .authority_id = issuer->id};
	const struct key_algorithm *algorithm;
	struct server_certificate row = {.authority_id = issuer->id,
	    .key_digest = sha256(a->spki),
	    .subject = a->subject,
	    .not_before = a->not_before,
	    .not_after = a->not_after,
	    .der = a->certificate};
	struct certificate_view view;
	AUTO(log_line) line = {0};
	AUTO(buf) record = {0};
	char subject[NAME_TEXT_SIZE];

	TRY(certificate_read(a->certificate, &view, err));
	TRY(key_algorithm_of_spki(a->spki, &algorithm, err));
	row.serial = view.serial;
	row.key_algorithm = algorithm->name;
	name_text(a->subject, subject, sizeof(subject));
	certificate_record(&columns, &record);
	TRY(log_line_make("certificate.issued", now, rng, buf_span(&record), &line, err));
	return authority_certificate_store(db, &row, subject, &line, ret_id, err);
}

struct status authority_revoke(struct db *db, const struct policy *policy,
    const struct authority_revocation *o, const struct rng *rng,
    const struct authority **ret_issuer, struct err *err)
{
	const struct authority *a;
	struct status_order order = {.count = 1,
	    .change = STATUS_REVOKE,
	    .reason = o->reason,
	    .invalidity_at = o->invalidity_at,
	    .who = o->who,
	    .now = o->now};
	int64_t id, version;
	size_t changed;

	TRY(find_authority(policy, o->authority, &a, err));
	if (!a->parent)
		return err_set(err, ERR_CONFLICT,
		    "authority '%s' is a root, or its issuer is not held here: nobody here revokes it",
		    a->name);
	TRY(revocation_check(o->reason, o->invalidity_at, o->now, err));
	TRY(policy_lock(db, &version, err));
	TRY(keep_certificate(db, a->parent, a, o->now, rng, &id, err));
	order.certificates = &id;
	TRY(status_change(db, &order, rng, &changed, err));
	if (changed == 0)
		return err_set(err, ERR_CONFLICT, "authority '%s' is revoked already", a->name);
	*ret_issuer = a->parent;
	/* Servers hear of it as of any change of policy. */
	TRY(policy_authority_revoke(db, a->id, o->now, err));
	return policy_bump(db, version + 1, o->now, err);
}
