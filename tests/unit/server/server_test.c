#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "api/log_record.h"
#include "ca/certificate_record.h"
#include "ca/policy.h"
#include "server/job.h"
#include "signing/format/entry.h"
#include "tests/unit/server/server_scene.h"

#include <openssl/x509v3.h> /* last: its KU_ macros would spoil our names */

static struct server server; /* large */

static long long certificates(struct scene *s)
{
	return pg_number(&s->database, "SELECT count(*) FROM certificate WHERE device_id IS NULL "
				       "AND id NOT IN (SELECT certificate_id FROM ocsp_responder)");
}

static bool is_ready(char *why, size_t size)
{
	return server_ready(&server, why, size);
}

Test(server_process, the_first_start_issues_its_certificate_and_logs_it)
{
	struct scene s;
	char why[160] = "";

	scene_new(&s, false);
	scene_init(&s);
	scene_start(&s, &server);
	cr_expect(is_ready(why, sizeof(why)), "%s", why);
	struct https c = scene_connect(&s);

	cr_expect_eq(certificates(&s), 1);
	/* Invariant 4: every act is in the log, in the transaction of the act. */
	cr_expect_eq(pg_number(&s.database,
			 "SELECT count(*) FROM log_salt l JOIN certificate c ON l.record_id = c.id "
			 "WHERE l.record_kind = 'certificate' AND c.device_id IS NULL"),
	    1 + pg_number(&s.database, "SELECT count(*) FROM ocsp_responder"));
	https_close(&c);
	server_stop(&server);
	scene_free(&s);
}

static struct span hex_value(struct scene *s, const char *sql, struct buf *out)
{
	struct err err = {0};

	cr_assert(hex_decode(span_str(pg_value(&s->database, sql)), out, &err).ok);
	return buf_span(out);
}

Test(server_process, the_log_entry_of_its_certificate_commits_to_the_stored_row)
{
	struct scene s;
	struct entry entry;
	struct err err = {0};
	struct certificate_columns columns;
	AUTO(arena) arena = {0};
	AUTO(buf) entry_bytes = {0};
	AUTO(buf) salt = {0};
	AUTO(buf) record = {0};

	scene_new(&s, false);
	scene_init(&s);
	scene_start(&s, &server);
	server_stop(&server);
	AUTO_REF(db) db = pg_open(&s.database);

	hex_value(&s,
	    "SELECT encode(entry, 'hex') FROM log_entry WHERE kind = 'certificate.issued'",
	    &entry_bytes);
	cr_assert(entry_decode(buf_span(&entry_bytes), &entry, &err).ok);
	hex_value(&s, "SELECT encode(salt, 'hex') FROM log_salt WHERE record_kind = 'certificate'",
	    &salt);
	cr_assert_eq(salt.n, ENTRY_SALT_SIZE);
	cr_assert(certificate_columns_get(
	    db, pg_number(&s.database, "SELECT id FROM certificate"), &arena, &columns, &err)
		      .ok);
	cr_expect_eq(columns.profile_id, 0);
	certificate_record(&columns, &record);
	cr_expect(entry_commits_to(&entry, salt.p, buf_span(&record)));
	scene_free(&s);
}

