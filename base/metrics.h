/*
 * base/metrics.h: counters, gauges and one histogram shape, for Prometheus.
 *
 * Every metric is a row of METRICS; a number is one atomic. Labels are fixed
 * per row (no stranger's text ever becomes a label).
 */
#ifndef SIGNET_BASE_METRICS_H
#define SIGNET_BASE_METRICS_H

#include <stdatomic.h>

#include "base/span.h"

/* id, name, labels, kind, help; rows of one name stand together. */
#define METRICS(X)                                                                                \
	X(CONNECTIONS_OPEN, "signet_connections_open", "", GAUGE, "connections open now")         \
	X(CONNECTIONS_ACCEPTED, "signet_connections_total", "result=\"accepted\"", COUNTER,       \
	    "connections by result")                                                              \
	X(CONNECTIONS_LIMITED, "signet_connections_total", "result=\"limited\"", COUNTER, NULL)   \
	X(HANDSHAKES_DONE, "signet_tls_handshakes_total", "result=\"done\"", COUNTER,             \
	    "TLS handshakes by result")                                                           \
	X(HANDSHAKES_FAILED, "signet_tls_handshakes_total", "result=\"failed\"", COUNTER, NULL)   \
	X(REQUESTS_2XX, "signet_requests_total", "class=\"2xx\"", COUNTER,                        \
	    "HTTP answers by class")                                                              \
	X(REQUESTS_4XX, "signet_requests_total", "class=\"4xx\"", COUNTER, NULL)                  \
	X(REQUESTS_5XX, "signet_requests_total", "class=\"5xx\"", COUNTER, NULL)                  \
	X(QUEUE_LENGTH, "signet_queue_length", "", GAUGE, "requests waiting for a worker")        \
	X(QUEUE_FULL, "signet_queue_full_total", "", COUNTER, "requests refused: queue full")     \
	X(ENROLL_ISSUED, "signet_enrollments_total", "outcome=\"issued\"", COUNTER,               \
	    "enrollments by outcome")                                                             \
	X(ENROLL_RESENT, "signet_enrollments_total", "outcome=\"resent\"", COUNTER, NULL)         \
	X(ENROLL_PENDING, "signet_enrollments_total", "outcome=\"pending\"", COUNTER, NULL)       \
	X(ENROLL_REFUSED, "signet_enrollments_total", "outcome=\"refused\"", COUNTER, NULL)       \
	X(ENROLL_FAILED, "signet_enrollments_total", "outcome=\"failed\"", COUNTER, NULL)         \
	X(RENEWALS_ISSUED, "signet_renewals_total", "what=\"issued\"", COUNTER,                   \
	    "certificates issued for one of ours, and first uses of such")                        \
	X(RENEWALS_USED, "signet_renewals_total", "what=\"used\"", COUNTER, NULL)                 \
	X(SUPERSEDED, "signet_superseded_total", "", COUNTER,                                     \
	    "certificates revoked because one that renews them is used")                          \
	X(OVERDUE, "signet_overdue_total", "", COUNTER,                                           \
	    "certificates that were not renewed in time")                                         \
	X(REFUSED_UNKNOWN, "signet_refused_calls_total", "why=\"unknown\"", COUNTER,              \
	    "calls of the API that were refused: no good credential, no right, or else")          \
	X(REFUSED_DENIED, "signet_refused_calls_total", "why=\"denied\"", COUNTER, NULL)          \
	X(REFUSED_OTHER, "signet_refused_calls_total", "why=\"other\"", COUNTER, NULL)            \
	X(REQUESTS_OPEN, "signet_requests_open", "", GAUGE, "requests that wait for approvals")   \
	X(ALARMS, "signet_alarms_total", "", COUNTER, "alarms recorded (clones, lint failures)")  \
	X(MASS_REVOKED, "signet_mass_revoked_total", "", COUNTER,                                 \
	    "certificates revoked by acts upon many, by this server")                             \
	X(MASS_LEFT, "signet_mass_revocation_left", "", GAUGE,                                    \
	    "certificates that such an act still has to look at")                                 \
	X(RELEASES_SIGNED, "signet_releases_total", "what=\"signed\"", COUNTER,                   \
	    "steps of releases, by this server")                                                  \
	X(RELEASES_PUBLISHED, "signet_releases_total", "what=\"published\"", COUNTER, NULL)       \
	X(RELEASES_RECALLED, "signet_releases_total", "what=\"recalled\"", COUNTER, NULL)         \
	X(UPDATE_CHECKED, "signet_update_checks_total", "result=\"told\"", COUNTER,               \
	    "devices that asked what to run")                                                     \
	X(UPDATE_UNCHANGED, "signet_update_checks_total", "result=\"unchanged\"", COUNTER, NULL)  \
	X(UPDATE_REFUSED, "signet_update_checks_total", "result=\"refused\"", COUNTER, NULL)      \
	X(UPDATE_BUNDLES, "signet_update_bundles_total", "", COUNTER,                             \
	    "bundles that devices fetched, whole or in part")                                     \
	X(DATABASE_UP, "signet_database_up", "", GAUGE, "1 when the last statement reached it")   \
	X(DATABASE_ERRORS, "signet_database_errors_total", "", COUNTER, "statements that failed") \
	X(POLICY_VERSION, "signet_policy_version", "", GAUGE,                                     \
	    "version of the policy snapshot in use")                                              \
	X(LOG_SIZE, "signet_log_size", "", GAUGE, "entries in the log that are proven")           \
	X(LOG_TREE_SIZE, "signet_log_tree_size", "", GAUGE,                                       \
	    "entries in its tree, also those that no published checkpoint covers")                \
	X(LOG_REFUSED, "signet_log_refused", "", GAUGE,                                           \
	    "1 while the database lies behind or has forked")                                     \
	X(CRL_LISTS, "signet_crl_lists", "", GAUGE, "revocation lists that are served")           \
	X(CRL_ENTRIES, "signet_crl_entries", "", GAUGE, "revoked certificates in full lists")     \
	X(CRL_AGE, "signet_crl_age_seconds", "", GAUGE, "since thisUpdate of the oldest one")     \
	X(CRL_NEXT_UPDATE, "signet_crl_next_update_seconds", "", GAUGE,                           \
	    "when the first of them ends, seconds since 1970")                                    \
	X(CRL_PUBLISHED, "signet_crl_published_total", "", COUNTER, "lists that this node made")  \
	X(CRL_BUILD, "signet_crl_build_milliseconds", "", GAUGE,                                  \
	    "what the last of them took to be read and signed")                                   \
	X(OCSP_GOOD, "signet_ocsp_answers_total", "status=\"good\"", COUNTER,                     \
	    "OCSP answers by what they say")                                                      \
	X(OCSP_REVOKED, "signet_ocsp_answers_total", "status=\"revoked\"", COUNTER, NULL)         \
	X(OCSP_UNKNOWN, "signet_ocsp_answers_total", "status=\"unknown\"", COUNTER, NULL)         \
	X(OCSP_MALFORMED, "signet_ocsp_answers_total", "status=\"malformed\"", COUNTER, NULL)     \
	X(OCSP_UNAUTHORIZED, "signet_ocsp_answers_total", "status=\"unauthorized\"", COUNTER,     \
	    NULL)                                                                                 \
	X(OCSP_TRY_LATER, "signet_ocsp_answers_total", "status=\"try-later\"", COUNTER, NULL)     \
	X(OCSP_INTERNAL, "signet_ocsp_answers_total", "status=\"internal\"", COUNTER, NULL)       \
	X(OCSP_CACHED, "signet_ocsp_cached_total", "", COUNTER, "OCSP answers from the cache")    \
	X(OCSP_SIGNED, "signet_ocsp_signed_total", "", COUNTER, "OCSP answers signed for one")    \
	X(STATUS_FEED_AGE, "signet_status_feed_age_milliseconds", "", GAUGE,                      \
	    "since the store was last heard of revocations; over 2000 OCSP says nothing")         \
	X(TLS_NOT_AFTER, "signet_tls_not_after_seconds", "", GAUGE,                               \
	    "when the server's own certificate ends, seconds since 1970")

enum metric {
#define METRIC_ID(id, name, labels, kind, help) METRIC_##id,
	METRICS(METRIC_ID)
#undef METRIC_ID
	METRIC_COUNT
};

/* Request latency, one histogram per place; bounds in seconds in metrics.c. */
enum metric_timer {
	TIMER_LOOP,
	TIMER_WORKER,
	TIMER_COUNT
};
#define TIMER_BUCKETS 12

struct metrics {
	atomic_int_fast64_t values[METRIC_COUNT];
	atomic_int_fast64_t buckets[TIMER_COUNT][TIMER_BUCKETS + 1];
	atomic_int_fast64_t sum_us[TIMER_COUNT];
};

void metric_add(struct metrics *m, enum metric id, int64_t n);
void metric_set(struct metrics *m, enum metric id, int64_t value);
void metric_time(struct metrics *m, enum metric_timer timer, int64_t microseconds);
/* Prometheus text exposition format 0.0.4, appended. */
void metrics_render(const struct metrics *m, struct buf *out);

#endif
