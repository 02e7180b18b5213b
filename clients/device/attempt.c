/* clients/device/attempt.c: see attempt.h. */
#include "clients/device/attempt.h"

#include <string.h>

#include "clients/device/csr.h"

#define STANDARD_ALGORITHM "EC-P256"
#define BINDING_TRIES      3 /* a server that drops each connection after an answer is not served */

/* What one round on one connection has gathered. */
struct round {
	struct certs cacerts;
	struct csrattrs wishes;
	struct certs answer;
	struct device_key *key;
};

static void round_auto(struct round *r)
{
	certs_free(&r->cacerts);
	certs_free(&r->answer);
	csrattrs_free(&r->wishes);
	device_key_free(r->key);
}

/* ---- the key ---- */

/* What the user says, else what the server asks, else what we have, else the standard. */
static struct status choose_algorithm(const struct attempt *a, const struct csrattrs *wishes,
    const struct key_algorithm **ret_algorithm, struct err *err)
{
	const char *told = a->device->config.algorithm;
	const struct key_algorithm *chosen;

	if (told)
		chosen = key_algorithm_by_name(told);
	else if (wishes->key_unknown[0])
		return err_refuse(err, WHY(CSRATTRS),
		    "the server wants a key that is not known here: %s", wishes->key_unknown);
	else if (wishes->key)
		chosen = wishes->key;
	else if (a->operation == OPERATION_RENEW)
		chosen = a->shown->key->algorithm;
	else
		chosen = key_algorithm_by_name(STANDARD_ALGORITHM);
	if (!chosen || !key_algorithm_available(chosen))
		return err_refuse(err, WHY(ALGORITHM), "this OpenSSL has no %s",
		    chosen ? chosen->name
		    : told ? told
			   : "such key");
	*ret_algorithm = chosen;
	return STATUS_OK;
}

/* The key of an attempt that was begun before, if it is there and still what is wanted. */
static bool reuse_key(
    const struct attempt *a, const struct key_algorithm *wanted, struct device_key **ret_key)
{
	struct signet_device *d = a->device;
	AUTO_REF(device_key) key = NULL;
	AUTO_REF(device_key) same = NULL;
	struct err ignored = {0};

	if (d->state.phase != PENDING_ASKED || d->state.operation != (int)a->operation)
		return false;
	if (!d->store->ops->key_open(d->store, (uint32_t)d->state.generation, &key, &ignored).ok)
		return false;
	if (a->same_key_as) {
		if (!d->store->ops->key_open(d->store, a->same_key_as, &same, &ignored).ok ||
		    !span_equal(buf_span(&same->spki), buf_span(&key->spki)))
			return false;
	} else if (key->algorithm != wanted) {
		return false;
	}
	*ret_key = TAKE(key);
	return true;
}

static struct status begin(const struct attempt *a, const struct key_algorithm *algorithm,
    struct round *r, struct err *err)
{
	struct signet_device *d = a->device;
	uint32_t generation;

	TRY(d->store->ops->highest(d->store, &generation, err));
	if (generation == UINT32_MAX)
		return err_refuse(err, WHY(STORE), "the store is out of generation numbers");
	generation++;
	if (a->same_key_as) {
		TRY(d->store->ops->key_share(d->store, a->same_key_as, generation, &r->key, err));
	} else {
		device_progress(d, "making a key (%s)", algorithm->name);
		TRY(d->store->ops->key_make(d->store, generation, algorithm, &r->key, err));
	}
	d->state.generation = generation;
	d->state.phase = PENDING_ASKED;
	d->state.operation = (int)a->operation;
	d->state.since = device_time_now(d).now;
	d->state.retry_at = 0;
	return state_save(d->store, &d->state, err);
}

static struct status prepare_key(const struct attempt *a, struct round *r, struct err *err)
{
	const struct key_algorithm *algorithm = NULL;

