/* ca/ldevid.c: see ldevid.h. */
#include "ca/ldevid.h"

#include <string.h>

#include "ca/extension.h"
#include "ca/reason.h"
#include "ca/renewal.h"
#include "ca/revoke.h"
#include "sql/certificate_use.h"

/* A chain of renewals that nobody used is bounded by device_limit; more wait for the next use. */
#define SUPERSEDED_MAX 200

static bool anchor_issued(
    const struct label *label, const struct certificate_view *c, struct span key_id)
{
	for (size_t i = 0; label && i < label->anchor_count; i++)
		if (span_equal(label->anchors[i]->subject, c->issuer) &&
		    span_equal(label->anchors[i]->ski, key_id))
			return true;
	return false;
}

static void find_issuers(const struct policy *p, struct span key_id, struct ldevid *l)
{
	for (size_t i = 0; i < p->authority_count && l->issuer_count < LDEVID_ISSUERS_MAX; i++) {
		const struct authority *a = &p->authorities[i];

		if (!span_equal(a->ski, key_id) || !span_equal(a->subject, l->view.issuer))
			continue;
		if (!l->issuer)
			l->issuer = a;
		l->issuers[l->issuer_count++] = a->id;
	}
}

bool ldevid_recognise(const struct policy *policy, const struct label *label, struct span der,
    struct ldevid *ret_ldevid)
{
	const struct extension *id;
	struct ldevid l = {0};
	struct span key_id;
	struct err ignored = {0};

	if (!certificate_read(der, &l.view, &ignored).ok)
		return false;
	id = certificate_extension(&l.view, OID_AUTHORITY_KEY_ID);
	if (!id || !authority_key_id_read(id->value, &key_id) || key_id.n == 0 ||
	    anchor_issued(label, &l.view, key_id))
		return false;
	find_issuers(policy, key_id, &l);
	*ret_ldevid = l;
	return l.issuer_count > 0;
}

struct status ldevid_check_revocation(int reason, const char *device, struct err *err)
{
	const char *name = revocation_reason_name(reason);

	if (reason == NOT_REVOKED)
		return STATUS_OK;
	if (reason == REASON_CERTIFICATE_HOLD)
		return REFUSE(err, LDEVID_HELD, "the certificate of %s is on hold", device);
	return REFUSE(err, LDEVID_REVOKED, "the certificate of %s is revoked: %s", device,
	    name ? name : "for a reason that this program does not know");
}

static struct status judge(const struct certificate_use_row *row, struct err *err)
{
	if (strcmp(row->state, "suspended") == 0)
		return REFUSE(err, DEVICE_SUSPENDED, "%s is suspended", row->device);
	if (strcmp(row->state, "retired") == 0)
		return REFUSE(err, DEVICE_RETIRED, "%s is retired", row->device);
	if (row->compromised)
		return REFUSE(err, KEY_COMPROMISED, "the key that authenticates %s is compromised",
		    row->device);
	return ldevid_check_revocation(row->reason, row->device, err);
}

struct status ldevid_judge(const struct ldevid *ldevid, const struct certificate_use_row *row,
    int64_t now, struct err *err)
{
	char text[TIME_TEXT_SIZE];

	if (!span_equal(row->der, ldevid->view.der))
		return REFUSE(err, LDEVID_NOT_STORED,
		    "authority %s has not issued the client's certificate to a device, or not as it is",
		    ldevid->issuer->name);
	TRY(judge(row, err));
	if (now <= ldevid->view.not_after)
		return STATUS_OK;
	time_text(ldevid->view.not_after, text);
	return REFUSE(err, LDEVID_EXPIRED, "the client's certificate ended at %s", text);
}

static const struct label *label_by_id(const struct policy *p, int64_t id)
{
	for (size_t i = 0; i < p->label_count; i++)
		if (p->labels[i].id == id)
			return &p->labels[i];
	return NULL;
}

struct using
{
	struct db *db;
	const struct ldevid *ldevid;
	const struct label *label; /* that it was issued at; NULL: none that is in policy */
	int64_t now;
	const struct rng *rng;
	struct arena arena;
	struct certificate_use_row row;
	struct ldevid_use *ret;
};

static struct status look(struct using *u, bool *ret_known, struct err *err)
{
	const struct ldevid *l = u->ldevid;
	bool found;

	TRY(certificate_use_look(
	    u->db, l->issuers, l->issuer_count, l->view.serial, &u->arena, &found, &u->row, err));
	*ret_known = found && span_equal(u->row.der, l->view.der);
	return *ret_known ? judge(&u->row, err) : STATUS_OK;
}

static bool has_ended(const struct using *u)
{
	const struct certificate_view *v = &u->ldevid->view;

	if (!u->label)
		return u->now > v->not_after;
	return u->now > renewal_window(u->label, v->not_before, v->not_after).grace;
}

/* In a transaction that holds the device: what it replaces stands back with its first use. */
static struct status supersede(struct using *u, struct err *err)
{
	int64_t ids[SUPERSEDED_MAX];
	struct status_order order = {.certificates = ids,
	    .change = STATUS_REVOKE,
	    .reason = REASON_SUPERSEDED,
	    .who = "signetd",
	    .now = u->now,
	    .skip_revoked = true};

	TRY(certificate_use(u->db, u->row.id, u->now, &u->ret->first, err));
	if (!u->ret->first)
		return STATUS_OK;
	TRY(certificate_superseded(u->db, &u->row, u->now, ids, SUPERSEDED_MAX, &order.count, err));
	if (order.count == 0)
		return STATUS_OK;
	return status_change(u->db, &order, u->rng, &u->ret->superseded, err);
}

/* Judged again under the lock: whoever suspends, resets or renews the device holds it, too. */
static struct status supersede_locked(struct using *u, struct err *err)
{
	bool known;

	TRY(certificate_use_lock(u->db, u->row.device_id, err));
	TRY(look(u, &known, err));
	return known && !u->row.used ? supersede(u, err) : STATUS_OK;
}

static struct status supersede_in_one(struct using *u, struct err *err)
{
	struct status done;

	TRY(db_begin(u->db, err));
	done = supersede_locked(u, err);
	if (done.ok)
		done = db_commit(u->db, err);
	if (!done.ok)
		db_rollback(u->db);
	if (!done.ok)
		u->ret->first = false;
	return done;
}

static struct status use(struct using *u, const struct policy *policy, struct err *err)
{
	bool known;

	TRY(look(u, &known, err));
	if (!known)
		return STATUS_OK;
	u->label = label_by_id(policy, u->row.label_id);
	u->ret->known = !has_ended(u);
	u->ret->id = u->row.id;
	u->ret->device_id = u->row.device_id;
	if (!u->ret->known || u->row.used)
		return STATUS_OK;
	if (u->row.renews && u->label && u->label->superseded == SUPERSEDED_REVOKE)
		return supersede_in_one(u, err);
	return certificate_use(u->db, u->row.id, u->now, &u->ret->first, err);
}

struct status ldevid_use(struct db *db, const struct policy *policy, const struct ldevid *ldevid,
    int64_t now, const struct rng *rng, struct ldevid_use *ret_use, struct err *err)
{
	struct using u = {.db = db, .ldevid = ldevid, .now = now, .rng = rng, .ret = ret_use};
	struct status done;

	*ret_use = (struct ldevid_use){0};
	done = use(&u, policy, err);
	arena_free(&u.arena);
	return done;
}
