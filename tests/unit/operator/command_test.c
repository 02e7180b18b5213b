/* What commands send and how they show the answers, by the contract of the API. */
#include "clients/operator/cli.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/operator/responder.h"

static bool body_is(const struct seen *seen, const char *json)
{
	json_t *a = json_loadb((const char *)seen->body.p, seen->body.n, 0, NULL);
	json_t *b = json_loads(json, 0, NULL);
	bool same = a && b && json_equal(a, b);

	json_decref(a);
	json_decref(b);
	return same;
}

static void write_file(const struct responder *r, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	f = fopen(path, "w");
	cr_assert(f && fputs(text, f) >= 0);
	fclose(f);
}

/* `line` with @ for the directory of files */
static struct outcome signet_at(const struct responder *r, const char *in, const char *line)
{
	AUTO(buf) b = {0};

	for (; *line; line++)
		if (*line == '@')
			buf_put_str(&b, r->dir);
		else
			buf_put_byte(&b, (uint8_t)*line);
	return signet(in, buf_cstr(&b));
}

/* One call each: what is sent. */
static const struct {
	const char *line, *method, *path, *body;
} calls[] = {
    {"device register acme-x100 A B", "POST", "/api/v1/devices",
	"{\"product\":\"acme-x100\",\"serials\":[\"A\",\"B\"]}"},
    {"device list --product a/b --state suspended --limit 7", "GET",
	"/api/v1/devices?product=a%2Fb&state=suspended&limit=7", NULL},
    {"certificate search --expires-before 2027-01-31T00:00:00Z", "GET",
	"/api/v1/certificates?expires_before=2027-01-31T00%3A00%3A00Z&limit=50", NULL},
    {"enrollment list --outcome refused", "GET", "/api/v1/enrollments?outcome=refused&limit=50",
	NULL},
    {"enrollment approve 3", "POST", "/api/v1/enrollments/3/approve", NULL},
    {"enrollment reject 3 --yes", "POST", "/api/v1/enrollments/3/reject", NULL},
    {"enrollment explain ../tokens", "GET", "/api/v1/enrollments/..%2Ftokens", NULL},
    {"request reject 3 -y --comment no", "POST", "/api/v1/requests/3/reject",
	"{\"comment\":\"no\"}"},
    {"request reject 3 -y", "POST", "/api/v1/requests/3/reject", "{}"},
    {"request withdraw 3 --yes", "POST", "/api/v1/requests/3/withdraw", NULL},
    {"request redeem 3", "POST", "/api/v1/requests/3/redeem", NULL},
    {"token create --principal bob --ttl 15m --permission device.read,log.read --json", "POST",
	"/api/v1/tokens",
	"{\"principal\":\"bob\",\"ttl\":\"15m\",\"permissions\":[\"device.read\",\"log.read\"]}"},
    {"token revoke 3 --yes", "DELETE", "/api/v1/tokens/3", NULL},
    {"can alice device.read acme-x100/beta", "GET",
	"/api/v1/can?principal=alice&permission=device.read&scope=acme-x100%2Fbeta", NULL},
    {"refusal list --principal bob", "GET", "/api/v1/refused-calls?principal=bob&limit=50", NULL},
    {"alarm list --all", "GET", "/api/v1/alarms?limit=500", NULL},
    {"list oidc-rules", "GET", "/api/v1/oidc-rules?limit=50", NULL},
    {"authority issue x --parent p --subject CN=X --path-length 0 --operators", "POST",
	"/api/v1/authorities",
	"{\"name\":\"x\",\"parent\":\"p\",\"subject\":\"CN=X\",\"path_length\":0,\"operators\":true}"},
    {"authority key x --subject CN=X --algorithm EC-P384", "POST", "/api/v1/authorities/x/key",
	"{\"subject\":\"CN=X\",\"algorithm\":\"EC-P384\"}"},
    {"authority retire x --yes", "POST", "/api/v1/authorities/x/retire", NULL},
    {"get role viewer", "GET", "/api/v1/roles/viewer", NULL},
    {"certificate search --key 0a1b --status held --label factory --batch b1 --issued-before "
     "2027-01-31T00:00:00Z",
	"GET",
	"/api/v1/certificates?label=factory&issued_before=2027-01-31T00%3A00%3A00Z&status=held&"
	"batch=b1&key=0a1b&limit=50",
	NULL},
    {"device list --batch b --key 0a --created-after A --created-before B --enrolled-after C "
     "--enrolled-before D",
	"GET",
	"/api/v1/devices?created_after=A&created_before=B&enrolled_after=C&enrolled_before=D&"
	"batch=b&key=0a&limit=50",
	NULL},
    {"mass-revocation list", "GET", "/api/v1/mass-revocations?limit=50", NULL},
    {"mass-revocation show 7", "GET", "/api/v1/mass-revocations/7", NULL},
    {"mass-revocation cancel 7 --yes", "POST", "/api/v1/mass-revocations/7/cancel", NULL},
    {"crl list --authority a", "GET", "/api/v1/crls?authority=a&limit=50", NULL},
    {"ocsp-responder list", "GET", "/api/v1/ocsp-responders?limit=50", NULL},
    {"statistics --product p", "GET", "/api/v1/statistics?product=p", NULL},
    {"authority issue x --parent p --subject CN=X --crl-url http://h/{shard}.crl --delta-url "
     "http://h/{shard}-d.crl --ocsp-url http://h/ocsp --issuer-url http://h/x.cer --crl-shards 8",
	"POST", "/api/v1/authorities",
	"{\"name\":\"x\",\"parent\":\"p\",\"subject\":\"CN=X\",\"issuer_url\":\"http://h/x.cer\","
	"\"crl_url\":\"http://h/{shard}.crl\",\"delta_url\":\"http://h/{shard}-d.crl\","
	"\"ocsp_url\":\"http://h/ocsp\",\"crl_shards\":8}"},
};

