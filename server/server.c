#include "server/server.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access/jwks_cache.h"
#include "api/attempt.h"
#include "api/known_client.h"
#include "base/file.h"
#include "ca/crl_board.h"
#include "ca/token_keys.h"
#include "server/harden.h"
#include "server/job.h"
#include "server/listen.h"
#include "server/crl_job.h"
#include "server/crl_shelf.h"
#include "server/log_job.h"
#include "server/mass_job.h"
#include "server/ocsp_job.h"
#include "server/own_certificate.h"
#include "server/staple.h"
#include "server/status_feed.h"
#include "server/witness_job.h"
#include "signing/log_board.h"
#include "signing/signer.h"

/* The database counts as there so long after it was: three of the job's looks. */
#define DATABASE_FRESH_MS 16000

static const enum listener_kind kinds[CONFIG_LISTENERS] = {
    LISTENER_DEVICE, LISTENER_OPERATOR, LISTENER_PUBLIC, LISTENER_PAGES};
static const char *const kind_names[CONFIG_LISTENERS] = {"device", "operator", "public", "pages"};

/* ---- readiness ---- */

static bool keys_are_open(const struct policy *p, char *why, size_t size)
{
	for (size_t i = 0; i < p->authority_count; i++) {
		const struct authority *a = &p->authorities[i];

		if (a->key_uri && !a->key) {
			snprintf(why, size, "the key of authority '%s' is not open", a->name);
			return false;
		}
	}
	return true;
}

static bool certificate_is_valid(struct server *s)
{
	int64_t now = clock_now(&s->api.clock);

	return now < atomic_load(&s->certificate_not_after);
}

static bool core_serves(struct server *s, char *why, size_t size)
{
	int64_t seen = atomic_load(&s->database_seen_ms);
	char log[320];

	if (seen == 0 || monotonic_ms() - seen > DATABASE_FRESH_MS) {
		snprintf(why, size, "the database is away");
		return false;
	}
	if (log_board_health(s->api.log_board, log, sizeof(log)) != LOG_SOUND) {
		snprintf(why, size, "the log: %s", log[0] ? log : "not looked at yet");
		return false;
	}
	if (s->has_tls && !certificate_is_valid(s)) {
		snprintf(why, size, "the server has no valid TLS certificate");
		return false;
	}
	return true;
}

bool server_ready(void *context, char *why, size_t size)
{
	struct server *s = context;
	AUTO_REF(policy) policy = policy_current(s->policies);

	if (!policy) {
		if (core_serves(s, why, size))
			snprintf(why, size, "no policy is loaded yet");
		return false;
	}
	if (!core_serves(s, why, size) || !keys_are_open(policy, why, size))
		return false;
	if (ocsp_cache_age(s->ocsp.cache) == INT64_MAX) {
		snprintf(why, size, "revocations were not heard of yet");
		return false;
	}
	if (!token_keys_known(s->api.tokens)) {
		snprintf(why, size, "tokens cannot be checked yet");
		return false;
	}
	return true;
}

/* ---- TLS ---- */

/* Devices choose by these which certificate to present: ours to renew, makers' to enroll. */
static size_t client_names(const struct policy *p, struct span *names, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; p && i < p->anchor_count && n < most; i++)
		names[n++] = p->anchors[i].subject;
	for (size_t i = 0; p && i < p->authority_count && n < most; i++)
		names[n++] = p->authorities[i].subject;
	return n;
}

/* Operators: of the authority for them alone, so that no other certificate is offered. */
static size_t operator_names(const struct policy *p, struct span *names, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; p && i < p->authority_count && n < most; i++)
		if (p->authorities[i].operators)
			names[n++] = p->authorities[i].subject;
	return n;
}

static void set_client_names(
    const struct policy *p, struct span *names, size_t most, struct tls_request *request)
{
	request->client_names = names;
	request->client_name_count = request->kind == LISTENER_OPERATOR
					 ? operator_names(p, names, most)
					 : client_names(p, names, most);
}

struct status server_renew_tls(struct server *s, struct err *err)
{
	AUTO_REF(policy) policy = policy_current(s->policies);
	struct span names[TLS_CLIENT_NAMES_MAX + 1];
	struct tls_request request = {
	    .certificate = s->own.certificate,
	    .chain = s->own.chain,
	    .tickets = s->tickets,
	    .staple = s->staple,
	};
	SSL_CTX *tls[CONFIG_LISTENERS] = {NULL};
	struct status made = STATUS_OK;

