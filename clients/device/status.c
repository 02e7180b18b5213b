/* clients/device/status.c: what the device knows about itself. Talks to nobody, changes nothing. */
#include "clients/device/device_internal.h"

static const char *keep(struct signet_device *d, struct buf *text)
{
	return text->n ? arena_strdup(&d->status_arena, buf_cstr(text)) : NULL;
}

static void describe(struct signet_device *d, X509 *cert, struct signet_status *st)
{
	AUTO(buf) subject = {0};
	AUTO(buf) issuer = {0};
	AUTO(buf) number = {0};
	AUTO(buf) spki = {0};
	const struct key_algorithm *algorithm = NULL;

	cert_name_text(X509_get_subject_name(cert), &subject);
	cert_name_text(X509_get_issuer_name(cert), &issuer);
	cert_number_text(cert, &number);
	cert_spki(cert, &spki);
	st->subject = keep(d, &subject);
	st->issuer = keep(d, &issuer);
	st->serial_number = keep(d, &number);
	cert_times(cert, &st->not_before, &st->not_after);
	st->renewal_due = renewal_due(d, st->generation, cert, 0);
	st->valid = st->not_after > st->effective_time;
	if (key_algorithm_of_spki(buf_span(&spki), &algorithm, &(struct err){0}).ok)
		st->algorithm = algorithm->name;
}

/* The LDevID; else the IDevID, when there is one that works; else none. */
static struct status describe_identity(
    struct signet_device *d, struct signet_status *st, struct err *err)
{
	AUTO(identity) mine = {0};
	AUTO(buf) cert = {0};
	AUTO(buf) key = {0};

	TRY(d->store->ops->current(d->store, &st->generation, err));
	if (st->generation) {
		TRY(identity_load(d, st->generation, &mine, err));
		st->identity = "LDevID";
		d->store->ops->paths(d->store, &cert, &key);
	} else if (identity_idevid(d, &mine, &(struct err){0}).ok) {
		st->identity = "IDevID";
		buf_put_str(&cert, d->config.idevid_cert);
		buf_put_str(&key, d->config.idevid_key);
	} else {
		st->identity = "none";
		return STATUS_OK;
	}
	st->cert_path = keep(d, &cert);
	st->key_path = keep(d, &key);
	describe(d, mine.chain.items[0], st);
	if (!st->generation)
		st->renewal_due = 0;
	return STATUS_OK;
}

/* It stands before everything else that may be pending. */
static struct status describe_reset(
    struct signet_device *d, struct signet_status *st, struct err *err)
{
	static const char *const phases[] = {
	    [RESET_TELLING] = "telling", [RESET_ERASING] = "erasing", [RESET_UNTOLD] = "untold"};
	struct reset_record record = {0};
	bool begun;

	TRY(reset_record_load(d->store, &record, &begun, &d->status_arena, err));
	if (!begun)
		return STATUS_OK;
	st->pending = phases[record.phase];
	st->pending_operation = "reset";
	st->pending_since = st->pending_retry_at = 0;
	return STATUS_OK;
}

static void describe_pending(struct signet_device *d, struct signet_status *st)
{
	/* Activated, but the power went before the record was cleared: nothing is pending. */
	if (d->state.phase == PENDING_NONE || d->state.generation == (int64_t)st->generation)
		return;
	st->pending = phase_names[d->state.phase];
	st->pending_operation = operation_names[d->state.operation];
	st->pending_since = d->state.since;
	st->pending_retry_at = d->state.retry_at;
}

struct status status_run(struct signet_device *d, struct signet_status *ret_status, struct err *err)
{
	struct signet_status st = {0};
	char digest[2 * SHA256_SIZE + 1];

	arena_free(&d->status_arena);
	st.clock = d->hooks.now(d->hooks.context);
	st.time_floor = d->state.time_floor;
	st.effective_time = device_time_now(d).now;
	st.server = d->config.server;
	st.label = d->config.label;
	if (d->anchors.count) {
		struct digest first = cert_digest(d->anchors.items[0]);

		hex_text(SPAN_OF(first.bytes), digest);
		st.anchor_digest = arena_strdup(&d->status_arena, digest);
	}
	TRY(describe_identity(d, &st, err));
	describe_pending(d, &st);
	TRY(describe_reset(d, &st, err));
	*ret_status = st;
	return STATUS_OK;
}
