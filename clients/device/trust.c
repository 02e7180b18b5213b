/*
 * clients/device/trust.c: whom does the device believe? RFC 7030 section 4.1.1.
 *
 * With a CA file: its certificates. With a pin: the server's cacerts are fetched in quarantine,
 * over a connection of which nothing is believed and to which no identity is shown; the certificate
 * with the pinned fingerprint is picked out and nothing else; then a new connection must verify
 * against it, name and all. Without either, and with nothing stored, the device refuses.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "clients/device/device_internal.h"

#define CA_FILE_MAX STORE_RECORD_MAX

/* A certificate cannot be older than its own beginning: time has reached that. */
static void prove_time(struct signet_device *d)
{
	int64_t begins, ends;

	for (size_t i = 0; i < d->anchors.count; i++) {
		cert_times(d->anchors.items[i], &begins, &ends);
		device_time_proven(d, begins);
	}
}

struct status trust_load(struct signet_device *d, struct err *err)
{
	AUTO(buf) pem = {0};
	struct err why = {0};

	if (!d->store->ops->load(d->store, STORE_ANCHORS, &pem, &why).ok)
		return why.kind == ERR_MISSING ? STATUS_OK : device_wrap(err, WHY(STORE), &why);
	if (!certs_from_pem(buf_span(&pem), &d->anchors, &why).ok)
		return device_wrap(err, WHY(STORE), &why);
	return STATUS_OK;
}

static struct status save(struct signet_device *d, struct err *err)
{
	AUTO(buf) pem = {0};

	for (size_t i = 0; i < d->anchors.count; i++)
		cert_to_pem(d->anchors.items[i], &pem);
	TRY(d->store->ops->save(d->store, STORE_ANCHORS, buf_span(&pem), err));
	prove_time(d);
	return state_save(d->store, &d->state, err);
}

static struct status from_ca_file(struct signet_device *d, struct err *err)
{
	AUTO(buf) pem = {0};
	AUTO(certs) found = {0};
	struct err why = {0};

	if (!file_read(d->ca_file, CA_FILE_MAX, &pem, &why).ok ||
	    !certs_from_pem(buf_span(&pem), &found, &why).ok)
		return err_refuse(err, WHY(CA_FILE), "CA file '%s': %s", d->ca_file, why.message);
	certs_free(&d->anchors);
	d->anchors = found;
	found = (struct certs){0};
	return save(d, err);
}

static X509 *find_pinned(const struct certs *list, const char *pin)
{
	char text[2 * SHA256_SIZE + 1];

	for (size_t i = 0; i < list->count; i++) {
		struct digest d = cert_digest(list->items[i]);

		hex_text(SPAN_OF(d.bytes), text);
		if (span_equal_str(span_str(text), pin))
			return list->items[i];
	}
	return NULL;
}

/* cacerts from a server that is not believed, or (with anchors) is verified. */
static struct status fetch(
    struct signet_device *d, bool quarantine, struct certs *ret_list, struct err *err)
{
	AUTO_REF(session) s = NULL;
	struct session_config config = {
	    .server = d->config.server,
	    .label = d->config.label,
	    .anchors = &d->anchors,
	    .quarantine_unverified = quarantine,
	    .time = device_time_now(d),
	};

	TRY(session_open(&config, &s, err));
	return est_cacerts(s, ret_list, &d->said, err);
}

static struct status from_pin(struct signet_device *d, struct err *err)
{
	AUTO(certs) offered = {0};
	AUTO(certs) again = {0};
	X509 *root;

	device_progress(d, "looking for the pinned root at %s", d->config.server);
	TRY(fetch(d, true, &offered, err));
	root = find_pinned(&offered, d->config.pin);
	if (!root)
		return err_refuse(err, WHY(PIN),
		    "none of the %zu certificates that %s offers has the fingerprint %.16s...",
		    offered.count, d->config.server, d->config.pin);
	certs_free(&d->anchors);
	TRY(certs_add(&d->anchors, cert_share(root), err));
	prove_time(d);
	if (!fetch(d, false, &again, err).ok) {
		certs_free(&d->anchors);
		return STATUS_FAILED;
	}
	device_progress(d, "the server is verified by the pinned root");
	return save(d, err);
}

