/* server/ocsp_job.c: see ocsp_job.h. */
#include "server/ocsp_job.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/certificate.h"
#include "ca/ocsp_responder.h"
#include "server/server.h"
#include "server/staple.h"

/* Behind our own headers: it has macros of names that they have. */
#include <openssl/x509v3.h>

/* A policy that changed, a certificate of ours that was renewed: seen within that. */
#define LOOK_MS 1000
/* Responders: whether one is due, revoked, or can be had at last. */
#define KEEP_MS  15000
#define RETRY_MS 5000
/* After a revocation, which may be of a responder; not with each of a mass act. */
#define WOKEN_MS 2000
#define TIME_MS  10000
/* An alarm that nobody heeds is given again. */
#define ALARM_MS 3600000

DEFINE_AUTO_PTR(BIGNUM, BN_free)

struct trouble { /* of an authority */
	int64_t authority_id;
	int64_t alarm_at; /* monotonic: the next one */
};

struct ocsp_job {
	struct server *server;
	struct ocsp *ocsp;
	struct ocsp_responder_context context;
	uint32_t next_mark;
	pthread_t thread;
	int event_fd;
	atomic_bool stop;
	int64_t keep_at, kept_at; /* monotonic */
	struct trouble *troubles;
	size_t trouble_count;
	bool failing;
	/* the staple */
	uint64_t stapled; /* change of the certificate */
	int64_t staple_at;
	bool staple_failing;
	/* the time */
	int64_t time_at, time_kept;
};

/* ---- troubles ---- */

static struct trouble *trouble_of(struct ocsp_job *j, int64_t authority_id)
{
	for (size_t i = 0; i < j->trouble_count; i++)
		if (j->troubles[i].authority_id == authority_id)
			return &j->troubles[i];
	return NULL;
}

static void recovered(struct ocsp_job *j, const struct authority *a)
{
	struct trouble *t = trouble_of(j, a->id);

	if (!t)
		return;
	LOG(&j->server->log, LOG_INFO, "OCSP responder recovered", LOG_STR("authority", a->name));
	*t = j->troubles[--j->trouble_count];
}

/* Nobody but people can bring a key back: so they are told, once in a while. */
static void give_alarm(struct ocsp_job *j, const struct authority *a, const struct err *why)
{
	struct trouble *t = trouble_of(j, a->id);
	struct err err = {0};

	if (t && monotonic_ms() < t->alarm_at)
		return;
	LOG(&j->server->log, LOG_ERROR, "no OCSP responder", LOG_STR("authority", a->name),
	    LOG_STR("why", why->message), LOG_STR("cause", why->cause));
	if (!t) {
		j->troubles = mem_grow(j->troubles, (j->trouble_count + 1) * sizeof(*t));
		t = &j->troubles[j->trouble_count++];
		*t = (struct trouble){.authority_id = a->id};
	}
	/* The database being away is told by others, and no alarm could be written. */
	if (why->kind == ERR_DATABASE)
		return;
	if (ocsp_responder_alarm(&j->context, a, why->message, &err).ok) {
		t->alarm_at = monotonic_ms() + ALARM_MS;
		metric_add(&j->server->metrics, METRIC_ALARMS, 1);
	} else {
		LOG(&j->server->log, LOG_ERROR, "an alarm was not recorded",
		    LOG_STR("why", err.message), LOG_STR("cause", err.cause));
	}
}

/* ---- responders ---- */

static const struct ocsp_responder *of_authority(const struct ocsp_board *b, int64_t authority_id)
{
	for (size_t i = 0; b && i < b->count; i++)
		if (b->responders[i].authority_id == authority_id)
			return &b->responders[i];
	return NULL;
}

/* The same certificate read again is no other responder: what it has signed goes on being sent. */
static void choose(struct ocsp_job *j, struct ocsp_responder *r, struct ocsp_signer *found,
    const struct ocsp_responder *before)
{
	struct ocsp_signer *old = before ? before->signer : NULL;

	if (old && found &&
	    span_equal(buf_span(&old->certificate), buf_span(&found->certificate))) {
		ocsp_signer_release(found);
		found = ocsp_signer_keep(old);
	}
	r->signer = found;
	r->mark = found && found == old && before->validity == r->validity &&
			  before->max_age == r->max_age
		      ? before->mark
		      : ++j->next_mark;
}