/* What the log verifies against after an upgrade. */
Test(server_process, an_entry_of_before_that_commits_to_the_der_alone_is_read_so)
{
	struct scene s;
	struct err err = {0};
	struct entry entry;
	struct certificate_columns columns;
	const uint8_t salt[ENTRY_SALT_SIZE] = {7};
	struct log_record_found found;
	AUTO(arena) arena = {0};

	scene_new(&s, false);
	scene_init(&s);
	scene_start(&s, &server);
	server_stop(&server);
	AUTO_REF(db) db = pg_open(&s.database);
	const int64_t id = pg_number(&s.database, "SELECT id FROM certificate");
	struct log_view view = {.kind = "certificate.issued",
	    .at = pg_number(&s.database,
		"SELECT extract(epoch FROM date_trunc('second', issued_at))::bigint FROM certificate"),
	    .salt = SPAN_OF(salt),
	    .record_kind = "certificate",
	    .record_id = id};

	cr_assert(certificate_columns_get(db, id, &arena, &columns, &err).ok);
	for (int old = 0; old < 2; old++) {
		AUTO(buf) logged = {0};
		AUTO(buf) bytes = {0};
		AUTO(buf) rebuilt = {0};

		if (old)
			buf_put(&logged, columns.der);
		else
			certificate_record(&columns, &logged);
		entry_encode(view.kind, view.at, salt, buf_span(&logged), &bytes);
		view.entry = buf_span(&bytes);
		cr_assert(
		    log_record(db, &view, &arena, &rebuilt, &found, &err).ok, "%s", err.message);
		cr_expect(span_equal(buf_span(&rebuilt), buf_span(&logged)), "old %d", old);
		cr_expect_null(found.fault, "old %d: %s", old, found.fault);
		/* Another certificate in its place is told, by either. */
		pg_exec(&s.database,
		    "UPDATE certificate SET der = set_byte(der, 40, get_byte(der, 40) # 1)");
		buf_reset(&rebuilt);
		cr_assert(
		    log_record(db, &view, &arena, &rebuilt, &found, &err).ok, "%s", err.message);
		cr_assert(entry_decode(view.entry, &entry, &err).ok);
		cr_expect_not(entry_commits_to(&entry, salt, buf_span(&rebuilt)), "old %d", old);
		pg_exec(&s.database,
		    "UPDATE certificate SET der = set_byte(der, 40, get_byte(der, 40) # 1)");
	}
	scene_free(&s);
}

Test(server_process, a_restart_keeps_the_certificate)
{
	struct scene s;

	scene_new(&s, false);
	scene_init(&s);
	for (int i = 0; i < 2; i++) {
		scene_start(&s, &server);
		struct https c = scene_connect(&s);

		https_close(&c);
		server_stop(&server);
	}
	cr_expect_eq(certificates(&s), 1);
	scene_free(&s);
}

Test(server_process, a_new_name_gives_a_new_certificate)
{
	struct scene s;

	scene_new(&s, false);
	scene_init(&s);
	scene_start(&s, &server);
	server_stop(&server);
	scene_configure(&s, "tls: {names: [localhost, new.example], addresses: [127.0.0.1, '::1'], "
			    "node: one}\n");
	scene_start(&s, &server);
	struct https c = scene_connect(&s);
	AUTO_PTR(X509) seen = SSL_get1_peer_certificate(c.ssl);

	cr_expect_eq(X509_check_host(seen, "new.example", 0, 0, NULL), 1);
	cr_expect_eq(X509_check_ip_asc(seen, "::1", 0), 1);
	cr_expect_eq(certificates(&s), 2);
	https_close(&c);
	server_stop(&server);
	scene_free(&s);
}

/* Renewed when renew_before its end has come: here, at once. */
Test(server_process, renewal_leaves_open_connections_alone)
{
	struct scene s;

	scene_new(&s, false);
	scene_init(&s);
	scene_start(&s, &server);
	struct https c = scene_connect(&s);

	s.config.tls.renew_before = 40 * 86400;
	jobs_reload(server.jobs);
	cr_expect_geq(certificates(&s), 2);
	struct https_reply reply;

	cr_assert(https_request(&c, "GET", "/small", "", SPAN_NONE, &reply));
	cr_expect_eq(reply.status, 200);
	https_reply_free(&reply);
	https_close(&c);
	server_stop(&server);
	scene_free(&s);
}

static bool version_becomes(int64_t version)
{
	for (int i = 0; i < 100; i++) {
		AUTO_REF(policy) policy = policy_current(server.policies);

		if (policy && policy->version == version)
			return true;
		usleep(20000);
	}
	return false;
}