	if (!a->same_key_as)
		TRY(choose_algorithm(a, &r->wishes, &algorithm, err));
	if (reuse_key(a, algorithm, &r->key))
		return STATUS_OK;
	return begin(a, algorithm, r, err);
}

/* ---- the request ---- */

/* RFC 7030 section 4.2.2: in a renewal "the Subject field and SubjectAltName extension MUST be
 * identical to the corresponding fields in the certificate being renewed". */
static void names_for_renewal(const struct attempt *a, struct buf *subject, struct buf *extensions)
{
	AUTO(buf) san = {0};
	bool critical = false;

	cert_subject(a->shown->chain.items[0], subject);
	if (cert_san(a->shown->chain.items[0], &san, &critical))
		csr_san_extensions(buf_span(&san), critical, extensions);
}

static void names_for_enrollment(const struct attempt *a, const struct csrattrs *wishes,
    struct buf *subject, struct buf *extensions)
{
	AUTO(buf) own = {0};
	AUTO(buf) san = {0};
	bool critical = false;

	cert_subject(a->shown->chain.items[0], &own);
	(void)cert_san(a->shown->chain.items[0], &san, &critical);
	csr_subject(buf_span(&wishes->subject), buf_span(&own), subject);
	csr_extensions(buf_span(&wishes->extensions), buf_span(&san), extensions);
}

/* Does the signature algorithm that the server names work with our key? */
static const struct signature_algorithm *fitting(
    const struct signature_algorithm *wished, const struct key_algorithm *key)
{
	return wished && strcmp(wished->evp_type, key->evp_type) == 0 ? wished : NULL;
}

static struct status make_request(const struct attempt *a, const struct round *r,
    const struct session *s, bool bind, struct buf *out, struct err *err)
{
	AUTO(buf) subject = {0};
	AUTO(buf) extensions = {0};
	struct csr_wish wish = {.key = r->key};
	struct err none = {0};

	if (a->operation == OPERATION_RENEW)
		names_for_renewal(a, &subject, &extensions);
	else
		names_for_enrollment(a, &r->wishes, &subject, &extensions);
	wish.subject = buf_span(&subject);
	wish.extensions = buf_span(&extensions);
	wish.signature = fitting(r->wishes.signature, r->key->algorithm);
	/* Bound wherever it can be; where the server demands it and it cannot be, there is no
	 * request. */
	if (r->wishes.binding)
		TRY(session_binding(s, &wish.binding, err));
	else if (bind)
		(void)session_binding(s, &wish.binding, &none).ok;
	return csr_make(&wish, out, err);
}

/*
 * Send the request on the connection that it is bound to. When that one is gone, libcurl has opened
 * another, by itself, and the server has rightly refused a request that was bound to the first:
 * bind to the new one and ask again. A server that ends the connection after every answer can only
 * be asked unbound; that is the last try, unless it demands a binding: then it is broken, which is
 * no refusal.
 */
static struct status send_request(
    const struct attempt *a, struct round *r, struct session *s, struct err *err)
{
	struct signet_device *d = a->device;
	bool renew = a->operation == OPERATION_RENEW;

	for (int try = 1; try <= BINDING_TRIES; try++) {
		bool bind = r->wishes.binding || try < BINDING_TRIES;
		AUTO(buf) csr = {0};
		struct err why = {0};

		TRY(make_request(a, r, s, bind, &csr, err));
		if (est_enroll(s, renew, buf_span(&csr), &r->answer, &d->said, &why).ok)
			return STATUS_OK;
		if (!bind || !d->said.moved || d->said.http_status < 400 ||
		    d->said.http_status >= 500) {
			*err = why;
			return STATUS_FAILED;
		}
	}
	return err_refuse(err, WHY(NETWORK_BROKEN),
	    "%s demands a request that is bound to its connection, and ends each connection before it",
	    d->config.server);
}

/* Without the spaces around it, which do not count. */
static const char *serial_text(struct buf *serial)
{
	struct span trimmed = span_trim(buf_span(serial));

	memmove(serial->p, trimmed.p, trimmed.n);
	serial->n = trimmed.n;
	return buf_cstr(serial);
}