Test(operator_commands, ask_the_api_as_it_is_described, .timeout = 60)
{
	static const struct answer_row rows[] = {
	    {NULL, "/", 200, .body = "{\"items\":[],\"next\":null}"}, {0}};
	struct responder *r = responder_start(rows);

	for (size_t i = 0; i < COUNT(calls); i++) {
		responder_answer(r, rows);
		AUTO(outcome) o = signet(NULL, calls[i].line);
		cr_expect_neq(o.code, EXIT_USAGE, "%s: %s", calls[i].line, o.err);
		cr_assert_eq(r->count, 1, "%s: %s", calls[i].line, o.err);
		cr_expect_str_eq(r->seen[0].method, calls[i].method, "%s", calls[i].line);
		cr_expect_str_eq(r->seen[0].path, calls[i].path, "%s", calls[i].line);
		cr_expect(
		    calls[i].body ? body_is(&r->seen[0], calls[i].body) : r->seen[0].body.n == 0,
		    "%s: %.*s", calls[i].line, (int)r->seen[0].body.n, r->seen[0].body.p);
	}
	responder_stop(r);
}

/* ---- lists ---- */

Test(operator_list, goes_through_all_pages_and_prints_one_table)
{
	static const struct answer_row rows[] = {
	    {"GET", "/api/v1/devices?limit=500&after=c1", 200,
		.body = "{\"items\":[{\"id\":2,\"product\":\"p\",\"serial\":\"B\",\"state\":"
			"\"enrolled\"}],\"next\":null}"},
	    {"GET", "/api/v1/devices?limit=500", 200,
		.body = "{\"items\":[{\"id\":1,\"product\":\"prod\",\"serial\":\"A\",\"state\":"
			"\"suspended\"}],\"next\":\"c1\"}"},
	    {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "device list --all");
	AUTO(outcome) j = signet(NULL, "device list --all --json");
	json_t *v = json_loads(j.out, 0, NULL);

	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert_str_eq(o.out, "ID  PRODUCT  SERIAL  STATE      CERTIFICATES  FIRST ENROLLED\n"
				"1   prod     A       suspended  -             -\n"
				"2   p        B       enrolled   -             -\n");
	cr_assert_eq(json_array_size(v), 2);
	json_decref(v);
	responder_stop(r);
}

Test(operator_list, shows_one_page_and_says_that_there_is_more)
{
	static const struct answer_row rows[] = {
	    {"GET", "/", 200, .body = "{\"items\":[{\"id\":1}],\"next\":\"c\"}"}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "device list --limit 1");

	cr_assert_eq(o.code, EXIT_DONE);
	cr_assert(strstr(o.err, "--all"), "%s", o.err);
	cr_assert_eq(r->count, 1);
	responder_stop(r);
}

static const char *const endless[] = {
    "{\"items\":[],\"next\":\"c\"}",
    "{\"items\":[{\"id\":1}],\"next\":\"c\"}",
    "{\"items\":{},\"next\":null}",
    "[]",
    "{}",
};

Test(operator_list, a_list_that_never_ends_or_is_none_is_refused)
{
	for (size_t i = 0; i < COUNT(endless); i++) {
		struct answer_row rows[] = {{"GET", "/", 200, .body = endless[i]}, {0}};
		struct responder *r = responder_start(rows);
		AUTO(outcome) o = signet(NULL, "device list --all");

		cr_expect_eq(o.code, EXIT_FAILED, "%s", endless[i]);
		cr_expect(strstr(o.err, "answer.unexpected"), "%s", o.err);
		cr_expect_leq(r->count, 2);
		responder_stop(r);
	}
}

Test(operator_list, an_empty_one_is_an_array_for_machines)
{
	static const struct answer_row rows[] = {
	    {"GET", "/", 200, .body = "{\"items\":[],\"next\":null}"}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "device list");
	AUTO(outcome) j = signet(NULL, "device list --json");

	cr_assert_str_eq(o.out, "");
	cr_assert_str_eq(o.err, "none\n");
	cr_assert_str_eq(j.out, "[]\n");
	responder_stop(r);
}

/* ---- documents ---- */

#define ROLE                                                                                            \
	"{\"kind\":\"role\",\"name\":\"viewer\",\"version\":3,\"updated_at\":\"2026-01-01T00:00:00Z\"," \
	"\"document\":{\"permissions\":[\"device.read\",\"policy.read\"]}}"

Test(operator_get, gives_a_document_that_can_be_applied)
{
	static const struct answer_row rows[] = {{"GET", "/", 200, .body = ROLE}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "get roles viewer");

	cr_assert_str_eq(
	    o.out, "kind: role\nname: viewer\npermissions:\n- device.read\n- policy.read\n");
	responder_stop(r);
}

Test(operator_describe, shows_what_has_to_do_with_it)
{
	static const struct answer_row rows[] = {{"GET", "/api/v1/roles/viewer", 200, .body = ROLE},
	    {"GET", "/api/v1/bindings", 200,
		.body =
		    "{\"items\":[{\"name\":\"bob-views\",\"document\":{\"principal\":\"bob\","
		    "\"role\":\"viewer\"}},{\"name\":\"other\",\"document\":{\"principal\":\"eve\","
		    "\"role\":\"admin\"}}],\"next\":null}"},
	    {"GET", "/api/v1/approval-policies", 403, "application/problem+json",
		.body = "{\"detail\":\"not yours\"}"},
	    {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "describe role viewer");

	cr_assert_eq(o.code, EXIT_DONE);
	cr_assert(strstr(o.out, "permissions  device.read, policy.read\n"), "%s", o.out);
	cr_assert(strstr(o.out, "Who has it\nNAME"), "%s", o.out);
	cr_assert(strstr(o.out, "bob-views  bob"), "%s", o.out);
	cr_assert_null(strstr(o.out, "other"));
	responder_stop(r);
}

Test(operator_delete, removes_only_what_was_looked_at_and_only_when_told)
{
	static const struct answer_row rows[] = {
	    {"GET", "/", 200, .headers = "ETag: \"7\"\r\n", .body = ROLE},
	    {"DELETE", "/", 204, .body = NULL}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) no = signet("y\n", "delete role viewer");
	AUTO(outcome) yes = signet(NULL, "delete role viewer --yes");

	cr_assert_eq(no.code, EXIT_USAGE);
	cr_assert(strstr(no.err, "give --yes"), "%s", no.err);
	cr_assert_eq(yes.code, EXIT_DONE, "%s", yes.err);
	cr_assert_eq(r->count, 3);
	cr_assert_str_eq(r->seen[2].match, "\"7\"");
	responder_stop(r);
}

/* ---- apply ---- */

#define APPLIED                                                                                          \
	"{\"dry_run\":true,\"version\":9,\"changes\":[{\"kind\":\"profile\",\"name\":\"device\","        \
	"\"effect\":\"changed\",\"difference\":[{\"path\":\"/validity\",\"old\":\"1y\",\"new\":\"2y\"}," \
	"{\"path\":\"/x\",\"old\":null,\"new\":[1]}]},{\"kind\":\"role\",\"name\":\"viewer\","           \
	"\"effect\":\"unchanged\",\"difference\":[]}],\"approvals\":[{\"act\":\"profile.change\","       \
	"\"policy\":\"two\",\"role\":\"admin\",\"approvals\":2}]}"

Test(operator_apply, shows_the_difference_member_by_member)
{
	static const struct answer_row rows[] = {{"POST", "/", 200, .body = APPLIED}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet("kind: role\n", "apply -f - --dry-run");

	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert_str_eq(o.out,
	    "changed  profile device\n"
	    "    - /validity: \"1y\"\n"
	    "    + /validity: \"2y\"\n"
	    "    + /x: [1]\n"
	    "needs 2 approval(s) with role admin for profile.change (policy two)\n");
	cr_assert_str_eq(o.err, "dry run: 1 changed, 1 unchanged; policy version 9\n");
	cr_assert_str_eq(r->seen[0].path, "/api/v1/apply?dry_run=true");
	cr_assert_str_eq(r->seen[0].type, "application/yaml");
	responder_stop(r);
}

Test(operator_apply, of_lists_shows_what_only_one_of_them_has)
{
	static const struct answer_row rows[] = {
	    {"POST", "/", 200,
		.body = "{\"version\":1,\"changes\":[{\"kind\":\"role\",\"name\":\"r\",\"effect\":"
			"\"changed\",\"difference\":[{\"path\":\"/p\",\"old\":[\"a\",\"b\"],"
			"\"new\":[\"b\",\"c\"]},{\"path\":\"/q\",\"old\":[1,2],\"new\":[2,1]},"
			"{\"path\":\"/validity\",\"old\":null,\"new\":86400}]}]}"},
	    {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet("kind: role\n", "apply -f -");

	cr_assert_str_eq(o.out, "changed  role r\n"
				"    - /p: \"a\"\n"
				"    + /p: \"c\"\n"
				"    - /q: [1,2]\n"
				"    + /q: [2,1]\n"
				"    + /validity: 86400 (1d)\n");
	responder_stop(r);
}

Test(operator_apply, the_servers_complaints_name_the_file)
{
	static const struct answer_row rows[] = {
	    {"POST", "/", 422, "application/problem+json", .body = "{\"detail\":\"body:3: no\"}"},
	    {0}};
	struct responder *r = responder_start(rows);

	write_file(r, "policy.yaml", "kind: role\n");
	AUTO(outcome) o = signet_at(r, NULL, "apply -f @/policy.yaml");
	cr_assert(strstr(o.err, "/policy.yaml:3: no\n"), "%s", o.err);
	responder_stop(r);
}

Test(operator_apply, sends_files_that_documents_name_and_keeps_their_lines)
{
	static const struct answer_row rows[] = {{"POST", "/", 200, .body = APPLIED}, {0}};
	struct responder *r = responder_start(rows);

	write_file(r, "ca.pem", "-----BEGIN\n\"x\"\n");
	write_file(r, "policy.yaml",
	    "# first\nkind: trust-anchor\nname: acme\ncertificate_file: ca.pem # here\nx: 1\n---\n"
	    "{kind: oidc-issuer, name: a, jwks_file: \"ca.pem\", y: 1}\n");
	AUTO(outcome) o = signet_at(r, NULL, "apply -f @/policy.yaml");
	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert_str_eq(buf_cstr(&r->seen[0].body),
	    "# first\nkind: trust-anchor\nname: acme\n"
	    "certificate: \"-----BEGIN\\n\\\"x\\\"\\n\" # here\nx: 1\n---\n"
	    "{kind: oidc-issuer, name: a, jwks: \"-----BEGIN\\n\\\"x\\\"\\n\", y: 1}\n");
	responder_stop(r);
}

Test(operator_apply, a_file_that_is_not_there_is_nothing_sent)
{
	static const struct answer_row rows[] = {{"POST", "/", 200, .body = APPLIED}, {0}};
	struct responder *r = responder_start(rows);

	write_file(r, "policy.yaml", "kind: trust-anchor\ncertificate_file: none.pem\n");
	AUTO(outcome) missing = signet_at(r, NULL, "apply -f @/policy.yaml");
	AUTO(outcome) none = signet_at(r, NULL, "apply -f @/none.yaml");
	AUTO(outcome) bad = signet_at(r, "a: [\n", "apply -f -");
	cr_assert(strstr(missing.err, "none.pem"), "%s", missing.err);
	cr_assert_eq(none.code, EXIT_FAILED);
	cr_assert_eq(bad.code, EXIT_FAILED);
	cr_assert_eq(r->count, 0);
	responder_stop(r);
}

Test(operator_apply, what_needs_approval_says_how_to_go_on)
{
	static const struct answer_row rows[] = {
	    {"POST", "/", 202, .body = "{\"request\":{\"id\":4,\"act\":\"role.change\"}}"}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet("kind: role\n", "apply -f -");

	cr_assert_eq(o.code, EXIT_DONE);
	cr_assert(strstr(o.out, "not done yet"), "%s", o.out);
	cr_assert(strstr(o.out, "signet request approve 4"), "%s", o.out);
	cr_assert(strstr(o.out, "signet request redeem 4"), "%s", o.out);
	responder_stop(r);
}

/* ---- import ---- */

static void write_units(const struct responder *r, int lines)
{
	AUTO(buf) text = {0};

	buf_put_str(&text, "product,serial\n");
	for (int i = 0; i < lines; i++)
		buf_printf(&text, "acme-x100,SN-%d\n", i);
	write_file(r, "units.csv", buf_cstr(&text));
}

Test(operator_import, a_large_file_goes_in_pieces_with_the_header_on_each)
{
	static const struct answer_row rows[] = {
	    {"POST", "/api/v1/devices/import", 200, .body = "{\"created\":10,\"known\":1}"}, {0}};
	struct responder *r = responder_start(rows);

	write_units(r, 12000);
	AUTO(outcome) o = signet_at(r, NULL, "device import @/units.csv");
	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert_str_eq(o.out, "30 registered, 3 known before\n");
	cr_assert_eq(r->count, 3);
	for (size_t i = 0; i < 3; i++) {
		cr_assert(span_starts(buf_span(&r->seen[i].body), "product,serial\nacme-x100,SN-"));
		cr_assert_str_eq(r->seen[i].type, "text/csv");
		cr_assert_leq(r->seen[i].body.n, (size_t)1 << 20);
	}
	cr_assert_str_neq(r->seen[0].key, r->seen[1].key);
	responder_stop(r);
}

Test(operator_import, a_refused_piece_names_file_and_line_and_can_be_gone_on_from)
{
	static const struct answer_row rows[] = {
	    {"POST", "/", 200, .body = "{\"created\":4999,\"known\":0}", .times = 1},
	    {"POST", "/", 400, "application/problem+json",
		.body = "{\"detail\":\"lines\",\"errors\":[{\"line\":2,\"detail\":\"bad\\u001b\"},"
			"{\"line\":4,\"detail\":\"worse\"}]}",
		.times = 1},
	    {"POST", "/", 200, .body = "{\"created\":1001,\"known\":0}"}, {0}};
	struct responder *r = responder_start(rows);

	write_units(r, 6000);
	AUTO(outcome) o = signet_at(r, NULL, "device import @/units.csv");
	cr_assert_eq(o.code, EXIT_FAILED);
	cr_assert(strstr(o.err, "units.csv:5001: bad\\x1b\n"), "%s", o.err);
	cr_assert(strstr(o.err, "units.csv:5003: worse\n"), "%s", o.err);
	cr_assert(strstr(o.err, "--from-line 5001"), "%s", o.err);
	AUTO(outcome) rest = signet_at(r, NULL, "device import @/units.csv --from-line 5001");
	cr_assert_eq(rest.code, EXIT_DONE, "%s", rest.err);
	cr_assert(span_starts(buf_span(&r->seen[2].body), "product,serial\nacme-x100,SN-4999\n"));
	responder_stop(r);
}

Test(operator_import, fields_over_lines_stay_whole_and_blank_lines_are_left_out)
{
	static const struct answer_row rows[] = {
	    {"POST", "/", 200, .body = "{\"created\":2,\"known\":0}"}, {0}};
	struct responder *r = responder_start(rows);

	AUTO(outcome)
	o = signet(
	    "serial\r\n\"a\nb\"\n\n  \nc", "device import - --format csv --product acme-x100");
	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert_str_eq(buf_cstr(&r->seen[0].body), "serial\r\n\"a\nb\"\nc\n");
	cr_assert_str_eq(r->seen[0].path, "/api/v1/devices/import?product=acme-x100");
	responder_stop(r);
}

static const struct {
	const char *what, *format, *text;
} bad_files[] = {
    {"no header", "csv", ""},
    {"a quote that does not end", "csv", "serial\n\"abc\n"},
};

Test(operator_import, a_file_that_cannot_be_read_is_refused_here)
{
	static const struct answer_row rows[] = {{0}};
	struct responder *r = responder_start(rows);

	for (size_t i = 0; i < COUNT(bad_files); i++) {
		AUTO(buf) line = {0};

		buf_printf(&line, "device import - --format %s", bad_files[i].format);
		AUTO(outcome) o = signet(bad_files[i].text, buf_cstr(&line));
		cr_expect_eq(o.code, EXIT_FAILED, "%s", bad_files[i].what);
		cr_expect(strstr(o.err, "file.line"), "%s: %s", bad_files[i].what, o.err);
	}
	cr_assert_eq(r->count, 0);
	responder_stop(r);
}

/* ---- devices ---- */

Test(operator_device, by_product_and_serial_is_changed_as_it_was_seen)
{
	static const struct answer_row rows[] = {
	    {"GET", "/api/v1/devices?product=acme-x100&serial=SN-1", 200,
		.body = "{\"items\":[{\"id\":5}],\"next\":null}"},
	    {"GET", "/api/v1/devices/5", 200, .headers = "ETag: \"v\"\r\n",
		.body = "{\"id\":5,\"state\":\"enrolled\"}"},
	    {"PATCH", "/api/v1/devices/5", 200, .body = "{\"id\":5,\"state\":\"suspended\"}"}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "device suspend acme-x100/SN-1 --yes");

	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert_str_eq(r->seen[2].match, "\"v\"");
	cr_assert(body_is(&r->seen[2], "{\"state\":\"suspended\"}"));
	AUTO(outcome) never = signet(NULL, "device resume 5");
	cr_assert(body_is(&r->seen[4], "{\"state\":\"claimed\"}"), "%s", never.err);
	responder_stop(r);
}

/* ---- requests ---- */

#define REQUEST                                                                                                                              \
	"{\"id\":4,\"act\":\"role.change\",\"state\":\"pending\",\"requester\":\"alice\",\"digest\":"                                        \
	"\"d1\",\"call\":{\"method\":\"PUT\",\"path\":\"/api/v1/roles/x\",\"query\":\"a=b\",\"if_match\":\"7\",\"body\":\"{\\\"a\\\":1}\"}," \
	"\"difference\":[{\"kind\":\"role\",\"name\":\"x\",\"difference\":[{\"path\":\"/a\","                                                \
	"\"old\":null,\"new\":1}]}],\"requirements\":[{\"policy\":\"two\",\"role\":\"admin\","                                               \
	"\"approvals\":2,\"have\":0}],\"approvals\":[]}"

Test(operator_request, shows_exactly_what_is_asked_for)
{
	static const struct answer_row rows[] = {{"GET", "/", 200, .body = REQUEST}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "request show 4");

	cr_assert(strstr(o.out, "digest     d1\n"), "%s", o.out);
	cr_assert(strstr(o.out, "  PUT /api/v1/roles/x?a=b\n  If-Match: 7\n  a: 1\n"), "%s", o.out);
	cr_assert(strstr(o.out, "  role x\n    + /a: 1\n"), "%s", o.out);
	cr_assert(strstr(o.out, "two     -    all      admin  2       0\n"), "%s", o.out);
	responder_stop(r);
}

Test(operator_request, is_approved_by_its_digest_or_not_at_all)
{
	static const struct answer_row rows[] = {
	    {"GET", "/", 200, .body = REQUEST}, {"POST", "/", 200, .body = REQUEST}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) other = signet(NULL, "request approve 4 --yes --digest d2");
	AUTO(outcome) nobody = signet("y\n", "request approve 4");

	cr_assert_eq(other.code, EXIT_FAILED);
	cr_assert(strstr(other.err, "request.digest"), "%s", other.err);
	cr_assert_eq(nobody.code, EXIT_USAGE);
	cr_assert_eq(r->count, 2); /* both only looked */
	AUTO(outcome) o = signet(NULL, "request approve 4 --yes --digest d1 --comment fine");
	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert(body_is(&r->seen[3], "{\"digest\":\"d1\",\"comment\":\"fine\"}"));
	responder_stop(r);
}

/* ---- access ---- */

Test(operator_can, says_why_and_exits_accordingly)
{
	static const struct answer_row yes[] = {
	    {"GET", "/", 200,
		.body =
		    "{\"allowed\":true,\"because\":[{\"binding\":\"b\",\"role\":\"admin\","
		    "\"products\":null,\"channels\":null,\"expires_at\":null}],\"missing\":[]}"},
	    {0}};
	static const struct answer_row no[] = {
	    {"GET", "/", 200,
		.body = "{\"allowed\":false,\"because\":[],\"missing\":[\"no binding\"]}"},
	    {0}};
	struct responder *r = responder_start(yes);
	AUTO(outcome) a = signet(NULL, "can alice device.read");
	cr_assert_eq(a.code, EXIT_DONE);
	cr_assert(strstr(a.out, "yes: alice holds device.read\n"), "%s", a.out);
	cr_assert(strstr(a.out, "b        admin"), "%s", a.out);
	responder_answer(r, no);
	AUTO(outcome) b = signet(NULL, "can alice device.read p");
	cr_assert_eq(b.code, EXIT_FAILED);
	cr_assert(strstr(b.out, "no: alice does not hold device.read for p\n  no binding\n"), "%s",
	    b.out);
	responder_stop(r);
}

Test(operator_token, is_alone_on_standard_output)
{
	static const struct answer_row rows[] = {
	    {"POST", "/", 201,
		.body = "{\"id\":3,\"token\":\"abc\",\"principal\":\"bob\",\"expires_at\":\"T\"}"},
	    {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "token create");

	cr_assert_str_eq(o.out, "abc\n");
	cr_assert_str_eq(o.err, "token 3 of bob, until T\n");
	responder_stop(r);
}
