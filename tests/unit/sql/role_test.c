/* tests/unit/sql/role_test.c: what the server's role may do, and above all what it may not. */
#include <string.h>

#include <criterion/criterion.h>

#include "sql/migrate.h"
#include "tests/lib/pg.h"

#define REFUSED "42501" /* insufficient_privilege */
#define DONE    "00000"

static const struct right {
	const char *claim;
	const char *sql;
	const char *state;
} rights[] = {
    /* the log: add and read */
    {"log is read", "SELECT * FROM log_entry", DONE},
    {"log is added to", "INSERT INTO log_entry (at, kind, entry) VALUES (now(), 'x', '\\x00')",
	DONE},
    {"log entry changed", "UPDATE log_entry SET entry = ''", REFUSED},
    {"log entry deleted", "DELETE FROM log_entry", REFUSED},
    {"log emptied", "TRUNCATE log_entry", REFUSED},
    {"log locked against others", "BEGIN; LOCK TABLE log_entry IN ACCESS EXCLUSIVE MODE", REFUSED},
    {"log numbered by hand",
	"INSERT INTO log_entry (id, at, kind, entry) VALUES (1, now(), 'x', '\\x00')", REFUSED},
    {"log entry of nothing", "INSERT INTO log_entry (at, kind, entry) VALUES (now(), 'x', '')",
	"23514"},
    {"log numbers burnt", "SELECT nextval('log_entry_id_seq')", DONE},
    {"log sequence set back", "SELECT setval('log_entry_id_seq', 1)", REFUSED},
    {"salt changed", "UPDATE log_salt SET salt = salt", REFUSED},
    {"salt deleted", "DELETE FROM log_salt", REFUSED},
    {"salt emptied", "TRUNCATE log_salt", REFUSED},
    {"salt erased", "UPDATE log_salt SET salt = NULL, erased_at = now()", REFUSED},
    {"salt added as erased",
	"INSERT INTO log_salt (entry_id, record_kind, record_id, erased_at) VALUES (1, 'x', 1, now())",
	REFUSED},
    /* the log's tree: added to; state and edge grow */
    {"second log started", "INSERT INTO log_origin (name, vkey) VALUES ('b', 'b')", REFUSED},
    {"log started by the door", "SELECT log_origin_start('a', 'a')", DONE},
    {"log renamed", "UPDATE log_origin SET name = 'b'", REFUSED},
    {"log's key changed", "UPDATE log_origin SET vkey = 'b'", REFUSED},
    {"log deleted", "DELETE FROM log_origin", REFUSED},
    {"log grown", "UPDATE log_origin SET size = 2, root = sha256('x'), settled = 2", DONE},
    {"log shrunk", "UPDATE log_origin SET size = 1", "23514"},
    {"log forked in place", "UPDATE log_origin SET root = sha256('y')", "23514"},
    {"log settled less", "UPDATE log_origin SET settled = 1", "23514"},
    {"leaf added", "INSERT INTO log_leaf VALUES (1, 0, 1)", DONE},
    {"leaf added twice", "INSERT INTO log_leaf VALUES (1, 0, 2)", "23505"},
    {"entry added at two leaves", "INSERT INTO log_leaf VALUES (1, 1, 1)", "23505"},
    {"leaf changed", "UPDATE log_leaf SET entry_id = 2", REFUSED},
    {"leaf deleted", "DELETE FROM log_leaf", REFUSED},
    {"tile added", "INSERT INTO log_tile VALUES (1, -1, 0, 'x')", DONE},
    {"tile changed", "UPDATE log_tile SET bytes = ''", REFUSED},
    {"tile deleted", "DELETE FROM log_tile", REFUSED},
    {"edge grown", "INSERT INTO log_edge VALUES (1, -1, 0, 1, 'x')", DONE},
    {"edge deleted", "DELETE FROM log_edge", REFUSED},
    {"checkpoint added",
	"INSERT INTO log_checkpoint (origin_id, size, root, note) VALUES (1, 1, sha256('x'), 'n')",
	DONE},
    {"checkpoint added with a time",
	"INSERT INTO log_checkpoint (origin_id, size, root, note, at) "
	"VALUES (1, 2, sha256('x'), 'n', '2000-01-01')",
	REFUSED},
    {"checkpoint changed", "UPDATE log_checkpoint SET note = 'm'", REFUSED},
    {"checkpoint deleted", "DELETE FROM log_checkpoint", REFUSED},
    {"checkpoints thinned", "SELECT log_checkpoint_thin()", DONE},
    {"cosignature added",
	"INSERT INTO log_cosignature (origin_id, size, witness, line) VALUES (1, 1, 'w', 'l')",
	DONE},
    {"cosignature changed", "UPDATE log_cosignature SET line = 'm'", REFUSED},
    {"cosignature deleted", "DELETE FROM log_cosignature", REFUSED},
    /* who may do what: removed documents stay */
    {"access document added",
	"INSERT INTO access_document (kind, name, spec, version) VALUES ('role', 'r', '{}', 1)",
	DONE},
    {"access document of another kind",
	"INSERT INTO access_document (kind, name, spec, version) VALUES ('x', 'r', '{}', 1)",
	"23514"},
    {"access document marked as removed", "UPDATE access_document SET removed = true", DONE},
    {"access document renamed", "UPDATE access_document SET name = 's'", REFUSED},
    {"access document deleted", "DELETE FROM access_document", REFUSED},
    /* certificates */
    {"certificate deleted", "DELETE FROM certificate", REFUSED},
    {"certificates emptied", "TRUNCATE certificate", REFUSED},
    {"certificate's bytes changed", "UPDATE certificate SET der = ''", REFUSED},
    {"certificate's serial changed", "UPDATE certificate SET serial = '\\x01'", REFUSED},
    {"certificate's end changed", "UPDATE certificate SET not_after = now()", REFUSED},
    {"certificate's device changed", "UPDATE certificate SET device_id = NULL", REFUSED},
    {"certificate seen in use", "UPDATE certificate SET first_used_at = now()", DONE},
    {"certificate put into the archive", "INSERT INTO certificate_archive SELECT", REFUSED},
    {"archived one changed", "UPDATE certificate_archive SET der_digest = der_digest", REFUSED},
    {"archived one deleted", "DELETE FROM certificate_archive", REFUSED},
    {"archived by the door", "SELECT certificate_archive_move(1, '{1}')", DONE},
    /* counts: changes are added, and put together by the door alone */
    {"count changed", "UPDATE statistic SET count = 0", REFUSED},
    {"count forgotten", "DELETE FROM statistic_change", REFUSED},
    {"counts put together", "SELECT statistic_fold()", DONE},
    /* devices and keys */
    {"device deleted", "DELETE FROM device", REFUSED},
    {"device renamed", "UPDATE device SET serial = 'x'", REFUSED},
    {"device moved to another product", "UPDATE device SET product_id = 2", REFUSED},
    {"device enrolled", "UPDATE device SET state = 'enrolled', first_enrolled_at = now()", DONE},
    {"device in a state that is none", "UPDATE device SET state = 'lost'", "23514"},
    {"key given to another", "UPDATE public_key SET device_id = NULL", REFUSED},
    {"key forgotten", "DELETE FROM public_key", REFUSED},
    /* enrollments: deleted by the purge alone */
    {"enrollment deleted", "DELETE FROM enrollment", REFUSED},
    {"enrollment's outcome changed", "UPDATE enrollment SET outcome = 'issued'", REFUSED},
    {"strangers purged", "SELECT enrollment_purge_strangers(10, now())", DONE},
    {"fleeting ones purged", "SELECT enrollment_purge_fleeting(10, now())", DONE},
    {"device announced", "UPDATE device SET announced = true", DONE},
    {"device's certificates counted", "UPDATE device SET issuances = issuances + 1", DONE},
    {"alarm deleted", "DELETE FROM alarm", REFUSED},
    {"alarm changed", "UPDATE alarm SET detail = ''", REFUSED},
    /* policy: added and changed, never taken away, its history never touched */
    {"label deleted", "DELETE FROM label", REFUSED},
    {"authority deleted", "DELETE FROM authority", REFUSED},
    {"authority's certificate changed", "UPDATE authority SET certificate = ''", REFUSED},
    {"authority's link changed", "UPDATE authority_link SET certificate = ''", REFUSED},
    {"authority's link deleted", "DELETE FROM authority_link", REFUSED},
    {"authority's chain changed", "UPDATE authority SET chain = '{}'", REFUSED},
    {"policy history changed", "UPDATE policy_change SET who = 'x'", REFUSED},
    {"policy history deleted", "DELETE FROM policy_change", REFUSED},
    /* requests and approvals: evidence */
    {"request deleted", "DELETE FROM request", REFUSED},
    {"request's call changed", "UPDATE request SET body = ''", REFUSED},
    {"request's digest changed", "UPDATE request SET digest = digest", REFUSED},
    {"request's time drawn out", "UPDATE request SET expires_at = now()", REFUSED},
    {"request given to another", "UPDATE request SET requester = 'x'", REFUSED},
    {"request ended", "UPDATE request SET state = 'rejected', closed_at = now(), closed_by = 'x'",
	DONE},
    {"request opened again", "UPDATE request SET state = 'open', closed_at = NULL", "23514"},
    {"request ended otherwise", "UPDATE request SET state = 'redeemed'", "23514"},
    {"requirement deleted", "DELETE FROM request_requirement", REFUSED},
    {"requirement loosened", "UPDATE request_requirement SET approvals = 1", REFUSED},
    {"verdict changed", "UPDATE approval SET verdict = 'approved'", REFUSED},
    {"verdict of another", "UPDATE approval SET principal = 'x'", REFUSED},
    {"verdict deleted", "DELETE FROM approval", REFUSED},
    /* releases: go one way, and say what they said */
    {"release number taken", "SELECT release_number(1)", DONE},
    {"release numbers set back", "SELECT setval('release_number_1', 1)", REFUSED},
    {"release numbers taken past the door", "SELECT nextval('release_number_1')", REFUSED},
    {"recall numbers set back", "SELECT setval('recall_number_1', 1)", REFUSED},
    {"release made as signed", "INSERT INTO release (product_id, state) VALUES (1, 'signed')",
	REFUSED},
    {"release's manifest changed", "UPDATE release SET manifest = ''", REFUSED},
    {"release's sequence changed", "UPDATE release SET sequence = 1", REFUSED},
    {"release's content changed", "UPDATE release SET spec = '{}'", REFUSED},
    {"release's source changed", "UPDATE release SET provenance = NULL", REFUSED},
    {"release's maker changed", "UPDATE release SET created_by = 'x'", REFUSED},
    {"release deleted", "DELETE FROM release", REFUSED},
    {"release published unsigned",
	"UPDATE release SET state = 'published', revision = revision + 1", "23514"},
    {"release signed without a step in revision", "UPDATE release SET state = 'signed'", "23514"},
    {"release signed", "UPDATE release SET state = 'signed', revision = revision + 1", DONE},
    {"release a draft again", "UPDATE release SET state = 'draft', revision = revision + 1",
	"23514"},
    {"release published", "UPDATE release SET state = 'published', revision = revision + 1", DONE},
    {"release recalled", "UPDATE release SET state = 'recalled', revision = revision + 1", DONE},
    {"recalled release published again",
	"UPDATE release SET state = 'published', revision = revision + 1", "23514"},
    {"step changed", "UPDATE release_step SET who = 'x'", REFUSED},
    {"step deleted", "DELETE FROM release_step", REFUSED},
    {"signature changed", "UPDATE release_signature SET suit = ''", REFUSED},
    {"signature deleted", "DELETE FROM release_signature", REFUSED},
    {"published bundle changed", "UPDATE release_bundle SET bytes = ''", REFUSED},
    {"published bundle deleted", "DELETE FROM release_bundle", REFUSED},
    {"recall list changed", "UPDATE recall_list SET number = 2", REFUSED},
    {"recall list deleted", "DELETE FROM recall_list", REFUSED},
    {"trust statement without the one before it",
	"INSERT INTO trust_statement (product_id, product, version, bytes, sha256, published_at, "
	"published_by) VALUES (1, 'x', 2, 'x', sha256('x'), now(), 'x')",
	"23514"},
    {"trust statement added",
	"INSERT INTO trust_statement (product_id, product, version, bytes, sha256, published_at, "
	"published_by) VALUES (1, 'x', 1, 'x', sha256('x'), now(), 'x')",
	DONE},
    {"trust statement of a version that is there",
	"INSERT INTO trust_statement (product_id, product, version, bytes, sha256, published_at, "
	"published_by) VALUES (1, 'x', 1, 'y', sha256('y'), now(), 'x')",
	"23505"},
    {"trust statement changed", "UPDATE trust_statement SET bytes = ''", REFUSED},
    {"trust statement deleted", "DELETE FROM trust_statement", REFUSED},
    {"token given another source", "UPDATE token SET provenance = '{}'", REFUSED},
    /* the schema */
    {"table made", "CREATE TABLE x (i int)", REFUSED},
    {"temporary table made", "CREATE TEMPORARY TABLE x (i int)", REFUSED},
    {"schema made", "CREATE SCHEMA x", REFUSED},
    {"table dropped", "DROP TABLE log_entry", REFUSED},
    {"column dropped", "ALTER TABLE certificate DROP COLUMN der", REFUSED},
    {"trigger made",
	"CREATE TRIGGER t BEFORE INSERT ON log_entry FOR EACH ROW EXECUTE FUNCTION "
	"suppress_redundant_updates_trigger()",
	REFUSED},
    {"trigger disabled", "ALTER TABLE log_entry DISABLE TRIGGER ALL", REFUSED},
    {"function replaced", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", REFUSED},
    {"schema version changed", "UPDATE schema_migration SET digest = ''", REFUSED},
    {"another role taken", "SET ROLE signet_owner", REFUSED},
    {"file read", "COPY log_entry FROM '/etc/passwd'", REFUSED},
    {"program run", "COPY log_entry TO PROGRAM 'true'", REFUSED},
};

Test(sql_role, the_server_does_what_it_must_and_nothing_else)
{
	struct pg_database d = pg_database_new(true);

	pg_exec(&d,
	    "INSERT INTO log_entry (at, kind, entry) VALUES (now(), 'x', '\\x00');"
	    "INSERT INTO device (product_id, serial) VALUES (1, 'A');"
	    "INSERT INTO request (created_at, expires_at, requester, acts, products, channels, "
	    "method, path, plan, digest, difference, policy_version) VALUES (now(), now(), 'x', "
	    "'{a}', '{b}', '{c}', 'PUT', '/', decode(repeat('00', 32), 'hex'), "
	    "decode(repeat('00', 32), 'hex'), '[]', 1);"
	    "INSERT INTO product (name, spec, version, updated_at, manufacturer, model) VALUES "
	    "('x', '{}', 1, now(), 'x', 'x');"
	    "INSERT INTO release (product_id, product, channel, version, sequence, class_id, spec, "
	    "manifest, manifest_digest, json_manifest, json_digest, created_at, created_by) SELECT "
	    "id, 'x', 'c', '1', 1, decode(repeat('00', 16), 'hex'), '{}', 'm', sha256('m'), 'j', "
	    "sha256('j'), now(), 'x' FROM product");
	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		const char *state = pg_state_as(d.server, rights[i].sql);

		cr_expect_str_eq(state, rights[i].state, "%s: %s, not %s", rights[i].claim, state,
		    rights[i].state);
	}
	pg_database_drop(&d);
}