/* Heard by LISTEN, long before the minute of the look. */
Test(server_process, new_policy_is_in_force_within_two_seconds)
{
	struct scene s;

	scene_new(&s, false);
	scene_init(&s);
	scene_start(&s, &server);
	for (int i = 0; i < 3; i++) {
		char text[128];
		long long before = pg_number(&s.database, "SELECT version FROM policy_version");

		snprintf(text, sizeof(text),
		    "kind: product\nname: p%d\nmanufacturer: M\nmodel: P%d\n", i, i);
		scene_policy(&s, text);
		cr_expect(version_becomes(before + 1), "change %d was not heard", i);
	}
	server_stop(&server);
	scene_free(&s);
}

Test(server_process, without_a_database_it_starts_says_so_and_recovers)
{
	struct scene s;
	char why[160] = "";

	scene_new(&s, true);
	scene_init(&s);
	scene_start(&s, &server);
	server_stop(&server);
	pg_stop(&s.database);
	scene_start(&s, &server);
	cr_expect_not(is_ready(why, sizeof(why)));
	cr_expect(why[0] != '\0');
	/* Its certificate stood in the state directory. */
	struct https c = scene_connect(&s);

	https_close(&c);
	pg_start(&s.database);
	for (int i = 0; i < 200 && !is_ready(why, sizeof(why)); i++)
		usleep(100000);
	cr_expect(is_ready(why, sizeof(why)), "%s", why);
	server_stop(&server);
	scene_free(&s);
}

Test(server_process, what_cannot_be_bound_is_refused_by_name)
{
	struct scene s;
	struct err err = {0};

	scene_new(&s, false);
	s.config.listeners[2] = arena_strdup(&s.config.arena, "203.0.113.1:80");
	memset(&server, 0, sizeof(server));
	cr_expect_not(server_start(&server, &s.config, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFIG);
	cr_expect(strstr(err.message, "203.0.113.1:80"), "%s", err.message);
	scene_free(&s);
}

Test(server_process, requests_that_waited_too_long_expire_by_themselves_and_it_is_logged)
{
	struct scene s;

	scene_new(&s, false);
	scene_init(&s);
	pg_exec(&s.database,
	    "INSERT INTO request (created_at, expires_at, requester, acts, products, channels, method, "
	    "path, plan, digest, difference, policy_version) SELECT now(), now() + t.wait, 'x', '{a}', "
	    "'{b}', '{c}', 'PUT', '/', sha256('p'), sha256(t.wait::text::bytea), '[]', 1 "
	    "FROM (VALUES (interval '-1 second'), (interval '-1 day'), (interval '1 day')) AS t (wait)");
	scene_start(&s, &server); /* every job has run once when this returns */
	cr_expect_eq(
	    pg_number(&s.database, "SELECT count(*) FROM request WHERE state = 'expired'"), 2);
	cr_expect_eq(
	    pg_number(&s.database, "SELECT count(*) FROM request WHERE state = 'open'"), 1);
	cr_expect_eq(
	    pg_number(&s.database, "SELECT count(*) FROM log_entry WHERE kind = 'request.expired'"),
	    2);
	server_stop(&server);
	scene_free(&s);
}

Test(server_process, enrollments_that_waited_too_long_expire_by_themselves_and_it_is_logged)
{
	struct scene s;

	scene_new(&s, false);
	scene_init(&s);
	pg_exec(&s.database,
	    "INSERT INTO enrollment (label, operation, outcome, product, serial, key_digest, "
	    "peer_address, request_id, stranger, state, expires_at) SELECT 'l', 'enroll', 'pending', "
	    "'p', n::text, sha256(n::text::bytea), 'a', 'r', false, 'open', "
	    "now() + interval '1 hour' * (n - 150.5) FROM generate_series(1, 151) n");
	scene_start(&s, &server); /* every job has run once when this returns */
	cr_expect_eq(
	    pg_number(&s.database, "SELECT count(*) FROM enrollment WHERE state = 'expired'"), 150);
	cr_expect_eq(
	    pg_number(&s.database, "SELECT count(*) FROM enrollment WHERE state = 'open'"), 1);
	cr_expect_eq(pg_number(&s.database,
			 "SELECT count(*) FROM log_entry WHERE kind = 'enrollment.expired'"),
	    150);
	server_stop(&server);
	scene_free(&s);
}