static bool keep_one(struct ocsp_job *j, struct authority *a, struct ocsp_responder *r,
    const struct ocsp_responder *before)
{
	struct ocsp_signer *found = NULL;
	struct err err = {0};
	struct status kept;

	if (r->offline)
		return true;
	kept = ocsp_responder_keep(&j->context, a, &found, &err);
	/* While the store is away, who answered goes on. */
	if (!kept.ok && !found && err.kind == ERR_DATABASE && before && before->signer)
		found = ocsp_signer_keep(before->signer);
	choose(j, r, found, before);
	if (kept.ok)
		recovered(j, a);
	else
		give_alarm(j, a, &err);
	return kept.ok;
}

static bool keep_all(struct ocsp_job *j, const struct policy *policy)
{
	AUTO_REF(ocsp_board) before = ocsp_shown(j->ocsp);
	struct ocsp_board *board = ocsp_board_new(policy);
	bool all = true;

	for (size_t i = 0; i < board->count; i++) {
		struct ocsp_responder *r = &board->responders[i];

		all = keep_one(
			  j, &policy->authorities[i], r, of_authority(before, r->authority_id)) &&
		      all;
	}
	ocsp_show(j->ocsp, board);
	return all;
}

static void keep_responders(struct ocsp_job *j, const struct policy *policy, bool woken)
{
	AUTO_REF(ocsp_board) shown = ocsp_shown(j->ocsp);
	const int64_t now = monotonic_ms();
	bool due = now >= j->keep_at || !shown || shown->policy_version != policy->version;

	if (!due && woken && now - j->kept_at >= WOKEN_MS)
		due = true;
	if (!due) {
		if (woken && j->keep_at > j->kept_at + WOKEN_MS)
			j->keep_at = j->kept_at + WOKEN_MS;
		return;
	}
	j->kept_at = now;
	j->keep_at = now + (keep_all(j, policy) ? KEEP_MS : RETRY_MS);
}

/* ---- the staple ---- */

static int64_t ms_until(struct ocsp_job *j, int64_t seconds)
{
	return monotonic_ms() + (seconds - ocsp_now(j->ocsp)) * 1000;
}

/* NULL: of another authority than those of policy. */
static struct authority *issuer_of(const struct policy *policy, X509 *certificate)
{
	const ASN1_OCTET_STRING *id = X509_get0_authority_key_id(certificate);

	return id ? policy_authority_by_ski(
			policy, span(ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id)))
		  : NULL;
}

static struct status make_staple(struct ocsp_job *j, const struct policy *policy, X509 *certificate,
    struct ocsp_answer **ret_answer, struct err *err)
{
	const struct authority *a = issuer_of(policy, certificate);
	AUTO_PTR(BIGNUM) number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	uint8_t serial[CERTIFICATE_SERIAL_MAX];
	int n;

	*ret_answer = NULL;
	if (!a || !number || BN_num_bytes(number) > (int)sizeof(serial))
		return STATUS_OK;
	n = BN_bn2bin(number, serial);
	return ocsp_staple(j->ocsp, j->context.db, a, span(serial, (size_t)n), ret_answer, err);
}

static void tell_staple(struct ocsp_job *j, struct status made, const struct err *err)
{
	if (!made.ok && !j->staple_failing)
		LOG(&j->server->log, LOG_WARN, "no answer to staple", LOG_STR("why", err->message),
		    LOG_STR("cause", err->cause));
	j->staple_failing = !made.ok;
}

static void keep_staple(struct ocsp_job *j, const struct policy *policy, bool woken)
{
	struct ocsp_answer *answer = NULL;
	struct err err = {0};
	uint64_t change;
	AUTO_PTR(X509) certificate = staple_certificate(j->server->staple, &change);
	struct status made;

	if (!certificate || (change == j->stapled && !woken && monotonic_ms() < j->staple_at))
		return;
	made = make_staple(j, policy, certificate, &answer, &err);
	tell_staple(j, made, &err);
	j->stapled = change;
	j->staple_at = answer ? ms_until(j, answer->renew_at) : monotonic_ms() + RETRY_MS;
	/* What could not be made anew is not to be trusted: it may have been revoked. */
	staple_put(j->server->staple, change, answer);
}

