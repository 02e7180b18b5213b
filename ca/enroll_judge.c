/* ca/enroll_judge.c: what the store knows, held against policy. */
#include <stdio.h>
#include <string.h>

#include "ca/enroll_internal.h"
#include "ca/reason.h"
#include "ca/renewal.h"

static bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, SHA256_SIZE) == 0;
}

static struct enrollment_query query_of(const struct attempt *a)
{
	return (struct enrollment_query){
	    .label = a->label->name,
	    .label_id = a->label->id,
	    .key = a->has_csr ? a->csr.key_digest : (struct digest){{0}},
	    .now = a->now,
	    .resend_after = a->now - a->label->resend,
	    .device_limit = a->label->device_limit,
	};
}

struct path_spans path_spans(const struct identity *i)
{
	struct path_spans spans = {0};

	for (size_t n = 0; n < i->path_count; n++) {
		spans.issuers[n] = SPAN_OF(i->path[n].issuer.bytes);
		spans.serials[n] = span(i->path[n].serial, i->path[n].serial_n);
	}
	return spans;
}

static struct status look_idevid(struct db *db, struct attempt *a, struct err *err)
{
	struct enrollment_query query = query_of(a);
	const struct identity *i = &a->identity;
	const struct path_spans path = path_spans(i);

	query.product_id = i->product->id;
	query.product = i->product->name;
	query.serial = i->serial;
	query.idevid_key = i->key_digest;
	query.issuers = path.issuers;
	query.serials = path.serials;
	query.path_count = i->path_count;
	return enrollment_look_idevid(db, &query, &a->look, err);
}

static const struct product *product_by_id(const struct policy *p, int64_t id)
{
	for (size_t i = 0; i < p->product_count; i++)
		if (p->products[i].id == id)
			return &p->products[i];
	return NULL;
}

/* Its signature needs no second look where the very bytes are in the store. */
static void vouch_by_store(struct attempt *a)
{
	if (a->look.device_id == 0 ||
	    !span_equal(buf_span(&a->look.certificate), a->q->credentials.der))
		return;
	a->vouched = true;
	a->product = product_by_id(a->q->policy, a->look.product_id);
	a->serial = a->look.serial;
}

static struct status look_ldevid(struct db *db, struct attempt *a, struct err *err)
{
	struct enrollment_query query = query_of(a);

	query.authorities = a->ldevid.issuers;
	query.authority_count = a->ldevid.issuer_count;
	query.certificate_serial = a->ldevid.view.serial;
	TRY(enrollment_look_ldevid(db, &query, &a->look, err));
	vouch_by_store(a);
	return STATUS_OK;
}

struct status attempt_look(struct db *db, struct attempt *a, struct err *err)
{
	enrollment_look_free(&a->look);
	a->look = (struct enrollment_look){0};
	a->looked = false;
	TRY(a->client == CLIENT_LDEVID ? look_ldevid(db, a, err) : look_idevid(db, a, err));
	a->looked = true;
	return STATUS_OK;
}

/* ---- rules ---- */

/* No product named: the label serves every product of its anchors' manufacturers. */
static bool label_serves(const struct label *label, const struct product *product)
{
	for (size_t i = 0; i < label->product_count; i++)
		if (label->products[i]->id == product->id)
			return true;
	for (size_t i = 0; label->product_count == 0 && i < label->anchor_count; i++)
		if (strcmp(label->anchors[i]->manufacturer, product->manufacturer) == 0)
			return true;
	return false;
}

static struct status judge_product(const struct attempt *a, struct err *err)
{
	if (!a->product)
		return REFUSE(err, PRODUCT_LABEL, "the product of this device is not in policy");
	if (!label_serves(a->label, a->product))
		return REFUSE(err, PRODUCT_LABEL, "label %s does not serve product %s",
		    a->label->name, a->product->name);
	return STATUS_OK;
}

static struct status judge_revocation(const struct attempt *a, struct err *err)
{
	if (a->look.revoked > 0)
		return REFUSE(err, IDEVID_REVOKED,
		    "a certificate in the path of %s %s is on its issuer's revocation list",
		    a->product->name, a->serial);
	if (a->look.stale > 0 && a->identity.anchor->crl == CRL_REQUIRED)
		return REFUSE(err, IDEVID_NO_CRL,
		    "%lld issuers below anchor %s have no current revocation list",
		    (long long)a->look.stale, a->identity.anchor->name);
	return STATUS_OK;
}