	if (!s->own.certificate)
		return STATUS_OK;
	for (size_t i = 0; made.ok && i < CONFIG_LISTENERS; i++) {
		request.kind = kinds[i];
		set_client_names(policy, names, COUNT(names), &request);
		made = tls_context(&request, &tls[i], err);
		if (made.ok)
			made = hsm_key_use_for_tls(s->own.key, tls[i], err);
	}
	for (size_t i = 0; i < CONFIG_LISTENERS; i++) {
		if (made.ok)
			tls_set_put(s->tls, kinds[i], tls[i]);
		else
			SSL_CTX_free(tls[i]);
	}
	return made;
}

/* ---- starting ---- */

static void close_listeners(struct core_config *core)
{
	for (size_t i = 0; i < core->listener_count; i++)
		close(core->listeners[i].fd);
}

static struct status open_listener(
    struct server *s, size_t i, struct core_config *core, struct buf *ports, struct err *err)
{
	const char *text = s->config->listeners[i];
	struct core_listener l = {.kind = kinds[i], .tls = kinds[i] != LISTENER_PUBLIC};
	struct listen_address address;
	int port;

	TRY(listen_parse(text, &address, err));
	if (address.off)
		return STATUS_OK;
	TRY(listen_open(text, &address, &l.fd, &port, err));
	core->listeners[core->listener_count++] = l;
	s->has_tls = s->has_tls || l.tls;
	buf_printf(ports, "SIGNET_%s_PORT=%d\n", kind_names[i], port);
	LOG(&s->log, LOG_INFO, "listening", LOG_STR("listener", kind_names[i]),
	    LOG_STR("address", text), LOG_INT("port", port));
	return STATUS_OK;
}

static void to_upper(struct buf *text)
{
	for (size_t i = 0; i < text->n; i++)
		if (text->p[i] >= 'a' && text->p[i] <= 'z')
			text->p[i] = (uint8_t)(text->p[i] - 'a' + 'A');
}

static struct status open_listeners(struct server *s, struct core_config *core, struct err *err)
{
	AUTO(buf) ports = {0};

	for (size_t i = 0; i < CONFIG_LISTENERS; i++)
		TRY(open_listener(s, i, core, &ports, err));
	if (core->listener_count == 0)
		return err_set(err, ERR_CONFIG, "every listener is off");
	to_upper(&ports);
	if (s->config->ports_file)
		TRY(file_replace(s->config->ports_file, buf_span(&ports), 0644, err));
	return STATUS_OK;
}

static struct core_config core_of(struct server *s)
{
	const struct config *c = s->config;

	return (struct core_config){
	    .loops = (int)c->loops,
	    .workers = (int)c->workers,
	    .queue_length = (size_t)c->queue,
	    .limits = c->limits,
	    .tls = s->tls,
	    .api = &s->api,
	    .db = &s->db,
	};
}

static struct status raise_descriptors(struct server *s, struct core_config *core, struct err *err)
{
	int64_t asked = s->config->limits.connections;

	TRY(harden_descriptors(asked, &core->limits.connections, err));
	if (core->limits.connections < asked)
		LOG(&s->log, LOG_WARN, "fewer connections than limits.connections",
		    LOG_INT("connections", core->limits.connections), LOG_INT("configured", asked),
		    LOG_STR("why", "the limit of open files; LimitNOFILE= in the unit"));
	return STATUS_OK;
}

/* Else the keys would stay closed later on, and only /readyz would say so. */
static struct status become_user(const struct config *c, struct err *err)
{
	const struct harden_need needs[] = {
	    {"key directory", c->keys.directory, R_OK | W_OK | X_OK},
	    {"passphrase file", c->keys.passphrase_file, R_OK},
	    {"state directory", c->state_directory, R_OK | W_OK | X_OK},
	};

	TRY(harden_user(c->user, err));
	return c->user ? harden_access(c->user, needs, COUNT(needs), err) : STATUS_OK;
}

static struct status begin(struct server *s, struct core_config *core, struct err *err)
{
	struct hsm_config keys = {s->config->keys.directory, s->config->keys.passphrase_file};
	struct err none = {0};

	TRY(open_listeners(s, core, err));
	TRY(raise_descriptors(s, core, err));
	TRY(become_user(s->config, err));
	TRY(harden_process(err));
	TRY(hsm_open(&keys, &s->hsm, err));
	s->api.hsm = s->hsm;
	s->api.signer = signer_new(s->hsm);
	TRY(fetch_begin(err));
	/* Usable even while the database is away; else the first job makes one. */
	if (!own_certificate_load(s, &none).ok && none.kind != ERR_MISSING)
		LOG(&s->log, LOG_WARN, "stored certificate not used", LOG_STR("why", none.message),
		    LOG_STR("cause", none.cause));
	TRY(core_start(core, &s->core, err));
	TRY(log_job_start(s, &s->log_job, err));
	TRY(witness_job_start(s, &s->witness_job, err));
	TRY(crl_shelf_start(s, &s->crl_shelf, err));
	TRY(crl_job_start(s, &s->crl_job, err));
	/* Policy first: responders are those of its authorities. */
	TRY(jobs_start(s, &s->jobs, err));
	TRY(ocsp_job_start(s, &s->ocsp_job, err));
	TRY(mass_job_start(s, &s->mass_job, err));
	return status_feed_start(s, &s->status_feed, err);
}