static struct status verify_answer(
    const struct attempt *a, const struct round *r, struct certs *ret_chain, struct err *err)
{
	struct signet_device *d = a->device;
	AUTO(buf) serial = {0};
	struct issued_check check = {
	    .spki = buf_span(&r->key->spki),
	    .anchors = &d->anchors,
	    .intermediates = &r->cacerts,
	    .time = device_time_now(d),
	};

	if (cert_unit_serial(a->shown->chain.items[0], &serial))
		check.unit_serial = serial_text(&serial);
	return verify_issued(&check, &r->answer, ret_chain, err);
}

/* The certificate first, then the record that says it is there. */
static struct status stage(const struct attempt *a, const struct certs *chain, struct err *err)
{
	struct signet_device *d = a->device;
	AUTO(buf) pem = {0};
	int64_t begins, ends;

	for (size_t i = 0; i < chain->count; i++)
		cert_to_pem(chain->items[i], &pem);
	TRY(d->store->ops->cert_save(d->store, (uint32_t)d->state.generation, buf_span(&pem), err));
	cert_times(chain->items[0], &begins, &ends);
	device_time_proven(d, begins);
	renewal_wished(d, (uint32_t)d->state.generation, chain->items[0]);
	d->state.phase = PENDING_STAGED;
	d->state.since = device_time_now(d).now;
	d->state.retry_at = 0;
	TRY(state_save(d->store, &d->state, err));
	device_progress(d, "certificate received and verified; staged as generation %u",
	    (unsigned)d->state.generation);
	return STATUS_OK;
}

/* One round: everything over one connection. */
static struct status ask_once(const struct attempt *a, struct err *err)
{
	AUTO(round) r = {0};
	AUTO(certs) chain = {0};
	AUTO_REF(session) s = NULL;
	struct signet_device *d = a->device;
	struct session_config config = {
	    .server = d->config.server,
	    .label = d->config.label,
	    .anchors = &d->anchors,
	    .time = device_time_now(d),
	    .identity = &a->shown->chain,
	    .key = a->shown->key,
	};

	TRY(session_open(&config, &s, err));
	TRY(est_cacerts(s, &r.cacerts, &d->said, err));
	TRY(trust_learn(d, &r.cacerts, err));
	TRY(est_csrattrs(s, &r.wishes, &d->said, err));
	TRY(prepare_key(a, &r, err));
	TRY(send_request(a, &r, s, err));
	TRY(verify_answer(a, &r, &chain, err));
	return stage(a, &chain, err);
}

/* ---- patience ---- */

static struct status note_pending(const struct attempt *a, struct err *err)
{
	struct signet_device *d = a->device;
	int64_t after = d->said.retry_after > 0 ? d->said.retry_after : PENDING_SECONDS;

	d->state.retry_at = device_time_now(d).now + after;
	return state_save(d->store, &d->state, err);
}

struct status attempt_run(struct attempt *a, struct err *err)
{
	struct signet_device *d = a->device;

	for (;;) {
		struct err why = {0};
		int64_t pause;

		device_progress(d, "%s at %s%s%s", operation_names[a->operation], d->config.server,
		    d->config.label ? ", label " : "", d->config.label ? d->config.label : "");
		if (ask_once(a, &why).ok)
			return STATUS_OK;
		if (device_reason_is(&why, WHY_PENDING)) {
			TRY(note_pending(a, err));
			pause = retry_pending(a->retry, d->said.retry_after);
		} else if (device_reason_transient(&why)) {
			pause = retry_trouble(a->retry, d->said.retry_after);
		} else {
			pause = -1;
		}
		if (pause < 0) {
			*err = why;
			return STATUS_FAILED;
		}
		device_progress(d, "%s; asking again in %lld s", why.message,
		    (long long)((pause + 999) / 1000));
		d->hooks.sleep(d->hooks.context, pause);
	}
}
