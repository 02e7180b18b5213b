/* Lists stay quick when there are ten million rows: no statement of theirs reads a big table whole.
 */
#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "sql/db_internal.h"
#include "tests/lib/pg.h"

/* Some products and authorities, and so many rows that an index pays. */
static const char fill[] =
    "INSERT INTO product (name, manufacturer, model, spec, version) "
    "SELECT 'p' || n, 'M', 'P' || n, '{}', 1 FROM generate_series(1, 20) n;"
    "INSERT INTO authority (name, certificate, subject, ski, chain, spec, version) "
    "SELECT 'a' || n, '\\x00', '\\x00', '\\x00', '{}', '{}', 1 FROM generate_series(1, 3) n;"
    "INSERT INTO device (product_id, serial, state, batch, created_at, first_enrolled_at) "
    "SELECT 1 + n % 20, 'S' || n, (ARRAY['made', 'enrolled', 'suspended'])[1 + n % 3], 'b' || n / 100, "
    "now() - (20000 - n) * interval '1 minute', now() - (20000 - n) * interval '1 minute' "
    "FROM generate_series(1, 20000) n;"
    "INSERT INTO public_key (digest, device_id, kind) SELECT sha256(int8send(id)), id, 'ldevid' FROM device;"
    "INSERT INTO certificate (authority_id, serial, device_id, product_id, label_id, key_digest, subject, "
    "subject_text, not_before, not_after, der, issued_at) "
    "SELECT 1 + n % 3, int8send(n), d.id, d.product_id, 1 + n % 5, sha256(int8send(n)), '\\x3000', "
    "'CN=' || n, now(), now() + n * interval '1 hour', '\\x3000', now() - (20000 - n) * "
    "interval '1 minute' FROM generate_series(1, 20000) n JOIN device d ON d.serial = 'S' || n;"
    "INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, revoked_at, not_after, "
    "sequence) SELECT authority_id, serial, id, 0, CASE id % 2 WHEN 0 THEN 6 ELSE 1 END, now(), not_after, id "
    "FROM certificate WHERE id % 2 = 0 OR id % 3 = 0;"
    "INSERT INTO certificate_archive (id, batch_id, authority_id, serial, product_id, key_digest, not_before, "
    "not_after, der_digest, issued_at, shard) SELECT 1000000 + n, n / 200, 1, int8send(n), 1, "
    "sha256(int8send(n)), now(), now(), sha256(int8send(n)), now(), 0 FROM generate_series(1, 20000) n;"
    "INSERT INTO enrollment (label, operation, outcome, product, serial, peer_address, request_id, "
    "stranger, state) SELECT 'l', 'enroll', CASE n % 50 WHEN 0 THEN 'pending' ELSE 'issued' END, "
    "'p' || 1 + n % 20, 'S' || n, '192.0.2.1', 'r', false, CASE n % 50 WHEN 0 THEN 'open' END "
    "FROM generate_series(1, 20000) n;"
    "INSERT INTO refused_call (at, principal, method, path, status, code, message, peer, request_id) "
    "SELECT now(), 'u' || n % 50, 'GET', '/', 403, 'c' || n % 50, 'm', '192.0.2.1', 'r' "
    "FROM generate_series(1, 20000) n;"
    "INSERT INTO alarm (kind, device_id, detail) SELECT 'clone', 1 + n, 'd' "
    "FROM generate_series(1, 10000) n;"
    "ANALYZE";