/* Whoever could choose a row of the table could fill it: the seed is nobody's to know. */
static uint64_t random_seed(const struct rng *rng)
{
	uint64_t seed = (uint64_t)monotonic_us();
	struct err unheard = {0};

	if (!rng_fill(rng, (uint8_t *)&seed, sizeof(seed), &unheard).ok)
		err_clear(&unheard);
	return seed;
}

static void set_up_credentials(struct server *s)
{
	s->curl = (struct curl_fetcher){.ca_file = s->config->fetch.ca_file,
	    .clear_loopback = s->config->fetch.insecure_loopback_http};
	s->fetcher = fetcher_by_curl(&s->curl);
	s->api.tokens = token_keys_new();
	s->api.attempts = attempts_new(random_seed(&s->api.rng));
	s->api.known_clients = known_clients_new();
	s->api.key_sets = jwks_cache_new(&s->fetcher, &s->api.clock);
}

/* Half of the workers are left for those who want something else. */
static int proof_places(const struct config *c)
{
	return c->workers > 1 ? (int)(c->workers / 2) : 1;
}

static void set_up(struct server *s, const struct config *config)
{
	s->config = config;
	s->log = (struct log){
	    .fd = STDERR_FILENO,
	    .level = (enum log_level)config->log.level,
	    .format = (enum log_format)config->log.format,
	    .colour = isatty(STDERR_FILENO) && !getenv("NO_COLOR"),
	};
	s->policies = policy_holder_new();
	s->tls = tls_set_new();
	s->tickets = tickets_new();
	s->db = (struct db_config){
	    config->database.server, config->database.statement_timeout * 1000, "signetd"};
	s->api = (struct api){
	    .policies = s->policies,
	    .tls_authority = config->tls.authority,
	    .clock = clock_system(),
	    .rng = rng_system(),
	    .log = &s->log,
	    .metrics = &s->metrics,
	    .log_board = log_board_new(proof_places(config)),
	    .crl_board = crl_board_new(),
	    .public_url = config->public_url,
	    .ocsp = &s->ocsp,
	    .ready = server_ready,
	    .ready_context = s,
	};
	ocsp_start(&s->ocsp, &s->api.clock, random_seed(&s->api.rng));
	s->staple = staple_new(&s->ocsp);
	set_up_credentials(s);
}

static void tear_down(struct server *s)
{
	tls_set_free(s->tls);
	staple_free(s->staple);
	ocsp_end(&s->ocsp);
	tickets_free(s->tickets);
	log_board_free(s->api.log_board);
	crl_board_free(s->api.crl_board);
	policy_holder_free(s->policies);
	X509_free(s->own.certificate);
	sk_X509_pop_free(s->own.chain, X509_free);
	hsm_key_free(s->own.key);
	jwks_cache_free(s->api.key_sets);
	attempts_free(s->api.attempts);
	known_clients_free(s->api.known_clients);
	token_keys_free(s->api.tokens);
	signer_free(s->api.signer);
	hsm_close(s->hsm);
	fetch_end();
}

/* Whatever runs: in the order in which one asks the other. */
static void stop_all(struct server *s, int64_t drain_ms)
{
	if (s->core)
		core_stop(s->core, drain_ms);
	if (s->status_feed)
		status_feed_stop(s->status_feed);
	if (s->mass_job)
		mass_job_stop(s->mass_job);
	if (s->ocsp_job)
		ocsp_job_stop(s->ocsp_job);
	if (s->jobs)
		jobs_stop(s->jobs);
	crl_job_stop(s->crl_job);
	crl_shelf_stop(s->crl_shelf);
	if (s->witness_job)
		witness_job_stop(s->witness_job);
	if (s->log_job)
		log_job_stop(s->log_job);
}

struct status server_start(struct server *s, const struct config *config, struct err *err)
{
	struct core_config core;
	struct status begun;

	set_up(s, config);
	core = core_of(s);
	begun = begin(s, &core, err);
	if (begun.ok)
		return begun;
	if (!s->core)
		close_listeners(&core);
	stop_all(s, 0);
	tear_down(s);
	return begun;
}

void server_stop(struct server *s)
{
	stop_all(s, s->config->drain * 1000);
	tear_down(s);
}