/* Two keys for one serial number: a clone, or the manufacturer's mistake. Somebody must look. */
static struct status refuse_clone(struct attempt *a, const char *what, struct err *err)
{
	a->alarm = "clone";
	return REFUSE(err, DEVICE_CLONE, "%s %s %s", a->product->name, a->serial, what);
}

static struct status judge_clone(struct attempt *a, struct err *err)
{
	const struct enrollment_look *l = &a->look;
	const struct enrollment_key *own = &l->own_key;

	if (l->device_id && l->has_idevid_key &&
	    !digest_equal(&l->idevid_key, &a->identity.key_digest))
		return refuse_clone(a, "is known with another IDevID key", err);
	if (own->kind != KEY_ABSENT &&
	    (own->kind != KEY_IDEVID || l->device_id == 0 || own->device_id != l->device_id))
		return refuse_clone(a, "presents the key of another identity", err);
	if (l->wait != WAIT_NONE && !digest_equal(&l->wait_idevid, &a->identity.certificate_digest))
		return refuse_clone(a, "waits for approval with another IDevID", err);
	return STATUS_OK;
}

static struct status judge_state(const struct attempt *a, struct err *err)
{
	if (a->look.own_key.compromised)
		return REFUSE(err, KEY_COMPROMISED,
		    "the key that authenticates %s %s is compromised", a->product->name, a->serial);
	if (a->look.state == DEVICE_SUSPENDED)
		return REFUSE(
		    err, DEVICE_SUSPENDED, "%s %s is suspended", a->product->name, a->serial);
	if (a->look.state == DEVICE_RETIRED)
		return REFUSE(err, DEVICE_RETIRED, "%s %s is retired", a->product->name, a->serial);
	return STATUS_OK;
}

static struct status judge_key(const struct attempt *a, struct err *err)
{
	const struct enrollment_look *l = &a->look;
	const struct digest *key = &a->csr.key_digest;

	if (l->key.kind == KEY_IDEVID ||
	    (a->client == CLIENT_IDEVID && digest_equal(key, &a->identity.key_digest)) ||
	    (l->has_idevid_key && digest_equal(key, &l->idevid_key)))
		return REFUSE(err, KEY_IDEVID, "the key of the request is that of an IDevID");
	if (l->key.compromised)
		return REFUSE(err, KEY_COMPROMISED, "the key of the request is compromised");
	if (l->key.kind != KEY_ABSENT && (l->device_id == 0 || l->key.device_id != l->device_id))
		return REFUSE(err, KEY_REUSED, "another identity than %s %s has used this key",
		    a->product->name, a->serial);
	return STATUS_OK;
}

/* A device row alone says little: an open label makes one for any unit that turns up. */
static struct status judge_announced(const struct attempt *a, struct err *err)
{
	if (a->label->registration == REGISTRATION_REQUIRED && !a->look.announced)
		return REFUSE(
		    err, DEVICE_UNKNOWN, "%s %s is not registered", a->product->name, a->serial);
	return STATUS_OK;
}

static struct status judge_registration(const struct attempt *a, struct err *err)
{
	TRY(judge_announced(a, err));
	if (a->label->registration == REGISTRATION_APPROVAL && a->look.wait == WAIT_REJECTED)
		return REFUSE(err, REGISTRATION_REJECTED,
		    "enrollment %lld of %s %s with this key was rejected",
		    (long long)a->look.wait_id, a->product->name, a->serial);
	return STATUS_OK;
}

static struct status judge_idevid(struct attempt *a, struct err *err)
{
	TRY(judge_revocation(a, err));
	TRY(judge_product(a, err));
	TRY(judge_clone(a, err));
	TRY(judge_state(a, err));
	TRY(judge_key(a, err));
	return judge_registration(a, err);
}

/* Of the label that it is renewed at: that one gives the new certificate. */
static struct renewal_window window_of(const struct attempt *a)
{
	const struct certificate_view *v = &a->ldevid.view;