#define NEWEST   "9223372036854775807, 51, 0"
#define PRODUCTS "'{1,2}'"
#define EACH     "'{1,2,3}', 51, "
static const struct {
	enum sql_statement statement;
	const char
	    *index; /* that finds the rows: not one that has the order and filters the rest */
	const char *arguments;
} lists[] = {
    {STATEMENT_certificate_walk, "certificate_pkey", NEWEST},
    {STATEMENT_certificate_walk_group, "certificate_product", NEWEST ", " PRODUCTS ", NULL"},
    {STATEMENT_certificate_walk_group, "certificate_product", NEWEST ", NULL, 2"},
    {STATEMENT_certificate_walk_device, "certificate_device", NEWEST ", 7"},
    {STATEMENT_certificate_walk_serial, "device_by_serial", NEWEST ", 'S7'"},
    {STATEMENT_certificate_walk_number, "certificate_serial", NEWEST ", '\\x07'"},
    {STATEMENT_certificate_walk_subject, "certificate_subject", NEWEST ", 'CN=7'"},
    {STATEMENT_certificate_walk_key, "public_key_pkey", NEWEST ", sha256('a')"},
    {STATEMENT_certificate_walk_key, "certificate_server", NEWEST ", sha256('a')"},
    {STATEMENT_certificate_walk_key, "certificate_device", NEWEST ", sha256('a')"},
    {STATEMENT_certificate_walk_label, "certificate_label", NEWEST ", 2"},
    {STATEMENT_certificate_walk_held, "revocation_held", NEWEST},
    {STATEMENT_certificate_walk_revoked, "revocation_revoked", NEWEST},
    {STATEMENT_certificate_walk_batch, "device_batch", NEWEST ", 'b7'"},
    {STATEMENT_certificate_walk_batch, "certificate_device", NEWEST ", 'b7'"},
    {STATEMENT_certificate_walk_expiry, "certificate_expiry", "0, 51, '1970-01-01', now()"},
    {STATEMENT_certificate_walk_expiry_group, "certificate_product_expiry",
	"0, 51, '1970-01-01', NULL, " PRODUCTS},
    {STATEMENT_certificate_page, "certificate_pkey",
	EACH PRODUCTS
	", 2, 7, 'S7', '\\x07', 'CN=7', sha256('a'), 2, 'b7', 'held', now(), now(), now(), now()"},
    {STATEMENT_certificate_page, "revocation_certificate",
	EACH
	"NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'held', NULL, NULL, NULL, NULL"},
    {STATEMENT_certificate_first_id, "certificate_issued_at", "now() - interval '1 hour', now()"},
    {STATEMENT_certificate_get, "certificate_pkey", "7"},
    {STATEMENT_certificate_get_archived, "certificate_archive_pkey", "7"},
    {STATEMENT_archive_due, "certificate_expiry", "0, '1970-01-01', 2000, 200"},
    {STATEMENT_archive_known, "certificate_archive_serial", "1, '\\x07'"},
    {STATEMENT_archive_batch_rows, "certificate_archive_batch_rows", "7"},
    {STATEMENT_service_certificate_look, "certificate_server", "sha256('a'), 'CN=7', now(), 24"},
    {STATEMENT_service_certificate_look, "certificate_subject", "sha256('a'), 'CN=7', now(), 24"},
    {STATEMENT_device_walk, "device_pkey", NEWEST},
    {STATEMENT_device_walk_group, "device_product", NEWEST ", " PRODUCTS ", '{made,enrolled}'"},
    {STATEMENT_device_walk_group, "device_product", NEWEST ", NULL, '{suspended}'"},
    {STATEMENT_device_walk_serial, "device_by_serial", NEWEST ", 'S7'"},
    {STATEMENT_device_walk_batch, "device_batch", NEWEST ", 'b7'"},
    {STATEMENT_device_walk_key, "public_key_pkey", NEWEST ", sha256('a')"},
    {STATEMENT_device_walk_enrolled, "device_enrolled", "0, 51, '1970-01-01', now()"},
    {STATEMENT_device_first_id, "device_created_at", "now() - interval '1 hour', now()"},
    {STATEMENT_device_page, "device_pkey",
	EACH "NULL, 'made', NULL, 'b7', NULL, now(), now(), now(), now()"},
    {STATEMENT_device_get, "device_pkey", "7"},
    {STATEMENT_enrollment_page, "enrollment_pkey",
	"9223372036854775807, 51, NULL, '{issued,pending}', NULL, NULL, NULL"},
    {STATEMENT_enrollment_page_group, "enrollment_product",
	"9223372036854775807, 51, '{p1,p2}', '{issued}', NULL, NULL, NULL"},
    {STATEMENT_enrollment_page_group, "enrollment_product",
	"9223372036854775807, 51, NULL, '{refused}', NULL, NULL, NULL"},
    {STATEMENT_enrollment_page_serial, "enrollment_serial",
	"9223372036854775807, 51, NULL, '{issued}', NULL, NULL, 'S7'"},
    {STATEMENT_enrollment_page_state, "enrollment_state",
	"9223372036854775807, 51, NULL, '{pending}', 'expired', NULL, NULL"},
    {STATEMENT_refused_call_list, "refused_call_pkey", "NULL, NULL, NULL, 51"},
    {STATEMENT_refused_call_get, "refused_call_pkey", "7"},
    {STATEMENT_alarm_list, "alarm_pkey", "9223372036854775807, 51, NULL, NULL, NULL"},
};

