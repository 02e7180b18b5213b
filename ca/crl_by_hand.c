/* ca/crl_by_hand.c: see crl_by_hand.h. */
#include "ca/crl_by_hand.h"

#include "ca/act.h"
#include "ca/certificate.h"
#include "ca/certificate_record.h"
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

struct status crl_publish_by_hand(const struct crl_publisher *p, const struct policy *policy,
    const char *authority, struct hsm_key *key, struct crl_row *ret_row, struct err *err)
{
	AUTO(arena) arena = {0};
	struct crl_publisher by_hand = *p;
	struct crl_task task = {.authority = NULL};
	struct crl_url_row *urls;
	struct crl_state *states;
	size_t count;
	bool taken;

	by_hand.reader = NULL;
	TRY(find_authority(policy, authority, &task.authority, err));
	if (!crl_may_sign(task.authority, clock_now(p->clock)))
		return err_set(err, ERR_CONFLICT,
		    "the certificate of authority '%s' has ended, or is not for signing lists",
		    authority);
	TRY(crl_shards_add(p->db, task.authority->id, crl_shards(task.authority), err));
	TRY(crl_urls_read(p->db, &arena, &urls, &task.url_count, err));
	TRY(crl_states_read(p->db, &arena, &states, &count, err));
	task.urls = urls;
	for (size_t i = 0; i < count; i++) {
		if (states[i].authority_id != task.authority->id)
			continue;
		task.state = &states[i];
		TRY(crl_publish(&by_hand, &task, key, CRL_ALL, ret_row, &taken, err));
		if (!taken)
			return err_set(err, ERR_CONFLICT,
			    "somebody else has published a list of authority '%s' meanwhile: try again",
			    authority);
	}
	return STATUS_OK;
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
	int64_t id;
	size_t changed;

	TRY(find_authority(policy, o->authority, &a, err));
	if (!a->parent)
		return err_set(err, ERR_CONFLICT,
		    "authority '%s' is a root, or its issuer is not held here: nobody here revokes it",
		    a->name);
	TRY(revocation_check(o->reason, o->invalidity_at, o->now, err));
	TRY(keep_certificate(db, a->parent, a, o->now, rng, &id, err));
	order.certificates = &id;
	TRY(status_change(db, &order, rng, &changed, err));
	if (changed == 0)
		return err_set(err, ERR_CONFLICT, "authority '%s' is revoked already", a->name);
	*ret_issuer = a->parent;
	return STATUS_OK;
}