	return renewal_window(a->label, v->not_before, v->not_after);
}

static struct status judge_validity(const struct attempt *a, struct err *err)
{
	const struct certificate_view *v = &a->ldevid.view;
	const struct renewal_window w = window_of(a);
	char text[TIME_TEXT_SIZE];

	if (a->now > w.grace) {
		time_text(v->not_after, text);
		return REFUSE(err, LDEVID_EXPIRED,
		    "the client's certificate ended at %s; label %s grants %lld s after that", text,
		    a->label->name, (long long)a->label->renew_grace);
	}
	if (a->now < v->not_before) {
		time_text(v->not_before, text);
		return REFUSE(
		    err, LDEVID_NOT_YET_VALID, "the client's certificate begins at %s", text);
	}
	return STATUS_OK;
}

/* A lost answer is repeated whenever it is asked for. */
static struct status judge_early(const struct attempt *a, struct err *err)
{
	const struct renewal_window w = window_of(a);
	char text[TIME_TEXT_SIZE];

	if (a->label->renew_early == RENEW_EARLY_ALLOW || a->now >= w.opens || a->look.resend_id)
		return STATUS_OK;
	time_text(w.opens, text);
	return REFUSE(err, RENEW_EARLY, "label %s renews the client's certificate from %s on",
	    a->label->name, text);
}

static struct status judge_revoked(const struct attempt *a, struct err *err)
{
	char device[2 * IDENTITY_TEXT_MAX + 2];

	snprintf(device, sizeof(device), "%s %s", a->product->name, a->serial);
	return ldevid_check_revocation(a->look.certificate_reason, device, err);
}

/*
 * Who enrolled at a label was registered there once and for all. A certificate of another label is
 * no way around the registration of this one.
 */
static struct status judge_moved(const struct attempt *a, struct err *err)
{
	if (a->look.label_id == a->label->id)
		return STATUS_OK;
	if (a->label->registration == REGISTRATION_APPROVAL)
		return REFUSE(err, LDEVID_LABEL,
		    "the client's certificate was not issued at label %s, where enrollments wait "
		    "for approval",
		    a->label->name);
	return judge_announced(a, err);
}

static struct status judge_ldevid(struct attempt *a, struct err *err)
{
	if (a->look.certificate_id == 0 || !a->vouched)
		return REFUSE(err, LDEVID_NOT_STORED,
		    "authority %s has not issued the client's certificate to a device, or not as it is",
		    a->ldevid.issuer->name);
	TRY(judge_product(a, err));
	TRY(judge_state(a, err));
	TRY(judge_revoked(a, err));
	TRY(judge_validity(a, err));
	if (a->look.profile_id != a->label->profile->id)
		return REFUSE(err, LDEVID_LABEL,
		    "the client's certificate was not issued under profile %s of label %s",
		    a->label->profile->name, a->label->name);
	TRY(judge_moved(a, err));
	TRY(judge_key(a, err));
	TRY(attempt_same_names(a, err));
	return judge_early(a, err);
}

struct status attempt_judge(struct attempt *a, struct err *err)
{
	return a->client == CLIENT_LDEVID ? judge_ldevid(a, err) : judge_idevid(a, err);
}

bool attempt_may_be_first(const struct attempt *a)
{
	struct err ignored = {0};

	return a->client == CLIENT_IDEVID && a->label->registration != REGISTRATION_APPROVAL &&
	       judge_product(a, &ignored).ok &&
	       !digest_equal(&a->csr.key_digest, &a->identity.key_digest);
}

/* However many keys a device makes, the store grows by so many certificates a day. */
struct status attempt_within_limit(
    const struct attempt *a, int64_t *ret_retry_after, struct err *err)
{
	const int64_t again = a->look.limit_at + LABEL_LIMIT_SECONDS;

	if (a->look.limit_at == 0 || a->now >= again)
		return STATUS_OK;
	*ret_retry_after = again - a->now;
	return REFUSE(err, DEVICE_LIMIT,
	    "%s %s has had %lld certificates of label %s within 24 hours", a->product->name,
	    a->serial, (long long)a->label->device_limit, a->label->name);
}
