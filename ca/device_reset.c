/* ca/device_reset.c: see device_reset.h. */
#include "ca/device_reset.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "ca/act.h"
#include "ca/enroll_internal.h"
#include "ca/ldevid.h"
#include "ca/reason.h"
#include "ca/revoke.h"
#include "sql/device_reset.h"
#include "sql/device_view.h"

/* Who asks, and by what. */
struct caller {
	const struct reset_request *q;
	struct arena *arena;
	int64_t now;
	int64_t device_id; /* 0: never seen here */
	int revoked;       /* why the LDevID that it shows is revoked or held; -1: it is not */
	const struct digest *idevid_key; /* NULL: it shows an LDevID */
	struct identity identity;
	struct reset_reply *reply;
};

static void name_device(struct caller *c, const char *product, const char *serial)
{
	c->reply->vouched = true;
	snprintf(c->reply->product, sizeof(c->reply->product), "%s", product);
	snprintf(c->reply->serial, sizeof(c->reply->serial), "%s", serial);
}

/* ---- by its IDevID ---- */

/* What any label trusts: a reset gives nothing that a label would have to guard. */
static struct label union_of(const struct policy *p, struct arena *arena)
{
	struct label all = {.name = arena_strdup(arena, "any")};

	all.anchors = arena_alloc(arena, p->anchor_count * sizeof(struct trust_anchor *));
	for (size_t i = 0; i < p->label_count; i++)
		for (size_t j = 0; j < p->labels[i].anchor_count; j++) {
			struct trust_anchor *a = p->labels[i].anchors[j];
			size_t k = 0;

			while (k < all.anchor_count && all.anchors[k] != a)
				k++;
			if (k == all.anchor_count)
				all.anchors[all.anchor_count++] = a;
		}
	return all;
}

static struct status look_idevid(
    struct db *db, struct caller *c, struct enrollment_look *look, struct err *err)
{
	const struct identity *i = &c->identity;
	const struct path_spans path = path_spans(i);
	const struct enrollment_query query = {.label = "",
	    .now = c->now,
	    .resend_after = c->now,
	    .device_limit = 1,
	    .product_id = i->product->id,
	    .product = i->product->name,
	    .serial = i->serial,
	    .idevid_key = i->key_digest,
	    .issuers = path.issuers,
	    .serials = path.serials,
	    .path_count = i->path_count};

	return enrollment_look_idevid(db, &query, look, err);
}

static struct status judge_idevid(
    const struct caller *c, const struct enrollment_look *look, struct err *err)
{
	if (look->revoked > 0)
		return REFUSE(err, IDEVID_REVOKED,
		    "a certificate in the path of %s %s is on its issuer's revocation list",
		    c->reply->product, c->reply->serial);
	if (look->own_key.compromised)
		return REFUSE(err, KEY_COMPROMISED,
		    "the key that authenticates %s %s is compromised", c->reply->product,
		    c->reply->serial);
	return STATUS_OK;
}

static struct status by_idevid(
    struct db *db, struct caller *c, const struct label *all, struct err *err)
{
	AUTO(enrollment_look) look = {0};

	TRY(trust_identify(c->q->policy, all, &c->q->credentials, c->now, &c->identity, err));
	name_device(c, c->identity.product->name, c->identity.serial);
	TRY(look_idevid(db, c, &look, err));
	TRY(judge_idevid(c, &look, err));
	c->device_id = look.device_id;
	c->idevid_key = &c->identity.key_digest;
	return STATUS_OK;
}

/* ---- by its LDevID ---- */

/* Authorities of one name and key are told apart by the store. */
static struct status look_ldevid(struct db *db, const struct caller *c, const struct ldevid *l,
    struct reset_look *ret_look, struct err *err)
{
	*ret_look = (struct reset_look){0};
	for (size_t i = 0; i < l->issuer_count && ret_look->device_id == 0; i++)
		TRY(reset_look(db, l->issuers[i], l->view.serial, c->arena, ret_look, err));
	return STATUS_OK;
}

/* The store holds every certificate of ours: its bytes need no second look at the signature. */
static struct status by_ldevid(
    struct db *db, struct caller *c, const struct ldevid *l, struct err *err)
{
	struct reset_look look;
	char text[TIME_TEXT_SIZE];

	TRY(look_ldevid(db, c, l, &look, err));
	if (look.device_id == 0 || !span_equal(look.certificate, c->q->credentials.der))
		return REFUSE(err, LDEVID_NOT_STORED,
		    "authority %s has not issued the client's certificate to a device, or not as it is",
		    l->issuer->name);
	if (look.compromised)
		return REFUSE(err, KEY_COMPROMISED, "the key that authenticates is compromised");
	if (c->now > l->view.not_after) {
		time_text(l->view.not_after, text);
		return REFUSE(err, LDEVID_EXPIRED, "the client's certificate ended at %s", text);
	}
	c->device_id = look.device_id;
	c->revoked = look.reason;
	return STATUS_OK;
}