/* As clusters were before PostgreSQL 15, and stay when they are upgraded. */
Test(sql_role, a_schema_that_was_open_to_all_is_closed)
{
	struct pg_database d = pg_database_new(false);
	struct err err = {0};

	pg_exec(&d, "GRANT CREATE ON SCHEMA public TO PUBLIC");
	cr_expect_str_eq(pg_state_as(d.server, "CREATE TABLE x (i int)"), DONE);
	cr_assert(migrate_run(d.owner, NULL, &err).ok, "%s (%s)", err.message, err.cause);
	cr_expect_str_eq(pg_state_as(d.server, "CREATE TABLE y (i int)"), REFUSED);
	pg_database_drop(&d);
}

/* A table that a later migration forgets to think about shows here. */
Test(sql_role, no_table_can_be_emptied_and_few_can_be_deleted_from)
{
	struct pg_database d = pg_database_new(true);

	cr_expect_str_eq(
	    pg_value(&d, "SELECT coalesce(string_agg(relname, ',' ORDER BY relname), '') FROM "
			 "pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
			 "AND has_table_privilege('signet_server', oid, 'DELETE')"),
	    "crl_chunk,trust_revoked");
	cr_expect_str_eq(
	    pg_value(&d, "SELECT coalesce(string_agg(relname, ','), '') FROM pg_class WHERE "
			 "relkind = 'r' AND relnamespace = 'public'::regnamespace AND "
			 "(has_table_privilege('signet_server', oid, 'TRUNCATE') OR "
			 "has_table_privilege('signet_server', oid, 'TRIGGER') OR "
			 "has_table_privilege('signet_server', oid, 'REFERENCES'))"),
	    "");
	cr_expect_str_eq(
	    pg_value(&d, "SELECT coalesce(string_agg(relname, ','), '') FROM pg_class WHERE "
			 "relnamespace = 'public'::regnamespace AND "
			 "pg_get_userbyid(relowner) <> 'signet_owner'"),
	    "");
	pg_database_drop(&d);
}

