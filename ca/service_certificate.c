/* ca/service_certificate.c: see service_certificate.h. */
#include "ca/service_certificate.h"

#include "base/json.h"
#include "ca/act.h"
#include "ca/certificate.h"
#include "ca/certificate_record.h"
#include "ca/csr.h"
#include "ca/extension.h"
#include "ca/issue.h"
#include "ca/name.h"
#include "ca/reason.h"
#include "ca/service_name.h"
#include "sql/service_certificate.h"

#define DAY INT64_C(86400)

/* What a wish comes to, piece by piece. */
struct making {
	const struct service_wish *wish;
	struct arena *arena;
	const struct profile *profile;
	struct service_names names;
	struct issue_subject subject;
	struct csr csr;
	struct issued issued;
	const char *subject_text;
	int64_t renews;
};

/* ---- what is asked for ---- */

static struct status find_profile(struct making *m, struct err *err)
{
	m->profile = policy_profile(m->wish->policy, m->wish->profile);
	if (!m->profile)
		return REFUSE(
		    err, SERVICE_PROFILE, "there is no profile '%.63s'", m->wish->profile);
	if (m->profile->use != USE_SERVICE)
		return REFUSE(
		    err, SERVICE_PROFILE, "profile '%.63s' is not for services", m->wish->profile);
	return STATUS_OK;
}

static struct status read_names(struct making *m, struct err *err)
{
	const struct str_list *dns = m->wish->dns;
	char why[200];

	if (dns->count > SERVICE_NAMES_MAX || m->wish->ip->count > SERVICE_NAMES_MAX)
		return REFUSE(err, SERVICE_NAME, "more than %d names", SERVICE_NAMES_MAX);
	if (dns->count + m->wish->ip->count == 0)
		return REFUSE(err, SERVICE_NAME, "neither a host name nor an address");
	for (size_t i = 0; i < dns->count; i++)
		if (!service_dns_permitted(m->profile, dns->items[i], why, sizeof(why)))
			return REFUSE(err, SERVICE_NAME, "%s", why);
	m->names.dns = (const char *const *)dns->items;
	m->names.dns_count = dns->count;
	return STATUS_OK;
}

static struct status read_addresses(struct making *m, struct err *err)
{
	const struct str_list *ip = m->wish->ip;
	struct service_address *addresses = arena_alloc(m->arena, ip->count * sizeof(*addresses));

	for (size_t i = 0; i < ip->count; i++) {
		if (!service_address_read(ip->items[i], &addresses[i]))
			return REFUSE(err, SERVICE_NAME, "\"%.64s\" is no address", ip->items[i]);
		if (!service_ip_permitted(m->profile, &addresses[i]))
			return REFUSE(
			    err, SERVICE_NAME, "\"%.64s\" is none of its permit_ip", ip->items[i]);
	}
	m->names.ip = addresses;
	m->names.ip_count = ip->count;
	return STATUS_OK;
}

static void fill_subject(struct making *m)
{
	const struct service_names *n = &m->names;
	struct span *ip = arena_alloc(m->arena, n->ip_count * sizeof(*ip));

	for (size_t i = 0; i < n->ip_count; i++)
		ip[i] = span(n->ip[i].octets, n->ip[i].n);
	m->subject = (struct issue_subject){.dns = n->dns_count ? n->dns[0] : NULL,
	    .more_dns = n->dns_count ? n->dns + 1 : NULL,
	    .more_dns_count = n->dns_count ? n->dns_count - 1 : 0,
	    .ip = n->ip_count ? ip[0] : SPAN_NONE,
	    .more_ip = n->ip_count ? ip + 1 : NULL,
	    .more_ip_count = n->ip_count ? n->ip_count - 1 : 0};
}

static struct status read_request(struct making *m, struct buf *der, struct err *err)
{
	char why[200];

	TRY(csr_parse_text(m->wish->csr, der, &m->csr, err));
	if (!service_names_cover(&m->names, m->csr.subject, m->csr.san, why, sizeof(why)))
		return REFUSE(err, SERVICE_CSR_NAME, "the request asks for %s", why);
	return STATUS_OK;
}

/* ---- is the key free for it ---- */

static struct span san_of(const struct certificate_view *v)
{
	const struct extension *e = certificate_extension(v, OID_SUBJECT_ALT_NAME);

	return e ? e->value : SPAN_NONE;
}

/* Do both certificates say the same names? */
static bool same_names(struct span a, struct span b)
{
	struct certificate_view x, y;
	struct err err = {0};

	return certificate_read(a, &x, &err).ok && certificate_read(b, &y, &err).ok &&
	       span_equal(x.subject, y.subject) && span_equal(san_of(&x), san_of(&y));
}

static struct status judge_key(struct making *m, const struct service_known *k, struct err *err)
{
	if (!k->key_known)
		return STATUS_OK;
	if (!k->key_usable)
		return REFUSE(
		    err, SERVICE_KEY, "the key is compromised, or is not that of a service");
	if (!k->id || k->profile_id != m->profile->id ||
	    !same_names(k->der, buf_span(&m->issued.der)))
		return REFUSE(err, SERVICE_KEY, "the key was certified for something else");
	m->renews = k->id;
	return STATUS_OK;
}