static struct status recognise(struct db *db, struct caller *c, struct err *err)
{
	const struct credentials *shown = &c->q->credentials;
	const struct label all = union_of(c->q->policy, c->arena);
	struct ldevid ldevid;

	if (!shown->certificate)
		return REFUSE(err, RESET_MISSING, "the client presented no certificate");
	if (ldevid_recognise(c->q->policy, &all, shown->der, &ldevid))
		return by_ldevid(db, c, &ldevid, err);
	if (all.anchor_count == 0)
		return REFUSE(err, RESET_UNKNOWN, "no label trusts any manufacturer");
	return by_idevid(db, c, &all, err);
}

/* ---- the device ---- */

static bool in_state(const struct device_row *d, const char *state)
{
	return strcmp(d->state, state) == 0;
}

static struct status judge(const struct caller *c, const struct device_row *d, struct err *err)
{
	if (in_state(d, "suspended"))
		return REFUSE(err, RESET_SUSPENDED, "%s %s is suspended", d->product, d->serial);
	if (in_state(d, "retired"))
		return REFUSE(err, RESET_RETIRED, "%s %s is retired", d->product, d->serial);
	if (c->idevid_key && d->idevid_key.n &&
	    !span_equal(d->idevid_key, SPAN_OF(c->idevid_key->bytes)))
		return REFUSE(err, DEVICE_CLONE, "%s %s is known with another IDevID key",
		    d->product, d->serial);
	/* Revoked by an earlier reset, whose answer was lost: it is told again. */
	if (c->revoked >= 0 &&
	    !(c->revoked == REASON_CESSATION_OF_OPERATION && !in_state(d, "enrolled")))
		return REFUSE(err, RESET_REVOKED,
		    "the client's certificate of %s %s is revoked or held", d->product, d->serial);
	return STATUS_OK;
}

static const char *state_after(const struct device_row *d)
{
	if (!in_state(d, "enrolled"))
		return d->state;
	return d->announced ? "claimed" : "made";
}

static void render(const struct device_row *d, const char *by, const char *state, struct buf *out)
{
	struct json j = {.out = out};

	json_object_begin(&j, NULL);
	json_str(&j, "kind", "device");
	json_str(&j, "product", d->product);
	json_str(&j, "serial", d->serial);
	json_str(&j, "by", by);
	json_str(&j, "from", d->state);
	json_str(&j, "state", state);
	json_object_end(&j);
}

static struct status move(struct db *db, const struct caller *c, struct device_row *d,
    const char *who, const char *state, struct err *err)
{
	AUTO(buf) document = {0};
	const char *name = arena_printf(c->arena, "%s/%s", d->product, d->serial);
	struct policy_act act = {.who = who,
	    .act = "device.reset",
	    .kind = "device",
	    .name = name,
	    .version = d->version,
	    .at = c->now};

	render(d, c->idevid_key ? "IDevID" : "LDevID", state, &document);
	act.document = buf_span(&document);
	TRY(policy_record(db, &act, c->q->rng, err));
	return device_move(db, d->id, state, &d->version, err);
}

/* Shards are locked by the revocation: it comes last. */
static struct status reset_locked(struct db *db, struct caller *c, struct err *err)
{
	struct device_row d;
	struct status_order order = {.change = STATUS_REVOKE,
	    .reason = REASON_CESSATION_OF_OPERATION,
	    .now = c->now,
	    .skip_revoked = true};
	const char *state;

	TRY(device_lock(db, c->device_id, c->arena, &d, err));
	name_device(c, d.product, d.serial);
	TRY(judge(c, &d, err));
	state = state_after(&d);
	snprintf(c->reply->state, sizeof(c->reply->state), "%s", state);
	order.who = arena_printf(c->arena, "device:%s/%s", d.product, d.serial);
	if (strcmp(state, d.state) != 0) {
		TRY(move(db, c, &d, order.who, state, err));
		c->reply->changed = true;
	}
	TRY(status_change_device(db, d.id, &order, c->q->rng, &c->reply->revoked, err));
	c->reply->changed = c->reply->changed || c->reply->revoked > 0;
	return STATUS_OK;
}

struct status device_reset(struct db *db, const struct reset_request *request,
    struct reset_reply *ret_reply, struct err *err)
{
	AUTO(arena) arena = {0};
	struct caller c = {.q = request,
	    .arena = &arena,
	    .now = clock_now(request->clock),
	    .revoked = -1,
	    .reply = ret_reply};
	struct status done;

	*ret_reply = (struct reset_reply){.revoked = 0};
	TRY(recognise(db, &c, err));
	if (c.device_id == 0)
		return STATUS_OK; /* never seen here: there is nothing to forget */
	TRY(db_begin(db, err));
	done = reset_locked(db, &c, err);
	if (done.ok)
		return db_commit(db, err);
	db_rollback(db);
	return done;
}