static const char *const big[] = {"certificate", "device", "public_key", "revocation",
    "certificate_archive", "enrollment", "refused_call"};

/* The first big table that the plan reads whole; NULL: none. */
static const char *read_whole(const char *plan)
{
	const char *at = plan;

	while ((at = strstr(at, "\"Seq Scan\""))) {
		for (size_t i = 0; i < COUNT(big); i++) {
			char needle[64];
			const char *name = strstr(at, "\"Relation Name\": ");

			snprintf(needle, sizeof(needle), "\"Relation Name\": \"%s\"", big[i]);
			if (name && strncmp(name, needle, strlen(needle)) == 0)
				return big[i];
		}
		at++;
	}
	return NULL;
}

static PGresult *run(PGconn *c, const char *text)
{
	PGresult *r = PQexec(c, text);
	const ExecStatusType s = PQresultStatus(r);

	cr_assert(s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK, "%s: %s", text, PQerrorMessage(c));
	return r;
}

static void explain(
    PGconn *c, enum sql_statement statement, const char *index, const char *arguments)
{
	AUTO(buf) text = {0};
	char needle[64];
	PGresult *r;
	const char *whole;

	buf_printf(&text, "PREPARE q AS %s", sql_texts[statement].text);
	PQclear(run(c, buf_cstr(&text)));
	buf_reset(&text);
	buf_printf(&text, "EXPLAIN (FORMAT JSON) EXECUTE q(%s)", arguments);
	r = run(c, buf_cstr(&text));
	whole = read_whole(PQgetvalue(r, 0, 0));
	cr_expect(whole == NULL, "%s reads %s whole:\n%s", sql_texts[statement].name, whole,
	    PQgetvalue(r, 0, 0));
	snprintf(needle, sizeof(needle), "\"Index Name\": \"%s\"", index);
	cr_expect(strstr(PQgetvalue(r, 0, 0), needle) != NULL, "%s does not use %s:\n%s",
	    sql_texts[statement].name, index, PQgetvalue(r, 0, 0));
	PQclear(r);
	PQclear(run(c, "DEALLOCATE q"));
}

Test(sql_list, no_list_reads_a_big_table_whole)
{
	static const char *const modes[] = {"force_custom_plan", "force_generic_plan"};
	struct pg_database d = pg_database_new(true);
	PGconn *c;

	pg_exec(&d, fill);
	c = PQconnectdb(d.server);
	cr_assert_eq(PQstatus(c), CONNECTION_OK);
	/* The eye that looks for it sees it where it is. */
	{
		PGresult *r = run(
		    c, "EXPLAIN (FORMAT JSON) SELECT count(*) FROM certificate WHERE renews = 7");

		cr_expect_str_eq(read_whole(PQgetvalue(r, 0, 0)), "certificate");
		PQclear(r);
	}
	for (size_t m = 0; m < COUNT(modes); m++) {
		char set[64];

		snprintf(set, sizeof(set), "SET plan_cache_mode = %s", modes[m]);
		PQclear(run(c, set));
		for (size_t i = 0; i < COUNT(lists); i++)
			explain(c, lists[i].statement, lists[i].index, lists[i].arguments);
	}
	PQfinish(c);
	pg_database_drop(&d);
}