/* ---- the time ---- */

static const char *time_path(const struct ocsp_job *j, char *path, size_t size)
{
	snprintf(path, size, "%s/ocsp-time", j->server->config->state_directory);
	return path;
}

static void load_time(struct ocsp_job *j)
{
	AUTO(buf) text = {0};
	struct err err = {0};
	char path[4096];
	int64_t kept;

	if (!file_read(time_path(j, path, sizeof(path)), 64, &text, &err).ok ||
	    !time_parse(buf_cstr(&text), &kept, &err).ok)
		return; /* none was kept */
	j->time_kept = kept;
	atomic_store(&j->ocsp->latest, kept);
}

static void keep_time(struct ocsp_job *j)
{
	const int64_t latest = atomic_load(&j->ocsp->latest);
	char path[4096], text[TIME_TEXT_SIZE];
	struct err err = {0};

	j->time_at = monotonic_ms() + TIME_MS;
	if (latest == j->time_kept)
		return;
	time_text(latest, text);
	if (file_replace(time_path(j, path, sizeof(path)), span_str(text), 0644, &err).ok)
		j->time_kept = latest;
	else
		LOG(&j->server->log, LOG_WARN, "the time of answers was not kept",
		    LOG_STR("why", err.message), LOG_STR("cause", err.cause));
}

/* ---- rounds ---- */

static void one_round(struct ocsp_job *j, bool woken)
{
	AUTO_REF(policy) policy = policy_current(j->server->policies);

	if (!policy)
		return;
	/* What was revoked first: it may be our own certificate. */
	if (woken)
		keep_staple(j, policy, true);
	keep_responders(j, policy, woken);
	keep_staple(j, policy, false);
	if (monotonic_ms() >= j->time_at)
		keep_time(j);
}

static bool await(struct ocsp_job *j)
{
	struct pollfd woken = {.fd = j->event_fd, .events = POLLIN};
	eventfd_t count;

	if (poll(&woken, 1, LOOK_MS) <= 0)
		return false;
	if (eventfd_read(j->event_fd, &count) != 0 && errno != EAGAIN)
		abort(); /* the descriptor is ours alone */
	return true;
}

static void *ocsp_job_main(void *context)
{
	struct ocsp_job *j = context;

	while (!atomic_load(&j->stop)) {
		bool woken = await(j);

		if (!atomic_load(&j->stop))
			one_round(j, woken);
	}
	keep_time(j);
	OPENSSL_thread_stop();
	return NULL;
}

/* ---- starting and stopping ---- */

static void job_free(struct ocsp_job *j)
{
	if (j->event_fd >= 0)
		close(j->event_fd);
	db_close(j->context.db);
	free(j->troubles);
	free(j);
}

struct status ocsp_job_start(struct server *s, struct ocsp_job **ret_job, struct err *err)
{
	struct ocsp_job *j = mem_alloc(sizeof(*j));

	j->server = s;
	j->ocsp = s->api.ocsp;
	j->context = (struct ocsp_responder_context){
	    .db = db_new(
		&(struct db_config){s->db.conninfo, s->db.statement_timeout_ms, "signetd-ocsp"}),
	    .hsm = s->hsm,
	    .clock = &s->api.clock,
	    .rng = &s->api.rng,
	    .node = s->config->tls.node,
	};
	j->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	load_time(j);
	one_round(j, false);
	if (j->event_fd < 0 || pthread_create(&j->thread, NULL, ocsp_job_main, j) != 0) {
		job_free(j);
		return err_set(err, ERR_INTERNAL, "no thread for OCSP responders");
	}
	*ret_job = j;
	return STATUS_OK;
}

void ocsp_job_wake(struct ocsp_job *j)
{
	if (j && eventfd_write(j->event_fd, 1) != 0)
		abort(); /* a counter of 64 bits that the thread keeps emptying */
}

void ocsp_job_stop(struct ocsp_job *j)
{
	atomic_store(&j->stop, true);
	ocsp_job_wake(j);
	pthread_join(j->thread, NULL);
	job_free(j);
}