struct status trust_ready(struct signet_device *d, struct err *err)
{
	if (d->ca_file)
		return from_ca_file(d, err);
	if (d->anchors.count && (!d->pin_given || find_pinned(&d->anchors, d->config.pin)))
		return STATUS_OK;
	if (!d->config.pin)
		return err_refuse(err, WHY(NO_TRUST),
		    "there is neither a pin nor a CA file to trust %s by", d->config.server);
	return from_pin(d, err);
}

/* ---- the root that follows ---- */

static bool is_anchor(const struct signet_device *d, X509 *cert)
{
	for (size_t i = 0; i < d->anchors.count; i++)
		if (X509_cmp(d->anchors.items[i], cert) == 0)
			return true;
	return false;
}

/* Does the list hold a certificate of this root's name and key to which our anchors lead? */
static bool vouched_for(const struct signet_device *d, X509 *root, const struct certs *offered)
{
	struct device_time time = device_time_now(d);
	AUTO(buf) spki = {0};

	cert_spki(root, &spki);
	for (size_t i = 0; i < offered->count; i++) {
		X509 *link = offered->items[i];
		AUTO(buf) link_spki = {0};

		if (link == root || X509_cmp(link, root) == 0 ||
		    X509_NAME_cmp(X509_get_subject_name(link), X509_get_subject_name(root)) != 0)
			continue;
		cert_spki(link, &link_spki);
		if (span_equal(buf_span(&spki), buf_span(&link_spki)) &&
		    verify_authority(link, &d->anchors, offered, &time))
			return true;
	}
	return false;
}

static bool has_ended(const struct signet_device *d, X509 *cert)
{
	int64_t begins, ends;

	cert_times(cert, &begins, &ends);
	return ends <= device_time_now(d).now;
}

/* Self-signed for good: a certificate that only names itself as its issuer is none. */
static bool is_root(X509 *cert)
{
	bool good = cert_self_issued(cert) && X509_check_ca(cert) == 1 &&
		    X509_verify(cert, X509_get0_pubkey(cert)) == 1;

	ERR_clear_error();
	return good;
}

/* One round over the list: what is trusted at its end may vouch for more. */
static struct status learn_once(
    struct signet_device *d, const struct certs *offered, struct err *err)
{
	for (size_t i = 0; i < offered->count; i++) {
		X509 *root = offered->items[i];

		if (is_anchor(d, root) || has_ended(d, root) || !is_root(root) ||
		    !vouched_for(d, root, offered))
			continue;
		device_progress(d, "the server's root has a successor; it is trusted from now on");
		TRY(certs_add(&d->anchors, cert_share(root), err));
	}
	return STATUS_OK;
}

/* A root that has ended verifies nothing any more. The last one stays: to have none is worse. */
static void drop_ended(struct signet_device *d)
{
	struct certs kept = {0};
	struct err none = {0};

	for (size_t i = 0; i < d->anchors.count; i++)
		if (!has_ended(d, d->anchors.items[i]))
			(void)certs_add(&kept, cert_share(d->anchors.items[i]), &none).ok;
	if (kept.count == 0 || kept.count == d->anchors.count) {
		certs_free(&kept);
		return;
	}
	device_progress(d, "a root that has ended is no longer kept");
	certs_free(&d->anchors);
	d->anchors = kept;
}

struct status trust_learn(struct signet_device *d, const struct certs *offered, struct err *err)
{
	const size_t before = d->anchors.count;
	size_t last;

	do {
		last = d->anchors.count;
		TRY(learn_once(d, offered, err));
	} while (d->anchors.count > last);
	last = d->anchors.count;
	drop_ended(d);
	return last > before || d->anchors.count < last ? save(d, err) : STATUS_OK;
}