static struct status judge(struct making *m, struct db *db, struct err *err)
{
	struct service_known known;
	char text[NAME_TEXT_SIZE];

	name_text(buf_span(&m->issued.subject), text, sizeof(text));
	m->subject_text = arena_strdup(m->arena, text);
	TRY(service_certificate_look(db, &m->issued.key_digest, m->subject_text, m->wish->now - DAY,
	    SERVICE_DAY_MAX, m->arena, &known, err));
	if (known.recent >= SERVICE_DAY_MAX)
		return REFUSE(err, SERVICE_LIMIT, "%.200s has had %d certificates in a day",
		    m->subject_text, SERVICE_DAY_MAX);
	return judge_key(m, &known, err);
}

/* ---- what is kept ---- */

static struct status store(
    struct making *m, struct db *db, const struct rng *rng, int64_t *ret_id, struct err *err)
{
	AUTO(log_line) line = {0};
	AUTO(buf) record = {0};
	const struct issued *i = &m->issued;
	const struct certificate_columns columns = {.der = buf_span(&i->der),
	    .authority_id = m->profile->authority->id,
	    .profile_id = m->profile->id,
	    .renews = m->renews};
	const struct service_issue issue = {.certificate = {.authority_id = columns.authority_id,
						.serial = SPAN_OF(i->serial),
						.key_digest = i->key_digest,
						.subject = buf_span(&i->subject),
						.not_before = i->not_before,
						.not_after = i->not_after,
						.der = columns.der,
						.shard = i->shard,
						.key_algorithm = m->csr.key_algorithm->name},
	    .profile_id = m->profile->id,
	    .renews = m->renews,
	    .subject_text = m->subject_text};
	struct err why = {0};

	certificate_record(&columns, &record);
	TRY(log_line_make("certificate.issued", m->wish->now, rng, buf_span(&record), &line, err));
	if (service_certificate_store(db, &issue, &line, ret_id, &why).ok)
		return STATUS_OK;
	if (why.kind == ERR_CONFLICT)
		return REFUSE(err, SERVICE_KEY, "the key has just been used by somebody else");
	*err = why;
	return STATUS_FAILED;
}

/* The certificate's own entry does not say who had it made. */
static struct status record(struct making *m, struct db *db, const struct rng *rng, int64_t id,
    const char *serial, struct err *err)
{
	const struct service_wish *w = m->wish;
	struct policy_act act = {.who = w->by->name,
	    .person = w->by->person,
	    .approvers = w->approvers,
	    .approver_count = w->approver_count,
	    .request_id = w->request_id,
	    .act = "service-certificate.created",
	    .kind = "service-certificate",
	    .name = m->profile->name,
	    .at = w->now};
	AUTO(buf) document = {0};
	struct json j = {.out = &document};

	json_object_begin(&j, NULL);
	json_int(&j, "id", id);
	json_str(&j, "profile", m->profile->name);
	json_str(&j, "serial_number", serial);
	json_str(&j, "subject", m->subject_text);
	if (m->renews)
		json_int(&j, "renews", m->renews);
	json_object_end(&j);
	act.document = buf_span(&document);
	return policy_record(db, &act, rng, err);
}

static const char *chain_pem(const struct making *m)
{
	AUTO(buf) pem = {0};

	issued_put_chain(m->profile->authority, buf_span(&m->issued.der), m->wish->now, &pem);
	return arena_strndup(m->arena, (const char *)pem.p, pem.n);
}

static struct status make(struct making *m, struct db *db, const struct rng *rng,
    struct service_made *ret_made, struct err *err)
{
	AUTO(buf) der = {0};
	char *serial = arena_alloc(m->arena, 2 * SERIAL_SIZE + 1);
	int64_t id;

	TRY(find_profile(m, err));
	TRY(read_names(m, err));
	TRY(read_addresses(m, err));
	fill_subject(m);
	TRY(read_request(m, &der, err));
	TRY(issue_certificate(m->profile, &m->subject, m->csr.spki, m->csr.key_algorithm,
	    m->wish->now, rng, &m->issued, err));
	TRY(judge(m, db, err));
	TRY(store(m, db, rng, &id, err));
	hex_text(SPAN_OF(m->issued.serial), serial);
	TRY(record(m, db, rng, id, serial, err));
	*ret_made = (struct service_made){.id = id,
	    .renews = m->renews,
	    .serial = serial,
	    .pem = chain_pem(m),
	    .not_before = m->issued.not_before,
	    .not_after = m->issued.not_after};
	return STATUS_OK;
}

struct status service_certificate_make(struct db *db, const struct service_wish *wish,
    const struct rng *rng, struct arena *arena, struct service_made *ret_made, struct err *err)
{
	struct making m = {.wish = wish, .arena = arena};
	struct status done = make(&m, db, rng, ret_made, err);

	issued_free(&m.issued);
	return done;
}