/* ---- what strangers leave behind is bounded ---- */

static void add_strangers(const struct pg_database *d)
{
	pg_exec(d,
	    "INSERT INTO enrollment (at, label, operation, outcome, peer_address, request_id, stranger)"
	    " SELECT now() - i * interval '1 hour', 'l', 'enroll', 'refused', 'a', 'r', true"
	    " FROM generate_series(100, 1, -1) i;"
	    "INSERT INTO enrollment (at, label, operation, outcome, peer_address, request_id, stranger)"
	    " SELECT now() - interval '1 year', 'l', 'enroll', 'refused', 'a', 'r', false"
	    " FROM generate_series(1, 5)");
}

Test(sql_purge, strangers_are_bounded_by_count_and_the_newest_stay)
{
	struct pg_database d = pg_database_new(true);

	add_strangers(&d);
	cr_expect_eq(
	    pg_number(&d, "SELECT enrollment_purge_strangers(10, now() - interval '1 year')"), 90);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM enrollment WHERE stranger"), 10);
	cr_expect_eq(
	    pg_number(&d, "SELECT count(*) FROM enrollment WHERE stranger AND at < now() - "
			  "interval '11 hours'"),
	    0);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM enrollment WHERE NOT stranger"), 5);
	pg_database_drop(&d);
}

Test(sql_purge, strangers_are_bounded_by_age)
{
	struct pg_database d = pg_database_new(true);

	add_strangers(&d);
	cr_expect_eq(
	    pg_number(&d, "SELECT enrollment_purge_strangers(1000, now() - interval '50.5 hours')"),
	    50);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM enrollment WHERE NOT stranger"), 5);
	cr_expect_eq(
	    pg_number(&d, "SELECT enrollment_purge_strangers(0, now() - interval '1 year')"), 50);
	pg_database_drop(&d);
}
